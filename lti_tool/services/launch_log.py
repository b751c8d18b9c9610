"""The launch log: one row for each launch, admitted or refused, for the administrator to read."""

import json
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, insert

from lti_tool.errors import LaunchRefused
from lti_tool.extensions import db
from lti_tool.lti.launch import Launch
from lti_tool.models import LaunchRecord

# No letter or digit that people confuse when they read a reference aloud.
LARGEST_CLAIMS, MOST_NAMES = 8_000, 60
KEPT_FOR = {"refused": timedelta(days=30), "admitted": timedelta(days=180)}
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


_ADMITTED = insert(LaunchRecord.__table__)


def new_reference() -> str:
    """Return a reference for people to pass on, such as CV-7K4M-92QX."""
    letters = [secrets.choice(ALPHABET) for _ in range(8)]
    return f"CV-{''.join(letters[:4])}-{''.join(letters[4:])}"


def admitted(
    launch: Launch,
    now: datetime,
    code: str | None = None,
    user_id: int | None = None,
    course_id: int | None = None,
) -> None:
    """Log a launch that was let in; `code` notes something worth knowing about it."""
    row = {
        "reference": new_reference(),
        "at": now,
        "outcome": "admitted",
        "code": code,
        "platform_id": launch.platform_id,
        "issuer": launch.issuer,
        "client_id": launch.client_id,
        "deployment": launch.deployment_id,
        "user_id": user_id,
        "course_id": course_id,
        "claims": dict(launch.masked_claims),
    }
    db.session.connection().execute(_ADMITTED, row)


def refused(refusal: LaunchRefused, reference: str, now: datetime) -> LaunchRecord:
    """Log a login or launch that was refused, with the whole story for the administrator."""
    facts = refusal.facts
    record = LaunchRecord(
        reference=reference,
        at=now,
        outcome="refused",
        code=refusal.code[:60],
        detail=refusal.detail[:2000] or None,
        platform_id=facts.get("platform_id"),
        issuer=_short(facts.get("issuer"), 500),
        client_id=_short(facts.get("client_id"), 255),
        deployment=_short(facts.get("deployment"), 255),
        claims=_modest(facts.get("claims")),
    )
    db.session.add(record)
    return record


def _modest(claims: dict | None) -> dict | None:
    """Keep claims of a usual size; of anything larger only the names: anybody may send a token."""
    if claims is None or len(json.dumps(claims)) <= LARGEST_CLAIMS:
        return claims
    return {str(name)[:100]: "(left out: too long)" for name in list(claims)[:MOST_NAMES]}


def forget(now: datetime) -> None:
    """Delete what the launch log has kept long enough: refusals for a month, the rest for half a year."""
    for outcome, kept_for in KEPT_FOR.items():
        old = delete(LaunchRecord).where(LaunchRecord.outcome == outcome, LaunchRecord.at <= now - kept_for)
        db.session.execute(old.execution_options(synchronize_session=False))


def _short(value: object, limit: int) -> str | None:
    return str(value).replace("\0", "")[:limit] if value else None
