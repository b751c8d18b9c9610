"""The checklist: milestones, each reached whole or not at all (peers F.1, preset *Checklist*).

What stands by itself is counted, at most the daily limit of one kind per day: points and the limits
per period play no part, so that one contribution never takes the place of another.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from .entries import Entry
from .facts import Kind
from .periods import local_day, zone_of
from .policy import Policy
from .rules import Milestone

Tally = Mapping[tuple[Kind, int], int]


def tally_of(entries: Sequence[Entry], policy: Policy, zone: str) -> Tally:
    """Return how many of a kind a period has, for the milestones: by kind and number of the period."""
    standing = (entry for entry in entries if entry.value)
    return tally(
        ((one.item.kind, one.period, one.item.at, one.item.subject) for one in standing), policy, zone
    )


def tally(
    contributions: Iterable[tuple[Kind, int | None, datetime, str]], policy: Policy, zone: str
) -> Tally:
    """Do what `tally_of` does with kind, period, moment and subject of each one that stands."""
    if not policy.milestones:
        return {}
    days = zone_of(zone)
    on_day: Counter[tuple[Kind, int, object]] = Counter()
    for kind, period, at, subject in contributions:
        if period is not None:
            # What was received comes when others give it: there is no limit per day, so each is its own.
            on_day[kind, period, local_day(at, days) if kind.is_contribution else subject] += 1
    found: Counter[tuple[Kind, int]] = Counter()
    for (kind, period, _), number in on_day.items():
        found[kind, period] += min(number, policy.daily_limit)
    return found


def reached_and_asked(
    milestones: Sequence[Milestone],
    tally: Tally,
    closed: Collection[int],
    excused: Collection[int],
    over: bool,
) -> tuple[Fraction, Fraction]:
    """Return the points of the milestones reached, and of those reached or due.

    One is due when its period has closed, or when the course is over; one due in an excused period
    is never asked for, but counts when it is reached.
    """
    reached = asked = Fraction(0)
    for milestone in milestones:
        due = over if milestone.by_period is None else milestone.by_period in closed
        if _is_reached(milestone, tally):
            reached += milestone.points
            asked += milestone.points
        elif due and milestone.by_period not in excused:
            asked += milestone.points
    return reached, asked


def _is_reached(milestone: Milestone, tally: Tally) -> bool:
    by_period = milestone.by_period
    return milestone.count <= sum(
        number
        for (kind, period), number in tally.items()
        if kind is milestone.kind and (by_period is None or period <= by_period)
    )
