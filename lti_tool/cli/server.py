"""`lti-tool serve` and `lti-tool worker`: production."""

import os
import re
import select
import shutil
from pathlib import Path

import click
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from lti_tool import logs, metrics, settings
from lti_tool.cli import application

MOST_PROCESSES = 4
# Longer than proxies keep an idle connection to us (nginx: 60 s): they, not we, end it between two requests.
KEEP_ALIVE_SECONDS = 75
# A process whose main loop is stuck for so long is replaced; requests have no limit here.
STUCK_AFTER_SECONDS = 30
# gunicorn's word for what is no HTTP: from whom, what is wrong with it, and a piece of it.
NO_HTTP = re.compile(r"(Invalid request) from ip=\S+: ([^:('\"]*).*", re.DOTALL)


class _Server(BaseApplication):
    """gunicorn without a configuration file: what a command line option said, and sound values."""

    def __init__(self, options: dict) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self):
        # Each worker process makes its own application, after the fork: connections are not shared.
        return application.made()


class _Process(ThreadWorker):
    """gunicorn's threaded worker, which lets go of the port as soon as it is told to stop.

    gunicorn's own keeps it open until the last request is answered: whoever connects meanwhile waits and is
    cut off in the end, and no other server can take over.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        # Asked again by a worker that was told to stop while it was busy: it has let go by then.
        letting_go, self.sockets = self.sockets, []
        for listener in letting_go:
            # Who has connected already is still served.
            while select.select([listener], [], [], 0)[0] and not self._is_empty(listener):
                pass
            listener.close()

    def _is_empty(self, listener) -> bool:
        before = self.nr_conns
        self.accept(listener)
        return self.nr_conns == before


class _Log(Logger):
    """gunicorn's own messages, written as all others are. Requests are told by lti_tool.observation."""

    def setup(self, cfg) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.propagate = True

    def warning(self, msg, *args, **kwargs) -> None:
        """Warn, but tell neither who sent what is no HTTP nor what stood in it: it may be a secret."""
        super().warning(NO_HTTP.sub(r"\1: \2", str(msg)).strip(), *args, **kwargs)


def usual_processes() -> int:
    """Two for each processor that this process may use, at most four: each has its own connections."""
    # Not every system tells which processors a process may use; all of them tell how many there are.
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(2 * usable, MOST_PROCESSES)


@click.command(help="Serve the tool (gunicorn). Several may run behind a proxy.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=int)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=usual_processes,
    show_default="2 for each processor, at most 4",
)
@click.option("--threads", default=32, show_default=True, type=click.IntRange(1, 64), help="Of each process.")
@click.option(
    "--timeout",
    default=20,
    show_default=True,
    type=click.IntRange(1, 600),
    help="Seconds that requests under way get to end when the server is stopped.",
)
def serve(host: str, port: int, processes: int, threads: int, timeout: int) -> None:
    """Run the web server in the foreground."""
    app = application.made_and_ready()
    with app.app_context():
        chosen = settings.current()
    logs.install(chosen.log_format)
    click.echo(f"Serving {chosen.base_url} on {host}:{port}; files in {chosen.var_dir}")
    folder = metrics.prepare_folder(chosen.var_dir)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    _Server(_options(address, processes, threads, timeout, folder)).run()


def _options(address: str, processes: int, threads: int, timeout: int, folder: Path) -> dict:
    return {
        "bind": [address],
        "workers": processes,
        "threads": threads,
        "worker_class": _Process,
        "timeout": STUCK_AFTER_SECONDS,
        "graceful_timeout": timeout,
        "keepalive": KEEP_ALIVE_SECONDS,
        "control_socket_disable": True,
        # The same login in a tab of its own carries the LMS's hints in its address.
        "limit_request_line": 8190,
        "accesslog": None,
        "logger_class": _Log,
        # Whom to believe about scheme, host and address is for TRUSTED_PROXIES alone to say (ProxyFix):
        # gunicorn would believe everybody on this machine, and takes contradicting headers for an attack.
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        "forwarder_headers": "",
        "child_exit": lambda server, process: metrics.forget_process(process.pid),
        "on_exit": lambda server: shutil.rmtree(folder, ignore_errors=True),
    }


@click.command(help="Run the background worker: it sends grades and reads rosters. Several may run.")
def worker() -> None:
    """Run the worker in the foreground."""
    from lti_tool import jobs

    app = application.made_and_ready()
    with app.app_context():
        chosen = settings.current()
    logs.install(chosen.log_format)
    click.echo(f"Worker started; files in {chosen.var_dir}")
    jobs.run_worker(app)
