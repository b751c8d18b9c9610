"""What learners read of their own score: how it stands, where it goes, and what became of it in the LMS."""

import re

import pytest

from demo_lms.people import LEARNER
from tests.support.world import FRENCH

NOT_YET = "Nothing has been sent to the gradebook yet."
ON_ITS_WAY = "On its way to the gradebook."
ARRIVED = "5 of 20 arrived in the gradebook"
OLDER = "The gradebook still shows 5 of 20, sent"
HELD = "The gradebook shows another value than this one. Your trainer decides"
KEPT = "Your trainer decided that the value in the gradebook stays as it is there."
REFUSED = "The LMS did not take the last value. Your trainer has been shown why."
SENTENCES = (NOT_YET, ON_ITS_WAY, ARRIVED, OLDER, HELD, KEPT, REFUSED)


@pytest.fixture
def english(graded):
    """A classroom where Inès, who asked a question that counts, reads English."""
    graded.ask(about="one")
    graded.learner("ines").post("preferences/language", follow=False, language="en")
    return graded


def score_of(classroom) -> str:
    """Return the part of her page that tells the score."""
    card = classroom.learner("ines").get("participation").soup.select_one("section[aria-labelledby=score]")
    return " ".join(card.text.split())


def told(classroom) -> list[str]:
    """Return which of the sentences about the gradebook she reads."""
    said = score_of(classroom)
    return [sentence for sentence in SENTENCES if sentence in said]


class TestTheGradebook:
    def test_has_nothing_before_somebody_sends(self, english):
        assert told(english) == [NOT_YET]

    def test_is_waited_for(self, english):
        english.send()
        assert told(english) == [ON_ITS_WAY]

    def test_has_the_value_since_a_moment(self, english):
        english.send()
        english.deliver()
        assert told(english) == [ARRIVED]
        assert re.search(ARRIVED + r"[^.]* \d{1,2}:\d{2} [AP]M\.", score_of(english))

    def test_has_an_older_value_while_nobody_sent_the_new_one(self, english):
        english.send()
        english.deliver()
        english.ask(about="two")
        assert told(english) == [OLDER]

    def test_has_what_somebody_typed_until_the_trainer_decides(self, english):
        english.send()
        english.deliver()
        english.lms.teacher_sets_grade(FRENCH, "u-ines", 17, english.columns()[0].id)
        english.ask(about="two")
        english.send()
        english.deliver()
        assert told(english) == [HELD]
        english.decide("keep")
        assert told(english) == [KEPT]

    def test_refused_it_and_she_is_not_asked_to_mend_that(self, english):
        english.send()
        english.lms.enrol("ines", FRENCH)
        english.deliver()
        english.lms.enrol("ines", FRENCH, LEARNER)
        assert told(english) == [REFUSED]


class TestTheScore:
    def test_is_told_with_what_it_becomes_if_nothing_is_added(self, english):
        said = score_of(english)
        assert "5 of 20 today" in said
        assert "It stays at 5 when week 1 closes, even if nothing is added." in said

    def test_is_told_with_what_would_raise_it_most(self, english):
        steps = english.learner("ines").get("participation").soup.select_one("section[aria-labelledby=hints]")
        assert steps.select("li")


class TestTheTrainersTable:
    def test_shows_the_trend_week_by_week(self, english):
        english.trainer.post("preferences/language", follow=False, language="en")
        row = english.trainer.get("grading").soup.select_one("td[data-label=Trend]").parent
        assert "Inès Lefèvre" in row.text
        assert row.select_one("svg.trend")["aria-label"] == "Latest weeks: 20 %"
