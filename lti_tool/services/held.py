"""The words of what is hidden: out of every page, and kept for its author and those who decide.

They stand where the words of what is deleted do, in the history, dated at the moment of the hiding.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import and_, or_, select

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import Comment, Post, Revision
from lti_tool.services import contributions
from lti_tool.services.acting import ActingMember


def hold(member: ActingMember, contribution: Post | Comment, now: datetime) -> None:
    """Take the words out of a contribution that stands, and keep them."""
    contributions.keep_wording(member, contribution, now)
    contribution.deleted_at = contribution.hidden_at = now
    _empty(contribution)
    db.session.flush()


def release(contribution: Post | Comment) -> None:
    """Let what is hidden stand again with its words.

    :raises NotFound: its words are gone: whoever wrote it was erased.
    """
    kept = _kept(contribution)
    _fill(contribution, kept)
    contribution.deleted_at = contribution.hidden_at = None
    # It was no edit: the words are where they were.
    db.session.delete(kept)
    db.session.flush()


def give_up(contribution: Post | Comment, now: datetime) -> None:
    """Forget the words of what is hidden, for good: its author deletes it."""
    db.session.delete(_kept(contribution))
    contribution.hidden_at, contribution.deleted_at = None, now
    db.session.flush()


@contextmanager
def laid_open(contribution: Post | Comment) -> Iterator[None]:
    """Let a contribution have its words while its author gives it others; what stands is left as it is."""
    if contribution.hidden_at is None:
        yield
        return
    kept = _kept(contribution)
    _fill(contribution, kept)
    yield
    kept.body = contribution.body
    if isinstance(contribution, Post):
        kept.title, kept.parts = contribution.title, contribution.parts
    _empty(contribution)
    db.session.flush()


def to_read(contribution: Post | Comment) -> Post | Comment:
    """Return a contribution with its words, to be shown; what is hidden is then no longer of the session."""
    if contribution.hidden_at is not None:
        kept = _kept(contribution)
        db.session.expunge(contribution)
        _fill(contribution, kept)
    return contribution


def words_of(contributions_: Iterable[Post | Comment]) -> dict[tuple[type, int], Revision]:
    """Return the kept words of those among these that are hidden, by table and number. One statement."""
    hidden = [one for one in contributions_ if one.hidden_at is not None]
    if not hidden:
        return {}
    wanted = select(Revision).where(or_(*(_of(one) for one in hidden))).order_by(Revision.id)
    found = db.session.scalars(wanted)
    return {
        (Post, one.post_id) if one.comment_id is None else (Comment, one.comment_id): one for one in found
    }


def _kept(contribution: Post | Comment) -> Revision:
    wanted = select(Revision).where(_of(contribution)).order_by(Revision.id.desc()).limit(1)
    kept = db.session.scalars(wanted).one_or_none()
    if kept is None:
        raise NotFound("words-gone")
    return kept


def _of(contribution: Post | Comment):
    mine = Revision.post_id if isinstance(contribution, Post) else Revision.comment_id
    return and_(mine == contribution.id, Revision.replaced_at == contribution.hidden_at)


def _fill(contribution: Post | Comment, kept: Revision) -> None:
    contribution.body = kept.body
    if isinstance(contribution, Post):
        contribution.title, contribution.parts = kept.title or "", kept.parts


def _empty(contribution: Post | Comment) -> None:
    contribution.body = ""
    if isinstance(contribution, Post):
        contribution.title, contribution.parts = "", None
