"""How much recognition a member may still give (peers F, *anti-gaming*): in a week, and to one other member.

"This helped me" is never refused; beyond the allowance of a week it brings nothing to anybody's score. What
staff recognise is outside of it: it never brings points.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from lti_tool.extensions import db
from lti_tool.grading.periods import monday_of, weekly_periods
from lti_tool.grading.rules import RecognitionRule
from lti_tool.models import Comment, Post, Reaction, ReactionKind, Role
from lti_tool.services import rules
from lti_tool.services.acting import ActingMember

RECOGNISING = (ReactionKind.HELPED, ReactionKind.ENDORSED)


@dataclass(frozen=True)
class Allowance:
    """What a member may give until `renewed_at`; `left` is None for staff, who need none."""

    rule: RecognitionRule
    graded: bool  # whether anything brings points here
    given: int
    left: int | None
    renewed_at: datetime


def is_outside(member: ActingMember) -> bool:
    """Tell whether what somebody recognises brings no points: staff, guests and the LMS's student view."""
    return not member.scored or member.role is not Role.LEARNER


def allowance_of(member: ActingMember, now: datetime) -> Allowance:
    """Return what is left of a member's recognition in the running week. Two statements."""
    in_force = rules.in_force(member.community.id)
    rule = in_force.policy.recognitions if in_force else RecognitionRule()
    starts_at, ends_at = _week(member, in_force.periods if in_force else (), now)
    given = _given_since(member, starts_at)
    return Allowance(
        rule=rule,
        graded=in_force is not None and in_force.policy.graded,
        given=given,
        left=None if is_outside(member) else max(0, rule.allowance - given),
        renewed_at=ends_at,
    )


def is_noted(member: ActingMember, post: Post, comment: Comment | None) -> bool:
    """Tell whether this member's recognition of a contribution is noted already, in another form."""
    wanted = select(Reaction.id).where(
        Reaction.post_id == post.id,
        Reaction.giver_id == member.id,
        Reaction.comment_id.is_(None) if comment is None else Reaction.comment_id == comment.id,
        Reaction.kind.in_(RECOGNISING),
        Reaction.counted.is_(True),
    )
    return db.session.scalars(wanted.limit(1)).first() is not None


def endorsed_so_far(member: ActingMember, receiver_id: int) -> int:
    """Count how often a member has recognised the help of another, over the whole community."""
    wanted = select(func.count()).where(
        Reaction.giver_id == member.id,
        Reaction.receiver_id == receiver_id,
        Reaction.kind == ReactionKind.ENDORSED,
    )
    return db.session.scalars(wanted).one()


def last_returned(member: ActingMember, receiver_id: int) -> datetime | None:
    """Return when somebody last recognised something of this member's; what was taken back is nothing."""
    wanted = (
        select(Reaction.at)
        .where(
            Reaction.giver_id == receiver_id,
            Reaction.receiver_id == member.id,
            Reaction.kind.in_(RECOGNISING),
        )
        .order_by(Reaction.at.desc())
    )
    return db.session.scalars(wanted.limit(1)).first()


def _given_since(member: ActingMember, starts_at: datetime) -> int:
    """Count the contributions that a member recognised: thanked and endorsed, one is one."""
    items = (
        select(Reaction.post_id, Reaction.comment_id)
        .where(
            Reaction.giver_id == member.id,
            Reaction.at >= starts_at,
            Reaction.kind.in_(RECOGNISING),
            Reaction.counted.is_(True),
        )
        .distinct()
    )
    return db.session.scalars(select(func.count()).select_from(items.subquery())).one()


def _week(member: ActingMember, periods, now: datetime) -> tuple[datetime, datetime]:
    """Return the bounds of the running week: of the training, else of the calendar."""
    for period in periods:
        if period.starts_at <= now < period.ends_at:
            return period.starts_at, period.ends_at
    zone = member.community.time_zone
    (week,) = weekly_periods(monday_of(now, zone), 1, zone)
    return week.starts_at, week.ends_at
