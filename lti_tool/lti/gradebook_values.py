"""What goes into a gradebook and comes out of it, and how it is written: plain values, no calls."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlencode, urlsplit

from lti_tool.lti import addresses
from lti_tool.lti.service_answers import number
from lti_tool.lti.texts import clean, identifier

_LONGEST_LABEL, _LONGEST_TAG = 200, 255


@dataclass(frozen=True)
class LineItemSeen:
    """A gradebook column as the LMS shows it now."""

    url: str
    label: str
    maximum: Decimal
    tag: str | None
    resource_link_id: str | None = None
    resource_id: str | None = None


@dataclass(frozen=True)
class Result:
    """One cell as the LMS has it; `value` is None when it is empty."""

    value: Decimal | None
    maximum: Decimal | None
    comment: str | None


@dataclass(frozen=True)
class Score:
    """One cell as we want it. `timestamp` is aware; `final` says that the person's work is completed."""

    sub: str
    value: Decimal
    maximum: Decimal
    timestamp: datetime
    comment: str | None
    final: bool


def below(url: str, name: str) -> str:
    """`/scores` or `/results` at the end of the path, before the query (`?type_id=5` on Moodle)."""
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{name}", fragment="").geturl()


def with_query(url: str, **more: str) -> str:
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(more)) if part)
    return parts._replace(query=query, fragment="").geturl()


def belongs_to_one_link(line_items_url: str) -> bool:
    """Whether these line items are those of one link, which alone is graded by them.

    Open edX has a container for each block; a score for an item that does not name the block as its link is
    stored, and never gets to the learner's progress page (lti_consumer 11.4.4, `signals.py`).
    """
    return "/api/lti_consumer/" in urlsplit(line_items_url).path


def item_in(content: object) -> LineItemSeen | None:
    """A line item, when it has a usable address and maximum (a maximum of 0 cannot be graded against)."""
    if not isinstance(content, dict):
        return None
    url, maximum = addresses.web_url(content.get("id")), number(content.get("scoreMaximum"))
    if url is None or maximum is None or maximum <= 0:
        return None
    return LineItemSeen(
        url=url,
        label=clean(content.get("label"), _LONGEST_LABEL) or "",
        maximum=maximum,
        tag=clean(content.get("tag"), _LONGEST_TAG),
        resource_link_id=identifier(content.get("resourceLinkId")),
        resource_id=identifier(content.get("resourceId")),
    )


def json_number(value: Decimal) -> int | float:
    """A whole number as one: Open edX takes no fractional maximum."""
    return int(value) if value == value.to_integral_value() else float(value)


def written(moment: datetime) -> str:
    """ISO 8601 with milliseconds and zone: Blackboard refuses a time without one."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
