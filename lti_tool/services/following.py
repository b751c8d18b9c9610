"""What a member wants to hear of: threads and topics followed or muted, threads bookmarked and read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from lti_tool.errors import Unfit
from lti_tool.extensions import db
from lti_tool.models import Attention, Membership, Post, ThreadReader, TopicStanding
from lti_tool.permissions import Act
from lti_tool.services import (
    attachment_views,
    contributions,
    cursors,
    notifications,
    reading,
    topics,
    upserts,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import PostCard

PAGE = 20
# What a form may ask for, and what it means: "none" takes a choice back.
CHOICES = {"followed": Attention.FOLLOWED, "muted": Attention.MUTED, "none": None}


@dataclass(frozen=True)
class Bookmarks:
    """One page of them, the latest first; `older` is the cursor of the next page."""

    posts: list[PostCard]
    older: str | None


def choose_for_thread(member: ActingMember, post_id: int, choice: str, now: datetime) -> None:
    """Follow or mute a thread, or neither.

    :raises NotFound: no such thread for this member. :raises Unfit: no such choice.
    """
    member.must(Act.KEEP)
    post = contributions.post_here(member, post_id, now)
    reading.keep(member, post.id, attention=_attention(choice))


def choose_for_topic(member: ActingMember, topic_id: int, choice: str) -> None:
    """Follow or mute a topic, or neither.

    :raises Unfit: no such choice. :raises NotFound: no such topic here.
    """
    member.must(Act.KEEP)
    attention = _attention(choice)
    topic = topics.topic_here(member, topic_id)
    key = {"member_id": member.id, "topic_id": topic.id}
    upserts.upsert(TopicStanding, key, {"attention": attention, "helps": False}, ("attention",))


def _attention(choice: str) -> Attention | None:
    if choice not in CHOICES:
        raise Unfit({"attention": ["unknown"]})
    return CHOICES[choice]


def bookmark(member: ActingMember, post_id: int, wanted: bool, now: datetime) -> None:
    """Put a thread among one's bookmarks, or take it out. :raises NotFound: no such thread."""
    member.must(Act.KEEP)
    post = contributions.post_here(member, post_id, now)
    reading.keep(member, post.id, bookmarked_at=now if wanted else None)


def read_until(member: ActingMember, post_id: int, until: datetime, now: datetime) -> None:
    """Note that the member was shown a thread as it stood at a moment, which lies in the past.

    :raises NotFound: no such thread.
    """
    member.must(Act.KEEP)
    post = contributions.post_here(member, post_id, now)
    reading.read_until(member, post.id, min(until, now))
    notifications.read(member, until, now, post.id)


def read_all(member: ActingMember, until: datetime, now: datetime) -> None:
    """Call everything read that was there at a moment: when the page was made that says so."""
    member.must(Act.KEEP)
    before = member.membership.read_all_at
    until = min(until, now)
    member.membership.read_all_at = until if before is None else max(before, until)
    notifications.read(member, until, now)


def bookmarks(member: ActingMember, before: str | None, now: datetime) -> Bookmarks:
    """Return a page of the threads that the member bookmarked. Three statements."""
    member.must(Act.KEEP)
    wanted = (
        select(Post, ThreadReader.bookmarked_at)
        .join(ThreadReader, ThreadReader.post_id == Post.id)
        .where(
            ThreadReader.member_id == member.id,
            ThreadReader.bookmarked_at.is_not(None),
            Post.community_id == member.community.id,
            or_(Post.deleted_at.is_(None), Post.comment_count > 0),
            contributions.shown_to(member, now),
            cursors.older(before, ThreadReader.bookmarked_at, ThreadReader.post_id),
        )
        .order_by(ThreadReader.bookmarked_at.desc(), ThreadReader.post_id.desc())
        .limit(PAGE + 1)
        .options(joinedload(Post.author).joinedload(Membership.user))
    )
    found = db.session.execute(wanted).all()
    shown = found[:PAGE]
    older = cursors.cursor(shown[-1].bookmarked_at, shown[-1].Post.id) if len(found) > PAGE else None
    cards = contributions.cards(member, [row.Post for row in shown], now)
    return Bookmarks(attachment_views.with_files(cards), older)
