"""What threads are to a member: read until when, followed or muted, bookmarked, and how many replies are new.

Without a row of its own a thread counts as read until the end of the member's last visit. Knows nothing of
who may see what: whoever asks has found the posts already.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal, or_, select

from lti_tool.extensions import UTCDateTime, db
from lti_tool.models import Attention, Comment, Post, PostTag, Tag, ThreadReader, Topic, TopicStanding
from lti_tool.services import upserts
from lti_tool.services.acting import ActingMember

# Nobody needs to know whether 300 or 400 replies are new: counting ends here, pages say "99+".
MOST_COUNTED = 100
# Between the names of tags that come out of the database as one text; no tag has it.
TAG_MARK = ","


@dataclass(frozen=True)
class TopicMark:
    """The topic of a post, as a list shows it."""

    id: int
    name: str


@dataclass(frozen=True)
class Mark:
    """What a thread is to one member, and where it is filed.

    What came after `since` and is somebody else's is new; None: nothing is. `new_replies` ends at
    MOST_COUNTED. `attention` and `topic_attention` are values of `Attention`, None without a choice.
    """

    since: datetime | None
    new_replies: int = 0
    attention: str | None = None
    topic_attention: str | None = None
    bookmarked: bool = False
    topic: TopicMark | None = None
    tags: tuple[str, ...] = ()


def floor_of(member: ActingMember) -> datetime | None:
    """Return until when a thread counts as read that the member never opened; None on their first visit."""
    told = (member.membership.last_visit_at, member.membership.read_all_at)
    return max((moment for moment in told if moment is not None), default=None)


def without_marks(member: ActingMember) -> Mark:
    """Return what a thread is to somebody who never touched it."""
    return Mark(since=floor_of(member))


def is_new(at: datetime, author_id: int, member: ActingMember, since: datetime | None) -> bool:
    """Tell whether something came after a moment and is not the member's own."""
    return since is not None and at > since and author_id != member.id


# What every list asks of its posts, written once: to put it together takes longer than to send it.
_ME = bindparam("me")
_FLOOR, _ALL = bindparam("floor", type_=UTCDateTime), bindparam("read_all", type_=UTCDateTime)
_SINCE = case(
    (ThreadReader.read_at.is_(None), _FLOOR),
    (ThreadReader.read_at < _ALL, _ALL),
    else_=ThreadReader.read_at,
)
_NEW_REPLIES = (
    select(literal(1))
    .where(
        Comment.post_id == Post.id,
        Comment.created_at > _SINCE,
        Comment.author_id != _ME,
        Comment.deleted_at.is_(None),
    )
    .limit(MOST_COUNTED)
    .correlate(Post, ThreadReader)
    .subquery("fresh")
)
_TAGS = (
    select(func.aggregate_strings(Tag.name, TAG_MARK))
    .join(PostTag, PostTag.tag_id == Tag.id)
    .where(PostTag.post_id == Post.id)
    .correlate(Post)
    .scalar_subquery()
)
_MARKS = (
    select(
        Post.id,
        _SINCE.label("since"),
        select(func.count()).select_from(_NEW_REPLIES).scalar_subquery().label("new_replies"),
        ThreadReader.attention,
        TopicStanding.attention.label("topic_attention"),
        ThreadReader.bookmarked_at,
        Topic.id.label("topic_id"),
        Topic.name.label("topic_name"),
        _TAGS.label("tags"),
    )
    .outerjoin(ThreadReader, and_(ThreadReader.post_id == Post.id, ThreadReader.member_id == _ME))
    .outerjoin(Topic, Topic.id == Post.topic_id)
    .outerjoin(TopicStanding, and_(TopicStanding.topic_id == Topic.id, TopicStanding.member_id == _ME))
    .where(Post.id.in_(bindparam("posts", expanding=True)))
)


def marks(member: ActingMember, posts: Iterable[Post]) -> dict[int, Mark]:
    """Return what these threads are to the member, by number. One statement, none without posts."""
    numbers = sorted({post.id for post in posts})
    if not numbers:
        return {}
    told = {
        "me": member.id,
        "floor": floor_of(member),
        "read_all": member.membership.read_all_at,
        "posts": numbers,
    }
    return {row.id: _mark(row) for row in db.session.execute(_MARKS, told)}


def _mark(row) -> Mark:
    return Mark(
        since=row.since,
        new_replies=row.new_replies,
        attention=row.attention.value if row.attention else None,
        topic_attention=row.topic_attention.value if row.topic_attention else None,
        bookmarked=row.bookmarked_at is not None,
        topic=TopicMark(row.topic_id, row.topic_name) if row.topic_id else None,
        tags=tuple(sorted(row.tags.split(TAG_MARK), key=str.casefold)) if row.tags else (),
    )


def first_new_reply(member: ActingMember, post_id: int, mark: Mark) -> int | None:
    """Return the number of the first reply of a thread that is new to the member. One statement at most."""
    if not mark.new_replies:
        return None
    wanted = (
        select(Comment.id)
        .where(
            Comment.post_id == post_id,
            Comment.created_at > mark.since,
            Comment.author_id != member.id,
            Comment.deleted_at.is_(None),
        )
        .order_by(Comment.created_at, Comment.id)
    )
    return db.session.scalars(wanted.limit(1)).one_or_none()


def since_of(member: ActingMember, post_id: ColumnElement[int]) -> ColumnElement[datetime]:
    """Return, in SQL, until when the member read a thread."""
    read_all = literal(member.membership.read_all_at, UTCDateTime)
    own = (
        select(case((ThreadReader.read_at < read_all, read_all), else_=ThreadReader.read_at))
        .where(ThreadReader.member_id == member.id, ThreadReader.post_id == post_id)
        .correlate_except(ThreadReader)  # however deep it stands: of that thread, not of any
    )
    return func.coalesce(own.scalar_subquery(), literal(floor_of(member), UTCDateTime))


def has_news(member: ActingMember, it) -> ColumnElement[bool]:
    """What a mark calls new, as a condition on posts, or on columns of theirs: the post, or a reply."""
    since = since_of(member, it.id)
    fresh = (
        select(literal(1))
        .where(
            Comment.post_id == it.id,
            Comment.created_at > since,
            Comment.author_id != member.id,
            Comment.deleted_at.is_(None),
        )
        .correlate_except(Comment)
        .exists()
    )
    itself = and_(it.created_at > since, it.author_id != member.id)
    return and_(it.last_activity_at > since, or_(itself, fresh))


def not_muted(member: ActingMember, post_id=Post.id, topic_id=Post.topic_id) -> ColumnElement[bool]:
    """Return the condition under which neither thread nor topic was muted by the member.

    A thread that they follow is told of although its topic is muted: the nearer choice holds.

    :param topic_id: None to look at the thread alone.
    """
    threads = _threads(member, Attention.MUTED)
    if topic_id is None:
        return post_id.not_in(threads)
    topics = select(TopicStanding.topic_id).where(
        TopicStanding.member_id == member.id, TopicStanding.attention == Attention.MUTED
    )
    elsewhere = or_(topic_id.is_(None), topic_id.not_in(topics))
    return and_(post_id.not_in(threads), or_(elsewhere, post_id.in_(_threads(member, Attention.FOLLOWED))))


def _threads(member: ActingMember, attention: Attention):
    return select(ThreadReader.post_id).where(
        ThreadReader.member_id == member.id, ThreadReader.attention == attention
    )


_FOLLOWED_UNLESS_CHOSEN = (("attention", func.coalesce(ThreadReader.attention, Attention.FOLLOWED.value)),)
_LATER_OF_BOTH = (
    (
        "read_at",
        case(
            (ThreadReader.read_at > bindparam("until", type_=UTCDateTime), ThreadReader.read_at),
            else_=bindparam("until", type_=UTCDateTime),
        ),
    ),
)


def follow_unless_muted(member: ActingMember, post_id: int) -> None:
    """Follow a thread because one takes part in it, unless one muted it. One statement."""
    key = {"member_id": member.id, "post_id": post_id}
    values = {"attention": Attention.FOLLOWED}
    upserts.upsert(ThreadReader, key, values, ("post_id",), _FOLLOWED_UNLESS_CHOSEN)


def read_until(member: ActingMember, post_id: int, until: datetime) -> None:
    """Note until which moment a thread was shown to the member; never an earlier one. One statement."""
    key = {"member_id": member.id, "post_id": post_id}
    upserts.upsert(ThreadReader, key, {"read_at": until}, ("post_id",), _LATER_OF_BOTH, {"until": until})


def keep(member: ActingMember, post_id: int, **what) -> None:
    """Set columns of what a thread is to the member: `attention`, `bookmarked_at`. One statement."""
    key = {"member_id": member.id, "post_id": post_id}
    upserts.upsert(ThreadReader, key, what, tuple(what))
