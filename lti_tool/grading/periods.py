"""Periods: calendar weeks in the community's zone, held as half-open spans of UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class PeriodInvalid(ValueError):
    """Periods that cannot be laid out: an unknown zone, no week at all, a first day that is no Monday."""


@dataclass(frozen=True)
class Period:
    """One numbered span, from ``starts_at`` up to but not including ``ends_at`` (aware, UTC)."""

    number: int
    starts_at: datetime
    ends_at: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether ``moment`` (aware) falls into this period."""
        return self.starts_at <= moment < self.ends_at


def zone_of(name: str) -> ZoneInfo:
    """Return the IANA zone called ``name``. Raises PeriodInvalid when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise PeriodInvalid(f"unknown time zone: {name[:60]!r}") from problem


def weekly_periods(first_monday: date, weeks: int, zone: str) -> tuple[Period, ...]:
    """Return ``weeks`` calendar weeks from local midnight of ``first_monday``, numbered from 1.

    Each bound is local midnight, so that a week across a clock change lasts 167 or 169 hours.
    Raises PeriodInvalid.
    """
    if first_monday.weekday() != 0:
        raise PeriodInvalid(f"{first_monday.isoformat()} is not a Monday")
    if weeks < 1:
        raise PeriodInvalid("there must be at least one week")
    local = zone_of(zone)
    try:
        bounds = [_midnight(first_monday + timedelta(weeks=week), local) for week in range(weeks + 1)]
    except OverflowError as problem:
        raise PeriodInvalid("the last week lies beyond the calendar") from problem
    return tuple(Period(number, bounds[number - 1], bounds[number]) for number in range(1, weeks + 1))


def in_order(periods: Sequence[Period], as_of: datetime) -> list[Period]:
    """Return the periods in order, having made sure that each moment falls into at most one.

    Raises PeriodInvalid, also for a moment without a zone.
    """
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


def monday_of(moment: datetime, zone: str) -> date:
    """Return the Monday of the week in which ``moment`` (aware) falls for people in ``zone``."""
    today = local_day(moment, zone_of(zone))
    return today - timedelta(days=today.weekday())


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day of ``moment`` (aware) in ``zone``. Raises PeriodInvalid without a zone."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise PeriodInvalid("the moment has no time zone")
    return moment.astimezone(zone).date()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # Where clocks skip midnight, the zone resolves the missing hour to the very instant of the change.
    return datetime.combine(day, time(), zone).astimezone(UTC)
