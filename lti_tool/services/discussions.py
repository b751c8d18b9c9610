"""All threads of a community: looked for by kind, topic, tag, state, and by what they are to a member.

Whatever is asked for, a page reads a bounded number of rows. One index brings posts in the order that is
wanted, or the newest WINDOW of them, which are then looked through: a page that found little among them says
so and leads further back.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Subquery, and_, literal, select, tuple_
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotFound
from lti_tool.extensions import UTCDateTime, db
from lti_tool.models import (
    IdeaState,
    Membership,
    Post,
    PostKind,
    PostTag,
)
from lti_tool.permissions import Act
from lti_tool.services import (
    attachment_views,
    contributions,
    cursors,
    own_threads,
    reading,
    subgroups,
    tags,
    topics,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import PostCard
from lti_tool.services.subgroups import SubgroupMark
from lti_tool.services.topics import TopicView

PAGE = 20
WINDOW = 2_000
QUESTION_STATES = ("open", "answered", "solved")
IDEA_STATES = tuple(IdeaState)
KINDS = tuple(kind.value for kind in PostKind)
SHOWN = ("all", "unread", "followed", "bookmarked", "mine", "muted")
ORDERS = ("newest", "activity", "helpful")


@dataclass(frozen=True)
class Wish:
    """What somebody looks for; a part that is None or "all" narrows nothing."""

    kind: str | None = None
    topic: int | None = None
    tag: str | None = None
    state: str | None = None
    group: int | None = None
    show: str = "all"
    order: str = "newest"

    @property
    def of_kind(self) -> str | None:
        """The kind that is meant: a state tells it, too."""
        if self.state in QUESTION_STATES:
            return PostKind.QUESTION.value
        return PostKind.IDEA.value if self.state else self.kind

    @property
    def narrows(self) -> bool:
        """Whether anything but the order was asked for."""
        return self != Wish(order=self.order)


@dataclass(frozen=True)
class Found:
    """One page: posts with their authors, and the cursor of the next page.

    `sought` is set when posts were looked through instead of read in order: `older` may then lead further
    back although this page is not full, and an order other than by time is that of the newest WINDOW.
    """

    posts: list[Post]
    older: str | None
    sought: bool = False
    full: bool = True


@dataclass(frozen=True)
class Discussions:
    """The page of discussions as its reader sees it, and what they may choose from."""

    posts: list[PostCard]
    older: str | None
    sought: bool
    full: bool
    wish: Wish
    topics: list[TopicView]
    groups: list[SubgroupMark]
    tags: list[str]

    @property
    def topic(self) -> TopicView | None:
        return next((one for one in self.topics if one.id == self.wish.topic), None)


def discussions(member: ActingMember, wish: Wish, before: str | None, now: datetime) -> Discussions:
    """Return a page of the discussions. A constant number of statements for each wish.

    :raises NotFound: a topic that is not here, or a sub-group that this member does not know of.
    """
    member.must(Act.READ)
    offered = topics.topics_of(member, now)
    groups = subgroups.to_read(member)
    if wish.topic is not None and wish.topic not in [one.id for one in offered]:
        raise NotFound()
    if wish.group is not None and wish.group not in [one.id for one in groups]:
        raise NotFound()
    found = find(member, wish, before, now)
    return Discussions(
        posts=attachment_views.with_files(contributions.cards(member, found.posts, now)),
        older=found.older,
        sought=found.sought,
        full=found.full,
        wish=wish,
        topics=offered,
        groups=groups,
        tags=tags.suggestions(member, now),
    )


def find(member: ActingMember, wish: Wish, before: str | None, now: datetime) -> Found:
    """Return a page of posts; topic and sub-group of the wish are ones that the member may know of."""
    wished_tag = tags.named(member, wish.tag) if wish.tag else None
    if wish.tag and wished_tag is None:
        return Found([], None)
    shown = (Post.deleted_at.is_(None), contributions.shown_to(member, now))
    in_order = _in_order(member, wish, shown)
    if in_order is not None:
        return _read(in_order, wish, before)
    by_time = wish.order == "newest" and wish.show not in (*own_threads.SETS, "unread")
    # The window moves on with the pages: whatever is rare is found in the end.
    begins = before if by_time else None
    tagged = _tagged(wished_tag.id, begins) if wished_tag else None
    source = _source(member, wish, tagged)
    if tagged is None:
        source = source.where(cursors.older(begins, Post.created_at, Post.id))
    window = source.limit(WINDOW).subquery("looked_through")
    # What they may not know of is left out afterwards: however much of it there is, a page costs the same.
    asked = [window.c.deleted_at.is_(None), contributions.shown_to(member, now, window.c)]
    asked += _rest(member, wish, window)
    return _look_through(window, asked, wish, None if by_time else before, by_time)


# ---- Read in order: an index brings them just so ----


def _in_order(member: ActingMember, wish: Wish, shown: tuple) -> Select | None:
    """Select the posts that an index has in the order that is wanted, None when none has."""
    bare = replace(wish, order="newest")
    here = Post.community_id == member.community.id
    if bare == Wish():
        narrowed = (here, reading.not_muted(member))
    elif bare == Wish(state="open") and wish.order == "newest":
        narrowed = (here, Post.waits_since.is_not(None), reading.not_muted(member))
    elif bare == Wish(kind=wish.kind) and wish.order == "newest":
        narrowed = (here, Post.kind == PostKind(wish.kind), reading.not_muted(member))
    elif bare == Wish(topic=wish.topic) and wish.order == "newest":
        narrowed = (Post.topic_id == wish.topic, reading.not_muted(member, topic_id=None))
    else:
        return None
    return select(Post).where(*narrowed, *shown).options(joinedload(Post.author).joinedload(Membership.user))


def _read(posts: Select, wish: Wish, before: str | None) -> Found:
    column = Post.waits_since if wish.state == "open" else _column(Post, wish.order)
    found = list(db.session.scalars(_page_of(posts, Post, column, wish.order, before)))
    older = _after(found[PAGE - 1], wish.order) if len(found) > PAGE else None
    return Found(found[:PAGE], older)


def _column(table, order: str) -> ColumnElement:
    names = {"newest": "created_at", "activity": "last_activity_at", "helpful": "thread_helped_count"}
    return getattr(table, names[order])


def _page_of(wanted: Select, table, column: ColumnElement, order: str, before: str | None) -> Select:
    """Let a page begin after a cursor, in an order that is the same for everybody at every time."""
    wanted = wanted.order_by(column.desc(), table.id.desc()).limit(PAGE + 1)
    place = _place(before, order)
    if place is None:
        return wanted
    at, number = place
    moment = literal(at) if order == "helpful" else literal(at, UTCDateTime)
    return wanted.where(tuple_(column, table.id) < tuple_(moment, number))


def _after(row, order: str) -> str:
    if order == "helpful":
        return f"{row.thread_helped_count}-{row.id}"
    return cursors.cursor(_column(row, order), row.id)


def _place(before: str | None, order: str) -> tuple | None:
    place = cursors.place(before)
    if place is None or order != "helpful":
        return place
    at, number = place
    return int(at.timestamp()), number


# ---- Looked through: the newest of what one index brings ----


def _tagged(tag: int, before: str | None) -> Subquery:
    """Select the newest posts with a tag, of those behind a cursor."""
    wanted = select(PostTag.post_id.label("id"), PostTag.created_at).where(
        PostTag.tag_id == tag, cursors.older(before, PostTag.created_at, PostTag.post_id)
    )
    newest = wanted.order_by(PostTag.created_at.desc(), PostTag.post_id.desc())
    return newest.limit(WINDOW).subquery("tagged")


def _source(member: ActingMember, wish: Wish, tagged: Subquery | None) -> Select:
    """Select what the most telling part of a wish leaves, newest first, with what the rest is decided by."""
    columns = (
        Post.id,
        Post.created_at,
        Post.last_activity_at,
        Post.thread_helped_count,
        Post.kind,
        Post.topic_id,
        Post.subgroup_id,
        Post.author_id,
        Post.answer_count,
        Post.waits_since,
        Post.solved_at,
        Post.idea_state,
        Post.opens_prompt,
        Post.deleted_at,
    )
    posts = select(*columns)
    if tagged is not None:
        posts = posts.join(tagged, tagged.c.id == Post.id)
        return posts.order_by(tagged.c.created_at.desc(), tagged.c.id.desc())
    # What is the member's own is of their community: no other index may be tempting.
    if wish.show in own_threads.SETS:
        own = own_threads.SETS[wish.show](member).subquery("own")
        posts = posts.join(own, own.c[0] == Post.id)
    elif wish.topic is not None:
        posts = posts.where(Post.topic_id == wish.topic)
    elif wish.group is not None:
        posts = posts.where(Post.subgroup_id == wish.group)
    else:
        posts = posts.where(Post.community_id == member.community.id)
        if wish.show == "unread":
            return posts.order_by(Post.last_activity_at.desc(), Post.id.desc())
        if wish.of_kind:
            posts = posts.where(Post.kind == PostKind(wish.of_kind))
    return posts.order_by(Post.created_at.desc(), Post.id.desc())


def _look_through(
    window: Subquery, asked: list[ColumnElement[bool]], wish: Wish, before: str | None, by_time: bool
) -> Found:
    wanted = select(window).where(*asked)
    seen = window.c
    found = db.session.execute(_page_of(wanted, seen, _column(seen, wish.order), wish.order, before)).all()
    more = len(found) > PAGE
    older = _after(found[PAGE - 1], wish.order) if more else None
    # What is the member's own is looked for among own_threads.MOST of each sort, fewer than a window holds.
    end = _end_of(window) if by_time or wish.order != "newest" else None
    if by_time and not more:
        older = end
    return Found(_loaded([row.id for row in found[:PAGE]]), older, sought=end is not None, full=more)


def _end_of(window: Subquery) -> str | None:
    """Return the cursor behind the last of the posts that are looked through; None when these are all."""
    at, number = window.c.created_at, window.c.id
    last = select(at, number).order_by(at.desc(), number.desc()).offset(WINDOW - 1).limit(1)
    row = db.session.execute(last).one_or_none()
    return cursors.cursor(*row) if row is not None else None


def _loaded(numbers: list[int]) -> list[Post]:
    """Load posts with their authors, in this order. One statement."""
    if not numbers:
        return []
    wanted = (
        select(Post).where(Post.id.in_(numbers)).options(joinedload(Post.author).joinedload(Membership.user))
    )
    found = {post.id: post for post in db.session.scalars(wanted)}
    return [found[number] for number in numbers]


def _rest(member: ActingMember, wish: Wish, window: Subquery) -> list[ColumnElement[bool]]:
    """Return what a wish asks of the posts that are looked through."""
    it = window.c
    asked = []
    if wish.of_kind:
        asked.append(it.kind == PostKind(wish.of_kind))
    if wish.topic is not None:
        asked.append(it.topic_id == wish.topic)
    if wish.group is not None:
        asked.append(it.subgroup_id == wish.group)
    if wish.state:
        asked.append(_in_state(it, wish.state))
    if wish.tag and wish.show in own_threads.SETS:
        asked.append(it.id.in_(own_threads.SETS[wish.show](member)))
    if wish.show == "unread":
        asked.append(reading.has_news(member, it))
    if wish.show in ("all", "unread"):
        topic = None if wish.topic is not None else it.topic_id
        asked.append(reading.not_muted(member, it.id, topic))
    return asked


def _in_state(it, state: str) -> ColumnElement[bool]:
    if state == "open":
        return it.waits_since.is_not(None)
    if state == "solved":
        return it.solved_at.is_not(None)
    if state == "answered":
        return and_(it.answer_count > 0, it.solved_at.is_(None))
    return it.idea_state == IdeaState(state)
