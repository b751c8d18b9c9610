"""Everything that was written in a space, for those who lead it to take along: some threads at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lti_tool.extensions import db
from lti_tool.knowledge import mentions
from lti_tool.models import Attachment, Charter, Comment, Membership, Post, Topic
from lti_tool.permissions import Act
from lti_tool.services import audit, people
from lti_tool.services.acting import ActingMember
from lti_tool.services.charters import CharterText, text_of
from lti_tool.services.people import Person

THREADS = 50


@dataclass(frozen=True)
class KeptFile:
    """A file of a contribution, and where its bytes are kept."""

    number: int
    name: str
    alt: str | None
    key: str


@dataclass(frozen=True)
class Reply:
    """A reply; `body` is "" of one that was deleted. `answers` is the reply that it stands under."""

    number: int
    answers: int | None
    author: Person
    at: datetime
    edited_at: datetime | None
    body: str
    deleted: bool
    solved_it: bool
    files: Sequence[KeptFile]


@dataclass(frozen=True)
class Thread:
    """A contribution with its replies, the oldest first."""

    number: int
    kind: str
    title: str
    author: Person
    at: datetime
    edited_at: datetime | None
    body: str
    parts: Mapping[str, str]
    deleted: bool
    topic: str | None
    subgroup: str | None
    link: str | None
    files: Sequence[KeptFile]
    replies: Sequence[Reply]


@dataclass(frozen=True)
class Page:
    """Some threads, and who is mentioned in them. `last` is where the next page begins, None at the end."""

    threads: Sequence[Thread]
    mentioned: Mapping[int, Person]
    last: int | None


@dataclass(frozen=True)
class Version:
    """A version of the charter."""

    number: int
    text: CharterText
    at: datetime


def note(member: ActingMember, now: datetime) -> None:
    """Note that somebody takes everything along."""
    member.must(Act.LEAD_LIFE)
    audit.record(member, "community.exported", f"community:{member.community.id}", now)


def charters(member: ActingMember) -> list[Version]:
    """Return every version of the charter, the oldest first. One statement."""
    member.must(Act.LEAD_LIFE)
    wanted = select(Charter).where(Charter.community_id == member.community.id).order_by(Charter.number)
    return [Version(one.number, text_of(one), one.written_at) for one in db.session.scalars(wanted)]


def page_after(member: ActingMember, number: int) -> Page:
    """Return the threads after one, in the order in which they were begun. A constant number of statements.

    Those of sub-groups are among them: whoever leads the space reads these, too.
    """
    member.must(Act.LEAD_LIFE)
    wanted = select(Post).where(Post.community_id == member.community.id, Post.id > number)
    posts = list(db.session.scalars(wanted.order_by(Post.id).limit(THREADS)))
    numbers = [post.id for post in posts]
    comments = list(
        db.session.scalars(select(Comment).where(Comment.post_id.in_(numbers)).order_by(Comment.id))
    )
    files = _files(numbers)
    texts = [*_texts(posts), *(comment.body for comment in comments)]
    named = {number for text in texts for number in mentions.numbers_in(text)}
    persons = _persons(member, {one.author_id for one in (*posts, *comments)} | named)
    replies: dict[int, list[Reply]] = {}
    for comment in comments:
        mine = files.get((comment.post_id, comment.id), ())
        replies.setdefault(comment.post_id, []).append(_reply(comment, persons[comment.author_id], mine))
    topics = _topics(member)
    threads = [
        _thread(
            post, persons[post.author_id], topics, files.get((post.id, None), ()), replies.get(post.id, ())
        )
        for post in posts
    ]
    return Page(
        [thread for thread in threads if not thread.deleted or thread.replies],
        {number: persons[number] for number in named if number in persons},
        numbers[-1] if len(numbers) == THREADS else None,
    )


def _texts(posts: Iterable[Post]) -> Iterable[str]:
    for post in posts:
        yield post.body
        yield from (part for part in (post.parts or {}).values() if isinstance(part, str))


def _files(numbers: Sequence[int]) -> dict[tuple[int, int | None], list[KeptFile]]:
    wanted = select(Attachment).where(Attachment.post_id.in_(numbers), Attachment.deleted_at.is_(None))
    found: dict[tuple[int, int | None], list[KeptFile]] = {}
    for row in db.session.scalars(wanted.order_by(Attachment.id)):
        kept = KeptFile(row.id, row.name, row.alt, row.key)
        found.setdefault((row.post_id, row.comment_id), []).append(kept)
    return found


def _persons(member: ActingMember, numbers: Iterable[int]) -> dict[int, Person]:
    wanted = (
        select(Membership)
        .where(Membership.id.in_(set(numbers)), Membership.community_id == member.community.id)
        .options(joinedload(Membership.user))
    )
    return {one.id: people.shown(one, one.user, None) for one in db.session.scalars(wanted)}


def _topics(member: ActingMember) -> dict[int, str]:
    wanted = select(Topic.id, Topic.name).where(Topic.community_id == member.community.id)
    return {row.id: row.name for row in db.session.execute(wanted)}


def _reply(comment: Comment, author: Person, files: Sequence[KeptFile]) -> Reply:
    return Reply(
        number=comment.id,
        answers=comment.parent_id,
        author=author,
        at=comment.created_at,
        edited_at=comment.edited_at,
        body=comment.body,
        deleted=comment.deleted_at is not None,
        solved_it=comment.solves_id is not None,
        files=files,
    )


def _thread(
    post: Post,
    author: Person,
    topics: Mapping[int, str],
    files: Sequence[KeptFile],
    replies: Sequence[Reply],
) -> Thread:
    parts = post.parts or {}
    return Thread(
        number=post.id,
        kind=post.kind.value,
        title=post.title,
        author=author,
        at=post.created_at,
        edited_at=post.edited_at,
        body=post.body,
        parts={name: part for name, part in parts.items() if isinstance(part, str)},
        deleted=post.deleted_at is not None,
        topic=topics.get(post.topic_id),
        subgroup=post.subgroup_name,
        link=post.link_url,
        files=files,
        replies=replies,
    )
