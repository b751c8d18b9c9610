"""kill -9 between any two steps: whoever comes next brings every cell right."""

import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from lti_tool.models import DeliveryState, LineItemState
from lti_tool.services import line_items, parcels
from tests.support.classroom import ONE_QUESTION, TWO_QUESTIONS

ROOT = Path(__file__).resolve().parent.parent.parent
LEASES_LAPSED = max(parcels.LEASE, line_items.LEASE) + timedelta(seconds=1)
STEPS_OF_A_SCORE = ("claimed", "results-read", "attempt-committed", "posted", "recorded")
STEPS_OF_A_COLUMN = ("line-item-claimed", "line-item-made", "line-item-recorded")


def run_worker_that_dies(classroom, job: str, step: str, after: timedelta = timedelta()) -> None:
    """Run a worker in a process of its own until it kills itself at `step`; its clock is `after` ahead."""
    config = classroom.world.app.config
    settings = {"DATABASE_URL": config["DATABASE_URL"], "VAR_DIR": config["VAR_DIR"]}
    arguments = [json.dumps(settings), job, step, str(after.total_seconds())]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.support.worker_process", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr


class TestKillingAWorkerThatSendsScores:
    @pytest.mark.parametrize("step", STEPS_OF_A_SCORE)
    def test_the_next_one_sends_what_is_missing(self, graded, step):
        graded.ask("ines")
        graded.ask("karim")
        graded.send()
        run_worker_that_dies(graded, "scores", step)
        graded.deliver(after=LEASES_LAPSED)
        for key in ("ines", "karim"):
            assert (graded.grade(key), graded.state(key)) == (ONE_QUESTION, DeliveryState.CONFIRMED)

    @pytest.mark.parametrize("step", STEPS_OF_A_SCORE)
    def test_what_was_asked_meanwhile_follows_what_was_lost(self, graded, step):
        graded.ask(about="one")
        graded.send()
        run_worker_that_dies(graded, "scores", step)
        graded.ask(about="two")
        graded.send()
        graded.deliver(after=LEASES_LAPSED)
        assert (graded.grade(), graded.state()) == (TWO_QUESTIONS, DeliveryState.CONFIRMED)

    def test_two_workers_that_die_one_after_the_other_leave_nothing_that_looks_foreign(self, graded):
        graded.ask(about="one")
        graded.send()
        run_worker_that_dies(graded, "scores", "posted")
        graded.ask(about="two")
        graded.send()
        run_worker_that_dies(graded, "scores", "posted", after=LEASES_LAPSED)
        graded.deliver(after=2 * LEASES_LAPSED)
        assert (graded.grade(), graded.state()) == (TWO_QUESTIONS, DeliveryState.CONFIRMED)


class TestKillingAWorkerThatMakesAColumn:
    @pytest.mark.parametrize("step", STEPS_OF_A_COLUMN)
    def test_there_is_one_column_in_the_end(self, classroom, step):
        classroom.switch_on()
        run_worker_that_dies(classroom, "columns", step)
        classroom.make_columns(after=LEASES_LAPSED)
        assert len(classroom.columns()) == 1
        assert classroom.item().state is LineItemState.BOUND
