"""Real servers, each in processes of its own, and the CPU time that they have used."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet
from flask import Flask
from flask_migrate import upgrade

from benchmarks import bare_tool, bare_tool_with_database
from benchmarks.platform import Lms
from lti_tool import clock, create_app
from lti_tool.extensions import db
from lti_tool.services import platforms, signing
from lti_tool.services.platforms import Registration
from lti_tool.transactions import transaction

ROOT = Path(__file__).resolve().parents[1]
TOOL = "https://tool.example"
TICK = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60
SECRETS = {
    "SECRET_KEY": "a-secret-of-the-benchmark-that-protects-nothing",
    "KEY_ENCRYPTION_KEY": Fernet.generate_key().decode(),
}


@dataclass(frozen=True)
class Server:
    """A web server on loopback, reached as if a proxy with https stood before it."""

    port: int
    pid: int

    def cpu(self) -> float:
        """Return the seconds of CPU that its processes have used so far."""
        return cpu_of_family(self.pid)


@dataclass(frozen=True)
class Installation:
    """One database of ours with one registration, and what its processes are told by the environment."""

    environment: dict[str, str]
    app: Flask


def cpu_of_family(pid: int) -> float:
    """Return the seconds of CPU of a process, its children and those that it has seen end."""
    family = [pid, *_children(pid)]
    return sum(_ticks(member) for member in family) / TICK


def memory_of(pid: int) -> int:
    """Return the largest memory that a process has held so far, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text(encoding="ascii").split()] if listed.exists() else []


def _ticks(pid: int) -> int:
    """User and system time of a process, and of its children that have ended (proc(5): 14 to 17)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:  # it has just ended; its parent counts it now
        return 0
    return sum(int(value) for value in stat.rpartition(")")[2].split()[11:15])


def postgresql_pid(database_url: str) -> int | None:
    """Return the number of the database server's process; None for SQLite, which has none."""
    port = database_url.rpartition(":")[2].partition("/")[0]
    if not port.isdigit():
        return None
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"port=" + port.encode() in words:
                return int(entry.name)
    return None


@contextmanager
def installed(lms: Lms, database_url: str, folder: Path) -> Iterator[Installation]:
    """Make an installation of ours: schema, signing key, and the LMS registered by hand."""
    settings = {
        "BASE_URL": TOOL,
        "DATABASE_URL": database_url,
        "VAR_DIR": str(folder),
        "OUTBOUND_ALLOW": "127.0.0.1",
        "TRUSTED_PROXIES": 1,
        **SECRETS,
    }
    app = create_app("production", settings)
    with app.app_context():
        upgrade()
        with transaction():
            signing.make_first_key(clock.now())
            register(lms, lms.told())
    environment = {f"LTI_TOOL_{name}": str(value) for name, value in settings.items()}
    try:
        yield Installation(os.environ | environment | {"LTI_TOOL_ENVIRONMENT": "production"}, app)
    finally:
        with app.app_context():
            db.engine.dispose()


def register(lms: Lms, told: dict[str, str], name: str = "Benchmark") -> None:
    """Register the LMS; needs an application context and a transaction."""
    addresses = {address: told[address] for address in ("auth_url", "token_url", "jwks_url")}
    registration = Registration(
        name, told["issuer"], told["client_id"], **addresses, deployment_ids=(told["deployment_id"],)
    )
    platforms.add(registration, None, TOOL, clock.now())


@contextmanager
def our_server(installation: Installation, processes: int = 1, threads: int = 8) -> Iterator[Server]:
    """Serve the installation with `lti-tool serve` for the length of the block."""
    port = _free_port()
    size = ("--processes", str(processes), "--threads", str(threads))
    command = (*_tool("serve"), "--port", str(port), *size)
    with _process(command, installation.environment, port) as server:
        yield server


@contextmanager
def our_worker(installation: Installation) -> Iterator[None]:
    """Run `lti-tool worker` for the length of the block."""
    with _process(_tool("worker"), installation.environment, None):
        yield


@contextmanager
def bare_server(lms: Lms) -> Iterator[Server]:
    """Serve the bare tool under the same gunicorn, in one process."""
    with _gunicorn("benchmarks.bare_tool:made()", _told_of(lms)) as server:
        yield server


@contextmanager
def bare_server_with_database(lms: Lms, database_url: str) -> Iterator[Server]:
    """Serve the bare tool that keeps what it knows in this database, empty so far, in the same way."""
    bare_tool_with_database.lay_out(database_url, lms.told())
    environment = _told_of(lms) | {bare_tool_with_database.DATABASE: database_url}
    with _gunicorn("benchmarks.bare_tool_with_database:made()", environment) as server:
        yield server


def _told_of(lms: Lms) -> dict[str, str]:
    return os.environ | {bare_tool.PLATFORM: json.dumps(lms.told())}


@contextmanager
def _gunicorn(application: str, environment: dict[str, str], threads: int = 8) -> Iterator[Server]:
    port = _free_port()
    options = ("--worker-class", "gthread", "--workers", "1", "--threads", str(threads))
    quiet = ("--log-level", "warning", "--no-control-socket")
    command = (sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", *options, *quiet)
    with _process((*command, application), environment, port) as server:
        yield server


def _tool(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-c", "from lti_tool.cli import main; main()", *words)


@contextmanager
def _process(command: tuple[str, ...], environment: dict, port: int | None) -> Iterator[Server]:
    """Run a program; what it logs goes into a file, as on a server, and is shown when it fails."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            if port is not None:
                _wait_for(process, port)
            yield Server(port or 0, process.pid)
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read()[-4000:])
            raise
        finally:
            _stop(process)


def _stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(process: subprocess.Popen, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"Nothing answers on port {port}: {process.args}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
