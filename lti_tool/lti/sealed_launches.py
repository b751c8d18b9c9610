"""A verified launch put into a form and taken out of it again: signed, expiring, bound to one browser.

While somebody decides where a course belongs, nothing is stored. The text says no more than the launch
itself said to the very browser that brings it back; it is signed, not hidden.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from lti_tool import settings
from lti_tool.errors import LaunchRefused
from lti_tool.lti import store
from lti_tool.lti.launch import (
    ContentRequest,
    Context,
    ForUser,
    GradeService,
    GroupService,
    Launch,
    Link,
    NoticeService,
)
from lti_tool.lti.states import CLOCK_LEEWAY
from lti_tool.lti.texts import words_of
from lti_tool.models import Role

LIFETIME = timedelta(minutes=60)
_LONGEST = 200_000


@dataclass(frozen=True)
class SealedLaunch:
    """A launch that came back, and what lets it be used once."""

    launch: Launch
    nonce: str
    issued_at: datetime


def sealed(launch: Launch, browser_secret: str, now: datetime) -> str:
    """Sign a launch and bind it to the browser that holds this secret in its login cookie."""
    content = {
        "l": asdict(launch),
        "n": secrets.token_urlsafe(32),
        "b": _digest(browser_secret),
        "i": now.timestamp(),
    }
    return _serializer().dumps(content)


def opened(text: str, browser_secrets: Sequence[str], now: datetime) -> SealedLaunch:
    """Take a launch out again, when it is ours, fresh, and from the same browser. Needs no database.

    :raises LaunchRefused: `state-missing`, `state-unknown`, `state-expired`, `state-other-browser`.
    """
    if not text:
        raise LaunchRefused("state-missing")
    if len(text) > _LONGEST:
        raise LaunchRefused("state-unknown", f"{len(text)} characters")
    try:
        content = _serializer().loads(text)
    except BadData as forged:
        raise LaunchRefused("state-unknown", words_of(str(forged))) from forged
    try:
        launch = _launch_from(content["l"])
    except (KeyError, TypeError, ValueError) as other:  # sealed by a process of another release
        raise LaunchRefused("state-expired", "made by another release") from other
    issued_at = datetime.fromtimestamp(content["i"], UTC)
    facts = {"platform_id": launch.platform_id, "issuer": launch.issuer, "client_id": launch.client_id}
    if not -CLOCK_LEEWAY <= now - issued_at <= LIFETIME:
        raise LaunchRefused("state-expired", f"made at {issued_at.isoformat()}", **facts)
    if not any(hmac.compare_digest(content["b"], _digest(one)) for one in browser_secrets if one):
        raise LaunchRefused("state-other-browser", **facts)
    return SealedLaunch(launch, content["n"], issued_at)


def use_up(came: SealedLaunch, now: datetime) -> None:
    """Mark it as used, in the transaction that acts on it.

    :raises LaunchRefused: `launch-replayed` for everyone but the first.
    """
    expires_at = max(came.issued_at, now) + LIFETIME + CLOCK_LEEWAY
    if not store.use_nonce(came.nonce, expires_at):
        raise LaunchRefused("launch-replayed", platform_id=came.launch.platform_id)


def _launch_from(said: Mapping) -> Launch:
    """The inverse of `asdict`, whose JSON knows lists and objects only."""
    return Launch(
        **said
        | {
            "roles": tuple(said["roles"]),
            "role": Role(said["role"]),
            "context": _tupled(Context, said["context"], "types"),
            "link": Link(**said["link"]) if said["link"] else None,
            "grades": _tupled(GradeService, said["grades"], "scopes"),
            "groups": GroupService(**said["groups"]) if said["groups"] else None,
            "group_numbers": None if said["group_numbers"] is None else tuple(said["group_numbers"]),
            "notices": _tupled(NoticeService, said["notices"], "types"),
            "content_request": ContentRequest(**said["content_request"]) if said["content_request"] else None,
            "for_user": ForUser(**said["for_user"]) if said["for_user"] else None,
            "frame_origins": tuple(said["frame_origins"]),
            "learned_origins": tuple(said["learned_origins"]),
        }
    )


def _tupled(kind: type, said: Mapping | None, name: str):
    return kind(**said | {name: tuple(said[name])}) if said else None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(
        settings.current().secret_key,
        salt="lti-context-choice",
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )


def _digest(browser_secret: str) -> str:
    return hashlib.sha256(browser_secret.encode("utf-8", "replace")).hexdigest()
