"""When what is done every night is done, a few at a time: LMSs have other things to do, too."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

NIGHT_BEGINS = time(1)
# Minutes over which the night's work is spread.
NIGHT_LASTS = 240


def night_before(now: datetime, zone: str) -> datetime:
    """Return when the latest night began, in UTC as `now`; `zone` is the installation's IANA time zone."""
    local = now.astimezone(ZoneInfo(zone))
    begun = datetime.combine(local.date(), NIGHT_BEGINS, local.tzinfo)
    if begun > local:
        begun = datetime.combine(local.date() - timedelta(days=1), NIGHT_BEGINS, local.tzinfo)
    return begun.astimezone(now.tzinfo)


def minutes_into(begun: datetime, now: datetime) -> int:
    """Return how many minutes of the night are over; no more than it lasts: what was slept through is due."""
    return min(int((now - begun) / timedelta(minutes=1)), NIGHT_LASTS)
