"""What a change in the life of a community would do, and to whom: counted before anybody decides it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select

from lti_tool.extensions import db
from lti_tool.models import (
    Attachment,
    Comment,
    CommunityState,
    DeliveryState,
    Draft,
    GradeColumn,
    LineItem,
    Post,
    Role,
    ScoreDelivery,
)
from lti_tool.permissions import Act, roles_that_may
from lti_tool.services import life
from lti_tool.services.acting import ActingMember
from lti_tool.services.life import LifeDates
from lti_tool.services.standings import listed_in

_UNSENT = (DeliveryState.READY, DeliveryState.DUE, DeliveryState.SENDING, DeliveryState.HELD)


@dataclass(frozen=True)
class Concerned:
    """Whom and what a change concerns. `others` read while it is open, without leading it."""

    leading: int
    learners: int
    others: int
    contributions: int
    files: int
    drafts: int
    waiting: int  # questions without a reply
    unsent: int  # scores that are not in the LMS as they are here


@dataclass(frozen=True)
class Life:
    """The life of a community as a page shows it: where it is, its dates, where it can be moved by hand."""

    state: str
    since: datetime
    dates: LifeDates
    ahead: tuple[str, ...]
    moves: tuple[str, ...]
    concerned: Concerned | None  # for those who may move it


def shown(member: ActingMember, now: datetime) -> Life:
    """Return the life of the member's community. Two statements for those who lead it, none for others.

    Three of an archive: one whose course meets elsewhere stays one.
    """
    member.must(Act.READ)
    community = member.community
    may = member.may(Act.LEAD_LIFE)
    return Life(
        state=community.state.value,
        since=community.state_since or community.created_at,
        dates=life.dates_of(community),
        ahead=life.AHEAD.get(community.state, ()),
        moves=tuple(state.value for state in life.moves_of(community)) if may else (),
        concerned=_concerned(member, now) if may else None,
    )


def _concerned(member: ActingMember, now: datetime) -> Concerned:
    listed = listed_in(member.community.id, now)
    reading = roles_that_may(Act.READ, CommunityState.OPEN)
    leading = roles_that_may(Act.READ, CommunityState.DRAFT)
    others = [role for role in reading if role not in {Role.LEARNER, *leading}]
    role = listed.c.role
    people = db.session.execute(
        select(
            func.count().filter(role.in_(leading)),
            func.count().filter(role == Role.LEARNER),
            func.count().filter(role.in_(others)),
        ).select_from(listed)
    ).one()
    posts, comments, *rest = db.session.execute(
        select(*(one.scalar_subquery() for one in _things(member.community.id)))
    ).one()
    return Concerned(*people, posts + comments, *rest)


def _things(community_id: int) -> tuple[Select, ...]:
    """Select the numbers of posts, replies, files, drafts, waiting questions and unsent scores."""
    column = select(GradeColumn.id).where(GradeColumn.community_id == community_id)
    items = select(LineItem.id).where(LineItem.column_id.in_(column))
    post = (Post.community_id == community_id, Post.deleted_at.is_(None))
    unsent = or_(ScoreDelivery.state.in_(_UNSENT), ScoreDelivery.changed_since.is_(True))
    return (
        select(func.count()).select_from(Post).where(*post),
        select(func.count())
        .select_from(Comment)
        .where(Comment.community_id == community_id, Comment.deleted_at.is_(None)),
        select(func.count())
        .select_from(Attachment)
        .where(Attachment.community_id == community_id, Attachment.deleted_at.is_(None)),
        select(func.count())
        .select_from(Draft)
        .where(Draft.community_id == community_id, Draft.discarded_at.is_(None)),
        select(func.count()).select_from(Post).where(*post, Post.waits_since.is_not(None)),
        select(func.count()).select_from(ScoreDelivery).where(ScoreDelivery.line_item_id.in_(items), unsent),
    )
