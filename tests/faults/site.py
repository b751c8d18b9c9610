"""A whole installation of real processes: two web servers, two workers, PostgreSQL, Redis, an LMS."""

import random
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psycopg
import redis
import requests
from cryptography.fernet import Fernet

from demo_lms import Course, LmsSettings, Person, create_lms, serve
from demo_lms.people import INSTRUCTOR, LEARNER
from tests.support.ports import free_ports
from tests.support.shifted_clock import ShiftedClock
from tests.support.tool_processes import ToolProcess, ToolProcesses

CLIENT_ID, DEPLOYMENT_ID = "community-value-demo", "1"
# Longer than any lease of the tool: what a killed process held is free again.
LEASES_LAPSE = timedelta(minutes=5)
PATIENCE = 40.0
# After some hundred jumps of the clock a night has come: every course's list is read anew.
A_NIGHT = 240.0
# And in that night the LMS is called more often than it usually remembers.
EVERY_CALL = 1_000_000


class Site:
    """Addresses, processes and ways to break them. Everything is on loopback and made for one test module."""

    def __init__(self, database_url: str, folder: Path, lms_signing_key) -> None:
        self.folder, self.database_url = folder, database_url
        self.clock = ShiftedClock(folder / "clock")
        self.ports = free_ports(3)
        self.webs: list[ToolProcess] = []
        self.workers: list[ToolProcess] = []
        self.redis = Redis(self.ports[2], folder)
        self.address = f"http://127.0.0.1:{self.ports[0]}"
        self._open_lms(lms_signing_key)
        self.processes = ToolProcesses(self._environment(), folder, folder / "clock")
        self._prepare()

    def _environment(self) -> dict[str, str]:
        return {
            "LTI_TOOL_BASE_URL": self.address,
            "LTI_TOOL_VAR_DIR": str(self.folder),
            "LTI_TOOL_SECRET_KEY": secrets.token_urlsafe(40),
            "LTI_TOOL_KEY_ENCRYPTION_KEY": Fernet.generate_key().decode(),
            "LTI_TOOL_DATABASE_URL": self.database_url,
            "LTI_TOOL_QUEUE_URL": f"redis://127.0.0.1:{self.ports[2]}/0",
            "LTI_TOOL_OUTBOUND_ALLOW": "127.0.0.0/8",
        }

    def _open_lms(self, signing_key) -> None:
        settings = LmsSettings(
            tool_url=self.address,
            signing_key=signing_key,
            clock=self.clock.now,
            calls_kept=EVERY_CALL,
        )
        app = create_lms(settings)
        self.in_flight = CallsInFlight(app.wsgi_app)
        app.wsgi_app = self.in_flight
        self._lms_server = serve(app, ("127.0.0.1",), 0)
        settings.issuer = f"http://127.0.0.1:{self._lms_server.port}"
        self.lms_app, self.lms = app, app.lms
        self.courses = 100

    def _prepare(self) -> None:
        """Make schema, key and registration, as an operator does by hand; then start everything."""
        issuer = self.lms.settings.issuer
        self.run("db", "upgrade")
        self.run(
            *("platforms", "add", "--name=Test LMS", f"--issuer={issuer}", f"--client-id={CLIENT_ID}"),
            *(f"--auth-url={issuer}/lti/auth", f"--token-url={issuer}/lti/token"),
            *(f"--jwks-url={issuer}/lti/certs", f"--deployment-id={DEPLOYMENT_ID}"),
        )
        self.webs = [self.start_web(0), self.start_web(1)]
        self.workers = [self.start_worker(), self.start_worker()]
        for number in (0, 1):
            self.wait_for_web(number)

    def close(self) -> None:
        self.processes.close()
        self.redis.close()
        self._lms_server.close()

    def run(self, *words: str) -> str:
        """Run a command to its end; return what it printed."""
        command = self.processes.start(*words)
        command.wait(30)
        return command.printed()

    def start_web(self, number: int) -> ToolProcess:
        """Start one of the two web servers."""
        return self.processes.start("serve", f"--port={self.ports[number]}", "--processes=1", "--threads=8")

    def start_worker(self) -> ToolProcess:
        return self.processes.start("worker")

    def wait_for_web(self, number: int) -> None:
        """Wait until this web server answers."""
        address = f"http://127.0.0.1:{self.ports[number]}/healthz"
        until(lambda: _answers(address), f"web {number}: {self.webs[number].printed()[-2000:]}")

    def kill_a_worker(self, chance: random.Random) -> int:
        """Kill one of the workers and start another; return how many scores were being sent meanwhile."""
        number = chance.randrange(len(self.workers))
        self.workers[number].signal(signal.SIGKILL)
        lost = self.in_flight.now("/scores")
        self.restart_a_worker(number)
        return lost

    def restart_a_worker(self, number: int) -> None:
        """Have another worker in the place of one, who finds the leases of the dead lapsed."""
        self.workers[number].kill()
        # The clock jumps only when nobody is calling: a token request dated before it would be refused after.
        self.in_flight.wait_until_quiet()
        self.clock.advance(LEASES_LAPSE)
        self.workers[number] = self.start_worker()

    def open_course(self, learners: int) -> str:
        """Open a course with that many learners, l-<course>-<n>, and Claire as its teacher; return its id."""
        self.courses += 1
        number = str(self.courses)
        self.lms.add_course(Course(number, f"C-{number}", f"Course {number}", "en", f"9{number}", "Space"))
        self.lms.enrol("claire", number, INSTRUCTOR)
        for one in range(learners):
            key = f"l-{number}-{one}"
            name = {"given": "Learner", "family": f"{number} {one}", "email": None, "locale": "en"}
            self.lms.add_person(Person(key=key, sub=f"u-{key}", roles={number: (LEARNER,)}, **name))
        return number

    def rows(self, statement: str, *values: object) -> list[tuple]:
        """Read the database, beside the tool."""
        address = self.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
        with psycopg.connect(address) as connection:
            return connection.execute(statement, values).fetchall()


class Redis:
    """A Redis that keeps nothing on disk: killed, it has forgotten everything."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port, self._folder = port, folder
        self.start()

    def start(self) -> None:
        """Start, empty."""
        self._process = subprocess.Popen(
            [shutil.which("redis-server"), "--port", str(self._port), "--bind", "127.0.0.1"]
            + ["--save", "", "--appendonly", "no", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        client = redis.Redis(port=self._port)
        until(lambda: _pings(client), "redis")
        client.close()

    def close(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()


class CallsInFlight:
    """Counts the requests that the LMS is answering."""

    def __init__(self, application) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._paths: list[str] = []
        self._latest = time.monotonic()
        self._lately: deque[str] = deque(maxlen=30)

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        with self._lock:
            self._paths.append(path)
        try:
            return self._application(environ, start_response)
        finally:
            with self._lock:
                self._paths.remove(path)
                self._latest = time.monotonic()
                self._lately.append(f"{environ['REQUEST_METHOD']} {path}")

    def now(self, ending: str) -> int:
        """How many there are whose path ends so."""
        with self._lock:
            return sum(path.endswith(ending) for path in self._paths)

    def wait_until_quiet(self, seconds: float = 1.0) -> None:
        """Wait until nobody has called for so long: on a busy machine a request is on its way for a while."""
        until(lambda: not self._paths and time.monotonic() - self._latest > seconds, self, A_NIGHT)

    def __str__(self) -> str:
        with self._lock:
            since = time.monotonic() - self._latest
            lately = ", ".join(self._lately)
            return f"being answered: {self._paths}; the latest ended {since:.1f} s ago; before: {lately}"


def until(true: Callable[[], object], what: object, seconds: float = PATIENCE) -> None:
    """Wait until something is so. :raises TimeoutError: naming `what` was waited for, or how it stands."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(str(what))
        time.sleep(0.05)


def _answers(address: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(address, timeout=2).status_code == 200
    return False


def _pings(client: redis.Redis) -> bool:
    with suppress(redis.RedisError):
        return client.ping()
    return False
