"""The home of a community: what is new, and the feed by pages."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, bindparam, func, literal, select

from lti_tool.extensions import db
from lti_tool.models import Change, Comment, Post
from lti_tool.permissions import Act
from lti_tool.services import attachment_views, contributions, discussions, reading
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import PostCard
from lti_tool.services.discussions import Wish
from lti_tool.services.reading import MOST_COUNTED

# The short way to what one looks for most; everything else is on the page of discussions.
FILTERS = {
    "all": Wish(),
    "unanswered": Wish(state="open"),
    "experiences": Wish(kind="experience"),
    "followed": Wish(show="followed"),
    "mine": Wish(show="mine"),
}


@dataclass(frozen=True)
class Feed:
    """One page of the feed. `older` is the cursor of the next page, `since` the end of the last visit.

    Numbers end at MOST_COUNTED.
    """

    posts: list[PostCard]
    older: str | None
    new_posts: int
    new_comments: int
    since: datetime | None
    filter: str


@dataclass(frozen=True)
class Home:
    """What the home page shows of the life of the community."""

    feed: Feed
    cursor: int
    empty: bool


def home(member: ActingMember, chosen: str, before: str | None, now: datetime) -> Home:
    """Return the home of the member's community. A constant number of statements for each filter."""
    member.must(Act.READ)
    chosen = chosen if chosen in FILTERS else "all"
    found = discussions.find(member, FILTERS[chosen], before, now)
    numbers = _numbers(member, now)
    feed = Feed(
        posts=attachment_views.with_files(contributions.cards(member, found.posts, now)),
        older=found.older,
        new_posts=numbers.new_posts,
        new_comments=numbers.new_comments,
        since=member.membership.last_visit_at,
        filter=chosen,
    )
    return Home(
        feed=feed,
        cursor=numbers.cursor or 0,
        empty=not (numbers.posts or found.posts or before),
    )


def cursor_of(member: ActingMember) -> int:
    """Return the id of the newest change: an open page asks for what comes after it. One statement."""
    return db.session.scalar(_NEWEST, {"here": member.community.id}) or 0


# Asked by every page that stays open, written once: to put it together takes longer than to send it.
_NEWEST = select(func.max(Change.id)).where(Change.community_id == bindparam("here"))


def _numbers(member: ActingMember, now: datetime):
    """Count what is new, no further than anybody wants to know, and find the newest change. One statement."""
    here = Post.community_id == member.community.id
    shown = contributions.shown_to(member, now)
    any_post = select(Post.id).where(here, Post.deleted_at.is_(None), Post.created_at <= now, shown).limit(1)
    newest = select(func.max(Change.id)).where(Change.community_id == member.community.id)
    return db.session.execute(
        select(
            _fresh(member, Post, now).label("new_posts"),
            _fresh(member, Comment, now).label("new_comments"),
            any_post.scalar_subquery().label("posts"),
            newest.scalar_subquery().label("cursor"),
        )
    ).one()


def _fresh(member: ActingMember, table: type[Post] | type[Comment], now: datetime) -> ScalarSelect:
    """Count what others wrote since the last visit where the member wants to hear of it."""
    since = reading.floor_of(member) or member.membership.joined_at
    some = (
        select(literal(1))
        .select_from(table)
        .where(
            table.community_id == member.community.id,
            table.created_at > since,
            table.created_at <= now,  # a prompt that has not opened is dated at its opening
            table.author_id != member.id,
            table.deleted_at.is_(None),
            contributions.shown_to(member, now),
            reading.not_muted(member),
        )
    )
    if table is Comment:
        some = some.join(Post, Post.id == Comment.post_id)
    return select(func.count()).select_from(some.limit(MOST_COUNTED).subquery()).scalar_subquery()
