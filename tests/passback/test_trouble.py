"""An LMS that is down, slow, strict, forgetful or closed: what is shown, and that it ends right."""

from datetime import timedelta
from typing import ClassVar

import pytest
from sqlalchemy import update

from demo_lms.gradebook import Score as LmsScore
from demo_lms.people import LEARNER
from lti_tool import clock
from lti_tool.errors import PlatformUnavailable, ServiceRefused
from lti_tool.extensions import db
from lti_tool.lti.scores import GradebookConnection, ScoreConflict
from lti_tool.models import DeliveryState, LineItemState, ScoreDelivery
from lti_tool.services import parcels, retries
from lti_tool.transactions import transaction
from tests.support.classroom import ONE_QUESTION, TWO_QUESTIONS
from tests.support.world import FRENCH


class Died(BaseException):
    """What happens to a worker that is killed, as far as its own process can show it."""


LATER = retries.LONGEST_WAIT * 2


def posted(classroom) -> int:
    """Return how many scores were posted to the LMS, stored or refused."""
    return sum(len(classroom.lms.calls_described(word)) for word in ("score stored", "score refused"))


class TestAnLmsThatIsDown:
    def test_it_is_tried_again_later(self, graded):
        graded.ask()
        graded.send()
        graded.lms.quirks.down = True
        graded.deliver()
        cell = graded.cell()
        assert (cell.state, cell.problem) == (DeliveryState.DUE, "platform-unavailable")
        graded.lms.quirks.down = False
        graded.deliver(after=LATER)
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)

    def test_it_is_not_asked_earlier_than_it_wants(self, graded):
        graded.ask()
        graded.send()
        graded.lms.quirks.down, graded.lms.quirks.retry_after = True, 1800
        graded.deliver()
        assert graded.cell().due_at - graded.cell().asked_at >= timedelta(seconds=1800)

    def test_after_many_tries_it_is_given_up_until_somebody_asks(self, graded):
        graded.ask()
        graded.send()
        graded.lms.quirks.down = True
        for tries in range(retries.MOST_TRIES):
            graded.deliver(after=LATER * tries)
        assert (graded.state(), graded.cell().problem) == (DeliveryState.REFUSED, "given-up")
        graded.lms.quirks.down = False
        graded.send()
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)

    def test_a_column_waits_too(self, classroom):
        classroom.switch_on()
        classroom.lms.quirks.down = True
        classroom.make_columns()
        assert (classroom.item().state, classroom.item().problem) == (
            LineItemState.WANTED,
            "platform-unavailable",
        )
        classroom.lms.quirks.down = False
        classroom.make_columns(after=LATER)
        assert len(classroom.columns()) == 1


class TestAnLmsThatSaysNo:
    def test_a_refused_token_is_shown_and_not_repeated(self, graded):
        graded.ask()
        graded.send()
        graded.lms.quirks.refuse_tokens = True
        graded.lms.tokens.forget_all()
        graded.deliver()
        assert (graded.state(), graded.cell().problem) == (DeliveryState.REFUSED, "token-refused")
        refusals = len(graded.lms.calls_described("token refused"))
        graded.deliver(after=LATER)
        assert len(graded.lms.calls_described("token refused")) == refusals

    def test_a_page_instead_of_data_is_shown_and_tried_again(self, graded):
        graded.ask()
        graded.send()
        graded.lms.quirks.answer_html = True
        graded.deliver()
        assert (graded.state(), graded.cell().problem) == (DeliveryState.DUE, "html-answer")
        graded.lms.quirks.answer_html = False
        graded.deliver(after=LATER)
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)

    def test_a_page_in_answer_to_a_score_says_nothing_about_it(self, graded):
        graded.ask()
        graded.send()

        def pause(step):
            graded.lms.quirks.answer_html = step == "attempt-committed"

        graded.deliver(pause=pause)
        assert (graded.state(), graded.cell().attempt_open) == (DeliveryState.DUE, True)
        graded.lms.quirks.answer_html = False
        graded.deliver(after=LATER)
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)

    def test_somebody_who_left_the_course_is_not_tried_again(self, graded):
        graded.ask()
        graded.send()
        graded.lms.enrol("ines", FRENCH)
        graded.deliver()
        assert (graded.state(), graded.cell().problem) == (DeliveryState.REFUSED, "not-in-course")

    def test_a_deleted_column_can_be_made_again(self, graded):
        graded.ask()
        graded.send()
        graded.deliver()
        graded.lms.gradebook.items.pop(graded.columns()[0].id)
        graded.ask(about="two")
        graded.send()
        graded.deliver()
        assert (graded.item().state, graded.item().problem) == (LineItemState.REFUSED, "line-item-gone")
        graded.trainer.post(f"grading/line-items/{graded.item().id}/again")
        graded.make_columns()
        graded.send()
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)


class TestAColumnThatIsRefused:
    def test_what_waited_for_it_is_no_longer_said_to_be_on_its_way(self, classroom):
        classroom.switch_on()
        classroom.ask()
        classroom.send()
        assert classroom.state() is DeliveryState.DUE
        classroom.lms.quirks.refuse_tokens = True
        classroom.make_columns()
        assert (classroom.item().state, classroom.state()) == (LineItemState.REFUSED, DeliveryState.READY)

    def test_nothing_is_sent_to_it_until_it_is_there(self, classroom):
        classroom.switch_on()
        classroom.ask()
        classroom.lms.quirks.refuse_tokens = True
        classroom.make_columns()
        classroom.send()
        assert classroom.state() is DeliveryState.READY
        classroom.lms.quirks.refuse_tokens = False
        classroom.trainer.post(f"grading/line-items/{classroom.item().id}/again")
        classroom.send()
        classroom.make_columns()
        classroom.deliver()
        assert (classroom.state(), classroom.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)

    def test_those_behind_the_one_that_found_it_gone_wait_for_it(self, graded, monkeypatch):
        monkeypatch.setattr(parcels, "PER_BATCH", 1)
        for key in ("ines", "karim"):
            graded.ask(key)
        graded.send()
        graded.lms.gradebook.items.pop(graded.columns()[0].id)
        graded.deliver()
        assert {graded.state(key) for key in ("ines", "karim")} == {
            DeliveryState.REFUSED,
            DeliveryState.READY,
        }

    @pytest.mark.parametrize("step", ["claimed", "attempt-committed"])
    def test_what_a_worker_had_that_died_is_no_longer_said_to_be_on_its_way(self, graded, step):
        def die(reached):
            if reached == step:
                raise Died

        graded.ask()
        graded.send()
        with pytest.raises(Died):
            graded.deliver(pause=die)
        graded.ask("karim")
        graded.send("karim")
        graded.lms.gradebook.items.pop(graded.columns()[0].id)
        graded.deliver()
        assert (graded.item().state, graded.state()) == (LineItemState.REFUSED, DeliveryState.SENDING)
        graded.deliver(after=parcels.LEASE + timedelta(seconds=1))
        assert graded.state() is DeliveryState.READY


class TestTokensOfAMinute:
    def test_they_are_enough(self, graded):
        graded.lms.quirks.token_seconds = 60
        graded.ask()
        graded.send()
        graded.deliver()
        assert graded.grade() == ONE_QUESTION

    def test_one_that_ends_in_between_is_renewed(self, graded):
        graded.ask()
        graded.send()
        graded.deliver(pause=lambda step: graded.lms.tokens.forget_all() if step == "results-read" else None)
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)


class CutOff(GradebookConnection):
    """A connection that breaks when the LMS has stored the score and before its answer arrives."""

    def send_score(self, line_item_url, score):
        super().send_score(line_item_url, score)
        raise PlatformUnavailable("connection", "connection reset", retry_after=None)


class StuckInTheNetwork(GradebookConnection):
    """A connection that ends before its score has reached the LMS; it is still under way."""

    stuck: ClassVar[dict] = {}

    def send_score(self, line_item_url, score):
        StuckInTheNetwork.stuck = {
            "sub": score.sub,
            "timestamp": score.timestamp,
            "given": float(score.value),
            "maximum": float(score.maximum),
            "activity_progress": "InProgress",
            "grading_progress": "FullyGraded",
        }
        raise PlatformUnavailable("timeout", "timed out", retry_after=None)

    @classmethod
    def arrive(cls, classroom) -> None:
        """Let what is under way reach the LMS."""
        classroom.lms.record_score(classroom.columns()[0], LmsScore(**cls.stuck))


class ForbiddenAfterAConflict(GradebookConnection):
    """A connection whose score gets lost in a conflict, and that may not read again what is there."""

    forbidden = False

    def results(self, line_item_url, page_read=lambda: None):
        if self.forbidden:
            raise ServiceRefused("access-refused", "not here")
        return super().results(line_item_url, page_read)

    def send_score(self, line_item_url, score):
        self.forbidden = True
        raise ScoreConflict("score-conflict", "later")


class Crash(BaseException):
    """The worker ends here."""


class TestALostAnswer:
    def test_the_same_value_goes_again_and_is_confirmed(self, graded):
        graded.ask()
        graded.send()
        graded.deliver(connect=CutOff)
        assert (graded.state(), graded.cell().attempt_open) == (DeliveryState.DUE, True)
        graded.deliver(after=LATER)
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)

    def test_a_newer_value_follows_it(self, graded):
        graded.ask(about="one")
        graded.send()
        graded.deliver(connect=CutOff)
        graded.ask(about="two")
        graded.send()
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)

    def test_one_that_arrives_after_the_next_was_refused_is_known_as_ours(self, graded):
        graded.ask(about="one")
        graded.send()
        graded.deliver(connect=StuckInTheNetwork)
        graded.lms.enrol("ines", FRENCH)
        graded.deliver(after=LATER)
        assert graded.state() is DeliveryState.REFUSED
        StuckInTheNetwork.arrive(graded)
        graded.lms.enrol("ines", FRENCH, LEARNER)
        graded.ask(about="two")
        graded.send()
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)

    def test_one_that_the_lms_stores_late_is_not_taken_for_somebody_elses(self, graded):
        graded.ask(about="one")
        graded.send()
        graded.deliver(connect=StuckInTheNetwork)
        graded.ask(about="two")
        graded.send()

        def arrive_and_crash(step):
            if step == "attempt-committed":
                StuckInTheNetwork.arrive(graded)
                raise Crash

        with pytest.raises(Crash):
            graded.deliver(pause=arrive_and_crash)
        graded.deliver_until_settled(after=parcels.LEASE * 2)
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)


class TestAConflict:
    """Moodle's 409: the last write is not earlier, in whole seconds, than our time stamp."""

    @pytest.fixture
    def sent(self, graded):
        graded.ask(about="one")
        graded.send()
        graded.deliver()
        graded.ask(about="two")
        graded.send()
        return graded

    def test_it_is_stamped_anew_and_sent_once_more(self, sent):
        conflicts = []

        def meanwhile(step):
            # Between comparing and posting the LMS writes the same value once more, at its own clock.
            if step == "attempt-committed":
                grade = sent.lms.grade_of(FRENCH, "u-ines", sent.columns()[0].id)
                grade.stamp = sent.cell().last_timestamp
            conflicts.append(step) if step == "conflict" else None

        sent.deliver(pause=meanwhile)
        assert conflicts == ["conflict"]
        assert (sent.state(), sent.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)

    def test_a_refusal_to_show_what_is_there_says_nothing_about_the_score(self, sent):
        sent.deliver(connect=ForbiddenAfterAConflict)
        cell = sent.cell()
        assert (cell.state, cell.problem) == (DeliveryState.REFUSED, "access-refused")
        assert cell.attempt_open

    def test_a_second_one_waits(self, sent):
        grade = sent.lms.grade_of(FRENCH, "u-ines", sent.columns()[0].id)
        grade.stamp = (sent.lms.now() + timedelta(minutes=5)).replace(microsecond=0)
        before = posted(sent)
        sent.deliver()
        assert posted(sent) == before + 2
        assert (sent.state(), sent.cell().problem) == (DeliveryState.DUE, "conflict")
        grade.stamp -= timedelta(minutes=10)
        sent.deliver_until_settled(after=LATER)
        assert (sent.state(), sent.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)

    def test_a_stamp_far_ahead_of_the_lms_is_shown_and_not_waited_for(self, sent):
        self.stamped(sent, clock.now() + timedelta(days=400))
        sent.deliver()
        cell = sent.cell()
        assert (cell.state, cell.problem) == (DeliveryState.DUE, "conflict")
        assert cell.due_at < clock.now() + LATER
        self.stamped(sent, clock.now())
        sent.deliver_until_settled(after=LATER)
        assert (sent.state(), sent.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)

    def stamped(self, sent, moment) -> None:
        with sent.world.app.app_context(), transaction():
            db.session.execute(update(ScoreDelivery).values(last_timestamp=moment))

    def test_what_a_teacher_wrote_in_between_is_held(self, sent):
        column = sent.columns()[0].id

        def meanwhile(step):
            if step == "attempt-committed":
                sent.lms.teacher_sets_grade(FRENCH, "u-ines", 19, column)
                grade = sent.lms.grade_of(FRENCH, "u-ines", column)
                grade.stamp = sent.cell().last_timestamp

        sent.deliver(pause=meanwhile)
        assert (sent.state(), sent.grade()) == (DeliveryState.HELD, 19)


class TestTwoWorkers:
    def test_nothing_is_posted_twice(self, graded, monkeypatch):
        monkeypatch.setattr(parcels, "PER_BATCH", 1)
        for key in ("ines", "karim", "awa"):
            graded.ask(key)
        graded.send()
        before = posted(graded)
        # The second worker runs to its end between every two steps of the first.
        graded.deliver(pause=lambda step: graded.deliver())
        assert posted(graded) == before + 3
        assert {graded.grade(key) for key in ("ines", "karim", "awa")} == {float(ONE_QUESTION)}

    @pytest.mark.parametrize("step", ["claimed", "results-read", "attempt-committed"])
    def test_one_that_slept_longer_than_its_lease_does_not_post(self, graded, step):
        graded.ask()
        graded.send()
        asleep = parcels.LEASE + timedelta(seconds=1)
        slept = []

        def sleep(reached):
            if reached == step and not slept:
                slept.append(reached)
                graded.deliver(after=asleep)

        before = posted(graded)
        graded.deliver(now=lambda: clock.now() + (asleep if slept else timedelta()), pause=sleep)
        assert posted(graded) == before + 1
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)
