"""Taking deliveries for the time of a lease, a few of one line item at once (DESIGN 5, Grade)."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CTE, ColumnElement, Row, and_, bindparam, select, update
from sqlalchemy.orm import aliased

from lti_tool.extensions import db
from lti_tool.lti.scores import PlatformAccess, access_to
from lti_tool.models import (
    Course,
    DeliveryState,
    Deployment,
    DeploymentState,
    Enrolment,
    GradeColumn,
    LineItem,
    LineItemState,
    Membership,
    Platform,
    PlatformState,
    ScoreDelivery,
    User,
)
from lti_tool.services import outbox
from lti_tool.services.problems import Problem
from lti_tool.services.wording import language_of

# Longer than one call with its token can take; it is renewed between any two calls.
LEASE = timedelta(minutes=4)
# A batch has the column read once, which costs the LMS more than many scores.
PER_BATCH = 100


_member, _sender, _sending_user = aliased(Membership), aliased(Membership), aliased(User)
# The learner's language, else that of the trainer who pressed Send.
_LOCALES = (
    _member.locale.label("chosen"),
    User.locale.label("sent"),
    _sender.locale.label("chosen_by_sender"),
    _sending_user.locale.label("sent_of_sender"),
)


# Which score was last sent to a cell: each attempt has a statement, and a stamp later than the one before.
Version = tuple[int | None, datetime | None]


@dataclass(frozen=True)
class Parcel:
    """One claimed delivery; nothing of it lives in a session."""

    id: int
    lease: str
    sub: str
    column_id: int
    language: str  # of what is written beside the score
    version: Version
    not_stored: bool  # the LMS met the last try with an error of its own


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
    claimed_at: datetime
    may_send_unread: bool  # a trainer agreed that nothing is compared where the LMS shows us no grades
    parcels: list[Parcel]


# Whether a row is one parcel's, and still claimed for it: its lease may have lapsed, not been taken.
HELD = and_(
    ScoreDelivery.id == bindparam("parcel"),
    ScoreDelivery.lease == bindparam("held_by"),
    ScoreDelivery.state == DeliveryState.SENDING,
)
# Thousands follow each other: to put it together takes longer than to send it.
_RENEW = (
    update(ScoreDelivery)
    .where(HELD)
    .values(lease_until=bindparam("until", type_=ScoreDelivery.lease_until.type))
    .returning(ScoreDelivery)
    .execution_options(synchronize_session=False, populate_existing=True)
)


def claim(
    now: datetime, passing_by: Collection[int] = (), at_busy_hosts: Collection[int] = ()
) -> Batch | None:
    """Take what is due, or was left by a worker that died, from the line item that has waited longest.

    :param passing_by: deliveries to be left to others, by their ids.
    :param at_busy_hosts: line items to be left for later, by their ids.
    """
    lease = str(uuid.uuid4())
    picked = _picked(_waiting(now, passing_by, at_busy_hosts))
    claimed = (
        update(ScoreDelivery)
        .where(ScoreDelivery.id.in_(select(picked.c.id)))
        .values(state=DeliveryState.SENDING, lease=lease, lease_until=now + LEASE)
        .returning(ScoreDelivery.id)
        .execution_options(synchronize_session=False)
    )
    ids = db.session.scalars(claimed).all()
    return _batch(ids, lease, now) if ids else None


def put_down_what_cannot_go(now: datetime) -> None:
    """Take off the way what a worker that died left in a refused column: nobody will claim it."""
    refused = select(LineItem.id).where(LineItem.state == LineItemState.REFUSED)
    left = (
        select(ScoreDelivery.id)
        .where(
            ScoreDelivery.state == DeliveryState.SENDING,
            ScoreDelivery.lease_until <= now,
            ScoreDelivery.line_item_id.in_(refused),
        )
        .with_for_update(skip_locked=True)
        .cte("left")
    )
    db.session.execute(
        update(ScoreDelivery)
        .where(ScoreDelivery.id.in_(select(left.c.id)))
        .values(state=DeliveryState.READY, due_at=None, lease=None, lease_until=None, asked_since=False)
        .execution_options(synchronize_session=False)
    )


def give_back(parcels: list[Parcel]) -> None:
    """Leave what was claimed as if it had not been: it is still due, and no try was made."""
    if not parcels:
        return
    held = _held(parcels)
    db.session.execute(
        update(ScoreDelivery)
        .where(ScoreDelivery.id.in_(select(held.c.id)))
        .values(state=DeliveryState.DUE, lease=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def renewed(parcel: Parcel, now: datetime) -> ScoreDelivery | None:
    """Return the row of a parcel, locked and with its lease renewed; None once the lease is lost.

    Who gets None neither posts nor records: another worker has, or will have, this delivery.
    """
    return db.session.scalars(_RENEW, held_as(parcel) | {"until": now + LEASE}).one_or_none()


def kept(parcels: list[Parcel], now: datetime) -> list[Parcel]:
    """Renew the leases of a batch, or of what is left of it; return those parcels that are still held.

    Lapsed ones too: a lease that still has our name was not taken by anybody.
    """
    if not parcels:
        return []
    held = _held(parcels)
    mine = update(ScoreDelivery).where(ScoreDelivery.id.in_(select(held.c.id)))
    mine = mine.values(lease_until=now + LEASE)
    told = mine.returning(ScoreDelivery.id).execution_options(synchronize_session=False)
    ids = set(db.session.scalars(told))
    return [parcel for parcel in parcels if parcel.id in ids]


def version_of(cell: ScoreDelivery | Row) -> Version:
    """Return the version of a cell; it is another one as soon as anybody sends something to it."""
    return cell.attempted_statement_id, cell.last_timestamp


def held_as(parcel: Parcel) -> dict[str, object]:
    """Return what `HELD` asks for."""
    return {"parcel": parcel.id, "held_by": parcel.lease}


def _held(parcels: list[Parcel]) -> CTE:
    """Choose those that are still ours, locked in the order in which `cells` writes them: no deadlock."""
    return (
        select(ScoreDelivery.id)
        .where(
            ScoreDelivery.id.in_([parcel.id for parcel in parcels]),
            ScoreDelivery.lease == parcels[0].lease,
            ScoreDelivery.state == DeliveryState.SENDING,
        )
        .order_by(ScoreDelivery.line_item_id, ScoreDelivery.enrolment_id)
        .with_for_update()
        .cte("held")
    )


def _waiting(
    now: datetime, passing_by: Collection[int], at_busy_hosts: Collection[int]
) -> ColumnElement[bool]:
    waits = outbox.to_be_done(ScoreDelivery, DeliveryState.DUE, DeliveryState.SENDING, now)
    if passing_by:
        waits = and_(waits, ScoreDelivery.id.not_in(passing_by))
    return and_(waits, ScoreDelivery.line_item_id.not_in(at_busy_hosts)) if at_busy_hosts else waits


def _picked(due: ColumnElement[bool]) -> CTE:
    """Choose the rows to claim. On PostgreSQL workers pass by what another one is claiming."""
    first = (
        select(ScoreDelivery.line_item_id)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .join(Course, Course.id == LineItem.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .join(GradeColumn, GradeColumn.id == LineItem.column_id)
        .where(
            due,
            LineItem.state == LineItemState.BOUND,
            Platform.state == PlatformState.ACTIVE,
            Deployment.state == DeploymentState.ACCEPTED,
            GradeColumn.paused_at.is_(None),
        )
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


def _batch(ids: list[int], lease: str, now: datetime) -> Batch:
    found = db.session.execute(
        select(
            ScoreDelivery.id,
            User.sub,
            ScoreDelivery.attempted_statement_id,
            ScoreDelivery.last_timestamp,
            ScoreDelivery.problem,
            *_LOCALES,
            LineItem,
            GradeColumn.community_id,
            Course,
            Platform,
        )
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .join(GradeColumn, GradeColumn.id == LineItem.column_id)
        .join(Course, Course.id == LineItem.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .join(Enrolment, Enrolment.id == ScoreDelivery.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .join(_member, _member.id == ScoreDelivery.member_id)
        .outerjoin(_sender, _sender.id == ScoreDelivery.asked_by_id)
        .outerjoin(_sending_user, _sending_user.id == _sender.user_id)
        .where(ScoreDelivery.id.in_(ids))
        .order_by(ScoreDelivery.due_at, ScoreDelivery.id)
    ).all()
    *_, item, community_id, course, platform = found[0]
    return Batch(
        line_item_id=item.id,
        url=item.url,
        community_id=community_id,
        platform_id=platform.id,
        access=access_to(platform),
        scopes=list(course.grade_scopes or ()),
        clock_offset=platform.clock_offset,
        claimed_at=now,
        may_send_unread=item.unread_accepted_at is not None,
        parcels=[_parcel(row, lease, item.column_id) for row in found],
    )


def _parcel(row: Row, lease: str, column_id: int) -> Parcel:
    language = language_of(row.chosen, row.sent, row.chosen_by_sender, row.sent_of_sender)
    not_stored = row.problem == Problem.NOT_STORED
    return Parcel(row.id, lease, row.sub, column_id, language, version_of(row), not_stored)
