"""What the clock takes away of files: what nobody claimed, what was deleted, bytes that nothing names.

A row goes before its bytes, in transactions of their own: a process that dies in between leaves bytes without
a row, which the nightly look finds; never a row without its bytes.
"""

import json
import logging
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy import and_, delete, or_, select, update

from lti_tool.extensions import db
from lti_tool.knowledge.typed_fields import Typed, read
from lti_tool.models import Attachment, Community, Draft, KeptText, Membership, PersonalCopy
from lti_tool.services import personal_copies, storage
from lti_tool.services.uploads import FOLDER, SMALL

log = logging.getLogger(__name__)

UNCLAIMED_FOR = timedelta(hours=24)
# A contribution that was deleted can be brought back within this time, with its files.
DELETED_FOR = timedelta(days=7)
# Bytes are kept before their row is written: those of an upload under way are not orphans.
ORPHAN_AFTER = timedelta(hours=24)
PICTURES = "pictures"  # of members (`pictures`)
_AT_ONCE = 200
# A form holds whatever somebody sends: of longer ones Python makes no number.
_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)

Transaction = Callable[[], AbstractContextManager[None]]


def sweep(clock: Callable[[], datetime], transaction: Transaction) -> int:
    """Take away what is due, some at a time; return how many files went. Raises OSError."""
    gone = 0
    with transaction():
        _give_up_unclaimed(clock())
    while True:
        with transaction():
            keys = _forget_some(clock())
        if not keys:
            return gone
        storage.drop(keys)
        gone += len(keys)


def _give_up_unclaimed(now: datetime) -> None:
    """Mark what was brought a day ago and no contribution has, unless a draft or a kept text names it."""
    wanted = (
        select(Attachment.id, Attachment.member_id)
        .where(
            Attachment.post_id.is_(None),
            Attachment.is_picture.is_(False),
            Attachment.deleted_at.is_(None),
            Attachment.created_at <= now - UNCLAIMED_FOR,
        )
        .order_by(Attachment.created_at)
    )
    rows = db.session.execute(wanted).all()
    wanted_still = _named_in_texts({row.member_id for row in rows})
    given_up = [row.id for row in rows if row.id not in wanted_still]
    for some in _parts(given_up):
        marked = update(Attachment).where(Attachment.id.in_(some), Attachment.post_id.is_(None))
        db.session.execute(marked.values(deleted_at=now).execution_options(synchronize_session=False))


def _named_in_texts(members: Collection[int]) -> set[int]:
    """Return the files that unpublished texts of these members name: drafts, and what a lost session left."""
    named: set[int] = set()
    for some in _parts(sorted(members)):
        for fields in db.session.scalars(select(Draft.fields).where(Draft.member_id.in_(some))):
            named |= _numbers_in(fields)
        kept = select(KeptText.fields).join(
            Membership,
            and_(Membership.user_id == KeptText.user_id, Membership.community_id == KeptText.community_id),
        )
        for fields in db.session.scalars(kept.where(Membership.id.in_(some))):
            named |= _numbers_in(read(json.loads(fields)))
    return named


def _numbers_in(fields: Typed) -> set[int]:
    """Return the numbers of files that the fields of a form name."""
    values = fields.get("attachment", ())
    return {int(value) for value in values if _NUMBER.fullmatch(value)}


def _parts(numbers: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(numbers), _AT_ONCE):
        yield numbers[start : start + _AT_ONCE]


def _forget_some(now: datetime) -> list[str]:
    """Delete some rows that are due, with the room that they took; return the names of their bytes."""
    wanted = (
        select(Attachment)
        .where(
            Attachment.deleted_at <= now,
            or_(Attachment.post_id.is_(None), Attachment.deleted_at <= now - DELETED_FOR),
        )
        .order_by(Attachment.deleted_at)
        .limit(_AT_ONCE)
        .with_for_update()
    )
    rows = list(db.session.scalars(wanted))
    freed: dict[int, int] = {}
    for row in rows:
        freed[row.community_id] = freed.get(row.community_id, 0) + row.size
    for community_id, size in sorted(freed.items()):
        smaller = update(Community).where(Community.id == community_id)
        smaller = smaller.values(stored_bytes=Community.stored_bytes - size)
        db.session.execute(smaller.execution_options(synchronize_session=False))
    numbers = [row.id for row in rows]
    if numbers:
        gone = delete(Attachment).where(Attachment.id.in_(numbers))
        db.session.execute(gone.execution_options(synchronize_session=False))
    return [key for row in rows for key in (row.key, row.small_key) if key]


def sweep_orphans(clock: Callable[[], datetime], reading: Transaction) -> int:
    """Take away bytes that no row names, once a night; return how many. Raises OSError."""
    gone = 0
    before = clock() - ORPHAN_AFTER
    for names in chain(
        *(storage.older_than(folder, before) for folder in (FOLDER, PICTURES, personal_copies.FOLDER))
    ):
        with reading():
            known = _known({name.removesuffix(SMALL) for name in names})
        orphans = [name for name in names if name.removesuffix(SMALL) not in known]
        storage.drop(orphans)
        gone += len(orphans)
    if gone:
        log.info("bytes of files that nothing named were taken away: %s", gone)
    return gone


def _known(keys: set[str]) -> set[str]:
    known: set[str] = set()
    asked = sorted(keys)
    for start in range(0, len(asked), _AT_ONCE):
        for table in (Attachment, PersonalCopy):
            wanted = select(table.key).where(table.key.in_(asked[start : start + _AT_ONCE]))
            known |= set(db.session.scalars(wanted))
    return known
