"""Asking something that may never answer, such as a database that hangs, without hanging with it."""

import logging
from collections.abc import Callable
from threading import Lock, Thread
from typing import Generic, TypeVar

from flask import Flask

from lti_tool.errors import DatabaseUnavailable
from lti_tool.transactions import reading

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)

# Enough for several who look at the same moment; few enough for a database that answers nobody.
MOST_AT_ONCE = 4


class Patience(Generic[Answer]):
    """Asks in a thread of its own and waits so many seconds.

    While several questions are still open, the next ones are not asked at all: whoever looks every few
    seconds does not pile up threads and connections in front of a database that is in trouble.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._open: set[Thread] = set()

    def ask(self, app: Flask, question: Callable[[], Answer]) -> Answer | None:
        """Return the answer, read in one read-only transaction, or None when it fails or is late."""
        found: list[Answer] = []

        def look() -> None:
            try:
                with app.app_context(), reading():
                    found.append(question())
            except DatabaseUnavailable as away:
                # Asked every few seconds: one line, whose cause is known, not a hundred.
                log.warning("the database does not answer: %s", away.facts.get("problem"))
            except Exception:
                log.exception("the database could not be asked")
            finally:
                with self._lock:
                    self._open.discard(asking)

        asking = Thread(target=look, daemon=True)
        with self._lock:
            if len(self._open) >= MOST_AT_ONCE:
                return None
            self._open.add(asking)
        asking.start()
        asking.join(self._seconds)
        return found[0] if found else None
