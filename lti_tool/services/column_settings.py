"""More columns beside the whole score, and how each is sent: by hand, by itself, not for now."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import or_, select, update
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.models import (
    ColumnKind,
    DeliveryState,
    GradeColumn,
    LineItem,
    LineItemState,
    Membership,
    Post,
    Prompt,
    ResourceLink,
    ScoreDelivery,
)
from lti_tool.permissions import Act
from lti_tool.services import audit, calendar, columns, line_item_cells, outbox, people
from lti_tool.services.acting import ActingMember
from lti_tool.services.columns import Offer
from lti_tool.services.people import Person
from lti_tool.services.problems import Problem


@dataclass(frozen=True)
class NewColumn:
    """What a trainer wants beside the whole score. `adopt`: the resource link whose column is used."""

    kind: ColumnKind
    name: str
    maximum: Decimal
    prompt_id: int | None = None
    adopt: int | None = None


@dataclass(frozen=True)
class ColumnCard:
    """A column on the page about columns; people by whom something was decided are described."""

    id: int
    kind: str
    name: str
    maximum: Decimal
    prompt_title: str | None
    automatic_by: Person | None
    automatic_at: datetime | None
    paused_by: Person | None
    paused_at: datetime | None
    states: tuple[str, ...]  # of its line items
    stores_nothing: bool  # the LMS of one of them answers, and meets every score with an error
    made_by_us: tuple["OwnLineItem", ...]  # that could be deleted, or are being


@dataclass(frozen=True)
class OwnLineItem:
    """A column that we made in one course's gradebook."""

    id: int
    course: str | None
    being_removed: bool
    problem: str | None
    problem_detail: str | None


@dataclass(frozen=True)
class PromptChoice:
    """A prompt that has no column yet."""

    id: int
    title: str


@dataclass(frozen=True)
class Desk:
    """Everything the page about columns shows."""

    columns: list[ColumnCard]
    prompts: list[PromptChoice]
    offers: list[Offer]
    assessment_is_free: bool
    can_create: bool


def desk(member: ActingMember, now: datetime) -> Desk:
    """Return the columns of the community and what may be added; seven statements.

    :raises NotFound: grading is off.
    """
    member.must(Act.MANAGE_GRADES)
    found = _columns_here(member)
    if not found:
        raise NotFound("grading-off")
    titles = _prompt_titles(member)
    taken = {column.prompt_id for column in found}
    deciders = [one for column in found for one in (column.automatic_by, column.paused_by) if one]
    described = people.described(deciders, now)
    beginning = columns.beginning(member, now)
    adopted = _adopted_links(member)
    return Desk(
        columns=[_card(column, titles, described) for column in found],
        prompts=[PromptChoice(number, title) for number, title in titles.items() if number not in taken],
        offers=[offer for offer in beginning.offers if offer.resource_link_id not in adopted],
        assessment_is_free=all(column.kind is not ColumnKind.ASSESSMENT for column in found),
        can_create=beginning.can_create,
    )


def add(member: ActingMember, wanted: NewColumn, now: datetime) -> GradeColumn:
    """Add a column; a worker makes it in the LMS, or reads the one that is adopted.

    Whoever asks for one that is there already gets that one: a double click makes one.

    :raises NotFound: grading is off, or no such prompt here.
    :raises Stale: the column to be adopted is no longer offered, or another one of ours has it.
    """
    member.must(Act.MANAGE_GRADES)
    whole = _whole_score(member)
    measures = _measures(member, wanted)
    there = db.session.scalars(
        select(GradeColumn).filter_by(community_id=member.community.id, measures=measures)
    ).one_or_none()
    if there is not None:
        return there
    adopted = _offered(member, wanted.adopt)
    column = columns.make(
        member,
        kind=wanted.kind,
        measures=measures,
        name=wanted.name,
        maximum=wanted.maximum,
        policy_id=whole.policy_id,
        prompt_id=wanted.prompt_id,
        now=now,
    )
    columns.want_line_items(column, adopted, now)
    audit.record(
        member,
        "grading.column-added",
        f"column:{column.id}",
        now,
        measures=measures,
        name=wanted.name,
        maximum=str(wanted.maximum),
        adopted_link=wanted.adopt,
    )
    outbox.wake(outbox.LINE_ITEMS)
    return column


def send_by_itself(member: ActingMember, column_id: int, on: bool, now: datetime) -> None:
    """Have a column sent at the close of each period from now on, or no more: a named, dated decision.

    Periods that are closed already are not sent by it. The final score stays a person's to send.

    :raises NotFound: no such column here.
    """
    member.must(Act.MANAGE_GRADES)
    column = _column_here(member, column_id)
    if (column.automatic_at is not None) == on:
        return
    column.automatic_by_id = member.id if on else None
    column.automatic_at = now if on else None
    closed = calendar.last_closed(calendar.periods_of(member.community.id), now)
    column.closed_period = closed if on else None
    audit.record(member, "grading.automatic", f"column:{column.id}", now, on=on)
    db.session.flush()


def pause(member: ActingMember, column_id: int, on: bool, now: datetime) -> None:
    """Stop what is on its way to a column, or let it go on; a score that is being sent right now arrives.

    :raises NotFound: no such column here.
    """
    member.must(Act.MANAGE_GRADES)
    column = _column_here(member, column_id)
    if (column.paused_at is not None) == on:
        return
    column.paused_by_id, column.paused_at = (member.id, now) if on else (None, None)
    audit.record(member, "grading.paused" if on else "grading.resumed", f"column:{column.id}", now)
    db.session.flush()
    if not on:
        outbox.wake(outbox.SCORES)


def rename(member: ActingMember, column_id: int, name: str, now: datetime) -> None:
    """Give a column another name, here and where we made it in an LMS; a worker has the LMS do it.

    An adopted column keeps the name of its activity. The same name once more is asked again of those LMSs
    that did not take it.

    :raises NotFound: no such column here.
    """
    member.must(Act.MANAGE_GRADES)
    column = _column_here(member, column_id)
    if column.name != name:
        audit.record(
            member, "grading.column-renamed", f"column:{column.id}", now, before=column.name, name=name
        )
        column.name = name
    elsewhere = update(LineItem).where(
        LineItem.column_id == column.id,
        LineItem.ours,
        LineItem.state == LineItemState.BOUND,
        LineItem.bound_label != name,
    )
    again = {"state": LineItemState.WANTED, "due_at": now, "attempts": 0}
    db.session.execute(elsewhere.values(**again, problem=None, problem_detail=None))
    db.session.flush()
    outbox.wake(outbox.LINE_ITEMS)


def remove_from_lms(member: ActingMember, line_item_id: int, now: datetime) -> None:
    """Have a column that we made deleted in its LMS, with every grade in it; a worker has the LMS do it.

    Here everything stays: scores, reasons, what was sent. The column can be made again.

    :raises NotFound: no such line item here.
    :raises Stale: it is not ours, or not there (any more).
    """
    member.must(Act.MANAGE_GRADES)
    item = columns.line_item_here(member, line_item_id)
    if item.problem == Problem.BEING_REMOVED:
        return
    if not item.ours or item.state is not LineItemState.BOUND:
        raise Stale("nothing-to-delete")
    item.state, item.due_at, item.attempts = LineItemState.REFUSED, now, 0
    item.problem, item.problem_detail = Problem.BEING_REMOVED.value, None
    line_item_cells.take_off_the_way(item.id)
    audit.record(member, "grading.line-item-removed", f"line-item:{item.id}", now, label=item.label)
    db.session.flush()
    outbox.wake(outbox.LINE_ITEMS)


def accept_unread(member: ActingMember, line_item_id: int, now: datetime) -> None:
    """Agree that scores go to a column whose grades the LMS does not let us read, so that none is compared.

    :raises NotFound: no such line item here.
    """
    member.must(Act.MANAGE_GRADES)
    item = columns.line_item_here(member, line_item_id)
    if item.unread_accepted_at is None:
        item.unread_accepted_by_id, item.unread_accepted_at = member.id, now
        audit.record(member, "grading.unread-accepted", f"line-item:{item.id}", now)
    db.session.execute(
        update(ScoreDelivery)
        .where(
            ScoreDelivery.line_item_id == item.id,
            ScoreDelivery.state == DeliveryState.REFUSED,
            ScoreDelivery.problem == Problem.RESULTS_UNREADABLE.value,
        )
        .values(state=DeliveryState.DUE, due_at=now, problem=None, problem_detail=None)
    )
    db.session.flush()
    outbox.wake(outbox.SCORES)


def _columns_here(member: ActingMember) -> list[GradeColumn]:
    who = (GradeColumn.automatic_by, GradeColumn.paused_by)
    wanted = (
        select(GradeColumn)
        .where(GradeColumn.community_id == member.community.id)
        .options(*(joinedload(one).joinedload(Membership.user) for one in who))
        .options(joinedload(GradeColumn.line_items).joinedload(LineItem.course))
        .order_by(GradeColumn.kind != ColumnKind.PARTICIPATION, GradeColumn.id)
    )
    return list(db.session.scalars(wanted).unique())


def _card(column: GradeColumn, titles: dict[int, str], described: dict[int, Person]) -> ColumnCard:
    return ColumnCard(
        id=column.id,
        kind=column.kind.value,
        name=column.name,
        maximum=column.maximum,
        prompt_title=titles.get(column.prompt_id),
        automatic_by=described.get(column.automatic_by_id),
        automatic_at=column.automatic_at,
        paused_by=described.get(column.paused_by_id),
        paused_at=column.paused_at,
        states=tuple(sorted({item.state.value for item in column.line_items})),
        stores_nothing=any(item.problem == Problem.NOT_STORED for item in column.line_items),
        made_by_us=tuple(_own(item) for item in column.line_items if _is_there_by_us(item)),
    )


def _is_there_by_us(item: LineItem) -> bool:
    there = item.state is LineItemState.BOUND or item.problem == Problem.BEING_REMOVED
    return item.ours and there


def _own(item: LineItem) -> OwnLineItem:
    return OwnLineItem(
        id=item.id,
        course=item.course.title or item.course.label,
        being_removed=item.problem == Problem.BEING_REMOVED,
        problem=item.problem,
        problem_detail=item.problem_detail,
    )


def _column_here(member: ActingMember, column_id: int) -> GradeColumn:
    column = db.session.scalars(
        select(GradeColumn)
        .where(GradeColumn.id == column_id, GradeColumn.community_id == member.community.id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if column is None:
        raise NotFound()
    return column


def _whole_score(member: ActingMember) -> GradeColumn:
    """Return the column of the whole score; its lock puts those who add columns in a row.

    No lock of a column keeps those waiting who note something of it (`key_share`): they have locked the
    community, which is referred to by what is noted here.
    """
    wanted = select(GradeColumn).filter_by(
        community_id=member.community.id, measures=ColumnKind.PARTICIPATION.value
    )
    column = db.session.scalars(wanted.with_for_update(key_share=True)).one_or_none()
    if column is None:
        raise NotFound("grading-off")
    return column


def _measures(member: ActingMember, wanted: NewColumn) -> str:
    if wanted.kind is not ColumnKind.PROMPT:
        return wanted.kind.value
    if wanted.prompt_id not in _prompt_titles(member):
        raise NotFound()
    return f"{wanted.kind.value}:{wanted.prompt_id}"


def _prompt_titles(member: ActingMember) -> dict[int, str]:
    """Return the titles of the community's prompts that were not withdrawn, by number."""
    found = db.session.execute(
        select(Prompt.id, Post.title)
        .join(Post, (Post.prompt_id == Prompt.id) & Post.opens_prompt.is_(True))
        .where(Prompt.community_id == member.community.id, Prompt.withdrawn_at.is_(None))
        .order_by(Prompt.id)
    )
    return dict(found.all())


def _adopted_links(member: ActingMember) -> set[int]:
    """Return the resource links whose columns are in use: adopted, or made together with a placed link.

    Two of ours in one of theirs would write over each other.
    """
    found = (
        select(ResourceLink.id)
        .join(LineItem, LineItem.course_id == ResourceLink.course_id)
        .join(GradeColumn, GradeColumn.id == LineItem.column_id)
        .where(
            GradeColumn.community_id == member.community.id,
            or_(LineItem.resource_link_id == ResourceLink.id, LineItem.url == ResourceLink.line_item_url),
            LineItem.state != LineItemState.REFUSED,
        )
    )
    return set(db.session.scalars(found))


def _offered(member: ActingMember, resource_link_id: int | None) -> ResourceLink | None:
    if resource_link_id is None:
        return None
    if resource_link_id in _adopted_links(member):
        raise Stale("offer-gone")
    return columns.offered(member.community.id, resource_link_id)
