"""The trainer's page: everybody's score in one column, what the LMS has of it, and what there is to do."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from lti_tool.errors import NotFound
from lti_tool.grading.columns import PromptDates
from lti_tool.grading.policy import Part, Policy
from lti_tool.models import LineItemState
from lti_tool.permissions import Act
from lti_tool.services import (
    column_views,
    course_groups,
    delivery_views,
    participation,
    questions,
    rules,
    running_scores,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.column_views import ColumnView, LineItemView
from lti_tool.services.course_groups import CourseGroupView
from lti_tool.services.delivery_views import DeliveryView
from lti_tool.services.people import Person
from lti_tool.services.rules import Rules
from lti_tool.services.running_scores import Running

ALL, TO_SEND, PROBLEMS, QUIET = "all", "to-send", "problems", "quiet"
SHOWN = (ALL, TO_SEND, PROBLEMS, QUIET)
PER_PAGE = 100
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """What of the table is asked for; what is no choice is read as the usual one. `page` counts from 1."""

    column_id: int | None = None
    show: str = ALL
    sort: str = "name"
    descending: bool = False
    search: str = ""
    group_id: int | None = None
    page: int = 1


@dataclass(frozen=True)
class GradeRow:
    """One learner on the trainer's page; `parts` and `trend` (of the latest periods' caps) in per cent.

    `score` is the one that stands, `computed` what the rules make, None where nothing can be measured.
    """

    person: Person
    number: int
    score: Decimal
    computed: Decimal | None
    at_close: Decimal
    percent: int
    parts: Mapping[str, int]
    trend: tuple[int, ...]
    contributions: int  # that count
    last_at: datetime | None  # of the latest contribution
    delivery: DeliveryView
    has_contributions: bool
    excused_lately: bool

    @property
    def quiet(self) -> bool:
        """Whether nothing of theirs counts, although something was asked for."""
        return not (self.has_contributions or self.excused_lately)


@dataclass(frozen=True)
class ColumnTab:
    """A column that one may look at instead."""

    id: int
    name: str
    kind: str


@dataclass(frozen=True)
class Gradebook:
    """The rows of one page of the table, and the counts of all; of one group where that is asked for."""

    column_id: int
    kind: str
    tabs: list[ColumnTab]
    column: ColumnView
    line_items: list[LineItemView]
    rows: list[GradeRow]
    found: int  # rows on all pages
    pages: int
    asked: Asked
    counts: dict[str, int]
    parts: tuple[str, ...]  # those that the policy weighs
    closed_periods: int
    total_periods: int
    under_way: int  # scores that are on their way
    sent_before: bool  # the LMS has a score of ours
    busy: bool  # something is being sent, the page asks again
    automatic_at: datetime | None
    paused_at: datetime | None
    policy: Policy
    zone: str
    open_questions: int  # of learners, about their scores
    dates: PromptDates | None  # of a prompt's column
    groups: list[CourseGroupView]  # that the LMS has; one of them may be asked for

    @property
    def show(self) -> str:
        """The filter in force."""
        return self.asked.show

    @property
    def group(self) -> CourseGroupView | None:
        """The group that the table is narrowed to."""
        return next((group for group in self.groups if group.id == self.asked.group_id), None)


def gradebook(member: ActingMember, asked: Asked, now: datetime) -> Gradebook | None:
    """Return the page for the staff who grade, None while grading is off; nine statements, eleven at most.

    :raises NotFound: no such column here.
    """
    member.must(Act.MANAGE_GRADES)
    columns = rules.all_in_force(member.community.id)
    if not columns:
        return None
    by = _chosen(columns, asked.column_id)
    groups = course_groups.of_community(by.community_id)
    asked = _in_a_group(asked, groups)
    rows = _rows(by, asked.group_id, now)
    line_items = column_views.line_items_of(by)
    chosen = {name: [row for row in rows if _is_in(row, name)] for name in SHOWN}
    shown = _sorted(_searched(chosen.get(asked.show, rows), asked.search), asked)
    pages = max(1, -(-len(shown) // PER_PAGE))
    page = min(max(1, asked.page), pages)
    return Gradebook(
        column_id=by.column_id,
        kind=by.kind.value,
        tabs=[ColumnTab(one.column_id, one.name, one.kind.value) for one in columns],
        column=column_views.as_column(by, line_items),
        line_items=line_items,
        rows=shown[(page - 1) * PER_PAGE : page * PER_PAGE],
        found=len(shown),
        pages=pages,
        asked=_usual(asked, by.column_id, page),
        counts={name.replace("-", "_"): len(found) for name, found in chosen.items()},
        parts=tuple(part.value for part in by.policy.weighed),
        closed_periods=sum(1 for period in by.periods if period.ends_at <= now),
        total_periods=len(by.periods),
        under_way=sum(1 for row in rows if row.delivery.under_way),
        sent_before=any(row.delivery.confirmed_value is not None for row in rows),
        busy=by.paused_at is None and _is_busy(rows, line_items),
        automatic_at=by.automatic_at,
        paused_at=by.paused_at,
        policy=by.policy,
        zone=by.zone,
        open_questions=questions.open_count(by.community_id),
        dates=by.dates,
        groups=groups,
    )


def _chosen(columns: list[Rules], column_id: int | None) -> Rules:
    if column_id is None:
        return columns[0]
    found = [by for by in columns if by.column_id == column_id]
    if not found:
        raise NotFound()
    return found[0]


def _in_a_group(asked: Asked, groups: list[CourseGroupView]) -> Asked:
    """Return what is asked for; a group that there is none of (any more) narrows nothing."""
    return asked if asked.group_id in {group.id for group in groups} else replace(asked, group_id=None)


def _usual(asked: Asked, column_id: int, page: int) -> Asked:
    """Return what is asked for with every choice that there is none of read as the usual one."""
    return Asked(
        column_id=column_id,
        show=asked.show if asked.show in SHOWN else ALL,
        sort=asked.sort if asked.sort in SORTED_BY else "name",
        descending=asked.descending,
        search=asked.search,
        group_id=asked.group_id,
        page=page,
    )


def _is_in(row: GradeRow, show: str) -> bool:
    if show == TO_SEND:
        return row.delivery.to_send
    if show == QUIET:
        return row.quiet
    return row.delivery.needs_attention if show == PROBLEMS else True


def _is_busy(rows: list[GradeRow], line_items: list[LineItemView]) -> bool:
    states = {item.state for item in line_items if not item.awaits_link}
    if LineItemState.WANTED.value in states:
        return True
    return LineItemState.BOUND.value in states and any(row.delivery.under_way for row in rows)


def _rows(by: Rules, group_id: int | None, now: datetime) -> list[GradeRow]:
    persons = participation.scored_people(by.community_id, now, group_id)
    standing = running_scores.of_members(by, [person.number for person in persons], now)
    deliveries = delivery_views.by_member(by, standing)
    return [_row(person, standing[person.number], deliveries[person.number]) for person in persons]


def _row(person: Person, stands: Running, delivery: DeliveryView) -> GradeRow:
    return GradeRow(
        person=person,
        number=person.number,
        score=delivery.value_now if delivery.set_by_hand else stands.score,
        computed=stands.score if stands.parts else None,
        at_close=stands.at_close,
        percent=stands.percent,
        parts=stands.parts,
        trend=stands.trend,
        contributions=stands.counted,
        last_at=stands.last_at,
        delivery=delivery,
        has_contributions=stands.has_contributions,
        excused_lately=stands.excused_lately,
    )


def _searched(rows: list[GradeRow], search: str) -> list[GradeRow]:
    """Keep those whose name holds what is looked for, accents and capitals aside."""
    wanted = _plain(search.strip())
    return [row for row in rows if wanted in _plain(row.person.name or "")] if wanted else rows


def _plain(text: str) -> str:
    if text.isascii():
        return text.casefold()
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _by_name(person: Person) -> tuple[bool, str, int]:
    return person.name is None, _plain(person.name or ""), person.number


def _share_of(part: Part) -> Callable[[GradeRow], object]:
    return lambda row: row.parts.get(part.value, -1)


# What the table can be sorted by, each with what is compared; names decide between equals.
SORTED_BY: dict[str, Callable[[GradeRow], object]] = {
    "name": lambda row: 0,
    "score": lambda row: row.score,
    "pace": lambda row: row.percent,
    "activity": _share_of(Part.ACTIVITY),
    "help": _share_of(Part.HELP),
    "regularity": _share_of(Part.REGULARITY),
    "assessment": _share_of(Part.ASSESSMENT),
    "milestones": _share_of(Part.MILESTONES),
    "trend": lambda row: row.trend[-1] if row.trend else -1,
    "contributions": lambda row: row.contributions,
    "last": lambda row: row.last_at or LONG_AGO,
    "gradebook": lambda row: row.delivery.state,
}


def _sorted(rows: list[GradeRow], asked: Asked) -> list[GradeRow]:
    named = sorted(
        rows, key=lambda row: _by_name(row.person), reverse=asked.sort == "name" and asked.descending
    )
    compared = SORTED_BY.get(asked.sort, SORTED_BY["name"])
    return sorted(named, key=compared, reverse=asked.descending and asked.sort in SORTED_BY)
