"""The home of a community: what is new, what waits for a reply, and the feed by pages."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, and_, bindparam, func, or_, select
from sqlalchemy.orm import joinedload

from lti_tool.extensions import db
from lti_tool.models import Change, Comment, Membership, Post, PostKind
from lti_tool.permissions import Act
from lti_tool.services import contributions, cursors, people
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import PostCard

PAGE = 20
WAITING_SHOWN = 3
FILTERS = ("all", "unanswered", "mine")


@dataclass(frozen=True)
class Feed:
    """One page of the feed. `older` is the cursor of the next page, `since` the end of the last visit."""

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
    waiting: list[PostCard]
    cursor: int
    empty: bool


def home(member: ActingMember, chosen: str, before: str | None, now: datetime) -> Home:
    """Return the home of the member's community. Four statements, however many posts and members."""
    member.must(Act.READ)
    chosen = chosen if chosen in FILTERS else "all"
    posts = _page(member, chosen, before, now)
    waiting = _waiting(member)
    numbers = _numbers(member, now)
    persons = people.described([post.author for post in [*posts, *waiting]], now)
    cards = [contributions.card(post, persons[post.author_id], member, now) for post in posts[:PAGE]]
    feed = Feed(
        posts=cards,
        older=_after(posts[PAGE - 1]) if len(posts) > PAGE else None,
        new_posts=numbers.new_posts,
        new_comments=numbers.new_comments,
        since=member.membership.last_visit_at,
        filter=chosen,
    )
    return Home(
        feed=feed,
        waiting=[contributions.card(post, persons[post.author_id], member, now) for post in waiting],
        cursor=numbers.cursor or 0,
        empty=not (numbers.posts or posts or before),
    )


def cursor_of(member: ActingMember) -> int:
    """Return the id of the newest change: an open page asks for what comes after it. One statement."""
    return db.session.scalar(_NEWEST, {"here": member.community.id}) or 0


def _page(member: ActingMember, chosen: str, before: str | None, now: datetime) -> list[Post]:
    wanted = (
        select(Post)
        .where(
            Post.community_id == member.community.id,
            Post.deleted_at.is_(None),
            contributions.shown_to(member, now),
        )
        .order_by(Post.created_at.desc(), Post.id.desc())
        .limit(PAGE + 1)
        .options(joinedload(Post.author).joinedload(Membership.user))
    )
    if chosen == "unanswered":
        wanted = wanted.where(Post.kind == PostKind.QUESTION, Post.comment_count == 0)
    elif chosen == "mine":
        replied = select(Comment.post_id).where(Comment.author_id == member.id, Comment.deleted_at.is_(None))
        wanted = wanted.where(or_(Post.author_id == member.id, Post.id.in_(replied)))
    place = cursors.place(before)
    if place is not None:
        at, post_id = place
        wanted = wanted.where(or_(Post.created_at < at, and_(Post.created_at == at, Post.id < post_id)))
    return list(db.session.scalars(wanted))


# What every home asks, written once: to put it together takes longer than to send it.
_HERE, _ME, _SINCE, _NOW = bindparam("here"), bindparam("me"), bindparam("since"), bindparam("now")
_WAITING = (
    select(Post)
    .where(
        Post.community_id == _HERE,
        Post.deleted_at.is_(None),
        Post.kind == PostKind.QUESTION,
        Post.comment_count == 0,
        Post.author_id != _ME,
    )
    .order_by(Post.created_at, Post.id)
    .limit(WAITING_SHOWN)
    .options(joinedload(Post.author).joinedload(Membership.user))
)


def _fresh(table: type[Post] | type[Comment]) -> ScalarSelect:
    """Count what others wrote since a moment."""
    return (
        select(func.count(table.id))
        .where(
            table.community_id == _HERE,
            table.created_at > _SINCE,
            table.created_at <= _NOW,  # a prompt that has not opened is dated at its opening
            table.author_id != _ME,
            table.deleted_at.is_(None),
        )
        .scalar_subquery()
    )


_NEWEST = select(func.max(Change.id)).where(Change.community_id == _HERE)
_ANY_POST = (
    select(Post.id)
    .where(Post.community_id == _HERE, Post.deleted_at.is_(None), Post.created_at <= _NOW)
    .limit(1)
)
_NUMBERS = select(
    _fresh(Post).label("new_posts"),
    _fresh(Comment).label("new_comments"),
    _ANY_POST.scalar_subquery().label("posts"),
    _NEWEST.scalar_subquery().label("cursor"),
)


def _waiting(member: ActingMember) -> list[Post]:
    """Return the questions of others that nobody answered, the longest waiting first."""
    return list(db.session.scalars(_WAITING, {"here": member.community.id, "me": member.id}))


def _numbers(member: ActingMember, now: datetime):
    """Count what is new and find the newest change. One statement."""
    since = member.membership.last_visit_at or member.membership.joined_at
    told = {"here": member.community.id, "me": member.id, "since": since, "now": now}
    return db.session.execute(_NUMBERS, told).one()


def _after(post: Post) -> str:
    return cursors.cursor(post.created_at, post.id)
