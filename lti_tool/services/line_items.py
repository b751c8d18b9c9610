"""The worker that gives each wanted column its place in an LMS gradebook, its new name, or takes it away.

Claim, call, record.

Each step is a transaction of its own; none is open while the LMS thinks. A worker that is killed between
the LMS's making of the column and our record of it leaves a lapsing lease, and the next one finds the
column by its tag: there is never a second one.
"""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import exists, or_, select, update

from lti_tool.errors import PlatformUnavailable, ServiceRefused
from lti_tool.extensions import db
from lti_tool.lti.gradebook_values import belongs_to_one_link
from lti_tool.lti.host_slots import HOST_BUSY
from lti_tool.lti.scores import GradebookConnection, LineItemSeen, PlatformAccess, access_to
from lti_tool.models import (
    ColumnKind,
    Course,
    Deployment,
    DeploymentState,
    GradeColumn,
    LineItem,
    LineItemState,
    Platform,
    PlatformState,
    ResourceLink,
)
from lti_tool.services import line_item_cells, outbox
from lti_tool.services.problems import Problem, code_of, code_of_outage, detail_of
from lti_tool.services.retries import MOST_TRIES, next_try

# Longer than a token, a listing and a making of a column can take together.
LEASE = timedelta(minutes=4)
TAG = "community-value:"

Clock = Callable[[], datetime]
Transaction = Callable[[], AbstractContextManager[None]]
Connect = Callable[[PlatformAccess, list[str], Clock, Transaction], GradebookConnection]
Pause = Callable[[str], None]


def no_pause(step: str) -> None:
    """Go on: tests put something here that happens between two steps."""


@dataclass(frozen=True)
class Wanted:
    """A claimed line item, with everything the call needs; nothing of it lives in a session."""

    id: int
    lease: str
    access: PlatformAccess
    scopes: list[str]
    container_url: str | None
    ours: bool
    removing: bool  # it is to be deleted
    renaming: bool  # it had another name here when it was bound
    placed: bool
    url: str | None
    tag: str
    resource_id: str
    resource_link_id: str | None
    label: str
    maximum: Decimal
    attempts: int


def make_line_items(
    now: Clock, transaction: Transaction, connect: Connect = GradebookConnection, pause: Pause = no_pause
) -> None:
    """Find, make, rename or read every line item that is wanted and due, one after the other.

    What a trainer has deleted goes the same way.
    """
    while True:
        with transaction():
            wanted = _claim(now())
        if wanted is None:
            return
        pause("line-item-claimed")
        try:
            with connect(wanted.access, wanted.scopes, now, transaction) as gradebook:
                seen = _done(wanted, gradebook)
        except PlatformUnavailable as problem:
            with transaction():
                _try_later(wanted, problem, now())
        except ServiceRefused as problem:
            with transaction():
                _refuse(wanted, problem.code, problem.words, now())
        else:
            pause("line-item-made")
            with transaction():
                _record(wanted, seen, now())
            pause("line-item-recorded")


def lost(line_item_id: int, url: str, problem: ServiceRefused) -> None:
    """Record that the LMS has no column at this address any more, unless another one was bound meanwhile."""
    refused = db.session.execute(
        update(LineItem)
        .where(LineItem.id == line_item_id, LineItem.url == url, LineItem.state == LineItemState.BOUND)
        .values(
            state=LineItemState.REFUSED,
            problem=code_of(problem.code),
            problem_detail=detail_of(problem.words),
        )
    )
    if refused.rowcount:
        line_item_cells.take_off_the_way(line_item_id)


def note_unreadable(line_item_id: int) -> None:
    """Record that the LMS does not let us read the grades of this column: a trainer is asked once."""
    db.session.execute(update(LineItem).where(LineItem.id == line_item_id).values(results_unreadable=True))


def note_storing(line_item_id: int, refusal: str | None) -> None:
    """Record that the LMS meets every score for this column with an error, or that it stores scores again.

    :param refusal: the LMS's own words, perhaps none; None: it stored something.
    """
    values = {"problem": None, "problem_detail": None}
    concerned = LineItem.problem == Problem.NOT_STORED.value
    if refusal is not None:
        values = {"problem": Problem.NOT_STORED.value, "problem_detail": detail_of(refusal)}
        concerned = LineItem.state == LineItemState.BOUND
    db.session.execute(update(LineItem).where(LineItem.id == line_item_id, concerned).values(**values))


def _done(wanted: Wanted, gradebook: GradebookConnection) -> LineItemSeen | None:
    """Do in the LMS what is wanted there; None when the column is deleted."""
    if wanted.removing:
        gradebook.delete_line_item(wanted.url, wanted.tag)
        return None
    return _placed(wanted, gradebook) if wanted.placed else _found_or_made(wanted, gradebook)


def _found_or_made(wanted: Wanted, gradebook: GradebookConnection) -> LineItemSeen:
    if not wanted.ours:
        return _adopted(wanted, gradebook)
    if wanted.renaming:
        return gradebook.rename_line_item(wanted.url, wanted.label)
    return gradebook.find_or_create_line_item(
        wanted.container_url,
        tag=wanted.tag,
        resource_id=wanted.resource_id,
        resource_link_id=wanted.resource_link_id,
        label=wanted.label,
        maximum=wanted.maximum,
        known_url=wanted.url,
    )


def _placed(wanted: Wanted, gradebook: GradebookConnection) -> LineItemSeen:
    """Find the column of a link that was placed, or read it, unless it has the tag of another one of ours."""
    if wanted.url is None:
        if wanted.container_url is None:
            raise ServiceRefused(Problem.LINE_ITEM_GONE, "")
        return gradebook.find_line_item(wanted.container_url, wanted.tag)
    seen = _adopted(wanted, gradebook)
    if seen.tag and seen.tag.startswith(TAG) and seen.tag != wanted.tag:
        raise ServiceRefused(Problem.LINE_ITEM_GONE, "")
    return seen


def _adopted(wanted: Wanted, gradebook: GradebookConnection) -> LineItemSeen:
    """Read the column that a launch named; an LMS that lets us give scores only is taken at its word."""
    try:
        return gradebook.line_item(wanted.url)
    except ServiceRefused as problem:
        if problem.code != Problem.SCOPE_MISSING:
            raise
        return LineItemSeen(url=wanted.url, label=wanted.label, maximum=wanted.maximum, tag=None)


def _claim(now: datetime) -> Wanted | None:
    """Take the line item that has waited longest, for the time of a lease."""
    lease = str(uuid.uuid4())
    due = (
        select(LineItem.id)
        .join(Course, Course.id == LineItem.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(
            LineItem.due_at <= now,  # a refused one has a moment only while it is to be deleted
            LineItem.state.in_((LineItemState.WANTED, LineItemState.REFUSED)),
            or_(LineItem.lease.is_(None), LineItem.lease_until <= now),
            Platform.state == PlatformState.ACTIVE,
            Deployment.state == DeploymentState.ACCEPTED,
        )
        .order_by(LineItem.due_at, LineItem.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=LineItem)
        .cte("due")
    )
    claimed = (
        update(LineItem)
        .where(LineItem.id.in_(select(due.c.id)))
        .values(lease=lease, lease_until=now + LEASE, attempts=LineItem.attempts + 1)
        .returning(LineItem.id)
        .execution_options(synchronize_session=False)
    )
    line_item_id = db.session.scalars(claimed).one_or_none()
    return None if line_item_id is None else _as_wanted(line_item_id, lease)


def _as_wanted(line_item_id: int, lease: str) -> Wanted:
    item, column, course, platform = db.session.execute(
        select(LineItem, GradeColumn, Course, Platform)
        .join(GradeColumn, GradeColumn.id == LineItem.column_id)
        .join(Course, Course.id == LineItem.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(LineItem.id == line_item_id)
        .execution_options(populate_existing=True)
    ).one()
    return Wanted(
        id=item.id,
        lease=lease,
        access=access_to(platform),
        scopes=list(course.grade_scopes or ()),
        container_url=course.line_items_url,
        ours=item.ours,
        removing=item.state is LineItemState.REFUSED,
        renaming=item.url is not None and item.bound_label not in (None, column.name),
        placed=item.placed,
        url=item.url,
        tag=TAG + column.uuid,
        resource_id=column.uuid,
        resource_link_id=_link_graded_by(column, course),
        label=column.name,
        maximum=column.maximum,
        attempts=item.attempts,
    )


def _link_graded_by(column: GradeColumn, course: Course) -> str | None:
    """The link whose one grade the whole score is to be, where the LMS's line items are those of one link.

    That is the link that was opened last, because each launch says where the line items are. Columns beside
    the whole score name none: two of them would overwrite each other's grade.
    """
    if column.kind is not ColumnKind.PARTICIPATION or not course.line_items_url:
        return None
    if not belongs_to_one_link(course.line_items_url):
        return None
    latest_first = (ResourceLink.launched_at.desc(), ResourceLink.id.desc())
    return db.session.scalar(
        select(ResourceLink.resource_link_id)
        .where(ResourceLink.course_id == course.id)
        .order_by(*latest_first)
        .limit(1)
    )


def _record(wanted: Wanted, seen: LineItemSeen | None, now: datetime) -> None:
    if seen is None:
        _forget(wanted, now)
    else:
        _bind(wanted, seen, now)


def _forget(wanted: Wanted, now: datetime) -> None:
    """Record that the column is no longer there, as a trainer wanted; it can be made again."""
    gone = dict.fromkeys(("url", "label", "maximum", "bound_label", "bound_maximum", "due_at"))
    removed = {"problem": Problem.REMOVED.value, "problem_detail": None, "attempts": 0}
    if _change(wanted, now, gone | removed):
        line_item_cells.forget_what_the_old_column_had(wanted.id)


def _bind(wanted: Wanted, seen: LineItemSeen, now: datetime) -> None:
    bound = {
        "state": LineItemState.BOUND,
        "url": seen.url,
        "label": seen.label,
        "maximum": seen.maximum,
        "bound_label": seen.label,
        "bound_maximum": seen.maximum,
        "seen_at": now,
        "due_at": None,
        "attempts": 0,
        "problem": None,
        "problem_detail": None,
    }
    if not _change(wanted, now, bound):
        return
    _name_anew_if_it_was_renamed_meanwhile(wanted, now)
    if wanted.url is not None and wanted.url != seen.url:
        line_item_cells.forget_what_the_old_column_had(wanted.id)
    line_item_cells.free_what_waited_for_it(wanted.id)
    outbox.wake(outbox.SCORES)


def _name_anew_if_it_was_renamed_meanwhile(wanted: Wanted, now: datetime) -> None:
    renamed = exists().where(GradeColumn.id == LineItem.column_id, GradeColumn.name != wanted.label)
    db.session.execute(
        update(LineItem)
        .where(LineItem.id == wanted.id, LineItem.ours, renamed)
        .values(state=LineItemState.WANTED, due_at=now)
        .execution_options(synchronize_session=False)
    )


def _try_later(wanted: Wanted, problem: PlatformUnavailable, now: datetime) -> None:
    if problem.code == HOST_BUSY:
        # It was not our turn: nothing was tried.
        soon = now + timedelta(seconds=problem.facts["retry_after"])
        _change(wanted, now, {"due_at": soon, "attempts": wanted.attempts - 1})
        return
    if wanted.attempts >= MOST_TRIES:
        _refuse(wanted, Problem.GIVEN_UP, problem.words, now)
        return
    code = Problem.BEING_REMOVED if wanted.removing else code_of_outage(problem.code)
    later = {
        "due_at": next_try(now, wanted.attempts, problem.facts.get("retry_after")),
        "problem": code.value,
        "problem_detail": detail_of(problem.words or problem.code),
    }
    _change(wanted, now, later)


def _refuse(wanted: Wanted, code: str, words: str, now: datetime) -> None:
    if wanted.removing:
        _keep(wanted, Problem.NOT_REMOVED, words, now)
        return
    if wanted.renaming and code != Problem.LINE_ITEM_GONE:
        _keep(wanted, Problem.NOT_RENAMED, words, now)
        return
    refused = {
        "state": LineItemState.REFUSED,
        "due_at": None,
        "problem": code_of(code),
        "problem_detail": detail_of(words),
    }
    if _change(wanted, now, refused):
        line_item_cells.take_off_the_way(wanted.id)


def _keep(wanted: Wanted, problem: Problem, words: str, now: datetime) -> None:
    """Record that a column that was to be deleted, or called otherwise, stays and takes scores as before."""
    kept = {"state": LineItemState.BOUND, "due_at": None, "attempts": 0}
    if _change(wanted, now, kept | {"problem": problem.value, "problem_detail": detail_of(words)}):
        outbox.wake(outbox.SCORES)


def _change(wanted: Wanted, now: datetime, values: dict) -> bool:
    """Record an outcome and give the lease back; without the lease nothing is recorded."""
    changed = db.session.execute(
        update(LineItem)
        .where(LineItem.id == wanted.id, LineItem.lease == wanted.lease, LineItem.lease_until > now)
        .values(lease=None, lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )
    return changed.rowcount == 1
