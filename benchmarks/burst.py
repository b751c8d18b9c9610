"""Three hundred learners open the course within a minute: `lti-tool serve` and a worker, as on a server."""

import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks import platform, servers
from benchmarks.browsers import Browser, Line
from benchmarks.platform import Lms
from benchmarks.servers import TOOL, Server
from tests.support import databases

LEARNERS, PROCESSES, THREADS = 300, 2, 32
WINDOW = 60  # seconds in which they all come
SEED = 20261123
STEPS = ("login", "launch", "home")


class Learner(threading.Thread):
    """Somebody who opens the course at a moment of their own and looks at the page that they are led to."""

    def __init__(self, server: Server, lms: Lms, person: str, starts_at: float) -> None:
        super().__init__(daemon=True)
        self._browser, self._starts_at = Browser(Line(server), lms, person), starts_at
        self.waited: dict[str, float] = {}
        self.trouble: str | None = None

    def run(self) -> None:
        time.sleep(max(0.0, self._starts_at - time.monotonic()))
        try:
            self._come_in()
        except (OSError, AssertionError, TypeError) as trouble:
            self.trouble = f"{type(trouble).__name__}: {trouble}"

    def _come_in(self) -> None:
        asked = self._timed("login", self._browser.login)
        form = self._browser.signed(asked, "burst")
        home = self._timed("launch", lambda: self._browser.launch(form)).headers["Location"]
        page = self._timed("home", lambda: self._browser.get(home.removeprefix(TOOL)))
        if page.status != 200:
            raise AssertionError(f"home of {self._browser.person}: {page.status}")

    def _timed(self, step: str, act):
        began = time.monotonic()
        answer = act()
        self.waited[step] = time.monotonic() - began
        return answer


def figures() -> Iterator[str]:
    """Let them come, on the database that TEST_DATABASE names; say how long they waited."""
    with ExitStack() as resources:
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="cv-bench-")))
        resources.enter_context(databases.prepared_server())
        lms = resources.enter_context(platform.running(TOOL))
        made = databases.databases(folder)
        address = made.create("burst")
        resources.callback(made.drop, address)
        installation = resources.enter_context(servers.installed(lms, address, folder / "var"))
        server = resources.enter_context(servers.our_server(installation, PROCESSES, THREADS))
        resources.enter_context(servers.our_worker(installation))
        cpu = server.cpu()
        crowd = _all_within(WINDOW, server, lms)
        yield _sentence(crowd, WINDOW, server.cpu() - cpu)


def _all_within(window: int, server: Server, lms: Lms) -> list[Learner]:
    chance, now = random.Random(SEED + window), time.monotonic()
    crowd = [
        Learner(server, lms, f"burst-{window}-{number}", now + chance.uniform(0, window))
        for number in range(LEARNERS)
    ]
    for learner in crowd:
        learner.start()
    for learner in crowd:
        learner.join()
    return crowd


def _sentence(crowd: list[Learner], window: int, cpu: float) -> str:
    troubles = [learner.trouble for learner in crowd if learner.trouble]
    waits = "; ".join(
        _spread(step, [learner.waited[step] for learner in crowd if step in learner.waited]) for step in STEPS
    )
    return (
        f"{LEARNERS} learners within {window} s, new to the course: {len(troubles)} errors"
        + (f" ({troubles[0]})" if troubles else "")
        + f"; {waits}; {1000 * cpu / len(crowd):.0f} ms of CPU each"
    )


def _spread(step: str, seconds: list[float]) -> str:
    """The median, what nineteen of twenty did not exceed, and the longest wait, in milliseconds."""
    sorted_ms = sorted(1000 * wait for wait in seconds) or [0.0]
    middle, late = sorted_ms[len(sorted_ms) // 2], sorted_ms[int(len(sorted_ms) * 0.95)]
    return f"{step} p50 {middle:.0f}, p95 {late:.0f}, max {sorted_ms[-1]:.0f} ms"
