"""A push service on loopback, and a browser of its that reads what it is sent (RFC 8030, 8291, 8292)."""

import base64
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()


def plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def safe(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _mac(key: bytes, content: bytes) -> bytes:
    made = HMAC(key, SHA256())
    made.update(content)
    return made.finalize()


class Browser:
    """What a browser keeps for itself of a subscription; it alone can read what is sent there."""

    def __init__(self, endpoint: str, auth: bytes = b"k" * 16) -> None:
        self.endpoint, self.auth = endpoint, auth
        self._private = ec.generate_private_key(CURVE)

    @property
    def point(self) -> bytes:
        return self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self, **more) -> dict[str, str]:
        return {"endpoint": self.endpoint, "public": safe(self.point), "secret": safe(self.auth)} | more

    def reads(self, content: bytes) -> bytes:
        """Decrypt as RFC 8291, 3.3 and RFC 8188, 2 say, step by step and by HMAC alone."""
        salt, size, length = content[:16], int.from_bytes(content[16:20]), content[20]
        sender, sealed = content[21 : 21 + length], content[21 + length :]
        assert size >= len(sealed) > 16
        shared = self._private.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender)
        )
        first = _mac(self.auth, shared)
        material = _mac(first, b"WebPush: info\x00" + self.point + sender + b"\x01")
        second = _mac(salt, material)
        key = _mac(second, b"Content-Encoding: aes128gcm\x00\x01")[:16]
        nonce = _mac(second, b"Content-Encoding: nonce\x00\x01")[:12]
        padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x00")
        assert padded.endswith(b"\x02")
        return padded[:-1]


@dataclass
class Delivery:
    """One request that the push service got."""

    path: str
    headers: dict[str, str]
    body: bytes

    def sender(self) -> dict:
        """Return who says that they send it, once their signature and its audience were looked at."""
        scheme, _, rest = self.headers["authorization"].partition(" ")
        assert scheme == "vapid"
        told = dict(part.strip().split("=", 1) for part in rest.split(","))
        key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, plain(told["k"]))
        origin = f"http://{self.headers['host']}"
        return jwt.decode(told["t"], key, algorithms=["ES256"], audience=origin) | {"k": told["k"]}


@dataclass
class PushService:
    """Takes what is sent; `answers` says with which status and headers, by path."""

    answers: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    got: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        service = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                service.got.append(Delivery(self.path, headers, body))
                status, more = service.answers.get(self.path, (201, {}))
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *told):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def browser(self, name: str = "one") -> Browser:
        return Browser(f"{self.url}/{name}")

    def told(self, browser: Browser) -> list[dict]:
        """Return what a browser was told, as its worker reads it."""
        path = urlsplit(browser.endpoint).path
        return [json.loads(browser.reads(one.body)) for one in self.got if one.path == path]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
