"""The background: woken after a commit, swept every minute, never in the way of a request."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event, Semaphore

import pytest
from sqlalchemy import func, select

from lti_tool import clock, jobs
from lti_tool.extensions import Bells, bells, db
from lti_tool.models import BrowserSession, DeliveryState, KeptText, Seat, UsedNonce
from lti_tool.services import housekeeping, outbox
from lti_tool.settings import Settings
from lti_tool.transactions import transaction
from lti_tool.workers import SEATS, SHAPE
from tests.support.classroom import ONE_QUESTION

PATIENCE = 15


@pytest.fixture
def installed(world, tmp_path):
    """The tool with its jobs, on a queue of this test's own."""
    app = world.app
    before = (app.extensions["settings"], app.extensions.pop("jobs", None), dict(bells._ringers))
    use_queue(app, f"sqlite:///{tmp_path / 'queue.sqlite'}")
    jobs.install(app)
    yield app
    app.extensions["settings"], earlier, bells._ringers = before
    app.extensions.pop("jobs")
    if earlier is not None:
        app.extensions["jobs"] = earlier


def use_queue(app, url: str) -> None:
    settings = app.extensions["settings"]
    app.extensions["settings"] = Settings(**{**vars(settings), "queue_url": url})


def eventually(happened) -> bool:
    """Wait until something happened, for some seconds."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if happened():
            return True
        time.sleep(0.05)
    return False


class TestWhatTakesLong:
    @pytest.mark.parametrize(
        ("kind", "outbox_name", "module", "work"),
        [
            ("deliveries", outbox.SCORES, "delivery", "deliver_due_scores"),
            ("rosters", outbox.ROSTERS, "rosters", "read_due_rosters"),
            ("search", outbox.SEARCH, "search_filling", "fill"),
            ("previews", outbox.LINK_PREVIEWS, "link_previews", "read_wanted"),
            ("pictures", outbox.LMS_PICTURES, "lms_pictures", "take_due"),
            ("copies", outbox.PERSONAL_COPIES, "personal_copies", "make_due"),
        ],
    )
    def test_leaves_threads_to_other_work(self, installed, monkeypatch, kind, outbox_name, module, work):
        """Many kicks while LMSs hang: as many as there are seats wait with them, the others go on at once."""
        begun, may_end = Semaphore(0), Event()

        def hangs(*_):
            begun.release()
            assert may_end.wait(PATIENCE)

        monkeypatch.setattr(getattr(jobs, module), work, hangs)
        installed.extensions["jobs"].queue()
        task = installed.extensions["jobs"]._tasks[outbox_name]
        with ThreadPoolExecutor(SHAPE["workers"]) as threads:
            running = [threads.submit(task.call_local) for _ in range(SHAPE["workers"])]
            for _ in range(SEATS[kind]):
                assert begun.acquire(timeout=PATIENCE)
            assert eventually(lambda: sum(one.done() for one in running) == SHAPE["workers"] - SEATS[kind])
            may_end.set()
        assert not begun.acquire(blocking=False)
        task.call_local()
        assert begun.acquire(blocking=False)

    def test_has_room_for_all_of_it_and_more(self):
        assert sum(SEATS.values()) < SHAPE["workers"]


class TestAnEmbeddedWorker:
    def test_a_pressed_send_reaches_the_lms_by_itself(self, installed, classroom):
        worker = jobs.start_embedded(installed)
        try:
            classroom.switch_on()
            assert eventually(lambda: len(classroom.columns()) == 1)
            classroom.ask()
            classroom.send()
            assert eventually(lambda: classroom.state() is DeliveryState.CONFIRMED)
            assert classroom.grade() == ONE_QUESTION
        finally:
            worker.stop(graceful=True)


class TestAQueueThatIsDown:
    @pytest.mark.parametrize(
        "url",
        ["sqlite:////nowhere/queue.sqlite", "redis://127.0.0.1:1/0", "postgresql://nobody@127.0.0.1:1/none"],
    )
    def test_the_request_goes_on_and_a_sweep_sends(self, installed, graded, url):
        use_queue(installed, url)
        installed.extensions["jobs"] = jobs._Jobs(installed)
        graded.ask()
        page = graded.send()
        assert page.status == 200
        graded.deliver()
        assert graded.grade() == ONE_QUESTION


class TestTheQueue:
    def test_every_outbox_has_a_task_and_a_sweep(self, installed):
        queue = installed.extensions["jobs"].queue()
        names = {task.__name__ for task in queue._registry._registry.values()}
        drained = {"deliver_scores", "make_line_items", "read_rosters"}
        swept = {f"sweep_{name}" for name in (*drained, "clean_up")}
        assert drained | swept | {"ask_for_rosters"} <= names
        assert {type(task).__name__ for task in queue._registry.periodic_tasks} <= names - drained

    def test_a_bell_puts_the_task_in(self, installed):
        installed.extensions["jobs"].queue()
        bells.ring("scores")
        assert installed.extensions["jobs"].queue().pending_count() == 1

    def test_a_bell_that_nobody_hears_does_nothing(self):
        assert Bells().ring("scores") is None


class TestCleaningUp:
    def test_what_has_expired_is_forgotten_and_nothing_else(self, classroom):
        now = clock.now()
        with classroom.world.app.app_context():
            with transaction():
                for minutes in (-1, 1):
                    expires = now + timedelta(minutes=minutes)
                    db.session.add(UsedNonce(nonce=f"nonce{minutes}", expires_at=expires))
                    db.session.add(self.kept(classroom, expires, now))
            with transaction():
                housekeeping.sweep(now)
        with classroom.world.database() as session:
            assert session.get(UsedNonce, "nonce-1") is None
            assert session.get(UsedNonce, "nonce1") is not None
            assert session.scalar(select(func.count()).select_from(KeptText)) == 1
            assert session.scalar(select(func.count()).select_from(BrowserSession)) == 2

    def test_sessions_go_a_week_after_their_end(self, classroom):
        with classroom.world.app.app_context(), transaction():
            housekeeping.sweep(clock.now() + timedelta(days=8))
        with classroom.world.database() as session:
            assert session.scalar(select(func.count()).select_from(Seat)) == 0
            assert session.scalar(select(func.count()).select_from(BrowserSession)) == 0

    def kept(self, classroom, expires, now):
        seat = db.session.scalars(select(Seat).order_by(Seat.id)).first()
        return KeptText(
            user_id=seat.user_id,
            community_id=seat.community_id,
            address="/",
            fields="{}",
            kept_at=now,
            expires_at=expires,
        )
