"""The roster as the members page shows it to staff: when it was read, how far it is, what waits for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from lti_tool.extensions import db
from lti_tool.models import (
    Course,
    Deployment,
    Enrolment,
    Membership,
    Platform,
    PlatformState,
    Roster,
    RosterState,
    User,
)
from lti_tool.permissions import Act
from lti_tool.services import people, roster_takeover
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person

MOST_NAMES = 50
UNDER_WAY = (RosterState.DUE, RosterState.READING)
UNREAD = "unread"  # nobody asked for it yet
KEPT = "kept"  # staff set the last list aside: everybody stayed
OF_WHOLE = "of-whole"  # a group of a course: the list is the course's
PAUSED = "paused"  # no connection by which a list could be read is active


@dataclass(frozen=True)
class RosterView:
    """One course's roster. Counts are of the reading under way, held, or last taken over, by its state.

    `state`: unread, kept, paused, or a word of `RosterState`; `leaving`: of those whom a held list would end,
    50 at most; `read_id`: which list it is that staff decide about; `groups_problem`: why the
    groups that the LMS offers were not read with the list, and are as they were.
    """

    id: int | None
    course: str | None
    state: str
    pages: int = 0
    people: int = 0
    arrivals: int = 0
    departures: int = 0
    completed_at: datetime | None = None
    problem: str | None = None
    problem_detail: str | None = None
    groups_problem: str | None = None
    groups_problem_detail: str | None = None
    next_try_at: datetime | None = None
    read_id: str | None = None
    leaving: tuple[Person, ...] = ()

    @property
    def under_way(self) -> bool:
        """Whether a worker reads it, or will by itself."""
        return self.state in UNDER_WAY


def rosters_of(member: ActingMember) -> list[RosterView]:
    """Return the rosters that LMSs offer to this community; one statement, two more for each that is held.

    Those of paused and replaced connections are read by nobody, so they are left out beside active ones.
    Empty when no LMS offers one, and for those who do not look after members.
    """
    if not member.may(Act.READ_ROSTER):
        return []
    if member.is_in_part:
        return [RosterView(id=None, course=None, state=OF_WHOLE)]
    found = db.session.execute(
        select(Course, Roster, Platform.name, Platform.state)
        .outerjoin(Roster, Roster.course_id == Course.id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(Course.community_id == member.community.id, Course.roster_url.is_not(None))
        .order_by(Course.id)
    ).all()
    read = [(course, roster, lms) for course, roster, lms, state in found if state is PlatformState.ACTIVE]
    if found and not read:
        return [RosterView(id=None, course=None, state=PAUSED)]
    several = len({lms for _, _, lms in read}) > 1
    return [
        _view(course, roster, _title(course, lms if several else None) if len(read) > 1 else None)
        for course, roster, lms in read
    ]


def _title(course: Course, lms: str | None) -> str:
    title = course.title or course.label or course.context_id
    return f"{title} · {lms}" if lms else title


def _view(course: Course, roster: Roster | None, title: str | None) -> RosterView:
    if roster is None:
        return RosterView(id=None, course=title, state=UNREAD)
    return RosterView(
        id=roster.id,
        course=title,
        state=KEPT if roster.state is RosterState.IDLE and roster.held_at else roster.state.value,
        pages=roster.pages,
        people=roster.people,
        arrivals=roster.arrivals,
        departures=roster.departures,
        completed_at=roster.completed_at,
        problem=roster.problem,
        problem_detail=roster.problem_detail,
        groups_problem=roster.groups_problem,
        groups_problem_detail=roster.groups_problem_detail,
        next_try_at=roster.due_at if roster.problem else None,
        read_id=roster.read_id,
        leaving=_leaving(roster, course) if roster.state is RosterState.HELD else (),
    )


def _leaving(roster: Roster, course: Course) -> tuple[Person, ...]:
    complete = roster_takeover.complete(roster, course)
    found = db.session.scalars(
        select(Membership)
        .join(Membership.user)
        .join(Enrolment, Enrolment.user_id == User.id)
        .where(complete.leaving, Membership.community_id == course.community_id)
        .options(contains_eager(Membership.user))
        .order_by(User.name, Membership.id)
        .limit(MOST_NAMES)
    )
    return tuple(people.shown(membership, membership.user, None) for membership in found)
