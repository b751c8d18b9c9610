from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.grading.periods import PeriodInvalid, monday_of, weekly_periods

zones = st.sampled_from(
    [
        "UTC",
        "Europe/Paris",
        "America/Sao_Paulo",
        "Asia/Kolkata",
        "Pacific/Apia",
        "Africa/Cairo",
        "America/Havana",
    ]
)
mondays = st.integers(0, 2600).map(lambda week: date(2000, 1, 3) + timedelta(weeks=week))


class TestLayingOutWeeks:
    def test_begins_at_local_midnight(self):
        [only] = weekly_periods(date(2026, 9, 7), 1, "Europe/Paris")
        assert only.starts_at == datetime(2026, 9, 6, 22, tzinfo=UTC)
        assert only.ends_at == datetime(2026, 9, 13, 22, tzinfo=UTC)

    def test_gains_an_hour_when_summer_time_ends(self):
        periods = weekly_periods(date(2026, 10, 19), 2, "Europe/Paris")
        assert [period.ends_at - period.starts_at for period in periods] == [
            timedelta(hours=169),
            timedelta(hours=168),
        ]

    def test_loses_an_hour_when_summer_time_begins(self):
        [week] = weekly_periods(date(2026, 3, 23), 1, "Europe/Paris")
        assert week.ends_at - week.starts_at == timedelta(hours=167)

    def test_begins_with_the_day_where_clocks_skip_midnight(self):
        [week] = weekly_periods(date(2018, 10, 29), 1, "America/Sao_Paulo")
        assert week.ends_at == datetime(2018, 11, 5, 2, tzinfo=UTC)
        assert week.ends_at - week.starts_at == timedelta(hours=167)

    @settings(deadline=None)
    @given(mondays, st.integers(1, 60), zones)
    def test_leaves_no_gap_and_no_overlap(self, monday, weeks, zone):
        periods = weekly_periods(monday, weeks, zone)
        assert [period.number for period in periods] == list(range(1, weeks + 1))
        assert all(a.ends_at == b.starts_at for a, b in zip(periods, periods[1:], strict=False))

    @settings(deadline=None)
    @given(mondays, st.integers(0, 7 * 24 * 60 * 8 - 1), zones)
    def test_holds_each_moment_in_the_week_of_its_monday(self, monday, minutes, zone):
        periods = weekly_periods(monday, 9, zone)
        at = periods[0].starts_at + timedelta(minutes=minutes)
        [number] = [period.number for period in periods if period.holds(at)]
        assert monday_of(at, zone) == monday + timedelta(weeks=number - 1)

    @pytest.mark.parametrize(
        ("monday", "weeks", "zone"),
        [
            (date(2026, 9, 8), 1, "UTC"),
            (date(2026, 9, 7), 0, "UTC"),
            (date(2026, 9, 7), 1, "Europe/Nowhere"),
            (date(2026, 9, 7), 1, "../../etc/passwd"),
            (date(2026, 9, 7), 1, ""),
            (date(9999, 12, 27), 2, "UTC"),
        ],
    )
    def test_refuses_what_makes_no_weeks(self, monday, weeks, zone):
        with pytest.raises(PeriodInvalid):
            weekly_periods(monday, weeks, zone)


class TestTheMondayOfAMoment:
    def test_is_the_one_of_the_local_calendar(self):
        sunday_evening_in_london = datetime(2026, 9, 13, 22, 30, tzinfo=UTC)
        assert monday_of(sunday_evening_in_london, "UTC") == date(2026, 9, 7)
        assert monday_of(sunday_evening_in_london, "Europe/Paris") == date(2026, 9, 14)

    def test_does_not_depend_on_how_the_moment_is_written(self):
        moment = datetime(2026, 9, 14, 1, tzinfo=timezone(timedelta(hours=5)))
        assert monday_of(moment, "UTC") == date(2026, 9, 7)

    def test_refuses_a_moment_without_a_zone(self):
        with pytest.raises(PeriodInvalid):
            monday_of(datetime(2026, 9, 14), "UTC")  # noqa: DTZ001 - the naive moment is the point
