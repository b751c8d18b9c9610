"""The whole way, once as `make run` serves it and once over https: a contribution becomes a grade."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.other_processes import demo, https_campus
from tests.browser.people import A_WHILE, ENGLISH, FRENCH

pytestmark = pytest.mark.browser

REPLY = (
    "Chez nous, une réunion de dix minutes debout chaque lundi a changé la donne : chacun dit ce qui "
    "bloque, personne ne résout sur place, et je note qui aide qui. "
    "Au bout de trois semaines les relances ont disparu."
)
QUESTION = " ".join(f"situation{number}" for number in range(30))


@pytest.fixture(scope="module")
def served_by_make_run(tmp_path_factory):
    """The addresses of a running `lti-tool demo`."""
    with demo(tmp_path_factory.mktemp("demo")) as addresses:
        yield addresses


@pytest.fixture(scope="module")
def served_over_https(tmp_path_factory, certificate):
    """The addresses of the same parts on two https sites."""
    with https_campus(tmp_path_factory.mktemp("https"), certificate) as addresses:
        yield addresses


@pytest.fixture(params=["served_by_make_run", "served_over_https"])
def addresses(request):
    return request.getfixturevalue(request.param)


def number_in(text: str) -> float:
    """Return the first number of a text, written with a comma or a point."""
    return float(re.search(r"\d+(?:[.,]\d+)?", text)[0].replace(",", "."))


class TestFromAContributionToAGrade:
    def test_a_reply_moves_the_score_and_the_grade_arrives(self, visitor, addresses):
        learner, trainer = visitor(addresses), visitor(addresses)

        mine = learner.is_in_lms("ines").opens_course(FRENCH).community.follows("participation")
        before = number_in(mine.shown.locator("#score").inner_text())
        mine.goes_home().helps_who_waits_longest(REPLY).follows("participation")
        after = number_in(mine.shown.locator("#score").inner_text())

        theirs = trainer.is_in_lms("claire").opens_course(FRENCH).community.follows("grading")
        theirs.sends_everything()
        arrived = theirs.row_of("Inès Lefèvre").locator(".status.ok")
        expect(arrived).to_have_text(theirs.says("Arrived"), timeout=A_WHILE)

        assert after > before
        assert number_in(trainer.reads_gradebook(FRENCH).grade_of("u-ines")) == after
        mine.follows("participation")
        expect(mine.shown.locator(".status.ok")).to_have_text(mine.says("Arrived"))

    def test_a_trainer_switches_grading_on_and_sends(self, visitor, addresses):
        learner, trainer = visitor(addresses), visitor(addresses)

        theirs = trainer.is_in_lms("claire").opens_course(ENGLISH).community.follows("grading")
        theirs.switches_grading_on(maximum="100")
        mine = learner.is_in_lms("grace").opens_course(ENGLISH).community
        mine.writes("How do you open a review?", QUESTION).follows("participation")
        score = number_in(mine.shown.locator("#score").inner_text())
        theirs.follows("grading").sends_everything()
        arrived = theirs.row_of("Grace Okafor").locator(".status.ok")
        expect(arrived).to_have_text(theirs.says("Arrived"), timeout=A_WHILE)

        assert score > 0
        assert number_in(trainer.reads_gradebook(ENGLISH).grade_of("u-grace")) == score

    def test_what_stands_in_the_frame_of_another_site_is_accessible(self, visitor, addresses):
        course = visitor(addresses).is_in_lms("ines").opens_course(FRENCH)
        community = course.community

        assert axe.violations(community.shown) == []
        assert axe.violations(course.page) == []
