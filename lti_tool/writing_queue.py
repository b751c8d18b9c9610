"""Writers of one process, in the order in which they asked: SQLite lets one write, and forgets who waits.

Left to themselves they try again and again, and whoever is unlucky among forty gives up after half a minute
in which hundreds wrote. Here each process sends one at a time, and processes are few.
"""

from collections import deque
from threading import Event, Lock


class WritingQueue:
    """Whose turn it is to write."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._waiting: deque[Event] = deque()
        self._taken = False

    def enter(self, patience: float) -> bool:
        """Wait for one's turn for `patience` seconds at most; tell whether it came."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            mine = Event()
            self._waiting.append(mine)
        try:
            if mine.wait(patience):
                return True
        except BaseException:  # a signal, in the main thread: nobody waits here any more
            if self._has_come(mine):
                self.leave()
            raise
        return self._has_come(mine)

    def _has_come(self, mine: Event) -> bool:
        """Tell whether one's turn came in this very moment; else wait for it no more."""
        with self._guard:
            if mine.is_set():
                return True
            self._waiting.remove(mine)
            return False

    def leave(self) -> None:
        """Let the one who has waited longest have their turn."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False
