"""Serve a Flask app on several local addresses at once, in threads."""

import socket
from collections.abc import Sequence
from threading import Thread

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

LOOPBACK = ("127.0.0.1", "::1")
ATTEMPTS = 5
# How often a server looks whether it is to end, in seconds: whoever closes it waits that long at most.
LOOKS = 0.05


class _QuietHandler(WSGIRequestHandler):
    """Says nothing per request: the LMS keeps its own log of calls."""

    def log(self, type: str, message: str, *args: object) -> None:
        return

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date of an answer by the LMS's own clock: a tool learns the time there from it."""
        lms = getattr(self.server.app, "lms", None)
        return super().date_time_string(lms.now().timestamp() if lms and timestamp is None else timestamp)


class _AtOnce:
    """An application whose answers are whole before they are sent.

    Werkzeug leaves a file open when the browser stops listening half-way, and what Python says of that file
    ends whichever test runs at that moment.
    """

    def __init__(self, app: Flask) -> None:
        self._app, self.lms = app, getattr(app, "lms", None)

    def __call__(self, environ, start_response) -> list[bytes]:
        answer = self._app(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            if hasattr(answer, "close"):
                answer.close()


class ServerHandle:
    """Running servers; `close` ends them and waits."""

    def __init__(self, servers: list[BaseWSGIServer]):
        self._servers = servers
        self._threads = [
            Thread(target=server.serve_forever, args=(LOOKS,), daemon=True) for server in servers
        ]
        for thread in self._threads:
            thread.start()

    @property
    def port(self) -> int:
        """The port served, the one that was found when 0 was asked for."""
        return self._servers[0].port

    def wait(self) -> None:
        """Return when the servers were closed."""
        for thread in self._threads:
            thread.join()

    def close(self) -> None:
        """Stop serving and free the port."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self.wait()


def serve(
    app: Flask, hosts: Sequence[str] = LOOPBACK, port: int = 8081, ssl_context: object = None
) -> ServerHandle:
    """Serve `app` on `port` of every host (IPv6 is left out where the machine has none); port 0 finds one.

    Raises OSError when an address is taken.
    """
    for attempts_left in reversed(range(ATTEMPTS if port == 0 else 1)):
        try:
            return ServerHandle(_servers_on(app, _usable(hosts), port, ssl_context))
        except OSError:
            # A port found free on one address may be taken on the next one.
            if not attempts_left:
                raise
    raise AssertionError("the last attempt returns or raises")


def _usable(hosts: Sequence[str]) -> list[str]:
    """The hosts this machine has; a lone IPv6 address is kept, so that its lack is told."""
    return [host for host in hosts if len(hosts) == 1 or ":" not in host or _has_ipv6()]


def _servers_on(app: Flask, hosts: list[str], port: int, ssl_context: object) -> list[BaseWSGIServer]:
    servers: list[BaseWSGIServer] = []
    try:
        for host in hosts:
            at = servers[0].port if servers else port
            servers.append(_server(_AtOnce(app), host, at, ssl_context))
    except OSError:
        for server in servers:
            server.server_close()
        raise
    return servers


def _server(app: _AtOnce, host: str, port: int, ssl_context: object) -> BaseWSGIServer:
    """One listening server. The socket is made here: werkzeug ends the process when an address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(128)
        found = listener.getsockname()[1]
        return make_server(
            host,
            found,
            app,
            threaded=True,
            request_handler=_QuietHandler,
            ssl_context=ssl_context,
            fd=listener.fileno(),
        )


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
