"""What would still count in the open period, for the learner's page."""

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction

from .facts import Kind
from .ledger import PeriodSum, Statement
from .periods import local_day, zone_of
from .policy import Policy

# The kinds that a member can write today; the others are hidden until their form exists.
WRITABLE = (Kind.QUESTION, Kind.ANSWER)


@dataclass(frozen=True)
class Hint:
    """``more`` further contributions of ``kind`` would count this period, ``points`` each in full.

    ``room`` is what the period can still bring under its cap, ``today`` how many contributions of
    any kind the daily limit still leaves today, ``min_words`` the length asked for (None: any).
    """

    kind: Kind
    more: int
    points: Fraction
    min_words: int | None
    room: Fraction
    today: int


def next_steps(statement: Statement, policy: Policy, kinds: Collection[Kind] = WRITABLE) -> tuple[Hint, ...]:
    """Return a hint for each of ``kinds`` of which another one would count, most points first.

    Empty when no period is open or when the open one has reached its cap.
    """
    period = statement.open_period
    if period is None or period.kept >= period.cap:
        return ()
    today = _left_today(statement, policy)
    hints = [_hint(kind, statement, policy, period, today) for kind in Kind if kind in kinds]
    useful = [hint for hint in hints if hint is not None]
    return tuple(sorted(useful, key=lambda hint: (-hint.points, hint.kind)))


def _hint(kind: Kind, statement: Statement, policy: Policy, period: PeriodSum, today: int) -> Hint | None:
    rule = policy.rules.get(kind)
    if rule is None or not rule.base:
        return None
    counted = sum(
        1 for line in statement.lines if line.counted and line.kind is kind and line.period == period.number
    )
    if counted >= rule.per_period:
        return None
    return Hint(kind, rule.per_period - counted, rule.base, rule.min_words, period.cap - period.kept, today)


def _left_today(statement: Statement, policy: Policy) -> int:
    zone = zone_of(statement.zone)
    today = local_day(statement.as_of, zone)
    counted = sum(
        1
        for line in statement.lines
        if line.counted and line.kind.is_contribution and local_day(line.at, zone) == today
    )
    return max(0, policy.daily_limit - counted)
