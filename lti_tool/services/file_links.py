"""Short-lived signed addresses of files: whoever has one may read that file, and needs no session to.

One is the same for ten minutes, so that a browser which has the file asks for it once.
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

STEP, LASTS = timedelta(minutes=10), timedelta(minutes=40)
_LINK = re.compile(r"([1-9][0-9]{0,17})\.([01])\.([1-9][0-9]{0,11})\.([0-9a-f]{64})", re.ASCII)


def link(secret_key: str, number: int, small: bool, now: datetime) -> str:
    """Return what an address of this file, or of its small version, ends with."""
    step = STEP.total_seconds()
    until = int(now.timestamp() // step * step + LASTS.total_seconds())
    said = f"{number}.{int(small)}.{until}"
    return f"{said}.{_mac(secret_key, said)}"


def opened(secret_key: str, text: str, now: datetime) -> tuple[int, bool] | None:
    """Return which file a link is good for, and whether for its small version; None when for none."""
    parts = _LINK.fullmatch(text)
    if parts is None:
        return None
    number, small, until, mac = parts.groups()
    if not hmac.compare_digest(mac, _mac(secret_key, f"{number}.{small}.{until}")):
        return None
    if now >= datetime.fromtimestamp(int(until), UTC):
        return None
    return int(number), small == "1"


def _mac(secret_key: str, said: str) -> str:
    key = hashlib.sha256(b"file-link:" + secret_key.encode()).digest()
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()
