"""What became of a score on its way to the LMS, as people see it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Row, Select, select

from lti_tool.extensions import db
from lti_tool.grading.sending import Judged
from lti_tool.models import DeliveryState, LineItem, ScoreDelivery
from lti_tool.services.comparison import Mark, PutBack, put_back
from lti_tool.services.decisions import DecisionsInForce, decisions_in_force
from lti_tool.services.rules import Rules
from lti_tool.services.verdicts import Wanted, wanted

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
    value_now: Decimal | None = None  # what is to stand there: the computed score, or the one set by hand
    set_by_hand: bool = False
    why_not_sent: str | None = None  # grading.sending.Sending, where nothing may be sent
    without_assessment: bool = False
    changed: bool = False  # what would be sent now differs from what the LMS confirmed
    theirs_value: Decimal | None = None
    theirs_maximum: Decimal | None = None
    theirs_empty: bool = False
    replaced_value: Decimal | None = None  # what the LMS had before a decision of ours went over it
    replaced_maximum: Decimal | None = None
    put_back: PutBack | None = None  # what would be sent to have that again
    maximum_there: Decimal | None = None  # of the column in the LMS, as last seen
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


def of_member(by: Rules, member_id: int, stands: Judged) -> DeliveryView:
    """Return what became of one member's score; two statements."""
    found = by_member(by, {member_id: stands}, [member_id])
    return found[member_id]


def by_member(
    by: Rules, standing: Mapping[int, Judged], only: Iterable[int] | None = None
) -> dict[int, DeliveryView]:
    """Return what became of the score of each of these members, by their ids; two SQL statements for all."""
    decided = decisions_in_force(by.column_id, standing)
    cells: dict[int, list[Row]] = {}
    for cell in db.session.execute(_cells(by, only)):
        cells.setdefault(cell.member_id, []).append(cell)
    return {
        member_id: _most_urgent(by, cells.get(member_id, []), stands, decided[member_id])
        for member_id, stands in standing.items()
    }


# What is shown of a cell, as columns: thousands of them are read for one page.
_SHOWN = (
    ScoreDelivery.id,
    ScoreDelivery.member_id,
    ScoreDelivery.state,
    ScoreDelivery.confirmed_value,
    ScoreDelivery.confirmed_maximum,
    ScoreDelivery.confirmed_at,
    ScoreDelivery.theirs_value,
    ScoreDelivery.theirs_maximum,
    ScoreDelivery.theirs_empty,
    ScoreDelivery.replaced_value,
    ScoreDelivery.replaced_maximum,
    ScoreDelivery.asked_at,
    ScoreDelivery.due_at,
    ScoreDelivery.problem,
    ScoreDelivery.problem_detail,
    ScoreDelivery.attempts,
    LineItem.maximum.label("maximum_there"),
)


def _cells(by: Rules, only: Iterable[int] | None) -> Select:
    wanted = (
        select(*_SHOWN)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .where(LineItem.column_id == by.column_id)
        .order_by(ScoreDelivery.id)
    )
    return wanted if only is None else wanted.where(ScoreDelivery.member_id.in_(only))


def _most_urgent(by: Rules, cells: list[Row], stands: Judged, decided: DecisionsInForce) -> DeliveryView:
    confirmed = any(cell.confirmed_value is not None for cell in cells)
    to_be = wanted(by, stands, decided, sent_before=confirmed)
    seen = {
        "value_now": to_be.score,
        "set_by_hand": to_be.decision_id is not None,
        "why_not_sent": to_be.verdict.sending.value if to_be.value is None else None,
        "without_assessment": to_be.verdict.without_assessment,
    }
    if not cells:
        return DeliveryView(id=None, state=NONE, changed=to_be.value is not None, **seen)
    changed = any(_differs(cell, to_be, stands.maximum) for cell in cells)
    urgent = min(cells, key=lambda cell: URGENCY.index(cell.state))
    return _view(urgent, by.maximum, changed=changed, **seen)


def _differs(cell: Row, to_be: Wanted, maximum: Decimal) -> bool:
    """Compare shares: multiplied crosswise, two decimals each, they are exact."""
    if to_be.value is None or cell.confirmed_value is None:
        return to_be.value is not None
    return cell.confirmed_value * maximum != to_be.value * cell.confirmed_maximum


def _view(cell: Row, maximum: Decimal, **seen: object) -> DeliveryView:
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
        replaced_value=cell.replaced_value,
        replaced_maximum=cell.replaced_maximum,
        put_back=_put_back(cell, maximum),
        maximum_there=cell.maximum_there,
        asked_at=cell.asked_at,
        problem=cell.problem,
        problem_detail=cell.problem_detail,
        next_try_at=cell.due_at if cell.problem and cell.state is DeliveryState.DUE else None,
        attempts=cell.attempts,
        **seen,
    )


def _put_back(cell: Row, maximum: Decimal) -> PutBack | None:
    """Return what putting back would send, None where there is nothing that can be."""
    if cell.replaced_value is None or cell.replaced_value < 0:
        return None
    return put_back(Mark(cell.replaced_value, cell.replaced_maximum), maximum)
