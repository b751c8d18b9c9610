"""Numbers for Prometheus: what this server's processes did, and what the database says there is to do.

No label carries an id, a name or a host of anybody: routes are templates, codes are ours.

Under `serve` several processes count into files of one folder, and whichever is asked adds them up. The
library decides between memory and files when it is first imported: never before the folder is named.
"""

import os
import platform
import shutil
import socket
import time
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from lti_tool.release import release
from lti_tool.services.work_in_hand import WorkInHand

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LEFT_BEHIND_AFTER = 24 * 3600


class _Instruments:
    """What is counted, in a registry of our own."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self.registry = CollectorRegistry()
        self.requests = Counter(
            "lti_tool_requests",
            "Requests answered.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "lti_tool_request_seconds",
            "Time to answer a request.",
            ("route", "method"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.launches = Counter(
            "lti_tool_launches",
            "LTI launches by outcome, refusals by code.",
            ("outcome", "code"),
            registry=self.registry,
        )
        self.refusals = Counter(
            "lti_tool_refusals", "Refused requests by code.", ("code",), registry=self.registry
        )


@lru_cache(maxsize=1)
def _instruments() -> _Instruments:
    return _Instruments()


def count_request(route: str, method: str, status: int, seconds: float) -> None:
    """Count an answer. :param route: the template of the address, never the address."""
    known = method if method in METHODS else "other"
    counted = _instruments()
    counted.requests.labels(route, known, f"{status // 100}xx").inc()
    counted.seconds.labels(route, known).observe(seconds)


def count_launch(outcome: str, code: str) -> None:
    """Count a launch: admitted, refused with a code, or shown a page of ours."""
    _instruments().launches.labels(outcome, code).inc()


def count_refusal(code: str) -> None:
    """Count a refused request."""
    _instruments().refusals.labels(code).inc()


def exposition(work: WorkInHand | None) -> tuple[bytes, str]:
    """Return the numbers in Prometheus' text format, and its content type.

    :param work: what the database says, None when it did not answer.
    """
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.exposition import CONTENT_TYPE_LATEST
    from prometheus_client.multiprocess import MultiProcessCollector

    if os.environ.get(FOLDER):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    else:
        registry = _instruments().registry
    state = CollectorRegistry()
    state.register(_State(work))
    return generate_latest(registry) + generate_latest(state), CONTENT_TYPE_LATEST


class _State:
    """The state of the installation at this moment, as gauges."""

    def __init__(self, work: WorkInHand | None) -> None:
        self._work = work

    def collect(self) -> Iterable:
        yield _gauge(
            "info",
            "This release.",
            {(release(), platform.python_version()): 1},
            labels=("version", "python"),
        )
        yield _gauge("database_up", "Whether the database answers.", {(): int(self._work is not None)})
        if self._work is not None:
            yield from self._of_work(self._work)

    def _of_work(self, work: WorkInHand) -> Iterable:
        yield _gauge("schema_ok", "Whether the schema is this release's.", {(): int(work.schema_ok)})
        yield _gauge("score_deliveries", "Cells of LMS gradebooks.", _by(work.deliveries), ("state",))
        yield _gauge("line_items", "Columns in LMS gradebooks.", _by(work.line_items), ("state",))
        yield _gauge("rosters", "Rosters of courses.", _by(work.rosters), ("state",))
        yield _gauge("mails", "Mails; what went out long ago is forgotten.", _by(work.mails), ("state",))
        yield _gauge(
            "oldest_due_seconds",
            "How long the oldest thing that is due has been waiting; 0 when none is.",
            _by(work.oldest_due_seconds),
            ("outbox",),
        )
        yield _gauge("workers", "Workers that gave a sign of life within a minute.", {(): work.workers})
        if work.oldest_heartbeat_seconds is not None:
            age = {(): work.oldest_heartbeat_seconds}
            yield _gauge("oldest_heartbeat_seconds", "Age of the oldest heartbeat of those workers.", age)


def _by(numbers: dict[str, float]) -> dict[tuple[str, ...], float]:
    return {(name,): number for name, number in numbers.items()}


def _gauge(name: str, sentence: str, values: dict[tuple[str, ...], float], labels: tuple[str, ...] = ()):
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(f"lti_tool_{name}", sentence, labels=labels)
    for of, value in values.items():
        family.add_metric(of, value)
    return family


# The files of several processes.


def prepare_folder(var_dir: Path) -> Path:
    """Make the folder into which the processes of one server count, and take away what dead servers left.

    Each server has its own: two may share VAR_DIR while one takes over from the other.
    """
    parent = var_dir / "metrics"
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in parent.iterdir():
        if folder.is_dir() and _is_left_behind(folder):
            shutil.rmtree(folder, ignore_errors=True)
    own = parent / f"{socket.gethostname()}-{os.getpid()}"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(mode=0o700)
    os.environ[FOLDER] = str(own)
    return own


def forget_process(pid: int) -> None:
    """Note that a process of this server has ended; what it counted stays in the sums."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid, os.environ[FOLDER])


def _is_left_behind(folder: Path) -> bool:
    """Tell whether the server of this folder is gone: its process on this machine, else a day of silence."""
    host, _, pid = folder.name.rpartition("-")
    if host == socket.gethostname() and pid.isdigit():
        return not _is_running(int(pid))
    newest = max((file.stat().st_mtime for file in folder.iterdir()), default=folder.stat().st_mtime)
    return time.time() - newest > LEFT_BEHIND_AFTER


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, so it is there
        return True
    return True
