"""What runs in the background: Huey wakes and runs, the database says what there is to do.

Each task drains one outbox. It is kicked after a commit and swept every minute, so that a wake-up call that
is lost (the queue is down, the worker was killed) costs a minute, never a fact.
"""

import logging
import sqlite3
from collections.abc import Callable
from threading import Lock

import psycopg
from flask import Flask
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from huey.consumer import Consumer
from huey.exceptions import HueyException
from redis.exceptions import RedisError

from lti_tool import clock
from lti_tool.extensions import bells
from lti_tool.services import delivery, housekeeping, line_items, outbox
from lti_tool.settings import Settings
from lti_tool.transactions import transaction

log = logging.getLogger(__name__)

NAME = "community-value"
QUEUE_DOWN = (OSError, sqlite3.Error, psycopg.Error, RedisError, HueyException)
# A request rings the bell: a queue that is down must not keep it waiting. In seconds.
PATIENCE = 2
# Two threads, so that a slow LMS does not keep new columns waiting; an idle one looks every second.
CONSUMER = {"workers": 2, "initial_delay": 0.1, "max_delay": 1.0}


def install(app: Flask) -> None:
    """Have the bells that services ring after a commit wake a worker. The queue is opened when first used."""
    if "jobs" in app.extensions:
        return
    app.extensions["jobs"] = _Jobs(app)
    for name in (outbox.SCORES, outbox.LINE_ITEMS):
        bells.connect(name, lambda name=name: _ring(app, name))


def run_worker(app: Flask) -> None:
    """Work until the process is told to stop (SIGINT: finish what is under way; SIGTERM: at once)."""
    install(app)
    app.extensions["jobs"].queue().create_consumer(**CONSUMER).run()


def start_embedded(app: Flask) -> Consumer:
    """Start a worker in threads of this process and return at once; `stop()` of the answer ends it."""
    install(app)
    consumer = _EmbeddedConsumer(app.extensions["jobs"].queue(), **CONSUMER)
    consumer.start()
    return consumer


def queue_for(settings: Settings) -> Huey:
    """Open the queue that QUEUE_URL names."""
    url = settings.queue_url
    if url.startswith("sqlite:///"):
        return SqliteHuey(NAME, results=False, filename=url.removeprefix("sqlite:///"))
    if url.startswith("postgresql://"):
        return PostgresHuey(NAME, results=False, dsn=url, connect_timeout=PATIENCE)
    patient = f"{url}{'&' if '?' in url else '?'}socket_connect_timeout={PATIENCE}"
    return RedisHuey(NAME, results=False, url=patient)


class _EmbeddedConsumer(Consumer):
    """A worker inside another program, which handles the signals itself."""

    def _set_signal_handlers(self) -> None:
        return


class _Jobs:
    """The queue of one application and its tasks."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = Lock()
        self._queue: Huey | None = None
        self._tasks: dict[str, Callable[[], object]] = {}

    def queue(self) -> Huey:
        """Return the queue with its tasks, opened once."""
        with self._lock:
            if self._queue is None:
                queue = queue_for(self._app.extensions["settings"])
                self._tasks = _register(self._app, queue)
                self._queue = queue
            return self._queue

    def wake(self, name: str) -> None:
        """Put the task that drains this outbox into the queue."""
        self.queue()
        self._tasks[name]()


def _ring(app: Flask, name: str) -> None:
    try:
        app.extensions["jobs"].wake(name)
    except QUEUE_DOWN:
        log.warning("the queue cannot be reached; %s are swept within a minute", name, exc_info=True)


def _register(app: Flask, queue: Huey) -> dict[str, Callable[[], object]]:
    """Give the queue its tasks, each also run every minute; return those that drain an outbox by its name."""
    every_minute = crontab()

    def deliver_scores() -> None:
        with app.app_context():
            delivery.deliver_due_scores(clock.now, transaction)

    def make_line_items() -> None:
        with app.app_context():
            line_items.make_line_items(clock.now, transaction)

    def clean_up() -> None:
        with app.app_context(), transaction():
            housekeeping.sweep(clock.now())

    for work in (deliver_scores, make_line_items, clean_up):
        queue.periodic_task(every_minute, name=f"sweep_{work.__name__}")(work)
    return {
        outbox.SCORES: queue.task(name="deliver_scores")(deliver_scores),
        outbox.LINE_ITEMS: queue.task(name="make_line_items")(make_line_items),
    }
