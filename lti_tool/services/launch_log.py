"""The launch log: one row for each launch, admitted or refused, for the administrator to read."""

import secrets
from datetime import datetime

from lti_tool.errors import LaunchRefused
from lti_tool.extensions import db
from lti_tool.lti.launch import Launch
from lti_tool.models import LaunchRecord

# No letter or digit that people confuse when they read a reference aloud.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


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
    db.session.add(
        LaunchRecord(
            reference=new_reference(),
            at=now,
            outcome="admitted",
            code=code,
            platform_id=launch.platform_id,
            issuer=launch.issuer,
            client_id=launch.client_id,
            deployment=launch.deployment_id,
            user_id=user_id,
            course_id=course_id,
            claims=dict(launch.masked_claims),
        )
    )


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
        claims=facts.get("claims"),
    )
    db.session.add(record)
    return record


def _short(value: object, limit: int) -> str | None:
    return str(value).replace("\0", "")[:limit] if value else None
