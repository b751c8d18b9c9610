"""The heart of a worker: it beats whatever happens, and stops when it is asked to."""

import threading
import time

import pytest
from sqlalchemy import event, select

from lti_tool import jobs
from lti_tool.extensions import db
from lti_tool.models import WorkerHeartbeat
from lti_tool.transactions import reading
from lti_tool.workers import Heart

PATIENCE = 5.0


def beats(tool):
    """Return when each worker last beat."""
    with tool.app_context(), reading():
        return list(db.session.scalars(select(WorkerHeartbeat.beat_at)))


def until(what):
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


@pytest.fixture
def heart(tool):
    """A heart that beats quickly."""
    beating = Heart(tool, seconds=0.02)
    beating.start()
    yield beating
    beating.stop()


class TestBeating:
    def test_it_beats_again_and_again_until_it_is_stopped(self, tool, heart):
        until(lambda: beats(tool))
        (first,) = beats(tool)
        until(lambda: beats(tool) > [first])
        heart.stop()
        assert beats(tool) == []
        heart.stop()
        assert beats(tool) == []

    def test_a_database_that_goes_away_is_told_and_survived(self, tool, heart, caplog):
        until(lambda: beats(tool))
        with tool.app_context():
            engine = db.engine
        failed = threading.Event()

        def refuse(connection, cursor, statement, *rest):
            if "worker_heartbeat" in statement and statement.startswith("INSERT"):
                failed.set()
                raise OSError("the database is gone")

        event.listen(engine, "before_cursor_execute", refuse)
        until(failed.is_set)
        event.remove(engine, "before_cursor_execute", refuse)
        before = beats(tool)
        until(lambda: beats(tool) > before)
        assert "heartbeat of this worker could not be written" in caplog.text

    def test_several_workers_do_not_mix(self, tool, heart):
        other = Heart(tool, seconds=0.02)
        other.start()
        until(lambda: len(beats(tool)) == 2)
        other.stop()
        assert len(beats(tool)) == 1


class TestTheWorkerOfTheDemo:
    def test_it_beats_and_is_forgotten_when_it_stops(self, tool):
        worker = jobs.start_embedded(tool)
        try:
            until(lambda: len(beats(tool)) == 1)
        finally:
            worker.stop(graceful=True)
        assert beats(tool) == []


class TestTheClock:
    def test_does_all_that_nobody_asks_for(self, tool):
        """What has no time of its own would never be done, and nobody would be told."""
        jobs.install(tool)
        named = {task.__name__ for task in jobs._by_the_clock(tool)}
        queue = tool.extensions["jobs"].queue()
        planned = {task.name for task in queue._registry.periodic_tasks}
        assert named - jobs.SELDOM.keys() == {
            *("send_what_has_closed", "lead_life", "empty_communities", "clean_up"),
            *("make_mails", "tell_browsers", "read_answers"),
        }
        for name in named:
            assert (name if name in jobs.SELDOM else f"sweep_{name}") in planned
        assert jobs.SELDOM.keys() <= named
