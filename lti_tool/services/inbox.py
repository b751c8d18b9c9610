"""The mailbox of answers: one worker at a time reads it, and one that is away is read later.

A mail is dealt with in a transaction (`replying`), and put away in the mailbox after it. A worker that dies
in between leaves a mail that is known as dealt with: the next one puts it away and does nothing else.
"""

import logging
import ssl
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from lti_tool import settings
from lti_tool.errors import DatabaseUnavailable, MailboxUnavailable, StorageUnavailable
from lti_tool.extensions import db
from lti_tool.lti.connections import default_tls
from lti_tool.models import InboundMailbox
from lti_tool.services import replying
from lti_tool.services.mailbox import Conversation, Mailbox
from lti_tool.services.replying import Edges
from lti_tool.services.retries import next_try
from lti_tool.services.upserts import insert_unless_there

log = logging.getLogger(__name__)

# However many workers there are, it is asked once in this time.
BETWEEN = timedelta(seconds=50)
LEASE = timedelta(minutes=5)
MOST_AT_ONCE = 50
# A mail that is larger is not read, in bytes; of it so much is, for what was typed stands in front.
LARGEST, BEGINNING = 15_000_000, 200_000
_THE_ONE = 1


@dataclass(frozen=True)
class State:
    """How reading goes: when the mailbox was last read to its end, since when not and why."""

    read_at: datetime | None
    failing_since: datetime | None
    problem: str | None


def read_due(edges: Edges, tls: ssl.SSLContext | None = None) -> int:
    """Deal with what lies in the mailbox, if it is time to; return how many mails that were."""
    url = settings.current().inbound_mail_url
    if url is None:
        return 0
    lease = str(uuid.uuid4())
    with edges.transaction():
        if not _claimed(lease, edges.now()):
            return 0
    count, problem = 0, None
    try:
        with Mailbox.at(url).conversation(tls or default_tls()) as conversation:
            for uid in conversation.waiting(MOST_AT_ONCE):
                with edges.transaction():
                    if not _renewed(lease, edges.now()):
                        return count
                count += _deal_with(conversation, uid, edges)
            conversation.tidy()
    except MailboxUnavailable as away:
        log.warning("the mailbox of answers cannot be read: %s", away.code)
        problem = away.code
    with edges.transaction():
        _give_back(lease, problem, edges.now())
    return count


def state() -> State | None:
    """Return how reading goes, None when it was never tried. One statement."""
    row = db.session.get(InboundMailbox, _THE_ONE)
    return None if row is None else State(row.read_at, row.failing_since, row.problem)


def _deal_with(conversation: Conversation, uid: int, edges: Edges) -> bool:
    size = conversation.size(uid)
    if size is None:  # another worker, or somebody at their mail program
        return False
    whole = size <= LARGEST
    raw = conversation.beginning(uid, LARGEST if whole else BEGINNING)
    if raw is None:
        return False
    if _is_ours(raw, whole, edges):
        conversation.put_away(uid)
    else:
        conversation.leave(uid)
    return True


def _is_ours(raw: bytes, whole: bool, edges: Edges) -> bool:
    """Take a mail in; False for one that stays in the mailbox for a person to look at.

    :raises MailboxUnavailable: `database` or `storage`, where it is to be tried again.
    """
    try:
        return replying.take_in(raw, whole=whole, edges=edges)
    except DatabaseUnavailable as away:
        raise MailboxUnavailable("database") from away
    except (StorageUnavailable, OSError) as away:
        raise MailboxUnavailable("storage") from away
    except Exception:
        # Ours, and of this mail as far as we know: the others do not wait behind it.
        log.exception("a mail could not be taken in; it stays in the mailbox, flagged")
        return False


def _claimed(lease: str, now: datetime) -> bool:
    """Have the mailbox for the time of a lease, when it is due and nobody has it."""
    insert_unless_there(InboundMailbox, {"id": _THE_ONE}, {"due_at": now, "failures": 0})
    free = or_(InboundMailbox.lease_until.is_(None), InboundMailbox.lease_until <= now)
    return _changed(
        (InboundMailbox.due_at <= now, free),
        {"lease": lease, "lease_until": now + LEASE, "due_at": now + BETWEEN},
    )


def _renewed(lease: str, now: datetime) -> bool:
    return _changed((InboundMailbox.lease == lease,), {"lease_until": now + LEASE})


def _give_back(lease: str, problem: str | None, now: datetime) -> None:
    row = db.session.execute(
        select(InboundMailbox).where(InboundMailbox.lease == lease).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        return
    row.lease = row.lease_until = None
    if problem is None:
        row.read_at, row.failing_since, row.failures, row.problem = now, None, 0, None
        return
    row.failing_since, row.failures, row.problem = row.failing_since or now, row.failures + 1, problem
    row.due_at = next_try(now, row.failures, None)


def _changed(conditions: tuple, values: dict[str, object]) -> bool:
    changed = update(InboundMailbox).where(InboundMailbox.id == _THE_ONE, *conditions).values(**values)
    return db.session.execute(changed.execution_options(synchronize_session=False)).rowcount == 1
