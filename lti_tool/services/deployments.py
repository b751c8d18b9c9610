"""The deployments of a platform as administrators decide about them: who is let in, whose each is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.models import Course, Deployment, DeploymentPolicy, DeploymentState, Organisation, Platform
from lti_tool.services import audit
from lti_tool.services.administrators import ActingAdministrator

LONGEST_NOTE = 200


@dataclass(frozen=True)
class Line:
    """One deployment; `courses` that people opened through it, `rules` of roles that are its own."""

    id: int
    deployment_id: str
    note: str | None
    organisation_id: int
    organisation: str
    state: DeploymentState
    refused_at: datetime | None
    created_at: datetime
    courses: int
    rules: int

    @property
    def waits(self) -> bool:
        """Whether it wants a decision: nobody said yes or no yet."""
        return self.state is DeploymentState.WAITING and self.refused_at is None


def of_platform(admin: ActingAdministrator, platform: Platform) -> list[Line]:
    """Return the deployments that are theirs, those that wait on top. One statement."""
    courses = (
        select(func.count())
        .where(Course.deployment_id == Deployment.id)
        .correlate(Deployment)
        .scalar_subquery()
    )
    wanted = (
        select(Deployment, Organisation.name, courses)
        .join(Organisation, Organisation.id == Deployment.organisation_id)
        .where(Deployment.platform_id == platform.id)
        .order_by(Deployment.id)
    )
    if not admin.operator:
        wanted = wanted.where(Deployment.organisation_id.in_(admin.organisation_ids))
    lines = [_line(*row) for row in db.session.execute(wanted)]
    return sorted(lines, key=lambda line: not line.waits)


def _line(row: Deployment, organisation: str, courses: int) -> Line:
    return Line(
        id=row.id,
        deployment_id=row.deployment_id,
        note=row.note,
        organisation_id=row.organisation_id,
        organisation=organisation,
        state=row.state,
        refused_at=row.refused_at,
        created_at=row.created_at,
        courses=courses,
        rules=len(row.role_rules or ()),
    )


def organisations(admin: ActingAdministrator) -> list[tuple[int, str]]:
    """Return the organisations that a deployment may be given to by them. One statement."""
    wanted = select(Organisation.id, Organisation.name).order_by(Organisation.name)
    if not admin.operator:
        wanted = wanted.where(Organisation.id.in_(admin.organisation_ids))
    return [(row.id, row.name) for row in db.session.execute(wanted)]


def choose_policy(platform: Platform, wanted: str, now: datetime, by: int) -> None:
    """Say what happens to deployments that nobody knows yet.

    :raises NotFound: there is no such policy.
    """
    policy = next((one for one in DeploymentPolicy if one == wanted), None)
    if policy is None:
        raise NotFound("no-such-policy")
    before, platform.deployment_policy = platform.deployment_policy, policy
    audit.record_administration(
        by,
        "platform.deployment-policy",
        f"platform:{platform.id}",
        now,
        platform.organisation_id,
        before=before.value,
        after=policy.value,
    )
    db.session.flush()


def accept(deployment: Deployment, now: datetime, by: int) -> None:
    """Let a deployment in."""
    deployment.state, deployment.refused_at = DeploymentState.ACCEPTED, None
    _note("deployment.approved", deployment, now, by)


def refuse(deployment: Deployment, now: datetime, by: int) -> None:
    """Let a deployment in no more: nobody launches by it, nothing is sent to its courses or read from them.

    Who is inside stays until their session ends. Nothing is deleted.
    """
    deployment.state, deployment.refused_at = DeploymentState.WAITING, now
    _note("deployment.refused", deployment, now, by)


def describe(
    admin: ActingAdministrator, deployment: Deployment, note: str, organisation_id: int, now: datetime
) -> None:
    """Give a deployment a name that people understand, and an organisation.

    :raises NotFound: the organisation is not theirs.
    :raises Stale: `deployment-has-communities`: what is in it belongs to its present organisation.
    """
    admin.must_see(organisation_id)
    if db.session.get(Organisation, organisation_id) is None:
        raise NotFound("no-such-organisation")
    if organisation_id != deployment.organisation_id:
        inhabited = select(Course.id).where(
            Course.deployment_id == deployment.id, Course.community_id.is_not(None)
        )
        if db.session.scalars(inhabited.limit(1)).first() is not None:
            raise Stale("deployment-has-communities")
    deployment.note = " ".join(note.split())[:LONGEST_NOTE] or None
    deployment.organisation_id = organisation_id
    _note("deployment.described", deployment, now, admin.administrator_id)


def _note(act: str, deployment: Deployment, now: datetime, by: int) -> None:
    subject = f"deployment:{deployment.id}"
    audit.record_administration(by, act, subject, now, deployment.organisation_id)
    db.session.flush()
