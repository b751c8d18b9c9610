"""A PostgreSQL server for one test run: made in a temporary folder, gone afterwards, never the machine's own.

PostgreSQL refuses to run as root, so as root it runs as an unprivileged account. It listens on a loopback
port with a random password: other people on the machine cannot use it.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.programs import POSTGRESQL, find_postgresql

UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")
SUPERUSER = "tests"
START_SECONDS = 60
MEMORY_BYTES = 2 * 1024**3
# Nothing here outlives the run, so nothing needs to reach the disk.
SERVER_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # What the planner knows of tables that every test fills and empties must not depend on the minute.
    "autovacuum": "off",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
}


class PostgresUnavailable(Exception):
    """No server could be started; the message says why and what helps."""


class Server:
    """A running server. `address` is without a database, as SQLAlchemy writes it."""

    def __init__(
        self, programs: Path, folder: Path, password: str, account: dict, settings: dict[str, str]
    ) -> None:
        self._programs, self._folder, self._account, self._settings = programs, folder, account, settings
        self._port = _free_port()
        self.address = f"postgresql+psycopg://{SUPERUSER}:{password}@127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        """Start, or start again on the same port and data; return once connections are taken."""
        self._process = _start(self._programs, self._folder, self._port, self._account, self._settings)
        _wait_until_ready(self._process, self._folder, self._port)

    def stop(self) -> None:
        """Stop at once, as a crash does: clients are cut off, what was not committed is gone."""
        _stop(self._process)


@contextmanager
def throwaway_postgres() -> Iterator[str]:
    """Run a server for the length of the block.

    Yields its address without a database, as SQLAlchemy writes it
    (`postgresql+psycopg://tests:…@127.0.0.1:PORT`).
    :raises PostgresUnavailable: the programs are missing or the server did not start.
    """
    with throwaway_server() as server:
        yield server.address


@contextmanager
def throwaway_server(**settings: str) -> Iterator[Server]:
    """The same for those who stop and start it themselves; `settings` win over the fast and careless ones."""
    programs = find_postgresql()
    if programs is None:
        raise PostgresUnavailable(f"PostgreSQL is not installed: {POSTGRESQL.remedy}")
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="cv-pg-", dir=memory_folder()))
    try:
        if account:
            os.chown(folder, account["user"], account["group"])
        password = secrets.token_urlsafe(24)
        _initialise(programs, folder, password, account)
        server = Server(programs, folder, password, account, SERVER_SETTINGS | settings)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def memory_folder() -> Path | None:
    """A folder in memory with room for a test run (databases are made 20 times faster there), or None."""
    folder = Path("/dev/shm")
    roomy = folder.is_dir() and shutil.disk_usage(folder).free >= MEMORY_BYTES
    return folder if roomy and os.access(folder, os.W_OK) else None


def _account() -> dict:
    """Arguments for subprocess that give up root; none for an ordinary account."""
    if os.geteuid() != 0:
        return {}
    for name in UNPRIVILEGED_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise PostgresUnavailable("PostgreSQL does not run as root and there is no unprivileged account for it.")


def _initialise(programs: Path, folder: Path, password: str, account: dict) -> None:
    password_file = folder / "password"
    password_file.write_text(password, encoding="utf-8")
    password_file.chmod(0o600)
    if account:
        os.chown(password_file, account["user"], account["group"])
    command = [
        *(programs / "initdb", "--pgdata", folder / "data", "--username", SUPERUSER),
        *("--pwfile", password_file, "--auth", "scram-sha-256"),
        *("--encoding", "UTF8", "--no-locale", "--no-sync"),
    ]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **account)
    if made.returncode != 0:
        raise PostgresUnavailable(f"initdb failed: {made.stderr.strip()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _start(
    programs: Path, folder: Path, port: int, account: dict, settings: dict[str, str]
) -> subprocess.Popen:
    settings = {**settings, "port": str(port), "unix_socket_directories": str(folder)}
    options = [argument for key, value in settings.items() for argument in ("-c", f"{key}={value}")]
    with open(folder / "log", "ab") as log:
        return subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *options],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C belongs to whoever runs the tests: the server is stopped by us, after its last client.
            start_new_session=True,
            **account,
        )


def _wait_until_ready(server: subprocess.Popen, folder: Path, port: int) -> None:
    """The server writes `ready` as the eighth line of its pid file once it takes connections."""
    pid_file = folder / "data" / "postmaster.pid"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        lines = pid_file.read_text(encoding="utf-8").splitlines() if pid_file.exists() else []
        if len(lines) >= 8 and lines[7].strip() == "ready":
            return
        time.sleep(0.05)
    _stop(server)
    log = (folder / "log").read_text(encoding="utf-8", errors="replace")
    raise PostgresUnavailable(f"PostgreSQL did not start on port {port}: {log[-2000:]}")


def _stop(server: subprocess.Popen) -> None:
    """Ask for an immediate end: there is nothing to keep."""
    if server.poll() is None:
        server.send_signal(signal.SIGQUIT)
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
