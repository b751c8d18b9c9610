"""Images and files of contributions: whose they are, where they stand, who may open them.

A file is brought before what it belongs to exists (`uploads`). Until a contribution claims it, it is its
bringer's alone, and the clock takes it back after a day (`file_sweep`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, update

from lti_tool.errors import Unfit
from lti_tool.extensions import db
from lti_tool.knowledge.cleaning import clean_name
from lti_tool.knowledge.filetypes import Family, known
from lti_tool.models import Attachment, Comment, Post
from lti_tool.services.acting import ActingMember

MOST = 20  # in one contribution
ALT_LIMIT = 300


@dataclass(frozen=True)
class AttachedFile:
    """A file as pages show it. `alt`: None while nobody told what it shows, "" for one that adds nothing."""

    id: int
    name: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    alt: str | None
    has_small: bool

    @property
    def family(self) -> str:
        """Return what it is to people: a Family value."""
        kind = known(self.media_type)
        return kind.family.value if kind else Family.PLAIN.value

    @property
    def is_image(self) -> bool:
        return self.family == Family.IMAGE

    @property
    def ending(self) -> str:
        return self.name.rpartition(".")[2]


def shown(row: Attachment) -> AttachedFile:
    """Describe a file for a page."""
    return AttachedFile(
        id=row.id,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        width=row.width,
        height=row.height,
        alt=row.alt,
        has_small=row.small_key is not None,
    )


def claim(
    member: ActingMember, wanted: Iterable[int] | None, post: Post, comment: Comment | None, now: datetime
) -> bool:
    """Let a contribution have exactly these files, in this order; tell whether that changes anything.

    :param wanted: numbers of files; None, when a form says nothing of files, leaves them as they are.
    :raises Unfit: one of them is not the member's to give, or there are too many.
    """
    if wanted is None:
        return False
    numbers = list(dict.fromkeys(wanted))
    if len(numbers) > MOST:
        raise Unfit({"attachment": ["too-many-files"]})
    before = _claimed(post, comment)
    if [row.id for row in before] == numbers:
        return False
    own = {row.id: row for row in _own(member, numbers)}
    here = {row.id for row in before}
    if any(number not in own or not (number in here or own[number].post_id is None) for number in numbers):
        raise Unfit({"attachment": ["file-not-there"]})
    for position, number in enumerate(numbers):
        row = own[number]
        row.post_id, row.comment_id, row.position = post.id, comment.id if comment else None, position
    for row in before:
        if row.id not in own:
            row.post_id, row.comment_id, row.deleted_at = None, None, now
    db.session.flush()
    return True


def _claimed(post: Post, comment: Comment | None) -> list[Attachment]:
    of_it = of(post.id, comment.id if comment else None)
    wanted = select(Attachment).where(of_it, Attachment.deleted_at.is_(None)).order_by(Attachment.position)
    return list(db.session.scalars(wanted))


def _own(member: ActingMember, numbers: Collection[int]) -> list[Attachment]:
    """Return and lock those of these files that the member brought here, and that are still there."""
    if not numbers:
        return []
    wanted = select(Attachment).where(
        Attachment.id.in_(numbers),
        Attachment.community_id == member.community.id,
        Attachment.member_id == member.id,
        Attachment.is_picture.is_(False),
        Attachment.deleted_at.is_(None),
    )
    return list(db.session.scalars(wanted.order_by(Attachment.id).with_for_update()))


def of(post_id: int, comment_id: int | None) -> ColumnElement[bool]:
    of_comment = Attachment.comment_id
    return and_(
        Attachment.post_id == post_id,
        of_comment.is_(None) if comment_id is None else of_comment == comment_id,
    )


def describe(member: ActingMember, alts: Mapping[int, str | None]) -> None:
    """Say what images of one's own show; None takes it back, "" says that the image adds nothing."""
    for row in _own(member, list(alts)):
        alt = alts[row.id]
        row.alt = None if alt is None else clean_name(alt, ALT_LIMIT)
    db.session.flush()


def own_files(member: ActingMember, numbers: Iterable[int]) -> list[AttachedFile]:
    """Return those of one's own files here that a form names, in its order. One statement at most."""
    asked = list(dict.fromkeys(numbers))[:MOST]
    if not asked:
        return []
    wanted = select(Attachment).where(
        Attachment.id.in_(asked),
        Attachment.community_id == member.community.id,
        Attachment.member_id == member.id,
        Attachment.is_picture.is_(False),
        Attachment.deleted_at.is_(None),
    )
    found = {row.id: shown(row) for row in db.session.scalars(wanted)}
    return [found[number] for number in asked if number in found]


def of_own(member: ActingMember, post_id: int, comment_id: int | None = None) -> list[AttachedFile]:
    """Return the files of a contribution of one's own, to be edited. One statement."""
    of_it = (of(post_id, comment_id), Attachment.member_id == member.id, Attachment.deleted_at.is_(None))
    wanted = select(Attachment).where(*of_it).order_by(Attachment.position)
    return [shown(row) for row in db.session.scalars(wanted)]


def taken_back(post: Post, comment: Comment | None, now: datetime) -> None:
    """A contribution was deleted: the clock takes its files, unless it is brought back before."""
    _mark(post, comment, Attachment.deleted_at.is_(None), now)


def brought_back(post: Post, comment: Comment | None) -> None:
    """A contribution that was deleted stands again, with its files: what an edit removed belongs to none."""
    _mark(post, comment, Attachment.deleted_at.is_not(None), None)


def _mark(post: Post, comment: Comment | None, which: ColumnElement[bool], at: datetime | None) -> None:
    of_it = of(post.id, comment.id if comment else None)
    marked = update(Attachment).where(of_it, which).values(deleted_at=at)
    db.session.execute(marked.execution_options(synchronize_session=False))
