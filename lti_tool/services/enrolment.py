"""Lets in the person whom a verified launch names: course, link, community, user, enrolment, membership, seat."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from lti_tool.errors import LaunchRefused
from lti_tool.extensions import db
from lti_tool.grading.periods import monday_of
from lti_tool.lti.launch import Context, Launch
from lti_tool.lti.roles import higher
from lti_tool.models import (
    Community,
    Course,
    Deployment,
    DeploymentPolicy,
    DeploymentState,
    Enrolment,
    Membership,
    MembershipState,
    Platform,
    ResourceLink,
    Role,
    Seat,
    User,
)
from lti_tool.services import launch_log, sessions
from lti_tool.services.roles import STAFF
from lti_tool.services.upserts import insert_unless_there, upsert

# A launch after this much silence begins a new visit: what came since the last one is new.
VISIT_ENDS_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class Admitted:
    """Where the browser goes now, and the secret for its session cookie (None: it keeps the one it has)."""

    seat: Seat
    community_id: int
    new_secret: str | None


def admit(
    launch: Launch, cookie_values: list[str], default_zone: str, now: datetime, *, note: str | None = None
) -> Admitted | None:
    """Bring the tables into line with a verified launch and give the browser a seat.

    Nothing is ever created in the LMS by a launch; a line item address is only remembered.

    :returns: None when the launch names no course: there is no community to enter.
    :raises LaunchRefused: the deployment waits for approval, or staff removed this person.
    """
    deployment_id, organisation_id = _deployment(launch, now)
    if launch.context is None or not launch.context.is_course:
        launch_log.admitted(launch, now, code="no-course")
        return None
    course = _course(launch.context, launch, deployment_id, now)
    community = _community(course, launch, organisation_id, default_zone, now)
    link = _resource_link(course, launch, now)
    user = _user(launch, now)
    _enrolment(user, course, launch, now)
    membership = _membership(community, user, now)
    if membership.state == MembershipState.REMOVED:
        raise LaunchRefused("removed-by-staff", f"membership {membership.id}", status=403)
    session, new_secret = _session(cookie_values, now)
    seat = _seat(session.id, user, course, community, link, launch, now)
    launch_log.admitted(launch, now, code=note, user_id=user.id, course_id=course.id)
    return Admitted(seat=seat, community_id=community.id, new_secret=new_secret)


def _deployment(launch: Launch, now: datetime) -> tuple[int, int]:
    """Return the deployment's key and organisation; accept a new one when the platform's policy says so."""
    if launch.deployment_key is not None:
        return launch.deployment_key, launch.organisation_id
    # Two first launches may race: the platform's row decides who was first.
    platform = db.session.scalars(
        select(Platform).where(Platform.id == launch.platform_id).with_for_update()
    ).one()
    known = func.count(Deployment.id)
    taken = db.session.scalar(select(known).where(Deployment.platform_id == platform.id))
    if platform.deployment_policy != DeploymentPolicy.AUTOMATIC and taken:
        raise LaunchRefused(
            "deployment-waiting",
            launch.deployment_id,
            status=403,
            platform_id=platform.id,
            deployment=launch.deployment_id,
        )
    _note_deployment(platform, launch.deployment_id, DeploymentState.ACCEPTED, now)
    deployment = db.session.scalars(
        select(Deployment).where(
            Deployment.platform_id == platform.id, Deployment.deployment_id == launch.deployment_id
        )
    ).one()
    return deployment.id, deployment.organisation_id


def let_wait(platform_id: int, deployment_id: str, now: datetime) -> None:
    """Note a deployment that was refused and waits for an administrator's approval."""
    platform = db.session.get(Platform, platform_id)
    _note_deployment(platform, deployment_id, DeploymentState.WAITING, now)


def _note_deployment(
    platform: Platform, deployment_id: str, state: DeploymentState, now: datetime
) -> None:
    insert_unless_there(
        Deployment,
        {"platform_id": platform.id, "deployment_id": deployment_id},
        {"organisation_id": platform.organisation_id, "state": state, "created_at": now},
    )


def _course(context: Context, launch: Launch, deployment_id: int, now: datetime) -> Course:
    grades = launch.grades
    values = {"title": context.title, "label": context.label, "created_at": now}
    update = ["title", "label"]
    if grades is not None:
        values |= {"line_items_url": grades.line_items_url, "grade_scopes": list(grades.scopes)}
        update += ["line_items_url", "grade_scopes"]
    return upsert(
        Course, {"deployment_id": deployment_id, "context_id": context.id}, values, update=tuple(update)
    )


def _community(
    course: Course, launch: Launch, organisation_id: int, default_zone: str, now: datetime
) -> Community:
    """Return the course's community, made by the first launch; the first one by staff fixes its Monday."""
    # The upsert above holds the course's row: of forty first launches exactly one finds it without community.
    community = db.session.get(Community, course.community_id) if course.community_id else None
    if community is None:
        community = Community(
            organisation_id=organisation_id,
            name=course.title or course.label or course.context_id,
            time_zone=default_zone,
            created_at=now,
        )
        db.session.add(community)
        db.session.flush()
        course.community_id = community.id
    if community.starts_on is None and launch.role in STAFF:
        community.starts_on = monday_of(now, community.time_zone)
    return community


def _resource_link(course: Course, launch: Launch, now: datetime) -> ResourceLink | None:
    if launch.link is None:
        return None
    values = {
        "title": launch.link.title,
        "target": launch.target_link_uri,
        "return_url": launch.return_url,
        "line_item_url": launch.grades.line_item_url if launch.grades else None,
        "launched_at": now,
    }
    key = {"course_id": course.id, "resource_link_id": launch.link.id}
    return upsert(ResourceLink, key, values, update=tuple(values))


def _user(launch: Launch, now: datetime) -> User:
    said = {
        "name": launch.name,
        "given_name": launch.given_name,
        "family_name": launch.family_name,
        "email": launch.email,
        "picture": launch.picture,
        "locale": launch.locale,
    }
    # What this launch leaves out keeps the value of an earlier one.
    update = tuple(name for name, value in said.items() if value is not None)
    key = {"platform_id": launch.platform_id, "sub": launch.sub}
    return upsert(User, key, said | {"created_at": now}, update=update)


def _enrolment(user: User, course: Course, launch: Launch, now: datetime) -> Enrolment:
    raw = list(launch.roles)
    first = {
        "launch_roles": raw,
        "launch_role": launch.role,
        "launched_at": now,
        "active": True,
        "test_user": launch.test_user,
        "created_at": now,
    }
    # On an enrolment that exists, only the test-user mark follows the launch without a thought.
    enrolment = upsert(Enrolment, {"user_id": user.id, "course_id": course.id}, first, update=("test_user",))
    if enrolment.launched_at != now:
        _heed(enrolment, raw, launch.role, now)
    enrolment.active = True
    return enrolment


def _heed(enrolment: Enrolment, raw: list[str], role: Role, now: datetime) -> None:
    """Take a launch's role: at once when it says as much or more, else only as a remembered lower one."""
    if higher(role, enrolment.launch_role) == role:
        enrolment.launch_role, enrolment.launch_roles, enrolment.launched_at = role, raw, now
        enrolment.lower_role = enrolment.lower_roles = enrolment.lowered_at = None
    else:
        enrolment.lower_role, enrolment.lower_roles, enrolment.lowered_at = role, raw, now


def _membership(community: Community, user: User, now: datetime) -> Membership:
    key = {"community_id": community.id, "user_id": user.id}
    values = {"state": MembershipState.ACTIVE, "joined_at": now, "last_seen_at": now}
    membership = upsert(Membership, key, values, update=())
    begin_visit(membership, now)
    return membership


def begin_visit(membership: Membership, now: datetime) -> None:
    """Note that the member is here; after a silence, what came since their last visit counts as new."""
    seen = membership.last_seen_at
    if seen is not None and now - seen > VISIT_ENDS_AFTER:
        membership.last_visit_at = seen
    membership.last_seen_at = now


def _session(cookie_values: list[str], now: datetime):
    session = sessions.alive(cookie_values, now) if cookie_values else None
    if session is not None:
        session.last_seen_at = now
        return session, None
    secret = sessions.new_secret()
    return sessions.begin(secret, now), secret


def _seat(session_id, user, course, community, link, launch: Launch, now: datetime) -> Seat:
    values = {
        "community_id": community.id,
        "resource_link_id": link.id if link else None,
        "role": launch.role,
        "test_user": launch.test_user,
        "locale": launch.locale,
        "document_target": launch.document_target,
        "return_url": launch.return_url,
        "frame_origins": list(launch.frame_origins),
        "launched_at": now,
    }
    key = {"browser_session_id": session_id, "user_id": user.id, "course_id": course.id}
    return upsert(Seat, key, values, update=tuple(values))
