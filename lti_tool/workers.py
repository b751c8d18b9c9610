"""A worker as a process: it says that it lives, and ends politely whoever asks it to."""

import logging
import os
import secrets
import signal
import socket
from collections.abc import Callable
from threading import Event, Thread

from flask import Flask
from huey import Huey
from huey.consumer import Consumer

from lti_tool import clock
from lti_tool.errors import DatabaseUnavailable
from lti_tool.release import release
from lti_tool.services import heartbeats
from lti_tool.transactions import transaction

log = logging.getLogger(__name__)

# Fourteen threads, so that slow LMSs do not keep each other's work waiting; an idle one looks every second.
# Told to stop, a worker finishes what is under way for half a minute; what is not done then is claimed again
# by another one when its lease ends.
SHAPE = {"workers": 14, "initial_delay": 0.1, "max_delay": 1.0, "shutdown_timeout": 30}
# How many threads of a process may drain what takes long, at most: a course of thousands, or a night of slow
# rosters, leaves one to new columns and one to all the rest.
SEATS = {"deliveries": 3, "rosters": 2} | dict.fromkeys(
    ("search", "previews", "pictures", "copies", "purges", "inbox", "pushes"), 1
)
SECONDS_BETWEEN_BEATS = 10
# To restart or not, and whether to finish what is under way.
END_POLITELY = (False, True)


class Worker(Consumer):
    """Huey's consumer with a heart; it ends alike for a process manager (SIGTERM) and a terminal (SIGINT)."""

    def __init__(self, app: Flask, queue: Huey) -> None:
        super().__init__(queue, **SHAPE)
        self._signal_actions |= {signal.SIGTERM: END_POLITELY, signal.SIGINT: END_POLITELY}
        self._heart = Heart(app)

    def start(self) -> None:
        super().start()
        self._heart.start()

    def stop(self, graceful: bool = False) -> None:
        try:
            super().stop(graceful)
        finally:
            self._heart.stop()


class EmbeddedWorker(Worker):
    """A worker inside another program, which handles the signals itself."""

    def _set_signal_handlers(self) -> None:
        return


class Heart:
    """Says every few seconds that this worker lives, from a thread of its own, however long a job takes."""

    def __init__(self, app: Flask, seconds: float = SECONDS_BETWEEN_BEATS) -> None:
        """:param seconds: between two beats."""
        self._app, self._seconds = app, seconds
        self._name = f"{socket.gethostname()[:150]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._stopped = Event()
        self._thread = Thread(target=self._beat_until_stopped, daemon=True, name="heartbeat")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Beat no more, and forget this worker. May be called twice."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._thread.join(timeout=5)
        self._say(lambda: heartbeats.stop(self._name))

    def _beat_until_stopped(self) -> None:
        started_at = clock.now()
        while not self._stopped.is_set():
            self._say(lambda: heartbeats.beat(self._name, release(), started_at, clock.now()))
            self._stopped.wait(self._seconds)

    def _say(self, what: Callable[[], None]) -> None:
        try:
            with self._app.app_context(), transaction():
                what()
        # A database that is away for a while must not end the heart: it beats again when it is back.
        except DatabaseUnavailable as away:
            log.warning("the heartbeat of this worker could not be written: %s", away.facts.get("problem"))
        except Exception:
            log.exception("the heartbeat of this worker could not be written")
