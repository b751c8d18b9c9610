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
