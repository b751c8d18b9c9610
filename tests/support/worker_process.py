"""A worker that kills itself: python -m tests.support.worker_process <settings> <job> <step> <seconds>.

It runs one job (`scores` or `columns`) on the database that the settings (JSON) name, its clock so many
seconds ahead, and when it comes to the
step, ends by SIGKILL, as a machine that loses power does. Nothing of this is in the product: the worker
takes what happens between two steps as an argument.
"""

import json
import os
import signal
import sys
from datetime import timedelta

from lti_tool import clock, create_app
from lti_tool.services import delivery, line_items
from lti_tool.transactions import transaction
from tests.support.network import forbid_network

JOBS = {"scores": delivery.deliver_due_scores, "columns": line_items.make_line_items}


def main(settings: str, job: str, fatal_step: str, seconds: str) -> None:
    """Work until `fatal_step`."""
    forbid_network()
    app = create_app("testing", json.loads(settings))
    with app.app_context():
        now = lambda: clock.now() + timedelta(seconds=float(seconds))  # noqa: E731 - it is an argument
        JOBS[job](now, transaction, pause=lambda step: _die_at(fatal_step, step))


def _die_at(fatal_step: str, step: str) -> None:
    if step == fatal_step:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
