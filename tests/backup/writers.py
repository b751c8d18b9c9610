"""People who write all the time: questions and replies, through the tool's own pages."""

import re
import threading
import time

from tests.support.world import Page

PATIENCE = 60.0


class Writers:
    """One thread for each page; every contribution that was answered is remembered."""

    def __init__(self, pages: list[Page]) -> None:
        """:param pages: homes of learners; each belongs to a browser of its own."""
        self._threads = [threading.Thread(target=self._write, args=(page,)) for page in pages]
        self._end = threading.Event()
        self._posts: list[int] = []
        self.troubles: list[str] = []

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def posts(self) -> set[int]:
        """Return the posts whose writers have been told that they are there."""
        return set(self._posts)

    def wait_for(self, more: int) -> None:
        """Return when so many more posts were written. :raises AssertionError: they are not, in time."""
        wanted, end = len(self._posts) + more, time.monotonic() + PATIENCE
        while len(self._posts) < wanted and not self.troubles:
            assert time.monotonic() < end, "the writers stand still"
            time.sleep(0.01)
        assert self.troubles == []

    def _write(self, page: Page) -> None:
        number = 0
        while not self._end.is_set():
            number += 1
            asked = page.post(
                "posts",
                follow=False,
                kind="question",
                title=f"Question {number}",
                body=f"How do you go about case {number} where you work, and why?",
            )
            if asked.status != 303:
                self.troubles.append(f"post: {asked.status}")
                return
            post = int(re.search(r"/posts/(\d+)", asked.response.location)[1])
            self._posts.append(post)
            answered = page.post(f"posts/{post}/comments", follow=False, body="I shall try it tomorrow.")
            if answered.status != 303:
                self.troubles.append(f"comment: {answered.status}")
                return
