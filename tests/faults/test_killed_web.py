"""Web servers die in the middle of launches and posts: each is whole, or it never was."""

import random
import threading
import time
from contextlib import suppress

import pytest
import requests

from tests.faults.site import until
from tests.faults.visitor import Visitor
from tests.faults.whole import halves

VISITORS, KILLS = 6, 3

pytestmark = [pytest.mark.processes, pytest.mark.postgresql, pytest.mark.timeout(120)]


class Crowd:
    """People who launch and write until they are told to stop; each remembers what was promised them."""

    def __init__(self, site, course: str) -> None:
        self.site, self.course = site, course
        self.promised: list[str] = []
        self.odd: list[str] = []
        self._stop = threading.Event()
        keys = [f"l-{course}-{number}" for number in range(VISITORS)]
        self._threads = [threading.Thread(target=self._live, args=(key,)) for key in keys]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *failure: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _live(self, key: str) -> None:
        written = 0
        while not self._stop.is_set():
            # Who is cut off comes again, as people do.
            with suppress(requests.ConnectionError, requests.Timeout):
                visitor = Visitor(self.site, key, self.course)
                if self._came_in(visitor):
                    for _ in range(3):
                        written += 1
                        self._write(visitor, f"{key} says {written}")
            time.sleep(0.05)

    def _came_in(self, visitor: Visitor) -> bool:
        try:
            answer = visitor.launch()
        except requests.HTTPError as refused:
            answer = refused.response
        if answer.status_code != 303:
            self._note("launch", answer)
            return False
        form = visitor.session.get(visitor.url(f"{visitor.home}posts/new"), params={"seat": visitor.seat})
        if form.status_code != 200:
            self._note("form", form)
            return False
        visitor.token = form.text.partition('name="seat_token" value="')[2].partition('"')[0]
        return True

    def _write(self, visitor: Visitor, title: str) -> None:
        answer = visitor.ask(title)
        if answer.status_code == 303:
            self.promised.append(title)
        else:
            self._note("post", answer, title)

    def _note(self, what: str, answer: requests.Response, typed: str = "") -> None:
        """Anything but our own calm page of failure, with the text that was typed on it, is odd."""
        calm = answer.status_code == 503 and "<h1>" in answer.text and typed in answer.text
        if not calm:
            self.odd.append(f"{what}: {answer.status_code} {answer.text[:300]}")


def kept_of(site, course: str) -> set[str]:
    return {
        title
        for (title,) in site.rows(
            "SELECT p.title FROM post p JOIN course c ON c.community_id = p.community_id"
            " WHERE c.context_id = %s",
            course,
        )
    }


class TestKillingTheWebServer:
    def test_in_the_middle_of_launches_and_posts_leaves_nothing_half_done(self, site):
        course, chance = site.open_course(VISITORS), random.Random(7)
        with Crowd(site, course) as crowd:
            for _ in range(KILLS):
                until(lambda: crowd.promised, "the first post")
                before = len(crowd.promised)
                time.sleep(chance.uniform(0.1, 0.6))
                site.webs[0].kill()
                site.webs[0] = site.start_web(0)
                site.wait_for_web(0)
                until(lambda seen=before: len(crowd.promised) > seen, "life going on")
        assert crowd.odd == []
        assert set(crowd.promised) <= kept_of(site, course)
        assert halves(site.rows) == {}
