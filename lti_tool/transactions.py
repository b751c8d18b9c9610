"""Who begins and ends a transaction, and in which mode.

Safe requests and /lti/login run read-only, enforced by the database; everything else takes the write lock
first (SQLite: BEGIN IMMEDIATE), so that two writers queue instead of failing half-way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Engine, event

from lti_tool.extensions import bells, db

_reading: ContextVar[bool] = ContextVar("reading", default=False)

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
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)
        event.listen(engine, "handle_error", _quote_no_row)


def _prepare_sqlite(connection, record) -> None:
    # The driver must not begin transactions of its own; ours below do (Python 3.11's sqlite3).
    connection.isolation_level = None
    for pragma in (
        "foreign_keys=ON",
        "synchronous=NORMAL",
        f"busy_timeout={SQLITE_PATIENCE}",
        "journal_mode=WAL",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection) -> None:
    reading = _reading.get()
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _begin_postgresql(connection) -> None:
    if _reading.get():
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def _quote_no_row(context) -> None:
    """Cut PostgreSQL's errors to their first line: the next ones quote what somebody wrote, for every log."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (str(error.args[0]).partition("\n")[0], *error.args[1:])
