"""Short-lived signed addresses of files: whoever has one may read that file, and needs no session to.

One is the same for ten minutes, so that a browser which has the file asks for it once. That of a file whose
contribution is hidden is another: who had one before the hiding reads it no longer.
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

STEP, LASTS = timedelta(minutes=10), timedelta(minutes=40)
_LINK = re.compile(r"([1-9][0-9]{0,17})\.([01])(h?)\.([1-9][0-9]{0,11})\.([0-9a-f]{64})", re.ASCII)


class Good(NamedTuple):
    """What a link is good for: a file, or its small version; also while its contribution is hidden."""

    number: int
    small: bool
    hidden: bool


def link(secret_key: str, number: int, now: datetime, *, small: bool = False, hidden: bool = False) -> str:
    """Return what an address of this file ends with, or of its small version.

    :param hidden: for somebody who may read what is hidden: it opens the file then, too.
    """
    step = STEP.total_seconds()
    until = int(now.timestamp() // step * step + LASTS.total_seconds())
    said = f"{number}.{int(small)}{'h' * hidden}.{until}"
    return f"{said}.{_mac(secret_key, said)}"


def opened(secret_key: str, text: str, now: datetime) -> Good | None:
    """Return what a link is good for; None when for nothing."""
    parts = _LINK.fullmatch(text)
    if parts is None:
        return None
    number, small, hidden, until, mac = parts.groups()
    if not hmac.compare_digest(mac, _mac(secret_key, f"{number}.{small}{hidden}.{until}")):
        return None
    if now >= datetime.fromtimestamp(int(until), UTC):
        return None
    return Good(int(number), small == "1", hidden == "h")


def _mac(secret_key: str, said: str) -> str:
    key = hashlib.sha256(b"file-link:" + secret_key.encode()).digest()
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()
