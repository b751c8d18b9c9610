"""Lets in the person whom a verified launch names, and brings the tables into line with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select

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
class Enrolled:
    """The rows that a launch found or made."""

    course: Course
    community: Community
    link: ResourceLink | None
    user: User
    enrolment: Enrolment
    membership: Membership


@dataclass(frozen=True)
class Admitted:
    """Where the browser goes now, and the secret for its session cookie (None: it keeps the one it has)."""

    seat: Seat
    community_id: int
    new_secret: str | None


def admit(
    launch: Launch, cookie_values: list[str], default_zone: str, now: datetime, *, note: str | None = None
) -> Admitted | None:
    """Bring the tables into line with a verified launch, give the browser a seat, and log the launch.

    :param default_zone: the zone of a community that this launch makes.
    :returns: None when the launch names no course: there is no community to enter.
    :raises LaunchRefused: the deployment waits for approval, or staff removed this person.
    """
    if launch.context is None or not launch.context.is_course:
        _deployment(launch, now)
        launch_log.admitted(launch, now, code="no-course")
        return None
    there = enrol(launch, default_zone, now)
    if there.membership.state == MembershipState.REMOVED:
        raise _refusal(launch, "removed-by-staff", f"membership {there.membership.id}")
    session, new_secret = _session(cookie_values, now)
    seat = _seat(session.id, there, launch, now)
    launch_log.admitted(launch, now, code=note, user_id=there.user.id, course_id=there.course.id)
    return Admitted(seat=seat, community_id=there.community.id, new_secret=new_secret)


def _refusal(launch: Launch, code: str, detail: str) -> LaunchRefused:
    """Refuse a launch that is genuine, with what the log and the page should say of it."""
    return LaunchRefused(
        code,
        detail,
        status=403,
        platform_id=launch.platform_id,
        issuer=launch.issuer,
        client_id=launch.client_id,
        deployment=launch.deployment_id,
        deployment_id=launch.deployment_id,
        claims=launch.masked_claims,
        return_url=launch.return_url,
    )


def enrol(launch: Launch, default_zone: str, now: datetime) -> Enrolled:
    """Find or make course, community, link, user, enrolment and membership of a launch into a course.

    Nothing is ever created in the LMS by a launch; a line item address is only remembered.
    """
    course = _course(launch.context, launch, _deployment(launch, now), now)
    community = _community(course, launch, default_zone, now)
    link = _resource_link(course, launch, now)
    user = _user(launch, now)
    enrolment = _enrolment(user, course, launch, now)
    membership = _membership(community, user, now)
    return Enrolled(course, community, link, user, enrolment, membership)


def _deployment(launch: Launch, now: datetime) -> int:
    """Return the deployment's key; accept a new one when the platform's policy says so."""
    if launch.deployment_key is not None:
        return launch.deployment_key
    # Two first launches may race: the platform's row decides who was first.
    platform = db.session.scalars(
        select(Platform).where(Platform.id == launch.platform_id).with_for_update()
    ).one()
    known = func.count(Deployment.id)
    taken = db.session.scalar(select(known).where(Deployment.platform_id == platform.id))
    if platform.deployment_policy != DeploymentPolicy.AUTOMATIC and taken:
        raise _refusal(launch, "deployment-waiting", launch.deployment_id)
    _note_deployment(platform, launch.deployment_id, DeploymentState.ACCEPTED, now)
    return db.session.scalars(
        select(Deployment.id).where(
            Deployment.platform_id == platform.id, Deployment.deployment_id == launch.deployment_id
        )
    ).one()


def let_wait(platform_id: int, deployment_id: str, now: datetime) -> None:
    """Note a deployment that was refused and waits for an administrator's approval."""
    platform = db.session.get(Platform, platform_id)
    _note_deployment(platform, deployment_id, DeploymentState.WAITING, now)


def _note_deployment(platform: Platform, deployment_id: str, state: DeploymentState, now: datetime) -> None:
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


def _community(course: Course, launch: Launch, default_zone: str, now: datetime) -> Community:
    """Return the course's community, made by the first launch; the first one by staff fixes its Monday."""
    # The upsert above holds the course's row: of forty first launches exactly one finds it without community.
    community = db.session.get(Community, course.community_id) if course.community_id else None
    if community is None:
        community = _new_community(course, default_zone, now)
    if community.starts_on is None and launch.role in STAFF:
        community.starts_on = monday_of(now, community.time_zone)
    db.session.flush()
    course.community_id = community.id
    return community


def _new_community(course: Course, default_zone: str, now: datetime) -> Community:
    organisation = select(Deployment.organisation_id).where(Deployment.id == course.deployment_id)
    community = Community(
        organisation_id=organisation.scalar_subquery(),
        name=course.title or course.label or course.context_id,
        time_zone=default_zone,
        created_at=now,
    )
    db.session.add(community)
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
        enrolment.lower_role, enrolment.lower_roles = role, raw
        enrolment.lowered_at = enrolment.lowered_at or now


def _membership(community: Community, user: User, now: datetime) -> Membership:
    key = {"community_id": community.id, "user_id": user.id}
    values = {"state": MembershipState.ACTIVE, "joined_at": now, "last_seen_at": now}
    return upsert(
        Membership, key, values, update=("last_seen_at",), computed={"last_visit_at": _visit_ended(now)}
    )


def _visit_ended(now: datetime) -> ColumnElement:
    """Say in SQL what `begin_visit` says: a launch costs one statement for a member, new or not."""
    return case(
        (Membership.last_seen_at < now - VISIT_ENDS_AFTER, Membership.last_seen_at),
        else_=Membership.last_visit_at,
    )


def begin_visit(membership: Membership, now: datetime) -> None:
    """Note that the member is here; after a silence, what came since their last visit counts as new."""
    seen = membership.last_seen_at
    if seen is not None and now - seen > VISIT_ENDS_AFTER:
        membership.last_visit_at = seen
    membership.last_seen_at = now


def _session(cookie_values: list[str], now: datetime):
    session = sessions.used_again(cookie_values, now)
    if session is not None:
        return session, None
    secret = sessions.new_secret()
    return sessions.begin(secret, now), secret


def _seat(session_id: int, there: Enrolled, launch: Launch, now: datetime) -> Seat:
    values = {
        "community_id": there.community.id,
        "resource_link_id": there.link.id if there.link else None,
        "role": launch.role,
        "test_user": launch.test_user,
        "locale": launch.locale,
        "document_target": launch.document_target,
        "return_url": launch.return_url,
        "frame_origins": list(launch.frame_origins),
        "launched_at": now,
    }
    key = {"browser_session_id": session_id, "user_id": there.user.id, "course_id": there.course.id}
    return upsert(Seat, key, values, update=tuple(values))
