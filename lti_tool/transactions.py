"""Who begins and ends a transaction, and in which mode.

Safe requests and /lti/login run read-only, enforced by the database; everything else takes the write lock
first (SQLite: BEGIN IMMEDIATE), so that two writers queue instead of failing half-way.
"""

import re
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Engine, event
from sqlalchemy.exc import InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.pool import QueuePool

from lti_tool.errors import DatabaseUnavailable
from lti_tool.extensions import bells, db
from lti_tool.knowledge.folding import folded
from lti_tool.writing_queue import WritingQueue

_reading: ContextVar[bool] = ContextVar("reading", default=False)

# What SQLite says when it is not the statement's fault.
_SQLITE_UNAVAILABLE = re.compile(r"locked|full|disk i/o|unable to open|busy", re.IGNORECASE)

# A connection that lay idle for longer may be forgotten by whatever stands between the two machines.
TRUSTED_SECONDS = 30

# How long a writer waits for another one on SQLite, in milliseconds.
SQLITE_PATIENCE = 30_000


def read_only(reading: bool) -> None:
    """Say whether the transactions that begin from here on, in this context, may write."""
    _reading.set(reading)


@contextmanager
def transaction() -> Iterator[None]:
    """Run a block as one writing transaction: commit at its end, roll back on any exception."""
    before = _reading.get()
    db.session.rollback()  # a read transaction of this request, if any, ends before the write lock is taken
    read_only(False)
    try:
        yield
        commit()
    except BaseException:
        roll_back()
        raise
    finally:
        read_only(before)


@contextmanager
def reading() -> Iterator[None]:
    """Run a block as one read-only transaction that ends with it."""
    before = _reading.get()
    db.session.rollback()
    read_only(True)
    try:
        yield
    finally:
        db.session.rollback()
        read_only(before)


def commit() -> None:
    """Commit what this request or job did, then ring the bells that services asked for."""
    db.session.commit()
    for outbox in sorted(db.session.info.pop("bells", ())):
        bells.ring(outbox)


def roll_back() -> None:
    """Forget what this request or job did, bells included."""
    db.session.rollback()
    db.session.info.pop("bells", None)


def own_transactions(engine: Engine) -> None:
    """Make our engine decide how a transaction begins."""
    event.listen(engine, "handle_error", _say_that_it_is_unavailable)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        _let_writers_queue(engine)
        engine.pool = _like(engine.pool, _PoolByMode)
    else:
        event.listen(engine, "begin", _begin_postgresql)
        event.listen(engine, "checkin", _note_idleness)
        event.listen(engine, "checkout", _replacing_dead_connections(engine))
        event.listen(engine, "handle_error", _quote_no_row)


def _prepare_sqlite(connection, record) -> None:
    # The driver must not begin transactions of its own; ours below do (Python 3.11's sqlite3).
    connection.isolation_level = None
    for pragma in (
        "foreign_keys=ON",
        "synchronous=NORMAL",
        f"busy_timeout={SQLITE_PATIENCE}",
        "journal_mode=WAL",
        "recursive_triggers=ON",  # else REPLACE deletes a row without the triggers that keep the audit log
        "secure_delete=ON",  # what is erased is overwritten; some builds of SQLite leave it in the file
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("folded", 1, _folded, deterministic=True)


def _folded(value: object) -> object:
    return folded(value) if isinstance(value, str) else value


class _PoolByMode(QueuePool):
    """Connections to SQLite, those that read and those that write apart.

    SQLite forgets every statement that it has prepared on a connection whose mode changes: kept apart, a
    connection changes it once. That the mode is right is `_begin_sqlite`'s care, not this class's.
    """

    _readers: QueuePool | None = None

    def connect(self):
        """Return a connection of the mode that holds in this context."""
        if not _reading.get():
            return super().connect()
        if self._readers is None:
            self._readers = _like(self, QueuePool)
        return self._readers.connect()

    def dispose(self) -> None:
        """Close what lies in the pool, on both sides."""
        super().dispose()
        if self._readers is not None:
            self._readers.dispose()


def _like(pool: QueuePool, kind: type[QueuePool]) -> QueuePool:
    """Make a pool of the same size. A file answers or does not: no connection is tried before its use."""
    size = {"pool_size": pool.size(), "max_overflow": pool._max_overflow, "timeout": pool.timeout()}
    return kind(pool._creator, **size, dialect=pool._dialect, _dispatch=pool.dispatch)


def _let_writers_queue(engine: Engine) -> None:
    """Have writers of this process take turns, from the begin of a transaction to whatever ends it."""
    queue = WritingQueue()

    def begin(connection) -> None:
        if not _reading.get():
            if not queue.enter(SQLITE_PATIENCE / 1000):
                raise DatabaseUnavailable(problem="database is locked: too many wait for their turn to write")
            connection.info["writing"] = True
        try:
            _begin_sqlite(connection)
        except BaseException:
            leave(connection)
            raise

    def leave(connection, record=None) -> None:
        if (record or connection).info.pop("writing", False):
            queue.leave()

    event.listen(engine, "begin", begin)
    event.listen(engine, "commit", leave)
    event.listen(engine, "rollback", leave)
    # Whatever became of a connection, it is not kept by somebody who writes.
    event.listen(engine, "checkin", leave)


def _begin_sqlite(connection) -> None:
    reading = _reading.get()
    if connection.info.get("reading") is not reading:
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
        connection.info["reading"] = reading
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _begin_postgresql(connection) -> None:
    """Let the driver write BEGIN as it should be: a further statement is one more way there and back."""
    reading = _reading.get()
    if connection.info.get("reading", False) is not reading:
        connection.connection.driver_connection.read_only = reading or None
        connection.info["reading"] = reading


def _note_idleness(connection, record) -> None:
    record.info["idle_since"] = time.monotonic()


def _replacing_dead_connections(engine: Engine) -> Callable:
    """Make what tries a connection before its use, when there is a sign that it may be dead.

    A server that ends a connection says so, which the operating system knows without asking the server: one
    way there and back less for each transaction, of which a launch has three.
    """

    def try_connection(connection, record, proxy) -> None:
        since = record.info.get("idle_since")
        if since is None:  # made this moment
            return
        if time.monotonic() - since < TRUSTED_SECONDS and not _has_something_to_say(connection):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as dead:
            raise InvalidatePoolError() from dead

    return try_connection


def _has_something_to_say(connection) -> bool:
    """Tell whether the server sent something that nobody asked for, or is gone."""
    if connection.closed:
        return True
    line = select.poll()
    line.register(connection.fileno(), select.POLLIN)
    return bool(line.poll(0))


def _say_that_it_is_unavailable(context) -> DatabaseUnavailable | None:
    """Give what is nobody's mistake its own name: a database that is away, full, or busy for too long."""
    said = str(context.original_exception)
    if not isinstance(context.sqlalchemy_exception, OperationalError | InterfaceError):
        return None
    if context.dialect.name == "sqlite" and not _SQLITE_UNAVAILABLE.search(said):
        return None
    # The driver's first line only: the next ones may quote what somebody wrote.
    return DatabaseUnavailable(problem=said.partition("\n")[0])


def _quote_no_row(context) -> None:
    """Cut PostgreSQL's errors to their first line: the next ones quote what somebody wrote, for every log."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (str(error.args[0]).partition("\n")[0], *error.args[1:])
