"""Launches that were begun and not yet answered: what the single-use lti_message_hint stands for."""

import json
import secrets
from dataclasses import dataclass

KEPT = 1000


@dataclass(frozen=True)
class PendingLaunch:
    """One launch between its login initiation and its token."""

    hint: str
    course_id: str
    sub: str
    browser: str
    """Random name of the LMS session that began it: another browser cannot finish it."""
    client_id: str
    """The tool that is launched."""
    target_link_uri: str
    document_target: str
    link_id: str = ""
    """The activity that is opened; empty while content is chosen for one to come."""
    choice: str = ""
    """Name of the choice of content that the tool is opened for."""
    about: str = ""
    """Sub of the person whose work is reviewed."""


class PendingLaunches:
    """Open launches by hint; each is given out once, and only the latest are kept."""

    def __init__(self) -> None:
        self._open: dict[str, PendingLaunch] = {}

    def begin(self, **known: str) -> PendingLaunch:
        """Open a launch of which everything but the hint is `known`.

        Its hint is JSON with quotes and braces, as Moodle's is.
        """
        link_id = known.get("link_id", "")
        name = f"ltilaunch{link_id}_{secrets.randbelow(10**9)}_{secrets.token_hex(6)}"
        number = {"cmid": int(link_id) + 1 if link_id.isdigit() else 0} if link_id else {}
        hint = json.dumps({**number, "launchid": name})
        hint = hint.replace(": ", ":").replace(", ", ",")
        launch = PendingLaunch(hint=hint, **known)
        self._open[hint] = launch
        while len(self._open) > KEPT:
            self._open.pop(next(iter(self._open)), None)
        return launch

    def take(self, hint: str) -> PendingLaunch | None:
        """The launch this exact hint stands for, which no later call gets again."""
        return self._open.pop(hint, None)
