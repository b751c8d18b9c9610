"""What waits for those who look after a community, as their home tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, func, select

from lti_tool.extensions import db
from lti_tool.models import Comment, Membership, MembershipState, Post, Prompt, Role
from lti_tool.permissions import Act
from lti_tool.services import dividing_outlook, helping, moderation_views, people, to_mark
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person
from lti_tool.services.rules import Rules

MOST_COUNTED = 99
# Who came lately and has not written yet: looked for among so many, so many are named.
LATELY, NEWCOMERS_LOOKED_AT, NEWCOMERS_NAMED = timedelta(days=21), 100, 5
PROMPTS_NAMED = 3


@dataclass(frozen=True)
class Coming:
    """A prompt that has not opened yet."""

    post_id: int
    title: str
    opens_at: datetime


@dataclass(frozen=True)
class Today:
    """Questions beyond the target, at most MOST_COUNTED; `to_mark` is None where nothing is graded."""

    late: int
    newcomers: Sequence[Person]
    coming: Sequence[Coming]
    to_mark: int | None
    to_look_at: int = 0  # reports, and answers to what was decided
    new_groups: int = 0  # of a divided course, without a space

    @property
    def anything(self) -> bool:
        """Whether something waits."""
        return bool(
            self.to_look_at or self.new_groups or self.late or self.newcomers or self.coming or self.to_mark
        )


def today(member: ActingMember, by: Rules | None, now: datetime) -> Today | None:
    """Return what waits for a member who looks after the community, None for the others.

    A constant number of statements, each bounded.

    :param by: the rules of the whole score, None while nothing is graded.
    """
    if not member.may(Act.ARRANGE):
        return None
    late, to_look_at, new_groups = _waiting(member, now)
    return Today(
        late=late,
        newcomers=_newcomers(member, now),
        coming=_coming(member, now),
        to_look_at=to_look_at,
        new_groups=new_groups,
        to_mark=to_mark.count_lately(member, by, now) if by and member.may(Act.MANAGE_GRADES) else None,
    )


def _waiting(member: ActingMember, now: datetime) -> tuple[int, int, int]:
    """Count the questions beyond the target, what moderators are to look at, and groups without a space that
    came lately to a divided course. One statement.
    """
    conditions = [*helping.waiting_for(member, now), Post.waits_since <= helping.late_since(member, now)]
    waiting = select(Post.id).where(*conditions).order_by(Post.waits_since).limit(MOST_COUNTED).subquery()
    late = select(func.count()).select_from(waiting).scalar_subquery()
    wanted = select(late, moderation_views.counted(member), dividing_outlook.new_groups(member))
    return tuple(db.session.execute(wanted).one())


def _newcomers(member: ActingMember, now: datetime) -> list[Person]:
    """Return learners who came lately and have written nothing yet, the latest first."""
    latest = (
        select(Membership.id)
        .where(Membership.community_id == member.community.id, Membership.joined_at > now - LATELY)
        .order_by(Membership.joined_at.desc(), Membership.id.desc())
        .limit(NEWCOMERS_LOOKED_AT)
        .subquery()
    )
    silent = (
        select(latest.c.id)
        .join(Membership, Membership.id == latest.c.id)
        .where(
            Membership.last_seen_at.is_not(None),
            Membership.state == MembershipState.ACTIVE,
            ~exists().where(Post.author_id == latest.c.id),
            ~exists().where(Comment.author_id == latest.c.id),
        )
    )
    found = people.described_in_one(silent, now, Membership.joined_at.desc(), Membership.id.desc()).values()
    learners = [one for one in found if one.role == Role.LEARNER.value and not one.test_user]
    return learners[:NEWCOMERS_NAMED]


def _coming(member: ActingMember, now: datetime) -> list[Coming]:
    wanted = (
        select(Post.id, Post.title, Prompt.opens_at)
        .join(Post, and_(Post.prompt_id == Prompt.id, Post.opens_prompt.is_(True)))
        .where(
            Prompt.community_id == member.community.id,
            Post.community_id == member.community.id,  # whichever table a planner begins with: an index
            Prompt.opens_at > now,
            Prompt.withdrawn_at.is_(None),
            Post.deleted_at.is_(None),
        )
        .order_by(Prompt.opens_at, Prompt.id)
        .limit(PROMPTS_NAMED)
    )
    return [Coming(*row) for row in db.session.execute(wanted)]
