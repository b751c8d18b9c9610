"""Moments in words: what is kept of one page must not be said on another one of another zone or language."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from flask import g

from lti_tool import pages

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def reader(zone: str, language: str):
    """Whoever a page is made for, as far as words for moments ask."""
    member = SimpleNamespace(
        community=SimpleNamespace(time_zone=zone), membership=SimpleNamespace(locale=language)
    )
    return SimpleNamespace(member=member, seat=SimpleNamespace(locale=language))


@pytest.fixture
def said_to(app):
    """Says a moment on a page of its own."""

    def say(zone: str, language: str, moment: datetime = NOON) -> str:
        with app.test_request_context():
            g.admission = reader(zone, language)
            return pages.moment(moment)

    return say


class TestTheSameMoment:
    def test_is_said_in_the_zone_of_each_community(self, said_to):
        zones = ("Europe/Paris", "UTC", "America/Montreal", "Europe/Paris")
        said = [said_to(zone, "fr")[-5:] for zone in zones]
        assert said == ["13:00", "12:00", "07:00", "13:00"]

    def test_is_said_in_the_language_of_each_reader(self, said_to):
        assert said_to("UTC", "fr") != said_to("UTC", "en")
        assert "mars" in said_to("UTC", "fr")

    def test_falls_on_the_day_of_each_community(self, said_to):
        late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
        assert "2 mars" in said_to("UTC", "fr", late)
        assert "3 mars" in said_to("Europe/Paris", "fr", late)

    @pytest.mark.parametrize(
        ("day", "said"),
        [
            (datetime(2026, 12, 1, 9, tzinfo=UTC), "1er décembre"),
            (datetime(2026, 12, 11, 9, tzinfo=UTC), "11 décembre"),
            (datetime(2019, 12, 1, 9, tzinfo=UTC), "1er déc. 2019"),
            (datetime(2019, 12, 21, 9, tzinfo=UTC), "21 déc. 2019"),
        ],
    )
    def test_falls_in_french_on_the_first_of_a_month(self, app, time_machine, day, said):
        time_machine.move_to(datetime(2026, 12, 15, 9, tzinfo=UTC))
        with app.test_request_context():
            g.admission = reader("UTC", "fr")
            assert pages.calendar_day(day.date()) == pages.day(day) == said
            assert pages.moment(day).startswith(f"le {said} à ")
        with app.test_request_context():
            g.admission = reader("UTC", "en")
            assert "er" not in pages.day(day)
