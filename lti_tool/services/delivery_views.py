"""What became of a score on its way to the LMS, as people see it."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.grading.score import Statement
from lti_tool.models import DeliveryState, LineItem, ScoreDelivery
from lti_tool.services.rules import Rules

NONE = "none"

# When somebody has cells in several courses, the one that needs attention most is shown.
URGENCY = (
    DeliveryState.HELD,
    DeliveryState.REFUSED,
    DeliveryState.SENDING,
    DeliveryState.DUE,
    DeliveryState.READY,
    DeliveryState.KEPT,
    DeliveryState.CONFIRMED,
)
UNDER_WAY = frozenset({DeliveryState.DUE.value, DeliveryState.SENDING.value})
PROBLEMS = frozenset({DeliveryState.HELD.value, DeliveryState.REFUSED.value})


@dataclass(frozen=True)
class DeliveryView:
    """One cell of the LMS gradebook. `state` is a DeliveryState, or "none" when nothing was ever asked."""

    id: int | None
    state: str
    confirmed_value: Decimal | None = None
    confirmed_maximum: Decimal | None = None
    confirmed_at: datetime | None = None
    value_now: Decimal | None = None
    changed: bool = False  # what would be sent now differs from what the LMS confirmed
    theirs_value: Decimal | None = None
    theirs_maximum: Decimal | None = None
    theirs_empty: bool = False
    asked_at: datetime | None = None
    problem: str | None = None
    problem_detail: str | None = None
    next_try_at: datetime | None = None
    attempts: int = 0

    @property
    def under_way(self) -> bool:
        """Whether a worker has it or will take it."""
        return self.state in UNDER_WAY

    @property
    def needs_attention(self) -> bool:
        """Whether somebody has to decide or to mend something, or the LMS could not be reached."""
        return self.state in PROBLEMS or self.problem is not None

    @property
    def to_send(self) -> bool:
        """Whether there is something that nobody has asked to be sent, or decided to leave, yet."""
        settled = self.under_way or self.state in PROBLEMS or self.state == DeliveryState.KEPT.value
        return self.changed and not settled


def of_member(by: Rules, member_id: int, stands: Statement) -> DeliveryView:
    """Return what became of one member's score; one statement."""
    found = by_member(by, {member_id: stands}, [member_id])
    return found[member_id]


def by_member(
    by: Rules, statements: dict[int, Statement], only: list[int] | None = None
) -> dict[int, DeliveryView]:
    """Return what became of each of these statements, by member id; one SQL statement for all."""
    wanted = (
        select(ScoreDelivery)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .where(LineItem.column_id == by.column_id)
        .order_by(ScoreDelivery.id)
    )
    if only is not None:
        wanted = wanted.where(ScoreDelivery.member_id.in_(only))
    cells: dict[int, list[ScoreDelivery]] = {}
    for cell in db.session.scalars(wanted):
        cells.setdefault(cell.member_id, []).append(cell)
    return {
        member_id: _most_urgent(cells.get(member_id, []), stands) for member_id, stands in statements.items()
    }


def _most_urgent(cells: list[ScoreDelivery], stands: Statement) -> DeliveryView:
    if not cells:
        return DeliveryView(id=None, state=NONE, value_now=stands.score, changed=stands.has_contributions)
    view = _view(min(cells, key=lambda cell: URGENCY.index(cell.state)))
    changed = any(_differs(cell, stands) for cell in cells)
    return replace(view, value_now=stands.score, changed=changed)


def _differs(cell: ScoreDelivery, stands: Statement) -> bool:
    if cell.confirmed_value is None:
        return stands.has_contributions
    confirmed = Fraction(cell.confirmed_value) / Fraction(cell.confirmed_maximum)
    return confirmed != Fraction(stands.score) / Fraction(stands.maximum)


def _view(cell: ScoreDelivery) -> DeliveryView:
    shows_theirs = cell.state in (DeliveryState.HELD, DeliveryState.KEPT)
    return DeliveryView(
        id=cell.id,
        state=cell.state.value,
        confirmed_value=cell.confirmed_value,
        confirmed_maximum=cell.confirmed_maximum,
        confirmed_at=cell.confirmed_at,
        theirs_value=cell.theirs_value if shows_theirs else None,
        theirs_maximum=cell.theirs_maximum if shows_theirs else None,
        theirs_empty=shows_theirs and cell.theirs_empty,
        asked_at=cell.asked_at,
        problem=cell.problem,
        problem_detail=cell.problem_detail,
        next_try_at=cell.due_at if cell.problem and cell.state is DeliveryState.DUE else None,
        attempts=cell.attempts,
    )
