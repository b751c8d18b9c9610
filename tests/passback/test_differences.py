"""What somebody changed in the LMS is never written over without a decision."""

from lti_tool.models import DeliveryState
from tests.support.classroom import ONE_QUESTION, TWO_QUESTIONS
from tests.support.world import FRENCH


def type_in(classroom, value, key="ines"):
    """Let a teacher type a grade into our column in the LMS (None: take it away)."""
    classroom.lms.teacher_sets_grade(FRENCH, f"u-{key}", value, classroom.columns()[0].id)


def sent_once(graded):
    """Send one question's score, then let a second one be asked."""
    graded.ask(about="one")
    graded.send()
    graded.deliver()
    graded.ask(about="two")


class TestADifference:
    def test_a_value_typed_in_the_lms_is_held_and_stays_there(self, graded):
        sent_once(graded)
        type_in(graded, 17)
        graded.send()
        graded.deliver()
        cell = graded.cell()
        assert (cell.state, cell.theirs_value, cell.theirs_maximum) == (DeliveryState.HELD, 17, 20)
        assert graded.grade() == 17

    def test_a_grade_taken_away_in_the_lms_is_held(self, graded):
        sent_once(graded)
        type_in(graded, None)
        graded.send()
        graded.deliver()
        assert (graded.state(), graded.cell().theirs_empty, graded.grade()) == (
            DeliveryState.HELD,
            True,
            None,
        )

    def test_a_value_typed_before_we_ever_sent_one_is_held(self, graded):
        type_in(graded, 3)
        graded.ask()
        graded.send()
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.HELD, 3)

    def test_the_very_value_that_we_would_send_is_no_difference(self, graded):
        type_in(graded, ONE_QUESTION)
        graded.ask()
        graded.send()
        graded.deliver()
        assert graded.state() is DeliveryState.CONFIRMED

    def test_one_learners_difference_keeps_nobody_else_waiting(self, graded):
        type_in(graded, 3)
        graded.ask("ines")
        graded.ask("karim")
        graded.send()
        graded.deliver()
        assert (graded.state("ines"), graded.state("karim")) == (DeliveryState.HELD, DeliveryState.CONFIRMED)


class TestDeciding:
    def held(self, graded, value=17):
        sent_once(graded)
        type_in(graded, value)
        graded.send()
        graded.deliver()

    def test_keep_theirs_leaves_it_whatever_follows(self, graded):
        self.held(graded)
        graded.decide("keep")
        graded.ask(about="three")
        graded.send()
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.KEPT, 17)

    def test_sending_that_member_by_name_asks_again(self, graded):
        self.held(graded)
        graded.decide("keep")
        graded.send("ines")
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.HELD, 17)

    def test_send_ours_writes_over_what_was_seen(self, graded):
        self.held(graded)
        graded.decide("overwrite")
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)

    def test_send_ours_fills_a_cell_that_was_emptied(self, graded):
        self.held(graded, None)
        graded.decide("overwrite")
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)

    def test_a_value_that_appeared_after_the_decision_is_held_again(self, graded):
        self.held(graded)
        graded.decide("overwrite")
        type_in(graded, 12)
        graded.deliver()
        assert (graded.state(), graded.cell().theirs_value, graded.grade()) == (DeliveryState.HELD, 12, 12)

    def test_a_second_click_finds_nothing_to_decide(self, graded):
        self.held(graded)
        graded.decide("overwrite")
        page = graded.decide("keep")
        assert page.status == 409
        graded.deliver()
        assert graded.grade() == TWO_QUESTIONS


class TestAdoptingTheActivitysOwnColumn:
    """Moodle's own column: an overridden grade answers 200 to every score, and stays."""

    def adopted(self, classroom):
        classroom.lms.quirks.lineitem_in_launch = True
        classroom.trainer = classroom.world.enter("claire")
        page = classroom.trainer.get("grading")
        offered = page.soup.select_one("input[name=line_item]:not([value=new])")["value"]
        classroom.switch_on(line_item=offered)
        classroom.make_columns()
        return classroom.lms.own_lineitem(FRENCH)

    def test_its_maximum_may_be_another_than_ours(self, classroom):
        own = self.adopted(classroom)
        classroom.ask()
        classroom.send()
        classroom.deliver()
        assert own.maximum == 100
        assert classroom.lms.score_of(FRENCH, "u-ines", own.id) == 25
        assert classroom.columns() == []

    def test_a_grade_that_resists_is_not_called_arrived(self, classroom):
        own = self.adopted(classroom)
        classroom.ask()
        classroom.lms.teacher_sets_grade(FRENCH, "u-ines", 80, own.id)
        classroom.send()
        classroom.deliver()
        classroom.decide("overwrite")
        classroom.deliver()
        cell = classroom.cell()
        assert (cell.state, cell.problem, cell.confirmed_value) == (DeliveryState.HELD, "stays-theirs", None)

    def test_two_scores_within_one_second_are_both_taken(self, classroom):
        own = self.adopted(classroom)
        for about in ("one", "two"):
            classroom.ask(about=about)
            classroom.send()
            classroom.deliver()
        assert classroom.lms.score_of(FRENCH, "u-ines", own.id) == 50
