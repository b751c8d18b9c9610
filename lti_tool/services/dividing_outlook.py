"""Who would see what if groups of a course got spaces of their own: read before anybody decides it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ScalarSelect, and_, func, literal, select

from lti_tool.extensions import db
from lti_tool.models import (
    Comment,
    Community,
    Course,
    CourseGroup,
    CourseGroupMember,
    Enrolment,
    GradeColumn,
    Membership,
    MembershipState,
    Post,
)
from lti_tool.permissions import Act
from lti_tool.services import course_groups, parts, people
from lti_tool.services.acting import ActingMember
from lti_tool.services.course_groups import CourseGroupView
from lti_tool.services.people import Person
from lti_tool.services.previews import mark_of

# So many people are named of each group; the others are counted.
MOST_NAMED = 40


@dataclass(frozen=True)
class GroupSpace:
    """The space that a group has: the course row that stands for it, its name, whether it is open."""

    part_id: int
    name: str
    state: str

    @property
    def is_open(self) -> bool:
        return self.state == "open"


@dataclass(frozen=True)
class GroupOutlook:
    """A group of the LMS with its people; `name`: what its space would be called, None: it gets none."""

    group: CourseGroupView
    count: int
    people: Sequence[Person]
    space: GroupSpace | None
    name: str | None


@dataclass(frozen=True)
class Outlook:
    """All groups, and what giving spaces to those that are chosen would mean. `mark` stands for all of it.

    `nowhere`, `several`: learners who would be in no space of a group, and in more than one, named up to
    MOST_NAMED and counted. `posts`, `columns`: what the common space has.
    """

    groups: Sequence[GroupOutlook]
    staff: Sequence[Person]
    nowhere: Sequence[Person]
    nowhere_count: int
    several: Sequence[Person]
    several_count: int
    contributions: int
    columns: int
    is_part: bool
    new_groups: int
    mark: str

    @property
    def chosen(self) -> Sequence[GroupOutlook]:
        """The groups that would get a space now."""
        return [one for one in self.groups if one.space is None and one.name is not None]

    @property
    def waiting(self) -> Sequence[GroupOutlook]:
        """The groups that have no space and could get one."""
        return [one for one in self.groups if one.space is None]

    @property
    def is_divided(self) -> bool:
        return any(one.space is not None for one in self.groups)


@dataclass
class _People:
    """Memberships by what they are in the courses: of each group, staff, learners."""

    in_groups: dict[int, set[int]] = field(default_factory=dict)
    staff: set[int] = field(default_factory=set)
    learners: set[int] = field(default_factory=set)


def outlook(member: ActingMember, names: Mapping[int, str], now: datetime) -> Outlook:
    """Return the groups of the community's courses, with what would follow. Six statements.

    :param names: the groups that are chosen, by their numbers here, with the names of their spaces.
    :raises NotAllowed: by who may not divide.
    """
    member.must(Act.DIVIDE)
    groups = course_groups.of_community(member.community.id)
    spaces, here = _spaces(member), _people(member, [one.id for one in groups], now)
    with_space = {one.id for one in groups if one.id in spaces or one.id in names}
    in_spaces = [here.in_groups.get(one, set()) & here.learners for one in with_space]
    several = {one for ours in in_spaces for one in ours if sum(one in other for other in in_spaces) > 1}
    nowhere = here.learners - set().union(*in_spaces)
    in_each = {one.id: sorted(here.in_groups.get(one.id, set())) for one in groups}
    named = [*_first(here.staff), *_first(nowhere), *_first(several)]
    known = _described([*named, *(one for ours in in_each.values() for one in ours[:MOST_NAMED])], now)
    shown = [
        GroupOutlook(
            group=one,
            count=len(in_each[one.id]),
            people=_in_order(known, in_each[one.id]),
            space=spaces.get(one.id),
            name=names.get(one.id),
        )
        for one in groups
    ]
    contributions, columns, is_part, new = _what_is_here(member)
    return Outlook(
        groups=shown,
        staff=_in_order(known, _first(here.staff)),
        nowhere=_in_order(known, _first(nowhere)),
        nowhere_count=len(nowhere),
        several=_in_order(known, _first(several)),
        several_count=len(several),
        contributions=contributions,
        columns=columns,
        is_part=is_part,
        new_groups=new,
        mark=_mark(shown, in_each, here),
    )


def new_groups(member: ActingMember) -> ScalarSelect[int]:
    """Select how many groups came after staff last decided about spaces, and have none; 0 for who may not."""
    if not member.may(Act.DIVIDE):
        return select(literal(0)).scalar_subquery()
    part = parts.part
    return (
        select(func.count())
        .select_from(Course)
        .join(CourseGroup, CourseGroup.course_id == Course.id)
        .outerjoin(part, and_(part.part_of_id == Course.id, part.part_group == CourseGroup.group_id))
        .where(
            Course.community_id == member.community.id,
            Course.divided,
            CourseGroup.id > Course.groups_seen,
            part.id.is_(None),
        )
        .scalar_subquery()
    )


def _spaces(member: ActingMember) -> dict[int, GroupSpace]:
    """The spaces that groups have, by the numbers of the groups."""
    part, whole = parts.part, parts.whole
    found = db.session.execute(
        select(CourseGroup.id, part.id, Community.name, Community.state)
        .join(part, (part.part_of_id == CourseGroup.course_id) & (part.part_group == CourseGroup.group_id))
        .join(whole, whole.id == part.part_of_id)
        .join(Community, Community.id == part.community_id)
        .where(whole.community_id == member.community.id)
    )
    return {group: GroupSpace(number, name, state.value) for group, number, name, state in found}


def _people(member: ActingMember, group_ids: Sequence[int], now: datetime) -> _People:
    """Who is in the courses of a community, and in which of these groups. Two statements."""
    here = _People()
    enrolled = db.session.execute(
        select(Enrolment.id, Membership.id, parts.is_staff(Enrolment, now))
        .join(Course, Course.id == Enrolment.course_id)
        .join(
            Membership,
            (Membership.community_id == Course.community_id) & (Membership.user_id == Enrolment.user_id),
        )
        .where(
            Course.community_id == member.community.id,
            Enrolment.active,
            Enrolment.test_user.is_(False),
            Membership.state != MembershipState.REMOVED,
        )
    ).all()
    member_of = {}
    for enrolment, member_id, is_staff in enrolled:
        member_of[enrolment] = member_id
        (here.staff if is_staff else here.learners).add(member_id)
    here.learners -= here.staff
    in_groups = db.session.execute(
        select(CourseGroupMember.course_group_id, CourseGroupMember.enrolment_id).where(
            CourseGroupMember.course_group_id.in_(group_ids)
        )
    )
    for group, enrolment in in_groups:
        if enrolment in member_of:
            here.in_groups.setdefault(group, set()).add(member_of[enrolment])
    return here


def _first(numbers: set[int]) -> list[int]:
    return sorted(numbers)[:MOST_NAMED]


def _described(numbers: Sequence[int], now: datetime) -> Mapping[int, Person]:
    wanted = select(Membership.id).where(Membership.id.in_(set(numbers)))
    return people.described_in_one(wanted, now)


def _in_order(known: Mapping[int, Person], numbers: Sequence[int]) -> list[Person]:
    found = [known[one] for one in numbers if one in known]
    return sorted(found, key=lambda one: (one.name is None, (one.name or "").casefold(), one.number))


def _what_is_here(member: ActingMember) -> tuple[int, int, bool, int]:
    """Count what was written in this space, and its columns; tell whether it is one of a group."""
    here = member.community.id
    posts = select(func.count()).select_from(Post)
    comments = select(func.count()).select_from(Comment)
    columns = select(func.count()).select_from(GradeColumn)
    of_groups = select(func.count()).select_from(Course)
    written, replies, graded, as_part, new = db.session.execute(
        select(
            posts.where(Post.community_id == here, Post.deleted_at.is_(None)).scalar_subquery(),
            comments.where(Comment.community_id == here, Comment.deleted_at.is_(None)).scalar_subquery(),
            columns.where(GradeColumn.community_id == here).scalar_subquery(),
            of_groups.where(Course.community_id == here, Course.part_of_id.is_not(None)).scalar_subquery(),
            new_groups(member),
        )
    ).one()
    return written + replies, graded, bool(as_part), new


def _mark(groups: Sequence[GroupOutlook], in_each: Mapping[int, list[int]], here: _People) -> str:
    """Say in few letters what was shown: who decides on something else is shown it again."""
    told = {
        "groups": sorted(
            (one.group.id, one.name, one.space and one.space.part_id, in_each[one.group.id]) for one in groups
        ),
        "staff": sorted(here.staff),
        "learners": sorted(here.learners),
    }
    return mark_of(told)
