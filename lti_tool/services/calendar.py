"""The weeks of a community: rows once grading is on, else computed from the Monday it began."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.grading import periods as weeks
from lti_tool.models import Community, Period

# How long a training lasts as long as nobody said otherwise (peers study F.2).
USUAL_WEEKS = 8


@dataclass(frozen=True)
class Week:
    """Where a training stands: `number` is 0 before the first week and `total` + 1 after the last."""

    number: int
    total: int


def week_of(community: Community, now: datetime) -> Week | None:
    """Return the week that runs at `now`, None while the first day is not known; one statement."""
    spans = periods_of(community.id) or usual_periods(community)
    return week_in(spans, now)


def week_in(spans: Sequence[weeks.Period], now: datetime) -> Week | None:
    """Return where `now` lies among these periods, None when there are none."""
    if not spans:
        return None
    begun = sum(1 for span in spans if span.starts_at <= now)
    over = all(span.ends_at <= now for span in spans)
    return Week(number=begun + 1 if over else begun, total=len(spans))


def last_closed(spans: Sequence[weeks.Period], now: datetime) -> int:
    """Return how many of these periods are over at `now`; 0 before the first has closed."""
    return sum(1 for span in spans if span.ends_at <= now)


def periods_of(community_id: int) -> tuple[weeks.Period, ...]:
    """Return the stored periods of a community in their order; empty until grading is switched on."""
    found = db.session.scalars(
        select(Period).where(Period.community_id == community_id).order_by(Period.number)
    )
    return as_spans(found)


def as_spans(rows: Iterable[Period]) -> tuple[weeks.Period, ...]:
    """Return rows as the periods that grading reads."""
    return tuple(weeks.Period(row.number, row.starts_at, row.ends_at) for row in rows)


def usual_periods(community: Community) -> tuple[weeks.Period, ...]:
    """Return the weeks that a community has by default, empty while its first day is not known."""
    if community.starts_on is None:
        return ()
    monday = _monday(community.starts_on)
    return weeks.weekly_periods(monday, USUAL_WEEKS, community.time_zone)


def first_monday(community: Community, now: datetime) -> date:
    """Return the Monday of the running week, for a community whose first day nobody has set."""
    return weeks.monday_of(now, community.time_zone)


def lay_out(community: Community, starts_on: date, number_of_weeks: int) -> None:
    """Store the weeks of a community, from the Monday of `starts_on`, in its zone as it is now.

    Weeks that were laid out before keep their numbers and get new bounds; those too many go.
    """
    community.starts_on = _monday(starts_on)
    spans = weeks.weekly_periods(community.starts_on, number_of_weeks, community.time_zone)
    stored = {
        row.number: row for row in db.session.scalars(select(Period).filter_by(community_id=community.id))
    }
    for span in spans:
        row = stored.pop(span.number, None)
        if row is None:
            row = Period(community_id=community.id, number=span.number)
            db.session.add(row)
        row.starts_at, row.ends_at = span.starts_at, span.ends_at
    for row in stored.values():
        db.session.delete(row)
    db.session.flush()


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
