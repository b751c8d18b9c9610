"""What a mail tells a member: read when it is sent, so that nothing is told that is no longer so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lti_tool.errors import MailNeedless, MailNotNow
from lti_tool.extensions import db
from lti_tool.knowledge.markdown import excerpt
from lti_tool.knowledge.mentions import numbers_in
from lti_tool.models import Comment, MailChoice, NotificationKind, Post
from lti_tool.models.notification import OF_THE_SPACE
from lti_tool.services import mail_choices, mail_links, mentions, notifications, readers, reply_offers
from lti_tool.services.notifications import Line
from lti_tool.services.people import Person

MOST_LINES = 20
EXCERPT = 400
_OF_MODERATION = (NotificationKind.MODERATED, NotificationKind.LOOKED_AT, NotificationKind.STANDING)
_WITHOUT_WORDS = (
    *(NotificationKind.ACCEPTED, NotificationKind.THANKS, NotificationKind.RECOGNISED),
    *_OF_MODERATION,
    *OF_THE_SPACE,
)


@dataclass(frozen=True)
class Item:
    """One thing that a mail tells; `path` is below the community, `words` how what was written begins."""

    line: Line
    path: str
    words: str


@dataclass(frozen=True)
class Letter:
    """What a mail says. `more` things are read in the tool; `mentioned` are those named in its words."""

    community_id: int
    community: str
    items: Sequence[Item]
    more: int
    mentioned: Mapping[int, Person]
    zone: str  # of the community's clock
    unsubscribe: str  # an address
    reply_to: str | None = None  # an address that answers to it can be sent to
    invited: bool = False  # they come in by links that are mailed, not by a course


def of_message(message_id: int, member_id: int, recipient: str, now: datetime) -> Letter:
    """Return what a mail to a member says by now. A constant number of statements, nothing is written.

    :raises MailNeedless: they have read it, may not read it any more, want no mails, or have another address.
    :raises MailNotNow: they have quiet hours.
    """
    member = readers.reader(member_id, now)
    if member is None or member.user.email != recipient:
        raise MailNeedless()
    wishes = mail_choices.wishes_of(db.session.get(MailChoice, member_id), member.community)
    if wishes.off:
        raise MailNeedless()
    if wishes.hours.quiet(now):
        raise MailNotNow(until=wishes.hours.open_from(now))
    lines = notifications.mailed(member, message_id, now)
    if member.community.mails_off:
        lines = [line for line in lines if line.kind in mail_choices.TOLD_ALL_THE_SAME]
    if not lines:
        raise MailNeedless()
    shown = lines[:MOST_LINES]
    words = _beginnings(shown)
    return Letter(
        community_id=member.community.id,
        community=member.community.name,
        items=[
            Item(line, path_of(line, member_id), words.get(place, "")) for place, line in enumerate(shown)
        ],
        more=len(lines) - len(shown),
        mentioned=mentions.named(member, {one for text in words.values() for one in numbers_in(text)}),
        zone=member.community.time_zone,
        unsubscribe=mail_links.address_for(member.id),
        reply_to=reply_offers.offered(member, recipient, lines, now),
        invited=member.user.invited,
    )


def path_of(line: Line, member_id: int) -> str:
    """Return where a line leads, without a fragment, which a launch on the way there would lose."""
    if line.kind == NotificationKind.STANDING:
        return f"members/{member_id}/moderation"
    if line.post_id is None:
        return "courses" if line.kind == NotificationKind.COURSES_CHANGED else "life"
    place = f"posts/{line.post_id}" + (f"/comments/{line.comment_id}" if line.comment_id else "")
    if line.kind == NotificationKind.MODERATED:
        return f"{place}/moderation"
    # What was reported may be hidden by now: of it they read no more than that it was looked at.
    return "notifications" if line.kind == NotificationKind.LOOKED_AT else place


def _beginnings(lines: Sequence[Line]) -> dict[int, str]:
    """Return how what is new begins, by the place of its line: a reply, else the post.

    Who is thanked knows what they wrote: their own words are not sent to them, nor what somebody reported.
    """
    new = [line for line in lines if line.kind not in _WITHOUT_WORDS]
    replies = _bodies(Comment, {line.comment_id for line in new if line.comment_id is not None})
    posts = _bodies(Post, {line.post_id for line in new if line.comment_id is None})
    return {
        place: excerpt(replies[line.comment_id] if line.comment_id else posts[line.post_id], EXCERPT)
        for place, line in enumerate(lines)
        if line in new
    }


def _bodies(table: type[Post] | type[Comment], numbers: set[int]) -> dict[int, str]:
    found = db.session.execute(select(table.id, table.body).where(table.id.in_(numbers)))
    return {row.id: row.body for row in found}
