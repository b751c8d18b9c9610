"""Threads that are a member's own in some way: sets of numbers, each read from an index of theirs."""

from sqlalchemy import Select, select, union

from lti_tool.extensions import db
from lti_tool.models import Attention, Comment, Post, ThreadReader, TopicStanding
from lti_tool.services.acting import ActingMember
from lti_tool.services.topics import MOST as MOST_TOPICS

# Of what a member wrote, followed or kept the newest are found by their numbers, one by one.
MOST = 500


def _chosen(member: ActingMember, attention: Attention) -> Select:
    threads = (
        select(ThreadReader.post_id)
        .where(ThreadReader.member_id == member.id, ThreadReader.attention == attention)
        .order_by(ThreadReader.post_id.desc())
        .limit(MOST)
    )
    standing = select(TopicStanding.topic_id).where(
        TopicStanding.member_id == member.id, TopicStanding.attention == attention
    )
    # Topic by topic: the newest of several at once are on no index.
    followed = db.session.scalars(standing.limit(MOST_TOPICS)).all()
    in_topics = [
        select(Post.id)
        .where(Post.topic_id == topic)
        .order_by(Post.created_at.desc(), Post.id.desc())
        .limit(MOST // len(followed))
        for topic in followed
    ]
    return _one_of(threads, *in_topics)


def _bookmarked(member: ActingMember) -> Select:
    return _one_of(
        select(ThreadReader.post_id)
        .where(ThreadReader.member_id == member.id, ThreadReader.bookmarked_at.is_not(None))
        .order_by(ThreadReader.bookmarked_at.desc(), ThreadReader.post_id.desc())
        .limit(MOST)
    )


def _mine(member: ActingMember) -> Select:
    written = (
        select(Post.id)
        .where(Post.author_id == member.id)
        .order_by(Post.created_at.desc(), Post.id.desc())
        .limit(MOST)
    )
    replied = (
        select(Comment.post_id)
        .where(Comment.author_id == member.id, Comment.deleted_at.is_(None))
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(MOST)
    )
    return _one_of(written, replied)


def _one_of(*limited: Select) -> Select:
    """Bring several limited lists together: SQLite takes a LIMIT only around all of them."""
    parts = [select(one.subquery().c[0]) for one in limited]
    return select((union(*parts) if len(parts) > 1 else parts[0]).subquery().c[0])


# By the word with which an address asks for it.
SETS = {
    "followed": lambda member: _chosen(member, Attention.FOLLOWED),
    "muted": lambda member: _chosen(member, Attention.MUTED),
    "bookmarked": _bookmarked,
    "mine": _mine,
}
