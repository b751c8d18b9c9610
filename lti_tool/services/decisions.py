"""What trainers decide about scores: of the decisions about the same thing the latest is in force."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, select

from lti_tool.extensions import db
from lti_tool.models import Decision, GradeColumn, GradeDecision
from lti_tool.permissions import Act
from lti_tool.services import audit, cells, graded
from lti_tool.services.acting import ActingMember
from lti_tool.services.graded import InputRefused

# More parameters than this are more than some databases take at once.
MOST_NAMED = 500


@dataclass(frozen=True)
class DecisionsInForce:
    """What holds for one member in one column: `override` is the row whose value stands for the score.

    `zero`: an explicit zero is wanted although the member never came; `without_assessment`: the final score
    may go without the trainer's rubric.
    """

    override: GradeDecision | None = None
    zero: bool = False
    without_assessment: bool = False


NOTHING_DECIDED = DecisionsInForce()


def decisions_in_force(column_id: int, member_ids: Iterable[int]) -> dict[int, DecisionsInForce]:
    """Return what is in force for each of these members, an empty one for those without; one statement."""
    in_force = dict.fromkeys(member_ids, NOTHING_DECIDED)
    for row in db.session.scalars(_of_column(column_id, in_force)):
        if row.member_id in in_force:
            in_force[row.member_id] = _TAKING_IN[row.decision](in_force[row.member_id], row)
    return in_force


def _of_column(column_id: int, member_ids: Iterable[int]) -> Select:
    """Of many members all decisions in the column are read: the few that there are."""
    named = set(member_ids)
    wanted = select(GradeDecision).where(GradeDecision.column_id == column_id).order_by(GradeDecision.id)
    return wanted.where(GradeDecision.member_id.in_(named)) if len(named) <= MOST_NAMED else wanted


_TAKING_IN: Mapping[Decision, Callable[[DecisionsInForce, GradeDecision], DecisionsInForce]] = {
    Decision.OVERRIDE: lambda found, row: replace(found, override=row),
    Decision.RESET: lambda found, row: replace(found, override=None),
    Decision.ZERO: lambda found, row: replace(found, zero=True),
    Decision.NO_ZERO: lambda found, row: replace(found, zero=False),
    Decision.WITHOUT_ASSESSMENT: lambda found, row: replace(found, without_assessment=True),
    Decision.WITH_ASSESSMENT: lambda found, row: replace(found, without_assessment=False),
}


def override(
    member: ActingMember, column_id: int, member_id: int, value: Decimal, reason: str, now: datetime
) -> None:
    """Set a member's score by hand: `value` in points of the column's maximum, two decimals at most.

    Nothing is noted when the same value stands already for the same reason; nothing is ever sent by this.

    :raises NotFound: no such column, or nobody graded with this number, in this community.
    :raises InputRefused: the value is outside the column's range, or no reason is given.
    """
    _decide(member, column_id, member_id, Decision.OVERRIDE, reason, now, value)


def reset(member: ActingMember, column_id: int, member_id: int, reason: str, now: datetime) -> None:
    """Let the computed score stand again. Raises as `override` does."""
    _decide(member, column_id, member_id, Decision.RESET, reason, now)


def decide_zero(member: ActingMember, column_id: int, member_id: int, reason: str, now: datetime) -> None:
    """Want an explicit zero for somebody who never came, once the course is over. Raises as `override`."""
    _decide(member, column_id, member_id, Decision.ZERO, reason, now)


def withdraw_zero(member: ActingMember, column_id: int, member_id: int, reason: str, now: datetime) -> None:
    """Take `decide_zero` back. Raises as `override`."""
    _decide(member, column_id, member_id, Decision.NO_ZERO, reason, now)


def waive_assessment(
    member: ActingMember, column_id: int, member_id: int, reason: str, now: datetime
) -> None:
    """Let the final score go without the trainer's rubric. Raises as `override`."""
    _decide(member, column_id, member_id, Decision.WITHOUT_ASSESSMENT, reason, now)


def require_assessment(
    member: ActingMember, column_id: int, member_id: int, reason: str, now: datetime
) -> None:
    """Take `waive_assessment` back. Raises as `override`."""
    _decide(member, column_id, member_id, Decision.WITH_ASSESSMENT, reason, now)


def _decide(
    member: ActingMember,
    column_id: int,
    member_id: int,
    decision: Decision,
    reason: str,
    now: datetime,
    value: Decimal | None = None,
) -> None:
    member.must(Act.MANAGE_GRADES)
    column = graded.column_here(member, column_id)
    graded.graded_here(member, [member_id], now)
    row = GradeDecision(
        column_id=column.id,
        member_id=member_id,
        decision=decision,
        value=_within(column, value) if decision is Decision.OVERRIDE else None,
        reason=graded.given_reason(reason),
        decided_by_id=member.id,
        decided_at=now,
    )
    before = decisions_in_force(column.id, [member_id])[member_id]
    if _says_the_same(before, _TAKING_IN[decision](before, row)):
        return
    db.session.add(row)
    told = {} if row.value is None else {"value": str(row.value)}
    audit.record(
        member,
        f"grade.{decision.value}",
        f"membership:{member_id}",
        now,
        column=column.id,
        reason=row.reason,
        **told,
    )
    db.session.flush()
    cells.mark_ready(member.community.id, member_id, now)


def _within(column: GradeColumn, value: Decimal | None) -> Decimal:
    if value is None or not value.is_finite():
        raise InputRefused("value", "not-a-number")
    if not 0 <= value <= column.maximum or value != round(value, 2):
        raise InputRefused("value", "out-of-range")
    return value


def _says_the_same(before: DecisionsInForce, after: DecisionsInForce) -> bool:
    return _told_by(before) == _told_by(after)


def _told_by(found: DecisionsInForce):
    by_hand = found.override and (found.override.value, found.override.reason)
    return by_hand, found.zero, found.without_assessment
