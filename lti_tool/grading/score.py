"""The statement of one member: facts, policy, periods and a moment in; score, parts and lines out.

Numbers in ``Line.detail`` by reason: counted ``base``; rated and rated_zero ``base, quality``;
late ``base, factor`` (and ``quality`` when marked); too_short ``words, minimum``; near_copy
``overlap, limit`` (per cent); over_kind_limit and over_daily_limit ``limit, value``;
over_period_cap ``cap, value, kept``; the others none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from .exact import exact, round_half_up, short_text
from .facts import Fact, Kind, digest_of, known_at
from .items import Item, Worth, items_from, worth_of
from .ledger import Line, PeriodSum, Reason, RecordUnreadable, Statement
from .periods import Period, PeriodInvalid, local_day, zone_of
from .policy import Part, Policy
from .selection import Candidate, best_within_limits

__all__ = [
    "Line",
    "MaximumInvalid",
    "PeriodSum",
    "Reason",
    "RecordUnreadable",
    "Statement",
    "statement",
]


class MaximumInvalid(ValueError):
    """The line item's maximum is not a positive number: such a column is never used."""


@dataclass(frozen=True)
class _Entry:
    """An item on its way to becoming a line."""

    item: Item
    period: int | None
    worth: Worth

    @property
    def value(self) -> Fraction:
        return self.worth.value


@dataclass(frozen=True)
class _Standing:
    """Points kept, measured against the goal of so many closed periods (N, at least one)."""

    points: Fraction
    closed: int
    policy: Policy

    @property
    def target(self) -> Fraction:
        return self.policy.goal_per_period * max(1, self.closed)

    @property
    def parts(self) -> dict[Part, Fraction]:
        """The parts that can be computed: A = min(1, Σ E′ / (g × N))."""
        return {Part.ACTIVITY: min(Fraction(1), self.points / self.target)}

    @property
    def share(self) -> Fraction:
        """S = Σ wᵢ·partᵢ / Σ wᵢ over the available parts."""
        weights = {part: self.policy.weights.get(part, 0) for part in self.parts}
        weighed = sum((weights[part] * share for part, share in self.parts.items()), Fraction(0))
        return weighed / sum(weights.values())


def statement(
    facts: Sequence[Fact],
    policy: Policy,
    periods: Sequence[Period],
    as_of: datetime,
    maximum: Decimal,
    *,
    zone: str = "UTC",
) -> Statement:
    """Compute the statement of the one member whose ``facts`` these are, as known at ``as_of`` (aware).

    ``zone`` is the community's: its calendar days carry the daily limit. ``maximum`` is that of the
    grade column. The order of ``facts`` and ``periods`` does not matter. Periods that have not begun
    at ``as_of`` give no sum. Raises MaximumInvalid, PeriodInvalid.
    """
    highest = _positive(maximum)
    ordered = _checked(periods, as_of)
    known = known_at(facts, as_of)
    entries = _after_limits(_entries(known, policy, ordered), policy, zone)
    sums, lines = _after_caps(entries, [span for span in ordered if span.starts_at <= as_of], policy, as_of)
    points = sum((period.kept for period in sums), Fraction(0))
    closed = sum(1 for span in ordered if span.ends_at <= as_of)
    now = _Standing(points, closed, policy)
    at_close = _Standing(points, closed + any(period.open for period in sums), policy)
    return Statement(
        score=round_half_up(now.share * highest),
        maximum=maximum,
        share=now.share,
        parts=now.parts,
        points=points,
        target=now.target,
        closed_periods=closed,
        total_periods=len(ordered),
        lines=lines,
        periods=sums,
        at_close=round_half_up(at_close.share * highest),
        has_contributions=any(line.counted for line in lines),
        final=closed == len(ordered),
        as_of=as_of.astimezone(UTC),
        policy_version=policy.version,
        zone=zone,
        digest=digest_of(known),
    )


def _positive(maximum: Decimal) -> Fraction:
    try:
        highest = exact(maximum)
    except ValueError as problem:
        raise MaximumInvalid(str(problem)) from problem
    if highest <= 0:
        raise MaximumInvalid("the maximum must be above zero")
    return highest


def _checked(periods: Sequence[Period], as_of: datetime) -> list[Period]:
    """Return the periods in order, having made sure that each moment falls into at most one."""
    if as_of.tzinfo is None or as_of.utcoffset() is None:
        raise PeriodInvalid("the moment has no time zone")
    ordered = sorted(periods, key=lambda period: period.starts_at)
    if not ordered:
        raise PeriodInvalid("there is no period")
    if len({period.number for period in ordered}) < len(ordered):
        raise PeriodInvalid("two periods have the same number")
    for before, after in pairwise(ordered):
        if before.ends_at > after.starts_at:
            raise PeriodInvalid(f"periods {before.number} and {after.number} overlap")
    return ordered


def _entries(facts: Sequence[Fact], policy: Policy, periods: Sequence[Period]) -> list[_Entry]:
    entries = []
    for item in items_from(facts):
        period = next((period.number for period in periods if period.holds(item.at)), None)
        worth = worth_of(item, policy)
        if period is None and worth.value:
            worth = Worth(Fraction(0), Reason.OUTSIDE_PERIOD, {})
        entries.append(_Entry(item, period, worth))
    return entries


def _after_limits(entries: Sequence[_Entry], policy: Policy, zone: str) -> list[_Entry]:
    """Apply the limits per kind and per day, period by period; a day cut by a period bound counts in each."""
    days = zone_of(zone)
    limits = {kind: rule.per_period for kind, rule in policy.rules.items()}
    dropped: dict[str, Worth] = {}
    for number in {entry.period for entry in entries}:
        mine = [entry for entry in entries if entry.period == number and entry.value]
        candidates = [
            Candidate(
                entry.item.kind,
                local_day(entry.item.at, days) if entry.item.kind.is_contribution else None,
                entry.value,
            )
            for entry in mine
        ]
        chosen = best_within_limits(candidates, limits, policy.daily_limit)
        kept = [mine[index] for index in chosen]
        for index in set(range(len(mine))) - chosen:
            dropped[mine[index].item.subject] = _over_limit(mine[index], kept, policy)
    return [
        _Entry(entry.item, entry.period, dropped.get(entry.item.subject, entry.worth)) for entry in entries
    ]


def _over_limit(entry: _Entry, kept: Sequence[_Entry], policy: Policy) -> Worth:
    """Name the limit that an item lies over: its kind's when better ones fill it, else its day's."""
    limit = policy.rules[entry.item.kind].per_period
    rivals = [other for other in kept if other.item.kind is entry.item.kind]
    by_kind = len(rivals) == limit and all(other.value >= entry.value for other in rivals)
    detail: dict[str, int | str] = {
        "limit": limit if by_kind else policy.daily_limit,
        "value": short_text(entry.value),
    }
    return Worth(Fraction(0), Reason.OVER_KIND_LIMIT if by_kind else Reason.OVER_DAILY_LIMIT, detail)


def _after_caps(
    entries: Sequence[_Entry], begun: Sequence[Period], policy: Policy, as_of: datetime
) -> tuple[tuple[PeriodSum, ...], tuple[Line, ...]]:
    """Keep E′ = min(E, C) of each period; what lies over the cap is taken from its latest lines."""
    earned = {period.number: Fraction(0) for period in begun}
    lines = []
    for entry in entries:
        if entry.period is None or not entry.value:
            lines.append(_line(entry, Fraction(0), entry.worth))
            continue
        room = max(Fraction(0), policy.cap_per_period - earned[entry.period])
        earned[entry.period] += entry.value
        lines.append(_capped_line(entry, room, policy))
    sums = [_period_sum(period, earned[period.number], policy, as_of) for period in begun]
    return tuple(sums), tuple(lines)


def _capped_line(entry: _Entry, room: Fraction, policy: Policy) -> Line:
    if entry.value <= room:
        return _line(entry, entry.value, entry.worth)
    detail: dict[str, int | str] = {
        "cap": short_text(policy.cap_per_period),
        "value": short_text(entry.value),
        "kept": short_text(room),
    }
    return _line(entry, room, Worth(room, Reason.OVER_PERIOD_CAP, detail))


def _line(entry: _Entry, value: Fraction, worth: Worth) -> Line:
    item = entry.item
    return Line(
        subject=item.subject,
        title=item.title,
        kind=Kind(item.kind),
        period=entry.period,
        at=item.at.astimezone(UTC),
        value=value,
        counted=value > 0,
        reason=worth.reason,
        detail=worth.detail,
    )


def _period_sum(period: Period, earned: Fraction, policy: Policy, as_of: datetime) -> PeriodSum:
    cap = policy.cap_per_period
    return PeriodSum(
        number=period.number,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        earned=earned,
        kept=min(earned, cap),
        cap=cap,
        open=period.holds(as_of),
    )
