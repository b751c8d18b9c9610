"""Files as pages and downloads find them: only those of what the reader may see."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import Attachment, Comment, Post
from lti_tool.permissions import Act
from lti_tool.services import contributions
from lti_tool.services.acting import ActingMember
from lti_tool.services.attachments import AttachedFile, shown
from lti_tool.services.contributions import PostCard
from lti_tool.services.file_links import Good

Files = Mapping[int | None, tuple[AttachedFile, ...]]
"""The files of a thread: by the number of the reply, those of the post itself under None."""


def of_thread(post_id: int, comments: Collection[int] | None = None) -> Files:
    """Return the files of a post and of replies under it, all of them or these. One statement.

    The caller knows that the post may be seen.
    """
    wanted = select(Attachment).where(Attachment.post_id == post_id, Attachment.deleted_at.is_(None))
    if comments is not None:
        here = or_(Attachment.comment_id.is_(None), Attachment.comment_id.in_(comments))
        wanted = wanted.where(here)
    found: dict[int | None, list[AttachedFile]] = {}
    for row in db.session.scalars(wanted.order_by(Attachment.comment_id, Attachment.position)):
        found.setdefault(row.comment_id, []).append(shown(row))
    return {place: tuple(files) for place, files in found.items()}


def first_of(posts: Collection[int]) -> dict[int, AttachedFile]:
    """Return the first file of each of these posts, for a list of them. One statement, none for no post."""
    if not posts:
        return {}
    wanted = select(Attachment).where(
        Attachment.post_id.in_(posts),
        Attachment.comment_id.is_(None),
        Attachment.position == 0,
        Attachment.deleted_at.is_(None),
    )
    return {row.post_id: shown(row) for row in db.session.scalars(wanted)}


def with_files(cards: Sequence[PostCard]) -> list[PostCard]:
    """Return cards with the first file of each, for a list of them. One statement, none for no card."""
    files = first_of([card.id for card in cards])
    return [replace(card, file=files.get(card.id)) for card in cards]


@dataclass(frozen=True)
class Openable:
    """A file that somebody may open; `hidden`: only because they may read what is hidden."""

    file: AttachedFile
    hidden: bool


def to_open(member: ActingMember, number: int, now: datetime) -> Openable:
    """Return a file that the member may open: of a contribution that is shown to them, or brought by them.

    What is hidden is shown to its author, and to those who decide about it.

    :raises NotFound: there is none, or not for this member. One statement.
    """
    member.must(Act.READ)
    reads = or_(_stands(), _hidden() if member.may(Act.MODERATE) else and_(_hidden(), _written_by(member)))
    of_contribution = and_(Post.id.is_not(None), reads, contributions.shown_to(member, now))
    unclaimed = and_(Attachment.post_id.is_(None), Attachment.member_id == member.id)
    wanted = _with_contribution().add_columns(_hidden().label("hidden"))
    wanted = wanted.where(
        Attachment.id == number,
        Attachment.community_id == member.community.id,
        Attachment.deleted_at.is_(None),
        Attachment.is_picture.is_(False),
        or_(of_contribution, unclaimed),
    )
    row = db.session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound()
    return Openable(shown(row.Attachment), bool(row.hidden))


@dataclass(frozen=True)
class Stored:
    """What a signed address leads to."""

    key: str
    name: str
    media_type: str
    etag: str


def behind_link(link: Good) -> Stored:
    """Return where a file is kept that a signed address names, as long as it stands. One statement.

    :raises NotFound: it was deleted meanwhile, or its contribution was.
    """
    stands = or_(Attachment.post_id.is_(None), _stands(), *([_hidden()] if link.hidden else []))
    wanted = _with_contribution().where(Attachment.id == link.number, Attachment.deleted_at.is_(None), stands)
    row = db.session.scalars(wanted).one_or_none()
    if row is None or (link.small and row.small_key is None):
        raise NotFound("file-gone")
    if link.small:
        return Stored(row.small_key, row.name, "image/webp", f"{row.digest}-small")
    return Stored(row.key, row.name, row.media_type, row.digest)


def _with_contribution() -> Select:
    return (
        select(Attachment)
        .outerjoin(Post, Post.id == Attachment.post_id)
        .outerjoin(Comment, Comment.id == Attachment.comment_id)
    )


def _stands() -> ColumnElement[bool]:
    """The condition under which a contribution has its files: a reply stands also under a deleted post."""
    of_post = and_(Attachment.comment_id.is_(None), Post.deleted_at.is_(None))
    return or_(of_post, and_(Attachment.comment_id.is_not(None), Comment.deleted_at.is_(None)))


def _hidden() -> ColumnElement[bool]:
    """The condition under which staff hid the contribution that a file is of."""
    of_post = and_(Attachment.comment_id.is_(None), Post.hidden_at.is_not(None))
    return or_(of_post, and_(Attachment.comment_id.is_not(None), Comment.hidden_at.is_not(None)))


def _written_by(member: ActingMember) -> ColumnElement[bool]:
    of_post = and_(Attachment.comment_id.is_(None), Post.author_id == member.id)
    return or_(of_post, and_(Attachment.comment_id.is_not(None), Comment.author_id == member.id))
