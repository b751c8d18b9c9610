"""The answer of a tool that was asked for content: every part of it checked (Deep Linking 2.0).

Stricter than Moodle, which checks neither audience nor nonce, deployment or message type.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from demo_lms.keys import ToolKeys
from demo_lms.links import Choice, Choices
from demo_lms.names import CLAIM, CONTENT_ITEMS_CLAIM, DEEP_LINKING, LINK_TYPE
from demo_lms.quirks import Quirks
from demo_lms.registration import domain_of, is_web_address
from demo_lms.tokens import AssertionRefused, read_assertion, verify_signature
from demo_lms.tools import Tool

LONGEST = 255


class ContentRefused(Exception):
    """The answer of the tool is not taken; the text says why."""


@dataclass(frozen=True)
class Column:
    """The column that an activity is to come with."""

    label: str
    maximum: float
    resource_id: str
    tag: str
    reviewable: bool


@dataclass(frozen=True)
class Item:
    """One activity that the tool wants in the course."""

    title: str
    text: str
    url: str
    custom: Mapping[str, str] = field(default_factory=dict)
    column: Column | None = None
    review_url: str = ""


@dataclass(frozen=True)
class Answer:
    """Everything a tool gave, and what it says about it to people."""

    items: list[Item]
    message: str


def read_answer(
    text: str,
    choice: Choice,
    tool: Tool,
    keys: ToolKeys,
    choices: Choices,
    issuer: str,
    quirks: Quirks,
    now: datetime,
) -> Answer:
    """Check a tool's answer to a choice and take it apart.

    Raises ContentRefused, or ToolKeysUnreadable from the fetch of the tool's keys.
    """
    try:
        header, claims = read_assertion(text)
        verify_signature(text, header, keys)
    except AssertionRefused as refusal:
        raise ContentRefused(f"signature: {refusal}") from refusal
    _check_token(claims, tool, issuer, now)
    _check_message(claims, choice, tool)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce or not choices.first_use(tool.client_id, nonce):
        raise ContentRefused("nonce missing or used before")
    listed = claims.get(CONTENT_ITEMS_CLAIM)
    if not isinstance(listed, list):
        raise ContentRefused("content_items is no list")
    if len(listed) > 1 and not quirks.content_several:
        raise ContentRefused("several items although one was asked for")
    said = claims.get(DEEP_LINKING + "msg") or claims.get(DEEP_LINKING + "errormsg")
    items = [_item(one, tool, quirks) for one in listed]
    return Answer(items, said if isinstance(said, str) else "")


def _check_token(claims: Mapping[str, Any], tool: Tool, issuer: str, now: datetime) -> None:
    """Who, for whom, and when."""
    if claims.get("iss") != tool.client_id:
        raise ContentRefused("iss is not the client id")
    audience = claims.get("aud")
    if issuer not in (audience if isinstance(audience, list) else [audience]):
        raise ContentRefused("aud is not this LMS")
    issued, expires, present = claims.get("iat"), claims.get("exp"), now.timestamp()
    if not _is_number(issued) or issued > present:
        raise ContentRefused("iat is ahead of the clock of this LMS")
    if not _is_number(expires) or expires <= present:
        raise ContentRefused("expired")


def _check_message(claims: Mapping[str, Any], choice: Choice, tool: Tool) -> None:
    """What it answers. `data` comes back as it was sent, and not at all where none was."""
    wanted = {
        "message_type": "LtiDeepLinkingResponse",
        "version": "1.3.0",
        "deployment_id": tool.deployment_id,
    }
    for name, value in wanted.items():
        if claims.get(CLAIM + name) != value:
            raise ContentRefused(f"{name} is not {value}")
    data = DEEP_LINKING + "data"
    if choice.data is None and data in claims:
        raise ContentRefused("data although none was sent")
    if choice.data is not None and claims.get(data) != choice.data:
        raise ContentRefused("data is not what was sent")


def _item(said: object, tool: Tool, quirks: Quirks) -> Item:
    if not isinstance(said, dict) or said.get("type") not in quirks.content_types:
        raise ContentRefused("an item of a type that was not asked for")
    if said["type"] != LINK_TYPE:
        raise ContentRefused("this LMS keeps activities only")
    url = said.get("url", "")
    if url != "" and not (is_web_address(url) and domain_of(url) == tool.domain.removeprefix("www.")):
        raise ContentRefused("url is not on the domain of the tool")
    column = _column(said["lineItem"], tool) if "lineItem" in said else None
    if column and not quirks.content_columns:
        raise ContentRefused("lineItem although none is accepted")
    return Item(
        title=_words(said, "title") or tool.name,
        text=_words(said, "text", longest=10_000),
        url=url,
        custom=_custom(said.get("custom", {})),
        column=column,
        review_url=_review_address(said.get("lineItem"), tool),
    )


def _words(said: Mapping[str, Any], name: str, longest: int = LONGEST) -> str:
    text = said.get(name, "")
    if not isinstance(text, str) or len(text) > longest:
        raise ContentRefused(f"{name} is no text, or too long")
    return text


def _custom(said: object) -> dict[str, str]:
    """Moodle keeps a line for each parameter: a line break would begin another one."""
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise ContentRefused("custom is no object of texts")
    if any("\n" in text or "\r" in text for pair in said.items() for text in pair):
        raise ContentRefused("a line break in custom")
    return dict(said)


def _column(said: object, tool: Tool) -> Column:
    if not isinstance(said, dict):
        raise ContentRefused("lineItem is no object")
    maximum = said.get("scoreMaximum")
    if not _is_number(maximum) or not math.isfinite(maximum) or maximum <= 0:
        raise ContentRefused("scoreMaximum is no number above 0")
    texts = [_words(said, name) for name in ("label", "resourceId", "tag")]
    return Column(
        texts[0], float(maximum), texts[1], texts[2], isinstance(said.get("submissionReview"), dict)
    )


def _review_address(line_item: object, tool: Tool) -> str:
    review = line_item.get("submissionReview") if isinstance(line_item, dict) else None
    url = review.get("url", "") if isinstance(review, dict) else ""
    if url and not (is_web_address(url) and domain_of(url) == tool.domain.removeprefix("www.")):
        raise ContentRefused("the url of submissionReview is not on the domain of the tool")
    return url


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
