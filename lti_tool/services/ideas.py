"""Ideas: members vote for them, staff say what becomes of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lti_tool.errors import NotAllowed, NotFound, Unfit
from lti_tool.extensions import db
from lti_tool.models import IdeaState, Post, PostKind, Reaction, ReactionKind
from lti_tool.permissions import Act
from lti_tool.services import changes, contributions, subgroups
from lti_tool.services.acting import ActingMember
from lti_tool.services.kind_views import OPEN_IDEAS


@dataclass(frozen=True)
class IdeaDecision:
    """What staff say of an idea; `state` is an IdeaState value."""

    state: str
    reason: str | None


def vote(member: ActingMember, post_id: int, wanted: bool, now: datetime) -> None:
    """Give a member's vote to somebody else's idea, or take it back; asked twice, nothing more happens.

    :raises NotAllowed: it is one's own. :raises Unfit: staff have decided on it.
    :raises Stale: its sub-group is closed: a vote can only be taken back.
    """
    member.must(Act.REACT)
    post = _idea(member, post_id, now)
    if post.author_id == member.id:
        raise NotAllowed("own-idea", who=[])
    if post.idea_state not in OPEN_IDEAS:
        raise Unfit({"vote": ["idea-decided"]})
    if wanted:
        subgroups.must_take_new(post)
    given = db.session.scalars(_votes(member).where(Reaction.post_id == post.id)).one_or_none()
    if wanted and given is None:
        db.session.add(_vote(member, post, now))
        post.vote_count += 1
    elif given is not None and not wanted:
        db.session.delete(given)
        post.vote_count -= 1
    db.session.flush()


def voted(member: ActingMember, post_ids: Collection[int]) -> frozenset[int]:
    """Return which of these ideas have this member's vote. One statement, none without posts."""
    if not post_ids:
        return frozenset()
    given = _votes(member).where(Reaction.post_id.in_(post_ids)).with_only_columns(Reaction.post_id)
    return frozenset(db.session.scalars(given))


def decide(member: ActingMember, post_id: int, decision: IdeaDecision, now: datetime) -> None:
    """Say what becomes of an idea, and why where that helps."""
    member.must(Act.DECIDE_IDEA)
    changes.in_order(member)
    post = _idea(member, post_id, now)
    state = IdeaState(decision.state)
    if (post.idea_state, post.idea_reason) == (state, decision.reason):
        return
    post.idea_state, post.idea_reason = state, decision.reason
    post.idea_decided_at, post.idea_decided_by_id = now, member.id
    changes.record(member, "idea.decided", post, None, now)
    db.session.flush()


def _idea(member: ActingMember, post_id: int, now: datetime) -> Post:
    """Return an idea that stands. Locked: its votes are counted one after the other."""
    post = contributions.post_here(member, post_id, now, locked=True)
    if post.deleted_at is not None or post.kind is not PostKind.IDEA:
        raise NotFound()
    return post


def _votes(member: ActingMember):
    return select(Reaction).where(
        Reaction.giver_id == member.id, Reaction.kind == ReactionKind.VOTE, Reaction.comment_id.is_(None)
    )


def _vote(member: ActingMember, post: Post, now: datetime) -> Reaction:
    return Reaction(
        community_id=member.community.id,
        post_id=post.id,
        giver_id=member.id,
        receiver_id=post.author_id,
        kind=ReactionKind.VOTE,
        counted=False,
        at=now,
    )
