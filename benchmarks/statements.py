"""A learner's facts, as many as wanted, spread over the weeks of a training."""

from datetime import UTC, date, timedelta
from decimal import Decimal

from benchmarks.measuring import Act
from lti_tool.grading.facts import Act as FactAct
from lti_tool.grading.facts import Fact, Kind
from lti_tool.grading.periods import weekly_periods
from lti_tool.grading.policy import POINTS_AND_PACE
from lti_tool.grading.score import statement

ZONE = "Europe/Paris"
WEEKS = weekly_periods(date(2026, 9, 7), 8, ZONE)
SPAN = WEEKS[-1].ends_at - WEEKS[0].starts_at


def statement_of(count: int) -> Act:
    """Return what computes the statement of so many contributions, every second one a question."""
    facts = [_written(number, count) for number in range(count)]
    end = WEEKS[-1].ends_at.astimezone(UTC)
    return lambda: statement(facts, POINTS_AND_PACE, WEEKS, end, Decimal(20), zone=ZONE)


def _written(number: int, of: int) -> Fact:
    return Fact(
        id=number + 1,
        act=FactAct.WRITTEN,
        subject=f"post:{number + 1}",
        kind=Kind.QUESTION if number % 2 else Kind.ANSWER,
        at=WEEKS[0].starts_at + timedelta(hours=9) + SPAN * number / (of + 1),
        words=40,
    )
