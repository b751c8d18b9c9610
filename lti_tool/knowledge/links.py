"""Addresses that people put into a contribution: read generously, kept only when a browser can open them."""

import re
from urllib.parse import urlsplit

LONGEST = 2000

# Spaces, control characters and half characters end an address; a backslash is a slash to some browsers.
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\\\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"[^/?#:]+\.[^/?#:]+:[0-9]+(?:[/?#]|$)")


def web_link(text: str) -> str | None:
    """Return what somebody typed as an http or https address; None when it is none.

    Without a scheme https is meant: people copy "example.org/page".
    """
    typed = text.strip()
    if not _SCHEME.match(typed) or _HOST_AND_PORT.match(typed):
        typed = f"https://{typed.removeprefix('//')}"
    if len(typed) > LONGEST or _UNSAFE.search(typed):
        return None
    try:
        parts = urlsplit(typed)
        named = parts.hostname and parts.port != 0
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not named or "@" in parts.netloc:
        return None
    return typed if "." in parts.hostname or ":" in parts.hostname else None


def host_of(url: str) -> str:
    """Return the host that a link leads to, as people know it: without the www in front."""
    return (urlsplit(url).hostname or "").removeprefix("www.")
