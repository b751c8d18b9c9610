"""The rows of invited guests: what a row says by now, and how rows are forgotten."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, select, update

from lti_tool.extensions import db
from lti_tool.models import GuestInvitation, GuestLink, MembershipState, Message, MessageState
from lti_tool.services import roles

# So long a link that was used still says so, instead of being unknown.
LINKS_ARE_REMEMBERED = timedelta(days=7)
# So long an invitation that nobody can accept any more keeps the address it was sent to.
UNACCEPTED_ARE_KEPT = timedelta(days=30)
MOST_FORGOTTEN = 500  # in one transaction


class GuestState(StrEnum):
    """What became of an invitation, in the order in which pages show them."""

    SENT = "sent"
    EXPIRED = "expired"  # nobody came while its link was good, or its last day is over
    ACCEPTED = "accepted"
    ENDED = "ended"  # accepted, and over
    WITHDRAWN = "withdrawn"


def state_of(invitation: GuestInvitation, now: datetime) -> GuestState:
    """Return what became of an invitation; of one that was accepted the membership says it."""
    if invitation.member is not None:
        member = invitation.member
        is_here = member.state != MembershipState.REMOVED and roles.appointed(member, now) is not None
        return GuestState.ACCEPTED if is_here else GuestState.ENDED
    if invitation.withdrawn_at is not None:
        return GuestState.WITHDRAWN
    is_good = min(invitation.good_until, invitation.until) > now
    return GuestState.SENT if is_good else GuestState.EXPIRED


def subject_of(invitation_id: int) -> str:
    """Return how mails to a guest, and the audit log, name what they are about."""
    return f"guest:{invitation_id}"


def forget(which: ColumnElement[bool]) -> int:
    """Delete some invitations with their links and the mails that were sent for them; return how many."""
    wanted = select(GuestInvitation.id).where(which).order_by(GuestInvitation.good_until)
    some = db.session.scalars(wanted.limit(MOST_FORGOTTEN)).all()
    if some:
        for gone in (
            delete(Message).where(Message.subject.in_([subject_of(number) for number in some])),
            delete(GuestLink).where(GuestLink.invitation_id.in_(some)),
            delete(GuestInvitation).where(GuestInvitation.id.in_(some)),
        ):
            db.session.execute(gone.execution_options(synchronize_session=False))
    return len(some)


def forget_those_of(members: Collection[int]) -> None:
    """Delete the invitations by which these members came."""
    forget(GuestInvitation.member_id.in_(members))


def sweep(now: datetime) -> None:
    """Delete links that have served their time, and invitations that nobody can accept any more: some."""
    old = select(GuestLink.id).where(GuestLink.expires_at <= now - LINKS_ARE_REMEMBERED)
    some = db.session.scalars(old.order_by(GuestLink.expires_at).limit(MOST_FORGOTTEN)).all()
    gone = delete(GuestLink).where(GuestLink.id.in_(some))
    db.session.execute(gone.execution_options(synchronize_session=False))
    is_over = GuestInvitation.good_until <= now - UNACCEPTED_ARE_KEPT
    forget(and_(GuestInvitation.member_id.is_(None), is_over))


def call_mails_back(invitation_id: int, now: datetime) -> None:
    """Send nothing any more of what waits to be mailed for an invitation: its link is no longer good."""
    waits = (Message.subject == subject_of(invitation_id), Message.state == MessageState.DUE)
    useless = update(Message).where(*waits).values(useless_after=now)
    db.session.execute(useless.execution_options(synchronize_session=False))


def are_enough(most: int, since: datetime, *which: ColumnElement[bool]) -> bool:
    """Tell whether so many links were made since a moment, of some invitations or all."""
    made = select(GuestLink.id).where(GuestLink.created_at > since, *which)
    latest = made.order_by(GuestLink.created_at.desc()).limit(most)
    return len(db.session.scalars(latest).all()) >= most
