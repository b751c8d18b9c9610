"""Waiting for another process until something is so, and no longer."""

import time
from collections.abc import Callable

PATIENCE = 40.0


def until(true: Callable[[], object], what: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something is so. :raises TimeoutError: with what `what` says of how it stands then."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(str(what()))
        time.sleep(0.1)
