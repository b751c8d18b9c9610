"""What the tables of things to be done share: which rows may be taken, and waking a worker for them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_

from lti_tool.extensions import db

SCORES = "scores"
LINE_ITEMS = "line-items"
ROSTERS = "rosters"
RUNNING_SCORES = "running-scores"
CHECKS = "checks"
MESSAGES = "messages"
NOTICE_HANDLERS = "notice-handlers"
SEARCH = "search"
LINK_PREVIEWS = "link-previews"
LMS_PICTURES = "lms-pictures"
PERSONAL_COPIES = "personal-copies"
ALL = (
    SCORES,
    LINE_ITEMS,
    ROSTERS,
    RUNNING_SCORES,
    CHECKS,
    MESSAGES,
    NOTICE_HANDLERS,
    SEARCH,
    LINK_PREVIEWS,
    LMS_PICTURES,
    PERSONAL_COPIES,
)


def wake(outbox: str) -> None:
    """Ring this outbox's bell after the commit; forgotten if the transaction rolls back."""
    db.session.info.setdefault("bells", set()).add(outbox)


def to_be_done(table: type, waiting: StrEnum, taken: StrEnum, now: datetime) -> ColumnElement[bool]:
    """Which rows a worker may take: those that are due, and those that were left by a worker that died.

    :param table: a model with `state`, `due_at` and `lease_until`; the two states are of its `state`.
    """
    return or_(
        and_(table.state == waiting, table.due_at <= now),
        and_(table.state == taken, table.lease_until <= now),
    )
