"""The id_token as a signed message: checks 2, 4 and 5 of 1.4. What it says is checked in `claims`."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch

from lti_tool.errors import LaunchRefused
from lti_tool.lti.texts import identifier, words_of

ALGORITHM = "RS256"
_LONGEST_TOKEN = 200_000
_SHORTEST_RSA, _LONGEST_RSA = 2048, 8192
_PART = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Token:
    """A token taken apart; its claims are not to be trusted before `check_signature`."""

    text: str
    key_id: str
    claims: dict


def taken_apart(id_token: str) -> Token:
    """Check 2: three base64url parts, an algorithm of our list, a key id.

    :raises LaunchRefused: `token-missing`, `token-malformed`, `algorithm-forbidden`, `key-id-missing`.
    """
    if not id_token:
        raise LaunchRefused("token-missing")
    parts = id_token.split(".") if len(id_token) <= _LONGEST_TOKEN else []
    if len(parts) != 3:
        raise LaunchRefused(
            "token-malformed", f"{len(id_token)} characters in {id_token.count('.') + 1} parts"
        )
    header, claims = _object_in(parts[0]), _object_in(parts[1])
    if header.get("alg") != ALGORITHM or "crit" in header:
        raise LaunchRefused("algorithm-forbidden", words_of(str(header.get("alg")), 40))
    key_id = identifier(header.get("kid"))
    if key_id is None:
        raise LaunchRefused("key-id-missing")
    return Token(id_token, key_id, claims)


def unverified_claims(id_token: str) -> dict:
    """What a token says, proved or not, for the log of a refusal; empty when it cannot be read."""
    parts = id_token.split(".") if len(id_token) <= _LONGEST_TOKEN else []
    try:
        return _object_in(parts[1]) if len(parts) > 1 else {}
    except LaunchRefused:
        return {}


def _object_in(part: str) -> dict:
    try:
        if not _PART.fullmatch(part):
            raise ValueError("not base64url")
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError) as unreadable:
        raise LaunchRefused("token-malformed", words_of(str(unreadable), 100)) from unreadable
    if not isinstance(found, dict):
        raise LaunchRefused("token-malformed", "a part is not an object")
    return found


def key_in(key_set: dict | None, key_id: str) -> dict | None:
    """The key of this id, or None."""
    keys = (key_set or {}).get("keys", ())
    return next((key for key in keys if key.get("kid") == key_id), None)


def check_signature(token: Token, key_set: dict | None) -> None:
    """Checks 4 and 5: the platform's key of this id, strong enough, signed this token.

    A key without `alg` (Brightspace) is taken for RS256, never for "any".

    :raises LaunchRefused: `keys-unavailable`, `key-unknown`, `key-unusable`, `key-weak`, `signature-wrong`.
    """
    if not key_set:
        raise LaunchRefused("keys-unavailable", "no key set was ever fetched", status=502)
    key = key_in(key_set, token.key_id)
    if key is None:
        raise LaunchRefused("key-unknown", token.key_id)
    if key.get("kty") != "RSA" or key.get("alg", ALGORITHM) != ALGORITHM or key.get("use", "sig") != "sig":
        raise LaunchRefused("key-unusable", f"{key.get('kty')}, {key.get('alg')}, {key.get('use')}")
    try:
        _SignedMessage(token, _public_key(key.get("n"), key.get("e"))).validate_jwt_signature()
    except (LtiException, ValueError, TypeError) as wrong:
        raise LaunchRefused("signature-wrong", words_of(str(wrong))) from wrong


@lru_cache(maxsize=256)
def _public_key(modulus: object, exponent: object) -> RSAPublicKey:
    """The key of these numbers. Kept, because making it costs as much as checking a signature with it.

    :raises LaunchRefused: `key-unusable`, `key-weak`; ValueError: no RSA key has these numbers.
    """
    if not isinstance(modulus, str) or not _PART.fullmatch(modulus):
        raise LaunchRefused("key-unusable", "no modulus")
    n = _number_in(modulus)
    if not _SHORTEST_RSA <= n.bit_length() <= _LONGEST_RSA:
        raise LaunchRefused("key-weak", f"{n.bit_length()} bits")
    if not isinstance(exponent, str) or not _PART.fullmatch(exponent):
        raise ValueError("The key has no exponent.")
    return RSAPublicNumbers(_number_in(exponent), n).public_key()


def _number_in(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class _Nothing:
    """Stands for the library's session, cookies and HTTP client, none of which a signature needs."""


# Times and audience are checked by us, with `now` and a leeway.
_UNCHECKED = dict.fromkeys(
    (f"verify_{claim}" for claim in ("aud", "exp", "iat", "nbf", "iss", "sub", "jti")), False
)


class _SignedMessage(MessageLaunch):
    """The library's check of a signature, with a key that is ready."""

    def __init__(self, token: Token, key: RSAPublicKey) -> None:
        nothing = _Nothing()
        super().__init__(nothing, nothing, nothing, nothing, requests_session=nothing)
        self._id_token, self._key = token.text, key
        self.set_auto_validation(False)
        self.set_jwt_verify_options(_UNCHECKED)

    def get_public_key(self) -> tuple[RSAPublicKey, str]:
        """The key that our own checks found; only this one algorithm is taken."""
        return self._key, ALGORITHM

    def _get_request_param(self, key: str) -> str:
        return self._id_token
