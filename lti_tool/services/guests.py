"""Staff invite people who are not in the LMS course: by name and mail address, in a role, until a day."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotFound, Stale, Unfit
from lti_tool.extensions import db
from lti_tool.models import (
    GuestInvitation,
    GuestLink,
    Membership,
    MembershipState,
    Message,
    MessageState,
    Role,
    User,
)
from lti_tool.permissions import Act
from lti_tool.services import audit, guest_records, members, messages, people
from lti_tool.services.acting import ActingMember
from lti_tool.services.administrators import folded, is_address
from lti_tool.services.guest_records import GuestState
from lti_tool.services.people import Person
from lti_tool.services.preferences import LANGUAGES
from lti_tool.services.sessions import digest
from lti_tool.services.upserts import insert_unless_there

PATH, ASKING = "/o/guest/", "/sign-in/guest"
AS = members.GUESTS_MAY_BE
# A link that staff send waits in a mailbox; one that somebody asks for is opened at once.
LINK_OF_STAFF, LINK_ASKED_FOR = timedelta(days=14), timedelta(hours=1)
# Links to one guest in a quarter of an hour, and by the staff of one community in a day.
MOST_LINKS, QUARTER = 3, timedelta(minutes=15)
MOST_A_DAY = 100
MOST_SHOWN = 200
LONGEST_NAME = 200


@dataclass(frozen=True)
class Wanted:
    """What staff fill in; `role` and `language` by their words."""

    name: str
    email: str
    role: str
    last_day: date | None
    language: str


@dataclass(frozen=True)
class GuestView:
    """An invitation as staff see it. `member` is the number of who accepted it, and came.

    `until` is their last day, `good_until` when the last link ends; `returned`: the mail was not taken.
    """

    id: int
    name: str
    email: str
    role: Role
    language: str
    state: GuestState
    until: datetime
    last_day: date
    good_until: datetime
    invited_by: Person
    invited_at: datetime
    member: int | None
    removed: bool
    returned: bool

    @property
    def may_be_sent(self) -> bool:
        """Whether a link may be sent to them once more: who is here asks for one on their own."""
        return self.state is not GuestState.ACCEPTED and not self.removed


def invited(member: ActingMember, now: datetime) -> Sequence[GuestView]:
    """Return the invitations of a community, the latest first. Two statements."""
    member.must(Act.APPOINT)
    found = db.session.scalars(
        _with_people().where(GuestInvitation.community_id == member.community.id).limit(MOST_SHOWN)
    ).all()
    return _views(member, found, now)


def one(member: ActingMember, number: int, now: datetime) -> GuestView:
    """Return one invitation. Two statements.

    :raises NotFound: there is none of this number here.
    """
    member.must(Act.APPOINT)
    here = (GuestInvitation.id == number, GuestInvitation.community_id == member.community.id)
    found = db.session.scalars(_with_people().where(*here)).all()
    if not found:
        raise NotFound()
    return _views(member, found, now)[0]


def _with_people():
    inviter = joinedload(GuestInvitation.invited_by).joinedload(Membership.user)
    latest = select(GuestInvitation).order_by(GuestInvitation.id.desc())
    return latest.options(joinedload(GuestInvitation.member), inviter)


def _views(member: ActingMember, found: Sequence[GuestInvitation], now: datetime) -> list[GuestView]:
    returned, zone = _returned(found), ZoneInfo(member.community.time_zone)
    return [_view(invitation, zone, invitation.id in returned, now) for invitation in found]


def _view(invitation: GuestInvitation, zone: ZoneInfo, returned: bool, now: datetime) -> GuestView:
    came = invitation.member
    until = (came and came.appointed_until) or invitation.until
    by = invitation.invited_by
    return GuestView(
        id=invitation.id,
        name=invitation.name,
        email=invitation.email,
        role=(came and came.appointed_role) or invitation.role,
        language=invitation.locale,
        state=guest_records.state_of(invitation, now),
        until=until,
        last_day=until.astimezone(zone).date(),
        good_until=min(invitation.good_until, invitation.until),
        invited_by=people.shown(by, by.user, None),
        invited_at=invitation.invited_at,
        member=came.id if came else None,
        removed=came is not None and came.state == MembershipState.REMOVED,
        returned=returned,
    )


def _returned(found: Sequence[GuestInvitation]) -> set[int]:
    """Return those whose latest mail the server would not take."""
    numbers = {guest_records.subject_of(invitation.id): invitation.id for invitation in found}
    latest = select(func.max(Message.id)).where(Message.subject.in_(numbers)).group_by(Message.subject)
    refused = select(Message.subject).where(
        Message.id.in_(latest), Message.state == MessageState.REFUSED, Message.problem != messages.TOO_LATE
    )
    return {numbers[subject] for subject in db.session.scalars(refused)}


def invite(member: ActingMember, wanted: Wanted, base_url: str, now: datetime) -> int:
    """Invite somebody: a row, an entry in the audit log, and a mail with a link. Return the row's number.

    Who was invited under this address and withdrawn again may be invited anew.

    :raises Unfit: by field; `email`: `not-an-address`, `invited-already`, `member-already`, `invited-enough`,
        `mailed-enough`.
    """
    member.must(Act.APPOINT)
    until = _fit(wanted, member.community.time_zone, now)
    email = folded(wanted.email)
    _must_be_new_here(member, email)
    _must_not_be_too_many(member, now)
    told = {
        "name": wanted.name,
        "role": Role(wanted.role),
        "locale": wanted.language,
        "until": until,
        "good_until": min(until, now + LINK_OF_STAFF),
        "invited_by_id": member.id,
        "invited_at": now,
    }
    key = {"community_id": member.community.id, "email": email}
    made = insert_unless_there(GuestInvitation, key, told)
    invitation = _locked(GuestInvitation.community_id == member.community.id, GuestInvitation.email == email)
    if not made:
        if invitation.withdrawn_at is None or invitation.member_id is not None:
            raise Unfit({"email": ["invited-already"]})
        # Withdrawn and invited anew in turns, an address would be mailed as often as the day allows.
        if too_many_links(invitation.id, now):
            raise Unfit({"email": ["mailed-enough"]})
        for name, value in (told | {"withdrawn_at": None}).items():
            setattr(invitation, name, value)
    _note(member, "guest.invited", invitation, now, role=invitation.role.value, until=wanted.last_day)
    mail_link(invitation, member, base_url, now)
    return invitation.id


def _fit(wanted: Wanted, zone: str, now: datetime) -> datetime:
    """Return the end of the last day.

    :raises Unfit: something of it cannot be.
    """
    problems: dict[str, list[str]] = {}
    if not is_address(wanted.email.strip()):
        problems["email"] = ["not-an-address"]
    if wanted.role not in AS:
        problems["role"] = ["unknown"]
    if wanted.language not in LANGUAGES:
        problems["language"] = ["unknown"]
    try:
        until = _end_of(wanted.last_day, zone, now)
    except Unfit as unfit:
        problems |= unfit.problems
    if problems:
        raise Unfit(problems)
    return until


def _end_of(last_day: date | None, zone: str, now: datetime) -> datetime:
    if last_day is None:
        raise Unfit({"last_day": ["not-a-date"]})
    return members.end_of_day(last_day, zone, now)


def _must_be_new_here(member: ActingMember, email: str) -> None:
    """Refuse an address that somebody of the course has: they are appointed in the list of members."""
    theirs = (
        select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.community_id == member.community.id,
            Membership.state != MembershipState.REMOVED,
            func.lower(User.email) == email,
        )
    )
    invited_ones = select(GuestInvitation.member_id).where(
        GuestInvitation.community_id == member.community.id, GuestInvitation.member_id.is_not(None)
    )
    if db.session.scalars(theirs.where(Membership.id.not_in(invited_ones)).limit(1)).first() is not None:
        raise Unfit({"email": ["member-already"]})


def _must_not_be_too_many(member: ActingMember, now: datetime) -> None:
    here = select(GuestInvitation.id).where(GuestInvitation.community_id == member.community.id)
    by_staff = (GuestLink.invitation_id.in_(here), GuestLink.asked_for.is_(False))
    if guest_records.are_enough(MOST_A_DAY, now - timedelta(days=1), *by_staff):
        raise Unfit({"email": ["invited-enough"]})


def send_again(
    member: ActingMember, number: int, last_day: date | None, base_url: str, now: datetime
) -> None:
    """Send a new link, and end those sent before; who was here comes again, until the day that is given.

    :raises NotFound: there is none of this number here. :raises Stale: `guest-is-here`, `guest-removed`,
        `guest-mailed-enough`. :raises Unfit: `last_day`, and `email`: `invited-enough`.
    """
    member.must(Act.APPOINT)
    until = _end_of(last_day, member.community.time_zone, now)
    invitation = _locked(GuestInvitation.id == number, GuestInvitation.community_id == member.community.id)
    _must_wait_for_a_link(invitation, now)
    _must_not_be_too_many(member, now)
    invitation.withdrawn_at = None
    invitation.until, invitation.good_until = until, min(until, now + LINK_OF_STAFF)
    invitation.invited_by_id, invitation.invited_at = member.id, now
    if invitation.member is not None:
        appoint(invitation.member, invitation, now)
    _note(member, "guest.invited-again", invitation, now, role=invitation.role.value, until=last_day)
    mail_link(invitation, member, base_url, now)


def _must_wait_for_a_link(invitation: GuestInvitation, now: datetime) -> None:
    if guest_records.state_of(invitation, now) is GuestState.ACCEPTED:
        raise Stale("guest-is-here")
    if invitation.member is not None and invitation.member.state == MembershipState.REMOVED:
        raise Stale("guest-removed")
    if too_many_links(invitation.id, now):
        raise Stale("guest-mailed-enough")


def withdraw(member: ActingMember, number: int, now: datetime) -> None:
    """Let an invitation be accepted no more. What was accepted ends as an appointment does.

    :raises NotFound: there is none of this number here.
    """
    member.must(Act.APPOINT)
    invitation = _locked(GuestInvitation.id == number, GuestInvitation.community_id == member.community.id)
    if invitation.member_id is not None:
        members.end_appointment(member, invitation.member_id, now)
    elif invitation.withdrawn_at is None:
        invitation.withdrawn_at = now
        invitation.good_until = min(invitation.good_until, now)
        guest_records.call_mails_back(invitation.id, now)
        _note(member, "guest.withdrawn", invitation, now)


def appoint(membership: Membership, invitation: GuestInvitation, now: datetime) -> None:
    """Let a guest be what they were invited as, until their last day."""
    membership.appointed_role, membership.appointed_by_id = invitation.role, invitation.invited_by_id
    membership.appointed_at, membership.appointed_until = now, invitation.until


def too_many_links(invitation_id: int, now: datetime) -> bool:
    """Tell whether a guest was sent enough links for now; their invitation must be locked."""
    to_them = GuestLink.invitation_id == invitation_id
    return guest_records.are_enough(MOST_LINKS, now - QUARTER, to_them)


def new_link(
    invitation: GuestInvitation, expires_at: datetime, base_url: str, now: datetime, *, asked_for: bool
) -> str:
    """Make a link and return its address, which is told once and stored nowhere."""
    secret = secrets.token_urlsafe(32)
    db.session.add(
        GuestLink(
            invitation_id=invitation.id,
            token_hash=digest(secret),
            asked_for=asked_for,
            created_at=now,
            expires_at=expires_at,
        )
    )
    db.session.flush()
    return f"{base_url}{PATH}{secret}"


def mail_link(invitation: GuestInvitation, member: ActingMember, base_url: str, now: datetime) -> None:
    """Send the mail by which staff invite; links of earlier ones are no longer good."""
    for earlier in db.session.scalars(
        select(GuestLink).where(
            GuestLink.invitation_id == invitation.id, GuestLink.used_at.is_(None), GuestLink.expires_at > now
        )
    ):
        earlier.expires_at = now
    guest_records.call_mails_back(invitation.id, now)
    zone = ZoneInfo(member.community.time_zone)
    about = {
        "link": new_link(invitation, invitation.good_until, base_url, now, asked_for=False),
        "name": invitation.name,
        "community": member.community.name,
        "by": people.shown(member.membership, member.user, member.role).name,
        "role": invitation.role.value,
        "last_day": invitation.until.astimezone(zone).date().isoformat(),
        "link_ends": invitation.good_until.astimezone(zone).date().isoformat(),
        "asking": f"{base_url}{ASKING}",
    }
    messages.ask_for(
        messages.INVITATION,
        invitation.email,
        invitation.locale,
        about,
        now,
        subject=guest_records.subject_of(invitation.id),
        useless_after=invitation.good_until,
    )


def _locked(*which) -> GuestInvitation:
    wanted = select(GuestInvitation).where(*which).with_for_update(of=GuestInvitation)
    found = db.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def _note(
    member: ActingMember, act: str, invitation: GuestInvitation, now: datetime, **detail: object
) -> None:
    told = {name: value.isoformat() if isinstance(value, date) else value for name, value in detail.items()}
    audit.record(member, act, guest_records.subject_of(invitation.id), now, **told)
