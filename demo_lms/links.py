"""Activities that were placed in a course by deep linking, and the choices of content that are under way."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from demo_lms.people import Course
from demo_lms.tools import Tool

KEPT = 1000


@dataclass(frozen=True)
class Link:
    """One activity of a course that opens a tool, as the tool gave it (an `ltiResourceLink`)."""

    id: str
    course_id: str
    title: str
    client_id: str
    """The tool that gave it, and is launched by it."""
    url: str = ""
    """Where the tool wants to be opened; empty: where it is always opened."""
    text: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)
    review_url: str = ""
    """Where the review of one person's work opens; empty: where the activity does."""


def own_link(course: Course, tool: Tool) -> Link:
    """The activity that every course of this LMS has from the start."""
    return Link(course.link_id, course.id, course.link_title, tool.client_id)


@dataclass(frozen=True)
class Choice:
    """A dialog that was opened for a tool: who chooses, where, and what the tool has to give back."""

    name: str
    """Secret: whoever returns it is answering this dialog."""
    course_id: str
    sub: str
    client_id: str
    data: str | None


class Choices:
    """Open choices by their names; each is answered once, and only the latest are kept."""

    def __init__(self) -> None:
        self._open: dict[str, Choice] = {}
        self._nonces: dict[tuple[str, str], None] = {}

    def begin(self, course_id: str, sub: str, client_id: str, sends_data: bool) -> Choice:
        """Open a choice of content for one course."""
        data = f'{{"choice":"{secrets.token_hex(6)}"}} é&=' if sends_data else None
        choice = Choice(secrets.token_urlsafe(16), course_id, sub, client_id, data)
        self._open[choice.name] = choice
        while len(self._open) > KEPT:
            self._open.pop(next(iter(self._open)), None)
        return choice

    def find(self, name: str) -> Choice | None:
        """An open choice, still to be answered."""
        return self._open.get(name)

    def close(self, choice: Choice) -> None:
        """Nobody answers this choice any more."""
        self._open.pop(choice.name, None)

    def first_use(self, client_id: str, nonce: str) -> bool:
        """Whether a tool used this nonce for the first time; it is remembered."""
        if (client_id, nonce) in self._nonces:
            return False
        self._nonces[client_id, nonce] = None
        while len(self._nonces) > KEPT:
            self._nonces.pop(next(iter(self._nonces)), None)
        return True
