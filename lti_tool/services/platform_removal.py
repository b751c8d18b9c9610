"""The end of a platform: nobody gets in by it, its secrets are deleted; what people wrote is kept.

Communities stay with their people, texts and grades, and nobody reaches them. Whoever connects the same LMS
again lets the new registration take the place of the removed one (`succession`): its communities go on there.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, func, select

from lti_tool.errors import Stale, Unfit
from lti_tool.extensions import db
from lti_tool.models import (
    AccessTokenRow,
    Course,
    Deployment,
    LineItem,
    Membership,
    Platform,
    PlatformOrigin,
    PlatformState,
    ScoreDelivery,
    ScoreStatement,
    Seat,
    User,
)
from lti_tool.services import audit


@dataclass(frozen=True)
class Consequences:
    """How much stays, unreachable, when a platform is removed, and how many are inside at this moment."""

    courses: int
    communities: int
    shared: int  # communities that people of another platform are in as well: for them nothing ends
    people: int
    columns: int
    statements: int
    waiting: int  # scores that were to be sent, and will not be


def consequences(platform: Platform) -> Consequences:
    """Count what a removal concerns. One statement."""
    here = (
        select(Course.id, Course.community_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Deployment.platform_id == platform.id)
        .subquery()
    )
    communities = select(here.c.community_id).where(here.c.community_id.is_not(None))
    shared = (
        select(func.count(Course.community_id.distinct()))
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Course.community_id.in_(communities), Deployment.platform_id != platform.id)
    )
    columns = select(LineItem.id).where(LineItem.course_id.in_(select(here.c.id)))
    members = select(Membership.id).join(User, User.id == Membership.user_id)
    statements = select(func.count(ScoreStatement.id)).where(
        ScoreStatement.member_id.in_(members.where(User.platform_id == platform.id))
    )
    waiting = select(func.count(ScoreDelivery.id)).where(
        ScoreDelivery.line_item_id.in_(columns), ScoreDelivery.due_at.is_not(None)
    )
    counts = (
        select(func.count()).select_from(here),
        select(func.count(here.c.community_id.distinct())),
        shared,
        select(func.count(User.id)).where(User.platform_id == platform.id, User.erased_at.is_(None)),
        select(func.count()).select_from(columns.subquery()),
        statements,
        waiting,
    )
    return Consequences(*db.session.execute(select(*map(_counted, counts))).one())


def _counted(count: Select):
    return count.scalar_subquery()


def remove(platform: Platform, typed_name: str, now: datetime, by: int | None = None) -> Consequences:
    """End a platform that is paused.

    Its issuer and client id may be connected anew: the row gives its client id up.

    :param typed_name: the platform's name as the administrator typed it, so that it is this one.
    :raises Stale: `not-suspended`, `platform-removed`. :raises Unfit: another name was typed.
    """
    if platform.removed_at is not None:
        raise Stale("platform-removed")
    if platform.state is not PlatformState.SUSPENDED:
        raise Stale("not-suspended")
    if " ".join(typed_name.split()) != " ".join(platform.name.split()):
        raise Unfit({"name": ["another-name"]})
    told = consequences(platform)
    for table, whose in (
        (Seat, Seat.user_id.in_(select(User.id).where(User.platform_id == platform.id))),
        (AccessTokenRow, AccessTokenRow.platform_id == platform.id),
        (PlatformOrigin, PlatformOrigin.platform_id == platform.id),
    ):
        db.session.execute(delete(table).where(whose).execution_options(synchronize_session=False))
    audit.record_administration(
        by,
        "platform.removed",
        f"platform:{platform.id}",
        now,
        platform.organisation_id,
        client_id=platform.client_id,
        **vars(told),
    )
    platform.removed_at = now
    platform.client_id = f"removed:{platform.id}:{platform.client_id}"[: Platform.client_id.type.length]
    platform.key_set = platform.registration = platform.check_report = None
    platform.key_set_fetched_at = platform.key_set_refetch_at = platform.checked_at = None
    db.session.flush()
    return told
