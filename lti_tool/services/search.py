"""The full-text search: what of a community has the words that a member looks for, as far as they may see it.

One function, `search`, behind which both databases stand. Of many matches the newest are ranked, so that a
search costs the same in a community of ten years; the page says when there were more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.orm import joinedload

from lti_tool.extensions import db
from lti_tool.knowledge import ranking, searching
from lti_tool.knowledge.ranking import Match
from lti_tool.knowledge.searching import Piece, Query
from lti_tool.models import Attachment, Comment, Membership, Post, PostKind, SearchDocument, Topic
from lti_tool.permissions import Act
from lti_tool.services import contributions, member_list, people, search_index
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person

# The newest matches that are ranked, and how many stand on a page.
RANKED, PAGE = 2_000, 20
# What is read to find a phrase word for word, at most: texts may be long, and a search must end.
READ_FOR_PHRASES = 4_000_000
PEOPLE_SHOWN = 6

REPLY = "reply"
KINDS = (*(kind.value for kind in PostKind), REPLY)
PERIODS: Mapping[str, timedelta] = {
    "week": timedelta(days=7),
    "month": timedelta(days=31),
    "year": timedelta(days=366),
}
ORDERS = ("best", "newest")


@dataclass(frozen=True)
class Asked:
    """What is looked for, as it stands in the address; what a filter does not know narrows nothing."""

    text: str
    kind: str = ""
    topic: int = 0
    author: int = 0  # a member's number
    period: str = ""
    solved: bool = False
    order: str = "best"
    page: int = 1

    @property
    def filters(self) -> int:
        """How many filters of the form are set: not the author, who is chosen elsewhere."""
        return sum(map(bool, (self.kind in KINDS, self.topic, self.period in PERIODS, self.solved)))

    @property
    def narrowed(self) -> bool:
        """Whether anything narrows the search."""
        return bool(self.filters or self.author)


@dataclass(frozen=True)
class Hit:
    """A contribution that was found: the post, or a reply under it."""

    post_id: int
    comment_id: int | None
    kind: str  # of the post
    title: Sequence[Piece]
    extract: Sequence[Piece]
    author: Person
    at: datetime
    solved: bool  # a question that is solved, or the reply that solved it
    locked: bool  # nothing new can be said in the discussion
    helped_count: int
    reply_count: int
    files: Sequence[str]  # those of its files that have what was looked for in their names


@dataclass(frozen=True)
class TopicChoice:
    """A topic that a search can be narrowed to."""

    id: int
    name: str


@dataclass(frozen=True)
class Results:
    """A page of what was found. `more`: there were more matches than are ranked, which are the newest."""

    query: Query
    hits: Sequence[Hit]
    count: int
    more: bool
    page: int
    pages: int
    people: Sequence[Person]
    topics: Sequence[TopicChoice]
    author: Person | None  # whom the search is narrowed to


def search(member: ActingMember, asked: Asked, now: datetime) -> Results:
    """Look for what somebody asks in their community. A constant number of statements."""
    member.must(Act.READ)
    query = searching.query_of(asked.text)
    found, more = _found(member, query, asked, now) if query else ([], False)
    ordered = (
        ranking.newest_first(found) if asked.order == "newest" else ranking.best_first(found, query, now)
    )
    pages = -(-len(ordered) // PAGE)
    page = min(max(asked.page, 1), max(pages, 1))
    named = member_list.called(member, asked.text, PEOPLE_SHOWN, now)
    return Results(
        query=query,
        hits=_hits(member, ordered[(page - 1) * PAGE : page * PAGE], query, now),
        count=len(ordered),
        more=more,
        page=page,
        pages=pages,
        people=named if not asked.narrowed else (),
        topics=_topics(member),
        author=_author(member, asked.author, now),
    )


# Everything that is known of a match before its text is read.
_KNOWN = (
    SearchDocument.post_id,
    SearchDocument.comment_id,
    Post.title,
    Post.created_at.label("asked_at"),
    Post.solved_at,
    Post.helped_count,
    Comment.created_at.label("replied_at"),
    Comment.accepted_at,
    Comment.helped_count.label("reply_helped_count"),
)
_TEXT = (Post.body, Comment.body.label("reply"))


def _found(member: ActingMember, query: Query, asked: Asked, now: datetime) -> tuple[list[Match], bool]:
    """Return the newest matches, and whether there are more of them. One statement."""
    said = search_index.all_wanted(member.community.id, query)
    wanted = visible(member, search_index.matching(said, *_KNOWN, *(_TEXT if query.phrases else ())), now)
    wanted = wanted.where(*_narrowing(asked, now)).limit(RANKED + 1)
    with search_index.one_by_one():
        if query.phrases:
            return _with_phrases(wanted, query)
        rows = db.session.execute(wanted).all()
    return [_match(row) for row in rows[:RANKED]], len(rows) > RANKED


def _with_phrases(wanted: Select, query: Query) -> tuple[list[Match], bool]:
    """Read the texts of matches, as far as there is time for it; keep those that say it word for word."""
    kept, letters = [], 0
    with db.session.execute(wanted.execution_options(yield_per=100)) as rows:
        for number, row in enumerate(rows):
            texts = (row.title, row.body) if row.comment_id is None else (row.reply,)
            letters += sum(map(len, texts))
            if number == RANKED or letters > READ_FOR_PHRASES:
                return kept, True
            if query.has_phrases(*texts):
                kept.append(_match(row))
    return kept, False


def _match(row: Row) -> Match:
    if row.comment_id is None:
        solved = row.solved_at is not None
        return Match(row.post_id, None, row.title, row.asked_at, solved, row.helped_count)
    accepted = row.accepted_at is not None
    return Match(row.post_id, row.comment_id, "", row.replied_at, accepted, row.reply_helped_count)


def visible(member: ActingMember, wanted: Select, now: datetime) -> Select:
    """Join what the index finds to posts and replies, and keep what this member may read of it."""
    stands = or_(
        and_(SearchDocument.comment_id.is_(None), Post.deleted_at.is_(None)),
        and_(SearchDocument.comment_id.is_not(None), Comment.deleted_at.is_(None)),
    )
    return (
        wanted.join(Post, Post.id == SearchDocument.post_id)
        .outerjoin(Comment, Comment.id == SearchDocument.comment_id)
        .where(
            SearchDocument.community_id == member.community.id,
            contributions.shown_to(member, now),
            stands,
        )
    )


def _narrowing(asked: Asked, now: datetime) -> list[ColumnElement[bool]]:
    is_post = SearchDocument.comment_id.is_(None)
    narrowing: list[ColumnElement[bool]] = []
    if asked.kind == REPLY:
        narrowing.append(~is_post)
    elif asked.kind in KINDS:
        narrowing += [is_post, Post.kind == PostKind(asked.kind)]
    if asked.topic:
        narrowing.append(Post.topic_id == asked.topic)
    if asked.author:
        narrowing.append(
            or_(and_(is_post, Post.author_id == asked.author), Comment.author_id == asked.author)
        )
    if asked.period in PERIODS:
        since = now - PERIODS[asked.period]
        narrowing.append(or_(and_(is_post, Post.created_at >= since), Comment.created_at >= since))
    if asked.solved:
        narrowing.append(Post.solved_at.is_not(None))
    return narrowing


def _hits(member: ActingMember, matches: Sequence[Match], query: Query, now: datetime) -> list[Hit]:
    """Read what stands on the page. Four statements."""
    posts = _with_authors(Post, {match.post_id for match in matches})
    comments = _with_authors(Comment, {match.comment_id for match in matches} - {None})
    persons = people.described([row.author for row in (*posts.values(), *comments.values())], now)
    files = _files(list(posts), query)
    hits = []
    for match in matches:
        post = posts[match.post_id]
        written = post if match.comment_id is None else comments[match.comment_id]
        hits.append(
            Hit(
                post_id=post.id,
                comment_id=match.comment_id,
                kind=post.kind.value,
                title=searching.marked(post.title, query),
                extract=searching.extract(search_index.own_words(written.body), query),
                author=persons[written.author_id],
                at=match.at,
                solved=match.solved,
                locked=post.locked_at is not None,
                helped_count=match.helped_count,
                reply_count=post.comment_count,
                files=files.get((post.id, match.comment_id), ()),
            )
        )
    return hits


def _with_authors(table: type, numbers: set[int]) -> dict[int, Post | Comment]:
    wanted = select(table).where(table.id.in_(numbers))
    with_author = joinedload(table.author).joinedload(Membership.user)
    return {row.id: row for row in db.session.scalars(wanted.options(with_author))}


def _files(post_ids: Sequence[int], query: Query) -> dict[tuple[int, int | None], list[str]]:
    """Return the names of files that have what is looked for, by the contribution they belong to."""
    wanted = (
        select(Attachment.post_id, Attachment.comment_id, Attachment.name)
        .where(Attachment.post_id.in_(post_ids), Attachment.deleted_at.is_(None))
        .order_by(Attachment.position, Attachment.id)
    )
    found: dict[tuple[int, int | None], list[str]] = {}
    for post_id, comment_id, name in db.session.execute(wanted):
        if query.met(name):
            found.setdefault((post_id, comment_id), []).append(name)
    return found


def _topics(member: ActingMember) -> list[TopicChoice]:
    wanted = (
        select(Topic.id, Topic.name)
        .where(Topic.community_id == member.community.id)
        .order_by(Topic.position, Topic.id)
    )
    return [TopicChoice(*row) for row in db.session.execute(wanted)]


def _author(member: ActingMember, number: int, now: datetime) -> Person | None:
    """Return a member of the community by their number."""
    wanted = (
        select(Membership)
        .where(Membership.id == number, Membership.community_id == member.community.id)
        .options(joinedload(Membership.user))
    )
    found = list(db.session.scalars(wanted)) if number else []
    return people.described(found, now).get(number)
