"""kill -9 between any two steps: whoever comes next brings every cell right."""

import signal
from datetime import timedelta

import pytest

from lti_tool.models import DeliveryState, LineItemState
from lti_tool.services import line_items, parcels
from tests.support.classroom import ONE_QUESTION, TWO_QUESTIONS
from tests.support.worker_process import DyingWorkers

LEASES_LAPSED = max(parcels.LEASE, line_items.LEASE) + timedelta(seconds=1)
STEPS_OF_A_SCORE = ("claimed", "results-read", "attempt-committed", "posted", "recorded")
STEPS_OF_A_COLUMN = ("line-item-claimed", "line-item-made", "line-item-recorded")

pytestmark = pytest.mark.processes


@pytest.fixture(scope="session")
def workers():
    """Makes workers that kill themselves."""
    made = DyingWorkers()
    yield made
    made.close()


@pytest.fixture
def kill_at(workers, world):
    """Run a worker until it kills itself at a step; its clock may be ahead of ours."""

    def run(job: str, step: str, after: timedelta = timedelta()) -> None:
        assert workers.run(world.app, job, step, after) == -signal.SIGKILL

    return run


class TestKillingAWorkerThatSendsScores:
    @pytest.mark.parametrize("step", STEPS_OF_A_SCORE)
    def test_the_next_one_sends_what_is_missing(self, graded, kill_at, step):
        graded.ask("ines")
        graded.ask("karim")
        graded.send()
        kill_at("scores", step)
        graded.deliver_until_settled(after=LEASES_LAPSED)
        for key in ("ines", "karim"):
            assert (graded.grade(key), graded.state(key)) == (ONE_QUESTION, DeliveryState.CONFIRMED)

    @pytest.mark.parametrize("step", STEPS_OF_A_SCORE)
    def test_what_was_asked_meanwhile_follows_what_was_lost(self, graded, kill_at, step):
        graded.ask(about="one")
        graded.send()
        kill_at("scores", step)
        graded.ask(about="two")
        graded.send()
        graded.deliver_until_settled(after=LEASES_LAPSED)
        assert (graded.grade(), graded.state()) == (TWO_QUESTIONS, DeliveryState.CONFIRMED)

    def test_two_workers_that_die_one_after_the_other_leave_nothing_that_looks_foreign(self, graded, kill_at):
        graded.ask(about="one")
        graded.send()
        kill_at("scores", "posted")
        graded.ask(about="two")
        graded.send()
        kill_at("scores", "posted", after=LEASES_LAPSED)
        graded.deliver_until_settled(after=2 * LEASES_LAPSED)
        assert (graded.grade(), graded.state()) == (TWO_QUESTIONS, DeliveryState.CONFIRMED)


class TestKillingAWorkerThatMakesAColumn:
    @pytest.mark.parametrize("step", STEPS_OF_A_COLUMN)
    def test_there_is_one_column_in_the_end(self, classroom, kill_at, step):
        classroom.switch_on()
        kill_at("columns", step)
        classroom.make_columns(after=LEASES_LAPSED)
        assert len(classroom.columns()) == 1
        assert classroom.item().state is LineItemState.BOUND
