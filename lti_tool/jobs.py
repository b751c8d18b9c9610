"""What runs in the background: Huey wakes and runs, the database says what there is to do.

Each task drains one outbox. It is kicked after a commit and swept every minute, so that a wake-up call that
is lost (the queue is down, the worker was killed) costs a minute, never a fact.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import BoundedSemaphore, Lock

import psycopg
from flask import Flask
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from huey.exceptions import HueyException
from redis.exceptions import RedisError

from lti_tool import clock, mailing, personal_copy_page, pushing, reply_drafts
from lti_tool.extensions import bells
from lti_tool.services import (
    closing,
    delivery,
    drift,
    file_sweep,
    housekeeping,
    inbox,
    life,
    line_items,
    link_previews,
    lms_pictures,
    mail_rounds,
    messages,
    notice_handlers,
    outbox,
    parts,
    personal_copies,
    purging,
    pushes,
    requested_checks,
    rosters,
    search_filling,
    upkeep,
)
from lti_tool.services.replying import Edges
from lti_tool.settings import Settings
from lti_tool.transactions import reading, transaction
from lti_tool.workers import SEATS, EmbeddedWorker, Worker

log = logging.getLogger(__name__)

NAME = "community-value"
QUEUE_DOWN = (OSError, sqlite3.Error, psycopg.Error, RedisError, HueyException)
# A request rings the bell: a queue that is down must not keep it waiting. In seconds.
PATIENCE = 2
PATIENCE_FOR_AN_ANSWER = 3
# What the clock does more seldom than each minute, by the names of the functions.
SELDOM = {
    **dict.fromkeys(
        ("ask_for_rosters", "align_parts", "look_at_columns", "take_files_away"), crontab(minute="*/10")
    ),
    "look_for_orphans": crontab(minute="37", hour="2"),
}


def install(app: Flask) -> None:
    """Have the bells that services ring after a commit wake a worker. The queue is opened when first used."""
    if "jobs" in app.extensions:
        return
    app.extensions["jobs"] = _Jobs(app)
    for name in outbox.ALL:
        bells.connect(name, lambda name=name: _ring(app, name))


def run_worker(app: Flask) -> None:
    """Work until the process is told to stop: by SIGTERM or SIGINT, a second one ends it at once."""
    install(app)
    Worker(app, app.extensions["jobs"].queue()).run()


def start_embedded(app: Flask) -> EmbeddedWorker:
    """Start a worker in threads of this process and return at once; `stop()` of the answer ends it."""
    install(app)
    worker = EmbeddedWorker(app, app.extensions["jobs"].queue())
    worker.start()
    return worker


def queue_for(settings: Settings) -> Huey:
    """Open the queue that QUEUE_URL names."""
    url = settings.queue_url
    if url.startswith("sqlite:///"):
        return SqliteHuey(NAME, results=False, filename=url.removeprefix("sqlite:///"))
    if url.startswith("postgresql://"):
        return PostgresHuey(NAME, results=False, dsn=url, connect_timeout=PATIENCE)
    limits = f"socket_connect_timeout={PATIENCE}&socket_timeout={PATIENCE_FOR_AN_ANSWER}"
    patient = f"{url}{'&' if '?' in url else '?'}{limits}"
    return RedisHuey(NAME, results=False, url=patient)


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


Work = Callable[[], object]


def _register(app: Flask, queue: Huey) -> dict[str, Work]:
    """Give the queue its tasks, each also run by the clock; return those that drain an outbox by its name."""
    outboxes, by_the_clock = _outboxes(app) | _outboxes_of_the_space(app), _by_the_clock(app)
    for work in (*outboxes.values(), *by_the_clock):
        name = work.__name__
        if name in SELDOM:
            queue.periodic_task(SELDOM[name], name=name)(work)
        else:
            queue.periodic_task(crontab(), name=f"sweep_{name}")(work)
    return {name: queue.task(name=work.__name__)(work) for name, work in outboxes.items()}


def _outboxes(app: Flask) -> dict[str, Work]:
    """Return what drains each outbox, by its name."""
    seated = _seats()

    def deliver_scores() -> None:
        with app.app_context(), seated("deliveries") as has_one:
            if has_one:
                delivery.deliver_due_scores(clock.now, transaction)

    def make_line_items() -> None:
        with app.app_context():
            line_items.make_line_items(clock.now, transaction)

    def read_rosters() -> None:
        with app.app_context(), seated("rosters") as has_one:
            if has_one:
                rosters.read_due_rosters(clock.now, transaction)

    def keep_scores_up() -> None:
        with app.app_context():
            upkeep.keep_up(clock.now, transaction)

    def do_checks() -> None:
        with app.app_context():
            requested_checks.do_due_checks(clock.now, transaction)

    def send_messages() -> None:
        with app.app_context():
            messages.send_due(clock.now, transaction, mailing.deliver)

    def register_for_notices() -> None:
        with app.app_context():
            notice_handlers.register_wanted(clock.now, transaction)

    return {
        outbox.SCORES: deliver_scores,
        outbox.LINE_ITEMS: make_line_items,
        outbox.ROSTERS: read_rosters,
        outbox.RUNNING_SCORES: keep_scores_up,
        outbox.CHECKS: do_checks,
        outbox.MESSAGES: send_messages,
        outbox.NOTICE_HANDLERS: register_for_notices,
    }


def _outboxes_of_the_space(app: Flask) -> dict[str, Work]:
    """Return what drains those of contributions, by its name."""
    seated = _seats()

    def fill_search_index() -> None:
        with app.app_context(), seated("search") as has_one:
            if has_one:
                search_filling.fill(clock.now, transaction)

    def read_linked_pages() -> None:
        with app.app_context(), seated("previews") as has_one:
            if has_one:
                link_previews.read_wanted(clock.now, transaction)

    def take_lms_pictures() -> None:
        with app.app_context(), seated("pictures") as has_one:
            if has_one:
                lms_pictures.take_due(clock.now, transaction)

    def make_personal_copies() -> None:
        with app.app_context(), seated("copies") as has_one:
            if has_one:
                personal_copies.make_due(clock.now, transaction, reading, personal_copy_page.written)

    return {
        outbox.PERSONAL_COPIES: make_personal_copies,
        outbox.LMS_PICTURES: take_lms_pictures,
        outbox.SEARCH: fill_search_index,
        outbox.LINK_PREVIEWS: read_linked_pages,
    }


def _by_the_clock(app: Flask) -> tuple[Work, ...]:
    """Return what nobody asks for: it is done each minute, or as `SELDOM` says."""
    seated = _seats()

    def look_at_columns() -> None:
        with app.app_context():
            drift.look_at_columns(app.extensions["settings"].time_zone, clock.now, transaction)

    def send_what_has_closed() -> None:
        with app.app_context():
            closing.send_what_has_closed(clock.now, transaction)

    def lead_life() -> None:
        with app.app_context():
            life.carry_out_what_is_due(clock.now, transaction)

    def empty_communities() -> None:
        with app.app_context(), seated("purges") as has_one:
            if has_one:
                purging.purge_what_is_due(clock.now, transaction)

    def clean_up() -> None:
        with app.app_context(), transaction():
            housekeeping.sweep(clock.now())

    def take_files_away() -> None:
        with app.app_context():
            file_sweep.sweep(clock.now, transaction)
            personal_copies.sweep(clock.now, transaction)

    def look_for_orphans() -> None:
        with app.app_context():
            file_sweep.sweep_orphans(clock.now, reading)

    return (
        *(look_at_columns, send_what_has_closed),
        *(lead_life, empty_communities, clean_up, take_files_away, look_for_orphans),
        *_telling(app, seated),
        *_of_courses(app),
    )


def _telling(app: Flask, seated: Callable[[str], AbstractContextManager[bool]]) -> tuple[Work, ...]:
    """Return how members are told what concerns them while they are not here."""

    def make_mails() -> None:
        with app.app_context():
            mail_rounds.make_due(clock.now, transaction)

    def tell_browsers() -> None:
        with app.app_context(), seated("pushes") as has_one:
            if has_one:
                pushes.send_due(clock.now, transaction, pushing.worded)

    def read_answers() -> None:
        with app.app_context(), seated("inbox") as has_one:
            if has_one:
                inbox.read_due(Edges(clock.now, transaction, reply_drafts.drafted))

    return make_mails, tell_browsers, read_answers


def _of_courses(app: Flask) -> tuple[Work, ...]:
    """Return what the clock does about who is in which course."""

    def ask_for_rosters() -> None:
        with app.app_context(), transaction():
            rosters.ask_nightly(clock.now(), app.extensions["settings"].time_zone)

    def align_parts() -> None:
        with app.app_context():
            parts.align_all(clock.now, transaction)

    return ask_for_rosters, align_parts


def _seats() -> Callable[[str], AbstractContextManager[bool]]:
    """Return what gives one of the seats for a kind of work, those that this process has for it."""
    seats = {kind: BoundedSemaphore(number) for kind, number in SEATS.items()}

    @contextmanager
    def seated(kind: str) -> Iterator[bool]:
        """Have one of the seats; False without one: those in them do what is due."""
        has_one = seats[kind].acquire(blocking=False)
        try:
            yield has_one
        finally:
            if has_one:
                seats[kind].release()

    return seated
