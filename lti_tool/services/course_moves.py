"""A course meets in another space from now on: who comes in there, and what goes with them.

Contributions stay where they were written. A constant number of statements, however many are enrolled.
"""

from datetime import datetime

from sqlalchemy import CompoundSelect, Select, and_, func, literal, select, update
from sqlalchemy.orm import aliased

from lti_tool.extensions import db
from lti_tool.models import Community, Course, Enrolment, Membership, MembershipState, Seat, User
from lti_tool.services import columns, erasure_journal, running_scores, standings
from lti_tool.services.upserts import INSERTS

# What somebody decided about themselves, and staff about them, goes with them; roles given by hand do not.
_GOES_ALONG = ("muted_until", "pseudonym", "locale", "theme")
# Of somebody who had no membership there, though they are enrolled.
_USUAL = {"initials_only": False, "shortcuts": True}


# A course whose groups have spaces of their own stays where it is, and these do: who is in them follows it.
MOVABLE = and_(Course.part_of_id.is_(None), Course.divided.is_(False))


def is_movable(course: Course) -> bool:
    """Tell the same of a course that is at hand."""
    return course.part_of_id is None and not course.divided


def locked(course_id: int) -> Course | None:
    """Return a course with its row locked, as launches and lists of the course lock it; None: there is none.

    Before it the journal of erasures is locked: nobody comes in who is being erased.
    """
    erasure_journal.lock(to_erase=False)
    wanted = select(Course).where(Course.id == course_id).with_for_update(key_share=True)
    return db.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def spaces_locked(*community_ids: int) -> dict[int, Community]:
    """Return communities with their rows locked, in one order for all; after the course's row.

    Who publishes there meanwhile waits, and is refused when the space is an archive then.
    """
    wanted = select(Community).where(Community.id.in_(community_ids)).order_by(Community.id)
    locking = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    return {one.id: one for one in db.session.scalars(locking)}


def move(course: Course, to: Community, now: datetime, *, make_columns: bool) -> None:
    """Have a course meet in another community; the caller holds the rows of the three.

    :param make_columns: a trainer decides it, who may have columns made in the course's gradebook.
    """
    left_id = course.community_id
    columns.leave_course(course.id, left_id)
    course.community_id, course.meets_since = to.id, now
    db.session.flush()
    _let_in(course.id, left_id, to.id, now)
    _bring_seats(course.id, left_id, to.id)
    columns.want_in_course(course, to.id, now, make=make_columns)
    running_scores.mark_course_stale(to.id, course.id, now)


def _let_in(course_id: int, left_id: int, to_id: int, now: datetime) -> None:
    """Make everybody who is enrolled a member. Whom staff removed stays removed, and a name stays hidden."""
    before, there = aliased(Membership), aliased(Membership)
    values = {
        "community_id": literal(to_id),
        "user_id": User.id,
        "joined_at": literal(now, Membership.joined_at.type),
        "state": func.coalesce(before.state, literal(MembershipState.ACTIVE, Membership.state.type)),
        **{name: getattr(before, name) for name in _GOES_ALONG},
        **{name: func.coalesce(getattr(before, name), usual) for name, usual in _USUAL.items()},
    }
    source = (
        select(*values.values())
        .select_from(Enrolment)
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(before, and_(before.user_id == User.id, before.community_id == left_id))
        .outerjoin(there, and_(there.user_id == User.id, there.community_id == to_id))
        .where(
            Enrolment.course_id == course_id, Enrolment.active, User.erased_at.is_(None), there.id.is_(None)
        )
        .order_by(User.id)
    )
    insert = INSERTS[db.engine.dialect.name](Membership).from_select(list(values), source)
    _run(insert.on_conflict_do_nothing())


def _bring_seats(course_id: int, left_id: int, to_id: int) -> None:
    """Have those who are here at this moment go on in the other space; guests of the space stay there."""
    enrolled = select(Enrolment.user_id).where(Enrolment.course_id == course_id, Enrolment.active)
    here = (Seat.course_id == course_id, Seat.community_id == left_id, Seat.user_id.in_(enrolled))
    _run(update(Seat).where(*here).values(community_id=to_id))


def by_role(courses: Select | CompoundSelect, now: datetime) -> dict[str, int]:
    """Count who is enrolled in courses, by the word of their role, the highest first; one statement."""
    enrolled = standings.enrolled_in(courses, now)
    wanted = (
        select(enrolled.c.place, func.count())
        .join(User, User.id == enrolled.c.user_id)
        .where(enrolled.c.place > 0, enrolled.c.test_user == 0, User.erased_at.is_(None))
        .group_by(enrolled.c.place)
        .order_by(enrolled.c.place.desc())
    )
    return {standings.role_at(place).value: number for place, number in db.session.execute(wanted)}


def title_of(course: Course) -> str:
    """Return what a course is called."""
    return course.title or course.label or course.context_id


def _run(statement) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})
