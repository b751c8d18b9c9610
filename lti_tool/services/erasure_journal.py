"""The journal of erasures: keyed hashes of who must not come back by a roster or with an older database.

It stands in the database, where rosters ask it, and in the storage folder, which no copy of the database
holds: a file for each line, named after the hash, and the key that the hashes are made with. The key is made
once, encrypted by KEY_ENCRYPTION_KEY, and is the same in both places (docs/decisions/0013).
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text

from lti_tool.errors import ToolError
from lti_tool.extensions import db
from lti_tool.lti import keys
from lti_tool.models import Erasure, ErasureKey, MovedKind, Platform, Succession, SuccessionMove, User
from lti_tool.services import storage
from lti_tool.services.upserts import insert_unless_there, upsert_id

FOLDER, KEY = "erasures", "key"
ONLY = 1
# PostgreSQL takes 65,535 values in one statement.
MOST_ASKED_FOR = 10_000
_KEY = select(ErasureKey.key_encrypted).where(ErasureKey.id == ONLY)
_PLATFORMS = select(Platform.id, Platform.issuer, Platform.client_id).order_by(Platform.id)


class JournalUnusable(ToolError):
    """The journal cannot be read or written as it is; `facts["sentence"]` says why and what helps."""

    code = "journal-unusable"


@dataclass(frozen=True)
class Identity:
    """A registration as its LMS knows it: stays the same in every copy of the database."""

    issuer: str
    client_id: str


@dataclass(frozen=True)
class Journal:
    """The journal, opened with its key."""

    key: bytes

    def __repr__(self) -> str:
        """Without the key: a traceback or a log line must not carry it."""
        return "Journal()"

    def hash_of(self, identity: Identity, sub: str) -> str:
        """Return what stands for a person in the journal."""
        told = json.dumps([identity.issuer, identity.client_id, sub])
        return hmac.new(self.key, told.encode(), hashlib.sha256).hexdigest()

    def hashes_of(self, identities: Iterable[Identity], sub: str) -> list[str]:
        return [self.hash_of(identity, sub) for identity in identities]


def opened() -> Journal:
    """Open the journal for writing; its key is made when there is none, and copied to where it is missing.

    The folder comes first: of several processes that make the key at once, one does, and all take that one.

    :raises JournalUnusable: see `_opened_with`. :raises OSError: the folder cannot be written.
    """
    there = db.session.scalar(_KEY)
    storage.put_unless_there(_name(KEY), there or keys.encrypted(secrets.token_hex(32)))
    in_folder = storage.read(_name(KEY))
    insert_unless_there(ErasureKey, {"id": ONLY}, {"key_encrypted": there or in_folder})
    return _opened_with(db.session.scalar(_KEY), in_folder)


def looked_into() -> Journal | None:
    """Open the journal without changing anything; None when nobody was ever erased.

    :raises JournalUnusable: see `_opened_with`. :raises OSError: the folder cannot be read.
    """
    there, in_folder = db.session.scalar(_KEY), storage.read(_name(KEY))
    return _opened_with(there or in_folder, in_folder or there) if there or in_folder else None


def _opened_with(there: str, in_folder: str) -> Journal:
    """Return the journal.

    :raises JournalUnusable: its key cannot be opened, or database and folder have different ones.
    """
    keys_found = {keys.decrypted(kept.strip()) for kept in (there, in_folder)}
    if None in keys_found:
        raise JournalUnusable(
            sentence="No key in LTI_TOOL_KEY_ENCRYPTION_KEY opens the key of the journal of erasures. "
            "Put the one that it was encrypted with back, behind the others and a comma. If it is lost, see "
            "“Keys and secrets” in docs/operate.md."
        )
    if len(keys_found) > 1:
        raise JournalUnusable(
            sentence=f"The journal of erasures in {storage.where(FOLDER)} belongs to another database: its "
            "key is another one. Let LTI_TOOL_STORAGE_URL name the folder that this database was used with."
        )
    return Journal(keys_found.pop().encode())


def lock(*, to_erase: bool) -> None:
    """Let those who erase follow each other, and whoever takes a roster over, until the transaction ends.

    The table and not its row: before the first erasure there is none. SQLite has one writer in any case.
    """
    if db.engine.dialect.name == "postgresql":
        mode = "EXCLUSIVE" if to_erase else "SHARE"
        db.session.execute(text(f"LOCK TABLE {ErasureKey.__tablename__} IN {mode} MODE"))


def encrypt_anew() -> int:
    """Encrypt the journal's key with the first KEY_ENCRYPTION_KEY, in both places; it stays the same key.

    Returns how many keys that were, 0 when nobody was ever erased.

    :raises JournalUnusable: none of them opens it. :raises OSError: the folder cannot be written.
    """
    journal = looked_into()
    if journal is None:
        return 0
    anew = keys.encrypted(journal.key.decode())
    upsert_id(ErasureKey, {"id": ONLY}, {"key_encrypted": anew}, update=("key_encrypted",))
    storage.put(_name(KEY), anew)
    return 1


def write(hashes: Iterable[str], since: datetime, now: datetime) -> datetime:
    """Write somebody's lines into the folder; return when they were erased by what stands there then.

    :param since: when their account was made. A line from after that is of this very erasure, which did not
        come to its end or is made twice at once: it stays as it is.
    """
    there = {person: _line(person) for person in hashes}
    of_this_one = [at for at in there.values() if at is not None and at >= since]
    erased_at = min(of_this_one, default=now)
    for person, at in there.items():
        if at is None or at < since:
            storage.put(_name(person), erased_at.isoformat())
    return erased_at


def note(hashes: Iterable[str], erased_at: datetime) -> None:
    """Write somebody's lines into the database. Flushes."""
    for person in hashes:
        upsert_id(Erasure, {"person_hash": person}, {"erased_at": erased_at}, update=("erased_at",))


def lines_in_folder() -> dict[str, datetime]:
    """Return the lines of the folder: when who was erased, by hash.

    :raises JournalUnusable: one of them is damaged. :raises OSError: the folder cannot be read.
    """
    names = (name for name in storage.names_in(FOLDER) if name != KEY)
    return {name: at for name in names if (at := _line(name)) is not None}


def lines_in_database() -> dict[str, datetime]:
    """Return the lines of the database. One statement."""
    return dict(db.session.execute(select(Erasure.person_hash, Erasure.erased_at)).all())


def both(one: Mapping[str, datetime], other: Mapping[str, datetime]) -> dict[str, datetime]:
    """Unite two journals: of each line the later one."""
    return {
        person: max(lines[person] for lines in (one, other) if person in lines)
        for person in one.keys() | other.keys()
    }


def bring_together() -> dict[str, datetime]:
    """Give database and folder the lines that only the other one has; return all of them. Flushes."""
    here, there = lines_in_database(), lines_in_folder()
    lines = both(here, there)
    for person, at in lines.items():
        if there.get(person) != at:
            storage.put(_name(person), at.isoformat())
        if here.get(person) != at:
            note([person], at)
    return lines


def identities_of(user: User) -> list[Identity]:
    """Return every registration under which this account has been known: successions move it."""
    return _identities({user.platform_id, *_moves(user.id).get(user.id, ())})


def accounts_and_identities() -> Iterable[tuple[int, str, datetime, list[Identity]]]:
    """Go through everybody who is not erased: account, sub, when it was made, the registrations it had."""
    moves = _moves(None)
    platforms = {row.id: Identity(row.issuer, row.client_id) for row in db.session.execute(_PLATFORMS)}
    wanted = select(User.id, User.sub, User.created_at, User.platform_id).where(User.erased_at.is_(None))
    for row in db.session.execute(wanted.order_by(User.id).execution_options(yield_per=1000)):
        known = {row.platform_id, *moves.get(row.id, ())}
        yield row.id, row.sub, row.created_at, [platforms[one] for one in known if one in platforms]


def has_lines() -> bool:
    """Tell whether anybody was ever erased here. One statement."""
    return db.session.scalar(_KEY) is not None


def barred(platform_id: int, subs: Collection[str]) -> set[str]:
    """Return those whom a roster of this platform must not bring back: erased, and not here again since.

    What was said of a person under a registration that this one follows, or that followed it, holds as well.
    One statement while nobody was ever erased, else four or so.

    :raises JournalUnusable: its key cannot be opened.
    """
    kept = db.session.scalar(_KEY)
    if kept is None or not subs:
        return set()
    journal, identities = _opened_with(kept, kept), _identities(_related_to(platform_id))
    named = {person: sub for sub in subs for person in journal.hashes_of(identities, sub)}
    erased = {named[person] for person in _found(Erasure.person_hash, named)}
    if not erased:
        return set()
    return erased - set(_found(User.sub, erased, User.platform_id == platform_id))


def _found(column, values: Collection[str], *conditions) -> list[str]:
    asked, found = list(values), []
    for start in range(0, len(asked), MOST_ASKED_FOR):
        wanted = select(column).where(column.in_(asked[start : start + MOST_ASKED_FOR]), *conditions)
        found += db.session.scalars(wanted)
    return found


def related_platforms(platform_id: int) -> set[int]:
    """Return this registration, those that it took the place of, and those that took its place."""
    return _related_to(platform_id)


def _related_to(platform_id: int) -> set[int]:
    pairs = db.session.execute(select(Succession.old_platform_id, Succession.new_platform_id)).all()
    related, grown = set(), {platform_id}
    while grown != related:
        related = grown
        grown = related.union(*(pair for pair in pairs if related.intersection(pair)))
    return related


def _moves(user_id: int | None) -> dict[int, set[int]]:
    """Return the registrations between which successions moved accounts, by account."""
    wanted = select(SuccessionMove.row_id, SuccessionMove.before_id, SuccessionMove.after_id)
    wanted = wanted.where(SuccessionMove.kind == MovedKind.USER)
    if user_id is not None:
        wanted = wanted.where(SuccessionMove.row_id == user_id)
    moves: dict[int, set[int]] = {}
    for row in db.session.execute(wanted):
        moves.setdefault(row.row_id, set()).update((row.before_id, row.after_id))
    return moves


def _identities(platform_ids: Collection[int]) -> list[Identity]:
    found = db.session.execute(_PLATFORMS.where(Platform.id.in_(platform_ids)))
    return [Identity(row.issuer, row.client_id) for row in found]


def _name(line: str) -> str:
    return f"{FOLDER}/{line}"


def _line(person: str) -> datetime | None:
    text = storage.read(_name(person))
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise JournalUnusable(
            sentence=f"{storage.where(_name(person))} is damaged: a line of the journal of erasures is one "
            "moment."
        )
    return at
