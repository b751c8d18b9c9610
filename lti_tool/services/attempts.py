"""Freezing what is about to be sent, and recording what became of it: each within one transaction.

An attempt whose outcome is not known (`attempt_open`) is made again with the same statement and value until
the LMS has answered; only then may a newer value follow. Otherwise a value that the LMS stored from a lost
call would later look like somebody else's.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.grading.score import Statement
from lti_tool.lti.scores import Result, Score
from lti_tool.models import (
    DeliveryState,
    Enrolment,
    LineItem,
    Membership,
    ScoreDelivery,
    ScoreStatement,
    User,
)
from lti_tool.services import participation, people, roles, rules
from lti_tool.services.comparison import (
    Mark,
    earliest_sending,
    is_ours,
    is_out_of_reach,
    is_still,
    stamp,
)
from lti_tool.services.parcels import Parcel, renewed
from lti_tool.services.problems import Problem, code_of, detail_of
from lti_tool.services.retries import MOST_TRIES, next_try
from lti_tool.services.wording import language_of, score_comment


@dataclass(frozen=True)
class Attempt:
    """A frozen score, committed, ready to be posted; `overwrites` when it goes over somebody else's value."""

    score: Score
    overwrites: bool
    post_before: datetime  # afterwards the lease may be another worker's


def freeze(parcel: Parcel, theirs: Result | None, offset: float, now: datetime) -> Attempt | None:
    """Compare, then fix statement, value, maximum and time stamp of an attempt.

    None when nothing is to be sent: the lease is lost, a difference is held for a trainer, nothing counts
    (any more), or it is too early for another time stamp (put off as a conflict when by more than a day);
    the row says which.

    :param theirs: what the LMS has, as just read; :param offset: the LMS's clock minus ours, in seconds.
    """
    cell = renewed(parcel, now)
    if cell is None:
        return None
    answer = _answer_for(cell, now)
    if answer is None:
        return None
    wanted = Mark(answer.score, answer.maximum)
    seen = mark_of(theirs, wanted.maximum)
    if not _may_be_written(cell, seen, wanted):
        _hold(cell, seen, now)
        return None
    _settle_lost_attempt(cell, seen, now)
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
    cell = renewed(parcel, now)
    if cell is None:
        return
    cell.confirmed_statement_id = cell.attempted_statement_id
    cell.confirmed_value, cell.confirmed_maximum = cell.attempted_value, cell.attempted_maximum
    cell.confirmed_at = now
    cell.attempt_open = cell.overwrite = cell.theirs_empty = False
    cell.theirs_value = cell.theirs_maximum = cell.theirs_seen_at = None
    cell.problem = cell.problem_detail = None
    cell.attempts = 0
    if cell.asked_since:
        _release(cell, DeliveryState.DUE, now)
    else:
        _release(cell, DeliveryState.READY if cell.changed_since else DeliveryState.CONFIRMED, None)


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


def _answer_for(cell: ScoreDelivery, now: datetime) -> Statement | None:
    """Return the statement of the open attempt, else of this moment; None when there is nothing to send."""
    membership = db.session.get_one(Membership, cell.member_id)
    enrolments = people.enrolments_of(membership.community_id, [membership.user_id])
    if not _is_graded_here(cell, enrolments.get(membership.user_id, []), now):
        _refuse(cell, Problem.NO_LONGER_SCORED, "")
        return None
    if cell.attempt_open:
        kept = db.session.get_one(ScoreStatement, cell.attempted_statement_id)
        return Statement.from_record(kept.record)
    by = rules.in_force(membership.community_id)
    answer = participation.statement_of(by, cell.member_id, now)
    if cell.confirmed_value is None and not answer.has_contributions:
        cell.asked_since = False
        _release(cell, DeliveryState.READY, None)
        return None
    return answer


def _is_graded_here(cell: ScoreDelivery, enrolments: list[Enrolment], now: datetime) -> bool:
    here = any(enrolment.id == cell.enrolment_id and enrolment.active for enrolment in enrolments)
    return here and roles.is_scored(enrolments, now)


def _may_be_written(cell: ScoreDelivery, seen: Mark | None, wanted: Mark) -> bool:
    confirmed = _mark(cell.confirmed_value, cell.confirmed_maximum)
    attempted = _mark(cell.attempted_value, cell.attempted_maximum)
    if is_ours(seen, confirmed, (attempted, wanted)):
        return True
    decided = None if cell.theirs_empty else _mark(cell.theirs_value, cell.theirs_maximum)
    return cell.overwrite and is_still(seen, decided)


def _settle_lost_attempt(cell: ScoreDelivery, seen: Mark | None, now: datetime) -> None:
    """What was attempted and stands in the LMS has arrived, even if its answer was lost."""
    attempted = _mark(cell.attempted_value, cell.attempted_maximum)
    confirmed = _mark(cell.confirmed_value, cell.confirmed_maximum)
    if seen is not None and is_still(seen, attempted) and not is_still(confirmed, attempted):
        cell.confirmed_statement_id = cell.attempted_statement_id
        cell.confirmed_value, cell.confirmed_maximum = cell.attempted_value, cell.attempted_maximum
        cell.confirmed_at = now


def _mark(value: Decimal | None, maximum: Decimal | None) -> Mark | None:
    return None if value is None else Mark(value, maximum)


def _put_off(cell: ScoreDelivery, code: str, words: str, retry_after: object, now: datetime) -> None:
    cell.problem, cell.problem_detail = code_of(code), detail_of(words)
    cell.attempts += 1
    if cell.attempts >= MOST_TRIES:
        cell.problem, cell.asked_since = Problem.GIVEN_UP.value, False
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


def _frozen(cell: ScoreDelivery, parcel: Parcel, answer: Statement, when: datetime, now: datetime) -> Attempt:
    if not cell.attempt_open:
        cell.attempted_statement_id = _kept(cell, answer, now).id
        cell.attempted_value, cell.attempted_maximum = answer.score, answer.maximum
        cell.asked_since = cell.changed_since = False
    cell.attempt_open, cell.attempted_at, cell.last_timestamp = True, now, when
    db.session.flush()
    comment = score_comment(_language(cell), answer.closed_periods, answer.total_periods, answer.final)
    score = Score(
        sub=parcel.sub,
        value=answer.score,
        maximum=answer.maximum,
        timestamp=when,
        comment=comment,
        final=answer.final,
    )
    return Attempt(score, overwrites=cell.overwrite, post_before=cell.lease_until)


def _kept(cell: ScoreDelivery, answer: Statement, now: datetime) -> ScoreStatement:
    column_id = db.session.scalars(select(LineItem.column_id).where(LineItem.id == cell.line_item_id)).one()
    kept = ScoreStatement(
        column_id=column_id,
        member_id=cell.member_id,
        as_of=answer.as_of,
        policy_version=answer.policy_version,
        score=answer.score,
        maximum=answer.maximum,
        digest=answer.digest,
        record=answer.as_record(),
        created_at=now,
    )
    db.session.add(kept)
    db.session.flush()
    return kept


def _language(cell: ScoreDelivery) -> str:
    """The learner's language, else that of the trainer who pressed Send."""
    locales = {
        membership_id: (chosen, sent)
        for membership_id, chosen, sent in db.session.execute(
            select(Membership.id, Membership.locale, User.locale)
            .join(User, User.id == Membership.user_id)
            .where(Membership.id.in_((cell.member_id, cell.asked_by_id)))
        )
    }
    nobody = (None, None)
    return language_of(*locales.get(cell.member_id, nobody), *locales.get(cell.asked_by_id, nobody))


def _refuse(cell: ScoreDelivery, code: str, words: str) -> None:
    cell.problem, cell.problem_detail = code_of(code), detail_of(words)
    cell.asked_since = False
    _release(cell, DeliveryState.REFUSED, None)


def _release(cell: ScoreDelivery, state: DeliveryState, due_at: datetime | None) -> None:
    """Give the lease back and say what is next."""
    cell.state, cell.due_at = state, due_at
    cell.lease = cell.lease_until = None
    db.session.flush()
