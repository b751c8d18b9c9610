"""Connections that go to the address that was checked, and that end when their time is up.

The name is resolved once, inside the connection itself: what was checked is what is called, whatever the
name server says a moment later. TLS still verifies the host name. Where the operator set a proxy, every
connection is a tunnel through it to that same address, this machine and allowed private hosts included.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from functools import lru_cache

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection

from lti_tool.errors import ServiceRefused
from lti_tool.lti.outbound_addresses import AddressRule
from lti_tool.lti.proxies import Proxy

Resolver = Callable[[str, int], Sequence[str]]

_MOST_ADDRESSES_TRIED = 3


def addresses_of(host: str, port: int) -> Sequence[str]:
    """Every address of a host name, in the order of the resolver, each once.

    :raises OSError: the name is not known.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


@lru_cache(maxsize=1)
def default_tls() -> ssl.SSLContext:
    """The system's certificate authorities (SSL_CERT_FILE respected) and those of certifi."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class Deadline:
    """One request's time: each read may take `read_timeout` seconds, all together `total` seconds."""

    def __init__(self, read_timeout: float, total: float) -> None:
        self._read_timeout = read_timeout
        self._end = time.monotonic() + total

    def next_wait(self, longest: float | None = None) -> float:
        """How long the next step may take, in seconds.

        :raises TimeoutError: no time is left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long as a whole")
        return min(left, self._read_timeout if longest is None else longest)


class _PacedReader(io.RawIOBase):
    """Reads from a socket, never longer than the deadline: a byte now and then does not keep us for ever."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int | None:
        self._sock.settimeout(self._deadline.next_wait())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Checked:
    """What both kinds of connection share: the address rule before connecting, the deadline while reading."""

    rule: AddressRule
    resolve: Resolver
    proxy: Proxy | None
    deadline: Deadline
    connect_timeout: float
    needs_exception = False
    finished = False  # whether the last answer was read to its end, so that the connection may be used again

    def _new_conn(self) -> socket.socket:
        found = self.resolve(self.host, self.port)
        if not self.rule.admits(self.host, found):
            words = f"{self.host} is not a public address"
            raise ServiceRefused("outbound-forbidden", words, host=self.host, why="private-address")
        if self.needs_exception and not self.rule.allows_plain_http(self.host, found):
            words = f"{self.host} may be called by https only"
            raise ServiceRefused("outbound-forbidden", words, host=self.host, why="plain-http")
        return self._first_that_answers(found[:_MOST_ADDRESSES_TRIED])

    def _first_that_answers(self, addresses: Sequence[str]) -> socket.socket:
        for address in addresses[:-1]:
            try:
                return self._connected(address)
            except OSError:
                continue
        return self._connected(addresses[-1])

    def _connected(self, address: str) -> socket.socket:
        if self.proxy is None:
            made = socket.create_connection((address, self.port), self._next_wait())
        else:
            made = self.proxy.tunnel(address, self.port, self._next_wait)
            made.settimeout(self._next_wait())
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def _next_wait(self) -> float:
        return self.deadline.next_wait(self.connect_timeout)

    def response_class(self, sock: socket.socket, **options) -> http.client.HTTPResponse:
        """The standard library's response, reading at our pace. http.client calls this by its name."""
        response = http.client.HTTPResponse(sock, **options)
        response.fp = io.BufferedReader(_PacedReader(response.fp.detach(), sock, self.deadline))
        return response


class PlainConnection(_Checked, HTTPConnection):
    """http: only to hosts that the operator named."""

    needs_exception = True


class TlsConnection(_Checked, HTTPSConnection):
    """https, with the certificate checked against the host name."""


Connection = PlainConnection | TlsConnection


def connection_to(
    scheme: str,
    host: str,
    port: int,
    *,
    rule: AddressRule,
    resolve: Resolver,
    timeout: float,
    tls: ssl.SSLContext,
    proxy: Proxy | None = None,
) -> Connection:
    """An unconnected connection; `timeout` in seconds is for connecting and for the TLS handshake's steps."""
    if scheme == "https":
        made: Connection = TlsConnection(host, port, timeout=timeout, ssl_context=tls)
    else:
        made = PlainConnection(host, port, timeout=timeout)
    made.rule, made.resolve, made.connect_timeout, made.proxy = rule, resolve, timeout, proxy
    return made
