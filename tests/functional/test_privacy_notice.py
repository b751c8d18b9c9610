"""The privacy notice: for everybody, in both languages, filled from the settings and from what is held."""

from dataclasses import replace

import pytest

from lti_tool.services.held_kinds import KINDS, OTHER
from tests.support.world import TOOL

pytestmark = pytest.mark.database


@pytest.fixture
def told(app):
    """Return a function that changes settings for this test."""
    before = app.extensions["settings"]

    def tell(**changes):
        app.extensions["settings"] = replace(before, **changes)

    yield tell
    app.extensions["settings"] = before


def read(app, language: str = "en") -> str:
    answer = app.test_client().get("/privacy", base_url=TOOL, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


class TestTheNotice:
    def test_says_every_kind_that_is_held_by_its_name_and_in_both_languages(self, app):
        for language in ("en", "fr"):
            page = read(app, language)
            kinds = {*KINDS.values(), OTHER}
            assert page.count('<tr><th scope="row">') == len(kinds)

    def test_names_whom_the_settings_name(self, app, told):
        told(operator="Université d’Exemple", hosted_by="Host & Co, Roubaix", authority="CNIL")
        page = read(app, "fr")
        for words in ("Université d’Exemple", "Host &amp; Co, Roubaix", "CNIL"):
            assert words in page

    def test_asks_the_one_for_data_protection_and_else_the_ordinary_contact(self, app, told):
        told(contact="help@example.org")
        assert "mailto:help@example.org" in read(app)
        told(contact="help@example.org", data_protection_contact="dpo@example.org")
        page = read(app)
        assert "mailto:dpo@example.org" in page and "help@example.org" not in page

    @pytest.mark.parametrize(
        ("ground", "article"),
        [
            ("contract", "1 b"),
            ("legal-obligation", "1 c"),
            ("public-task", "1 e"),
            ("legitimate-interest", "1 f"),
            ("consent", "1 a"),
        ],
    )
    def test_says_on_which_ground(self, app, told, ground, article):
        assert "article 6" not in read(app)
        told(legal_basis=ground)
        assert f"article 6, {article})" in read(app)

    def test_counts_the_days_of_the_evidence(self, app, told):
        told(grade_evidence_days=90)
        assert "stays for 90 days" in read(app)

    def test_is_found_from_the_front_and_from_ones_own_data(self, space):
        assert 'href="/privacy"' in space.world.browser().get("/").html
        assert 'href="/privacy"' in space.home("ines").get("my-data").html
