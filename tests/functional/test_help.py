"""Help inside the space: the guides, the part that fits a page, what is new, and the statement on access."""

import re

import pytest

from lti_tool import help_topics
from lti_tool.services import help_pages
from tests.support.world import ENGLISH, FRENCH, TOOL
from tools import whats_new

pytestmark = pytest.mark.database

LANGUAGES = ("en", "fr")
# Only answers to forms, and to scripts of pages that have their own help.
WITHOUT_A_PAGE = frozenset({"help", "mentions", "preferences", "tabs"})


class TestTheGuides:
    def test_those_of_ones_role_come_first(self, space):
        for person, first in [("ines", "learner"), ("claire", "trainer")]:
            page = space.home(person).get("help")
            assert page.status == 200
            assert page.soup.select_one("main h2")["id"] == first

    def test_a_section_can_be_pointed_at(self, space):
        page = space.home("ines").get("help/learner")
        section = page.soup.find(id="editor")
        assert section.find("h2").text == "L’éditeur"
        assert page.soup.select_one("nav a[href='#editor']").text == "L’éditeur"
        assert "help:" not in page.text

    @pytest.mark.parametrize(
        ("person", "course", "title"),
        [("ines", FRENCH, "Pour les apprenants"), ("grace", ENGLISH, "For learners")],
    )
    def test_are_read_in_ones_language(self, world, person, course, title):
        assert world.enter(person, course).get("help/learner").soup.find("h1").text == title

    def test_one_that_does_not_exist_is_not_found(self, space):
        for name in ("nothing", "..%2Flearner", "learner.md"):
            assert space.home("ines").get(f"help/{name}").status == 404

    @pytest.mark.parametrize("name", help_pages.PAGES)
    def test_have_the_same_sections_in_both_languages(self, name):
        english, french = (help_pages.guide(name, language) for language in LANGUAGES)
        assert [(part.key, part.level) for part in english.sections] == [
            (part.key, part.level) for part in french.sections
        ]
        assert english.sections
        keys = [part.key for part in english.sections]
        assert len(set(keys)) == len(keys)
        # A heading without a mark would be swallowed by the section before it.
        for part in (*english.sections, *french.sections):
            assert not re.search(r"^## ", part.text, re.MULTILINE)


class TestTheHelpOfAPage:
    def test_is_one_press_away(self, space):
        link = space.home("ines").get("discussions").soup.select_one(".topbar a[href*='/help/']")
        address, _, section = link["href"].partition("#")
        assert section == "find"
        page = space.home("ines").browser.get(address)
        assert page.soup.find(id=section).find("h2").text == "Trouver"

    def test_is_there_for_every_room_with_pages(self, app):
        rooms = {
            rule.endpoint.partition(".")[0]
            for rule in app.url_map.iter_rules()
            if rule.rule.startswith("/communities/")
        }
        assert rooms - WITHOUT_A_PAGE == {topic.partition(".")[0] for topic in help_topics.TOPICS}
        assert {topic for topic in help_topics.TOPICS if "." in topic} <= set(app.view_functions)

    @pytest.mark.parametrize(("guide", "section"), sorted(set(help_topics.TOPICS.values())))
    def test_leads_to_a_section_that_exists(self, guide, section):
        assert section in [part.key for part in help_pages.guide(guide, "en").sections]


class TestWhatIsNew:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_is_the_changelog_as_it_is_now(self, language):
        """`python -m tools.whats_new` writes the pages anew."""
        kept = help_pages.directory(help_pages.FOLDER) / language / "whats-new.md"
        assert kept.read_text(encoding="utf-8") == whats_new.page(language)

    def test_has_as_many_points_in_both_languages(self):
        english, french = (whats_new.points(language) for language in LANGUAGES)
        assert english == french
        assert sum(english) > 20

    def test_is_a_page_of_the_help(self, space):
        page = space.home("ines").get("help/whats-new")
        assert page.soup.find(id="this-version").find("h2").text == "Dans cette version"


class TestTheStatementOnAccess:
    def test_is_there_for_everybody(self, app):
        for language, title in [("en", "Accessibility"), ("fr", "Accessibilité")]:
            page = app.test_client().get(
                "/accessibility", base_url=TOOL, headers={"Accept-Language": language}
            )
            assert page.status_code == 200
            assert f"<h1>{title}</h1>" in page.text

    def test_is_linked_from_the_front_page_and_from_every_page_inside(self, app, space):
        assert 'href="/accessibility"' in app.test_client().get("/", base_url=TOOL).text
        assert space.home("ines").soup.select_one("footer a[href*='help/accessibility']")
        assert space.home("ines").get("help/accessibility").status == 200
