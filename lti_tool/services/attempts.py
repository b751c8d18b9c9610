"""Freezing what is about to be sent, and recording what became of it: each within one transaction.

An attempt whose outcome is not known (`attempt_open`) is made again with the same statement and value until
the LMS has answered; only then may a newer value follow. Otherwise a value that the LMS stored from a lost
call would later look like somebody else's.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Update, bindparam, case, literal, update

from lti_tool.extensions import db
from lti_tool.grading.score import Statement
from lti_tool.lti.scores import Result, Score
from lti_tool.models import (
    ColumnKind,
    DeliveryState,
    Enrolment,
    Membership,
    ScoreDelivery,
    ScoreStatement,
)
from lti_tool.services import participation, people, roles, rules, statements
from lti_tool.services.comparison import (
    Mark,
    earliest_sending,
    is_ours,
    is_out_of_reach,
    is_still,
    stamp,
)
from lti_tool.services.decisions import decisions_in_force
from lti_tool.services.feedback import feedback_in_force
from lti_tool.services.parcels import HELD, Parcel, held_as, renewed
from lti_tool.services.problems import Problem, code_of, detail_of
from lti_tool.services.retries import MOST_TRIES, next_try
from lti_tool.services.rules import Rules
from lti_tool.services.verdicts import wanted
from lti_tool.services.wording import score_comment

# What a confirmed delivery leaves behind.
NOTHING_OPEN = {
    "attempt_open": False,
    "overwrite": False,
    "theirs_empty": False,
    "theirs_value": None,
    "theirs_maximum": None,
    "theirs_seen_at": None,
    "problem": None,
    "problem_detail": None,
    "attempts": 0,
    "lease": None,
    "lease_until": None,
}


def _confirmation() -> Update:
    asked, changed = ScoreDelivery.asked_since.is_(True), ScoreDelivery.changed_since.is_(True)
    due, ready, done = (
        literal(state, ScoreDelivery.state.type)
        for state in (DeliveryState.DUE, DeliveryState.READY, DeliveryState.CONFIRMED)
    )
    at = bindparam("at", type_=ScoreDelivery.due_at.type)
    return (
        update(ScoreDelivery)
        .where(HELD)
        .values(
            confirmed_statement_id=ScoreDelivery.attempted_statement_id,
            confirmed_value=ScoreDelivery.attempted_value,
            confirmed_maximum=ScoreDelivery.attempted_maximum,
            confirmed_at=at,
            state=case((asked, due), (changed, ready), else_=done),
            due_at=case((asked, at), else_=None),
            **NOTHING_OPEN,
        )
        .execution_options(synchronize_session=False)
    )


# Thousands follow each other: to put it together takes longer than to send it.
_CONFIRM = _confirmation()


@dataclass(frozen=True)
class Attempt:
    """A frozen score, committed, ready to be posted; `overwrites` when it goes over somebody else's value."""

    score: Score
    overwrites: bool
    post_before: datetime  # afterwards the lease may be another worker's


def freeze(
    parcel: Parcel, theirs: Result | None, offset: float, now: datetime, *, unread: bool = False
) -> Attempt | None:
    """Compare, then fix statement, value, maximum and time stamp of an attempt.

    None when nothing is to be sent: the lease is lost, a difference is held for a trainer, nothing counts
    (any more), or it is too early for another time stamp (put off as a conflict when by more than a day);
    the row says which.

    :param theirs: what the LMS has, as just read; :param offset: the LMS's clock minus ours, in seconds.
    :param unread: the LMS shows us no grades and a trainer agreed to that: nothing is compared.
    """
    cell = renewed(parcel, now)
    if cell is None:
        return None
    answer = _answer_for(cell, parcel.column_id, now)
    if answer is None:
        return None
    ours = Mark(answer.statement.score, answer.statement.maximum)
    if not unread and not _is_settled(cell, mark_of(theirs, ours.maximum), ours, now):
        return None
    if is_out_of_reach(now, offset, cell.last_timestamp):
        _put_off(cell, Problem.CONFLICT, f"{cell.last_timestamp:%Y-%m-%d %H:%M} UTC", None, now)
        return None
    when = stamp(now, offset, cell.last_timestamp)
    if when is None:
        _release(cell, DeliveryState.DUE, earliest_sending(offset, cell.last_timestamp))
        return None
    return _frozen(cell, parcel, answer, when, now)


def confirm(parcel: Parcel, now: datetime) -> None:
    """Record that the LMS said yes. What was asked meanwhile goes again; what changed is ready again."""
    db.session.execute(_CONFIRM, held_as(parcel) | {"at": now})


def hold_because_it_stays(parcel: Parcel, theirs: Result | None, now: datetime) -> bool:
    """Hold a delivery whose value the LMS took and does not show (an overridden grade); tell whether so."""
    cell = renewed(parcel, now)
    if cell is None:
        return False
    attempted = Mark(cell.attempted_value, cell.attempted_maximum)
    seen = mark_of(theirs, attempted.maximum)
    if is_still(seen, attempted):
        return False
    _hold(cell, seen, now)
    cell.problem = Problem.STAYS_THEIRS.value
    db.session.flush()
    return True


def put_off(parcel: Parcel, code: str, words: str, retry_after: object, now: datetime) -> None:
    """Have a delivery tried again later, or give it up after many tries. An open attempt stays open."""
    cell = renewed(parcel, now)
    if cell is not None:
        _put_off(cell, code, words, retry_after, now)


def refuse(parcel: Parcel, code: str, words: str, now: datetime, *, answered: bool) -> None:
    """Record that the LMS said no for good.

    :param answered: it said so to the score itself, whose fate is known by that; else an open attempt
        stays open and is made again before any newer value.
    """
    cell = renewed(parcel, now)
    if cell is None:
        return
    if answered:
        cell.attempt_open = False
    _refuse(cell, code, words)


def mark_of(theirs: Result | None, usual_maximum: Decimal) -> Mark | None:
    """Return what the LMS has as a mark, None when the cell is empty."""
    if theirs is None or theirs.value is None:
        return None
    known = theirs.maximum is not None and theirs.maximum > 0
    return Mark(theirs.value, theirs.maximum if known else usual_maximum)


@dataclass(frozen=True)
class _Answer:
    """What is to be sent: the statement with its score, a trainer's decision behind it, the words beside it.

    `comment` None: it has not been put into words yet.
    """

    statement: Statement
    decision_id: int | None = None
    without_assessment: bool = False
    comment: str | None = None
    kind: ColumnKind = ColumnKind.PARTICIPATION


def _answer_for(cell: ScoreDelivery, column_id: int, now: datetime) -> _Answer | None:
    """Return what the open attempt says, else what is true now; None when there is nothing to send."""
    membership = db.session.get_one(Membership, cell.member_id)
    enrolments = people.enrolments_of(membership.community_id, [membership.user_id])
    if not _is_graded_here(cell, enrolments.get(membership.user_id, []), now):
        _refuse(cell, Problem.NO_LONGER_SCORED, "")
        return None
    if cell.attempt_open:
        kept = db.session.get_one(ScoreStatement, cell.attempted_statement_id)
        return _Answer(Statement.from_record(kept.record), kept.decision_id, comment=kept.comment)
    answer = _answer_now(cell, membership.community_id, column_id, now)
    if answer is None:
        cell.asked_since = False
        _release(cell, DeliveryState.READY, None)
    return answer


def _answer_now(cell: ScoreDelivery, community_id: int, column_id: int, now: datetime) -> _Answer | None:
    by = rules.of_column(community_id, column_id)
    stands = participation.statement_of(by, cell.member_id, now)
    decided = decisions_in_force(column_id, [cell.member_id])[cell.member_id]
    to_be = wanted(by, stands, decided, sent_before=cell.confirmed_value is not None)
    if to_be.value is None or (to_be.verdict.final and not _is_asked_when_over(cell, by)):
        return None
    ours = replace(stands, score=to_be.score)
    return _Answer(ours, to_be.decision_id, to_be.verdict.without_assessment, kind=by.kind)


def _is_asked_when_over(cell: ScoreDelivery, by: Rules) -> bool:
    """Tell whether somebody wanted the final score: what was asked for before was a provisional one.

    It may have waited for an LMS, or for a column that was paused, until the last period had closed.
    """
    return cell.asked_at is not None and cell.asked_at >= by.ends_at


def _is_graded_here(cell: ScoreDelivery, enrolments: list[Enrolment], now: datetime) -> bool:
    here = any(enrolment.id == cell.enrolment_id and enrolment.active for enrolment in enrolments)
    return here and roles.is_scored(enrolments, now)


def _is_settled(cell: ScoreDelivery, seen: Mark | None, ours: Mark, now: datetime) -> bool:
    """Compare with what the LMS has: hold a difference, else note what arrived and what ours goes over."""
    if not _may_be_written(cell, seen, ours):
        _hold(cell, seen, now)
        return False
    _settle_lost_attempt(cell, seen, now)
    # After a lost answer it may be ours that stands there: what it went over is noted already.
    if cell.overwrite and seen is not None and is_still(seen, _decided_about(cell)):
        cell.replaced_value, cell.replaced_maximum, cell.replaced_at = seen.value, seen.maximum, now
    return True


def _may_be_written(cell: ScoreDelivery, seen: Mark | None, wanted: Mark) -> bool:
    confirmed = _mark(cell.confirmed_value, cell.confirmed_maximum)
    attempted = _mark(cell.attempted_value, cell.attempted_maximum)
    if is_ours(seen, confirmed, (attempted, wanted)):
        return True
    return cell.overwrite and is_still(seen, _decided_about(cell))


def _decided_about(cell: ScoreDelivery) -> Mark | None:
    """Return what the LMS had when a trainer decided, None for an empty cell."""
    return None if cell.theirs_empty else _mark(cell.theirs_value, cell.theirs_maximum)


def _settle_lost_attempt(cell: ScoreDelivery, seen: Mark | None, now: datetime) -> None:
    """What was attempted and stands in the LMS has arrived, even if its answer was lost."""
    attempted = _mark(cell.attempted_value, cell.attempted_maximum)
    confirmed = _mark(cell.confirmed_value, cell.confirmed_maximum)
    if seen is not None and _is_attempted(cell, seen) and not is_still(confirmed, attempted):
        cell.confirmed_statement_id = cell.attempted_statement_id
        cell.confirmed_value, cell.confirmed_maximum = cell.attempted_value, cell.attempted_maximum
        cell.confirmed_at = now


def _is_attempted(cell: ScoreDelivery, seen: Mark) -> bool:
    return is_still(seen, _mark(cell.attempted_value, cell.attempted_maximum))


def _mark(value: Decimal | None, maximum: Decimal | None) -> Mark | None:
    return None if value is None else Mark(value, maximum)


def _put_off(cell: ScoreDelivery, code: str, words: str, retry_after: object, now: datetime) -> None:
    cell.problem, cell.problem_detail = code_of(code), detail_of(words)
    cell.attempts += 1
    if cell.attempts >= MOST_TRIES:
        # It did answer where it stored nothing, and what has to be mended there stays the same.
        if code != Problem.NOT_STORED:
            cell.problem = Problem.GIVEN_UP.value
        cell.asked_since = False
        _release(cell, DeliveryState.REFUSED, None)
    else:
        _release(cell, DeliveryState.DUE, next_try(now, cell.attempts, retry_after))


def _hold(cell: ScoreDelivery, seen: Mark | None, now: datetime) -> None:
    cell.theirs_empty = seen is None
    cell.theirs_value = None if seen is None else seen.value
    cell.theirs_maximum = None if seen is None else seen.maximum
    cell.theirs_seen_at = now
    # What the LMS shows is neither the old nor the new value of the attempt: its fate is known.
    cell.attempt_open = cell.overwrite = cell.asked_since = False
    cell.problem = cell.problem_detail = None
    _release(cell, DeliveryState.HELD, None)


def _frozen(cell: ScoreDelivery, parcel: Parcel, answer: _Answer, when: datetime, now: datetime) -> Attempt:
    stands = answer.statement
    comment = answer.comment if answer.comment is not None else _comment(cell, parcel, answer)
    if not cell.attempt_open:
        cell.attempted_statement_id = statements.keep(
            parcel.column_id, cell.member_id, stands, now, decision_id=answer.decision_id, comment=comment
        )
        cell.attempted_value, cell.attempted_maximum = stands.score, stands.maximum
        cell.asked_since = cell.changed_since = False
    cell.attempt_open, cell.attempted_at, cell.last_timestamp = True, now, when
    db.session.flush()
    score = Score(
        sub=parcel.sub,
        value=stands.score,
        maximum=stands.maximum,
        timestamp=when,
        comment=comment,
        final=stands.final,
    )
    return Attempt(score, overwrites=cell.overwrite, post_before=cell.lease_until)


def _comment(cell: ScoreDelivery, parcel: Parcel, answer: _Answer) -> str:
    """Put into words what stands beside the score: how far the training is, and the trainer's feedback."""
    said = feedback_in_force(parcel.column_id, [cell.member_id]).get(cell.member_id)
    return score_comment(
        parcel.language,
        answer.statement.closed_periods,
        answer.statement.total_periods,
        answer.statement.final,
        kind=answer.kind,
        without_assessment=answer.without_assessment,
        set_by_hand=answer.decision_id is not None,
        feedback=said.body if said is not None and said.to_lms else "",
    )


def _refuse(cell: ScoreDelivery, code: str, words: str) -> None:
    cell.problem, cell.problem_detail = code_of(code), detail_of(words)
    cell.asked_since = False
    _release(cell, DeliveryState.REFUSED, None)


def _release(cell: ScoreDelivery, state: DeliveryState, due_at: datetime | None) -> None:
    """Give the lease back and say what is next."""
    cell.state, cell.due_at = state, due_at
    cell.lease = cell.lease_until = None
    db.session.flush()
