"""Groups that the LMS has in a course: what a launch says of them, which ones staff may choose from."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from lti_tool.extensions import db
from lti_tool.lti.launch import Launch
from lti_tool.models import Course, CourseGroup, CourseGroupMember, Enrolment, GroupSource, Membership
from lti_tool.services.upserts import INSERTS

_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class CourseGroupView:
    """A group as staff see it: `name` is None where the LMS told its number alone.

    `course` where several share the community; `hidden`: in the LMS learners do not see it.
    """

    id: int
    number: str
    name: str | None
    set_name: str | None
    course: str | None
    hidden: bool


class _Course(Protocol):
    groups_url: str | None


class _Enrolment(Protocol):
    launch_groups: list | None


def are_news(launch: Launch, course: _Course, enrolment: _Enrolment) -> bool:
    """Tell whether a launch says other groups of a person than the launch before.

    Where a service lists the groups of everybody, what launches say of one person counts for nothing.
    """
    said = launch.group_numbers
    return said is not None and course.groups_url is None and list(said) != enrolment.launch_groups


def said_by(launch: Launch, course_id: int, user_id: int) -> None:
    """Put the groups that a launch says in the place of those that earlier launches said of this person."""
    connection, numbers = db.session.connection(), list(launch.group_numbers)
    theirs = and_(Enrolment.user_id == user_id, Enrolment.course_id == course_id)
    connection.execute(update(Enrolment.__table__).where(theirs).values(launch_groups=numbers))
    named = and_(CourseGroup.course_id == course_id, CourseGroup.group_id.in_(numbers))
    insert = INSERTS[connection.dialect.name]
    if numbers:
        source = {"hidden": False, "source": GroupSource.LAUNCH}
        rows = [{"course_id": course_id, "group_id": number} | source for number in sorted(numbers)]
        connection.execute(insert(CourseGroup.__table__).values(rows).on_conflict_do_nothing())
    of_launches = select(CourseGroup.id).where(
        CourseGroup.course_id == course_id, CourseGroup.source == GroupSource.LAUNCH, ~named
    )
    enrolment = select(Enrolment.id).where(theirs).scalar_subquery()
    connection.execute(
        delete(CourseGroupMember.__table__).where(
            CourseGroupMember.enrolment_id == enrolment, CourseGroupMember.course_group_id.in_(of_launches)
        )
    )
    if numbers:
        pairs = (
            select(CourseGroup.id, Enrolment.id)
            .join(Enrolment, Enrolment.course_id == CourseGroup.course_id)
            .where(named, theirs)
            .order_by(CourseGroup.id)
        )
        made = insert(CourseGroupMember.__table__).from_select(["course_group_id", "enrolment_id"], pairs)
        connection.execute(made.on_conflict_do_nothing())


def of_community(community_id: int) -> list[CourseGroupView]:
    """Return the groups of a community's courses by name, then by number; one statement.

    A number that launches told is left out once nobody is in that group any more.
    """
    beside = aliased(Course)
    courses_here = select(func.count()).select_from(beside).where(beside.community_id == community_id)
    has_somebody = (
        exists()
        .where(
            CourseGroupMember.course_group_id == CourseGroup.id,
            Enrolment.id == CourseGroupMember.enrolment_id,
            Enrolment.active,
        )
        .correlate(CourseGroup)
    )
    found = db.session.execute(
        select(CourseGroup, Course.title, Course.label, Course.context_id, courses_here.scalar_subquery())
        .join(Course, Course.id == CourseGroup.course_id)
        .where(
            Course.community_id == community_id,
            or_(CourseGroup.source == GroupSource.SERVICE, has_somebody),
        )
    )
    groups = [
        _view(group, (title or label or context) if courses > 1 else None)
        for group, title, label, context, courses in found
    ]
    return sorted(groups, key=_place)


def _view(group: CourseGroup, course: str | None) -> CourseGroupView:
    return CourseGroupView(group.id, group.group_id, group.name, group.set_name, course, group.hidden)


def _place(group: CourseGroupView) -> tuple:
    """Named ones first; the numbers in a name compare as numbers: 2 stands before 10."""
    words = [group.name or group.number, group.set_name or "", group.course or ""]
    return group.name is None, [_natural(word) for word in words], group.id


def _natural(text: str) -> list[tuple[int, int, str]]:
    parts = (part for part in _NUMBER.split(text.casefold()) if part)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def is_in(group_id: int) -> ColumnElement[bool]:
    """Tell of memberships whether the person is in a group of the community's own, by an active enrolment."""
    enrolment, course = aliased(Enrolment), aliased(Course)
    return (
        exists()
        .where(
            CourseGroupMember.course_group_id == group_id,
            CourseGroup.id == CourseGroupMember.course_group_id,
            course.id == CourseGroup.course_id,
            course.community_id == Membership.community_id,
            enrolment.id == CourseGroupMember.enrolment_id,
            enrolment.user_id == Membership.user_id,
            enrolment.active,
        )
        .correlate(Membership)
    )


def of_members(community_id: int, member_ids: Iterable[int]) -> Mapping[int, set[int]]:
    """Return the groups, by their ids, that these members are in by active enrolments; one statement."""
    found = db.session.execute(
        select(Membership.id, CourseGroupMember.course_group_id)
        .join(Enrolment, Enrolment.user_id == Membership.user_id)
        .join(Course, and_(Course.id == Enrolment.course_id, Course.community_id == community_id))
        .join(CourseGroupMember, CourseGroupMember.enrolment_id == Enrolment.id)
        .where(Membership.community_id == community_id, Membership.id.in_(set(member_ids)), Enrolment.active)
    )
    groups: dict[int, set[int]] = {}
    for member_id, group_id in found:
        groups.setdefault(member_id, set()).add(group_id)
    return groups
