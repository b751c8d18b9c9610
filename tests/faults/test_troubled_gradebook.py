"""An LMS in trouble, teachers who type meanwhile, workers that die, a clock that is wrong: all ends right.

One run is drawn from one seed. A failure names it: `TEST_SEED=<seed>` plays that run first.
"""

import os
import sys
import time

import pytest

from lti_tool import clock
from lti_tool.lti import http, service_calls
from lti_tool.models import DeliveryState
from tests.faults.journal import is_same, share_of, share_seen
from tests.faults.troubled import LEARNERS, OUR_MAXIMUM, UNDECIDED, TroubledRun
from tests.support.classroom import ONE_QUESTION, Classroom

pytestmark = pytest.mark.slow_on_postgresql

SEED = int(os.environ.get("TEST_SEED", time.time_ns() % 1_000_000))
# Seconds: what counts is that the limit is kept, not how long it is.
SHORT = {"connect_timeout": 2, "read_timeout": 0.5, "total_timeout": 2}


@pytest.fixture(autouse=True)
def short_patience(monkeypatch):
    """The product's own limits, shorter, so that an LMS that hangs does not keep the tests."""
    monkeypatch.setattr(
        service_calls, "outbound_client", lambda now=clock.now, **_: http.outbound_client(now=now, **SHORT)
    )


@pytest.mark.parametrize("number", range(10))
def test_everything_ends_right(world, number):
    play(world, SEED + number)


@pytest.mark.long
@pytest.mark.parametrize("number", range(200))
def test_everything_ends_right_two_hundred_times(world, number):
    play(world, SEED + number)


def play(world, seed: int) -> None:
    sys.stdout.write(f"TEST_SEED={seed}\n")
    run = TroubledRun(Classroom(world), seed)
    try:
        run.prepare()
        run.break_it()
        run.settle()
        check_what_is_held(run)
        run.ask_once_more()
        check_every_cell(run)
        check_what_was_written(run)
    except BaseException:
        sys.stdout.write("\n".join((*run.journal.said, f"{run.states()}")))
        raise


def check_what_is_held(run: TroubledRun) -> None:
    """Nothing waits for a decision but what somebody in the LMS has typed, or taken away."""
    for key in LEARNERS:
        for cell in run.cells(key):
            if cell.state in UNDECIDED:
                typed = run.journal.ever_typed.get(key, [])
                assert any(is_same(share_seen(cell), share) for share in typed), (key, share_seen(cell))


def check_every_cell(run: TroubledRun) -> None:
    """In the only column stands what we sent, and theirs where they typed; the tool knows which."""
    assert len(run.classroom.columns()) == 1
    for key in LEARNERS:
        theirs, (cell,) = run.journal.theirs.get(key), run.cells(key)
        if theirs is not None:
            expected, state = theirs.share, DeliveryState.HELD
        else:
            expected = share_of(ONE_QUESTION * run.questions[key], OUR_MAXIMUM)
            state = DeliveryState.CONFIRMED
        assert (key, cell.state) == (key, state), (theirs, cell.problem)
        assert is_same(run.share_in_the_lms(key), expected), (key, theirs)


def check_what_was_written(run: TroubledRun) -> None:
    """Nothing readable was written over undecided, and nothing was sent twice without a reason."""
    assert run.journal.overwritten == []
    assert run.journal.repeats <= run.kills + run.lost_answers
    for key, share in run.journal.replaced.items():
        (cell,) = run.cells(key)
        assert is_same(share_of(cell.replaced_value, cell.replaced_maximum), share), key
