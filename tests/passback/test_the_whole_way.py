"""From a contribution to a grade in the LMS, and what is in the way of it."""

from datetime import timedelta

from lti_tool.models import DeliveryState, LineItemState
from tests.support.classroom import COLUMN, ONE_QUESTION, TWO_QUESTIONS


class TestSwitchingGradingOn:
    def test_the_lms_gets_one_column_with_our_tag(self, classroom):
        classroom.switch_on()
        classroom.make_columns()
        (column,) = classroom.columns()
        assert (column.label, column.maximum) == (COLUMN, 20)
        assert column.tag.startswith("community-value:")
        assert classroom.item().state is LineItemState.BOUND

    def test_nothing_is_made_in_the_lms_before_the_trainer_confirms(self, classroom):
        page = classroom.switch_on(confirmed="")
        classroom.make_columns()
        assert page.status == 422
        assert classroom.columns() == []


class TestSending:
    def test_a_contribution_alone_sends_nothing(self, graded):
        graded.ask()
        graded.deliver()
        assert graded.state() is DeliveryState.READY
        assert graded.grade() is None

    def test_what_the_trainer_sends_arrives(self, graded):
        graded.ask()
        graded.send()
        graded.deliver()
        assert graded.state() is DeliveryState.CONFIRMED
        assert graded.grade() == ONE_QUESTION

    def test_a_further_contribution_waits_for_the_next_send(self, graded):
        graded.ask(about="one")
        graded.send()
        graded.deliver()
        graded.ask(about="two")
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.READY, ONE_QUESTION)
        graded.send("ines")
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)

    def test_the_one_button_sends_what_changed_and_nothing_else(self, graded):
        graded.ask("ines")
        graded.ask("karim")
        graded.send()
        graded.deliver()
        graded.ask("ines", about="two")
        graded.lms.calls.clear()
        graded.send()
        graded.deliver()
        assert len([call for call in graded.lms.requests if call.path.endswith("/scores")]) == 1
        assert graded.grade("ines") == TWO_QUESTIONS
        graded.lms.calls.clear()
        graded.send()  # nothing changed: everybody's again
        graded.deliver(after=timedelta(seconds=5))
        assert len([call for call in graded.lms.requests if call.path.endswith("/scores")]) == 2

    def test_nothing_is_sent_for_those_who_never_came(self, graded):
        graded.learner("karim")
        graded.ask("ines")
        graded.send()
        graded.deliver()
        assert graded.grade("karim") is None
        assert graded.cells() == 1
        assert [call.status for call in graded.lms.calls_described("score stored")] == [200]
