"""A course that the same LMS knows under another registration already: staff decide whether it is the same.

Looked for only while a course has no community. Nothing is made, and nothing lost, before somebody of the
staff has decided; afterwards nobody is asked again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from lti_tool.extensions import db
from lti_tool.lti import sealed_launches
from lti_tool.lti.launch import Launch
from lti_tool.lti.sealed_launches import SealedLaunch
from lti_tool.models import (
    Community,
    Course,
    Deployment,
    GradeColumn,
    LineItem,
    LineItemState,
    Membership,
    MembershipState,
    Platform,
    PlatformState,
)
from lti_tool.services import audit
from lti_tool.services.problems import Problem
from lti_tool.services.roles import STAFF

NEW_SPACE = "new"
_MOST_SHOWN = 5


@dataclass(frozen=True)
class KnownSpace:
    """A community that this course may be of: its name, how many are in it, since when (aware UTC)."""

    community_id: int
    name: str
    members: int
    since: datetime


@dataclass(frozen=True)
class Undecided:
    """A launch that has to wait for a decision. `spaces` are shown to those who may take it only."""

    launch: Launch
    spaces: Sequence[KnownSpace]

    @property
    def may_decide(self) -> bool:
        """Whether this person is of the course's staff; a student view is not."""
        return self.launch.role in STAFF and not self.launch.test_user


@dataclass(frozen=True)
class Decision:
    """What somebody chose: the community the course shares, or None for one of its own."""

    community_id: int | None


def about(course: Course, launch: Launch, choice: str | None) -> Undecided | Decision | None:
    """Tell what is to be decided, or what this launch decides, about a course without a community.

    :param choice: what the form said: the number of a community, `NEW_SPACE`; None when nobody was asked.
    :returns: None when no other registration of this LMS knows the context: there is nothing to decide.
    """
    known = _known_elsewhere(course, launch)
    if not known:
        return None
    # The deployment may have been unknown when the LMS sent the launch; it is known by now.
    waiting = Undecided(
        replace(launch, deployment_key=course.deployment_id, accept_deployment=False), _shown(known)
    )
    if choice is None or not waiting.may_decide:
        return waiting
    if choice == NEW_SPACE:
        return Decision(None)
    chosen = {str(community_id): community_id for community_id in known}.get(choice)
    return Decision(chosen) if chosen else waiting


def carry_out(decision: Decision, course: Course) -> None:
    """Let the course share the chosen community; its gradebook columns wait until a trainer wants them."""
    if decision.community_id is None:
        return
    course.community_id = decision.community_id
    columns = select(GradeColumn.id).where(GradeColumn.community_id == decision.community_id)
    for column_id in db.session.scalars(columns.order_by(GradeColumn.id)).all():
        # A launch makes nothing in an LMS: the trainer's page says that it is missing, and offers to make it.
        db.session.add(
            LineItem(
                column_id=column_id,
                course_id=course.id,
                state=LineItemState.REFUSED,
                ours=True,
                problem=Problem.LINE_ITEM_GONE.value,
            )
        )
    db.session.flush()


def note(decision: Decision, course: Course, membership: Membership, now: datetime) -> None:
    """Write down who decided what."""
    organisation_id = db.session.scalar(
        select(Deployment.organisation_id).where(Deployment.id == course.deployment_id)
    )
    act = "course.joined-space" if decision.community_id else "course.new-space"
    subject = f"course:{course.id}"
    audit.record_in_community(membership.id, act, subject, now, organisation_id, course.community_id)


def sealed(undecided: Undecided, browser_secret: str, now: datetime) -> str:
    """Put the launch into the form by which staff decide."""
    return sealed_launch(undecided.launch, browser_secret, now)


def sealed_launch(launch: Launch, browser_secret: str, now: datetime) -> str:
    """Put any launch into a form that decides something about it."""
    return sealed_launches.sealed(launch, browser_secret, now)


def opened(text: str, browser_secrets: Sequence[str], now: datetime) -> SealedLaunch:
    """Take the launch out of the form.

    :raises LaunchRefused: `state-missing`, `state-unknown`, `state-expired`, `state-other-browser`.
    """
    return sealed_launches.opened(text, browser_secrets, now)


def use_up(came: SealedLaunch, now: datetime) -> None:
    """Accept the form once, while its platform and deployment may still launch. One statement more.

    :raises LaunchRefused: `launch-replayed`, `platform-suspended`, `deployment-refused`.
    """
    sealed_launches.use_up(came, now)
    launch = came.launch
    named = and_(Deployment.platform_id == Platform.id, Deployment.deployment_id == launch.deployment_id)
    found = db.session.execute(
        select(Platform.state, Deployment.refused_at)
        .outerjoin(Deployment, named)
        .where(Platform.id == launch.platform_id)
    ).one_or_none()
    if found is None or found.state is not PlatformState.ACTIVE:
        raise launch.refused("platform-suspended", launch.issuer)
    if found.refused_at is not None:
        raise launch.refused("deployment-refused", launch.deployment_id)


def _known_elsewhere(course: Course, launch: Launch) -> list[int]:
    """The communities of this context under other registrations of the same issuer and organisation."""
    here = aliased(Deployment)
    found = db.session.scalars(
        select(Course.community_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .join(here, here.id == course.deployment_id)
        .where(
            Platform.issuer == launch.issuer,
            Platform.id != launch.platform_id,
            Deployment.organisation_id == here.organisation_id,
            Course.context_id == course.context_id,
            Course.community_id.is_not(None),
        )
        .order_by(Course.id.desc())
        .limit(_MOST_SHOWN)
    )
    return list(dict.fromkeys(found))


def _shown(community_ids: Sequence[int]) -> list[KnownSpace]:
    found = db.session.execute(
        select(Community.id, Community.name, func.count(Membership.id), Community.created_at)
        .outerjoin(
            Membership,
            (Membership.community_id == Community.id) & (Membership.state != MembershipState.REMOVED),
        )
        .where(Community.id.in_(community_ids))
        .group_by(Community.id, Community.name, Community.created_at)
        .order_by(Community.created_at.desc())
    )
    return [KnownSpace(*row) for row in found]
