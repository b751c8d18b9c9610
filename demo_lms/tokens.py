"""Bearer tokens, and the check of the signed assertion by which a tool asks for one (RFC 7523)."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, JoseError

from demo_lms.keys import ToolKeys


class AssertionRefused(Exception):
    """The assertion does not prove who asks; the text is what the token answer says."""


@dataclass(frozen=True)
class Token:
    """Whose a bearer token is, what it permits, and until when (UTC)."""

    client_id: str
    scopes: frozenset[str]
    expires_at: datetime


class Tokens:
    """Tokens given out and assertion ids seen; an earlier token stays valid when a new one is given."""

    def __init__(self) -> None:
        self._given: dict[str, Token] = {}
        self._seen: dict[str, float] = {}

    def give(self, client_id: str, scopes: frozenset[str], now: datetime, seconds: int) -> str:
        """A new token of 32 hexadecimal digits."""
        self._given = {text: token for text, token in self._given.items() if token.expires_at > now}
        text = secrets.token_hex(16)
        self._given[text] = Token(client_id, scopes, now + timedelta(seconds=seconds))
        return text

    def valid(self, text: str, now: datetime) -> Token | None:
        """What this token stands for now; None when it is unknown or expired."""
        token = self._given.get(text)
        return token if token and token.expires_at > now else None

    def forget_all(self) -> None:
        """Make every token given so far worthless, as a restart of an LMS may."""
        self._given.clear()

    def first_use(self, assertion_id: str, expires_at: float, now: datetime) -> bool:
        """Whether this assertion id was not used before; remembers it until the assertion expires (epoch)."""
        self._seen = {seen: until for seen, until in self._seen.items() if until > now.timestamp()}
        if assertion_id in self._seen:
            return False
        self._seen[assertion_id] = expires_at
        return True


def read_assertion(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of an assertion, nothing verified. Raises AssertionRefused for anything else."""
    try:
        parts = jws.extract_compact(assertion.encode())
        claims = json.loads(parts.payload or b"")
    except (JoseError, ValueError) as problem:
        raise AssertionRefused("invalid_request") from problem
    if not isinstance(claims, dict):
        raise AssertionRefused("invalid_request")
    return parts.headers(), claims


def verify_signature(assertion: str, header: dict[str, Any], keys: ToolKeys) -> None:
    """Check the assertion with the tool's key named in its header, fetching the key set again on a failure.

    Raises AssertionRefused, or ToolKeysUnreadable from the fetch.
    """
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise AssertionRefused("error/Error: kid must be provided in JWT header.")
    if not _is_signed_by(assertion, keys, kid, fresh=False) and not _is_signed_by(
        assertion, keys, kid, fresh=True
    ):
        raise AssertionRefused("Signature verification failed")


def _is_signed_by(assertion: str, keys: ToolKeys, kid: str, fresh: bool) -> bool:
    key = keys.find(kid, fresh)
    if key is None:
        raise AssertionRefused('"kid" invalid, unable to lookup correct key')
    try:
        jwt.decode(assertion, key, algorithms=["RS256"])
    except BadSignatureError:
        return False
    except JoseError as problem:
        raise AssertionRefused(str(problem)) from problem
    return True


def check_claims(claims: dict[str, Any], client_id: str, audiences: tuple[str, ...], now: datetime) -> None:
    """Who, for whom, and when. Stricter than Moodle, which reads `sub` and the times only: the security
    framework wants iss, aud, exp and jti as well, and other LMSs insist. Raises AssertionRefused.
    """
    if claims.get("iss") != client_id:
        raise AssertionRefused("invalid_client")
    named = claims.get("aud")
    if not any(audience in audiences for audience in (named if isinstance(named, list) else [named])):
        raise AssertionRefused("Audience not accepted")
    present = now.timestamp()
    if not _is_number(claims.get("exp")) or not claims["exp"] > present:
        raise AssertionRefused("Expired token")
    if not _is_number(claims.get("iat")) or not claims["iat"] <= present:
        raise AssertionRefused("Cannot handle token with iat prior to the present")
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        raise AssertionRefused("jti must be provided")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
