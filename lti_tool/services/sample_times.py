"""When things happened in the sample courses: weekdays, daytime in the community's zone, never to come."""

from datetime import UTC, date, datetime, time, timedelta

from lti_tool.grading.periods import monday_of, zone_of

RUNNING_WEEK = 4
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
OPENS, CLOSES = time(8), time(18)

# What the calendar dates must lie this many working hours back: the latest is always what is told as "ago".
SETTLED = 8.0
# A question cannot have been asked at night: it was then asked at the end of the last working day before. The
# longer a question has waited, the earlier, so that their order holds.
END_OF_DAY = time(18, 5)
MORE_THAN_A_DAY = 24.0
LATER = timedelta(minutes=15)


class SampleTimes:
    """Reads the times of a sample. They are written in one of three ways:

    ``3 tue 12:40``: in the third week of the training, whose fourth week runs at `now`;
    ``ago 2.5``: so many working hours before `now` (Monday to Friday, 8 to 18);
    ``waiting 26``: so many hours by the clock before `now`, or earlier if that was no working time.
    """

    def __init__(self, zone: str, now: datetime) -> None:
        """:param zone: IANA name of the community's zone. :param now: aware."""
        self._zone = zone_of(zone)
        self._now = now.astimezone(self._zone).replace(tzinfo=None)
        self.starts_on: date = monday_of(now, zone) - timedelta(weeks=RUNNING_WEEK - 1)
        self._settled = self._working_hours_ago(SETTLED)

    def read(self, text: str) -> datetime | None:
        """Return the moment (aware, UTC), None for a date that has not come or is too recent to be told."""
        first, *rest = text.split()
        if first == "ago":
            return self._utc(self._working_hours_ago(float(rest[0])))
        if first == "waiting":
            return self._utc(self._asked(float(rest[0])))
        moment = self._on(int(first), WEEKDAYS.index(rest[0]), time.fromisoformat(rest[1]))
        return self._utc(moment) if moment < self._settled else None

    def _on(self, week: int, weekday: int, at: time) -> datetime:
        return datetime.combine(self.starts_on + timedelta(weeks=week - 1, days=weekday), at)

    def _working_hours_ago(self, hours: float) -> datetime:
        left, day = timedelta(hours=hours), self._now.date()
        while True:
            end = min(self._now, datetime.combine(day, CLOSES))
            worked = end - datetime.combine(day, OPENS)
            if _is_weekday(day) and worked > timedelta(0):
                if left < worked:
                    return (end - left).replace(second=0, microsecond=0)
                left -= worked
            day -= timedelta(days=1)

    def _asked(self, hours: float) -> datetime:
        moment = self._now - timedelta(hours=hours)
        if _is_weekday(moment.date()) and OPENS <= moment.time() < CLOSES:
            return moment.replace(second=0, microsecond=0)
        last_thing = datetime.combine(moment.date(), END_OF_DAY)
        if hours < MORE_THAN_A_DAY:
            last_thing += LATER
        while last_thing > moment or not _is_weekday(last_thing.date()):
            last_thing -= timedelta(days=1)
        return last_thing

    def _utc(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self._zone).astimezone(UTC)


def _is_weekday(day: date) -> bool:
    return day.weekday() < len(WEEKDAYS)
