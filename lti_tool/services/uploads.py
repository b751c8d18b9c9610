"""Files as members bring them: looked at, made anew, kept; in three steps, of which two need no database.

`may_bring` asks, `prepare` looks at a file and keeps its bytes under a name that nobody can guess, `register`
makes it known. A process that dies in between leaves bytes that nothing names: the clock takes them
(`file_sweep`). There is never a file without its bytes.
"""

import hashlib
import io
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from sqlalchemy import func, select, update

from lti_tool import settings
from lti_tool.extensions import db
from lti_tool.knowledge import images
from lti_tool.knowledge.cleaning import clean_file_name
from lti_tool.knowledge.filetypes import Family, FileRefused, FileType, type_of
from lti_tool.models import Attachment, Community
from lti_tool.permissions import Act
from lti_tool.services import storage
from lti_tool.services.acting import ActingMember
from lti_tool.services.attachments import AttachedFile, shown

FOLDER, SMALL = "files", "-small"
# Somebody who empties a camera is welcome; a script is not. Of one member, so many within so long.
BURST, BURST_WITHIN = 60, timedelta(minutes=10)
_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Room:
    """What a community may keep and keeps, in bytes, and the largest file that it takes."""

    used: int
    limit: int
    largest: int

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


@dataclass(frozen=True)
class Prepared:
    """A file whose bytes are kept, and that nothing names yet."""

    key: str
    small_key: str | None
    name: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    digest: str


def room(community: Community) -> Room:
    """Return how much room there is. A community may have less than the settings allow, never more."""
    chosen = settings.current()
    return Room(
        used=community.stored_bytes,
        limit=min(community.storage_limit or chosen.storage_limit, chosen.storage_limit),
        largest=min(community.file_limit or chosen.file_limit, chosen.file_limit),
    )


def may_bring(member: ActingMember, now: datetime) -> Room:
    """Return the room for a member's next file. One statement.

    :raises FileRefused: `too-many-at-once`, or `no-room`.
    """
    member.must(Act.WRITE_COMMENT)
    recent = select(func.count(Attachment.id)).where(
        Attachment.member_id == member.id, Attachment.created_at > now - BURST_WITHIN
    )
    if db.session.scalar(recent) >= BURST:
        raise FileRefused("too-many-at-once")
    found = room(member.community)
    if not found.left:
        raise FileRefused("no-room")
    return found


def prepare(community_id: int, file: BinaryIO, name: str, largest: int) -> Prepared:
    """Look at a file and keep it. Slow; needs no database.

    :raises FileRefused: with the reason. :raises OSError: the storage cannot be used.
    """
    if file.seek(0, io.SEEK_END) > largest:
        raise FileRefused("too-large")
    kind = type_of(file, name)
    key = f"{FOLDER}/{community_id}/{secrets.token_hex(20)}"
    if kind.family is Family.IMAGE:
        return _kept_picture(key, images.made_anew(file, kind), name)
    storage.keep(key, file)
    digest, size = _digest(file)
    return Prepared(key, None, _named(name, kind), kind.media_type, size, None, None, digest)


def _kept_picture(key: str, made: images.Picture, name: str) -> Prepared:
    storage.keep(key, io.BytesIO(made.content))
    if made.small is not None:
        storage.keep(key + SMALL, io.BytesIO(made.small))
    return Prepared(
        key=key,
        small_key=key + SMALL if made.small is not None else None,
        name=_named(name, made.kind),
        media_type=made.kind.media_type,
        size=len(made.content) + len(made.small or b""),
        width=made.width,
        height=made.height,
        digest=hashlib.sha256(made.content).hexdigest(),
    )


def _named(name: str, kind: FileType) -> str:
    return clean_file_name(name, kind.ending)


def _digest(file: BinaryIO) -> tuple[str, int]:
    file.seek(0)
    found = hashlib.sha256()
    while some := file.read(_AT_ONCE):
        found.update(some)
    return found.hexdigest(), file.tell()


def register(member: ActingMember, prepared: Prepared, now: datetime) -> AttachedFile:
    """Make a file known as the member's; however many do at once, no community keeps more than it may.

    :raises FileRefused: `no-room`.
    """
    take_room(member, prepared.size)
    row = Attachment(
        community_id=member.community.id,
        member_id=member.id,
        name=prepared.name,
        media_type=prepared.media_type,
        size=prepared.size,
        width=prepared.width,
        height=prepared.height,
        key=prepared.key,
        small_key=prepared.small_key,
        digest=prepared.digest,
        position=0,
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    return shown(row)


def take_room(member: ActingMember, size: int) -> None:
    """Count what is kept of the member's community.

    :raises FileRefused: `no-room`.
    """
    limit = room(member.community).limit
    grown = Community.stored_bytes + size
    taken = db.session.execute(
        update(Community)
        .where(Community.id == member.community.id, grown <= limit)
        .values(stored_bytes=grown)
        .execution_options(synchronize_session=False)
    )
    if not taken.rowcount:
        raise FileRefused("no-room")
    db.session.expire(member.community, ["stored_bytes"])


def give_back(prepared: Prepared) -> None:
    """Forget bytes that were kept for nothing; what fails here is done by the clock."""
    try:
        storage.drop([key for key in (prepared.key, prepared.small_key) if key])
    except OSError:
        return
