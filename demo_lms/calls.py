"""The log of what was asked of the LMS, for its page of messages and for tests."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

WORDS = (
    "page",
    "launch begun",
    "launch signed",
    "launch refused",
    "cookie absent, asked again",
    "back from the tool",
    "key set read",
    "token given",
    "token refused",
    "columns read",
    "column made",
    "column read",
    "column changed",
    "column deleted",
    "score stored",
    "grade emptied",
    "score refused",
    "results read",
    "roster read",
    "groups read",
    "notice handler set",
    "course copied",
    "choice of content begun",
    "content chosen",
    "content refused",
    "registration begun",
    "configuration read",
    "tool registered",
    "tool updated",
    "registration read",
    "registration refused",
    "tool activated",
    "service refused",
    "fault switched on",
    "person changed",
    "grade set by hand",
    "quirks changed",
)
"""Every word a call may be described by; the pages translate them."""

PAGE_WORDS = frozenset({"page", "person changed", "quirks changed"})
"""Words of calls that concern the LMS's own pages only."""


@dataclass(frozen=True)
class Call:
    """One request that the LMS received: when (UTC), what, and how it was answered."""

    at: datetime
    method: str
    path: str
    query: str
    status: int
    word: str
    detail: str
    body: str
    """What a grade service was sent; empty for everything else, so that no assertion or token is kept."""


class CallLog:
    """The latest calls, oldest first."""

    def __init__(self, kept: int) -> None:
        """:param kept: how many; what is older is forgotten."""
        self._calls: deque[Call] = deque(maxlen=kept)
        self._lock = Lock()

    def add(self, call: Call) -> None:
        """Remember a call, forgetting the oldest beyond the number kept."""
        with self._lock:
            self._calls.append(call)

    def all(self) -> list[Call]:
        """Every call still known."""
        with self._lock:
            return list(self._calls)

    def exchanged_with_tool(self, newest: int = 200) -> list[Call]:
        """The newest calls that belong to the conversation with the tool, newest first."""
        messages = [call for call in reversed(self.all()) if call.word not in PAGE_WORDS]
        return messages[:newest]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._calls.clear()
