"""Taking deliveries for the time of a lease, a few of one line item at once (DESIGN 5, Grade)."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CTE, Update, and_, or_, select, update

from lti_tool.extensions import db
from lti_tool.lti.scores import PlatformAccess, access_to
from lti_tool.models import (
    Course,
    DeliveryState,
    Deployment,
    Enrolment,
    GradeColumn,
    LineItem,
    LineItemState,
    Platform,
    PlatformState,
    ScoreDelivery,
    User,
)

# Longer than one call with its token can take; it is renewed between any two calls.
LEASE = timedelta(minutes=4)
PER_BATCH = 20


@dataclass(frozen=True)
class Parcel:
    """One claimed delivery; nothing of it lives in a session."""

    id: int
    lease: str
    sub: str


@dataclass(frozen=True)
class Batch:
    """Claimed deliveries of one line item, and how to call its LMS."""

    line_item_id: int
    url: str
    community_id: int
    platform_id: int
    access: PlatformAccess
    scopes: list[str]
    clock_offset: float
    parcels: list[Parcel]


def claim(now: datetime, passing_by: Collection[int] = ()) -> Batch | None:
    """Take what is due, or was left by a worker that died, from the line item that has waited longest.

    :param passing_by: deliveries to be left to others, by their ids.
    """
    lease = str(uuid.uuid4())
    picked = _picked(now, passing_by)
    claimed = (
        update(ScoreDelivery)
        .where(ScoreDelivery.id.in_(select(picked.c.id)))
        .values(state=DeliveryState.SENDING, lease=lease, lease_until=now + LEASE)
        .returning(ScoreDelivery.id)
        .execution_options(synchronize_session=False)
    )
    ids = db.session.scalars(claimed).all()
    return _batch(ids, lease) if ids else None


def renewed(parcel: Parcel, now: datetime) -> ScoreDelivery | None:
    """Return the row of a parcel, locked and with its lease renewed; None once the lease is lost.

    Who gets None neither posts nor records: another worker has, or will have, this delivery.
    """
    mine = _renewal([parcel], now).returning(ScoreDelivery).execution_options(populate_existing=True)
    return db.session.scalars(mine).one_or_none()


def kept(parcels: list[Parcel], now: datetime) -> list[Parcel]:
    """Renew the leases of a batch, or of what is left of it; return those parcels that are still held."""
    if not parcels:
        return []
    ids = set(db.session.scalars(_renewal(parcels, now).returning(ScoreDelivery.id)))
    return [parcel for parcel in parcels if parcel.id in ids]


def _renewal(parcels: list[Parcel], now: datetime) -> Update:
    """Renew leases, also lapsed ones: a lease that still has our name was not taken by anybody."""
    return (
        update(ScoreDelivery)
        .where(
            ScoreDelivery.id.in_([parcel.id for parcel in parcels]),
            ScoreDelivery.lease == parcels[0].lease,
            ScoreDelivery.state == DeliveryState.SENDING,
        )
        .values(lease_until=now + LEASE)
        .execution_options(synchronize_session=False)
    )


def _picked(now: datetime, passing_by: Collection[int]) -> CTE:
    """Choose the rows to claim. On PostgreSQL workers pass by what another one is claiming."""
    waits = or_(
        and_(ScoreDelivery.state == DeliveryState.DUE, ScoreDelivery.due_at <= now),
        and_(ScoreDelivery.state == DeliveryState.SENDING, ScoreDelivery.lease_until <= now),
    )
    due = and_(waits, ScoreDelivery.id.not_in(passing_by)) if passing_by else waits
    first = (
        select(ScoreDelivery.line_item_id)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .join(Course, Course.id == LineItem.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(due, LineItem.state == LineItemState.BOUND, Platform.state == PlatformState.ACTIVE)
        .order_by(ScoreDelivery.due_at, ScoreDelivery.id)
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(ScoreDelivery.id)
        .where(due, ScoreDelivery.line_item_id == first)
        .order_by(ScoreDelivery.due_at, ScoreDelivery.id)
        .limit(PER_BATCH)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )


def _batch(ids: list[int], lease: str) -> Batch:
    found = db.session.execute(
        select(ScoreDelivery.id, User.sub, LineItem, GradeColumn.community_id, Course, Platform)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .join(GradeColumn, GradeColumn.id == LineItem.column_id)
        .join(Course, Course.id == LineItem.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .join(Enrolment, Enrolment.id == ScoreDelivery.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .where(ScoreDelivery.id.in_(ids))
        .order_by(ScoreDelivery.due_at, ScoreDelivery.id)
    ).all()
    _, _, item, community_id, course, platform = found[0]
    return Batch(
        line_item_id=item.id,
        url=item.url,
        community_id=community_id,
        platform_id=platform.id,
        access=access_to(platform),
        scopes=list(course.grade_scopes or ()),
        clock_offset=platform.clock_offset,
        parcels=[Parcel(delivery_id, lease, sub) for delivery_id, sub, *_ in found],
    )
