"""What a clock on the wall shows, and which moment that is."""

from datetime import UTC, datetime

import pytest

from lti_tool.services.local_times import local_of, moment_of

PARIS = "Europe/Paris"
NEVER, TWICE = (datetime.fromisoformat(text) for text in ("2027-03-28T02:30", "2027-10-31T02:30"))


class TestAMoment:
    def test_is_read_in_the_zone(self):
        expected = datetime(2027, 6, 1, 16, tzinfo=UTC)
        assert moment_of(datetime.fromisoformat("2027-06-01T18:00"), PARIS, later=True) == expected

    def test_that_no_clock_ever_shows_is_none(self):
        assert moment_of(NEVER, PARIS, later=True) is None
        assert moment_of(NEVER, PARIS, later=False) is None

    @pytest.mark.parametrize(("later", "hour"), [(False, 0), (True, 1)])
    def test_that_comes_twice_is_the_one_that_is_meant(self, later, hour):
        assert moment_of(TWICE, PARIS, later=later) == datetime(2027, 10, 31, hour, 30, tzinfo=UTC)

    @pytest.mark.parametrize("text", ["2027-10-31T02:30", "2027-01-05T09:00", "2027-07-05T23:59"])
    def test_is_written_as_it_was_read(self, text):
        moment = moment_of(datetime.fromisoformat(text), PARIS, later=True)
        assert local_of(moment, PARIS) == text

    def test_of_nothing_is_empty(self):
        assert local_of(None, PARIS) == ""
