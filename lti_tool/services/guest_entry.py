"""How invited guests come in: a link that works once for each browser, and asking for another one.

A guest is an account without an LMS, a member of one community alone, with no enrolment: no list of a course
touches them, and nothing of theirs is graded. Their seats are those of a course that leads to the community.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lti_tool.errors import SignInRefused
from lti_tool.extensions import db
from lti_tool.models import (
    BrowserSession,
    Community,
    Course,
    Deployment,
    GuestInvitation,
    GuestLink,
    Membership,
    MembershipState,
    Platform,
    PlatformState,
    Role,
    Seat,
    User,
)
from lti_tool.models.person import INVITED
from lti_tool.services import audit, former_spaces, guest_records, guests, messages, people, sessions, visits
from lti_tool.services.guest_records import GuestState
from lti_tool.services.people import Person
from lti_tool.services.purging import EMPTIED
from lti_tool.services.upserts import upsert_id

# Links that are asked for in an hour, by everybody together; of one address, so many communities.
MOST_AT_ALL, MOST_COMMUNITIES = 100, 10


@dataclass(frozen=True)
class Offer:
    """What the page of a link says: who comes in there, where, as what, until when.

    `other`: somebody else is signed in to that community with this browser.
    """

    name: str
    community: str
    role: Role
    until: datetime
    zone: str
    locale: str
    first: bool
    other: Person | None


@dataclass(frozen=True)
class Arrived:
    """Where the browser goes now; `new_secret` is for its session cookie (None: it keeps the one it has)."""

    seat_id: int
    community_id: int
    new_secret: str | None = None


class SomebodyElse(SignInRefused):
    """Another person is signed in to the community with this browser: nothing is mixed."""

    status = 409
    code = "guest-somebody-else"


def offer(secret: str, cookie_values: list[str], now: datetime) -> Offer:
    """Return what a link is for; nothing is used up.

    :raises SignInRefused: `guest-link-unknown`, `guest-link-used`, `guest-link-expired`, `guest-withdrawn`,
        `guest-over`, `guest-paused`.
    """
    link = _named(secret)
    invitation = _invitation(link)
    _must_be_good(link, invitation, now)
    community = db.session.get_one(Community, invitation.community_id)
    came = invitation.member
    return Offer(
        name=invitation.name,
        community=community.name,
        role=(came and came.appointed_role) or invitation.role,
        until=(came and came.appointed_until) or invitation.until,
        zone=community.time_zone,
        locale=invitation.locale,
        first=came is None,
        other=_somebody_else(cookie_values, invitation, now),
    )


def seat_here(secret: str, cookie_values: list[str], now: datetime) -> Arrived | None:
    """Return the seat that a link which is no longer good has given this very browser, if it is there yet."""
    invitation = _invitation(_named(secret))
    if guest_records.state_of(invitation, now) is not GuestState.ACCEPTED:
        return None
    for seat, user in _seats(cookie_values, invitation.community_id, now):
        if user.id == invitation.member.user_id:
            return Arrived(seat.id, seat.community_id)
    return None


def come_in(secret: str, cookie_values: list[str], now: datetime) -> Arrived:
    """Use a link up, and give the browser that came with it a seat; the first one makes the member.

    :param cookie_values: the session cookies that came along; a session that lives gets one seat more.
    :raises SignInRefused: as `offer`; of two who use it at once, one is refused.
    :raises SomebodyElse: nothing is used up then.
    """
    link = _named(secret)
    invitation = _invitation(link, locked=True)
    db.session.refresh(link)
    course_id, platform_id = _must_be_good(link, invitation, now)
    if _somebody_else(cookie_values, invitation, now) is not None:
        raise SomebodyElse()
    link.used_at = now
    if invitation.member is None:
        _accept(invitation, platform_id, now)
    else:
        visits.begin_visit(invitation.member, now)
    db.session.flush()
    session_id, new_secret = sessions.used_again(cookie_values, now), None
    if session_id is None:
        new_secret = sessions.new_secret()
        session_id = sessions.begin(new_secret, now)
    seat_id = _seat(session_id, course_id, invitation, now)
    return Arrived(seat_id, invitation.community_id, new_secret)


def sign_others_out(secret: str, cookie_values: list[str], now: datetime) -> None:
    """End the sessions of this browser in which somebody else is in the community that a link is for."""
    invitation = _invitation(_named(secret))
    mine = invitation.member.user_id if invitation.member else None
    for seat, user in _seats(cookie_values, invitation.community_id, now):
        if user.id != mine:
            sessions.end(seat.browser_session_id, now)


def ask_by_mail(email: str, base_url: str, now: datetime) -> None:
    """Have a link sent for each community into which this address is invited; nothing is told to who asked.

    At most `guests.MOST_LINKS` in a quarter of an hour to one guest, and `MOST_AT_ALL` in an hour to all.
    """
    wanted = select(GuestInvitation.id).where(
        GuestInvitation.email == email, GuestInvitation.withdrawn_at.is_(None)
    )
    for number in db.session.scalars(wanted.order_by(GuestInvitation.id.desc()).limit(MOST_COMMUNITIES)):
        # One after the other: two requests at once count each other.
        invitation = _locked(number)
        if _may_come(invitation, now) and not _too_many(invitation, now):
            _mail(invitation, base_url, now)


def _too_many(invitation: GuestInvitation, now: datetime) -> bool:
    an_hour_ago, asked_for = now - timedelta(hours=1), GuestLink.asked_for.is_(True)
    too_many_to_all = guest_records.are_enough(MOST_AT_ALL, an_hour_ago, asked_for)
    return guests.too_many_links(invitation.id, now) or too_many_to_all


def _may_come(invitation: GuestInvitation, now: datetime) -> bool:
    """Whether a link of this invitation would let in by now: it need not have been used before its end."""
    state = guest_records.state_of(invitation, now)
    is_open = state is GuestState.ACCEPTED or (
        state in (GuestState.SENT, GuestState.EXPIRED) and invitation.until > now
    )
    return is_open and _place(invitation.community_id) is not None


def _mail(invitation: GuestInvitation, base_url: str, now: datetime) -> None:
    ends = now + guests.LINK_ASKED_FOR
    invitation.good_until = max(invitation.good_until, ends)
    about = {
        "link": guests.new_link(invitation, ends, base_url, now, asked_for=True),
        "name": invitation.name,
        "community": db.session.get_one(Community, invitation.community_id).name,
        "minutes": int(guests.LINK_ASKED_FOR.total_seconds() // 60),
    }
    messages.ask_for(
        messages.GUEST_LINK,
        invitation.email,
        invitation.locale,
        about,
        now,
        subject=guest_records.subject_of(invitation.id),
        useless_after=ends,
    )


def _named(secret: str) -> GuestLink:
    hashed = sessions.digest(secret.encode("utf-8", "replace").decode())
    link = db.session.scalars(select(GuestLink).where(GuestLink.token_hash == hashed)).one_or_none()
    if link is None:
        raise SignInRefused("guest-link-unknown")
    return link


def _invitation(link: GuestLink, *, locked: bool = False) -> GuestInvitation:
    if locked:
        return _locked(link.invitation_id)
    wanted = select(GuestInvitation).where(GuestInvitation.id == link.invitation_id)
    return db.session.scalars(wanted.options(joinedload(GuestInvitation.member))).one()


def _locked(number: int) -> GuestInvitation:
    wanted = select(GuestInvitation).where(GuestInvitation.id == number).with_for_update()
    return db.session.scalars(wanted.execution_options(populate_existing=True)).one()


def _must_be_good(link: GuestLink, invitation: GuestInvitation, now: datetime) -> tuple[int, int]:
    """Return course and platform by which the community is reached, when this link lets in."""
    state = guest_records.state_of(invitation, now)
    if state is GuestState.WITHDRAWN:
        raise SignInRefused("guest-withdrawn")
    if state is GuestState.ENDED or invitation.until <= now and state is not GuestState.ACCEPTED:
        raise SignInRefused("guest-over")
    if link.used_at is not None:
        raise SignInRefused("guest-link-used")
    if link.expires_at <= now:
        raise SignInRefused("guest-link-expired")
    place = _place(invitation.community_id)
    if place is None:
        raise SignInRefused("guest-paused")
    return place


def _place(community_id: int) -> tuple[int, int] | None:
    """Return a course that leads to a community, and its platform; None while no LMS may let in there."""
    wanted = (
        select(Course.id, Platform.id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .join(Community, Community.id == community_id)
        .where(
            Course.id.in_(former_spaces.courses_of(community_id)),
            Community.state.not_in(EMPTIED),
            Platform.removed_at.is_(None),
            Platform.state != PlatformState.SUSPENDED,
        )
        .order_by(Course.id)
        .limit(1)
    )
    found = db.session.execute(wanted).one_or_none()
    return (found[0], found[1]) if found else None


def _seats(cookie_values: list[str], community_id: int, now: datetime) -> list[tuple[Seat, User]]:
    """Return the seats in a community of the sessions that these cookies name, the latest first."""
    if not cookie_values:
        return []
    wanted = (
        select(BrowserSession, Seat, User)
        .join(Seat, Seat.browser_session_id == BrowserSession.id)
        .join(User, User.id == Seat.user_id)
        .where(
            BrowserSession.token_hash.in_([sessions.digest(value) for value in cookie_values]),
            Seat.community_id == community_id,
        )
        .order_by(Seat.launched_at.desc(), Seat.id.desc())
    )
    return [
        (seat, user) for session, seat, user in db.session.execute(wanted) if sessions.is_alive(session, now)
    ]


def _somebody_else(cookie_values: list[str], invitation: GuestInvitation, now: datetime) -> Person | None:
    """Return who is signed in to the community with this browser, when it is not the guest."""
    mine = invitation.member.user_id if invitation.member else None
    for _, user in _seats(cookie_values, invitation.community_id, now):
        if user.id != mine:
            theirs = (Membership.user_id == user.id, Membership.community_id == invitation.community_id)
            membership = db.session.scalars(select(Membership).where(*theirs)).one()
            return people.shown(membership, user, None)
    return None


def _accept(invitation: GuestInvitation, platform_id: int, now: datetime) -> None:
    """Make the account and the membership."""
    user = User(
        platform_id=platform_id,
        sub=INVITED + secrets.token_hex(16),
        name=invitation.name,
        email=invitation.email,
        locale=invitation.locale,
        created_at=now,
    )
    db.session.add(user)
    db.session.flush()
    membership = Membership(
        community_id=invitation.community_id,
        user_id=user.id,
        state=MembershipState.ACTIVE,
        joined_at=now,
        last_seen_at=now,
    )
    guests.appoint(membership, invitation, now)
    db.session.add(membership)
    db.session.flush()
    invitation.accepted_at, invitation.member_id = now, membership.id
    community = db.session.get_one(Community, invitation.community_id)
    last_day = invitation.until.astimezone(ZoneInfo(community.time_zone)).date().isoformat()
    audit.record_in_community(
        membership.id,
        "guest.accepted",
        guest_records.subject_of(invitation.id),
        now,
        community.organisation_id,
        community.id,
        role=invitation.role.value,
        until=last_day,
    )


def _seat(session_id: int, course_id: int, invitation: GuestInvitation, now: datetime) -> int:
    member = db.session.get_one(Membership, invitation.member_id)
    values = {
        "community_id": invitation.community_id,
        "resource_link_id": None,
        "role": Role.OBSERVER,  # the lowest: what a guest may do says the membership alone
        "test_user": False,
        "lms_administrator": False,
        "locale": invitation.locale,
        "document_target": None,
        "return_url": None,
        "frame_origins": [],
        "launched_at": now,
    }
    key = {"browser_session_id": session_id, "user_id": member.user_id, "course_id": course_id}
    return upsert_id(Seat, key, values, update=tuple(values))
