"""Keys: the LMS's own signing key and the tool's published ones."""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

FETCH_SECONDS = 5
LARGEST_KEY_SET = 256 * 1024


class ToolKeysUnreadable(Exception):
    """The tool's key set could not be fetched or understood."""


def new_signing_key() -> RSAKey:
    """A fresh RSA key with a random key id, as LTI asks for (RS256, at least 2048 bits)."""
    parameters = {"kid": secrets.token_hex(10), "use": "sig", "alg": "RS256"}
    return RSAKey.generate_key(2048, parameters)


def key_set_too_short() -> dict[str, Any]:
    """A published key of 1024 bits, as nobody should have one any more; joserfc would not make it."""
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()
    modulus = urlsafe_b64encode(numbers.n.to_bytes(128)).decode().rstrip("=")
    return {"keys": [{"kty": "RSA", "kid": "short", "use": "sig", "alg": "RS256", "n": modulus, "e": "AQAB"}]}


def fetch_over_http(url: str) -> bytes:
    """Body of a web address, read within a time and a size limit.

    Raises ToolKeysUnreadable for anything but a complete HTTP answer.
    """
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ToolKeysUnreadable(f"not a web address: {url}")
    request = Request(url, headers={"Accept": "application/json", "User-Agent": "demo-lms"})
    try:
        with urlopen(request, timeout=FETCH_SECONDS) as answer:
            body = answer.read(LARGEST_KEY_SET + 1)
    except (URLError, OSError, ValueError) as problem:
        raise ToolKeysUnreadable(f"{url}: {problem}") from problem
    if len(body) > LARGEST_KEY_SET:
        raise ToolKeysUnreadable(f"{url}: answer too large")
    return body


class PlatformKey:
    """The LMS's signing key."""

    def __init__(self, key: RSAKey):
        self.private = key

    def sign(self, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
        """A compact JWT of `claims`; `header` replaces members of the usual header, for tests of refusals."""
        usual = {"typ": "JWT", "alg": "RS256", "kid": self.private.kid}
        return jwt.encode({**usual, **(header or {})}, dict(claims), self.private, algorithms=["RS256"])

    def published(self) -> dict[str, Any]:
        """The JWK set with public members only."""
        return {"keys": [self.private.as_dict(private=False)]}


class ToolKeys:
    """The tool's key set, kept without limit and fetched again only when a check fails, as Moodle does."""

    def __init__(self, url: str, fetch: Callable[[str], bytes]):
        self.url = url
        self._fetch = fetch
        self._known: KeySet | None = None

    def find(self, kid: str, fresh: bool = False) -> Any | None:
        """The public key called `kid`, or None when even a fresh key set lacks it.

        Raises ToolKeysUnreadable when the key set had to be fetched and could not be.
        """
        if self._known is None or fresh:
            self._known = self._read()
        key = _key_called(kid, self._known)
        if key is None and not fresh:
            return self.find(kid, fresh=True)
        return key

    def _read(self) -> KeySet:
        try:
            return KeySet.import_key_set(json.loads(self._fetch(self.url)))
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, OSError) as problem:
            raise ToolKeysUnreadable(f"{self.url}: {problem}") from problem


def _key_called(kid: str, known: KeySet) -> Any | None:
    return next((key for key in known.keys if key.kid == kid), None)
