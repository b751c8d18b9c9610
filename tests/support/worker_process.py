"""Workers that kill themselves, each in a process of its own.

`DyingWorkers` starts this file once; it loads the tool (that takes seconds) and makes a process per order by
forking. Such a process runs one job on the database that the order names and, when it comes to a step, ends
by SIGKILL, as a machine that loses power does. Nothing of this is in the product: the worker takes what
happens between two steps as an argument.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class DyingWorkers:
    """The process that makes the workers; close it in the end."""

    def __init__(self) -> None:
        self._maker = subprocess.Popen(
            [sys.executable, "-m", "tests.support.worker_process"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, app, job: str, step: str, after: timedelta = timedelta()) -> int:
        """Run a job (`scores`, `columns` or `answers`) until it kills itself at `step`; return how it ended.

        Its clock is `after` ahead of ours. The answer is a negative signal number or an exit code.
        """
        settings = {name: app.config[name] for name in ("DATABASE_URL", "VAR_DIR")}
        chosen = app.extensions["settings"]
        settings |= {
            "INBOUND_MAIL_URL": chosen.inbound_mail_url or "",
            "REPLY_ADDRESS": chosen.reply_address or "",
        }
        order = {"settings": settings, "job": job, "fatal_step": step, "seconds": after.total_seconds()}
        self._maker.stdin.write(json.dumps(order) + "\n")
        self._maker.stdin.flush()
        return int(self._maker.stdout.readline())

    def close(self) -> None:
        """End the process; no worker of it is left by then."""
        self._maker.stdin.close()
        self._maker.wait(timeout=10)
        self._maker.stdout.close()


def main() -> None:
    """Make a worker for each order that comes in, one after the other."""
    from lti_tool import jobs  # noqa: F401 - what takes long is loaded before the first fork
    from tests.support.network import forbid_network

    forbid_network()
    for line in sys.stdin:
        worker = os.fork()
        if worker == 0:
            work(**json.loads(line))
            os._exit(0)
        _, status = os.waitpid(worker, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def work(settings: dict, job: str, fatal_step: str, seconds: float) -> None:
    """Work until `fatal_step`."""
    from lti_tool import clock, create_app
    from lti_tool.services import delivery, line_items
    from lti_tool.transactions import transaction

    if job == "answers":
        with create_app("testing", settings).app_context():
            return read_answers(fatal_step, timedelta(seconds=seconds))
    tasks = {"scores": delivery.deliver_due_scores, "columns": line_items.make_line_items}
    with create_app("testing", settings).app_context():
        tasks[job](
            lambda: clock.now() + timedelta(seconds=seconds),
            transaction,
            pause=lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == fatal_step else None,
        )


def read_answers(fatal_step: str, after: timedelta) -> None:
    """Read the mailbox until `before-3` or `after-3`: beside the commit of the third transaction."""
    from lti_tool import clock, reply_drafts
    from lti_tool.services import inbox
    from lti_tool.services.replying import Edges
    from lti_tool.transactions import transaction

    begun = itertools.count(1)

    @contextmanager
    def mortal():
        number = next(begun)
        with transaction():
            yield
            die_at(f"before-{number}")
        die_at(f"after-{number}")

    def die_at(step: str) -> None:
        if step == fatal_step:
            os.kill(os.getpid(), signal.SIGKILL)

    inbox.read_due(Edges(lambda: clock.now() + after, mortal, reply_drafts.drafted))


if __name__ == "__main__":
    main()
