"""How many calls one host answers at once, over all our processes (issue 3, "Outbound calls").

Places at a host are rows with a lease: whoever calls holds one from its first call to the end of its batch,
a killed process loses its own when the lease ends. Two lanes: batches of the worker, and the calls that
somebody waits for, so that a launch never stands behind five thousand scores.
"""

import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

from lti_tool.errors import PlatformUnavailable
from lti_tool.lti import addresses, store

Transaction = Callable[[], AbstractContextManager[None]]

SERVICES, INTERACTIVE = "services", "interactive"
# The code of the problem when nothing was called, because it was not our turn.
HOST_BUSY = "host-busy"

# Longer than one call may take (60 s), and renewed between calls once a call might outlast it.
LEASE = timedelta(seconds=90)
_RENEWED_BELOW = timedelta(seconds=65)
# How long somebody waits for a place, and how often they look, in seconds.
PATIENCE, PATIENCE_OF_PEOPLE = 20.0, 5.0
_FIRST_LOOK, _LONGEST_LOOK = 0.05, 1.0
_COME_BACK = 15.0
# What a host asks for with Retry-After concerns everybody, but not for a day.
_LONGEST_PAUSE = 3600.0
_PAUSED = "paused"


class HostPlace:
    """One place at the host that is being called. Not held before the first `hold`; give it back at the end.

    :param limit: how many calls at once the host answers in this lane, the same for every process.
    :param now: our clock, aware UTC; :param transaction: makes short transactions, none during a call.
    :param patience: how long to wait for a place, in seconds.
    """

    def __init__(
        self,
        lane: str,
        limit: int,
        now: Callable[[], datetime],
        transaction: Transaction,
        patience: float = PATIENCE,
    ) -> None:
        self._lane, self._limit, self._patience = lane, limit, patience
        self._now, self._transaction = now, transaction
        self._host: str | None = None
        self._lease = ""
        self._until: datetime | None = None

    def hold(self, url: str) -> None:
        """Have a place at the host of this address for long enough to make one call; for each call anew.

        :raises PlatformUnavailable: `host-busy`, no place became free in time, or the host asked everybody to
            wait; `facts["retry_after"]` says for how long. Nothing was called.
        """
        host = _host_of(url, self._lane)
        if self._host != host:
            self.release()
            self._take(host)
        elif self._until - self._now() < _RENEWED_BELOW and not self._renewed():
            self._host = None
            self._take(host)

    def release(self) -> None:
        """Give the place back, if there is one."""
        if self._host is None:
            return
        with self._transaction():
            store.free_slot(self._host, self._lease)
        self._host = None

    def pause(self, url: str, seconds: float | None) -> None:
        """Have nobody call this host in this lane for as long as it asked for, at most an hour.

        Nothing happens without a number of seconds, or when the place held is one at another host.
        """
        if not seconds or self._host is None or self._host != _host_of(url, self._lane):
            return
        with self._transaction():
            until = self._now() + timedelta(seconds=min(seconds, _LONGEST_PAUSE))
            store.pause_host(self._host, _PAUSED, until)

    def _renewed(self) -> bool:
        self._until = self._now() + LEASE
        with self._transaction():
            return store.renew_slot(self._host, self._lease, self._until)

    def _take(self, host: str) -> None:
        give_up = time.monotonic() + self._patience
        look = _FIRST_LOOK
        self._lease = str(uuid.uuid4())
        while not self._taken(host, is_first=look == _FIRST_LOOK, left=give_up - time.monotonic()):
            time.sleep(look * random.uniform(0.5, 1.0))
            look = min(look * 2, _LONGEST_LOOK)
        self._host = host

    def _taken(self, host: str, is_first: bool, left: float) -> bool:
        """Try once.

        :param left: how long we would still wait, in seconds.
        :raises PlatformUnavailable: `host-busy`.
        """
        now = self._now()
        self._until = now + LEASE
        with self._transaction():
            if self._is_mine(host, is_first, now):
                return True
            paused_until = store.paused_until(host, self._limit, _PAUSED)
        pause = (paused_until - now).total_seconds() if paused_until else 0.0
        if pause > max(left, 0.0):
            raise PlatformUnavailable(HOST_BUSY, "it asked us to come back later", retry_after=pause)
        if left <= 0:
            raise PlatformUnavailable(HOST_BUSY, "other calls are under way there", retry_after=_COME_BACK)
        return False

    def _is_mine(self, host: str, is_first: bool, now: datetime) -> bool:
        if store.take_slot(host, self._limit, self._lease, now, self._until):
            return True
        if not is_first:
            return False
        # The host has never been called, or by fewer at once than may call it now.
        store.add_slots(host, self._limit)
        return store.take_slot(host, self._limit, self._lease, now, self._until)


@contextmanager
def held(
    url: str,
    lane: str,
    limit: int,
    now: Callable[[], datetime],
    transaction: Transaction,
    patience: float = PATIENCE_OF_PEOPLE,
) -> Iterator[None]:
    """Hold a place at the host of this address while a call or two are made there, a minute in all.

    :raises PlatformUnavailable: `host-busy`, see `HostPlace.hold`.
    """
    place = HostPlace(lane, limit, now, transaction, patience)
    place.hold(url)
    try:
        yield
    finally:
        place.release()


def _host_of(url: str, lane: str) -> str:
    """Lane, scheme, host and port, as the row is called. An address that is none is refused by the call."""
    return f"{lane} {addresses.origin(url) or 'none'}"[:300]
