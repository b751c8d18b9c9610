"""How the connection of one deployment does, for the administrators of its LMS: nothing about anybody."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from lti_tool.errors import NotAllowed
from lti_tool.extensions import db
from lti_tool.models import Course, Deployment, LineItem, Platform, Roster, ScoreDelivery
from lti_tool.services import launch_records
from lti_tool.services.acting import ActingMember

MOST_LAUNCHES = 20
# What a check says of a platform's other deployments is not for the people of this one.
_OF_THE_PLATFORM = frozenset(
    ("deployments-known", "deployments-none", "deployments-waiting", "launched", "never-launched")
)


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
    deployment_id: str
    paused: bool
    checked_at: datetime | None
    findings: tuple[dict, ...]
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
    roster_read_at, score_sent_at = db.session.execute(select(roster, score)).one()
    return ConnectionHealth(
        platform=platform.name,
        deployment_id=deployment.deployment_id,
        paused=platform.state == "suspended",
        checked_at=platform.checked_at,
        findings=tuple(one for one in platform.check_report or () if one["code"] not in _OF_THE_PLATFORM),
        roster_read_at=roster_read_at,
        score_sent_at=score_sent_at,
        launches=tuple(
            LaunchLine(record.at, record.outcome, record.code, record.reference)
            for record in launch_records.last_of(deployment, MOST_LAUNCHES)
        ),
    )
