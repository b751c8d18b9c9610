"""Our signing keys, as the edges ask for them: made, rotated, listed, encrypted anew."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lti_tool.lti import keys
from lti_tool.services import audit, erasure_journal, push_devices


class KeyState(StrEnum):
    SIGNING = "signing"
    PUBLISHED = "published"  # signs no more; in the key set until its grace time ends
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class ListedKey:
    """One of our keys; moments in UTC. `withdraw_at` is the end of its grace time."""

    kid: str
    state: KeyState
    created_at: datetime
    withdraw_at: datetime | None
    withdrawn_at: datetime | None


def make_first_key(now: datetime) -> None:
    """Make the signing key unless there is one: once, whatever the number of processes that start."""
    keys.ensure_signing_key(now)


def rotate(grace: timedelta, now: datetime, by: int | None = None) -> str:
    """Have a new key sign and the old one stay published for its grace time; return the new key's id.

    :raises Stale: another process rotates at this moment.
    """
    kid = keys.rotate(now, now + grace)
    seconds = int(grace.total_seconds())
    audit.record_administration(by, "keys.rotated", f"key:{kid}", now, None, grace_seconds=seconds)
    return kid


def encrypt_anew(now: datetime) -> int:
    """Encrypt our private keys with the first KEY_ENCRYPTION_KEY; return how many there are.

    The key of the journal of erasures, which is never another one, is encrypted anew as well.

    :raises UnsafeSettings: `key-encryption-key-wrong`, none of the KEY_ENCRYPTION_KEY keys opens one of them.
    :raises JournalUnusable: none of them opens that of the journal. :raises OSError: it cannot be written.
    """
    count = keys.encrypt_anew() + erasure_journal.encrypt_anew() + push_devices.encrypt_anew()
    audit.record_operation("keys.encrypted-anew", "keys", now, None, count=count)
    return count


def sweep(now: datetime) -> None:
    """Withdraw the keys whose grace time is over."""
    keys.withdraw_old(now)


def listed() -> list[ListedKey]:
    """Every key that we ever had, oldest first."""
    return [
        ListedKey(key.kid, _state(key), key.created_at, key.withdraw_at, key.withdrawn_at)
        for key in keys.all_keys()
    ]


def _state(key) -> KeyState:
    if key.signing:
        return KeyState.SIGNING
    return KeyState.PUBLISHED if key.withdrawn_at is None else KeyState.WITHDRAWN
