"""From what members are told to mails: what is due for one of them becomes one mail, in one transaction.

A worker that dies between two members has made the mails of the first and none of the second: nobody is told
twice, nobody is left out. The mail itself is the outbox's (`messages`), its words are made when it is sent.
"""

import logging
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from lti_tool.extensions import db
from lti_tool.models import (
    Community,
    MailChoice,
    MailFrequency,
    Membership,
    MembershipState,
    Message,
    MessageState,
    Notification,
    NotificationKind,
    User,
)
from lti_tool.services import mail_choices, messages, outbox
from lti_tool.services.mail_choices import Wishes
from lti_tool.services.quiet_hours import Hours

log = logging.getLogger(__name__)

# Who reads it in the tool meanwhile gets no mail about it, and what follows at once goes into the same one.
WAIT = timedelta(minutes=10)
# A mail that could not be sent for so long tells nothing new any more.
WORTH_SENDING_FOR = timedelta(days=5)
# What was told so long ago is not sent, whatever kept it waiting.
TOO_OLD = timedelta(days=21)
# Rows looked at in one transaction, and members one of whom is taken: what is left comes next.
MOST_AT_ONCE = 1_000
_MEMBERS_AHEAD = 50
# What a newer release that runs beside this one tells, and this one has no words for, is left to that one.
_KNOWN = Notification.kind.in_(tuple(NotificationKind))
_AFTER_A_FAULT = timedelta(hours=1)

Clock = Callable[[], datetime]
Transaction = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class _Due:
    """A member whose rows are looked at, with all that decides about them."""

    member: Membership
    user: User
    wishes: Wishes
    refused: bool
    mails_off: bool  # staff let the space send none

    @property
    def can_be_told(self) -> bool:
        return (
            self.user.email is not None
            and not self.refused
            and not self.wishes.off
            and self.member.state is not MembershipState.REMOVED
        )

    def is_told(self, kind: NotificationKind) -> bool:
        """Whether this is told by mail at all; what is not is done with, so that nothing piles up."""
        return self.can_be_told and (not self.mails_off or kind in mail_choices.TOLD_ALL_THE_SAME)


def make_due(now: Clock, transaction: Transaction) -> int:
    """Make the mail of every member for whom something is due; return how many were made."""
    made = 0
    while True:
        number = None
        try:
            with transaction():
                number = _next_member(now())
                if number is None:
                    break
                made += _make(number, now())
        except Exception:
            if number is None:
                raise
            # Of this member as far as we know: the others do not wait behind them.
            log.exception("the mail of member %s could not be made", number)
            with transaction():
                _put_off(number, now() + _AFTER_A_FAULT)
    if made:
        with transaction():
            outbox.wake(outbox.MESSAGES)
    return made


def due_at(told_at: datetime, frequency: MailFrequency, hours: Hours, now: datetime) -> datetime | None:
    """Return when something told at a moment goes into a mail, not before now; None: never."""
    ready = told_at + WAIT
    if frequency is MailFrequency.NEVER or now - told_at > TOO_OLD:
        return None
    wanted = {
        MailFrequency.AT_ONCE: hours.open_from,
        MailFrequency.DAILY: hours.daily_from,
        MailFrequency.WEEKLY: hours.weekly_from,
    }[frequency](ready)
    return hours.open_from(max(wanted, now))


def _next_member(now: datetime) -> int | None:
    """Hold one of those for whom something is due, whom no other worker has in hand."""
    ahead = (
        select(Notification.member_id)
        .where(Notification.mail_due_at <= now, _KNOWN)
        .order_by(Notification.mail_due_at, Notification.id)
        .limit(_MEMBERS_AHEAD)
    )
    free = select(Membership.id).where(Membership.id.in_(ahead)).order_by(Membership.id).limit(1)
    return db.session.scalar(free.with_for_update(skip_locked=True, key_share=True))


def _make(member_id: int, now: datetime) -> int:
    """Settle what is due for one member; return how many mails that made, none or one.

    A constant number of statements, whatever they are told.
    """
    due = _read(member_id, now)
    rows = db.session.execute(
        select(Notification.id, Notification.kind, Notification.at, Notification.read_at)
        .where(Notification.member_id == member_id, Notification.mail_due_at <= now, _KNOWN)
        .order_by(Notification.mail_due_at, Notification.id)
        .limit(MOST_AT_ONCE)
    ).all()
    moments: dict[datetime | None, list] = {}
    for row in rows:
        told = due.is_told(row.kind) and row.read_at is None
        frequency = due.wishes.frequencies[row.kind] if told else MailFrequency.NEVER
        moments.setdefault(due_at(row.at, frequency, due.wishes.hours, now), []).append(row)
    in_the_mail = [row for moment in list(moments) if moment == now for row in moments.pop(moment)]
    for moment, some in moments.items():
        _settle(some, mail_due_at=moment)
    if not in_the_mail:
        return 0
    _settle(in_the_mail, mail_due_at=None, mailed_in_id=_message(due, in_the_mail, now))
    return 1


def _read(member_id: int, now: datetime) -> _Due:
    """Read all that decides about the mails of a member who is held: as it is by now."""
    wanted = (
        select(Membership, User, Community, MailChoice)
        .join(User, User.id == Membership.user_id)
        .join(Community, Community.id == Membership.community_id)
        .outerjoin(MailChoice, MailChoice.member_id == Membership.id)
        .where(Membership.id == member_id)
        .execution_options(populate_existing=True)
    )
    member, user, community, choice = db.session.execute(wanted).one()
    return _Due(
        member=member,
        user=user,
        wishes=mail_choices.wishes_of(choice, community),
        refused=mail_choices.is_refused(choice, user.email, now),
        mails_off=community.mails_off,
    )


def _message(due: _Due, rows: list, now: datetime) -> int:
    """Return the number of the mail that tells of these rows: one that still waits, else a new one.

    Whoever could not be reached for days gets one mail then, not one for each day.
    """
    counts = Counter((row.kind.value, due.wishes.frequencies[row.kind].value) for row in rows)
    waiting = _waiting(due, now)
    if waiting is not None:
        counts.update({(kind, how): count for kind, count, how in waiting.why or ()})
        waiting.why, waiting.useless_after = _why(counts), now + WORTH_SENDING_FOR
        return waiting.id
    return messages.ask_for(
        messages.NEWS,
        due.user.email,
        due.member.locale or due.user.locale,
        {},
        now,
        useless_after=now + WORTH_SENDING_FOR,
        member_id=due.member.id,
        why=_why(counts),
        wake=False,
    ).id


def _waiting(due: _Due, now: datetime) -> Message | None:
    """Hold a mail to the member that no worker has in hand and that can still be sent, if there is one."""
    wanted = (
        select(Message)
        .where(
            Message.member_id == due.member.id,
            Message.state == MessageState.DUE,
            Message.recipient == due.user.email,
            Message.useless_after > now,
        )
        .order_by(Message.id.desc())
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(wanted).one_or_none()


def _why(counts: Counter) -> list:
    """Write down why a mail is sent: of each kind, how many things, and how soon they were wanted."""
    each = ((kind.value, how.value) for kind in NotificationKind for how in MailFrequency)
    return [[kind, counts[kind, how], how] for kind, how in each if counts[kind, how]]


def _settle(rows: list, **values: object) -> None:
    settled = update(Notification).where(Notification.id.in_([row.id for row in rows])).values(**values)
    db.session.execute(settled.execution_options(synchronize_session=False))


def _put_off(member_id: int, until: datetime) -> None:
    waits = (Notification.member_id == member_id, Notification.mail_due_at <= until)
    later = update(Notification).where(*waits).values(mail_due_at=until)
    db.session.execute(later.execution_options(synchronize_session=False))
