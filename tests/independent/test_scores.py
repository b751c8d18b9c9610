"""Grades into Open edX's consumer (AGS): its line items, its scores, its grade book behind them."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.waiting import until

ONE_QUESTION, TWO_QUESTIONS = 5.0, 10.0


class Course:
    """Claire has opened the community and switched grading on; learners write, the worker sends."""

    def __init__(self, block, person, line_item: str = "new") -> None:
        self.block, self._person = block, person
        self.claire = person(block, block.claire).enter()
        self.learner = person(block, block.learners[0]).enter()
        answer = self.switch_on(line_item)
        assert answer.status_code == 303, answer.text[:3000]

    def switch_on(self, line_item: str, maximum: str = "20"):
        return self.claire.post(
            "grading",
            name="Participation",
            maximum=maximum,
            line_item=line_item,
            starts_on=datetime.now(UTC).date().isoformat(),
            weeks="8",
            confirmed="1",
        )

    def send(self) -> None:
        """Press Send for everybody."""
        assert self.claire.post("grading/send", everyone="1").status_code == 303

    def says(self) -> str:
        return " ".join(self.claire.page("grading").get_text(" ").split())

    @property
    def score(self) -> dict | None:
        """What their table of scores holds for the learner."""
        return self.block.held["scores"].get(self.learner.username)

    @property
    def grade(self) -> list | None:
        """What their block published to the gradebook for the learner: value and maximum."""
        return self.block.held["grades"].get(self.learner.username)

    def wait_for(self, given: float) -> None:
        until(lambda: self.score and self.score["given"] == given, lambda: (self.score, self.says()))


@pytest.fixture
def course(connected, person):
    """A course whose author lets the tool manage columns ("programmatic")."""
    opened = Course(connected(), person)
    until(lambda: opened.block.held["line_items"], opened.says)
    return opened


class TestTheColumn:
    def test_is_made_with_our_tag_for_the_block(self, course):
        (item,) = course.block.held["line_items"]
        assert item["link"] == course.block.key
        assert (item["label"], item["maximum"]) == ("Participation", 20)
        assert item["tag"].startswith("community-value:")


class TestAScore:
    def test_arrives_and_is_published_to_the_gradebook(self, course):
        course.learner.ask("one")
        course.send()
        course.wait_for(ONE_QUESTION)
        assert course.score["grading_progress"] == "FullyGraded"
        assert course.grade == [ONE_QUESTION, 20.0]

    def test_that_changed_replaces_the_one_before(self, course):
        course.learner.ask("one")
        course.send()
        course.wait_for(ONE_QUESTION)
        first = course.score["timestamp"]
        course.learner.ask("two")
        course.send()
        course.wait_for(TWO_QUESTIONS)
        assert course.score["timestamp"] > first
        assert course.grade == [TWO_QUESTIONS, 20.0]

    def test_that_they_hold_of_a_later_moment_is_followed_by_a_later_one(self, course):
        """They answer 400 to a time stamp that is not later than theirs: we stamp anew and send again."""
        course.learner.ask("one")
        course.send()
        course.wait_for(ONE_QUESTION)
        moment = datetime.now(UTC) + timedelta(seconds=6)
        course.block.set_stamps(moment.isoformat())
        course.learner.ask("two")
        course.send()
        until(lambda: course.score["given"] == TWO_QUESTIONS, course.says, seconds=150)
        assert datetime.fromisoformat(course.score["timestamp"]) > moment


class TestTheFixedColumn:
    """The author lets the tool send grades only ("declarative"): one fixed column, nothing may be made."""

    def test_is_offered_adopted_and_filled(self, connected, person):
        block = connected("declarative")
        claire = person(block, block.claire).enter()
        offers = [field["value"] for field in claire.page("grading").select("[name=line_item][value]")]
        number = next(offer for offer in offers if offer != "new")
        course = Course(block, person, line_item=number)
        course.learner.ask("one")
        course.send()
        course.wait_for(ONE_QUESTION)
        assert len(block.held["line_items"]) == 1
        assert course.grade == [ONE_QUESTION, 20.0]

    def test_is_the_only_one(self, connected, person):
        """Asked for a column of ours, the tool says what is in the way and makes none."""
        block = connected("declarative")
        course = Course(block, person)
        until(lambda: "The LMS does not allow us to do this" in course.says(), course.says)
        (theirs,) = block.held["line_items"]
        assert theirs["tag"] == ""


class TestWithoutTheService:
    def test_grading_cannot_reach_the_gradebook(self, connected, person):
        block = connected("disabled")
        claire = person(block, block.claire).enter()
        assert "offers this tool no gradebook" in " ".join(claire.page("grading").get_text(" ").split())
        assert block.held["line_items"] == []
