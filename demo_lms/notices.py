"""Notices to tools (Platform Notification Service 1.0): who wants which, how they are written and sent."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from demo_lms.names import CLAIM
from demo_lms.people import Course
from demo_lms.tools import Tool

HELLO_WORLD = "LtiHelloWorldNotice"
CONTEXT_COPY = "LtiContextCopyNotice"
NOTICE_TYPES = (HELLO_WORLD, CONTEXT_COPY)
NOTICE_SECONDS = 3600
SEND_SECONDS = 10

Send = Callable[[str, bytes], int]


def send_over_http(url: str, body: bytes) -> int:
    """Post JSON to a tool; answers the status, 0 when nobody answered."""
    request = Request(url, body, {"Content-Type": "application/json", "User-Agent": "demo-lms"})
    try:
        with urlopen(request, timeout=SEND_SECONDS) as answer:
            return answer.status
    except HTTPError as refused:
        refused.close()
        return refused.code
    except (URLError, OSError, ValueError):
        return 0


@dataclass(frozen=True)
class Sent:
    """A notice on its way: to whom, and how the tool answered (0: it did not)."""

    type: str
    handler: str
    status: int


class NoticeHandlers:
    """Where each tool wants which notices. An empty address takes one back."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def put(self, tool: Tool, notice_type: str, handler: str) -> None:
        """Remember an address in place of the one that was known."""
        self._known[tool.client_id, notice_type] = handler

    def of(self, tool: Tool, notice_type: str) -> str:
        """The address, "" when the tool wants none of these."""
        return self._known.get((tool.client_id, notice_type), "")


def notice_claims(
    issuer: str, tool: Tool, notice_type: str, now: datetime, more: dict[str, Any]
) -> dict[str, Any]:
    """What a notice says: no `sub`, no message type, no state."""
    issued = int(now.timestamp())
    return {
        "iss": issuer,
        "aud": tool.client_id,
        "azp": tool.client_id,
        "iat": issued,
        "exp": issued + NOTICE_SECONDS,
        "nonce": secrets.token_hex(12),
        CLAIM + "version": "1.3.0",
        CLAIM + "deployment_id": tool.deployment_id,
        CLAIM + "notice": {
            "id": secrets.token_hex(16),
            "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "type": notice_type,
        },
        **more,
    }


def context_of(course: Course) -> dict[str, Any]:
    """The context claim of a notice about a course."""
    return {
        CLAIM + "context": {
            "id": course.id,
            "label": course.label,
            "title": course.title,
            "type": ["CourseSection"],
        }
    }


def origins(course: Course) -> dict[str, Any]:
    """The claim that names the course another was copied from."""
    return {CLAIM + "origin_contexts": [course.id]}


def body_of(*signed: str) -> bytes:
    """A batch of signed notices as it is posted."""
    return json.dumps({"notices": [{"jwt": one} for one in signed]}).encode()
