"""A course that shares a space goes its own way again: what it would do and to whom, and the act itself.

Its people leave the space, unless another course that meets there has them, too. What they wrote stays. The
course gets back the space that it had before, or a new one where there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.grading.periods import monday_of
from lti_tool.models import (
    Community,
    CommunityState,
    Course,
    Enrolment,
    FormerSpace,
    Membership,
    MembershipState,
    NotificationKind,
)
from lti_tool.permissions import Act
from lti_tool.services import audit, course_agreements, course_moves, life, telling
from lti_tool.services.acting import ActingMember
from lti_tool.services.course_moves import title_of
from lti_tool.services.former_spaces import EMPTIED
from lti_tool.services.joining import column_names, contributions_in
from lti_tool.services.previews import mark_of


@dataclass(frozen=True)
class SpaceAfter:
    """The space in which the course will meet: the one that it had before, or a new one (`id` None)."""

    id: int | None
    name: str
    state: str
    contributions: int
    columns: Sequence[str]


@dataclass(frozen=True)
class Parting:
    """What would happen. `leaving`: how many, by the word of their role; `staying`: whom another course has.

    `appointed`: how many of those who leave have a role by hand here. `mine`: whoever decides leaves, too.
    """

    course_id: int
    title: str
    label: str | None
    leaving: dict[str, int]
    staying: int
    appointed: int
    columns: Sequence[str]
    after: SpaceAfter
    mine: bool
    seen: str = ""

    @property
    def people(self) -> int:
        """How many are in the course."""
        return sum(self.leaving.values())


def preview(member: ActingMember, course_id: int, now: datetime) -> Parting:
    """Say what it would do; nothing is changed by looking. Eight statements at most.

    :raises NotFound: no such course here, or no other one.
    """
    member.must(Act.ARRANGE_COURSES)
    here = (Course.id == course_id, Course.community_id == member.community.id, course_moves.MOVABLE)
    course = db.session.scalars(select(Course).where(*here)).one_or_none()
    if course is None:
        raise NotFound()
    return _foreseen(member, course, _former(course.id), now)


def part(member: ActingMember, course_id: int, seen: str, now: datetime) -> int:
    """Have a course meet in a space of its own from now on; return the number of that community.

    :param seen: of the preview that was confirmed.
    :raises NotFound: as `preview`. :raises Stale: `parting-outdated`, the preview says something else by now.
    """
    member.must(Act.ARRANGE_COURSES)
    course = course_moves.locked(course_id)
    if course is None or not course_moves.is_movable(course):
        raise NotFound()
    before = _former(course.id)
    numbers = (member.community.id, *((before.community_id,) if before else ()))
    spaces = course_moves.spaces_locked(*numbers)
    member.must(Act.ARRANGE_COURSES)
    if course.community_id != member.community.id:
        raise NotFound()
    foreseen = _foreseen(member, course, before, now)
    if foreseen.seen != seen:
        raise Stale("parting-outdated")
    after = spaces[before.community_id] if before else _new_space(member, course, now)
    course_moves.move(course, after, now, make_columns=member.may(Act.MANAGE_GRADES))
    course_agreements.forget(course.id)
    if before:
        life.bring_back(after, before.state_before, now)
        db.session.execute(delete(FormerSpace).where(FormerSpace.id == before.id))
    _tell(member, course, after, foreseen, now)
    db.session.flush()
    return after.id


def _tell(member: ActingMember, course: Course, after: Community, foreseen: Parting, now: datetime) -> None:
    for space, by_id in ((member.community, member.id), (after, None)):
        telling.no_longer_of_space(space.id, NotificationKind.COURSES_CHANGED)
        telling.of_space(space, NotificationKind.COURSES_CHANGED, now, now, by_id)
    named = {"course": title_of(course), "people": foreseen.people - foreseen.staying}
    audit.record(member, "community.course-parted", f"course:{course.id}", now, **named)
    named = {"course": title_of(course), "space": member.community.name}
    audit.record_by_clock(after, "community.course-came-back", now, **named)


def _new_space(member: ActingMember, course: Course, now: datetime) -> Community:
    """Make a space for the course as its first launch would, by the clock of the one that it leaves."""
    community = Community(
        organisation_id=member.community.organisation_id,
        name=title_of(course),
        time_zone=member.community.time_zone,
        starts_on=monday_of(now, member.community.time_zone),
        created_at=now,
    )
    db.session.add(community)
    db.session.flush()
    return community


def _former(course_id: int) -> FormerSpace | None:
    """Return the space that a course left last and that still has something in it."""
    wanted = (
        select(FormerSpace)
        .join(Community, Community.id == FormerSpace.community_id)
        .where(FormerSpace.course_id == course_id, Community.state.not_in(EMPTIED))
        .order_by(FormerSpace.left_at.desc(), FormerSpace.id.desc())
        .limit(1)
    )
    return db.session.scalars(wanted).one_or_none()


def _foreseen(member: ActingMember, course: Course, before: FormerSpace | None, now: datetime) -> Parting:
    others = select(Course.id).where(Course.community_id == member.community.id, Course.id != course.id)
    if db.session.scalar(others.limit(1)) is None:
        raise NotFound()
    staying, appointed = _who_is_special(member.community.id, course.id, now)
    told = Parting(
        course_id=course.id,
        title=title_of(course),
        label=course.label,
        leaving=course_moves.by_role(select(Course.id).where(Course.id == course.id), now),
        staying=staying,
        appointed=appointed,
        columns=column_names(member.community.id),
        after=_space_after(course, before),
        mine=member.course_id == course.id,
    )
    decides = {
        **{name: getattr(told, name) for name in ("course_id", "leaving", "staying", "appointed", "columns")},
        "here": [member.community.id, member.community.state.value],
        "after": [told.after.id, told.after.state, told.after.columns],
    }
    return Parting(**vars(told) | {"seen": mark_of(decides)})


def _who_is_special(community_id: int, course_id: int, now: datetime) -> tuple[int, int]:
    """Count whom another course here has, too, and of the others who has a role by hand; one statement."""
    others = select(Course.id).where(Course.community_id == community_id, Course.id != course_id)
    elsewhere = select(Enrolment.user_id).where(Enrolment.course_id.in_(others), Enrolment.active)
    here = (Enrolment.course_id == course_id, Enrolment.active, Enrolment.test_user.is_(False))
    staying = select(func.count()).where(*here, Enrolment.user_id.in_(elsewhere))
    appointed = (
        select(func.count())
        .select_from(Enrolment)
        .join(Membership, Membership.user_id == Enrolment.user_id)
        .where(
            *here,
            Enrolment.user_id.not_in(elsewhere),
            Membership.community_id == community_id,
            Membership.state != MembershipState.REMOVED,
            Membership.appointed_role.is_not(None),
            or_(Membership.appointed_until.is_(None), Membership.appointed_until > now),
        )
    )
    return tuple(db.session.execute(select(staying.scalar_subquery(), appointed.scalar_subquery())).one())


def _space_after(course: Course, before: FormerSpace | None) -> SpaceAfter:
    if before is None:
        return SpaceAfter(None, title_of(course), CommunityState.OPEN.value, 0, ())
    community = db.session.get_one(Community, before.community_id)
    return SpaceAfter(
        id=community.id,
        name=community.name,
        state=before.state_before.value,
        contributions=contributions_in(community.id),
        columns=column_names(community.id),
    )
