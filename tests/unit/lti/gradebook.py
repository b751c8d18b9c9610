"""A tiny gradebook for tests, answering on loopback, and a clock that a test moves."""

import json
from datetime import timedelta
from decimal import Decimal

from lti_tool.lti.scores import Score
from tests.unit.lti.simulator import Reply

ITEM_PATH = "/2/lineitems/4/lineitem"


class Clock:
    """A clock that a test moves."""

    def __init__(self, moment):
        self.moment = moment

    def __call__(self):
        return self.moment

    def tick(self, seconds):
        self.moment += timedelta(seconds=seconds)


class Gradebook:
    """Answers tokens by itself and everything else by what a test says."""

    def __init__(self, server):
        self.server = server
        self.replies = []
        self.token = {"expires_in": 3600, "token_type": "Bearer"}
        self.token_reply = None
        self.tokens = 0
        server.answer = self.answer

    def answer(self, received):
        if "/token" in received.path:
            self.tokens += 1
            body = json.dumps({"access_token": f"token-{self.tokens}"} | self.token)
            # As Moodle does: JSON that calls itself a page.
            return self.token_reply or Reply(200, body.encode(), {"Content-Type": "text/html"})
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    @property
    def calls(self):
        return [received for received in self.server.received if "/token" not in received.path]

    @property
    def item_url(self):
        return f"{self.server.url}{ITEM_PATH}?type_id=1"

    @property
    def items_url(self):
        return f"{self.server.url}/2/lineitems?type_id=1"


def score(now, **changes):
    return Score(
        **{
            "sub": "5",
            "value": Decimal("48.75"),
            "maximum": Decimal(100),
            "timestamp": now,
            "comment": None,
            "final": False,
        }
        | changes
    )


def dated(moment, status, body):
    """An answer whose Date header is this moment."""
    date = f"{moment:%a, %d %b %Y %H:%M:%S} GMT"
    raw = f"HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    return Reply(write=lambda out: out.write(raw.encode()))
