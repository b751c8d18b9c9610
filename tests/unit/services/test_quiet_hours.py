"""When mails may reach somebody: any hours, any zone, clocks that go forward and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lti_tool.models import MailFrequency
from lti_tool.services import mail_rounds
from lti_tool.services.quiet_hours import Hours

PARIS = "Europe/Paris"
# Clocks that change by half an hour, at midnight, in other weeks, never.
ZONES = (
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Sao_Paulo",
    "America/New_York",
    "Asia/Kolkata",
    PARIS,
)
QUARTER = timedelta(minutes=15)
# The nights in which clocks change in Paris and New York are in it.
YEAR = datetime(2027, 1, 1, tzinfo=UTC)
moments = st.integers(0, 365 * 96).map(lambda number: YEAR + number * QUARTER)
hour = st.integers(0, 23)
hours = st.builds(Hours, st.sampled_from(ZONES), hour, hour, st.booleans(), hour, st.integers(0, 6))


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(PARIS)).astimezone(UTC)


def wall(moment: datetime, zone: str = PARIS) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}"


class TestTheRule:
    @given(hours, moments)
    @example(Hours(PARIS, 22, 2), paris("2027-03-28T01:45"))  # 02:00 never comes that night
    @example(Hours(PARIS, 22, 2, False), paris("2027-10-31T00:30"))  # 02:00 comes twice
    @example(Hours(PARIS, 2, 3, False), datetime(2027, 10, 31, 0, 30, tzinfo=UTC))
    def test_opens_at_the_first_moment_that_is_not_quiet(self, mine, moment):
        opens, step = mine.open_from(moment), moment
        while mine.quiet(step):
            step += QUARTER
        assert opens == step

    @given(hours, moments)
    def test_has_a_digest_a_day_at_most_and_none_while_it_is_quiet(self, mine, moment):
        first = mine.daily_from(moment)
        following = mine.daily_from(first + timedelta(seconds=1))
        assert moment <= first < following
        assert not mine.quiet(first)
        assert following - first >= timedelta(hours=22)

    @given(hours, moments)
    def test_has_a_digest_a_week(self, mine, moment):
        first = mine.weekly_from(moment)
        assert moment <= first <= moment + timedelta(days=12)
        assert not mine.quiet(first)

    @given(hours, moments, st.sampled_from(MailFrequency), st.integers(0, 20 * 96))
    def test_sends_nothing_too_early_or_while_it_is_quiet(self, mine, told, frequency, later):
        now = told + later * QUARTER
        due = mail_rounds.due_at(told, frequency, mine, now)
        if frequency is MailFrequency.NEVER:
            assert due is None
        else:
            assert due >= max(now, told + mail_rounds.WAIT)
            assert not mine.quiet(due)


class TestANight:
    @pytest.mark.parametrize(
        ("moment", "opens"),
        [
            ("2027-06-01T12:00", "Tue 2027-06-01 12:00"),
            ("2027-06-01T20:00", "Wed 2027-06-02 08:00"),
            ("2027-06-02T07:59", "Wed 2027-06-02 08:00"),
            ("2027-06-04T20:30", "Mon 2027-06-07 08:00"),
            ("2027-03-27T23:00", "Mon 2027-03-29 08:00"),
        ],
    )
    def test_ends_at_eight_and_a_week_end_on_monday(self, moment, opens):
        assert wall(Hours(PARIS).open_from(paris(moment))) == opens

    def test_that_ends_in_the_hour_that_is_left_out_ends_with_the_jump(self):
        mine = Hours(PARIS, 22, 2, quiet_weekends=False)
        assert wall(mine.open_from(paris("2027-03-28T00:30"))) == "Sun 2027-03-28 03:00"

    def test_is_an_hour_longer_when_clocks_go_back(self):
        mine = Hours(PARIS, 20, 8, quiet_weekends=False)
        begun = paris("2027-10-30T20:00")
        assert mine.open_from(begun) - begun == timedelta(hours=13)

    def test_of_the_same_hour_twice_is_none(self):
        assert not any(Hours(PARIS, 9, 9, False).quiet(YEAR + timedelta(hours=one)) for one in range(48))


class TestADigest:
    def test_of_a_week_end_comes_on_monday(self):
        assert wall(Hours(PARIS).daily_from(paris("2027-06-04T09:00"))) == "Mon 2027-06-07 08:00"

    def test_at_an_hour_that_is_quiet_comes_when_it_no_longer_is(self):
        mine = Hours(PARIS, digest_hour=6)
        assert wall(mine.daily_from(paris("2027-06-01T12:00"))) == "Wed 2027-06-02 08:00"

    def test_of_the_week_comes_on_its_day(self):
        mine = Hours(PARIS, digest_day=3, digest_hour=17)
        assert wall(mine.weekly_from(paris("2027-06-03T17:30"))) == "Thu 2027-06-10 17:00"
