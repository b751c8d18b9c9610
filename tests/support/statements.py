"""Counting what SQLAlchemy sends."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from lti_tool.extensions import db

COUNTED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the SELECT, INSERT, UPDATE and DELETE that a block sends; needs an application context."""
    sent: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany):
        if statement.lstrip().upper().startswith(COUNTED):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@contextmanager
def tallied() -> Iterator[Counter]:
    """Count them without keeping them, where memory is measured: a block's `total()` is how many it sent."""
    tally: Counter = Counter()

    def note(connection, cursor, statement, parameters, context, executemany):
        first = statement.lstrip()[:6].upper()
        if first.startswith(COUNTED):
            tally[first] += 1

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield tally
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
