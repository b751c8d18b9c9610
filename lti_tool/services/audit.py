"""The append-only audit log."""

from datetime import datetime

from lti_tool.extensions import db
from lti_tool.models import AuditEntry
from lti_tool.services.acting import ActingMember


def record(member: ActingMember, act: str, subject: str, now: datetime, **detail: object) -> None:
    """Note who did what to whom in a community. Actors and subjects by id; `detail` must be JSON."""
    db.session.add(
        AuditEntry(
            at=now,
            act=act,
            actor_kind="member",
            actor_id=member.id,
            organisation_id=member.community.organisation_id,
            community_id=member.community.id,
            subject=subject,
            detail=detail or None,
        )
    )


def record_administration(
    administrator_id: int | None,
    act: str,
    subject: str,
    now: datetime,
    organisation_id: int | None,
    **detail: object,
) -> None:
    """Note what somebody did in the console; `administrator_id` None: an operator, from the command line."""
    if administrator_id is None:
        record_operation(act, subject, now, organisation_id, **detail)
        return
    db.session.add(
        AuditEntry(
            at=now,
            act=act,
            actor_kind="administrator",
            actor_id=administrator_id,
            organisation_id=organisation_id,
            subject=subject,
            detail=detail or None,
        )
    )


def record_operation(
    act: str, subject: str, now: datetime, organisation_id: int | None, **detail: object
) -> None:
    """Note what an operator did from the command line."""
    db.session.add(
        AuditEntry(
            at=now,
            act=act,
            actor_kind="operator",
            organisation_id=organisation_id,
            subject=subject,
            detail=detail or None,
        )
    )
