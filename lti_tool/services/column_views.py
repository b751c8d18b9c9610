"""The column as pages show it: what the community decided, and what each course's LMS says of it."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, select

from lti_tool.extensions import db
from lti_tool.models import Course, Deployment, Enrolment, LineItem, LineItemState, Membership, Platform
from lti_tool.services.rules import Rules

NO_COURSE = "no-course"


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


def column_of(by: Rules, member_id: int | None = None) -> ColumnView:
    """Return the column, as the LMS of this member's courses (None: of any course) has it; one statement."""
    return as_column(by, line_items_of(by, member_id))


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
    """Return the column's line items, those of one member's courses when `member_id` is given."""
    wanted = (
        select(LineItem, Course, Platform.name)
        .join(Course, Course.id == LineItem.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(LineItem.column_id == by.column_id)
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
    )
