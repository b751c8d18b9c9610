"""The column as pages show it: what the community decided, and what each course's LMS says of it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import joinedload

from lti_tool.extensions import db
from lti_tool.models import (
    ColumnKind,
    Course,
    Deployment,
    Enrolment,
    GradeColumn,
    LineItem,
    LineItemState,
    Membership,
    Platform,
    Prompt,
    Succession,
)
from lti_tool.services.people import Person, shown
from lti_tool.services.problems import Problem
from lti_tool.services.rules import Rules

T = TypeVar("T")
NO_COURSE = "no-course"


@dataclass(frozen=True)
class Automatic:
    """A trainer's decision to have a column sent by itself when a period closes."""

    column: str
    at: datetime
    by: Person


@dataclass(frozen=True)
class ColumnTab:
    """A column as somebody chooses it among others."""

    id: int
    name: str


@dataclass(frozen=True)
class ColumnView:
    """Name and maximum as decided here; state and problem of the LMS side that needs most attention."""

    name: str
    maximum: Decimal
    state: str
    problem: str | None
    problem_detail: str | None
    ours: bool
    lms_name: str | None


@dataclass(frozen=True)
class LineItemView:
    """The column in one course's LMS gradebook; label and maximum as the LMS said when last seen."""

    id: int
    course: str | None
    state: str
    ours: bool
    problem: str | None
    problem_detail: str | None
    label: str | None
    maximum: Decimal | None
    lms_name: str
    renamed_from: str | None = None  # what it was called when it was bound, where the LMS calls it otherwise
    rescaled_from: Decimal | None = None  # likewise its maximum
    checked_at: datetime | None = None  # when what stands there was last compared
    awaits_link: bool = False  # it comes with a link that was placed; nothing is under way
    asks_about_reading: bool = False  # the LMS shows us no grades, and nobody has agreed to that yet


def column_of(by: Rules, member_id: int | None = None) -> ColumnView:
    """Return the column, as the LMS of this member's courses (None: of any course) has it; one statement."""
    return as_column(by, line_items_of(by, member_id))


def sent_by_themselves(community_id: int, now: datetime) -> list[Automatic]:
    """Return the columns of a community that are sent by themselves, with who decided so; one statement.

    Not those of prompts that have not opened: what will be asked is not told before.
    """
    found = db.session.execute(
        select(GradeColumn, Membership)
        .join(Membership, Membership.id == GradeColumn.automatic_by_id)
        .outerjoin(Prompt, Prompt.id == GradeColumn.prompt_id)
        .where(
            GradeColumn.community_id == community_id,
            GradeColumn.automatic_at.is_not(None),
            _told_to_learners(now),
        )
        .options(joinedload(Membership.user))
        .order_by(GradeColumn.id)
    )
    return [
        Automatic(column.name, column.automatic_at, shown(decided_by, decided_by.user, None))
        for column, decided_by in found
    ]


def shown_to_learners(community_id: int, now: datetime) -> list[ColumnTab]:
    """Return the columns whose score learners may open, the whole score first; one statement."""
    found = db.session.execute(
        select(GradeColumn.id, GradeColumn.name)
        .outerjoin(Prompt, Prompt.id == GradeColumn.prompt_id)
        .where(GradeColumn.community_id == community_id, _told_to_learners(now))
        .order_by(GradeColumn.kind != ColumnKind.PARTICIPATION, GradeColumn.id)
    )
    return [ColumnTab(*row) for row in found]


def _told_to_learners(now: datetime) -> ColumnElement[bool]:
    """Tell of a prompt only what was there to be answered, at least for a while."""
    not_withdrawn_before = or_(Prompt.withdrawn_at.is_(None), Prompt.withdrawn_at >= Prompt.opens_at)
    return or_(Prompt.id.is_(None), and_(Prompt.opens_at <= now, not_withdrawn_before))


def as_column(by: Rules, line_items: list[LineItemView]) -> ColumnView:
    """Sum up line items: the one that needs attention most speaks for the column."""
    urgency = (LineItemState.REFUSED.value, LineItemState.WANTED.value, LineItemState.BOUND.value)
    worst = min(line_items, key=lambda item: urgency.index(item.state), default=None)
    if worst is None:
        return ColumnView(by.name, by.maximum, LineItemState.REFUSED.value, NO_COURSE, None, True, None)
    return ColumnView(
        name=by.name,
        maximum=by.maximum,
        state=worst.state,
        problem=worst.problem,
        problem_detail=worst.problem_detail,
        ours=worst.ours,
        lms_name=worst.lms_name,
    )


def line_items_of(by: Rules, member_id: int | None = None) -> list[LineItemView]:
    """Return the column's line items, those of one member's courses when `member_id` is given.

    Nothing is sent any more by a connection that was replaced, nor to a course that meets elsewhere: what
    these have is left out.
    """
    replaced = exists().where(Succession.old_platform_id == Platform.id, Succession.reverted_at.is_(None))
    wanted = (
        select(LineItem, Course, Platform.name)
        .join(Course, Course.id == LineItem.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(LineItem.column_id == by.column_id, ~replaced)
        .where(or_(LineItem.problem.is_(None), LineItem.problem != Problem.COURSE_ELSEWHERE.value))
        .order_by(LineItem.id)
    )
    if member_id is not None:
        wanted = _of_courses_of(wanted, member_id)
    return [_line_item(item, course, lms_name) for item, course, lms_name in db.session.execute(wanted)]


def _of_courses_of(wanted: Select, member_id: int) -> Select:
    return wanted.where(
        Course.id.in_(
            select(Enrolment.course_id)
            .join(Membership, Membership.user_id == Enrolment.user_id)
            .where(Membership.id == member_id, Enrolment.active)
        )
    )


def _line_item(item: LineItem, course: Course, lms_name: str) -> LineItemView:
    return LineItemView(
        id=item.id,
        course=course.title or course.label,
        state=item.state.value,
        ours=item.ours,
        problem=item.problem,
        problem_detail=item.problem_detail,
        label=item.label,
        maximum=item.maximum,
        lms_name=lms_name,
        renamed_from=_before(item.bound_label, item.label),
        rescaled_from=_before(item.bound_maximum, item.maximum),
        checked_at=item.checked_at,
        awaits_link=item.placed and item.url is None and item.state is LineItemState.WANTED,
        asks_about_reading=bool(item.results_unreadable) and item.unread_accepted_at is None,
    )


def _before(bound: T | None, now: T | None) -> T | None:
    """Return what was bound where it is another now, None where nothing changed or nothing is known."""
    return bound if bound is not None and now is not None and bound != now else None
