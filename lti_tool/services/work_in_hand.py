"""What there is to do in the whole installation, in numbers that concern nobody in particular."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select

from lti_tool.extensions import db
from lti_tool.models import (
    DeliveryState,
    LineItem,
    LineItemState,
    Message,
    MessageState,
    Roster,
    RosterState,
    ScoreDelivery,
)
from lti_tool.services import heartbeats, schema_version


@dataclass(frozen=True)
class WorkInHand:
    """Numbers of rows by state, the age in seconds of what has been due longest, and who is there."""

    deliveries: dict[str, float]
    line_items: dict[str, float]
    rosters: dict[str, float]
    mails: dict[str, float]
    oldest_due_seconds: dict[str, float]
    workers: int
    oldest_heartbeat_seconds: float | None
    schema_ok: bool


def look(now: datetime) -> WorkInHand:
    """Count. Ten statements, each on an index or on a small table; nothing is written."""
    workers = heartbeats.workers(now)
    oldest = workers.oldest_beat
    return WorkInHand(
        deliveries=_by_state(ScoreDelivery, DeliveryState),
        line_items=_by_state(LineItem, LineItemState),
        rosters=_by_state(Roster, RosterState),
        mails=_by_state(Message, MessageState),
        oldest_due_seconds={
            "scores": _waiting(ScoreDelivery, DeliveryState.DUE, now),
            "line_items": _waiting(LineItem, LineItemState.WANTED, now),
            "rosters": _waiting(Roster, RosterState.DUE, now),
            "mails": _waiting(Message, MessageState.DUE, now),
        },
        workers=workers.alive,
        oldest_heartbeat_seconds=None if oldest is None else oldest.total_seconds(),
        schema_ok=schema_version.usable(schema_version.there_on(db.session.connection())),
    )


def _by_state(table, states: type[StrEnum]) -> dict[str, float]:
    """Return the number of rows in each state, also of those that no row is in."""
    found = dict(db.session.execute(select(table.state, func.count()).group_by(table.state)).all())
    return {str(state): found.get(state, 0) for state in states}


def _waiting(table, due, now: datetime) -> float:
    """Return for how many seconds the oldest row has been due; 0 when none is."""
    first = db.session.scalar(select(func.min(table.due_at)).where(table.state == due))
    return 0.0 if first is None else max((now - first).total_seconds(), 0.0)
