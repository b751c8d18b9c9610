"""No test reaches beyond this machine: Python itself refuses, below every library, for the whole process."""

import ipaddress
import sys

# What Python announces (PEP 578) before a socket leaves for an address or a name is looked up.
LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
DEPARTURES = {"socket.connect", "socket.sendto", "socket.sendmsg"}


class NetworkForbidden(Exception):
    """A test tried to reach beyond loopback. Not an OSError: the tool must not take it for a bad line."""


def forbid_network() -> None:
    """Refuse every connection and every look-up beyond loopback from now on; it cannot be undone.

    Child processes are not covered: a test that starts Python there calls this first, and Chromium is told
    to resolve nothing else (`tests/support/chromium.py`).
    """
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple) -> None:
    if event in LOOKUPS:
        host = arguments[0]
        if not (_is_address(host) or _is_loopback(host)):
            raise NetworkForbidden(f"A test looked up {host!r}.")
    elif event in DEPARTURES:
        address = arguments[1]
        # A string or bytes is a Unix socket; None is a socket that is connected already.
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            raise NetworkForbidden(f"A test tried to reach {address[0]!r}.")


def _is_loopback(host: str | bytes | None) -> bool:
    """Tell whether a name or an address can only mean this machine; an empty one means "here"."""
    name = _text(host)
    if name in ("", "localhost") or name.endswith(".localhost"):
        return True
    return _is_address(name) and ipaddress.ip_address(name.partition("%")[0]).is_loopback


def _is_address(host: str | bytes | None) -> bool:
    """An address needs no look-up: nothing leaves the machine until somebody connects."""
    try:
        ipaddress.ip_address(_text(host).partition("%")[0])
    except ValueError:
        return False
    return True


def _text(host: str | bytes | None) -> str:
    if host is None:
        return ""
    return host.decode("idna") if isinstance(host, bytes) else host
