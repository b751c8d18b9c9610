"""Groups of a course that have a community of their own: one rule says who is in which.

A part is a row of `Course`, with enrolments of its own, so that everything which is asked of a course's
community (roles, members, columns, scores) is answered in a part without knowing of parts. Nobody launches
into one and no list names one: its enrolments follow from those of the whole course, by this rule.

- Who is active in the whole course, and was not removed from its community (the common space), is in the
  part of every group of theirs. Of several groups: in each.
- Staff of the course by enrolment are in every part.
- A part that was closed takes nobody in but staff; whoever was in it stays while they are in the course. So
  it is with all parts once the common space is emptied. (Into one that has not opened yet learners are
  taken, who may not read there before.)

`align` brings the enrolments into line: after a launch, after a list of the course, after an act of staff.
What happens beside these (a removal, a role that lapses) is found by `align_all`, by the clock.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from lti_tool.extensions import db
from lti_tool.models import (
    Community,
    CommunityState,
    Course,
    CourseGroup,
    CourseGroupMember,
    Enrolment,
    Membership,
    MembershipState,
)
from lti_tool.services import roles, running_scores
from lti_tool.services.line_items import Clock, Transaction
from lti_tool.services.upserts import INSERTS

_TAKES_IN = (CommunityState.DRAFT, CommunityState.PREPARING, CommunityState.OPEN)
_GONE = (CommunityState.PURGING, CommunityState.PURGED)
# What an enrolment in a part takes from the one in the whole course; what of it tells that it changed.
_TAKEN = (
    *("launch_roles", "launch_role", "launch_custom", "launched_at"),
    *("lower_roles", "lower_role", "lower_custom", "lowered_at"),
    *("roster_roles", "roster_role", "rostered_at", "test_user"),
)
_TELLING = (
    *("launch_role", "launched_at", "lower_role", "lowered_at"),
    *("roster_role", "rostered_at", "test_user"),
)
# A part (where not `Course` itself is one), the whole course, somebody's enrolment in it and their membership
# in the common space, the community of the part, their own enrolment in the part.
part, whole, theirs, common = aliased(Course), aliased(Course), aliased(Enrolment), aliased(Membership)
_space, _own = aliased(Community), aliased(Enrolment)


@dataclass(frozen=True)
class _Divided:
    """A whole course, the common space, the parts; and of whom it is asked: everybody, or one person."""

    id: int
    community_id: int
    parts: tuple[int, ...]
    frozen: bool  # the common space was emptied, and the groups with it
    now: datetime
    user_id: int | None

    def of(self, column: ColumnElement) -> list[ColumnElement[bool]]:
        """Narrow something to the person of whom it is asked."""
        return [] if self.user_id is None else [column == self.user_id]


def align(course_id: int, now: datetime, user_id: int | None = None) -> None:
    """Bring the enrolments in the parts of a course into line with the rule. Seven statements at most.

    Whoever calls holds the row of the whole course: two never do it at once.

    :param user_id: of this person alone.
    """
    found = db.session.execute(
        select(Course.id, whole.community_id, Community.state)
        .join(whole, whole.id == Course.part_of_id)
        .join(Community, Community.id == whole.community_id)
        .where(Course.part_of_id == course_id)
    ).all()
    if not found:
        return
    divided = _Divided(
        id=course_id,
        community_id=found[0].community_id,
        parts=tuple(row.id for row in found),
        frozen=found[0].state in _GONE,
        now=now,
        user_id=user_id,
    )
    _keep_addresses(course_id)
    returning = db.session.scalars(_returning(divided)).all()
    _end(divided)
    _enrol(divided)
    _let_in(divided)
    if returning:  # a score that is final is fixed of those alone who are here
        running_scores.mark_all_stale(returning, now)


def align_all(now: Clock, transaction: Transaction) -> None:
    """Bring every divided course into line, each in a transaction of its own; those in hand are left out."""
    with transaction():
        divided = db.session.scalars(select(Course.id).where(Course.divided).order_by(Course.id)).all()
    for course_id in divided:
        with transaction():
            if locked(course_id, wait=False):
                align(course_id, now())


def align_in(community_id: int, user_id: int, now: datetime) -> None:
    """Bring somebody into line in the parts of the courses that lead to a community."""
    here = select(Course.id).where(Course.community_id == community_id, Course.divided).order_by(Course.id)
    for course_id in db.session.scalars(here).all():
        if locked(course_id):
            align(course_id, now, user_id)


def locked(course_id: int, *, wait: bool = True) -> bool:
    """Take the row of a whole course, as launches and lists do; tell whether we have it."""
    wanted = select(Course.id).where(Course.id == course_id)
    row = wanted.with_for_update(of=Course, key_share=True, skip_locked=not wait)
    return db.session.scalar(row) is not None


def is_staff(enrolment: type[Enrolment], now: datetime) -> ColumnElement[bool]:
    """Tell of an enrolment whether its role in force is one of staff: `roles.of_enrolment`, in SQL."""
    counts = and_(enrolment.lower_role.is_not(None), enrolment.lowered_at <= now - roles.LOWER_LAUNCH_WAITS)
    launched = case((counts, enrolment.lower_role), else_=enrolment.launch_role)
    rostered = func.coalesce(enrolment.roster_role.in_(roles.STAFF), false())
    return or_(launched.in_(roles.STAFF), rostered)


def is_in_group(part: type[Course], enrolment: type[Enrolment]) -> ColumnElement[bool]:
    """Tell of an enrolment in the whole course whether it is in the group that a part stands for."""
    return (
        exists()
        .where(
            CourseGroup.course_id == part.part_of_id,
            CourseGroup.group_id == part.part_group,
            CourseGroupMember.course_group_id == CourseGroup.id,
            CourseGroupMember.enrolment_id == enrolment.id,
        )
        .correlate(part, enrolment)
    )


def _belonging(divided: _Divided, *columns: ColumnElement) -> Select:
    """Select the parts of a course with everybody whom the rule has in each, whether enrolled yet or not."""
    taken_in = and_(_space.state.in_(_TAKES_IN), is_in_group(Course, theirs))
    stays = and_(or_(_space.state.not_in(_TAKES_IN), literal(divided.frozen)), _own.active.is_(True))
    staff = and_(_space.state.not_in(_GONE), is_staff(theirs, divided.now))
    return (
        select(*columns)
        .select_from(Course)
        .join(_space, _space.id == Course.community_id)
        .join(theirs, theirs.course_id == Course.part_of_id)
        .join(common, and_(common.community_id == divided.community_id, common.user_id == theirs.user_id))
        .outerjoin(_own, and_(_own.course_id == Course.id, _own.user_id == theirs.user_id))
        .where(
            Course.id.in_(divided.parts),
            theirs.course_id == divided.id,
            theirs.active,
            common.state != MembershipState.REMOVED,
            or_(taken_in, stays, staff),
            *divided.of(theirs.user_id),
        )
    )


def _keep_addresses(course_id: int) -> None:
    """Give the parts the gradebook that the whole course has: that of the last launch."""
    of_whole = {
        name: select(getattr(whole, name)).where(whole.id == course_id).scalar_subquery()
        for name in ("line_items_url", "grade_scopes", "deployment_id")
    }
    scopes = select(cast(whole.grade_scopes, Text)).where(whole.id == course_id).scalar_subquery()
    differs = or_(
        Course.line_items_url.is_distinct_from(of_whole["line_items_url"]),
        Course.deployment_id != of_whole["deployment_id"],
        cast(Course.grade_scopes, Text).is_distinct_from(scopes),
    )
    _run(update(Course).where(Course.part_of_id == course_id, differs).values(**of_whole))


def _returning(divided: _Divided) -> Select:
    """The members of parts whose enrolment there had ended and goes on."""
    member = aliased(Membership)
    there = and_(member.community_id == Course.community_id, member.user_id == theirs.user_id)
    return _belonging(divided, member.id).join(member, there).where(_own.active.is_(False))


def _end(divided: _Divided) -> None:
    right = _belonging(divided, _own.id).where(_own.id.is_not(None))
    _run(
        update(Enrolment)
        .where(
            Enrolment.course_id.in_(divided.parts),
            Enrolment.active,
            Enrolment.id.not_in(right),
            *divided.of(Enrolment.user_id),
        )
        .values(active=False, left_at=divided.now)
    )


def _enrol(divided: _Divided) -> None:
    fixed = {
        "listed": literal(False),
        "active": literal(True),
        "left_at": literal(None, Enrolment.left_at.type),
        "created_at": literal(divided.now, Enrolment.created_at.type),
    }
    taken = [getattr(theirs, name) for name in _TAKEN]
    differs = [getattr(_own, name).is_distinct_from(getattr(theirs, name)) for name in _TELLING]
    source = (
        _belonging(divided, theirs.user_id, Course.id, *taken, *fixed.values())
        .where(or_(_own.id.is_(None), _own.active.is_(False), *differs))
        .order_by(theirs.user_id, Course.id)
    )
    insert = _insert(Enrolment).from_select(["user_id", "course_id", *_TAKEN, *fixed], source)
    again = {name: insert.excluded[name] for name in (*_TAKEN, "active", "left_at")}
    _run(insert.on_conflict_do_update(index_elements=["user_id", "course_id"], set_=again))


def _let_in(divided: _Divided) -> None:
    """Make members of those who are enrolled, with what they chose in the common space."""
    values = {
        "community_id": Course.community_id,
        "user_id": theirs.user_id,
        "state": literal(MembershipState.ACTIVE, Membership.state.type),
        "joined_at": literal(divided.now, Membership.joined_at.type),
        "initials_only": common.initials_only,
        "shortcuts": common.shortcuts,
        **{name: getattr(common, name) for name in ("pseudonym", "locale", "theme", "welcomed_at")},
    }
    member = aliased(Membership)
    there = and_(member.community_id == Course.community_id, member.user_id == theirs.user_id)
    source = (
        _belonging(divided, *values.values())
        .outerjoin(member, there)
        .where(member.id.is_(None))
        .order_by(Course.community_id, theirs.user_id)
    )
    _run(_insert(Membership).from_select(list(values), source).on_conflict_do_nothing())


def _insert(table: type[Enrolment] | type[Membership]):
    return INSERTS[db.engine.dialect.name](table.__table__)


def _run(statement) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})
