"""Where the CPU of a login and a launch goes: checking the signature, the database's driver, Python."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import Engine, event

from benchmarks.browsers import Browser, InProcess
from benchmarks.platform import Lms
from benchmarks.servers import Installation
from lti_tool.extensions import db

TIMES = 200


@dataclass
class Clock:
    """Seconds of CPU that this thread spent in the driver, calls into SQLite's library included."""

    seconds: float = 0.0
    _began: float = field(default=0.0, repr=False)

    def start(self, *_: object) -> None:
        self._began = time.thread_time()

    def stop(self, *_: object) -> None:
        self.seconds += time.thread_time() - self._began

    def around(self, act: Callable) -> Callable:
        def timed(*told):
            self.start()
            try:
                return act(*told)
            finally:
                self.stop()

        return timed


def sentence(installation: Installation, lms: Lms) -> str:
    """Measure logins and launches of somebody known, in this process, and say what they are made of."""
    Browser(InProcess(installation), lms, "shares").comes()
    whole, driver = _whole_and_driver(installation, lms)
    rsa = _rsa(lms)
    python = whole - driver - rsa
    told = {"RSA": rsa, "database driver": driver, "Python": python}
    parts = ", ".join(f"{name} {part:.2f} ms ({part / whole:.0%})" for name, part in told.items())
    return f"login + launch inside one process, without gunicorn: {whole:.2f} ms of CPU: {parts}"


def _whole_and_driver(installation: Installation, lms: Lms) -> tuple[float, float]:
    line, whole = InProcess(installation), Clock()
    line.ask = whole.around(line.ask)
    with installation.app.app_context():
        engine = db.engine
    with _watched(engine) as driver:
        for _ in range(TIMES):
            Browser(line, lms, "shares").comes()
    return 1000 * whole.seconds / TIMES, 1000 * driver.seconds / TIMES


@contextmanager
def _watched(engine: Engine) -> Iterator[Clock]:
    clock, dialect = Clock(), engine.dialect
    before = {name: getattr(dialect, name) for name in ("do_commit", "do_rollback")}
    event.listen(engine, "before_cursor_execute", clock.start)
    event.listen(engine, "after_cursor_execute", clock.stop)
    for name, act in before.items():
        setattr(dialect, name, clock.around(act))
    try:
        yield clock
    finally:
        for name in before:
            delattr(dialect, name)
        event.remove(engine, "before_cursor_execute", clock.start)
        event.remove(engine, "after_cursor_execute", clock.stop)


def _rsa(lms: Lms) -> float:
    """Milliseconds of CPU to check one signature with a key that is ready."""
    private, text = lms.key.private_key, b"x" * 3000
    key, signature = private.public_key(), private.sign(text, PKCS1v15(), SHA256())
    began = time.thread_time()
    for _ in range(TIMES):
        key.verify(signature, text, PKCS1v15(), SHA256())
    return 1000 * (time.thread_time() - began) / TIMES
