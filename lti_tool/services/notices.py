"""Notices of LMSs, taken in: each counts once, and a copied course is remembered."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from lti_tool.errors import LaunchRefused
from lti_tool.extensions import db
from lti_tool.lti import notices
from lti_tool.lti.notices import ReceivedNotice, Sender
from lti_tool.models import CourseCopy, Notice
from lti_tool.services.upserts import insert_unless_there

log = logging.getLogger(__name__)

Block = Callable[[], AbstractContextManager[None]]

MOST_AT_ONCE = 2 * notices.MOST_IN_A_BATCH
ACCEPTED, KNOWN, REFUSED = "accepted", "known", "refused"
# Longer than any token is accepted: a notice that is sent again meanwhile is known.
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Outcome:
    """What became of one notice, in the order of the request. `status` is that of HTTP."""

    result: str
    notice_id: str | None = None
    code: str | None = None
    status: int = 200


def receive(texts: Sequence[str], now: datetime, transaction: Block, reading: Block) -> list[Outcome]:
    """Check every notice by itself, then take in what is genuine, in one transaction.

    :param texts: the signed notices of one request, `MOST_AT_ONCE` at most.
    :param transaction: makes a short writing transaction, `reading` a reading one; none is open while keys
        are fetched, once for each platform in a request.
    """
    asked: set[int] = set()
    checked = [_checked(text, now, transaction, reading, asked) for text in texts]
    if not any(isinstance(one, ReceivedNotice) for one in checked):
        return checked
    with transaction():
        return [_taken_in(one, now) if isinstance(one, ReceivedNotice) else one for one in checked]


def _checked(
    text: str, now: datetime, transaction: Block, reading: Block, asked: set[int]
) -> ReceivedNotice | Outcome:
    try:
        with reading():
            sender = notices.sender_of(text)
        if _keys_were_fetched(sender, now, transaction, asked):
            with reading():
                sender = notices.sender_of(text)
        return notices.verify(sender, now)
    except LaunchRefused as refusal:
        log.warning("notice refused: %s %r", refusal.code, refusal.detail)
        return Outcome(REFUSED, code=refusal.code, status=refusal.status)


def _keys_were_fetched(sender: Sender, now: datetime, transaction: Block, asked: set[int]) -> bool:
    if sender.platform.id in asked:
        return False
    if not notices.fetch_keys_if_missing(sender, now, transaction):
        return False
    asked.add(sender.platform.id)
    return True


def _taken_in(notice: ReceivedNotice, now: datetime) -> Outcome:
    key = {"deployment_id": notice.deployment_key, "notice_id": notice.id}
    if not insert_unless_there(Notice, key, {"notice_type": notice.type, "received_at": now}):
        return Outcome(KNOWN, notice.id)
    for origin in notice.origin_context_ids:
        if origin != notice.context_id:
            copy = {
                "deployment_id": notice.deployment_key,
                "context_id": notice.context_id,
                "origin_context_id": origin,
            }
            insert_unless_there(CourseCopy, copy, {"said_at": now})
    return Outcome(ACCEPTED, notice.id)


def forget(now: datetime) -> None:
    """Delete what only served to know a notice again. Which course was copied from which stays."""
    old = delete(Notice).where(Notice.received_at <= now - KEPT_FOR)
    db.session.execute(old.execution_options(synchronize_session=False))
