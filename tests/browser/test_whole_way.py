"""The whole way, once as `make run` serves it and once over https: a contribution becomes a grade."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import BROWSER, axe
from tests.browser.other_processes import demo, https_campus
from tests.browser.people import ENGLISH, FRENCH

pytestmark = BROWSER

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


@pytest.fixture(params=[pytest.param("served_by_make_run", marks=pytest.mark.long), "served_over_https"])
def addresses(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["served_by_make_run", "served_over_https"])
def either(request):
    """The same, both in the gate: for what is quick."""
    return request.getfixturevalue(request.param)


def score_of(participation) -> float:
    """Return the score that a page *My participation* shows."""
    return number_in(participation.shown.locator("#score").inner_text())


def number_in(text: str) -> float:
    """Return the first number of a text, written with a comma or a point."""
    return float(re.search(r"\d+(?:[.,]\d+)?", text)[0].replace(",", "."))


class TestFromAContributionToAGrade:
    def test_a_reply_moves_the_learners_score(self, visitor, either):
        mine = visitor(either).is_in_lms("karim").opens_course(FRENCH).community
        before = score_of(mine.follows("participation"))

        mine.goes_home().helps_who_waits_longest(REPLY)

        assert score_of(mine.follows("participation")) > before

    def test_what_the_trainer_sends_arrives_while_the_page_is_open(self, visitor, addresses):
        trainer, learner = visitor(addresses), visitor(addresses)
        theirs = trainer.is_in_lms("claire").opens_course(FRENCH).community.follows("grading")

        theirs.sends_everything().marks_the_page()

        expect(theirs.row_of("Inès Lefèvre").locator(".status.ok")).to_have_text(theirs.says("Arrived"))
        expect(theirs.form("/pause")).to_have_count(0)
        assert theirs.is_the_marked_page()
        mine = learner.is_in_lms("ines").opens_course(FRENCH).community.follows("participation")
        expect(mine.shown.locator(".status.ok")).to_have_text(mine.says("Arrived"))
        assert number_in(trainer.reads_gradebook(FRENCH).grade_of("u-ines")) == score_of(mine)

    def test_a_trainer_switches_grading_on_and_a_first_question_is_graded(self, visitor, addresses):
        trainer, learner = visitor(addresses), visitor(addresses)
        theirs = trainer.is_in_lms("claire").opens_course(ENGLISH).community.follows("grading")

        theirs.switches_grading_on(maximum="100")
        mine = learner.is_in_lms("grace").opens_course(ENGLISH).community
        score = score_of(mine.writes("How do you open a review?", QUESTION).follows("participation"))
        theirs.follows("grading").sends_everything()

        expect(theirs.row_of("Grace Okafor").locator(".status.ok")).to_have_text(theirs.says("Arrived"))
        assert number_in(trainer.reads_gradebook(ENGLISH).grade_of("u-grace")) == score > 0

    def test_what_stands_in_the_frame_of_another_site_is_accessible(self, visitor, addresses):
        course = visitor(addresses).is_in_lms("ines").opens_course(FRENCH)
        community = course.community

        assert axe.violations(community.shown) == []
        assert axe.violations(course.page) == []
