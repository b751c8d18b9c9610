"""The cells of the LMS gradebook that belong to members: one row per line item and enrolment there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, literal, null, select
from sqlalchemy.dialects import postgresql, sqlite

from lti_tool.extensions import db
from lti_tool.models import (
    DeliveryState,
    Enrolment,
    GradeColumn,
    LineItem,
    Membership,
    Role,
    ScoreDelivery,
)
from lti_tool.services import roles, running_scores

# A fact does not move these: they wait for a worker, for a decision, or for something to be mended.
UNMOVED = (
    DeliveryState.DUE,
    DeliveryState.SENDING,
    DeliveryState.HELD,
    DeliveryState.KEPT,
    DeliveryState.REFUSED,
)


@dataclass(frozen=True)
class Cell:
    """Where a score goes, whether or not its row exists yet."""

    line_item_id: int
    enrolment_id: int
    member_id: int


def mark_ready(community_id: int, member_id: int, now: datetime) -> None:
    """Note that what the LMS has of a member may be out of date. Nothing is sent by this (DESIGN 5)."""
    mark_all_ready(community_id, [member_id], now)


def mark_all_ready(community_id: int, member_ids: Iterable[int], now: datetime) -> None:
    """Note it of several members at once, whose rows are written in the order in which everybody does."""
    members = set(member_ids)
    running_scores.mark_stale(community_id, members, now)
    moved = case((ScoreDelivery.state.in_(UNMOVED), ScoreDelivery.state), else_=_state(DeliveryState.READY))
    _write(
        cells_of(community_id, members, now),
        new={"state": DeliveryState.READY, "changed_at": now, "changed_since": True},
        again={"state": moved, "changed_at": now, "changed_since": True},
    )


def make_due(wanted: Iterable[Cell], asked_by_id: int, now: datetime) -> int:
    """Have these cells sent as soon as a worker can; return how many there are.

    One that a worker is busy with stays with it and is sent once more afterwards.
    """
    due = {
        "due_at": now,
        "asked_at": now,
        "asked_by_id": asked_by_id,
        "asked_since": True,
        "attempts": 0,
        "problem": None,
        "problem_detail": None,
    }
    busy = and_(ScoreDelivery.state == DeliveryState.SENDING, ScoreDelivery.lease_until > now)
    state = case((busy, ScoreDelivery.state), else_=_state(DeliveryState.DUE))
    lease = case((busy, ScoreDelivery.lease), else_=null())
    return _write(
        wanted, new={"state": DeliveryState.DUE, **due}, again={"state": state, "lease": lease, **due}
    )


def cells_of(
    community_id: int, member_ids: Iterable[int], now: datetime, column_id: int | None = None
) -> list[Cell]:
    """Return the cells of these members: their active enrolments as learners, in courses with a line item.

    :param column_id: of which column; None: of all.
    """
    wanted = (
        select(LineItem.id, Membership.id, Enrolment)
        .join(GradeColumn, GradeColumn.id == LineItem.column_id)
        .join(Enrolment, Enrolment.course_id == LineItem.course_id)
        .join(
            Membership,
            and_(
                Membership.user_id == Enrolment.user_id, Membership.community_id == GradeColumn.community_id
            ),
        )
        .where(
            GradeColumn.community_id == community_id,
            Membership.id.in_(set(member_ids)),
            Enrolment.active,
        )
        .order_by(LineItem.id, Enrolment.id)
    )
    if column_id is not None:
        wanted = wanted.where(GradeColumn.id == column_id)
    found = db.session.execute(wanted)
    return [
        Cell(line_item_id, enrolment.id, member_id)
        for line_item_id, member_id, enrolment in found
        if roles.of_enrolment(enrolment, now) is Role.LEARNER
    ]


def _state(state: DeliveryState) -> Any:
    return literal(state, ScoreDelivery.state.type)


# Rows per statement: below the number of parameters that SQLite and PostgreSQL take at once.
PER_STATEMENT = 500


def _write(wanted: Iterable[Cell], new: dict[str, Any], again: dict[str, Any]) -> int:
    """Insert the rows of these cells with the values `new`; those that exist already get `again`."""
    rows = [
        {
            "line_item_id": cell.line_item_id,
            "enrolment_id": cell.enrolment_id,
            "member_id": cell.member_id,
            **new,
        }
        for cell in wanted
    ]
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    for start in range(0, len(rows), PER_STATEMENT):
        statement = dialect.insert(ScoreDelivery).values(rows[start : start + PER_STATEMENT])
        db.session.execute(
            statement.on_conflict_do_update(index_elements=["line_item_id", "enrolment_id"], set_=again)
        )
    return len(rows)
