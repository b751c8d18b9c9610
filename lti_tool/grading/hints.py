"""What would still count in the open period, and what would raise the score most, for the learner's page."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil

from .exact import exact, round_half_up
from .facts import Kind
from .ledger import Line, PeriodSum, Reason, Statement
from .milestones import tally
from .parts import Standing, share_of
from .periods import local_day, zone_of
from .policy import Part, Policy

# The kinds that a member can write today; the others are hidden until their form exists.
WRITABLE = (Kind.QUESTION, Kind.ANSWER, Kind.EXPERIENCE, Kind.RESOURCE)
# What lies over a limit stands all the same, and a checklist counts it.
_STANDING_OVER_A_LIMIT = frozenset({Reason.OVER_KIND_LIMIT, Reason.OVER_DAILY_LIMIT, Reason.OVER_PERIOD_CAP})


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


class Aim(StrEnum):
    """What a step is taken for."""

    HELP = "help"  # somebody whom the member has not helped yet
    ACTIVE = "active"  # the open period becomes an active one
    MILESTONE = "milestone"
    CONTRIBUTE = "contribute"


@dataclass(frozen=True)
class Step:
    """``count`` contributions of ``kind`` that count in full raise the score by exactly ``gain``.

    ``gain`` is in points of the maximum and holds for what is written within the open period, by and
    by where the daily limit asks for it: ``today`` is how many of them count today already. With the
    aim HELP they answer somebody new, with any other nobody new. ``min_words``: the length asked for.
    """

    aim: Aim
    kind: Kind
    count: int
    gain: Decimal
    min_words: int | None
    today: int


def next_steps(statement: Statement, policy: Policy, kinds: Collection[Kind] = WRITABLE) -> tuple[Hint, ...]:
    """Return a hint for each of ``kinds`` of which another one would count, most points first.

    Empty when points weigh nothing or no period is open, and when the open one is excused or has
    reached its cap.
    """
    period = statement.open_period
    if Part.ACTIVITY not in policy.weighed or period is None:
        return ()
    if period.excused or period.kept >= period.cap:
        return ()
    today = _left_today(statement, policy)
    hints = [_hint(kind, statement, policy, period, today) for kind in Kind if kind in kinds]
    useful = [hint for hint in hints if hint is not None]
    return tuple(sorted(useful, key=lambda hint: (-hint.points, hint.kind)))


def _hint(kind: Kind, statement: Statement, policy: Policy, period: PeriodSum, today: int) -> Hint | None:
    rule = policy.rules.get(kind)
    if rule is None or not rule.base:
        return None
    counted = len(_counted(statement, kind, period))
    if counted >= rule.per_period:
        return None
    return Hint(kind, rule.per_period - counted, rule.base, rule.min_words, period.cap - period.kept, today)


def _counted(statement: Statement, kind: Kind, period: PeriodSum) -> list[Line]:
    return [
        line
        for line in statement.lines
        if line.counted and line.kind is kind and line.period == period.number
    ]


def _left_today(statement: Statement, policy: Policy) -> int:
    zone = zone_of(statement.zone)
    today = local_day(statement.as_of, zone)
    counted = sum(
        1
        for line in statement.lines
        if line.counted and line.kind.is_contribution and local_day(line.at, zone) == today
    )
    return max(0, policy.daily_limit - counted)


def worth_most(statement: Statement, policy: Policy, kinds: Collection[Kind] = WRITABLE) -> tuple[Step, ...]:
    """Return what of ``kinds`` would raise the score within the open period, the largest gain first.

    Each gain is what the model makes of the statement with the step taken. A step whose effect does
    not follow from the statement alone is left out: what is promised is kept. Empty when no period
    is open or the open one is excused.
    """
    period = statement.open_period
    if period is None or period.excused:
        return ()
    outlook = _Outlook(statement, policy, period)
    best: dict[tuple[Kind, int], Step] = {}
    for kind in (kind for kind in Kind if kind in kinds and kind in policy.rules):
        for step in outlook.steps(kind):
            known = best.get((step.kind, step.count))
            if step.gain > 0 and (known is None or step.gain > known.gain):
                best[step.kind, step.count] = step
    return tuple(sorted(best.values(), key=lambda step: (-step.gain, step.count, step.kind)))


def standing_of(statement: Statement, policy: Policy) -> Standing:
    """Return what the parts of ``statement`` were measured from, as far as ``policy`` weighs it."""
    measured = {measure.part: measure.have for measure in statement.measures}
    return Standing(
        policy=policy,
        total=statement.total_periods,
        kept={period.number: period.kept for period in statement.periods},
        closed=frozenset(period.number for period in statement.periods if not period.open),
        excused=frozenset(period.number for period in statement.periods if period.excused),
        open=statement.open_period.number if statement.open_period else None,
        helped=int(measured.get(Part.HELP, 0)),
        rubric=measured.get(Part.ASSESSMENT),
        tally=tally(_tallied(statement), policy, statement.zone),
    )


def _tallied(statement: Statement) -> Iterator[tuple]:
    for line in statement.lines:
        if line.counted or line.reason in _STANDING_OVER_A_LIMIT:
            yield line.kind, line.period, line.at, line.subject


class _Outlook:
    """What becomes of one statement when something is added in its open period."""

    def __init__(self, statement: Statement, policy: Policy, period: PeriodSum) -> None:
        self._statement, self._policy, self._period = statement, policy, period
        self._standing = standing_of(statement, policy)
        self._today = _left_today(statement, policy)
        self._later = policy.daily_limit * self._days_after_today()
        self._points_matter = bool({Part.ACTIVITY, Part.REGULARITY} & set(policy.weighed))

    def steps(self, kind: Kind) -> Iterator[Step]:
        """Return every step with this kind that can be promised, the aims in order of what they tell."""
        wanted = [(Aim.ACTIVE, self._to_be_active(kind)), (Aim.CONTRIBUTE, 1)]
        if Part.HELP in self._policy.weighed and kind is Kind.ANSWER:
            wanted.insert(0, (Aim.HELP, 1))
        wanted[:0] = [(Aim.MILESTONE, missing) for missing in self._to_milestones(kind)]
        for aim, count in wanted:
            step = self._step(aim, kind, count) if count > 0 else None
            if step is not None:
                yield step

    def _step(self, aim: Aim, kind: Kind, count: int) -> Step | None:
        brings = not self._brings_no_points(kind)
        today = min(self._room_in_tally(kind), self._today) if brings else self._room_in_tally(kind)
        if count > today + self._later or (brings and count > self._places(kind)):
            return None
        after = self._with(aim, kind, count, self._policy.rules[kind].base * count if brings else Fraction(0))
        score = round_half_up(share_of(after.measures) * exact(self._statement.maximum))
        gain = score - self._statement.score
        return Step(aim, kind, count, gain, self._policy.rules[kind].min_words, min(count, today))

    def _with(self, aim: Aim, kind: Kind, count: int, points: Fraction) -> Standing:
        """Return the standing with ``count`` more of ``kind``, which earn ``points`` in all."""
        number, before = self._period.number, self._standing
        of_kind = before.tally.get((kind, number), 0) + count
        return replace(
            before,
            kept={**before.kept, number: min(self._period.kept + points, self._period.cap)},
            helped=before.helped + (count if aim is Aim.HELP else 0),
            tally={**before.tally, (kind, number): of_kind},
        )

    def _places(self, kind: Kind) -> int:
        """How many more of a kind its limit lets count in the open period."""
        return self._policy.rules[kind].per_period - len(_counted(self._statement, kind, self._period))

    def _brings_no_points(self, kind: Kind) -> bool:
        """Whether more of a kind surely changes no points.

        Under a reached cap nothing does. Where the kind's places are taken by what brings no less
        and no day was ever full, they change nothing either; else the choice of the best may turn
        out otherwise, which only the facts can tell.
        """
        if not self._points_matter or self._period.kept >= self._period.cap:
            return True
        counted = _counted(self._statement, kind, self._period)
        full = len(counted) == self._policy.rules[kind].per_period
        no_less = all(line.value >= self._policy.rules[kind].base for line in counted)
        return full and no_less and not self._some_day_was_full()

    def _some_day_was_full(self) -> bool:
        return any(
            line.reason is Reason.OVER_DAILY_LIMIT and line.period == self._period.number
            for line in self._statement.lines
        )

    def _room_in_tally(self, kind: Kind) -> int:
        """How many of a kind milestones can still count of today."""
        zone = zone_of(self._statement.zone)
        today = local_day(self._statement.as_of, zone)
        taken = sum(
            1
            for of_kind, period, at, _ in _tallied(self._statement)
            if of_kind is kind and period == self._period.number and local_day(at, zone) == today
        )
        return max(0, self._policy.daily_limit - taken)

    def _days_after_today(self) -> int:
        """How many days of the open period follow the present one; its end is none of it."""
        zone = zone_of(self._statement.zone)
        last = local_day(self._period.ends_at - timedelta(microseconds=1), zone)
        return (last - local_day(self._statement.as_of, zone)).days

    def _to_be_active(self, kind: Kind) -> int:
        base = self._policy.rules[kind].base
        missing = self._policy.targets.active_points - self._period.kept
        if Part.REGULARITY not in self._policy.weighed or not base or missing <= 0:
            return 0
        return ceil(missing / base)

    def _to_milestones(self, kind: Kind) -> list[int]:
        """Return how many of a kind are missing to each milestone that can still be reached now."""
        if Part.MILESTONES not in self._policy.weighed:
            return []
        number = self._period.number
        found = []
        for milestone in self._policy.milestones:
            last = milestone.by_period
            if milestone.kind is kind and (last is None or last >= number):
                has = sum(
                    amount
                    for (of_kind, period), amount in self._standing.tally.items()
                    if of_kind is kind and (last is None or period <= last)
                )
                found.append(milestone.count - has)
        return found
