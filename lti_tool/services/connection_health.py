"""How the connection of one deployment does, for the administrators of its LMS: nothing about anybody."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select

from lti_tool.errors import NotAllowed
from lti_tool.extensions import db
from lti_tool.models import Course, Deployment, LineItem, Platform, Roster, ScoreDelivery
from lti_tool.services import launch_records, platform_checks
from lti_tool.services.acting import ActingMember
from lti_tool.services.platform_checks import Finding

MOST_LAUNCHES = 20


@dataclass(frozen=True)
class LaunchLine:
    """One launch of this deployment: when, and what became of it."""

    at: datetime
    outcome: str
    code: str | None
    reference: str


@dataclass(frozen=True)
class ConnectionHealth:
    """The connection as its LMS's administrators may see it. Moments are aware UTC, None: not yet."""

    platform: str
    product: str | None
    deployment_id: str
    paused: bool
    checked_at: datetime | None
    findings: tuple[Finding, ...]
    roster_read_at: datetime | None
    score_sent_at: datetime | None
    launches: tuple[LaunchLine, ...]


def for_member(member: ActingMember) -> ConnectionHealth:
    """Return the health of the deployment whose course this seat came from. Four statements.

    :raises NotAllowed: the seat was not launched as an administrator of the LMS.
    """
    if not member.lms_administrator:
        raise NotAllowed("lms-administrators-only", who=["lms_administrator"])
    wanted = select(Deployment).join(Course, Course.deployment_id == Deployment.id)
    return _of(db.session.scalars(wanted.where(Course.id == member.course_id)).one())


def for_launch(platform_id: int, deployment_id: str) -> ConnectionHealth | None:
    """Return the health of the deployment that a verified launch named; None when it is not known."""
    found = db.session.scalars(
        select(Deployment).where(
            Deployment.platform_id == platform_id, Deployment.deployment_id == deployment_id
        )
    ).one_or_none()
    return None if found is None else _of(found)


def _of(deployment: Deployment) -> ConnectionHealth:
    platform = db.session.get_one(Platform, deployment.platform_id)
    here = select(Course.id).where(Course.deployment_id == deployment.id)
    roster = select(func.max(Roster.completed_at)).where(Roster.course_id.in_(here)).scalar_subquery()
    score = (
        select(func.max(ScoreDelivery.confirmed_at))
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .where(LineItem.course_id.in_(here))
        .scalar_subquery()
    )
    of_others = exists().where(
        Deployment.platform_id == platform.id, Deployment.organisation_id != deployment.organisation_id
    )
    roster_read_at, score_sent_at, shared = db.session.execute(select(roster, score, of_others)).one()
    hidden = platform_checks.OF_ALL_DEPLOYMENTS + (platform_checks.BY_A_COURSE if shared else ())
    return ConnectionHealth(
        platform=platform.name,
        product=platform.product,
        deployment_id=deployment.deployment_id,
        paused=platform.state == "suspended",
        checked_at=platform.checked_at,
        findings=tuple(
            one for one in platform_checks.read(platform.check_report) if not one.code.startswith(hidden)
        ),
        roster_read_at=roster_read_at,
        score_sent_at=score_sent_at,
        launches=tuple(
            LaunchLine(record.at, record.outcome, record.code, record.reference)
            for record in launch_records.last_of(deployment, MOST_LAUNCHES)
        ),
    )
