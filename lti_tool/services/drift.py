"""Finds what was changed in an LMS's gradebook behind our back: after sending, and every night.

What differs from what the LMS had said yes to is held and shown beside ours; nothing is sent by this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select, update

from lti_tool.errors import PlatformUnavailable, ServiceRefused
from lti_tool.extensions import db
from lti_tool.lti.scores import GradebookConnection, PlatformAccess, Result, access_to
from lti_tool.models import (
    Course,
    DeliveryState,
    Deployment,
    DeploymentState,
    Enrolment,
    LineItem,
    LineItemState,
    Platform,
    PlatformState,
    ScoreDelivery,
    User,
)
from lti_tool.services import line_items
from lti_tool.services.attempts import mark_of
from lti_tool.services.column_reading import ColumnReading
from lti_tool.services.comparison import Mark, is_ours, is_still
from lti_tool.services.line_items import Clock, Connect, Pause, Transaction, no_pause
from lti_tool.services.nights import NIGHT_LASTS, minutes_into, night_before
from lti_tool.services.parcels import version_of
from lti_tool.services.problems import Problem

# Longer than the reading of a large column at a slow LMS.
LEASE = timedelta(minutes=10)
# Where the LMS has what we know it to have, unless somebody changed it there.
AT_REST = (DeliveryState.CONFIRMED, DeliveryState.READY)


@dataclass(frozen=True)
class Looked:
    """A column that is looked at; nothing of it lives in a session."""

    line_item_id: int
    url: str
    access: PlatformAccess
    scopes: list[str]


def look_at_columns(
    zone: str,
    now: Clock,
    transaction: Transaction,
    connect: Connect = GradebookConnection,
    pause: Pause = no_pause,
) -> None:
    """Look once a night at every column that has scores of ours, one after the other.

    :param zone: the installation's IANA time zone. A column that cannot be read is left until the next night.
    """
    while True:
        with transaction():
            looked = _claim(now(), zone)
        if looked is None:
            return
        pause("column-claimed")
        try:
            with connect(looked.access, looked.scopes, now, transaction) as gradebook:
                _look(looked, gradebook, now, transaction)
        except (PlatformUnavailable, ServiceRefused) as problem:
            if problem.code == Problem.LINE_ITEM_GONE:
                with transaction():
                    line_items.lost(looked.line_item_id, looked.url, problem)
        pause("column-looked-at")
        with transaction():
            _give_back(looked, now())


def hold_what_differs(
    read: ColumnReading, theirs: Mapping[str, Result], now: datetime, *, emptied: bool = True
) -> int:
    """Hold each cell of a column whose value is not what the LMS had confirmed; return how many were.

    A cell to which anybody has sent something since the reading, or was sending when it began, is left alone:
    what arrived since is newer.

    :param theirs: what of the reading is to be looked at, by `sub`.
    :param emptied: whether a cell that is not among them is an empty one; else it is left alone.
    """
    found = db.session.execute(
        select(ScoreDelivery, User.sub)
        .join(Enrolment, Enrolment.id == ScoreDelivery.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .where(
            ScoreDelivery.line_item_id == read.line_item_id,
            ScoreDelivery.state.in_(AT_REST),
            ScoreDelivery.confirmed_value.is_not(None),
            ScoreDelivery.attempt_open.is_(False),
            Enrolment.active,
        )
        .order_by(ScoreDelivery.id)
        .with_for_update(of=ScoreDelivery, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    held = 0
    for cell, sub in found.all():
        if read.versions.get(cell.id) != version_of(cell) or (not emptied and sub not in theirs):
            continue
        seen = mark_of(theirs.get(sub), cell.confirmed_maximum)
        confirmed = Mark(cell.confirmed_value, cell.confirmed_maximum)
        if not (is_ours(seen, confirmed, ()) or _is_known(cell, seen)):
            _hold(cell, seen, now)
            held += 1
    db.session.flush()
    return held


def _is_known(cell: ScoreDelivery, seen: Mark | None) -> bool:
    """Tell whether a value of ours that was on its way may have arrived later than its answer."""
    attempted = cell.attempted_value is not None and Mark(cell.attempted_value, cell.attempted_maximum)
    return bool(attempted) and is_still(seen, attempted)


def _hold(cell: ScoreDelivery, seen: Mark | None, at: datetime) -> None:
    cell.state, cell.due_at = DeliveryState.HELD, None
    cell.overwrite = False  # what was decided was about another value
    cell.theirs_empty = seen is None
    cell.theirs_value = None if seen is None else seen.value
    cell.theirs_maximum = None if seen is None else seen.maximum
    cell.theirs_seen_at = at
    cell.problem, cell.problem_detail = Problem.CHANGED_THERE.value, None


def _look(looked: Looked, gradebook: GradebookConnection, now: Clock, transaction: Transaction) -> None:
    _see_the_column(looked, gradebook, now, transaction)
    read = ColumnReading(looked.line_item_id, now, transaction)
    read.read_anew(gradebook, looked.url)
    with transaction():
        hold_what_differs(read, read.all, now())


def _see_the_column(
    looked: Looked, gradebook: GradebookConnection, now: Clock, transaction: Transaction
) -> None:
    """Note name and maximum as they are now; an LMS that does not show them keeps its secret."""
    try:
        seen = gradebook.line_item(looked.url)
    except ServiceRefused as problem:
        if problem.code != Problem.SCOPE_MISSING:
            raise
        return
    with transaction():
        db.session.execute(
            update(LineItem)
            .where(LineItem.id == looked.line_item_id, LineItem.url == looked.url)
            .values(label=seen.label, maximum=seen.maximum, seen_at=now())
        )


def _claim(now: datetime, zone: str) -> Looked | None:
    begun = night_before(now, zone)
    has_scores = exists().where(
        ScoreDelivery.line_item_id == LineItem.id, ScoreDelivery.confirmed_value.is_not(None)
    )
    due = (
        select(LineItem.id)
        .join(Course, Course.id == LineItem.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(
            LineItem.state == LineItemState.BOUND,
            Platform.state == PlatformState.ACTIVE,
            Deployment.state == DeploymentState.ACCEPTED,
            or_(LineItem.checked_at.is_(None), LineItem.checked_at < begun),
            or_(LineItem.check_lease_until.is_(None), LineItem.check_lease_until <= now),
            LineItem.id * 37 % NIGHT_LASTS <= minutes_into(begun, now),
            has_scores,
        )
        .order_by(LineItem.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=LineItem)
        .cte("due")
    )
    claimed = (
        update(LineItem)
        .where(LineItem.id.in_(select(due.c.id)))
        .values(check_lease_until=now + LEASE)
        .returning(LineItem.id)
        .execution_options(synchronize_session=False)
    )
    line_item_id = db.session.scalars(claimed).one_or_none()
    return None if line_item_id is None else _looked(line_item_id)


def _looked(line_item_id: int) -> Looked:
    item, course, platform = db.session.execute(
        select(LineItem, Course, Platform)
        .join(Course, Course.id == LineItem.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(LineItem.id == line_item_id)
        .execution_options(populate_existing=True)
    ).one()
    return Looked(item.id, item.url, access_to(platform), list(course.grade_scopes or ()))


def _give_back(looked: Looked, now: datetime) -> None:
    db.session.execute(
        update(LineItem)
        .where(and_(LineItem.id == looked.line_item_id, LineItem.check_lease_until.is_not(None)))
        .values(check_lease_until=None, checked_at=now)
    )
