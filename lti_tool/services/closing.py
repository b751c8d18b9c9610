"""Sends what is to be sent by itself: automatic columns, when a period of their community has closed."""

from datetime import datetime

from sqlalchemy import func, select

from lti_tool.extensions import db
from lti_tool.models import Community, CommunityState, GradeColumn, Period
from lti_tool.services import calendar, cells, outbox, participation, rules, running_scores, verdicts
from lti_tool.services.line_items import Clock, Transaction
from lti_tool.services.rules import Rules


def send_what_has_closed(now: Clock, transaction: Transaction) -> int:
    """Have the scores of every automatic column sent whose period closed since it was last sent by itself.

    Periods are the community's, also for a prompt's column. A column is marked and its scores made due in one
    transaction of its own: a worker that dies has done both or nothing, and the weeks of many communities,
    which close at the same midnight, keep nobody else from writing. The final score is left to a person
    (peers F.2). Returns how many scores are on their way.
    """
    with transaction():
        waiting = _waiting(now())
    count = 0
    for column_id in waiting:
        with transaction():
            count += _close(column_id, now())
    return count


def _waiting(now: datetime) -> list[int]:
    """Return the automatic columns of whose periods one closed since they were last sent by themselves."""
    wanted = (
        select(GradeColumn.id)
        .join(Period, Period.community_id == GradeColumn.community_id)
        .join(Community, Community.id == GradeColumn.community_id)
        .where(
            Community.state.in_((CommunityState.OPEN, CommunityState.CLOSED)),  # archived: nothing changes
            GradeColumn.automatic_at.is_not(None),
            Period.number > func.coalesce(GradeColumn.closed_period, 0),
            Period.ends_at <= now,
        )
        .order_by(GradeColumn.id)
        .distinct()
    )
    return list(db.session.scalars(wanted))


def _close(column_id: int, now: datetime) -> int:
    """Send a column unless another worker does, or did, or it is no longer sent by itself."""
    wanted = select(GradeColumn).where(GradeColumn.id == column_id, GradeColumn.automatic_at.is_not(None))
    locked = wanted.with_for_update(skip_locked=True, key_share=True)
    column = db.session.scalars(locked.execution_options(populate_existing=True)).one_or_none()
    if column is None:
        return 0
    closed = calendar.last_closed(calendar.periods_of(column.community_id), now)
    if closed <= (column.closed_period or 0):
        return 0
    column.closed_period = closed
    db.session.flush()
    by = rules.of_column(column.community_id, column.id)
    return _send(by, column, now) if calendar.last_closed(by.periods, now) < len(by.periods) else 0


def _send(by: Rules, column: GradeColumn, now: datetime) -> int:
    """Make due what changed and may go; what a trainer decided to keep, and what is held, stays."""
    people = participation.scored_people(by.community_id, now)
    standing = running_scores.of_members(by, [one.number for one in people], now)
    changed = participation.changed_since_sent(by, standing)
    judged = verdicts.all_wanted(by, {number: standing[number] for number in changed})
    worth = [member_id for member_id, to_be in judged.items() if to_be.value is not None]
    wanted = cells.cells_of(by.community_id, worth, now, by.column_id)
    count = cells.make_due(wanted, column.automatic_by_id, now)
    if count:
        outbox.wake(outbox.SCORES)
    return count
