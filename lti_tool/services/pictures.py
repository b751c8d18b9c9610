"""Pictures that members choose for themselves: kept in the storage, shown to members alone."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from sqlalchemy import select, update

from lti_tool.errors import NotFound, Unfit
from lti_tool.extensions import db
from lti_tool.knowledge import portraits
from lti_tool.knowledge.filetypes import FileRefused
from lti_tool.knowledge.portraits import MEDIA_TYPE, SIDE, UnreadablePicture
from lti_tool.models import Attachment, Membership, User
from lti_tool.permissions import Act
from lti_tool.services import people, storage, uploads
from lti_tool.services.acting import ActingMember

# Of what is sent; a camera's picture is a few million bytes.
LARGEST_FILE = 12_000_000


@dataclass(frozen=True)
class Picture:
    """A picture as a browser gets it."""

    content: bytes
    media_type: str
    tag: str


def prepare(content: bytes) -> bytes:
    """Make a picture out of what was sent. Slow; needs no database.

    :raises Unfit: it is no image that we read, or too large, or the community has no room left.
    """
    if len(content) > LARGEST_FILE:
        raise Unfit({"picture": ["picture-too-large"]})
    try:
        return portraits.square(content)
    except UnreadablePicture as problem:
        raise Unfit({"picture": [problem.code]}) from problem


def choose(member: ActingMember, made: bytes, now: datetime) -> None:
    """Show a picture that was prepared as one's own, in the place of the one before. Raises OSError.

    :raises NotAllowed: `muted`.
    """
    member.must_not_be_muted()
    key = f"pictures/{member.community.id}/{uuid.uuid4().hex}.webp"
    try:
        uploads.take_room(member, len(made))
    except FileRefused as refused:
        raise Unfit({"picture": [refused.code]}) from refused
    storage.keep(key, BytesIO(made))
    remove(member, now)
    db.session.add(
        Attachment(
            community_id=member.community.id,
            member_id=member.id,
            name="picture.webp",
            media_type=MEDIA_TYPE,
            size=len(made),
            width=SIDE,
            height=SIDE,
            key=key,
            digest=hashlib.sha256(made).hexdigest(),
            position=0,
            is_picture=True,
            created_at=now,
        )
    )
    member.membership.picture_key = key


def remove(member: ActingMember, now: datetime) -> None:
    """Show initials again; the clock takes the bytes."""
    theirs = (Attachment.member_id == member.id, Attachment.is_picture.is_(True))
    db.session.execute(
        update(Attachment).where(*theirs, Attachment.deleted_at.is_(None)).values(deleted_at=now),
        execution_options={"synchronize_session": False},
    )
    member.membership.picture_key = None


def of(member: ActingMember, number: int) -> Picture:
    """Return the picture of a member of the reader's community; one's own is shown to everybody.

    :raises NotFound: nobody has this number here, or they have no picture, or it is gone from the storage.
    """
    if number != member.id:
        member.must(Act.READ)
    wanted = (
        select(Membership, User, Attachment.media_type)
        .join(User, User.id == Membership.user_id)
        .outerjoin(Attachment, Attachment.key == Membership.picture_key)
        .where(Membership.id == number, Membership.community_id == member.community.id)
    )
    found = db.session.execute(wanted).one_or_none()
    key = people.picture_key(found.Membership, found.User) if found is not None else None
    if key is None:
        raise NotFound()
    try:
        content = b"".join(storage.pieces(key, 0, storage.size(key) or 0))
    except OSError as problem:
        raise NotFound() from problem
    if not content:
        raise NotFound()
    return Picture(content, found.media_type or MEDIA_TYPE, people.picture_version(key))


def show_that_of_the_lms(member: ActingMember, wanted: bool) -> None:
    """Show the picture that the LMS has of a member, where they chose none of their own, or initials."""
    member.membership.initials_only = not wanted
