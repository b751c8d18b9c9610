"""A copy of everything that is held about somebody: asked for on a page, made by a worker, there for a week.

Claim, make, record: each a transaction of its own. A worker may be killed at any instant; the next one begins
anew when the lease has ended. Bytes that no row names are taken away at night (`file_sweep`).
"""

import json
import logging
import secrets
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import delete, select, update

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import Attachment, CopyState, Membership, PersonalCopy, User
from lti_tool.services import heartbeats, outbox, person_export, storage
from lti_tool.services.line_items import Clock, Transaction
from lti_tool.services.upserts import upsert

log = logging.getLogger(__name__)

FOLDER = "copies"
KEPT_FOR = timedelta(days=7)
# Somebody who asks again and again keeps workers from grades: a copy that was just made is the same.
AGAIN_AFTER = timedelta(hours=1)
LEASE = timedelta(minutes=30)
MOST_TRIES = 3
# A worker that lives begins within seconds.
PATIENCE = timedelta(seconds=20)

Reading = Callable[[], AbstractContextManager[None]]
# Puts what is held into a readable page, in a language: files by their names.
InWords = Callable[[dict, str], dict[str, str]]


@dataclass(frozen=True)
class CopyView:
    """How a copy stands. `size` in bytes, once it is ready; `waits_for_worker`: no worker seems to live."""

    state: CopyState
    asked_at: datetime
    size: int | None = None
    expires_at: datetime | None = None
    waits_for_worker: bool = False
    may_ask: bool = False

    @property
    def is_ready(self) -> bool:
        return self.state is CopyState.READY

    @property
    def is_under_way(self) -> bool:
        return self.state in (CopyState.DUE, CopyState.MAKING)


def ask(user_id: int, locale: str, now: datetime) -> None:
    """Have a copy made; one that is under way, or was made just now, is not begun again."""
    row = upsert(
        PersonalCopy,
        {"user_id": user_id},
        {"state": CopyState.FAILED, "locale": locale, "asked_at": now, "attempts": 0},
        update=("user_id",),
    )
    if not _may_ask(row, now):
        return
    row.state, row.locale, row.asked_at, row.due_at, row.attempts = CopyState.DUE, locale, now, now, 0
    row.lease = row.lease_until = None
    db.session.flush()
    outbox.wake(outbox.PERSONAL_COPIES)


def of(user_id: int, now: datetime) -> CopyView | None:
    """Return how the copy of an account stands; None when there is none. Two statements at most."""
    row = db.session.scalars(select(PersonalCopy).where(PersonalCopy.user_id == user_id)).one_or_none()
    if row is None:
        return None
    waits = row.state is CopyState.DUE and now - row.asked_at > PATIENCE
    return CopyView(
        row.state,
        row.asked_at,
        size=row.size if row.state is CopyState.READY else None,
        expires_at=row.expires_at,
        waits_for_worker=waits and heartbeats.workers(now).alive == 0,
        may_ask=_may_ask(row, now),
    )


def _may_ask(row: PersonalCopy, now: datetime) -> bool:
    if row.state is CopyState.READY:
        return row.made_at is None or row.made_at <= now - AGAIN_AFTER
    return row.state is CopyState.FAILED


def to_take(user_id: int, now: datetime) -> PersonalCopy:
    """Return the copy of an account that can be taken.

    :raises NotFound: there is none, or its time is over.
    """
    wanted = select(PersonalCopy).where(
        PersonalCopy.user_id == user_id,
        PersonalCopy.state == CopyState.READY,
        PersonalCopy.expires_at > now,
    )
    found = db.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("no-copy")
    return found


def forget(user_id: int) -> list[str]:
    """Delete what was asked for; return the names of the bytes, to be dropped after the commit."""
    rows = list(db.session.scalars(select(PersonalCopy).where(PersonalCopy.user_id == user_id)))
    db.session.execute(
        delete(PersonalCopy)
        .where(PersonalCopy.user_id == user_id)
        .execution_options(synchronize_session="fetch")
    )
    return [row.key for row in rows if row.key]


@dataclass(frozen=True)
class _Claim:
    id: int
    user_id: int
    locale: str
    lease: str
    attempts: int


def make_due(now: Clock, transaction: Transaction, reading: Reading, in_words: InWords) -> None:
    """Make every copy that is due, one after the other, until none is."""
    while True:
        with transaction():
            claim = _claimed(now())
        if claim is None:
            return
        if claim.attempts > MOST_TRIES:
            # It kills workers, or the storage is full: the person may ask again.
            with transaction():
                _note(claim, state=CopyState.FAILED, due_at=None)
            continue
        try:
            _make(claim, now, transaction, reading, in_words)
        except Exception:
            log.exception("the copy of account %s could not be made", claim.user_id)
            with transaction():
                _note(claim, state=CopyState.DUE, due_at=now() + timedelta(minutes=claim.attempts))


def _claimed(now: datetime) -> _Claim | None:
    picked = (
        select(PersonalCopy.id)
        .where(outbox.to_be_done(PersonalCopy, CopyState.DUE, CopyState.MAKING, now))
        .order_by(PersonalCopy.due_at, PersonalCopy.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    claimed = (
        update(PersonalCopy)
        .where(PersonalCopy.id.in_(select(picked.c.id)))
        .values(
            state=CopyState.MAKING,
            lease=str(uuid.uuid4()),
            lease_until=now + LEASE,
            attempts=PersonalCopy.attempts + 1,
        )
        .returning(
            *(PersonalCopy.id, PersonalCopy.user_id, PersonalCopy.locale),
            *(PersonalCopy.lease, PersonalCopy.attempts),
        )
        .execution_options(synchronize_session=False)
    )
    row = db.session.execute(claimed).one_or_none()
    return _Claim(*row) if row else None


def _make(claim: _Claim, now: Clock, transaction: Transaction, reading: Reading, in_words: InWords) -> None:
    key = f"{FOLDER}/{secrets.token_hex(16)}.zip"
    with tempfile.TemporaryFile() as made:
        with reading():
            told = person_export.of_person(claim.user_id, now())
            files = list(_files_of(claim.user_id))
        _write(made, told, files, in_words(told, claim.locale))
        size = made.tell()
        storage.keep(key, made)
    with transaction():
        before = db.session.scalar(select(PersonalCopy.key).where(PersonalCopy.id == claim.id))
        expires_at = now() + KEPT_FOR
        ready = {"state": CopyState.READY, "due_at": None, "key": key, "size": size}
        stands = _note(claim, **ready, made_at=now(), expires_at=expires_at)
    # Of an account that was erased meanwhile, or whose copy another worker made, nothing stays.
    superseded = before if stands else key
    storage.drop([superseded] if superseded else [])


def _note(claim: _Claim, **values: object) -> bool:
    """Record it, unless the lease went to somebody else or the account was erased. Tell whether it stands."""
    mine = update(PersonalCopy).where(PersonalCopy.id == claim.id, PersonalCopy.lease == claim.lease)
    values |= {"lease": None, "lease_until": None}
    done = db.session.execute(mine.values(**values).execution_options(synchronize_session=False))
    return done.rowcount == 1


def _files_of(user_id: int) -> Iterator[tuple[str, str]]:
    """Go through the files that somebody brought and that are not deleted: key, and name in the copy."""
    wanted = (
        select(Attachment.id, Attachment.key, Attachment.name)
        .join(Membership, Membership.id == Attachment.member_id)
        .join(User, User.id == Membership.user_id)
        .where(User.id == user_id, User.erased_at.is_(None), Attachment.deleted_at.is_(None))
        .order_by(Attachment.id)
    )
    for number, key, name in db.session.execute(wanted):
        yield key, f"files/{number}-{name}"


def _write(place: BinaryIO, told: dict, files: list[tuple[str, str]], pages: dict[str, str]) -> None:
    with ZipFile(place, "w", ZIP_DEFLATED) as parcel:
        for name, text in pages.items():
            parcel.writestr(name, text)
        parcel.writestr("data.json", json.dumps(told, ensure_ascii=False, indent=2))
        for key, name in files:
            size = storage.size(key)
            if size is None:
                continue  # deleted while this was made
            with parcel.open(name, "w", force_zip64=True) as into:
                for piece in storage.pieces(key, 0, size):
                    into.write(piece)
    place.seek(0, 2)


def sweep(now: Clock, transaction: Transaction) -> int:
    """Take away copies whose time is over; return how many. Raises OSError."""
    with transaction():
        over = list(db.session.scalars(select(PersonalCopy).where(PersonalCopy.expires_at <= now())))
        keys = [row.key for row in over if row.key]
        for row in over:
            if row.state is CopyState.READY:
                db.session.delete(row)
            else:
                row.key = row.size = row.made_at = row.expires_at = None  # a new one is under way
    storage.drop(keys)
    return len(keys)
