"""What somebody changes in the LMS after ours has arrived: found, held, shown, put back in one act."""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

import pytest
from sqlalchemy import update

from lti_tool import clock
from lti_tool.errors import PlatformUnavailable
from lti_tool.extensions import db
from lti_tool.lti import names
from lti_tool.lti.scores import GradebookConnection, Result
from lti_tool.models import Course, DeliveryState, LineItem, ScoreDelivery
from lti_tool.services import drift, retries
from lti_tool.services.column_reading import ColumnReading
from lti_tool.transactions import transaction
from tests.passback.test_differences import sent_once, type_in
from tests.passback.test_trouble import CutOff
from tests.support.classroom import ONE_QUESTION, TWO_QUESTIONS


class Reads:
    """A gradebook that shows this."""

    def __init__(self, results) -> None:
        self._results = results

    def results(self, line_item_url, page_read=lambda: None):
        return self._results


class OvertakenByAnotherWorker(GradebookConnection):
    """What is read here is old before anybody compares with it."""

    then: ClassVar = None

    def results(self, line_item_url, page_read=lambda: None):
        read = super().results(line_item_url, page_read)
        OvertakenByAnotherWorker.then()
        return read


def look(classroom, after: timedelta = timedelta(), connect=GradebookConnection) -> None:
    """Run the nightly look until it has nothing to do, where it is evening: the night is over."""
    east = (18 - clock.now().hour) % 24
    zone = f"Etc/GMT{-east:+d}" if east <= 14 else f"Etc/GMT{24 - east:+d}"
    with classroom.world.app.app_context():
        drift.look_at_columns(zone, lambda: clock.now() + after, transaction, connect)


class TestTheNightsLook:
    def test_holds_what_was_changed_and_shows_it_beside_ours(self, graded):
        sent_once(graded)
        type_in(graded, 17)
        look(graded)
        cell = graded.cell()
        assert (cell.state, cell.theirs_value, cell.problem) == (DeliveryState.HELD, 17, "changed-there")
        page = graded.trainer.get("grading", show="problems")
        assert "17" in page.text
        assert "entered there" in page.text or "saisi" in page.text
        assert graded.grade() == 17

    def test_leaves_what_is_as_we_sent_it(self, graded):
        sent_once(graded)
        look(graded)
        assert graded.state() is DeliveryState.READY
        assert graded.item().checked_at is not None

    def test_looks_once_a_night(self, graded):
        sent_once(graded)
        look(graded)
        calls = len(graded.lms.calls_described("results"))
        look(graded)
        assert len(graded.lms.calls_described("results")) == calls

    def test_notices_that_the_column_was_renamed_and_rescaled(self, graded):
        sent_once(graded)
        item = graded.columns()[0]
        item.label, item.score_maximum = "Renamed", 40
        look(graded)
        page = graded.trainer.get("grading")
        assert "Renamed" in page.text
        assert "20" in page.text

    def test_notices_that_the_column_is_gone(self, graded):
        sent_once(graded)
        graded.lms.gradebook.items.pop(graded.columns()[0].id)
        look(graded)
        assert graded.item().problem == "line-item-gone"

    def test_a_cell_that_is_being_sent_is_left_alone(self, graded):
        sent_once(graded)
        graded.send()
        type_in(graded, 17)
        look(graded)
        assert graded.state() is DeliveryState.DUE

    @pytest.mark.parametrize("wrong", [timedelta(), timedelta(minutes=5), timedelta(minutes=-5)])
    def test_what_arrived_while_it_read_is_ours(self, graded, wrong):
        """Also when the clock of the one that looks is not that of the one that sends."""
        sent_once(graded)
        graded.send()
        OvertakenByAnotherWorker.then = graded.deliver
        look(graded, after=wrong, connect=OvertakenByAnotherWorker)
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)

    def test_what_was_on_its_way_when_it_read_is_ours(self, graded):
        """Its score was frozen before the column was read and posted after."""
        sent_once(graded)
        graded.send()
        read = []

        def pause(step):
            if step == "attempt-committed":
                read.append(self.reading(graded))

        graded.deliver(pause=pause)
        with graded.world.app.app_context(), transaction():
            assert drift.hold_what_differs(read[0], read[0].all, clock.now()) == 0
        assert graded.state() is DeliveryState.CONFIRMED

    def reading(self, classroom) -> ColumnReading:
        """What another worker reads of the column now."""
        with classroom.world.app.app_context():
            read = ColumnReading(classroom.item().id, clock.now, transaction)
            read.read_anew(Reads({"u-ines": Result(ONE_QUESTION, Decimal(20), None)}), "")
            return read

    def test_takes_no_older_decision_for_one_about_what_it_finds(self, graded):
        """Ours was to go over 17, but nothing could be sent then; somebody typed another grade since."""
        sent_once(graded)
        type_in(graded, 17)
        graded.send()
        graded.deliver()
        graded.decide("overwrite")
        self.excuse(graded, "excuse")
        graded.deliver(after=timedelta(seconds=5))
        assert graded.state() is DeliveryState.READY
        self.excuse(graded, "expect")
        type_in(graded, 3)
        look(graded)
        graded.send("ines")
        graded.deliver(after=timedelta(seconds=10))
        assert (graded.state(), graded.grade()) == (DeliveryState.HELD, 3)

    def excuse(self, classroom, act) -> None:
        address = f"grading/learners/{classroom.number('ines')}/excuses"
        page = classroom.trainer.post(address, act=act, period=["1"], reason="Ill")
        assert page.status == 200


class TestTheLookAfterSending:
    def test_finds_what_was_changed_while_we_wrote(self, graded):
        graded.ask("ines")
        graded.ask("karim")
        graded.send()
        typed = []

        def pause(step):
            if step == "recorded" and not typed:
                typed.append(True)
                confirmed = [key for key in ("ines", "karim") if graded.state(key) is DeliveryState.CONFIRMED]
                type_in(graded, 3, confirmed[0])

        graded.deliver(pause=pause)
        states = {graded.state(key) for key in ("ines", "karim")}
        assert states == {DeliveryState.HELD, DeliveryState.CONFIRMED}


class LateResults(GradebookConnection):
    """An LMS that takes a score and goes on showing the old results for a while."""

    old: ClassVar[dict | None] = None

    def results(self, line_item_url, page_read=lambda: None):
        if LateResults.old is None:
            LateResults.old = super().results(line_item_url, page_read)
        return LateResults.old


class TestAnLmsThatShowsResultsLate:
    def test_is_not_taken_for_a_change(self, graded):
        sent_once(graded)
        LateResults.old = None
        graded.send()
        graded.deliver(after=timedelta(seconds=5), connect=LateResults)
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)


class AnswersLost(GradebookConnection):
    """The LMS stores every score; nobody hears of it."""

    def send_score(self, line_item_url, score):
        super().send_score(line_item_url, score)
        raise PlatformUnavailable("timeout")


class TestPuttingBack:
    def decided_to_send_ours(self, graded) -> None:
        sent_once(graded)
        type_in(graded, 17)
        graded.send()
        graded.deliver()
        graded.decide("overwrite")

    def test_what_ours_went_over_can_be_put_back_in_one_act(self, graded):
        self.decided_to_send_ours(graded)
        graded.deliver_until_settled(after=timedelta(seconds=5))
        cell = graded.cell()
        assert (cell.state, cell.replaced_value) == (DeliveryState.CONFIRMED, 17)
        graded.trainer.post(f"grading/deliveries/{cell.id}/restore")
        graded.deliver_until_settled(after=timedelta(seconds=10))
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, 17)
        assert graded.cell().replaced_value is None

    def test_what_was_there_is_known_when_the_answer_to_ours_was_lost(self, graded):
        self.decided_to_send_ours(graded)
        graded.deliver(after=timedelta(seconds=5), connect=AnswersLost)
        graded.deliver_until_settled(after=timedelta(minutes=10))
        cell = graded.cell()
        assert (cell.state, cell.replaced_value) == (DeliveryState.CONFIRMED, 17)

    def test_what_was_in_a_column_that_is_gone_is_not_put_into_the_new_one(self, graded):
        self.decided_to_send_ours(graded)
        graded.deliver_until_settled(after=timedelta(seconds=5))
        graded.lms.gradebook.items.pop(graded.columns()[0].id)
        look(graded)
        graded.trainer.post(f"grading/line-items/{graded.item().id}/again")
        graded.make_columns()
        assert (graded.state(), graded.cell().replaced_value) == (DeliveryState.READY, None)

    def test_what_no_tool_may_send_is_not_put_back(self, graded):
        self.decided_to_send_ours(graded)
        graded.deliver_until_settled(after=timedelta(seconds=5))
        self.remember(graded, replaced_value=Decimal(-1))
        assert graded.trainer.post(f"grading/deliveries/{graded.cell().id}/restore").status == 409
        assert graded.cell().replaced_value == -1

    def remember(self, graded, **values) -> None:
        with graded.world.app.app_context(), transaction():
            db.session.execute(update(ScoreDelivery).values(**values))

    def test_there_is_nothing_to_put_back_twice(self, graded):
        sent_once(graded)
        assert graded.trainer.post(f"grading/deliveries/{graded.cell().id}/restore").status == 409


class TestAnLmsThatShowsNoGrades:
    def hide(self, classroom) -> None:
        scopes = [names.LINE_ITEM, names.SCORE]
        with classroom.world.app.app_context(), transaction():
            db.session.execute(update(Course).values(grade_scopes=scopes))

    def test_is_said_and_asked_once_a_column(self, graded):
        self.hide(graded)
        graded.ask()
        graded.send()
        graded.deliver()
        assert (graded.state(), graded.cell().problem) == (DeliveryState.REFUSED, "results-unreadable")
        assert graded.grade() is None
        page = graded.trainer.get("grading")
        form = page.soup.select_one("form[action*='/unread']")
        assert form is not None
        graded.trainer.post(f"grading/line-items/{graded.item().id}/unread")
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)
        assert graded.trainer.get("grading").soup.select_one("form[action*='/unread']") is None

    def test_the_agreement_is_named_and_dated(self, graded):
        self.hide(graded)
        graded.ask()
        graded.send()
        graded.deliver()
        graded.trainer.post(f"grading/line-items/{graded.item().id}/unread")
        with graded.world.database() as session:
            item = session.query(LineItem).one()
            assert item.unread_accepted_at is not None
            assert item.unread_accepted_by_id is not None


class TestWhatWasReplaced:
    def test_is_still_known_when_the_answer_of_ours_was_lost(self, graded):
        sent_once(graded)
        type_in(graded, 17)
        graded.send()
        graded.deliver()
        graded.decide("overwrite")
        graded.deliver(connect=CutOff)
        graded.deliver_until_settled(after=retries.LONGEST_WAIT * 2)
        assert (graded.state(), graded.cell().replaced_value) == (DeliveryState.CONFIRMED, 17)
