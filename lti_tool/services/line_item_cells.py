"""What becomes of the cells of a column that is made anew, is there again, or is refused."""

from sqlalchemy import Select, select, update

from lti_tool.extensions import db
from lti_tool.models import DeliveryState, LineItem, ScoreDelivery
from lti_tool.services.problems import Problem

WHAT_THE_OLD_COLUMN_HAD = (
    "attempted_statement_id",
    "attempted_value",
    "attempted_maximum",
    "attempted_at",
    "confirmed_statement_id",
    "confirmed_value",
    "confirmed_maximum",
    "confirmed_at",
    "last_timestamp",
    "theirs_value",
    "theirs_maximum",
    "theirs_seen_at",
    "replaced_value",
    "replaced_maximum",
    "replaced_at",
)


def forget_what_the_old_column_had(line_item_id: int) -> None:
    """A column made anew is empty: what was confirmed in the one that is gone says nothing about it."""
    decided = (DeliveryState.CONFIRMED, DeliveryState.HELD, DeliveryState.KEPT)
    of_the_column = ScoreDelivery.line_item_id == line_item_id
    db.session.execute(
        update(ScoreDelivery)
        .where(of_the_column)
        .values(
            attempt_open=False,
            theirs_empty=False,
            overwrite=False,
            **dict.fromkeys(WHAT_THE_OLD_COLUMN_HAD),
        )
    )
    db.session.execute(
        update(ScoreDelivery)
        .where(of_the_column, ScoreDelivery.state.in_(decided))
        .values(state=DeliveryState.READY)
    )


def free_what_waited_for_it(line_item_id: int) -> None:
    db.session.execute(
        update(ScoreDelivery)
        .where(
            ScoreDelivery.line_item_id == line_item_id,
            ScoreDelivery.state == DeliveryState.REFUSED,
            ScoreDelivery.problem == Problem.LINE_ITEM_GONE.value,
        )
        .values(state=DeliveryState.READY, problem=None, problem_detail=None)
    )


def take_off_the_way(line_item_id: int) -> None:
    """Have what is due in a refused column be ready instead: it is not on its way, and might never be."""
    take_off_the_ways(select(LineItem.id).where(LineItem.id == line_item_id))


def take_off_the_ways(line_items: Select) -> None:
    """Do it for each of these line items, selected by number; one statement."""
    db.session.execute(
        update(ScoreDelivery)
        .where(ScoreDelivery.line_item_id.in_(line_items), ScoreDelivery.state == DeliveryState.DUE)
        .values(state=DeliveryState.READY, due_at=None, asked_since=False, problem=None, problem_detail=None)
    )
