"""What members say, once, to a contribution of somebody else: this helped me, I have met this too."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lti_tool.errors import NotAllowed, NotFound
from lti_tool.extensions import db
from lti_tool.grading.facts import Kind
from lti_tool.models import Comment, Post, PostKind, Reaction, ReactionKind
from lti_tool.permissions import Act
from lti_tool.services import (
    changes,
    contributions,
    facts,
    reading,
    recognition_limits,
    subgroups,
    telling,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.facts import Received
from lti_tool.services.recognition_limits import RECOGNISING
from lti_tool.services.rules import KIND_OF_POST

# What may be said to which posts. Thanks are for what can bring points: an announcement tells, a poll asks.
# A question may help whoever asks themselves the same; its help is not recognised on a topic.
_SAID_TO_POSTS = {
    ReactionKind.HELPED: frozenset(KIND_OF_POST),
    ReactionKind.MET: frozenset({PostKind.QUESTION}),
    ReactionKind.ENDORSED: frozenset({PostKind.EXPERIENCE, PostKind.RESOURCE, PostKind.DISCUSSION}),
}
# To a reply, whatever it stands under.
SAID_TO_REPLIES = frozenset({ReactionKind.HELPED, ReactionKind.ENDORSED})
_COUNTS = {ReactionKind.HELPED: "helped_count", ReactionKind.MET: "met_count"}


@dataclass(frozen=True)
class Said:
    """What a reaction led to: whether it stands, how many there are, and whether points come of it.

    `brings_points` is False only where somebody might expect some: the giver's week is used up.
    """

    stands: bool
    count: int
    brings_points: bool = True


def give(
    member: ActingMember, post_id: int, comment_id: int | None, kind: str, note: str | None, now: datetime
) -> Said:
    """Say something to a contribution of somebody else; once more only changes the line that goes with it.

    :raises NotFound: there is none here that stands, or none that takes this.
    :raises NotAllowed: it is one's own. :raises Stale: its sub-group is closed.
    """
    kind = ReactionKind(kind)
    post, comment = place_for(member, kind, post_id, comment_id, now)
    found = standing(member, post, comment, kind)
    if found is not None:
        found.note = found.note if note is None else note or None
    else:
        counted = kind in RECOGNISING and _is_to_be_noted(member, post, comment, now)
        found = add(member, post, comment, kind, now, counted=counted, note=note or None)
        _count(post, comment, kind, 1)
        if kind is ReactionKind.MET:  # they wait for an answer as the asker does
            reading.follow_unless_muted(member, post.id)
    without = _told_without_points(member, found, now)
    return Said(True, _count(post, comment, kind), not without)


def said_to(post: Post, comment: Comment | None = None) -> frozenset[ReactionKind]:
    """Return what may be said to `comment`, else to `post`: the one rule that pages and forms go by."""
    if comment is not None:
        return SAID_TO_REPLIES
    return frozenset(kind for kind, posts in _SAID_TO_POSTS.items() if post.kind in posts)


def take_back(member: ActingMember, post_id: int, comment_id: int | None, kind: str, now: datetime) -> Said:
    """Take back what one said to a contribution; nothing happens when one said nothing.

    :raises NotFound: there is no such contribution here.
    """
    post, comment = _place(member, post_id, comment_id, now)
    kind = ReactionKind(kind)
    found = standing(member, post, comment, kind)
    if found is not None:
        if found.counted:
            facts.record_taken_back(post, comment, _received(member, found, now), now)
        telling.no_longer_of_reaction(found)
        db.session.delete(found)
        _count(post, comment, kind, -1)
        db.session.flush()
    return Said(False, _count(post, comment, kind))


def place_for(
    member: ActingMember,
    kind: ReactionKind,
    post_id: int,
    comment_id: int | None,
    now: datetime,
    *,
    locked: bool = True,
) -> tuple[Post, Comment | None]:
    """Return a contribution of somebody else to which this may be said: the comment, else the post."""
    post, comment = _place(member, post_id, comment_id, now, locked=locked)
    if (comment or post).author_id == member.id:
        raise NotAllowed("own-contribution", who=["others"])
    if kind not in said_to(post, comment):
        raise NotFound("not-said-to-this")
    subgroups.must_take_new(post)
    return post, comment


def _place(
    member: ActingMember, post_id: int, comment_id: int | None, now: datetime, *, locked: bool = True
) -> tuple[Post, Comment | None]:
    """Return a contribution that stands: the comment, else the post."""
    member.must(Act.REACT)
    if locked:
        changes.in_order(member)
    post = contributions.post_here(member, post_id, now, locked=locked)
    comment = None
    if comment_id is not None:
        comment = contributions.comment_here(member, post_id, comment_id, now, locked=locked)
    contribution = comment or post
    if contribution.deleted_at is not None or contributions.is_coming(post, now):
        raise NotFound()
    return post, comment


def standing(
    member: ActingMember, post: Post, comment: Comment | None, kind: ReactionKind
) -> Reaction | None:
    """Return what this member said so to a contribution, if they did. One statement."""
    wanted = select(Reaction).where(
        Reaction.post_id == post.id,
        Reaction.giver_id == member.id,
        Reaction.kind == kind,
        Reaction.comment_id.is_(None) if comment is None else Reaction.comment_id == comment.id,
    )
    return db.session.scalars(wanted).one_or_none()


def _is_to_be_noted(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> bool:
    """Tell whether a fact is noted for grading: while the week's allowance lasts, and of staff always."""
    if recognition_limits.is_noted(member, post, comment):
        return True
    left = recognition_limits.allowance_of(member, now).left
    return left is None or left > 0


def _told_without_points(member: ActingMember, said: Reaction, now: datetime) -> bool:
    """Tell whether thanks came after those of the week that bring points, where anything does."""
    if said.counted or said.kind is not ReactionKind.HELPED:
        return False
    return recognition_limits.allowance_of(member, now).graded


def add(
    member: ActingMember,
    post: Post,
    comment: Comment | None,
    kind: ReactionKind,
    now: datetime,
    *,
    counted: bool,
    note: str | None,
) -> Reaction:
    """Write down what a member says; when it is `counted`, grading learns of it, where anything counts.

    What is given again after it was taken back has its old number: no week or rule is escaped by that.
    """
    made = Reaction(
        id=facts.number_given_before(post, comment, member.id) if counted else None,
        community_id=member.community.id,
        post_id=post.id,
        comment_id=comment.id if comment else None,
        giver_id=member.id,
        receiver_id=(comment or post).author_id,
        kind=kind,
        note=note,
        counted=counted,
        at=now,
    )
    db.session.add(made)
    db.session.flush()
    if counted:
        facts.record_received(post, comment, _received(member, made, now), now)
    telling.of_reaction(member, made, now)
    return made


def _received(member: ActingMember, said: Reaction, now: datetime) -> Received:
    # Who waited for their turn may act, by their own clock, before what they return.
    returns_at = recognition_limits.last_returned(member, said.receiver_id)
    return Received(
        kind=Kind.RECOGNITION,
        number=said.id,
        receiver_id=said.receiver_id,
        giver_id=said.giver_id,
        by_staff=recognition_limits.is_outside(member),
        returns_at=returns_at and min(returns_at, now),
    )


def _count(post: Post, comment: Comment | None, kind: ReactionKind, by: int = 0) -> int:
    """Change the number of reactions that a contribution shows, and return it."""
    name = _COUNTS.get(kind)
    if name is None:
        return 0
    contribution = comment or post
    setattr(contribution, name, getattr(contribution, name) + by)
    if kind is ReactionKind.HELPED:
        post.thread_helped_count += by
    return getattr(contribution, name)
