"""An LMS as the benchmarks need it: it publishes one key and signs launches such as Moodle sends."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from joserfc import jws
from joserfc.jwk import RSAKey

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
MOODLE = Path(__file__).parents[1] / "tests" / "data" / "lti" / "moodle-resource-link-learner.json"


@dataclass(frozen=True)
class Lms:
    """One registration at one LMS; `tool` is the public address of the tool that it launches."""

    key: RSAKey
    address: str
    tool: str
    client_id: str = "Xf3kQ9aPz7LmN2c"
    deployment_id: str = "5"

    @property
    def issuer(self) -> str:
        return self.address

    def told(self) -> dict[str, str]:
        """Return what a tool has to know of this LMS."""
        return {
            "tool": self.tool,
            "issuer": self.issuer,
            "client_id": self.client_id,
            "deployment_id": self.deployment_id,
            "auth_url": f"{self.address}/mod/lti/auth.php",
            "token_url": f"{self.address}/mod/lti/token.php",
            "jwks_url": f"{self.address}/mod/lti/certs.php",
        }

    def login(self, person: str) -> dict[str, str]:
        """Return the fields of a login initiation."""
        return {
            "iss": self.issuer,
            "client_id": self.client_id,
            "lti_deployment_id": self.deployment_id,
            "target_link_uri": f"{self.tool}/lti/launch",
            "login_hint": person,
            "lti_message_hint": json.dumps({"cmid": 31, "launchid": f"ltilaunch31_{person}"}),
        }

    def token(self, person: str, nonce: str, course: str = "7") -> str:
        """Sign the launch of a learner into a course, as Moodle words it."""
        claims, now = deepcopy(_moodle()), int(time.time())
        claims |= {"iss": self.issuer, "aud": self.client_id, "nonce": nonce, "iat": now, "exp": now + 600}
        claims |= {"sub": person, "name": f"Person {person}", "email": f"{person}@example.edu"}
        claims[CLAIM + "deployment_id"] = self.deployment_id
        claims[CLAIM + "target_link_uri"] = f"{self.tool}/lti/launch"
        claims[CLAIM + "context"]["id"] = course
        header = {"typ": "JWT", "alg": "RS256", "kid": self.key.kid}
        return jws.serialize_compact(header, json.dumps(claims), self.key)


def _moodle() -> dict:
    return json.loads(MOODLE.read_text(encoding="utf-8"))["jwt_payload"]


@contextmanager
def running(tool: str) -> Iterator[Lms]:
    """Publish a fresh key on a loopback port for the length of the block."""
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": "benchmark"}, private=True)
    published = json.dumps({"keys": [key.as_dict(private=False)]}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(published)))
            self.end_headers()
            self.wfile.write(published)

        def log_message(self, *words: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Lms(key, f"http://127.0.0.1:{server.server_address[1]}", tool)
    finally:
        server.shutdown()
        server.server_close()
