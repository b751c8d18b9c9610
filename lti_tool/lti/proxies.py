"""The way through a web proxy (OUTBOUND_PROXY): a tunnel to the address that we have checked.

The proxy is never told a name, only the checked address, so it cannot be led elsewhere by a name server
that answers it differently; TLS inside the tunnel verifies the host name (RFC 9110, 9.3.6). There is no
exception: with a proxy set, allowed private hosts and this machine are reached through it too.
"""

import base64
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from lti_tool.lti.texts import words_of

_USUAL_PORT = 3128
_LONGEST_ANSWER = 16_384
_END_OF_HEADERS = b"\r\n\r\n"

# Seconds that the next step may take; raises TimeoutError when no time is left.
Wait = Callable[[], float]


class ProxyFailed(OSError):
    """The proxy cannot be reached, or will not open the tunnel; says which in words."""


@dataclass(frozen=True)
class Proxy:
    """Where the proxy is, and what it wants to be told of us, if anything."""

    host: str
    port: int
    credentials: str | None = None  # base64 of name:password

    @classmethod
    def at(cls, url: str) -> "Proxy":
        """From the setting: http://[user:password@]host[:port], user and password percent-encoded."""
        parts = urlsplit(url)
        known = None
        if parts.username is not None:
            plain = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            known = base64.b64encode(plain.encode()).decode("ascii")
        return cls(parts.hostname or "", parts.port or _USUAL_PORT, known)

    def __repr__(self) -> str:
        """Without the credentials: they must not reach a log."""
        return f"Proxy({self.host}:{self.port})"

    def tunnel(self, address: str, port: int, wait: Wait) -> socket.socket:
        """A socket whose other end is this address and port.

        :raises ProxyFailed: the proxy is not there, does not answer in time, or refuses.
        """
        try:
            made = socket.create_connection((self.host, self.port), wait())
        except OSError as problem:
            raise ProxyFailed(f"the proxy {self.host}:{self.port} cannot be reached") from problem
        try:
            self._open(made, f"[{address}]:{port}" if ":" in address else f"{address}:{port}", wait)
        except BaseException:
            made.close()
            raise
        return made

    def _open(self, sock: socket.socket, there: str, wait: Wait) -> None:
        asked = [f"CONNECT {there} HTTP/1.1", f"Host: {there}"]
        if self.credentials is not None:
            asked.append(f"Proxy-Authorization: Basic {self.credentials}")
        try:
            sock.sendall("\r\n".join(asked).encode("ascii") + _END_OF_HEADERS)
            answer = _answer_from(sock, wait)
        except OSError as problem:
            raise ProxyFailed(f"the proxy {self.host}:{self.port} does not answer") from problem
        version, _, said = answer.partition(b"\r\n")[0].partition(b" ")
        is_whole = version.startswith(b"HTTP/1.") and answer.endswith(_END_OF_HEADERS)
        if not is_whole or not said.startswith(b"2"):
            words = words_of(said) or "nothing that a proxy says"
            raise ProxyFailed(f"the proxy {self.host}:{self.port} answered {words}")


def _answer_from(sock: socket.socket, wait: Wait) -> bytes:
    """The proxy's answer up to the end of its headers, and no byte more: what follows is the tunnel's."""
    answer = b""
    while not answer.endswith(_END_OF_HEADERS) and len(answer) < _LONGEST_ANSWER:
        sock.settimeout(wait())
        byte = sock.recv(1)
        if not byte:
            break
        answer += byte
    return answer
