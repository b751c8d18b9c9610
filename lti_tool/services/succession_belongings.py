"""What people have in courses that stay with the new registration, when their two rows change places.

A course that both registrations know may keep a life of its own, and others are known to the new one alone.
Who is enrolled there stays so, as the row that launches find from now on: enrolments, memberships with what
was written, given and appointed, seats of open pages, texts that were kept. Each is noted, to be given back.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from lti_tool.errors import Stale
from lti_tool.models import (
    Course,
    Deployment,
    Enrolment,
    KeptText,
    Membership,
    MovedKind,
    Seat,
    Succession,
    SuccessionMove,
    User,
)
from lti_tool.services.succession_moves import forget_loaded, goal_of, insert_moves, made_room, put, rows_of


@dataclass(frozen=True)
class _Belonging:
    """A table of what users have; `unique` besides the user, and whether it names course or community."""

    kind: MovedKind
    table: type
    unique: tuple[str, ...]
    of_course: bool = True

    def stands_in(self, courses) -> ColumnElement[bool]:
        """Whether a row of the table belongs to one of these courses."""
        if self.of_course:
            return courses.c.id == self.table.course_id
        return courses.c.community_id == self.table.community_id


_BELONGINGS = (
    _Belonging(MovedKind.ENROLMENT, Enrolment, ("course_id",)),
    _Belonging(MovedKind.MEMBERSHIP, Membership, ("community_id",), of_course=False),
    _Belonging(MovedKind.SEAT, Seat, ("browser_session_id", "course_id")),
    _Belonging(MovedKind.KEPT_TEXT, KeptText, (), of_course=False),
)


def hand_over(succession: Succession) -> None:
    """Give what those who made room have in courses that stay to the people in whose place they were.

    After the rows changed places. Where a person is in the community already, `end_duplicates` decides.
    """
    for belonging in _BELONGINGS:
        insert_moves(succession.id, belonging.kind, _going(succession, belonging))
    _carry(succession, SuccessionMove.after_id)


def give_back(succession: Succession) -> None:
    """Undo `hand_over`, with all that was done meanwhile.

    :raises Stale: `overtaken`.
    """
    _carry(succession, SuccessionMove.before_id)


def _carry(succession: Succession, goal: ColumnElement) -> None:
    try:
        for belonging in _BELONGINGS:
            kind, table = belonging.kind, belonging.table
            put(table, "user_id", goal_of(succession, goal, kind, table), rows_of(succession, kind))
            forget_loaded(table)
    except IntegrityError as overtaken:
        raise Stale("overtaken") from overtaken


def _going(succession: Succession, belonging: _Belonging) -> Select:
    table = belonging.table
    aside, person, member = aliased(User), aliased(User), aliased(Membership)
    stays = (
        select(Course.id, Course.community_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Deployment.platform_id == succession.new_platform_id, Course.community_id.is_not(None))
        .subquery()
    )
    rows = (
        select(table.id, aside.id, person.id)
        .distinct()
        .join(aside, aside.id == table.user_id)
        .join(person, (person.platform_id == succession.new_platform_id) & (person.sub == aside.sub))
        .join(stays, belonging.stands_in(stays))
        .where(
            aside.id.in_(made_room(succession)),
            ~select(member.id)
            .where(member.user_id == person.id, member.community_id == stays.c.community_id)
            .correlate(person, stays)
            .exists(),
        )
    )
    return rows.where(~_has_one(person, belonging)) if belonging.unique else rows


def _has_one(person: type[User], belonging: _Belonging) -> ColumnElement[bool]:
    """Whether the person has the like of it already."""
    theirs = aliased(belonging.table)
    same = (getattr(theirs, name) == getattr(belonging.table, name) for name in belonging.unique)
    return (
        select(theirs.id)
        .where(theirs.user_id == person.id, *same)
        .correlate(person, belonging.table)
        .exists()
    )
