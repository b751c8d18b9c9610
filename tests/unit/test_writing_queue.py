"""Those who write to SQLite take turns in the order in which they asked; nobody starves among many."""

import signal
import threading
import time

import pytest
from sqlalchemy import create_engine, text

from lti_tool import transactions
from lti_tool.errors import DatabaseUnavailable
from lti_tool.writing_queue import WritingQueue

WRITERS, TIMES, HELD = 24, 12, 0.008  # seconds


class TestTheQueue:
    def test_lets_those_come_first_who_asked_first(self):
        queue, came = WritingQueue(), []
        assert queue.enter(0)

        def write(number: int) -> None:
            assert queue.enter(10)
            came.append(number)
            queue.leave()

        threads = []
        for number in range(5):
            threads.append(threading.Thread(target=write, args=(number,)))
            threads[-1].start()
            while len(queue._waiting) <= number:
                time.sleep(0.001)
        queue.leave()
        for thread in threads:
            thread.join()
        assert came == list(range(5))

    def test_is_left_by_those_who_lost_patience(self):
        queue = WritingQueue()
        assert queue.enter(0)
        assert not queue.enter(0.01)
        queue.leave()
        assert queue.enter(0)

    def test_is_left_by_those_whom_a_signal_calls_away(self):
        class CalledAwayError(Exception):
            pass

        def call_away(*_):
            raise CalledAwayError

        queue, before = WritingQueue(), signal.signal(signal.SIGALRM, call_away)
        assert queue.enter(0)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(CalledAwayError):
                queue.enter(10)
        finally:
            signal.signal(signal.SIGALRM, before)
        queue.leave()
        assert queue.enter(0)


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """A file that many write to, each with a second's patience."""
    monkeypatch.setattr(transactions, "SQLITE_PATIENCE", 1_000)
    made = create_engine(f"sqlite:///{tmp_path / 'many.sqlite'}", pool_size=WRITERS)
    transactions.own_transactions(made)
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE written (by INTEGER)"))
    yield made
    made.dispose()


class TestManyWriters:
    def test_all_have_their_turn_within_their_patience(self, engine):
        failed = []

        def write(number: int) -> None:
            try:
                for _ in range(TIMES):
                    with engine.begin() as connection:
                        connection.execute(text("INSERT INTO written VALUES (:by)"), {"by": number})
                        time.sleep(HELD)
            except DatabaseUnavailable as problem:
                failed.append((number, str(problem)))

        threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM written")) == WRITERS * TIMES

    def test_a_transaction_that_fails_gives_its_turn_away(self, engine):
        with pytest.raises(Exception, match="no such table"), engine.begin() as connection:
            connection.execute(text("INSERT INTO nowhere VALUES (1)"))
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO written VALUES (1)"))

    def test_a_connection_that_is_only_closed_gives_its_turn_away(self, engine):
        connection = engine.connect()
        connection.execute(text("INSERT INTO written VALUES (1)"))
        connection.close()
        with engine.begin() as other:
            assert other.scalar(text("SELECT count(*) FROM written")) == 0

    def test_who_waits_in_vain_is_told_that_the_database_is_busy(self, engine):
        with engine.connect() as connection:
            connection.execute(text("INSERT INTO written VALUES (1)"))
            with pytest.raises(DatabaseUnavailable) as refused, engine.begin():
                pass
        assert "turn" in str(vars(refused.value))
