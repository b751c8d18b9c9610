"""Web addresses: which of ours may be a target, and which origins may frame us."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import SplitResult, unquote, urlsplit

LONGEST_URL = 2000

_PORTS = {"http": 80, "https": 443}
# Written into a Content-Security-Policy header: nothing that could end the directive may pass.
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]+\]")
_KNOWN_PATH = re.compile(r"/|/lti/launch|/communities/[1-9][0-9]{0,17}(?:/.*)?", re.DOTALL)
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")


def split(url: object) -> SplitResult | None:
    """The parts of an absolute http or https address, or None when it is not a usable one."""
    if not isinstance(url, str) or not url or len(url) > LONGEST_URL or _UNSAFE.search(url):
        return None
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0
    except ValueError:
        return None
    usable = parts.scheme in _PORTS and parts.hostname and parts.username is None and has_port
    return parts if usable else None


def web_url(url: object) -> str | None:
    """The address itself when it is a usable http or https one, else None (Moodle sends empty strings)."""
    return url if isinstance(url, str) and split(url) is not None else None


def origin(url: object) -> str | None:
    """`scheme://host[:port]` as browsers write it (default ports left out), or None."""
    return _origin(url) if isinstance(url, str) and len(url) <= LONGEST_URL else None


# Kept: a launch asks nine times, for the same few addresses of its LMS and ours as the launch before it.
@lru_cache(maxsize=256)
def _origin(url: str) -> str | None:
    parts = split(url)
    if parts is None:
        return None
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    if not _HOST.fullmatch(host):
        return None
    port = "" if parts.port in (None, _PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def origins(urls: Iterable[object]) -> tuple[str, ...]:
    """The different origins of these addresses, in their order; unusable ones are left out."""
    return tuple(dict.fromkeys(found for found in map(origin, urls) if found))


def is_ours(url: object, base_url: str) -> bool:
    """Whether the address is on our own host: same scheme, host and port."""
    found = origin(url)
    return found is not None and found == origin(base_url)


def is_known_target(url: str, base_url: str) -> bool:
    """Whether a launch may lead there: the launch address itself, the front page, or inside a community."""
    parts, base = urlsplit(url), urlsplit(base_url).path.rstrip("/")
    # Browsers walk up for `..`, also when it is written as %2e%2e.
    if not parts.path.startswith(base) or ".." in unquote(parts.path).split("/"):
        return False
    return _KNOWN_PATH.fullmatch(parts.path[len(base) :] or "/") is not None
