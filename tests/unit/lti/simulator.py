"""A tiny platform for the tests of this folder: it signs launches and answers what a test tells it to.

Signed with joserfc, so that it shares no JOSE code with the tool.
"""

import json
import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from joserfc import jws
from joserfc.jwk import RSAKey

DATA = Path(__file__).resolve().parents[2] / "data"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
TOOL = "https://community.tool.example"

PLATFORM_KEY = RSAKey.generate_key(
    2048, {"kid": "platform-key-1", "use": "sig", "alg": "RS256"}, private=True
)
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "platform-key-1", "use": "sig", "alg": "RS256"}, private=True)


def data(kind: str, name: str) -> dict:
    """A copy of one of the example files."""
    return json.loads((DATA / kind / f"{name}.json").read_text(encoding="utf-8"))


def public(*keys: RSAKey) -> dict:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def signed(claims: dict, *, key: RSAKey = PLATFORM_KEY, header: dict | None = None) -> str:
    """An id_token with these claims."""
    header = header or {"alg": "RS256", "kid": key.kid, "typ": "JWT"}
    return jws.serialize_compact(header, json.dumps(claims), key)


def fresh(payload: dict, now: float, nonce: str) -> dict:
    """Claims of an example with the times and the nonce of this very launch."""
    claims = deepcopy(payload)
    claims |= {"iat": int(now), "exp": int(now) + 60, "nonce": nonce}
    return claims


@dataclass
class Received:
    """One request as the server saw it."""

    method: str
    path: str
    headers: dict
    body: bytes


@dataclass
class Reply:
    """What the server answers; `write` may send something else altogether."""

    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    reason: str | None = None
    write: Callable[[object], None] | None = None


class LocalServer:
    """An HTTP server on loopback that answers by a function and remembers what it was asked."""

    def __init__(self, answer: Callable[[Received], Reply]) -> None:
        self.answer = answer
        self.received: list[Received] = []
        self.connections = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def secure(self, context) -> None:
        """Serve TLS."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    @contextmanager
    def running(self):
        thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


def _handler_of(server: LocalServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            server.connections += 1
            super().setup()

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            received = Received(self.command, self.path, dict(self.headers), self.rfile.read(length))
            server.received.append(received)
            reply = server.answer(received)
            # The tool may hang up in the middle of an answer: that is what some tests are about.
            with suppress(OSError):
                self.send(reply)

        def send(self, reply: Reply) -> None:
            if reply.write is not None:
                self.close_connection = True
                reply.write(self.wfile)
                return
            self.send_response(reply.status, reply.reason)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def finish(self) -> None:
            with suppress(OSError):
                super().finish()

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *arguments: object) -> None:
            """Tests print nothing."""

    return Handler


def json_reply(content: object, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(content).encode(), {"Content-Type": "application/json"} | named)
