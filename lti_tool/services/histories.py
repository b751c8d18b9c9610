"""The wordings of a contribution one after the other, with what each edit changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from lti_tool.extensions import db
from lti_tool.knowledge.differences import Passage, differences, shortened
from lti_tool.models import Comment, Post, Revision
from lti_tool.services import mentions
from lti_tool.services.people import Person

# So many wordings make a page.
PAGE = 20


@dataclass(frozen=True)
class Version:
    """One wording of a contribution. `changes` is what led to it from the one before, empty for the first."""

    number: int
    title: str | None
    body: str
    at: datetime
    by: Person
    current: bool
    title_changes: tuple[Passage, ...] = ()
    changes: tuple[Passage, ...] = ()


@dataclass(frozen=True)
class History:
    """A page of wordings, the newest first; `older` is the number before which the next page begins."""

    versions: list[Version]
    total: int
    older: int | None


@dataclass(frozen=True)
class _Wording:
    title: str | None
    body: str
    at: datetime


def history_of(contribution: Post | Comment, author: Person, before: int) -> History:
    """Return the wordings with a number below `before`, 0: the newest ones. Two statements."""
    which = Revision.post_id if isinstance(contribution, Post) else Revision.comment_id
    total = db.session.scalars(select(func.count()).where(which == contribution.id)).one() + 1
    last = min(before - 1, total) if before > 1 else total
    first = max(1, last - PAGE + 1)
    wordings = _wordings(contribution, which, max(1, first - 1), last)
    mentions.expect(*(wording.body for wording in wordings.values()))
    versions = [_version(number, wordings, author, total) for number in range(last, first - 1, -1)]
    return History(versions, total, first if first > 1 else None)


def _wordings(contribution: Post | Comment, which, first: int, last: int) -> dict[int, _Wording]:
    """Return these wordings by number: the replaced ones, and the present one, which has the last number.

    When one was written stands with the wording that it replaced.
    """
    skipped = max(0, first - 2)
    wanted = select(Revision).where(which == contribution.id).order_by(Revision.id)
    replaced = list(db.session.scalars(wanted.offset(skipped).limit(last - skipped)))
    found = {}
    at = contribution.created_at
    for number, revision in enumerate(replaced, start=skipped + 1):
        found[number] = _Wording(revision.title, revision.body, at)
        at = revision.replaced_at
    title = contribution.title if isinstance(contribution, Post) else None
    found.setdefault(skipped + len(replaced) + 1, _Wording(title, contribution.body, at))
    return found


def _version(number: int, wordings: dict[int, _Wording], author: Person, total: int) -> Version:
    wording, former = wordings[number], wordings.get(number - 1)
    return Version(
        number=number,
        title=wording.title,
        body=wording.body,
        at=wording.at,
        by=author,
        current=number == total,
        title_changes=_changes(former.title, wording.title) if former and wording.title else (),
        changes=tuple(shortened(_changes(former.body, wording.body))) if former else (),
    )


def _changes(before: str | None, after: str) -> tuple[Passage, ...]:
    return () if before == after else tuple(differences(before or "", after))
