"""The dates of a community for a member's own calendar: a private link that they make and end themselves."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from lti_tool import settings
from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import CalendarFeed
from lti_tool.permissions import Act
from lti_tool.services import prompt_views, readers
from lti_tool.services.acting import ActingMember
from lti_tool.services.upserts import upsert

PATH = "/o/calendar/"
ENDING = ".ics"
_SHAPE = re.compile(r"([1-9][0-9]{0,8})-([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True)
class Entry:
    """One date; `what` is `opens` or `deadline`. The `uid` stays the same when the date is moved."""

    uid: str
    what: str
    title: str
    at: datetime
    path: str  # below the community


@dataclass(frozen=True)
class Feed:
    """What a calendar is told, in the words of `locale`."""

    community_id: int
    community: str
    locale: str | None
    entries: Sequence[Entry]


def address_of(member: ActingMember) -> str | None:
    """Return the member's link, None when they have none. One statement."""
    member.must(Act.KEEP)
    feed = db.session.get(CalendarFeed, member.id)
    return None if feed is None else f"{settings.current().base_url}{PATH}{_token(feed)}{ENDING}"


def make(member: ActingMember, now: datetime) -> None:
    """Make the member a link; one that they had works no longer."""
    member.must(Act.KEEP)
    values = {"key": secrets.token_urlsafe(32), "made_at": now}
    upsert(CalendarFeed, {"member_id": member.id}, values, tuple(values))


def end(member: ActingMember) -> None:
    """End the member's link."""
    member.must(Act.KEEP)
    db.session.execute(delete(CalendarFeed).where(CalendarFeed.member_id == member.id))


def read(token: str, now: datetime) -> Feed:
    """Return what a link tells a calendar: the dates that its member may see by now. Nothing is written.

    :raises NotFound: `no-such-link`; nobody made it, it was ended, or its member may not read here any more.
    """
    found = _SHAPE.fullmatch(token)
    feed = db.session.get(CalendarFeed, int(found[1])) if found else None
    if feed is None or not hmac.compare_digest(_token(feed), token):
        raise NotFound("no-such-link")
    member = readers.reader(feed.member_id, now)
    if member is None:
        raise NotFound("no-such-link")
    return Feed(
        community_id=member.community.id,
        community=member.community.name,
        locale=member.membership.locale or member.user.locale,
        entries=_entries(member, now),
    )


def _entries(member: ActingMember, now: datetime) -> list[Entry]:
    """Return when prompts open and until when they are answered, the earliest first."""
    found = []
    for prompt in prompt_views.prompts_of(member, now):
        if prompt.state == prompt_views.WITHDRAWN:
            continue
        for what, at in (("opens", prompt.opens_at), ("deadline", prompt.deadline)):
            if at is not None:
                uid = f"prompt-{prompt.id}-{what}"
                found.append(Entry(uid, what, prompt.title, at, f"posts/{prompt.post_id}"))
    return sorted(found, key=lambda entry: (entry.at, entry.uid))


def _token(feed: CalendarFeed) -> str:
    told = f"calendar of member {feed.member_id} {feed.key}".encode()
    mark = hmac.new(settings.current().secret_key.encode(), told, hashlib.sha256).hexdigest()
    return f"{feed.member_id}-{mark}"
