"""Access tokens that every process shares: in the database, encrypted like our private keys.

A platform is asked once for all workers while a token lasts. Two processes that ask at once both get a
valid token; the last one stays. Transactions are short, and none is open during a call.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from lti_tool.lti import keys, store

Transaction = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class AccessToken:
    """A bearer token, the moment from which it should not be used any more, and what it opens."""

    text: str
    good_until: datetime
    scopes: frozenset[str]

    def __repr__(self) -> str:
        """Without the token itself: it must not reach a log."""
        return f"AccessToken(good_until={self.good_until.isoformat()})"


class TokenCache:
    """The one token that is kept for a platform and a set of scopes as they are asked for."""

    def __init__(self, platform_id: int, scopes: Sequence[str], transaction: Transaction) -> None:
        self._platform_id, self._transaction = platform_id, transaction
        self._scope_key = hashlib.sha256(" ".join(sorted(set(scopes))).encode()).hexdigest()
        self._encrypted: str | None = None  # as the row had it when we last read or wrote it

    def token(self, now: datetime) -> AccessToken | None:
        """The token that is there and good; None without one, or when KEY_ENCRYPTION_KEY does not open it."""
        with self._transaction():
            row = store.kept_token(self._platform_id, self._scope_key, now)
            if row is None:
                return None
            encrypted, good_until, granted = row.token_encrypted, row.good_until, row.granted_scopes
        text = keys.decrypted(encrypted)
        if text is None:
            return None
        self._encrypted = encrypted
        return AccessToken(text, good_until, frozenset(granted))

    def keep(self, token: AccessToken) -> None:
        """Have every process use this one from now on."""
        encrypted = keys.encrypted(token.text)
        with self._transaction():
            store.keep_token(
                self._platform_id, self._scope_key, encrypted, sorted(token.scopes), token.good_until
            )
        self._encrypted = encrypted

    def forget(self) -> None:
        """Drop the token that we last read or wrote, unless somebody has put a newer one in its place."""
        if self._encrypted is None:
            return
        with self._transaction():
            store.forget_token(self._platform_id, self._scope_key, self._encrypted)
        self._encrypted = None
