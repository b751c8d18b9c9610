"""An LMS that takes longer than a lease: the scores arrive, and workers do not take them from each other."""

from datetime import timedelta
from typing import ClassVar

import pytest

from lti_tool import clock
from lti_tool.lti.scores import GradebookConnection
from lti_tool.models import DeliveryState
from lti_tool.services import parcels, retries
from lti_tool.transactions import transaction
from tests.support.classroom import ONE_QUESTION


class Crash(BaseException):
    """The worker ends here."""


class SlowPages(GradebookConnection):
    """A connection to an LMS whose list of results comes by pages, each of which takes a while."""

    arrive: ClassVar = staticmethod(lambda: None)

    def results(self, line_item_url, page_read=lambda: None):
        for _ in range(3):
            SlowPages.arrive()
            page_read()
        return super().results(line_item_url)


class TestAnLmsThatTakesItsTime:
    """The worker's clock goes on while the LMS thinks; nobody else is at work unless the test says so."""

    @pytest.fixture
    def asked(self, graded):
        for key in ("ines", "karim"):
            graded.ask(key)
        graded.send()
        self.late = timedelta()
        return graded

    def now(self):
        return clock.now() + self.late

    @pytest.mark.parametrize("step", ["claimed", "results-read", "attempt-committed"])
    @pytest.mark.parametrize("while_", [timedelta(seconds=61), timedelta(minutes=5)])
    def test_the_scores_still_arrive(self, asked, step, while_):
        steps = []

        def pause(reached):
            steps.append(reached)
            assert len(steps) < 50
            self.late += while_ if reached == step else timedelta()

        asked.deliver(now=self.now, pause=pause)
        for key in ("ines", "karim"):
            assert (asked.grade(key), asked.state(key)) == (ONE_QUESTION, DeliveryState.CONFIRMED)
        assert steps.count("claimed") == 1

    def test_the_leases_are_kept_from_page_to_page(self, asked, monkeypatch):
        claimed = []

        def arrive():
            self.late += parcels.LEASE * 0.7
            with asked.world.app.app_context(), transaction():
                claimed.append(parcels.claim(self.now()))

        monkeypatch.setattr(SlowPages, "arrive", staticmethod(arrive))
        asked.deliver(now=self.now, connect=SlowPages)
        # Three pages before anything is sent, and the three of the look afterwards.
        assert claimed == [None] * 6
        assert asked.state() is DeliveryState.CONFIRMED

    def test_what_another_slow_worker_took_over_is_left_to_it(self, asked):
        steps = []

        def pause(reached):
            steps.append(reached)
            assert len(steps) < 50
            if reached == "results-read":
                self.late += parcels.LEASE
                with transaction():
                    parcels.claim(self.now())
                self.late += parcels.LEASE

        asked.deliver(now=self.now, pause=pause)
        assert steps == ["claimed", "results-read"]

    def test_being_slow_is_no_failed_try(self, asked):
        for _ in range(retries.MOST_TRIES):
            with pytest.raises(Crash):
                asked.deliver(now=self.now, pause=self.crash)
            self.late += parcels.LEASE
        asked.lms.quirks.down = True
        asked.deliver(now=self.now)
        assert (asked.state(), asked.cell().attempts) == (DeliveryState.DUE, 1)

    def crash(self, step):
        if step == "results-read":
            raise Crash
