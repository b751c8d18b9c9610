"""Moments as people write them, by the clock on the wall of a community."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones


def moment_of(local: datetime, zone: str, *, later: bool) -> datetime | None:
    """Return the moment that a clock in `zone` shows as `local` (naive), None when no clock ever does.

    In the hour that clocks show twice, in autumn, `later` chooses which one is meant.
    """
    moment = local.replace(tzinfo=ZoneInfo(zone), fold=int(later)).astimezone(UTC)
    return moment if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local else None


def local_of(moment: datetime | None, zone: str) -> str:
    """Return a moment as a form's field for date and time holds it; empty for none."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") if moment else ""


@cache
def zones() -> list[str]:
    """Return the names of the time zones that one may choose.

    Asked once: the standard library walks the files of all zones each time.
    """
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))


def next_midnight(now: datetime, zone: str) -> datetime:
    """Return when the day ends that it is in `zone`."""
    tomorrow = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), ZoneInfo(zone)).astimezone(UTC)
