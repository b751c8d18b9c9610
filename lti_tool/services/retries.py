"""When to try again: later and later, at least when the LMS asks for it, and not for ever."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
MOST_TRIES = 12

# Workers that failed together do not come back together.
_LEAST_JITTER, _MOST_JITTER = 0.8, 1.2


def wait_after(
    tries: int, retry_after: float | None, jitter: Callable[[float, float], float] = random.uniform
) -> timedelta:
    """Return how long to wait after this many tries (1 or more): 30 s, doubling up to an hour, with jitter.

    `retry_after` is what the LMS asked for, in seconds: never earlier than that.
    """
    doubled = FIRST_WAIT * 2 ** min(tries - 1, 10)
    wait = min(doubled, LONGEST_WAIT) * jitter(_LEAST_JITTER, _MOST_JITTER)
    return max(wait, timedelta(seconds=retry_after or 0))


def next_try(now: datetime, tries: int, retry_after: object) -> datetime:
    """Return the moment of the next try; `retry_after` in seconds or None, as `PlatformUnavailable` says."""
    asked = retry_after if isinstance(retry_after, int | float) else None
    return now + wait_after(max(tries, 1), asked)
