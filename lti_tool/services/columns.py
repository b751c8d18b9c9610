"""Switching grading on: the rules, the weeks, the column, and what the LMS is asked to hold."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import or_, select, update

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.grading.policy import POINTS_AND_PACE, Policy
from lti_tool.models import (
    ColumnKind,
    Course,
    Deployment,
    GradeColumn,
    GradingPolicy,
    LineItem,
    LineItemState,
    Platform,
    ResourceLink,
)
from lti_tool.permissions import Act
from lti_tool.services import audit, calendar, line_item_cells, outbox, running_scores
from lti_tool.services.acting import ActingMember
from lti_tool.services.problems import Problem
from lti_tool.services.upserts import insert_unless_there

# AGS 2.0, part 3.1: what an LMS must grant before it lets a tool make columns.
MAKE_COLUMNS = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"

USUAL_MAXIMUM = Decimal(20)
FIRST_VERSION = 1

LONGEST_COLUMN_NAME = 200


@dataclass(frozen=True)
class ColumnDraft:
    """What a trainer decides. `adopt` is the resource link whose own column to use, None makes a new one."""

    name: str
    maximum: Decimal
    adopt: int | None
    starts_on: date  # any day of the first week
    weeks: int


@dataclass(frozen=True)
class Offer:
    """A column that the LMS already has for one of our activities."""

    resource_link_id: int
    title: str | None
    of_prompt: bool  # the activity opens a prompt, not the community


@dataclass(frozen=True)
class Beginning:
    """What the page knows before grading is on."""

    offers: list[Offer]
    can_create: bool  # the LMS lets us make a column in at least one course
    lms_name: str | None
    zone: str
    policy: Policy
    starts_on: date
    weeks: int

    @property
    def for_whole_score(self) -> list[Offer]:
        """The offered columns that are not a prompt's: a copied course brings its prompts' columns along."""
        return [offer for offer in self.offers if not offer.of_prompt]


def beginning(member: ActingMember, now: datetime) -> Beginning:
    """Return what a trainer is shown before switching grading on; two statements."""
    member.must(Act.MANAGE_GRADES)
    courses = _courses(member.community.id)
    spans = calendar.usual_periods(member.community)
    return Beginning(
        offers=_offers(member.community.id),
        can_create=any(_lets_us_make_columns(course) for course, _ in courses),
        lms_name=courses[0][1] if courses else None,
        zone=member.community.time_zone,
        policy=POINTS_AND_PACE,
        starts_on=member.community.starts_on or calendar.first_monday(member.community, now),
        weeks=len(spans) or calendar.USUAL_WEEKS,
    )


def switch_on(member: ActingMember, draft: ColumnDraft, now: datetime) -> bool:
    """Switch grading on for the community; tell whether this call did it or somebody was faster.

    Nothing is made in the LMS here: the line items are wanted, a worker makes or reads them.

    :raises Stale: the column to be adopted is no longer offered.
    """
    member.must(Act.MANAGE_GRADES)
    adopted = offered(member.community.id, draft.adopt) if draft.adopt is not None else None
    policy_id = _first_policy(member, now)
    if policy_id is None:
        return False
    calendar.lay_out(member.community, draft.starts_on, draft.weeks)
    column = make(
        member,
        kind=ColumnKind.PARTICIPATION,
        measures=ColumnKind.PARTICIPATION.value,
        name=draft.name,
        maximum=draft.maximum,
        policy_id=policy_id,
        prompt_id=None,
        now=now,
    )
    want_line_items(column, adopted, now)
    audit.record(
        member,
        "grading.switched-on",
        f"column:{column.id}",
        now,
        name=draft.name,
        maximum=str(draft.maximum),
        weeks=draft.weeks,
        starts_on=member.community.starts_on.isoformat(),
        adopted_link=draft.adopt,
    )
    db.session.flush()
    outbox.wake(outbox.LINE_ITEMS)
    return True


def make_again(member: ActingMember, line_item_id: int, now: datetime) -> None:
    """Have a line item looked for, or made, once more. Harmless for one that is well.

    :raises NotFound: no such line item here.
    """
    member.must(Act.MANAGE_GRADES)
    item = line_item_here(member, line_item_id)
    if item.state is LineItemState.BOUND or item.problem in (
        Problem.BEING_REMOVED,
        Problem.COURSE_ELSEWHERE,
    ):
        return
    if item.placed and item.url is None:  # the link that it belonged to is not in the course: one of our own
        item.placed, item.ours = False, True
    item.state, item.due_at, item.attempts = LineItemState.WANTED, now, 0
    item.problem = item.problem_detail = None
    item.bound_label = None  # it is wanted, not to be renamed: one that is gone is made again
    audit.record(member, "grading.line-item-again", f"line-item:{item.id}", now)
    db.session.flush()
    outbox.wake(outbox.LINE_ITEMS)


def line_item_here(member: ActingMember, line_item_id: int) -> LineItem:
    """Return a line item of the acting trainer's community.

    :raises NotFound: no such line item here.
    """
    item = db.session.scalars(
        select(LineItem)
        .join(GradeColumn, GradeColumn.id == LineItem.column_id)
        .where(LineItem.id == line_item_id, GradeColumn.community_id == member.community.id)
    ).one_or_none()
    if item is None:
        raise NotFound()
    return item


def _first_policy(member: ActingMember, now: datetime) -> int | None:
    """Store version 1 of the rules; None when there is one already: two parallel clicks make one column."""
    key = {"community_id": member.community.id, "version": FIRST_VERSION}
    values = {
        "settings": POINTS_AND_PACE.as_settings(),
        "time_zone": member.community.time_zone,
        "decided_by_id": member.id,
        "decided_at": now,
    }
    if not insert_unless_there(GradingPolicy, key, values):
        return None
    return db.session.scalars(select(GradingPolicy.id).filter_by(**key)).one()


def make(
    member: ActingMember,
    *,
    kind: ColumnKind,
    measures: str,
    name: str,
    maximum: Decimal,
    policy_id: int,
    prompt_id: int | None,
    now: datetime,
) -> GradeColumn:
    """Store a column of the acting trainer's community; its line items are another step.

    In the space of a group it is called after the group as well: the gradebook has the columns of all.
    """
    name = _of_group(member.community.id, name)
    column = GradeColumn(
        community_id=member.community.id,
        uuid=uuid.uuid4().hex,  # without hyphens: Open edX takes 50 characters for a tag
        kind=kind,
        measures=measures,
        name=name,
        maximum=maximum,
        policy_id=policy_id,
        prompt_id=prompt_id,
        switched_on_by_id=member.id,
        switched_on_at=now,
    )
    db.session.add(column)
    db.session.flush()
    running_scores.begin(column, now)
    return column


def _of_group(community_id: int, name: str) -> str:
    wanted = select(Course.label).where(Course.community_id == community_id, Course.part_of_id.is_not(None))
    group = db.session.scalars(wanted.limit(1)).one_or_none()
    if group is None or group in name:
        return name
    behind = f" · {group}"[: LONGEST_COLUMN_NAME // 2]
    return name[: LONGEST_COLUMN_NAME - len(behind)] + behind


def want_line_items(column: GradeColumn, adopted: ResourceLink | None, now: datetime) -> None:
    """Have a worker find, make or read the column in the LMS of each of the community's courses."""
    for course, _ in _courses(column.community_id):
        db.session.add(_wanted_line_item(column, course, adopted, now))
    db.session.flush()


def want_in_course(course: Course, community_id: int, now: datetime, *, make: bool) -> None:
    """Have the columns of a community stand in the gradebook of a course that meets there now.

    What it had of them before is looked for and used again. The caller has moved the course.

    :param make: a trainer decides; else the trainer's page says that they are missing, and offers it.
    """
    known = {
        item.column_id: item for item in db.session.scalars(select(LineItem).filter_by(course_id=course.id))
    }
    wanted = select(GradeColumn).where(GradeColumn.community_id == community_id).order_by(GradeColumn.id)
    for column in db.session.scalars(wanted).all():
        item = known.get(column.id)
        if item is None:
            item = _wanted_line_item(column, course, None, now)
            db.session.add(item)
        elif item.problem == Problem.COURSE_ELSEWHERE:
            item.state, item.due_at, item.attempts = LineItemState.WANTED, now, 0
            item.problem = item.problem_detail = item.bound_label = None
        else:
            continue
        if not make and item.state is LineItemState.WANTED:
            item.state, item.due_at, item.problem = LineItemState.REFUSED, None, Problem.LINE_ITEM_GONE.value
    db.session.flush()
    outbox.wake(outbox.LINE_ITEMS)


def leave_course(course_id: int, community_id: int) -> None:
    """Have nothing more go from a community to the gradebook of a course that leaves it. Two statements.

    A worker that is at one of these columns finds its lease gone; a score that is being sent arrives.
    """
    of_community = select(GradeColumn.id).where(GradeColumn.community_id == community_id)
    # What a trainer has had deleted, or is having deleted, stays so.
    gone = LineItem.problem.in_((Problem.BEING_REMOVED.value, Problem.REMOVED.value))
    here = (
        LineItem.course_id == course_id,
        LineItem.column_id.in_(of_community),
        or_(LineItem.problem.is_(None), ~gone),
    )
    line_item_cells.take_off_the_ways(select(LineItem.id).where(*here))
    told = {
        "state": LineItemState.REFUSED,
        "problem": Problem.COURSE_ELSEWHERE.value,
        **dict.fromkeys(("problem_detail", "due_at", "lease", "lease_until")),
    }
    db.session.execute(
        update(LineItem).where(*here).values(told).execution_options(synchronize_session="fetch")
    )


def want_elsewhere(column: GradeColumn, course_id: int, now: datetime) -> None:
    """Say of the community's other courses that they have no such column yet; a trainer may have it made."""
    for course, _ in _courses(column.community_id):
        if course.id != course_id:
            db.session.add(
                LineItem(
                    column_id=column.id,
                    course_id=course.id,
                    state=LineItemState.REFUSED,
                    ours=True,
                    problem=Problem.LINE_ITEM_GONE.value,
                )
            )
    db.session.flush()


def _wanted_line_item(
    column: GradeColumn, course: Course, adopted: ResourceLink | None, now: datetime
) -> LineItem:
    item = LineItem(
        column_id=column.id, course_id=course.id, state=LineItemState.WANTED, ours=True, due_at=now
    )
    if adopted is not None and adopted.course_id == course.id:
        item.ours, item.url, item.resource_link_id = False, adopted.line_item_url, adopted.id
    elif not _lets_us_make_columns(course):
        item.state, item.due_at = LineItemState.REFUSED, None
        item.problem = (Problem.SCOPE_MISSING if course.line_items_url else Problem.NO_GRADE_SERVICE).value
    return item


def _lets_us_make_columns(course: Course) -> bool:
    return bool(course.line_items_url) and MAKE_COLUMNS in (course.grade_scopes or ())


def _courses(community_id: int) -> list[tuple[Course, str]]:
    """Return the courses of a community with the names of their LMSs."""
    found = db.session.execute(
        select(Course, Platform.name)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(Course.community_id == community_id)
        .order_by(Course.id)
    )
    return [(course, name) for course, name in found]


def _offers(community_id: int) -> list[Offer]:
    found = db.session.scalars(
        select(ResourceLink)
        .join(Course, Course.id == ResourceLink.course_id)
        .where(Course.community_id == community_id, ResourceLink.line_item_url.is_not(None))
        .order_by(ResourceLink.id)
    )
    return [Offer(link.id, link.title, link.activity is not None) for link in found if link.line_item_url]


def offered(community_id: int, resource_link_id: int) -> ResourceLink:
    """Return an activity of this community whose own column the LMS has named.

    :raises Stale: it has none, or is not of this community.
    """
    link = db.session.scalars(
        select(ResourceLink)
        .join(Course, Course.id == ResourceLink.course_id)
        .where(Course.community_id == community_id, ResourceLink.id == resource_link_id)
    ).one_or_none()
    if link is None or not link.line_item_url:
        raise Stale("offer-gone")
    return link
