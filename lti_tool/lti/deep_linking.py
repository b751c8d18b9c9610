"""Deep Linking 2.0: what an LMS asks to be given, and the signed answer with what was chosen."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import jwt

from lti_tool.errors import LaunchRefused
from lti_tool.lti import addresses, keys, names
from lti_tool.lti.gradebook_values import json_number, written
from lti_tool.lti.launch import ContentRequest, Launch
from lti_tool.lti.texts import clean

LINK = "ltiResourceLink"
_LONGEST_TITLE, _LONGEST_TEXT, _LONGEST_DATA = 255, 2000, 20_000
_MOST_TYPES = 50
# Moodle refuses an answer that is one second ahead of its clock; ours may be ahead.
_BACKDATED = timedelta(seconds=5)
_LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True)
class LineItemWanted:
    """The gradebook column that the LMS makes together with a link."""

    label: str
    maximum: Decimal
    resource_id: str
    tag: str


@dataclass(frozen=True)
class ContentItem:
    """A link to be placed in the course; `activity` is all that it says of what it opens. Moments in UTC."""

    title: str
    text: str | None
    activity: str
    line_item: LineItemWanted | None = None
    opens_at: datetime | None = None
    deadline: datetime | None = None


def request_in(claims: dict) -> ContentRequest:
    """Read what the LMS asks for.

    :raises LaunchRefused: `deep-linking-invalid` without the settings, an address to answer to, or a list of
        types (they are required).
    """
    said = claims.get(names.DEEP_LINKING_SETTINGS)
    if not isinstance(said, dict):
        raise LaunchRefused("deep-linking-invalid", "no settings")
    return_url, types = addresses.web_url(said.get("deep_link_return_url")), said.get("accept_types")
    if return_url is None or not isinstance(types, list):
        raise LaunchRefused("deep-linking-invalid", "no return address" if return_url is None else "no types")
    data = said.get("data")
    if data is not None and (not isinstance(data, str) or len(data) > _LONGEST_DATA):
        raise LaunchRefused("deep-linking-invalid", "data that cannot be given back")
    return ContentRequest(
        return_url=return_url,
        takes_links=LINK in types[:_MOST_TYPES],
        takes_several=_is_true(said.get("accept_multiple")),
        takes_line_items=not _is_false(said.get("accept_lineitem")),
        title=clean(said.get("title"), _LONGEST_TITLE),
        text=clean(said.get("text"), _LONGEST_TEXT),
        data=data,
    )


def answer(launch: Launch, items: Sequence[ContentItem], base_url: str, now: datetime) -> str:
    """Sign the answer to a deep linking launch; without items it says that nothing was chosen.

    :raises UnsafeSettings: our key cannot be read.
    """
    key = keys.signing_key()
    issued = now - _BACKDATED
    claims = {
        "iss": launch.client_id,
        "aud": launch.issuer,
        "iat": int(issued.timestamp()),
        "exp": int((issued + _LIFETIME).timestamp()),
        "nonce": secrets.token_urlsafe(24),
        names.DEPLOYMENT_ID: launch.deployment_id,
        names.MESSAGE_TYPE: names.DEEP_LINKING_RESPONSE,
        names.VERSION: "1.3.0",
        names.CONTENT_ITEMS: [_written(item, base_url) for item in items],
    }
    if launch.content_request.data is not None:
        claims[names.DEEP_LINKING_DATA] = launch.content_request.data
    return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.kid})


def _written(item: ContentItem, base_url: str) -> dict:
    # Every LMS sends a launch to one and the same address: what it opens stands in the custom parameter.
    url = f"{base_url}/lti/launch"
    said: dict = {"type": LINK, "title": item.title, "url": url, "custom": {names.ACTIVITY: item.activity}}
    if item.text:
        said["text"] = item.text
    if item.line_item is not None:
        said["lineItem"] = {
            "label": item.line_item.label,
            "scoreMaximum": json_number(item.line_item.maximum),
            "resourceId": item.line_item.resource_id,
            "tag": item.line_item.tag,
            "gradesReleased": True,
            "submissionReview": {
                "reviewableStatus": ["InProgress", "Completed"],
                "url": url,
                "custom": {names.ACTIVITY: item.activity},
            },
        }
    if item.opens_at is not None:
        said["available"] = {"startDateTime": written(item.opens_at)}
    if item.deadline is not None:
        said["submission"] = {"endDateTime": written(item.deadline)}
    return said


def _is_true(said: object) -> bool:
    """Some LMSs write truth as a text."""
    return said is True or (isinstance(said, str) and said.strip().lower() == "true")


def _is_false(said: object) -> bool:
    return said is False or (isinstance(said, str) and said.strip().lower() == "false")
