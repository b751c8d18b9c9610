"""Keeping scores up: a worker computes what is out of date, and fixes what is final."""

from datetime import datetime

from sqlalchemy import Select, or_, select, union

from lti_tool.extensions import db
from lti_tool.models import GradeColumn, RunningScore
from lti_tool.services import facts, rules, statements
from lti_tool.services.line_items import Clock, Transaction
from lti_tool.services.rules import Rules
from lti_tool.services.running_scores import statement_for, summed_up, written

# Members whose scores are computed and kept in one transaction.
PER_TRANSACTION = 200


def keep_up(now: Clock, transaction: Transaction) -> int:
    """Compute and keep what is out of date, a few at a time, until nothing is; return how many were kept.

    A row is locked before its member's facts and the rules are read: what happens meanwhile makes it stale
    again after. After the last period, what came out is frozen as the final value.
    """
    count = 0
    with transaction():
        columns = _columns_to_do(now())
    for community_id, column_id in columns:
        while True:
            with transaction():
                done = _keep_some(community_id, column_id, now())
            count += done
            if done < PER_TRANSACTION:
                break
    return count


def _columns_to_do(now: datetime) -> list[tuple[int, int]]:
    """Return community and column wherever something is out of date."""
    stale, expired = (
        select(RunningScore.column_id).where(what).distinct()
        for what in (RunningScore.stale.is_(True), RunningScore.good_until <= now)
    )
    out_of_date = union(stale, expired).subquery()
    found = db.session.execute(
        select(GradeColumn.community_id, GradeColumn.id)
        .join(out_of_date, out_of_date.c.column_id == GradeColumn.id)
        .order_by(GradeColumn.id)
    )
    return [(community_id, column_id) for community_id, column_id in found]


def _keep_some(community_id: int, column_id: int, now: datetime) -> int:
    rows = list(db.session.scalars(_out_of_date(column_id, now)))
    by = rules.of_column(community_id, column_id) if rows else None
    if by is None:
        return 0
    for row in rows:
        row.stale = False
    db.session.flush()
    known = facts.facts_of(community_id, [row.member_id for row in rows])
    good_until = _changes_by_itself(by, now)
    computed = {row.member_id: statement_for(by, known.get(row.member_id, ()), now) for row in rows}
    statements.fix_final_values(by, computed, now)
    for row in rows:
        row.summary = written(summed_up(computed[row.member_id]))
        row.policy_id, row.computed_at, row.good_until = by.policy_id, now, good_until
    db.session.flush()
    return len(rows)


def _out_of_date(column_id: int, now: datetime) -> Select:
    return (
        select(RunningScore)
        .where(
            RunningScore.column_id == column_id,
            or_(RunningScore.stale.is_(True), RunningScore.good_until <= now),
        )
        .order_by(RunningScore.id)
        .limit(PER_TRANSACTION)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


def _changes_by_itself(by: Rules, now: datetime) -> datetime | None:
    """Return the next moment at which a score changes without any fact: a period begins or closes."""
    bounds = [moment for period in by.periods for moment in (period.starts_at, period.ends_at)]
    return min((moment for moment in bounds if moment > now), default=None)
