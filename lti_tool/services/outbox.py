"""Asks for a worker to be woken once the transaction under way is committed."""

from lti_tool.extensions import db

SCORES = "scores"
LINE_ITEMS = "line-items"
ROSTERS = "rosters"
RUNNING_SCORES = "running-scores"
CHECKS = "checks"
MESSAGES = "messages"
NOTICE_HANDLERS = "notice-handlers"
ALL = (SCORES, LINE_ITEMS, ROSTERS, RUNNING_SCORES, CHECKS, MESSAGES, NOTICE_HANDLERS)


def wake(outbox: str) -> None:
    """Ring this outbox's bell after the commit; forgotten if the transaction rolls back."""
    db.session.info.setdefault("bells", set()).add(outbox)
