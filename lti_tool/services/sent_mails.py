"""Every mail that was sent to a member, or was to be, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.models import Message, MessageState
from lti_tool.permissions import Act
from lti_tool.services import cursors, messages
from lti_tool.services.acting import ActingMember

PAGE = 30


@dataclass(frozen=True)
class Reason:
    """Why a mail was sent: so many things of a kind, which the member wanted so soon."""

    kind: str
    count: int
    frequency: str


@dataclass(frozen=True)
class SentMail:
    """A mail to the member. `state`: sent, waiting, needless (what it told was read, or gone) or failed.

    `at` is when it was sent, else made; `next_at` when it is tried next, `tried` how often it was; `problem`
    what the mail server said, as it said it.
    """

    state: str
    at: datetime
    address: str
    reasons: Sequence[Reason]
    next_at: datetime | None
    tried: int
    problem: str | None


@dataclass(frozen=True)
class Page:
    """One page of them, the latest first; `older` is the cursor of the next."""

    mails: list[SentMail]
    older: str | None


def page(member: ActingMember, before: str | None) -> Page:
    """Return a page of the mails to a member. One statement."""
    member.must(Act.KEEP)
    wanted = select(Message).where(Message.member_id == member.id)
    wanted = wanted.where(cursors.older(before, Message.created_at, Message.id))
    in_order = wanted.order_by(Message.created_at.desc(), Message.id.desc()).limit(PAGE + 1)
    found = db.session.scalars(in_order).all()
    shown = found[:PAGE]
    older = cursors.cursor(shown[-1].created_at, shown[-1].id) if len(found) > PAGE else None
    return Page([_described(one) for one in shown], older)


def _described(message: Message) -> SentMail:
    return SentMail(
        state=_state(message),
        at=message.sent_at or message.created_at,
        address=message.recipient,
        reasons=[Reason(*one) for one in message.why or ()],
        next_at=message.due_at if message.state is MessageState.DUE else None,
        tried=message.attempts,
        problem=message.problem,
    )


def _state(message: Message) -> str:
    if message.state is MessageState.SENT:
        return "sent"
    if message.state is not MessageState.REFUSED:
        return "waiting"
    return "needless" if message.problem == messages.NEEDLESS else "failed"
