"""The trainer's page: everybody's score, what the LMS has of it, and what there is to do."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lti_tool.grading.policy import Policy
from lti_tool.grading.score import Statement
from lti_tool.models import LineItemState
from lti_tool.permissions import Act
from lti_tool.services import column_views, delivery_views, participation, people, roles, rules
from lti_tool.services.acting import ActingMember
from lti_tool.services.column_views import ColumnView, LineItemView
from lti_tool.services.delivery_views import DeliveryView
from lti_tool.services.participation import ScoredMember
from lti_tool.services.people import Person
from lti_tool.services.rules import Rules

ALL, TO_SEND, PROBLEMS = "all", "to-send", "problems"
SHOWN = (ALL, TO_SEND, PROBLEMS)


@dataclass(frozen=True)
class GradeRow:
    """One learner on the trainer's page."""

    person: Person
    number: int
    score: Decimal
    at_close: Decimal
    percent: int
    contributions: int  # that count
    last_at: datetime | None  # of the latest contribution
    delivery: DeliveryView
    has_contributions: bool


@dataclass(frozen=True)
class Gradebook:
    """The rows asked for, and the counts of all."""

    column: ColumnView
    line_items: list[LineItemView]
    rows: list[GradeRow]
    counts: dict[str, int]
    show: str
    closed_periods: int
    total_periods: int
    busy: bool  # something is being sent, the page asks again
    policy: Policy
    zone: str


def gradebook(member: ActingMember, show: str, now: datetime) -> Gradebook | None:
    """Return the page for the staff who grade, None while grading is off; five statements."""
    member.must(Act.MANAGE_GRADES)
    by = rules.in_force(member.community.id)
    if by is None:
        return None
    rows = _rows(by, now)
    line_items = column_views.line_items_of(by)
    chosen = {name: [row for row in rows if _is_in(row, name)] for name in SHOWN}
    return Gradebook(
        column=column_views.as_column(by, line_items),
        line_items=line_items,
        rows=chosen.get(show, rows),
        counts={name.replace("-", "_"): len(found) for name, found in chosen.items()},
        show=show if show in SHOWN else ALL,
        closed_periods=sum(1 for period in by.periods if period.ends_at <= now),
        total_periods=len(by.periods),
        busy=_is_busy(rows, line_items),
        policy=by.policy,
        zone=by.zone,
    )


def _is_in(row: GradeRow, show: str) -> bool:
    if show == TO_SEND:
        return row.delivery.to_send
    return row.delivery.needs_attention if show == PROBLEMS else True


def _is_busy(rows: list[GradeRow], line_items: list[LineItemView]) -> bool:
    states = {item.state for item in line_items}
    if LineItemState.WANTED.value in states:
        return True
    return LineItemState.BOUND.value in states and any(row.delivery.under_way for row in rows)


def _rows(by: Rules, now: datetime) -> list[GradeRow]:
    members = participation.scored_members(by.community_id, now)
    statements = participation.statements_of(by, [one.membership.id for one in members], now)
    deliveries = delivery_views.by_member(by, statements)
    rows = [_row(one, statements[one.membership.id], deliveries[one.membership.id], now) for one in members]
    return sorted(
        rows, key=lambda row: (row.person.name is None, (row.person.name or "").casefold(), row.number)
    )


def _row(one: ScoredMember, stands: Statement, delivery: DeliveryView, now: datetime) -> GradeRow:
    role = roles.in_force(one.membership, one.enrolments, now)
    return GradeRow(
        person=people.shown(one.membership, one.membership.user, role),
        number=one.membership.id,
        score=stands.score,
        at_close=stands.at_close,
        percent=participation.percent_of(stands),
        contributions=sum(1 for line in stands.lines if line.counted),
        last_at=max((line.at for line in stands.lines), default=None),
        delivery=delivery,
        has_contributions=stands.has_contributions,
    )
