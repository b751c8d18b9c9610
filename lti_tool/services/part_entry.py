"""Coming into the spaces of a divided course: where a launch leads, and the way from one space to another."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, update

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.lti.launch import Launch
from lti_tool.models import (
    Community,
    CommunityState,
    Course,
    CourseGroup,
    Enrolment,
    GradeColumn,
    LineItem,
    Membership,
    MembershipState,
    Prompt,
    Role,
    Seat,
)
from lti_tool.services import activities, parts
from lti_tool.services.acting import ActingMember
from lti_tool.services.coming_again import Place
from lti_tool.services.course_groups import CourseGroupView
from lti_tool.services.upserts import INSERTS
from lti_tool.services.visits import VISIT_ENDED, visiting

_NUMBER = re.compile(r"(\d+)")
# What a seat beside another one has of it.
_TAKEN_ALONG = (
    *("browser_session_id", "user_id", "resource_link_id", "role", "test_user", "lms_administrator"),
    *("locale", "document_target", "return_url", "frame_origins", "launched_at"),
)
_SEAT_KEY = ("browser_session_id", "user_id", "course_id")


@dataclass(frozen=True)
class Landing:
    """Where a launch into a divided course leads; whether what its link opens is to be looked for there."""

    place: Place
    opens_activity: bool = True


@dataclass(frozen=True)
class SpaceHere:
    """One of the spaces of a course that a member may enter; `name` is that of the space."""

    course_id: int
    name: str
    is_common: bool
    is_here: bool
    is_open: bool


def landing(launch: Launch, place: Place, now: datetime) -> Landing:
    """Tell where a launch leads: learners into the space of their group, all others where the course does.

    A link that opens something leads where that is: into the first space of theirs that has it, then into
    the common space, then to the home of their space. Of several groups the first by the name of its space
    counts.
    """
    found = sorted(db.session.execute(_theirs(place, now)).all(), key=_by_name)
    if launch.is_review and launch.grades is not None and launch.grades.line_item_url:
        reviewed = _of_column(place.course_id, launch.grades.line_item_url)
        return Landing(_at(place, found, reviewed, now))
    open_ones = [row for row in found if row.in_group and not row.staff and row.state is CommunityState.OPEN]
    if not open_ones:
        return Landing(place)
    key = activities.opened_by(launch)
    if key is None:
        return Landing(_at(place, found, open_ones[0].community_id, now))
    candidates = [row.community_id for row in open_ones]
    having = _with_prompt(key, [*candidates, place.community_id])
    where = next((one for one in [*candidates, place.community_id] if one in having), None)
    if where is None:
        return Landing(_at(place, found, candidates[0], now), opens_activity=False)
    return Landing(_at(place, found, where, now))


def _theirs(place: Place, now: datetime) -> Select:
    """The parts in which somebody is, with what decides where they land."""
    in_whole = parts.theirs
    return (
        select(
            Course.id,
            Course.community_id,
            Community.name,
            Community.state,
            Membership.id.label("membership_id"),
            parts.is_in_group(Course, in_whole).label("in_group"),
            parts.is_staff(in_whole, now).label("staff"),
        )
        .join(Community, Community.id == Course.community_id)
        .join(Enrolment, and_(Enrolment.course_id == Course.id, Enrolment.user_id == place.user_id))
        .join(
            Membership,
            and_(Membership.community_id == Course.community_id, Membership.user_id == place.user_id),
        )
        .join(in_whole, and_(in_whole.course_id == Course.part_of_id, in_whole.user_id == place.user_id))
        .where(
            Course.part_of_id == place.course_id,
            Enrolment.active,
            Membership.state != MembershipState.REMOVED,
        )
    )


def _by_name(row: Row) -> tuple:
    """The numbers in a name compare as numbers: group 2 stands before group 10."""
    words = (part for part in _NUMBER.split(row.name.casefold()) if part)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in words], row.id


def _at(place: Place, found: Sequence[Row], community_id: int | None, now: datetime) -> Place:
    """Return the place in one of these spaces, and note the visit there; the common space for any other."""
    row = next((row for row in found if row.community_id == community_id), None)
    if row is None:
        return place
    seen = update(Membership.__table__).where(Membership.id == row.membership_id)
    seen = seen.values(last_seen_at=now, **dict(VISIT_ENDED))
    db.session.connection().execute(seen, visiting(now))
    return replace(place, course_id=row.id, community_id=row.community_id)


def _of_column(course_id: int, url: str) -> int | None:
    """The community of the column that has this address in the gradebook of a course."""
    return db.session.scalars(
        select(GradeColumn.community_id)
        .join(LineItem, LineItem.column_id == GradeColumn.id)
        .join(Course, Course.id == LineItem.course_id)
        .where(_of_one(course_id), LineItem.url == url)
        .limit(1)
    ).one_or_none()


def _with_prompt(key: str, community_ids: Sequence[int]) -> set[int]:
    wanted = select(Prompt.community_id).where(
        Prompt.community_id.in_(community_ids), Prompt.key == key, Prompt.withdrawn_at.is_(None)
    )
    return set(db.session.scalars(wanted))


def seats_beside(seat_id: int, course_id: int) -> Mapping[int, int]:
    """Give a browser a seat in every other space of a whole course in which the person of this seat is.

    :returns: the number of each seat by that of its community. One statement.
    """
    return _seats(seat_id, course_id, None)


def enter(member: ActingMember, course_id: int) -> tuple[int, int]:
    """Go into another space of the course: give the member's browser a seat there.

    :returns: the numbers of the seat and of its community.
    :raises NotFound: it is no space of this course, or they are not in it.
    """
    whole_id = member.whole_course_id
    made = _seats(member.seat_id, whole_id, course_id) if whole_id is not None else {}
    for community_id, seat_id in made.items():
        return seat_id, community_id
    raise NotFound()


def _seats(seat_id: int, whole_id: int, only: int | None) -> Mapping[int, int]:
    source = (
        select(*(getattr(Seat, name) for name in _TAKEN_ALONG), Course.id, Course.community_id)
        .join(Course, _of_one(whole_id))
        .join(Enrolment, and_(Enrolment.user_id == Seat.user_id, Enrolment.course_id == Course.id))
        .join(
            Membership,
            and_(Membership.user_id == Seat.user_id, Membership.community_id == Course.community_id),
        )
        .where(
            Seat.id == seat_id,
            Course.id != Seat.course_id,
            Enrolment.active,
            Membership.state != MembershipState.REMOVED,
        )
        .order_by(Course.id)
    )
    if only is not None:
        source = source.where(Course.id == only)
    names = (*_TAKEN_ALONG, "course_id", "community_id")
    statement = INSERTS[db.engine.dialect.name](Seat.__table__).from_select(names, source)
    again = {name: statement.excluded[name] for name in names if name not in _SEAT_KEY}
    statement = statement.on_conflict_do_update(index_elements=list(_SEAT_KEY), set_=again)
    made = db.session.connection().execute(
        statement.returning(Seat.__table__.c.community_id, Seat.__table__.c.id)
    )
    return dict(map(tuple, made))


def spaces_of(member: ActingMember) -> list[SpaceHere]:
    """Return the spaces of the course that a member may enter, the common one first; none where it is one.

    One statement, and none where the course is not divided.
    """
    user_id, whole_id = member.user.id, member.whole_course_id
    if whole_id is None:
        return []
    found = db.session.execute(
        select(Course.id, Course.community_id, Course.part_of_id, Community.name, Community.state)
        .join(Community, Community.id == Course.community_id)
        .join(Enrolment, and_(Enrolment.course_id == Course.id, Enrolment.user_id == user_id))
        .join(Membership, and_(Membership.community_id == Course.community_id, Membership.user_id == user_id))
        .where(_of_one(whole_id), Enrolment.active, Membership.state != MembershipState.REMOVED)
    ).all()
    spaces = [
        SpaceHere(
            course_id=row.id,
            name=row.name,
            is_common=row.part_of_id is None,
            is_here=row.community_id == member.community.id,
            is_open=row.state is CommunityState.OPEN,
        )
        for row in sorted(found, key=lambda row: (row.part_of_id is not None, *_by_name(row)))
    ]
    return spaces if len(spaces) > 1 else []


def group_of(member: ActingMember) -> list[CourseGroupView]:
    """Return the group whose space this is, as the LMS tells it to a learner of it; nothing elsewhere."""
    if member.role is not Role.LEARNER or not member.is_in_part:
        return []
    found = db.session.execute(
        select(CourseGroup.id, CourseGroup.group_id, CourseGroup.name, CourseGroup.set_name)
        .join(Course, Course.part_of_id == CourseGroup.course_id)
        .where(
            Course.id == member.course_id,
            Course.part_group == CourseGroup.group_id,
            CourseGroup.hidden.is_(False),
        )
    )
    return [CourseGroupView(*row, course=None, hidden=False) for row in found]


def _of_one(whole_id: int) -> ColumnElement[bool]:
    """Tell of a course whether it is this whole one or one of its parts."""
    return or_(Course.id == whole_id, Course.part_of_id == whole_id)
