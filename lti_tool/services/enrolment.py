"""Lets in the person whom a verified launch names, and brings the tables into line with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

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
    Seat,
    User,
)
from lti_tool.services import (
    activities,
    context_choice,
    course_groups,
    launch_log,
    notice_handlers,
    origins,
    part_entry,
    parts,
    role_rules,
    rosters,
    running_scores,
    sessions,
)
from lti_tool.services.coming_again import (
    Place,
    come_in,
    custom_of,
    first_enrolment,
    first_membership,
    of_link,
    of_person,
    said_of_person,
)
from lti_tool.services.context_choice import Undecided
from lti_tool.services.part_entry import Landing
from lti_tool.services.roles import STAFF
from lti_tool.services.upserts import insert_unless_there, upsert, upsert_id
from lti_tool.services.visits import VISIT_ENDED, visiting


@dataclass(frozen=True)
class Enrolled:
    """The rows that a launch found or made; of the activity that opened it, the number."""

    course: Course
    community: Community
    link_id: int | None
    user: User
    enrolment: Enrolment
    membership: Membership


@dataclass(frozen=True)
class Admitted:
    """Where the browser goes now, and the secret for its session cookie (None: it keeps the one it has).

    Of a divided course: its seats in the other spaces, by their communities, and whether what the link opens
    is to be looked for here.
    """

    seat_id: int
    community_id: int
    new_secret: str | None
    beside: Mapping[int, int] = field(default_factory=dict)
    opens_activity: bool = True


def admit(
    launch: Launch,
    cookie_values: list[str],
    default_zone: str,
    now: datetime,
    *,
    note: str | None = None,
    choice: str | None = None,
) -> Admitted | Undecided | None:
    """Bring the tables into line with a verified launch, give the browser a seat, and log the launch.

    :param default_zone: the zone of a community that this launch makes.
    :param choice: what staff chose when they were asked where the course belongs, see `context_choice`.
    :returns: None when the launch names no course: there is no community to enter. Undecided when staff
        have to say first whether the course goes on in a community that it has under another registration.
    :raises LaunchRefused: the deployment waits for approval, or staff removed this person.
    """
    if choice is not None:
        launch = role_rules.read_anew(launch)
    origins.learn(launch, now)
    if launch.context is None or not launch.context.is_course:
        deployment_id = _deployment(launch, now)
        if launch.lms_administrator:
            notice_handlers.offered(launch, deployment_id, now)
        launch_log.admitted(launch, now, code="no-course")
        return None
    place = come_in(launch, now) or _long_way(launch, default_zone, now, choice)
    if isinstance(place, Undecided):
        launch_log.admitted(launch, now, code="course-undecided")
        return place
    activities.bind_column(launch, place.course_id, now)
    to = part_entry.landing(launch, place, now) if place.divided else Landing(place)
    session_id, new_secret = _session(cookie_values, now)
    seat_id = _seat(session_id, to.place, launch, now)
    beside = part_entry.seats_beside(seat_id, place.course_id) if place.divided else {}
    launch_log.admitted(launch, now, code=note, user_id=place.user_id, course_id=place.course_id)
    return Admitted(seat_id, to.place.community_id, new_secret, beside, to.opens_activity)


def _long_way(launch: Launch, default_zone: str, now: datetime, choice: str | None) -> Place | Undecided:
    course = _course(launch.context, launch, _deployment(launch, now), now)
    # The upsert holds the course's row: of two who decide at once, the second finds it decided.
    decided = context_choice.about(course, launch, choice) if course.community_id is None else None
    if isinstance(decided, Undecided):
        return decided
    if decided is not None:
        context_choice.carry_out(decided, course)
    there = _enrolled(course, launch, default_zone, now)
    if course.divided:
        db.session.flush()
        parts.align(course.id, now, there.user.id)
    if decided is not None:
        context_choice.note(decided, course, there.membership, now)
    return _place_of(there, launch)


def _place_of(there: Enrolled, launch: Launch) -> Place:
    if there.membership.state == MembershipState.REMOVED:
        raise launch.refused("removed-by-staff", f"membership {there.membership.id}")
    course = there.course
    return Place(there.user.id, course.id, there.community.id, there.link_id, divided=course.divided)


def enrol(launch: Launch, default_zone: str, now: datetime) -> Enrolled:
    """Find or make course, community, link, user, enrolment and membership of a launch into a course.

    Nothing is ever created in the LMS by a launch; a line item address is only remembered.
    """
    return _enrolled(
        _course(launch.context, launch, _deployment(launch, now), now), launch, default_zone, now
    )


def _enrolled(course: Course, launch: Launch, default_zone: str, now: datetime) -> Enrolled:
    community = _community(course, launch, default_zone, now)
    link_id = _resource_link(course, launch, now)
    user = _user(launch, now)
    enrolment = _enrolment(user, course, launch, now)
    membership = _membership(community, user, now)
    if not enrolment.active:
        _go_on(enrolment, membership, now)
    if launch.role in STAFF and not launch.test_user:
        rosters.ask_on_visit(course, membership, now)
        notice_handlers.offered(launch, course.deployment_id, now)
    return Enrolled(course, community, link_id, user, enrolment, membership)


def _deployment(launch: Launch, now: datetime) -> int:
    """Return the deployment's key; accept a new one when the platform's policy says so."""
    if launch.deployment_key is not None:
        return launch.deployment_key
    # Two first launches may race: the platform's row decides who was first.
    platform = db.session.scalars(
        select(Platform).where(Platform.id == launch.platform_id).with_for_update()
    ).one()
    this_one = select(Deployment.id, Deployment.state).where(
        Deployment.platform_id == platform.id, Deployment.deployment_id == launch.deployment_id
    )
    there = db.session.execute(this_one).one_or_none()
    if there is None and _takes_another(platform):
        _note_deployment(platform, launch.deployment_id, DeploymentState.ACCEPTED, now)
        there = db.session.execute(this_one).one()
    if there is None or there.state == DeploymentState.WAITING:
        raise launch.refused("deployment-waiting", launch.deployment_id)
    return there.id


def deployment_of(launch: Launch, now: datetime) -> int:
    """Return the number of a launch's deployment, for messages that lead into no course.

    :raises LaunchRefused: it waits for approval.
    """
    return _deployment(launch, now)


def _takes_another(platform: Platform) -> bool:
    if platform.deployment_policy == DeploymentPolicy.AUTOMATIC:
        return True
    taken = select(Deployment.id).where(Deployment.platform_id == platform.id).limit(1)
    return db.session.scalar(taken) is None


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
    if launch.roster_url is not None:
        values["roster_url"] = launch.roster_url
        update.append("roster_url")
    if launch.groups is not None:
        values |= {"groups_url": launch.groups.groups_url, "group_sets_url": launch.groups.sets_url}
        update += ["groups_url", "group_sets_url"]
    key = {"deployment_id": deployment_id, "context_id": context.id}
    course = upsert(Course, key, values, update=tuple(update))
    if course.part_of_id is not None:  # what we made up for a part, said by an LMS
        raise launch.refused("context-invalid", context.id)
    return course


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


def _resource_link(course: Course, launch: Launch, now: datetime) -> int | None:
    if launch.link is None:
        return None
    values = of_link(launch, now)
    key = {"course_id": course.id, "resource_link_id": launch.link.id}
    return upsert_id(ResourceLink, key, values, update=tuple(values))


def _user(launch: Launch, now: datetime) -> User:
    return upsert(User, *of_person(launch, now), update=said_of_person(launch))


def _enrolment(user: User, course: Course, launch: Launch, now: datetime) -> Enrolment:
    key, first = {"user_id": user.id, "course_id": course.id}, first_enrolment(launch, now)
    # On an enrolment that exists, only the test-user mark follows the launch without a thought.
    enrolment = upsert(Enrolment, key, first, update=("test_user",))
    if enrolment.launched_at != now or enrolment.launch_role != launch.role:
        _heed(enrolment, launch, now)
    if course_groups.are_news(launch, course, enrolment):
        db.session.flush()
        course_groups.said_by(launch, course.id, user.id)
    return enrolment


def _go_on(enrolment: Enrolment, membership: Membership, now: datetime) -> None:
    """Let an enrolment that had ended go on; a score that is final is fixed of those alone who are here."""
    enrolment.active, enrolment.left_at = True, None
    db.session.flush()
    running_scores.mark_stale(membership.community_id, [membership.id], now)


def _heed(enrolment: Enrolment, launch: Launch, now: datetime) -> None:
    """Take a launch's role: at once when it says as much or more, else only as a remembered lower one."""
    role, raw, custom = launch.role, list(launch.roles), custom_of(launch)
    if higher(role, enrolment.launch_role) == role:
        enrolment.launch_role, enrolment.launch_roles, enrolment.launch_custom = role, raw, custom
        enrolment.launched_at = now
        enrolment.lower_role = enrolment.lower_roles = enrolment.lower_custom = enrolment.lowered_at = None
    else:
        enrolment.lower_role, enrolment.lower_roles, enrolment.lower_custom = role, raw, custom
        enrolment.lowered_at = enrolment.lowered_at or now


def _membership(community: Community, user: User, now: datetime) -> Membership:
    key = {"community_id": community.id, "user_id": user.id}
    values, seen = first_membership(now), ("last_seen_at",)
    return upsert(Membership, key, values, update=seen, computed=VISIT_ENDED, told=visiting(now))


def _session(cookie_values: list[str], now: datetime) -> tuple[int, str | None]:
    session_id = sessions.used_again(cookie_values, now)
    if session_id is not None:
        return session_id, None
    secret = sessions.new_secret()
    return sessions.begin(secret, now), secret


def _seat(session_id: int, place: Place, launch: Launch, now: datetime) -> int:
    values = {
        "community_id": place.community_id,
        "resource_link_id": place.link_id,
        "role": launch.role,
        "test_user": launch.test_user,
        "lms_administrator": launch.lms_administrator,
        "locale": launch.locale,
        "document_target": launch.document_target,
        "return_url": launch.return_url,
        "frame_origins": list(launch.frame_origins),
        "launched_at": now,
    }
    key = {"browser_session_id": session_id, "user_id": place.user_id, "course_id": place.course_id}
    return upsert_id(Seat, key, values, update=tuple(values))
