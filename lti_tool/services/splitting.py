"""Staff make a thread of its own of some replies of another: they, and all replies to them, stand there.

The earliest of them becomes the post, by its author; its place in the old thread stays, empty, and leads to
the new one. What a reply was worth it is still worth: its facts go along unchanged (`facts`). The reply that
solved a question stays with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from lti_tool.errors import Unfit
from lti_tool.extensions import db
from lti_tool.knowledge.markdown import excerpt
from lti_tool.models import Comment, Membership, ModerationAct, Post, PostKind
from lti_tool.services import (
    arranging,
    mentions,
    moderation,
    people,
    publishing,
    relocating,
    search_index,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.moderation import Decision
from lti_tool.services.people import Person

KINDS = (PostKind.DISCUSSION.value, PostKind.QUESTION.value)
# So many replies a form offers, the earliest first.
MOST = 300
_COPIED = ("community_id", "author_id", "body", "created_at", "edited_at", "edit_count", "helped_count")


@dataclass(frozen=True)
class Split:
    """What staff fill in: title and kind of the new thread, and the numbers of its replies."""

    title: str
    kind: str
    chosen: tuple[int, ...]
    decision: Decision


@dataclass(frozen=True)
class ReplyLine:
    """A reply to choose; `solves`: it stays with its question, and so does the one that it hangs on."""

    id: int
    author: Person
    at: datetime
    excerpt: str
    below: bool  # a reply to a reply
    solves: bool


@dataclass(frozen=True)
class Splittable:
    """A thread with the replies that a form offers; `more`: it has others, later ones."""

    id: int
    title: str
    version: int
    subgroup_name: str | None
    replies: Sequence[ReplyLine]
    more: bool


def to_split(member: ActingMember, post_id: int, now: datetime) -> Splittable:
    """Return a thread with the replies to choose. Four statements. Raises as `arranging.to_arrange`."""
    post = arranging.to_arrange(member, post_id, now)
    standing = select(Comment).where(Comment.post_id == post.id, Comment.deleted_at.is_(None))
    with_author = standing.options(joinedload(Comment.author).joinedload(Membership.user))
    found = list(db.session.scalars(with_author.order_by(Comment.created_at, Comment.id).limit(MOST + 1)))
    shown = _one_below_the_other(found[:MOST])
    persons = people.described([one.author for one in shown], now)
    staying = {one.parent_id or one.id for one in shown if one.solves_id is not None}
    return Splittable(
        id=post.id,
        title=post.title,
        version=arranging.version_of(post),
        subgroup_name=post.subgroup_name,
        replies=[_line(one, persons, staying) for one in shown],
        more=len(found) > MOST,
    )


def _one_below_the_other(found: Sequence[Comment]) -> list[Comment]:
    """Return replies as the thread has them by date, those to a reply below it."""
    at = {one.id: (one.created_at, one.id) for one in found}
    return sorted(found, key=lambda one: (at.get(one.parent_id or one.id, at[one.id]), at[one.id]))


def _line(one: Comment, persons: dict[int, Person], staying: set[int]) -> ReplyLine:
    said = excerpt(one.body, 160)
    mentions.expect(said)
    solves = one.solves_id is not None or one.id in staying
    return ReplyLine(one.id, persons[one.author_id], one.created_at, said, one.parent_id is not None, solves)


def split(member: ActingMember, post_id: int, wanted: Split, now: datetime) -> Post | None:
    """Make a thread of the chosen replies; None: it was just made, a double click.

    The authors of what goes learn why, and whoever opened the thread; each may answer.

    :raises NotFound: no such thread here, or it does not stand.
    :raises Unfit: nothing is chosen, something is gone or elsewhere, or the accepted reply is among it.
    :raises Stale: something was decided about the thread since the page was made.
    """
    begun = arranging.begin(member, post_id, ModerationAct.SPLIT, wanted.decision, now)
    if begun is None:
        return None
    post = begun.post
    chosen, going = _going(post, wanted.chosen)
    opening = chosen[0]
    part = _opened(post, opening, wanted, now)
    numbers = [one.id for one in going if one.id != opening.id]
    apart = [one.id for one in going if one.id != opening.id and _hangs_apart(one, opening, going)]
    relocating.reply_into_post(opening, part)
    relocating.replies(numbers, part, now)
    relocating.replies(apart, part, now, parent_id=None)
    opening.body, opening.deleted_at, opening.helped_count, opening.became_post_id = "", now, 0, part.id
    opening.accepted_at = opening.accepted_by_id = None
    db.session.flush()
    db.session.expire_all()
    places = {number: number for number in numbers} | {opening.id: None}
    relocating.drafts(post.community_id, post.id, part.id, places)
    relocating.readers_of_part(post, part)
    _follow_up(member, post, part, now)
    moved = [(part, None), *((part, one) for one in going if one.id != opening.id and one.deleted_at is None)]
    moderation.settle(member, begun.case, ModerationAct.SPLIT, wanted.decision, now, made=part.id)
    arranging.tell_authors(member, moved, ModerationAct.SPLIT, wanted.decision, now, but=post.author_id)
    return part


def _going(post: Post, numbers: Sequence[int]) -> tuple[list[Comment], list[Comment]]:
    """Return the chosen replies, the earliest first, and all that go: they and the replies to them."""
    wanted = select(Comment).where(
        Comment.post_id == post.id, or_(Comment.id.in_(numbers), Comment.parent_id.in_(numbers))
    )
    locked = wanted.order_by(Comment.created_at, Comment.id).with_for_update(of=Comment, key_share=True)
    going = list(db.session.scalars(locked.execution_options(populate_existing=True)))
    chosen = [one for one in going if one.id in set(numbers)]
    if not chosen:
        raise Unfit({"chosen": ["no-reply" if not numbers else "reply-gone"]})
    if len(chosen) < len(set(numbers)) or any(one.deleted_at is not None for one in chosen):
        raise Unfit({"chosen": ["reply-gone"]})
    if any(one.solves_id is not None for one in going):
        raise Unfit({"chosen": ["accepted-stays"]})
    return chosen, going


def _hangs_apart(one: Comment, opening: Comment, going: Sequence[Comment]) -> bool:
    """Tell whether what a reply hung on becomes the post, or stays behind."""
    there = {other.id for other in going} - {opening.id}
    return one.parent_id is not None and one.parent_id not in there


def _opened(post: Post, opening: Comment, wanted: Split, now: datetime) -> Post:
    """Make the post that a reply becomes: for those who read the old thread, on its topic."""
    part = Post(
        kind=PostKind(wanted.kind),
        title=wanted.title,
        topic_id=post.topic_id,
        subgroup_id=post.subgroup_id,
        locked_at=post.locked_at,
        left_subgroup_at=post.left_subgroup_at,
        last_activity_at=opening.created_at,
        last_activity_by_id=opening.author_id,
        moved_at=now,
        **{name: getattr(opening, name) for name in _COPIED},
    )
    db.session.add(part)
    db.session.flush()
    return part


def _follow_up(member: ActingMember, post: Post, part: Post, now: datetime) -> None:
    for one in (post, part):
        relocating.recount(one)
        publishing.moved(member, one, now)
    search_index.keep(part, None)
