"""Staff make one thread of two: one becomes a part of another one of the same room.

Its first text becomes a reply there, with its title on top; all its replies hang on that reply in the order
in which they were written, since there is one level. Its address leads there for ever. What each was worth it
is still worth: its facts go along unchanged (`facts`). A reply that was accepted as solving the question that
goes keeps its points and stands among the others: it solved another question than the one that stays.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lti_tool.errors import Unfit
from lti_tool.extensions import db
from lti_tool.models import Comment, Membership, ModerationAct, Post, PostKind
from lti_tool.permissions import Act
from lti_tool.services import (
    arranging,
    cases,
    changes,
    contributions,
    moderation,
    people,
    publishing,
    relocating,
    search_index,
    similar,
    subgroups,
    tags,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.moderation import Decision
from lti_tool.services.people import Person

# What can be said in a reply. The others have votes, a link, a date or a state, which a reply has not.
KINDS = (PostKind.DISCUSSION, PostKind.QUESTION, PostKind.EXPERIENCE)
_COPIED = ("community_id", "author_id", "created_at", "edited_at", "edit_count", "helped_count")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+.!|~@-])")


@dataclass(frozen=True)
class Merge:
    """What staff fill in: into which thread."""

    into: int
    decision: Decision


@dataclass(frozen=True)
class ThreadLine:
    """A thread as the page names it."""

    id: int
    title: str
    author: Person | None
    at: datetime
    reply_count: int


@dataclass(frozen=True)
class Mergeable:
    """A thread that can be merged, with others that are like it; `problem`: why it cannot be at all."""

    thread: ThreadLine
    version: int
    problem: str | None
    solved: bool
    alike: Sequence[ThreadLine]


def to_merge(member: ActingMember, post_id: int, now: datetime) -> Mergeable:
    """Return a thread that can be merged. A few statements. Raises as `arranging.to_arrange`."""
    post = arranging.to_arrange(member, post_id, now)
    alike = similar.close_to(member, post.id, post.title, now)
    rooms = select(Post.id).where(
        Post.id.in_([one.id for one in alike]), Post.subgroup_id.is_not_distinct_from(post.subgroup_id)
    )
    here = set(db.session.scalars(rooms))
    return Mergeable(
        thread=_line(post, now),
        version=arranging.version_of(post),
        problem=_problem_of(post),
        solved=post.solved_at is not None,
        alike=[
            ThreadLine(one.id, one.title, None, one.at, one.reply_count) for one in alike if one.id in here
        ],
    )


def target(member: ActingMember, post_id: int, into: int, now: datetime) -> ThreadLine:
    """Return the thread into which another one is to be merged. A few statements.

    :raises Unfit: it is the same, none that stands here, in another room, or takes nothing new.
    """
    post = arranging.to_arrange(member, post_id, now)
    found = _target(member, post, into, now)
    return _line(found, now)


def _line(post: Post, now: datetime) -> ThreadLine:
    author = people.described([post.author], now)[post.author_id]
    return ThreadLine(post.id, post.title, author, post.created_at, post.comment_count)


def _problem_of(post: Post) -> str | None:
    if post.prompt_id is not None:
        return "merge-of-task"
    return None if post.kind in KINDS else "merge-of-kind"


def _target(member: ActingMember, post: Post, into: int, now: datetime, *, locked: bool = False) -> Post:
    if into == post.id:
        raise Unfit({"into": ["merge-itself"]})
    wanted = select(Post).where(
        Post.id == into,
        Post.community_id == member.community.id,
        Post.deleted_at.is_(None),
        contributions.shown_to(member, now),
    )
    if locked:
        wanted = wanted.with_for_update(of=Post, key_share=True).execution_options(populate_existing=True)
    else:
        wanted = wanted.options(joinedload(Post.author).joinedload(Membership.user))
    found = db.session.scalars(wanted).one_or_none()
    if found is None or contributions.is_coming(found, now):
        raise Unfit({"into": ["no-such-thread"]})
    if found.subgroup_id != post.subgroup_id:
        raise Unfit({"into": ["merge-other-room"]})
    is_open = found.subgroup_id is None or subgroups.takes_new(found.subgroup_id)
    if found.locked_at is not None or not is_open:
        raise Unfit({"into": ["merge-locked"]})
    return found


def merge(member: ActingMember, post_id: int, wanted: Merge, now: datetime) -> None:
    """Let a thread become a part of another one. Its author and those who replied learn why, and may answer.

    :raises NotFound: no such thread here, or it does not stand.
    :raises Unfit: it is of a kind that cannot be a reply, or the other one cannot take it (`target`).
    :raises Stale: something was decided about it since the page was made.
    """
    member.must(Act.MODERATE)
    changes.in_order(member)
    if _was_just_done(member, post_id, wanted, now):
        return
    begun = arranging.begin(member, post_id, ModerationAct.MERGED, wanted.decision, now)
    if begun is None:
        return
    post = begun.post
    problem = _problem_of(post)
    if problem is not None:
        raise Unfit({"into": [problem]})
    to = _target(member, post, wanted.into, now, locked=True)
    reply = _became_reply(post, to, now)
    numbers = list(db.session.scalars(select(Comment.id).where(Comment.post_id == post.id)))
    relocating.post_into_reply(post, to, reply)
    relocating.replies(numbers, to, now, parent_id=reply.id)
    to.left_subgroup_at = to.left_subgroup_at or post.left_subgroup_at
    tags.count_post(post, -1)
    post.title, post.body, post.parts, post.deleted_at = "", "", None, now
    post.solved_at, post.helped_count = None, 0
    db.session.flush()
    db.session.expire_all()
    relocating.drafts(post.community_id, post.id, to.id, {number: number for number in numbers})
    relocating.drafts_of_post(post.community_id, post.id, to.id, reply.id)
    relocating.readers_of_whole(post, to)
    _follow_up(member, post, to, reply, now)
    moderation.settle(member, begun.case, ModerationAct.MERGED, wanted.decision, now, into=to.id)
    replies = [(to, one) for one in arranging.replies_that_stand(to) if one.id in set(numbers)]
    arranging.tell_authors(member, replies, ModerationAct.MERGED, wanted.decision, now, but=reply.author_id)


def _was_just_done(member: ActingMember, post_id: int, wanted: Merge, now: datetime) -> bool:
    """Tell whether the same member merged the thread a moment ago, for the same reason: a double click."""
    there = select(Comment).where(
        Comment.made_of_post_id == post_id, Comment.community_id == member.community.id
    )
    reply = db.session.scalars(there).one_or_none()
    case = cases.case_of(reply.post_id, reply.id) if reply is not None else None
    return case is not None and cases.is_twin(member, case, ModerationAct.MERGED, wanted.decision.reason, now)


def _became_reply(post: Post, to: Post, now: datetime) -> Comment:
    """Make the reply that the first text of a thread becomes."""
    title = _MARKUP.sub(r"\\\1", post.title)
    reply = Comment(
        post_id=to.id,
        body=f"**{title}**\n\n{post.body}",
        moved_at=now,
        made_of_post_id=post.id,
        **{name: getattr(post, name) for name in _COPIED},
    )
    db.session.add(reply)
    db.session.flush()
    return reply


def _follow_up(member: ActingMember, post: Post, to: Post, reply: Comment, now: datetime) -> None:
    for one in (post, to):
        relocating.recount(one)
        publishing.moved(member, one, now)
    search_index.keep(to, reply)
