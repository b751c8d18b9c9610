"""More scores than a batch: the column is read once, others are woken, a busy host loses nobody a try."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from lti_tool import clock
from lti_tool.extensions import bells
from lti_tool.lti import host_slots
from lti_tool.lti.host_slots import HostPlace
from lti_tool.models import DeliveryState
from lti_tool.services import column_reading, outbox, parcels
from lti_tool.transactions import transaction
from tests.support.classroom import ONE_QUESTION, TWO_QUESTIONS
from tests.support.world import FRENCH

LEARNERS = ("ines", "karim", "awa")


@pytest.fixture
def asked(graded):
    """Three learners whose scores were sent for."""
    for key in LEARNERS:
        graded.ask(key)
    graded.send()
    return graded


def readings(classroom) -> int:
    return len(classroom.lms.calls_described("results read"))


@pytest.fixture
def one_by_one(monkeypatch):
    """Batches of one score."""
    monkeypatch.setattr(parcels, "PER_BATCH", 1)


@pytest.mark.usefixtures("one_by_one")
class TestManyBatches:
    def test_read_the_column_once(self, asked):
        before = readings(asked)
        asked.deliver()
        assert readings(asked) == before + 1
        assert {asked.state(key) for key in LEARNERS} == {DeliveryState.CONFIRMED}

    def test_read_it_again_when_the_reading_is_old(self, asked):
        before, late = readings(asked), [timedelta()]

        def pause(step):
            late[0] += column_reading.GOOD_FOR if step == "recorded" else timedelta()

        asked.deliver(now=lambda: clock.now() + late[0], pause=pause)
        assert readings(asked) == before + 3

    def test_of_other_line_items_at_the_same_address_read_it_with_their_own_access(self, asked, monkeypatch):
        """Another LMS may give the address of this one's column for its own."""
        claim, others = parcels.claim, count(1000)

        def claimed_for_another(*given, **named):
            batch = claim(*given, **named)
            return batch and replace(batch, line_item_id=next(others))

        monkeypatch.setattr(parcels, "claim", claimed_for_another)
        before = readings(asked)
        asked.deliver()
        assert readings(asked) == before + 3

    def test_read_it_again_for_a_cell_that_was_sent_to_meanwhile(self, asked):
        def pause(step):
            if step == "attempt-committed" and asked.state("ines") is DeliveryState.CONFIRMED:
                pause.again = getattr(pause, "again", 0) + 1
                if pause.again == 1:
                    asked.ask("ines", about="two")
                    asked.send("ines")

        asked.deliver(pause=pause)
        assert (asked.state(), asked.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)

    @pytest.mark.parametrize("ahead", [timedelta(minutes=3), timedelta(minutes=-3)])
    def test_read_it_again_also_when_who_sent_to_it_has_another_clock(self, asked, ahead):
        asked.deliver()
        for key in LEARNERS:
            asked.ask(key, about="two")
        asked.send()

        def pause(step):
            if step == "results-read" and not hasattr(pause, "done"):
                pause.done = True
                asked.deliver_until_settled(after=timedelta(seconds=2))
                for key in LEARNERS:
                    asked.ask(key, about="three")
                asked.send()

        asked.deliver(now=lambda: clock.now() + ahead, pause=pause)
        asked.deliver_until_settled(after=timedelta(seconds=5))
        assert {asked.state(key) for key in LEARNERS} == {DeliveryState.CONFIRMED}

    def test_each_full_one_wakes_another_worker(self, asked, monkeypatch):
        rung = []
        monkeypatch.setitem(bells._ringers, outbox.SCORES, lambda: rung.append(1))
        asked.deliver()
        assert len(rung) == 3


class TestOneBatch:
    def test_that_is_not_full_wakes_nobody(self, asked, monkeypatch):
        rung = []
        monkeypatch.setitem(bells._ringers, outbox.SCORES, lambda: rung.append(1))
        asked.deliver()
        assert rung == []

    def test_reads_the_column_anew_when_it_takes_long(self, asked):
        late = [timedelta()]

        def pause(step):
            if step == "posted" and not late[0]:
                late[0] = column_reading.GOOD_FOR
                asked.lms.teacher_sets_grade(FRENCH, "u-karim", 17, asked.columns()[0].id)
                asked.lms.teacher_sets_grade(FRENCH, "u-awa", 17, asked.columns()[0].id)

        asked.deliver(now=lambda: clock.now() + late[0], pause=pause)
        held = [key for key in LEARNERS if asked.state(key) is DeliveryState.HELD]
        assert len(held) >= 1
        assert all(asked.grade(key) == 17 for key in held)

    def test_records_what_arrived_when_the_next_one_fails(self, asked):
        class Broken(Exception):
            pass

        def pause(step):
            if step == "posted":
                raise Broken

        with pytest.raises(Broken):
            asked.deliver(pause=pause)
        asked.deliver_until_settled(after=parcels.LEASE * 2)
        assert {asked.grade(key) for key in LEARNERS} == {float(ONE_QUESTION)}


class TestAHostThatIsBusy:
    @pytest.fixture
    def all_taken(self, graded, monkeypatch):
        """Every place at the LMS's host is held by somebody else."""
        monkeypatch.setattr(host_slots.HostPlace.__init__, "__defaults__", (0.1,))
        app = graded.world.app
        limit = app.extensions["settings"].outbound_per_host
        url = graded.item().url
        places = [HostPlace(host_slots.SERVICES, limit, clock.now, transaction) for _ in range(limit)]
        with app.app_context():
            for place in places:
                place.hold(url)

        def free():
            with app.app_context():
                for place in places:
                    place.release()

        return free

    def test_is_no_failed_try(self, asked, all_taken):
        asked.deliver()
        cell = asked.cell()
        assert (cell.state, cell.attempts, cell.problem) == (DeliveryState.DUE, 0, None)
        all_taken()
        asked.deliver()
        assert {asked.state(key) for key in LEARNERS} == {DeliveryState.CONFIRMED}
