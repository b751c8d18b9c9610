"""Which courses meet in a space, as its members see them, and which ones staff may bring in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, select, text

from lti_tool.extensions import db
from lti_tool.models import (
    Community,
    Course,
    CourseAgreement,
    Deployment,
    Enrolment,
    Membership,
    MembershipState,
    Platform,
)
from lti_tool.models.person import SAID_TO_BE_STAFF
from lti_tool.permissions import Act
from lti_tool.services import former_spaces, roles
from lti_tool.services.acting import ActingMember
from lti_tool.services.course_moves import MOVABLE, title_of
from lti_tool.services.former_spaces import EMPTIED, Archive
from lti_tool.services.roles import STAFF

MOST_OFFERED = 50


@dataclass(frozen=True)
class MeetingCourse:
    """A course that meets here: with how many, since when; `agreed_until`: until when its code is good."""

    id: int
    title: str
    label: str | None
    lms: str
    people: int
    since: datetime
    mine: bool  # the seat of whoever looks is of this course
    agreed_until: datetime | None
    stays: bool  # its groups have spaces of their own, or it is one of these: it can be moved nowhere


@dataclass(frozen=True)
class OfferedCourse:
    """A course that whoever looks may bring in, with the space in which it meets now."""

    id: int
    title: str
    label: str | None
    space: str


@dataclass(frozen=True)
class CoursePage:
    """The page. `offered` are for those who arrange it; `archives` are for whom they concern.

    `elsewhere`: this is the archive of a course that meets in another space now: its number and name.
    """

    courses: Sequence[MeetingCourse]
    offered: Sequence[OfferedCourse]
    archives: Sequence[Archive]
    elsewhere: Sequence[Archive]
    may_arrange: bool


def shown(member: ActingMember, now: datetime) -> CoursePage:
    """Return what the page shows; four statements at most."""
    member.must(Act.READ)
    may = member.may(Act.ARRANGE_COURSES)
    return CoursePage(
        courses=_meeting(member, now),
        offered=offered(member, now) if may else (),
        archives=former_spaces.archives_for(member.user.id, member.community.id),
        elsewhere=former_spaces.where_it_went(member.community.id, member.user.id),
        may_arrange=may,
    )


def _meeting(member: ActingMember, now: datetime) -> list[MeetingCourse]:
    people = (
        select(func.count())
        .select_from(Enrolment)
        .where(Enrolment.course_id == Course.id, Enrolment.active, Enrolment.test_user.is_(False))
        .correlate(Course)
        .scalar_subquery()
    )
    wanted = (
        select(Course, Platform.name, people, CourseAgreement.expires_at)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .outerjoin(CourseAgreement, CourseAgreement.course_id == Course.id)
        .where(Course.community_id == member.community.id)
        .order_by(Course.id)
    )
    return [
        MeetingCourse(
            id=course.id,
            title=title_of(course),
            label=course.label,
            lms=lms,
            people=number,
            since=course.meets_since or course.created_at,
            mine=course.id == member.course_id,
            agreed_until=until if until is not None and until > now else None,
            stays=course.divided or course.part_of_id is not None,
        )
        for course, lms, number, until in db.session.execute(wanted)
    ]


def offered(member: ActingMember, now: datetime) -> list[OfferedCourse]:
    """Return the courses that somebody may bring in by being of their staff, the latest launched first.

    Of the same organisation; a launch that said less, and a test person, bring nothing in. One statement.
    """
    latest_first = staffed(member).order_by(Enrolment.launched_at.desc(), Course.id)
    found = db.session.execute(latest_first.limit(MOST_OFFERED))
    return [
        OfferedCourse(course.id, title_of(course), course.label, space.name)
        for course, space, enrolment in found
        if roles.of_enrolment(enrolment, now) in STAFF
    ]


def staffed(member: ActingMember) -> Select:
    """Select course, its space and the member's enrolment there, of courses that meet elsewhere.

    Whether that enrolment makes them staff is to be looked at.
    """
    return (
        elsewhere(member)
        .add_columns(Enrolment)
        .join(Enrolment, Enrolment.course_id == Course.id)
        .join(
            Membership,
            and_(Membership.community_id == Community.id, Membership.user_id == Enrolment.user_id),
        )
        .where(
            Enrolment.user_id == member.user.id,
            Enrolment.active,
            Enrolment.test_user.is_(False),
            text(SAID_TO_BE_STAFF),
            Membership.state == MembershipState.ACTIVE,
        )
    )


def elsewhere(member: ActingMember) -> Select:
    """Select courses of the same organisation that meet in another space, which is not emptied, with it."""
    return (
        select(Course, Community)
        .select_from(Course)
        .join(Community, Community.id == Course.community_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(
            Deployment.organisation_id == member.community.organisation_id,
            Platform.removed_at.is_(None),
            Community.organisation_id == member.community.organisation_id,
            Community.id != member.community.id,
            Community.state.not_in(EMPTIED),
            MOVABLE,
        )
    )
