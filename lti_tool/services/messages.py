"""Mails: asked for in the transaction that has the reason, sent by a worker. Claim, send, record.

Each step is a transaction of its own, none is open while the mail server is spoken to. A worker that dies
between the sending and our record of it leaves a lease that lapses, and the mail goes out a second time with
the same Message-ID; no mail is ever lost.
"""

import json
import logging
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from lti_tool.errors import MailDeferred, MailNeedless, MailNotNow, MailRefused, MailUnavailable
from lti_tool.extensions import db
from lti_tool.lti import keys
from lti_tool.models import Message, MessageState, Notification
from lti_tool.services import mail_choices, outbox
from lti_tool.services.retries import next_try

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
MOST_TRIES = 12
# So long it can be seen that, and when, a mail was sent; its words are gone with the sending.
KEPT_FOR = timedelta(days=30)

# What a member was told can be seen as long as what told of it may be there.
MEMBERS_KEPT_FOR = timedelta(days=365)
MOST_FORGOTTEN = 1_000  # in one transaction

SIGN_IN = "sign-in"  # about: link, minutes
INVITATION = "invitation"  # to a guest, about: see `guests.mail_link`
GUEST_LINK = "guest-link"  # to a guest who asked for it, about: link, name, community, minutes
REPLY_ANSWER = "reply-answer"  # to a member who answered by mail: see `replying`
NEWS = "news"  # to a member; its words are made of the notifications that name it
ANSWERS_ARE_WORTH_SENDING_FOR = timedelta(days=5)
TOO_LATE = "too-late"  # the problem of a mail that nobody could use any more
NEEDLESS = "needless"  # the problem of a mail that nobody needed any more

Clock = Callable[[], datetime]
Transaction = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Outgoing:
    """A claimed mail; nothing of it lives in a session. `about` is what was said when it was asked for."""

    id: int
    lease: str
    uuid: str
    kind: str
    recipient: str
    locale: str | None
    about: dict
    created_at: datetime
    member_id: int | None = None


Deliver = Callable[[Outgoing], None]


def ask_for(
    kind: str,
    recipient: str,
    locale: str | None,
    about: dict,
    now: datetime,
    *,
    subject: str | None = None,
    useless_after: datetime | None = None,
    member_id: int | None = None,
    why: list | None = None,
    wake: bool = True,
) -> Message:
    """Have a mail sent once this transaction is committed.

    :param about: what its words need, as JSON. :param useless_after: it is not sent later than this, and
        tried until then. :param member_id: whom it tells of a community, :param why: for which reasons.
    :param wake: wake a worker; whoever asks for many wakes one at the end.
    """
    message = Message(
        uuid=str(uuid.uuid4()),
        kind=kind,
        recipient=recipient,
        locale=locale,
        about_encrypted=keys.encrypted(json.dumps(about)),
        subject=subject,
        state=MessageState.DUE,
        created_at=now,
        due_at=now,
        useless_after=useless_after,
        attempts=0,
        member_id=member_id,
        why=why,
    )
    db.session.add(message)
    db.session.flush()
    if wake:
        outbox.wake(outbox.MESSAGES)
    return message


def asked_since(kind: str, since: datetime, subject: str | None = None) -> int:
    """Return how many mails of a kind were asked for since then, about one subject or all."""
    wanted = select(func.count()).select_from(Message).where(Message.kind == kind, Message.created_at > since)
    if subject is not None:
        wanted = wanted.where(Message.subject == subject)
    return db.session.scalar(wanted)


def send_due(now: Clock, transaction: Transaction, deliver: Deliver) -> None:
    """Send every mail that is due, one after the other.

    :param deliver: puts a mail into words and hands it in; raises `MailUnavailable`, `MailRefused`,
        `MailNotNow`, `MailNeedless`.
    """
    while True:
        with transaction():
            outgoing = _claim(now())
        if outgoing is None:
            return
        problem = _attempt(outgoing, deliver)
        with transaction():
            _record_outcome(outgoing, problem, now())
        if isinstance(problem, MailUnavailable) and not isinstance(problem, MailDeferred):
            return  # the next sweep looks whether the server is there again


def _attempt(outgoing: Outgoing, deliver: Deliver) -> Exception | None:
    """Hand a mail in; return what went wrong."""
    try:
        deliver(outgoing)
    except (MailUnavailable, MailRefused, MailNotNow, MailNeedless) as problem:
        return problem
    except Exception as fault:
        # Ours, and of this mail as far as we know: the others do not wait behind it.
        log.exception("mail %s could not be handed in", outgoing.uuid)
        return fault
    return None


def _record_outcome(outgoing: Outgoing, problem: Exception | None, now: datetime) -> None:
    done = {"due_at": None, "about_encrypted": None}
    match problem:
        case None:
            _record(outgoing, state=MessageState.SENT, sent_at=now, problem=None, **done)
        case MailNotNow():
            not_tried = Message.attempts - 1
            _record(outgoing, state=MessageState.DUE, due_at=problem.facts["until"], attempts=not_tried)
        case MailNeedless():
            _record(outgoing, state=MessageState.REFUSED, problem=NEEDLESS, **done)
        case MailRefused():
            _give_up(outgoing, problem.code)
            if outgoing.member_id is not None and problem.facts.get("address"):
                mail_choices.note_refusal(outgoing.member_id, outgoing.recipient, now)
        case MailUnavailable():
            _try_later(outgoing, problem.code, now, for_long=True)
        case _:
            _try_later(outgoing, type(problem).__name__, now, for_long=False)


def sweep(now: datetime) -> None:
    """Forget mails that are long done, a bounded number each time."""
    to_nobody_here = and_(Message.member_id.is_(None), Message.created_at <= now - KEPT_FOR)
    to_members = and_(Message.member_id.is_not(None), Message.created_at <= now - MEMBERS_KEPT_FOR)
    done = Message.state.in_((MessageState.SENT, MessageState.REFUSED))
    for old in (to_nobody_here, to_members):
        gone = db.session.scalars(select(Message.id).where(done, old).limit(MOST_FORGOTTEN)).all()
        if gone:
            told = update(Notification).where(Notification.mailed_in_id.in_(gone)).values(mailed_in_id=None)
            for forgotten in (told, delete(Message).where(Message.id.in_(gone))):
                db.session.execute(forgotten.execution_options(synchronize_session=False))


def _claim(now: datetime) -> Outgoing | None:
    """Take one mail: somebody waits for a link to sign in, before thousands of digests."""
    _drop_useless(now)
    return _claim_of(Message.member_id.is_(None), now) or _claim_of(Message.member_id.is_not(None), now)


def _claim_of(some: ColumnElement[bool], now: datetime) -> Outgoing | None:
    lease = str(uuid.uuid4())
    due = (
        select(Message.id)
        .where(some, outbox.to_be_done(Message, MessageState.DUE, MessageState.SENDING, now))
        .order_by(Message.due_at, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claimed = (
        update(Message)
        .where(Message.id.in_(select(due.c.id)))
        .values(
            state=MessageState.SENDING, lease=lease, lease_until=now + LEASE, attempts=Message.attempts + 1
        )
        .returning(Message)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    message = db.session.scalars(claimed).one_or_none()
    if message is None:
        return None
    about = keys.decrypted(message.about_encrypted or "")
    return Outgoing(
        id=message.id,
        lease=lease,
        uuid=message.uuid,
        kind=message.kind,
        recipient=message.recipient,
        locale=message.locale,
        about=json.loads(about) if about else {},
        created_at=message.created_at,
        member_id=message.member_id,
    )


def _drop_useless(now: datetime) -> None:
    """Give up what nobody can use any more, also what a worker that died had in hand."""
    waits = or_(
        Message.state == MessageState.DUE,
        and_(Message.state == MessageState.SENDING, Message.lease_until <= now),
    )
    given_up = {"state": MessageState.REFUSED, "due_at": None, "about_encrypted": None, "problem": TOO_LATE}
    db.session.execute(
        update(Message)
        .where(waits, Message.useless_after <= now)
        .values(lease=None, lease_until=None, **given_up)
        .execution_options(synchronize_session=False)
    )


def _try_later(outgoing: Outgoing, code: str, now: datetime, *, for_long: bool) -> None:
    """Try again later, so often; `for_long`: as long as anybody can use it, where that is known."""
    wanted = select(Message.attempts, Message.useless_after).where(Message.id == outgoing.id)
    attempts, useless_after = db.session.execute(wanted).first() or (1, None)
    if attempts >= MOST_TRIES and not (for_long and useless_after):
        _give_up(outgoing, code)
        return
    _record(outgoing, state=MessageState.DUE, due_at=next_try(now, attempts, None), problem=code[:80])


def _give_up(outgoing: Outgoing, code: str) -> None:
    """Try no more. What a mail to a member was about goes: it may be what they typed (`REPLY_ANSWER`)."""
    gone = {} if outgoing.member_id is None else {"about_encrypted": None}
    _record(outgoing, state=MessageState.REFUSED, due_at=None, problem=code[:80], **gone)


def _record(outgoing: Outgoing, **values: object) -> None:
    """Record an outcome and give the lease back; without the lease nothing is recorded."""
    db.session.execute(
        update(Message)
        .where(Message.id == outgoing.id, Message.lease == outgoing.lease)
        .values(lease=None, lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )
