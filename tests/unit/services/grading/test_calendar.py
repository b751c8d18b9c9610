"""The weeks of a community."""

from datetime import UTC, date, datetime, timedelta

import pytest

from lti_tool.grading.periods import weekly_periods
from lti_tool.services.calendar import Week, week_in

MONDAY = date(2026, 11, 2)
WEEKS = weekly_periods(MONDAY, 8, "Europe/Paris")
FIRST_MOMENT = datetime(2026, 11, 1, 23, tzinfo=UTC)


class TestTellingTheWeek:
    @pytest.mark.parametrize(
        ("moment", "number"),
        [
            (FIRST_MOMENT - timedelta(microseconds=1), 0),
            (FIRST_MOMENT, 1),
            (FIRST_MOMENT + timedelta(days=6, hours=23), 1),
            (FIRST_MOMENT + timedelta(weeks=1), 2),
            (FIRST_MOMENT + timedelta(weeks=7, days=6), 8),
            (FIRST_MOMENT + timedelta(weeks=8), 9),
            (FIRST_MOMENT + timedelta(weeks=500), 9),
        ],
    )
    def test_it_counts_from_one_with_none_before_and_one_after(self, moment, number):
        assert week_in(WEEKS, moment) == Week(number, 8)

    def test_there_is_none_without_a_first_day(self):
        assert week_in((), FIRST_MOMENT) is None
