"""A course joins the space of another: what it would do and to whom, and the act itself.

Staff of the space bring in a course of whose staff they are, or one whose staff gave them a code
(`course_agreements`). Contributions stay where they were written: the space that the course had becomes an
archive, which its people go on reading (`former_spaces`), unless other courses still meet there.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import and_, func, literal, or_, select, text

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.models import (
    Comment,
    Community,
    Course,
    Enrolment,
    FormerSpace,
    GradeColumn,
    Membership,
    NotificationKind,
    Post,
    Role,
)
from lti_tool.models.person import SAID_TO_BE_STAFF
from lti_tool.permissions import Act, roles_that_may
from lti_tool.services import (
    audit,
    course_agreements,
    course_moves,
    life,
    meeting_courses,
    people,
    roles,
    standings,
    telling,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.course_moves import title_of
from lti_tool.services.people import Person
from lti_tool.services.previews import mark_of
from lti_tool.services.roles import STAFF


@dataclass(frozen=True)
class SpaceBefore:
    """The space in which the course meets now, and what becomes of it.

    `kept`: it becomes an archive; else other courses still meet there. `appointed`: how many have a role by
    hand there, which does not go along.
    """

    id: int
    name: str
    state: str
    zone: str
    contributions: int
    appointed: int
    columns: Sequence[str]
    kept: bool
    dated: bool  # dates set in advance fall away


@dataclass(frozen=True)
class Joining:
    """What would happen, said before anything does. `coming`: how many, by the word of their role.

    `readers`: how many read here now; `contributions`: what those who come will find. `seen` names all of
    it that decides: whoever confirms sends it back.
    """

    course_id: int
    title: str
    label: str | None
    coming: dict[str, int]
    staff: Sequence[Person]
    before: SpaceBefore
    readers: int
    contributions: int
    columns: Sequence[str]
    makes_columns: bool
    seen: str = ""

    @property
    def people(self) -> int:
        """How many come in."""
        return sum(self.coming.values())


def preview(member: ActingMember, course_id: int, code: str | None, now: datetime) -> Joining:
    """Say what bringing a course in would do; nothing is changed by looking. Ten statements at most.

    :param code: of the course's staff; None where the member is of that staff.
    :raises NotFound: there is no such course that this member may bring in.
    """
    member.must(Act.ARRANGE_COURSES)
    return _foreseen(member, *_allowed(member, course_id, code, now), now)


def join(member: ActingMember, course_id: int, code: str | None, seen: str, now: datetime) -> None:
    """Have a course meet here from now on: one transaction, one at a time.

    :param seen: of the preview that was confirmed.
    :raises NotFound: as `preview`. :raises Stale: `joining-outdated`, the preview says something else by now.
    """
    member.must(Act.ARRANGE_COURSES)
    course = course_moves.locked(course_id)
    if course is None or course.community_id is None:
        raise NotFound()
    spaces = course_moves.spaces_locked(course.community_id, member.community.id)
    member.must(Act.ARRANGE_COURSES)  # as the space is now, with its row in hand
    if course.community_id == member.community.id:
        raise Stale("joining-outdated")
    foreseen = _foreseen(member, *_allowed(member, course_id, code, now), now)
    if foreseen.seen != seen:
        raise Stale("joining-outdated")
    left = spaces[course.community_id]
    state_before = left.state
    course_moves.move(course, member.community, now, make_columns=foreseen.makes_columns)
    course_agreements.forget(course.id)
    if foreseen.before.kept:
        row = FormerSpace(course_id=course.id, community_id=left.id, left_at=now, state_before=state_before)
        db.session.add(row)
        life.set_aside(left, now)
    _tell(member, course, left, foreseen, now)
    db.session.flush()


def _tell(member: ActingMember, course: Course, left: Community, foreseen: Joining, now: datetime) -> None:
    kind = NotificationKind.COURSES_CHANGED
    telling.no_longer_of_space(member.community.id, kind)
    telling.of_space(member.community, kind, now, now, member.id)
    about, named = f"course:{course.id}", {"course": title_of(course), "people": foreseen.people}
    audit.record(member, "community.course-joined", about, now, **named)
    theirs = (Membership.user_id == member.user.id, Membership.community_id == left.id)
    by_id = db.session.scalar(select(Membership.id).where(*theirs))
    named = {"course": title_of(course), "space": member.community.name}
    if by_id is None:  # by the code of its staff
        audit.record_by_clock(left, "community.course-left-by-code", now, **named)
    else:
        audit.record_in_community(
            by_id, "community.course-left", about, now, left.organisation_id, left.id, **named
        )


def _allowed(
    member: ActingMember, course_id: int, code: str | None, now: datetime
) -> tuple[Course, Community]:
    """Return a course that this member may bring in, and its space.

    :raises NotFound: there is none: no such course, of another organisation, or nobody's word for it.
    """
    if code is not None:
        if course_agreements.course_of(code, member.community.organisation_id, now) != course_id:
            raise NotFound()
        wanted = meeting_courses.elsewhere(member).where(Course.id == course_id)
        found = db.session.execute(wanted).one_or_none()
    else:
        wanted = meeting_courses.staffed(member).where(Course.id == course_id)
        found = db.session.execute(wanted).one_or_none()
        if found is not None and roles.of_enrolment(found.Enrolment, now) not in STAFF:
            found = None
    if found is None:
        raise NotFound()
    return found.Course, found.Community


def _foreseen(member: ActingMember, course: Course, left: Community, now: datetime) -> Joining:
    here = member.community
    only = select(Course.id).where(Course.id == course.id)
    listed = standings.listed_in(here.id, now)
    reading = roles_that_may(Act.READ, here.state, here.permission_overrides)
    readers = db.session.scalar(select(func.count()).select_from(listed).where(listed.c.role.in_(reading)))
    told = Joining(
        course_id=course.id,
        title=title_of(course),
        label=course.label,
        coming=course_moves.by_role(only, now),
        staff=_staff(course, now),
        before=_space_before(course, left, now),
        readers=readers,
        contributions=contributions_in(here.id, open_to_all=True),
        columns=column_names(here.id),
        makes_columns=member.may(Act.MANAGE_GRADES),
    )
    decides = {
        **{name: getattr(told, name) for name in ("course_id", "coming", "columns", "makes_columns")},
        "staff": [one.number for one in told.staff],
        "here": [here.id, here.state.value, here.time_zone],
        "before": asdict(told.before) | {"contributions": bool(told.before.contributions)},
    }
    return Joining(**vars(told) | {"seen": mark_of(decides)})


def _space_before(course: Course, left: Community, now: datetime) -> SpaceBefore:
    others = select(func.count()).where(Course.community_id == left.id, Course.id != course.id)
    appointed = select(func.count()).where(
        Membership.community_id == left.id,
        Membership.appointed_role.is_not(None),
        or_(Membership.appointed_until.is_(None), Membership.appointed_until > now),
    )
    still, by_hand = db.session.execute(select(others.scalar_subquery(), appointed.scalar_subquery())).one()
    return SpaceBefore(
        id=left.id,
        name=left.name,
        state=left.state.value,
        zone=left.time_zone,
        contributions=contributions_in(left.id),
        appointed=by_hand,
        columns=column_names(left.id),
        kept=not still,
        dated=any(getattr(left, name) is not None for name in life.AHEAD.get(left.state, ())),
    )


def _staff(course: Course, now: datetime) -> list[Person]:
    """Return who is of the course's staff by name; two statements, whom the LMS said to be staff."""
    said = select(Enrolment.user_id).where(
        Enrolment.course_id == course.id, Enrolment.active, text(SAID_TO_BE_STAFF)
    )
    numbers = select(Membership.id).where(
        and_(Membership.community_id == course.community_id, Membership.user_id.in_(said))
    )
    found = people.described_in_one(db.session.scalars(numbers).all(), now).values()
    return [one for one in found if one.role in (Role.TRAINER, Role.PEDAGOGICAL_LEAD)]


def contributions_in(community_id: int, *, open_to_all: bool = False) -> int:
    """Count the contributions of a community that were not deleted; one statement.

    :param open_to_all: those alone that stand in no sub-group.
    """
    of_all = [Post.subgroup_id.is_(None)] if open_to_all else []
    posts = select(func.count()).select_from(Post).where(Post.community_id == community_id)
    comments = (
        select(func.count())
        .select_from(Comment)
        .join(Post, Post.id == Comment.post_id)
        .where(Comment.community_id == community_id, Comment.deleted_at.is_(None))
    )
    counts = (one.where(Post.deleted_at.is_(None), *of_all).scalar_subquery() for one in (posts, comments))
    return db.session.scalar(select(sum(counts, literal(0))))


def column_names(community_id: int) -> list[str]:
    """Return what the gradebook columns of a community are called; one statement."""
    wanted = select(GradeColumn.name).where(GradeColumn.community_id == community_id)
    return list(db.session.scalars(wanted.order_by(GradeColumn.id)))
