"""When mails may reach somebody, and when their digests are due: by the clock on their wall.

Pure. Clocks that go forward or back are in it: a wall clock that never shows an hour, or shows it twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SATURDAY = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Hours:
    """Somebody's quiet hours, and the hour and day of their digests, in a zone (IANA name).

    Hours are whole, 0 to 23; quiet from and until the same hour: no hour is. Monday is day 0.
    """

    zone: str
    quiet_from: int = 20
    quiet_until: int = 8
    quiet_weekends: bool = True
    digest_hour: int = 8
    digest_day: int = 0

    def quiet(self, moment: datetime) -> bool:
        """Tell whether nothing may reach them at a moment (aware)."""
        local = moment.astimezone(ZoneInfo(self.zone))
        return self._at_weekend(local) or self._at_night(local.hour)

    def open_from(self, moment: datetime) -> datetime:
        """Return the first moment from this one on that is not quiet, in UTC."""
        for candidate in self._ends_of_quiet(moment):
            if not self.quiet(candidate):
                return candidate
        raise AssertionError("a week has an hour that is not quiet")

    def daily_from(self, moment: datetime) -> datetime:
        """Return when the first daily digest from this moment on is due, in UTC.

        On a day that is quiet there is none.
        """
        coming = self._digests(moment, 9)
        return next((at for at in coming if not self.quiet(at)), self.open_from(coming[0]))

    def weekly_from(self, moment: datetime) -> datetime:
        """Return when the first weekly digest from this moment on is due, in UTC; afterwards where quiet."""
        zone = ZoneInfo(self.zone)
        coming = self._digests(moment, 15)
        return self.open_from(next(at for at in coming if at.astimezone(zone).weekday() == self.digest_day))

    def _digests(self, moment: datetime, days: int) -> list[datetime]:
        """Return when somebody wants digests, from a moment on; at an hour of the night: when it ends."""
        hour = self.quiet_until if self._at_night(self.digest_hour) else self.digest_hour
        return [at for at in self._hour_by_day(hour, moment, days) if at >= moment]

    def _at_weekend(self, local: datetime) -> bool:
        return self.quiet_weekends and local.weekday() >= _SATURDAY

    def _at_night(self, hour: int) -> bool:
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= hour < self.quiet_until
        return hour >= self.quiet_from or hour < self.quiet_until

    def _ends_of_quiet(self, moment: datetime) -> Iterator[datetime]:
        """Go through the moments at which it may cease to be quiet, the given one first."""
        yield moment.astimezone(UTC)
        ends = {*self._hour_by_day(self.quiet_until, moment, 5), *self._hour_by_day(0, moment, 5)}
        yield from sorted(end for end in ends if end > moment)

    def _hour_by_day(self, hour: int, moment: datetime, days: int) -> Iterator[datetime]:
        """Go through the moments at which a clock shows this hour, from the day of a moment on.

        Where the clock jumps over the hour it is the moment of the jump; of two it is the earlier one.
        """
        zone = ZoneInfo(self.zone)
        today = moment.astimezone(zone).date()
        for number in range(days):
            yield datetime.combine(today + number * _DAY, time(hour), zone).astimezone(UTC)
