"""The statement of one member: facts, policy, periods and a moment in; score, parts and lines out.

Numbers in ``Line.detail`` by reason: counted ``base``; rated and rated_zero ``base, quality``;
late ``base, factor`` (and ``quality`` when marked); returned ``base, factor``; too_short ``words,
minimum``; near_copy ``overlap, limit`` (per cent); over_kind_limit and over_daily_limit ``limit,
value``; over_giver_limit and over_pair_limit ``limit``; over_period_cap ``cap, value, kept``;
over_reply_window ``value, kept``; the others none.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from .caps import after_caps
from .decided import decided_from
from .entries import placed
from .exact import exact, round_half_up
from .facts import Fact, digest_of, known_at
from .items import items_from
from .lateness import after_deadlines
from .ledger import Line, Measure, PeriodSum, Reason, RecordUnreadable, Statement
from .limits import after_limits
from .milestones import tally_of
from .parts import Standing, at_close, members_helped, share_of
from .periods import Period, in_order
from .policy import Part, Policy
from .recognition import after_recognition_limits

__all__ = [
    "Line",
    "MaximumInvalid",
    "Measure",
    "PeriodSum",
    "Reason",
    "RecordUnreadable",
    "Statement",
    "statement",
]


class MaximumInvalid(ValueError):
    """The line item's maximum is not a positive number: such a column is never used."""


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
    ordered = in_order(periods, as_of)
    known = known_at(facts, as_of)
    standing, sums, lines = _worked_out(known, policy, ordered, as_of, zone)
    measures = standing.measures
    share = share_of(measures)
    return Statement(
        score=round_half_up(share * highest),
        maximum=maximum,
        share=share,
        parts={measure.part: measure.share for measure in measures},
        points=standing.points,
        target=standing.target,
        closed_periods=len(standing.closed),
        total_periods=standing.total,
        lines=lines,
        periods=sums,
        at_close=round_half_up(share_of(at_close(standing).measures) * highest),
        has_contributions=any(line.counted for line in lines),
        final=len(standing.closed) == standing.total,
        as_of=as_of.astimezone(UTC),
        policy_version=policy.version,
        zone=zone,
        digest=digest_of(known),
        measures=() if set(policy.weighed) == {Part.ACTIVITY} else measures,
    )


def _worked_out(
    known: Sequence[Fact], policy: Policy, periods: Sequence[Period], as_of: datetime, zone: str
) -> tuple[Standing, tuple[PeriodSum, ...], tuple[Line, ...]]:
    """Send the items through every rule, in the order in which the rules build on each other."""
    decided = decided_from(known)
    excused = frozenset(decided.excused)
    alone = placed(items_from(known), policy, periods, excused)
    on_time = after_deadlines(alone, policy, decided.deadlines)
    between_people = after_recognition_limits(on_time, policy.recognitions)
    best = after_limits(between_people, policy, zone)
    begun = [period for period in periods if period.starts_at <= as_of]
    sums, lines = after_caps(best, begun, excused, policy, as_of)
    standing = Standing(
        policy=policy,
        total=len(periods),
        kept={period.number: period.kept for period in sums},
        closed=frozenset(period.number for period in periods if period.ends_at <= as_of),
        excused=excused,
        open=next((period.number for period in sums if period.open), None),
        helped=members_helped(alone),
        rubric=decided.rubric,
        tally=tally_of(between_people, policy, zone),
    )
    return standing, sums, lines


def _positive(maximum: Decimal) -> Fraction:
    try:
        highest = exact(maximum)
    except ValueError as problem:
        raise MaximumInvalid(str(problem)) from problem
    if highest <= 0:
        raise MaximumInvalid("the maximum must be above zero")
    return highest
