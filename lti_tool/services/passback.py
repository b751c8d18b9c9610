"""What staff ask of the gradebook: send, keep theirs, send ours."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.models import DeliveryState, GradeColumn, LineItem, LineItemState, ScoreDelivery
from lti_tool.permissions import Act
from lti_tool.services import (
    audit,
    cells,
    decisions,
    graded,
    outbox,
    participation,
    rules,
    running_scores,
    verdicts,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.comparison import Mark, put_back
from lti_tool.services.rules import Rules

KEEP, OVERWRITE = "keep", "overwrite"
DECISIONS = (KEEP, OVERWRITE)


def ask_to_send(
    member: ActingMember,
    member_ids: Iterable[int] | None,
    now: datetime,
    column_id: int | None = None,
    group_id: int | None = None,
) -> int:
    """Have the scores of these members sent; return how many are on their way.

    None means what the one big button says: the scores that changed since they were sent, and everybody's
    again when none did.

    Where the LMS refused the column nothing is on its way: those stay ready until there is one.
    Nothing is sent for those who have no counted contribution, unless the LMS has a score of ours that is
    then no longer right. A decision to keep the LMS's value stands when everybody is sent; sending that
    member by name compares anew and asks the same question again while the LMS's value is another.

    :param column_id: which column; None is the whole score.
    :param group_id: with None for the members: those in this group of the LMS, nobody if it is gone.
    :raises NotFound: grading is off, or no such column here.
    """
    member.must(Act.MANAGE_GRADES)
    by = rules.of_column(member.community.id, column_id)
    if by is None:
        raise NotFound("grading-off")
    group_id = group_id if member_ids is None else None
    scored = {one.number for one in participation.scored_people(by.community_id, now, group_id)}
    if member_ids is None:
        named = participation.to_send(by, now, group_id) or scored
    else:
        named = scored & set(member_ids)
    kept = _cells_in(by, DeliveryState.KEPT) if member_ids is None else set()
    refused = _refused_columns(by)
    wanted = [
        cell
        for cell in cells.cells_of(by.community_id, _worth_sending(by, named, now), now, by.column_id)
        if (cell.line_item_id, cell.enrolment_id) not in kept and cell.line_item_id not in refused
    ]
    count = cells.make_due(wanted, member.id, now)
    if count:
        audit.record(
            member, "grading.sent", f"column:{by.column_id}", now, count=count, everybody=member_ids is None
        )
        outbox.wake(outbox.SCORES)
    return count


def decide(member: ActingMember, delivery_id: int, decision: str, now: datetime) -> None:
    """Settle a difference: keep what the LMS has, or write ours over exactly the value that was seen there.

    :raises NotFound: no such delivery in this community.
    :raises Stale: there is nothing to decide any more, or no column to write it into.
    """
    member.must(Act.MANAGE_GRADES)
    cell = _held(member, delivery_id)
    open_to = {KEEP: (DeliveryState.HELD,), OVERWRITE: (DeliveryState.HELD, DeliveryState.KEPT)}
    if cell.state not in open_to[decision]:
        raise Stale("nothing-to-decide")
    if decision == KEEP:
        cell.state = DeliveryState.KEPT
    elif cell.line_item.state is LineItemState.REFUSED:
        raise Stale("nothing-to-decide")
    else:
        cell.state, cell.overwrite = DeliveryState.DUE, True
        cell.due_at = cell.asked_at = now
        cell.asked_by_id, cell.asked_since, cell.attempts = member.id, True, 0
        outbox.wake(outbox.SCORES)
    cell.problem = cell.problem_detail = None
    _note(member, cell, decision, now)
    db.session.flush()


def restore(
    member: ActingMember, delivery_id: int, reason: str, now: datetime, reason_if_capped: str
) -> bool:
    """Put back what the LMS had before ours went over it: set by hand, with a reason, and sent, in one act.

    The value is converted to the column's maximum, rounded half up to what can be sent. Tells whether it had
    been more than a column of ours can hold: then all of the maximum is sent, for `reason_if_capped`.

    :raises NotFound: no such delivery in this community.
    :raises Stale: there is nothing to put back any more, or nothing that can be sent now.
    """
    member.must(Act.MANAGE_GRADES)
    _lock_learner(member, delivery_id, now)
    cell = _held(member, delivery_id)
    if cell.replaced_value is None or cell.replaced_value < 0:
        raise Stale("nothing-to-decide")
    column = cell.line_item.column
    back = put_back(Mark(cell.replaced_value, cell.replaced_maximum), column.maximum)
    cell.replaced_value = cell.replaced_maximum = cell.replaced_at = None
    why = reason_if_capped if back.capped else reason
    decisions.override(member, column.id, cell.member_id, back.value, why, now)
    if not ask_to_send(member, [cell.member_id], now, column.id):
        raise Stale("nothing-to-decide")
    return back.capped


def _lock_learner(member: ActingMember, delivery_id: int, now: datetime) -> None:
    """Lock the learner before the delivery, as everybody does who decides about a learner."""
    wanted = (
        select(ScoreDelivery.member_id)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .join(GradeColumn, GradeColumn.id == LineItem.column_id)
        .where(ScoreDelivery.id == delivery_id, GradeColumn.community_id == member.community.id)
    )
    graded.graded_here(member, db.session.scalars(wanted).all(), now)


def _worth_sending(by: Rules, member_ids: set[int], now: datetime) -> list[int]:
    judged = verdicts.all_wanted(by, running_scores.of_members(by, member_ids, now))
    return [member_id for member_id, to_be in judged.items() if to_be.value is not None]


def _cells_in(by: Rules, state: DeliveryState) -> set[tuple[int, int]]:
    found = db.session.execute(
        select(ScoreDelivery.line_item_id, ScoreDelivery.enrolment_id)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .where(LineItem.column_id == by.column_id, ScoreDelivery.state == state)
    )
    return {(line_item_id, enrolment_id) for line_item_id, enrolment_id in found}


def _refused_columns(by: Rules) -> set[int]:
    refused = select(LineItem.id).where(
        LineItem.column_id == by.column_id, LineItem.state == LineItemState.REFUSED
    )
    return set(db.session.scalars(refused))


def _held(member: ActingMember, delivery_id: int) -> ScoreDelivery:
    cell = db.session.scalars(
        select(ScoreDelivery)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .join(GradeColumn, GradeColumn.id == LineItem.column_id)
        .where(ScoreDelivery.id == delivery_id, GradeColumn.community_id == member.community.id)
        .with_for_update(of=ScoreDelivery)
    ).one_or_none()
    if cell is None:
        raise NotFound()
    return cell


def _note(member: ActingMember, cell: ScoreDelivery, decision: str, now: datetime) -> None:
    audit.record(
        member,
        "grading.kept-theirs" if decision == KEEP else "grading.sent-ours",
        f"delivery:{cell.id}",
        now,
        theirs=None if cell.theirs_value is None else str(cell.theirs_value),
        of=None if cell.theirs_maximum is None else str(cell.theirs_maximum),
    )
