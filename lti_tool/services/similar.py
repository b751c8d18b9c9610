"""What is like a question: shown while one types it, and beside a thread.

Alike is what has two words in its title, of those that say something; what is solved stands first, then what
is answered. Of many the newest are compared. While one asks, only what has an answer is offered: a question
that waits would keep somebody from asking and give them nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, or_

from lti_tool.extensions import db
from lti_tool.knowledge import ranking, searching
from lti_tool.knowledge.searching import Query
from lti_tool.models import Post, PostKind, SearchDocument
from lti_tool.permissions import Act
from lti_tool.services import contributions, search_index
from lti_tool.services.acting import ActingMember

SHOWN, COMPARED = 5, 500
# What a solution, or a reply, adds to likeness, which is 1 of the same words.
SOLVED, ANSWERED = 0.3, 0.1


@dataclass(frozen=True)
class Similar:
    """A post that is like another; of a question `state` is solved, answered or open, else ""."""

    id: int
    title: str
    state: str
    reply_count: int
    at: datetime


def while_asking(member: ActingMember, title: str, now: datetime) -> list[Similar]:
    """Return solved or answered questions like one that is being written. One statement."""
    member.must(Act.READ)
    has_an_answer = or_(Post.solved_at.is_not(None), Post.answer_count > 0)
    return _alike(member, title, [Post.kind == PostKind.QUESTION, has_an_answer], now)


def close_to(member: ActingMember, post_id: int, title: str, now: datetime) -> list[Similar]:
    """Return what is close to a post that the member reads. One statement."""
    member.must(Act.READ)
    return _alike(member, title, [Post.id != post_id], now)


def _alike(
    member: ActingMember, title: str, conditions: list[ColumnElement[bool]], now: datetime
) -> list[Similar]:
    query = searching.likeness_query(title)
    if not query:
        return []
    with search_index.one_by_one():
        found = db.session.execute(_wanted(member, query, now).where(*conditions)).all()
    alike = ranking.likeness([row.title for row in found], query)
    ranked = sorted(zip(alike, found, strict=True), key=lambda one: _worth(*one), reverse=True)
    return [
        Similar(row.id, row.title, _state(row), row.comment_count, row.created_at)
        for _, row in ranked[:SHOWN]
    ]


def _wanted(member: ActingMember, query: Query, now: datetime) -> Select:
    columns = (
        Post.id,
        Post.kind,
        Post.title,
        Post.solved_at,
        Post.answer_count,
        Post.comment_count,
        Post.created_at,
    )
    return (
        search_index.matching(search_index.two_in_title(member.community.id, query), *columns)
        .join(Post, Post.id == SearchDocument.post_id)
        .where(
            SearchDocument.comment_id.is_(None),
            Post.community_id == member.community.id,
            Post.deleted_at.is_(None),
            contributions.shown_to(member, now),
        )
        .limit(COMPARED)
    )


def _worth(alike: float, row: Row) -> tuple[float, datetime]:
    proven = {"solved": SOLVED, "answered": ANSWERED}.get(_state(row), 0)
    return alike + proven, row.created_at


def _state(row: Row) -> str:
    if row.kind is not PostKind.QUESTION:
        return ""
    if row.solved_at is not None:
        return "solved"
    return "answered" if row.answer_count else "open"
