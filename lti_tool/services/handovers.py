"""A seat goes from a frame into a tab of its own, by a link that works once and for a minute (DESIGN 6).

The frame's cookie is not seen in a tab, nor the tab's in the frame: each is a browser session of its own.
The seat in the frame stays as it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from lti_tool.errors import LaunchRefused
from lti_tool.extensions import db
from lti_tool.models import Handover, Membership, Platform, Role, Seat, User
from lti_tool.services import people, roles, sessions
from lti_tool.services.people import Person
from lti_tool.services.upserts import upsert_id

LIFETIME = timedelta(seconds=60)
# What a seat is besides whose it is and in which course: the tab's is the same as the frame's.
_TAKEN_ALONG = (
    "community_id",
    "resource_link_id",
    "role",
    "test_user",
    "lms_administrator",
    "locale",
    "document_target",
    "return_url",
    "frame_origins",
)


@dataclass(frozen=True)
class Offer:
    """What the page of a link says: who goes on there, and where."""

    person: Person
    community_name: str
    locale: str | None


@dataclass(frozen=True)
class Arrived:
    """Where the tab goes now; `new_secret` is for its session cookie (None: it keeps the one it has)."""

    seat_id: int
    path: str
    new_secret: str | None


def begin(seat_id: int, path: str, now: datetime) -> str:
    """Make the link for a seat; return its random value, which is kept nowhere.

    :param path: the page that the tab will show, inside the seat's community; what is asked of it may follow.
    """
    secret = sessions.new_secret()
    made = Handover(
        token_hash=sessions.digest(secret), seat_id=seat_id, path=path[:500], expires_at=now + LIFETIME
    )
    db.session.add(made)
    db.session.flush()
    return secret


def offer(secret: str, now: datetime) -> Offer:
    """Return whom a link is for; nothing is used up.

    :raises LaunchRefused: `handover-unknown`, `handover-used`, `handover-expired`, `handover-ended`.
    """
    found = _usable(secret, now)
    membership, role = _standing(found.seat, now)
    shown = people.shown(membership, found.seat.user, role)
    return Offer(shown, found.seat.community.name, membership.locale or found.seat.locale)


def arrive(secret: str, cookie_values: list[str], now: datetime) -> Arrived:
    """Use a link up, and give the browser that came with it the same seat in its own session.

    :param cookie_values: the session cookies that came along; a session that lives gets one seat more.
    :raises LaunchRefused: as `offer` does; of two who come at once, the second finds it used.
    """
    found = _usable(secret, now)
    _standing(found.seat, now)
    taken = (
        update(Handover)
        .where(Handover.id == found.id, Handover.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(taken).rowcount != 1:
        raise LaunchRefused("handover-used", **_facts(found.seat))
    session_id, new_secret = _session(found.seat, cookie_values, now)
    key = {
        "browser_session_id": session_id,
        "user_id": found.seat.user_id,
        "course_id": found.seat.course_id,
    }
    values = {name: getattr(found.seat, name) for name in _TAKEN_ALONG} | {"launched_at": now}
    return Arrived(upsert_id(Seat, key, values, update=tuple(values)), found.path, new_secret)


def _usable(secret: str, now: datetime) -> Handover:
    wanted = (
        select(Handover)
        .where(Handover.token_hash == sessions.digest(secret))
        .options(
            joinedload(Handover.seat).joinedload(Seat.browser_session),
            joinedload(Handover.seat).joinedload(Seat.user),
            joinedload(Handover.seat).joinedload(Seat.community),
        )
    )
    found = db.session.scalars(wanted).one_or_none()
    if found is None:
        raise LaunchRefused("handover-unknown")
    if found.used_at is not None:
        raise LaunchRefused("handover-used", **_facts(found.seat))
    if found.expires_at <= now:
        raise LaunchRefused("handover-expired", **_facts(found.seat))
    if not sessions.is_alive(found.seat.browser_session, now):
        raise LaunchRefused("handover-ended", "the session in the frame is over", **_facts(found.seat))
    return found


def _standing(seat: Seat, now: datetime) -> tuple[Membership, Role]:
    """Return the membership of a seat and the role that it has at this moment.

    :raises LaunchRefused: `handover-ended` when there is none any more.
    """
    theirs = Membership.user_id == seat.user_id, Membership.community_id == seat.community_id
    membership = db.session.scalars(select(Membership).where(*theirs)).one_or_none()
    enrolments = people.enrolments_of(seat.community_id, [seat.user_id]).get(seat.user_id, [])
    role = roles.of_seat(seat.role, membership, enrolments, now) if membership else None
    if role is None:
        raise LaunchRefused("handover-ended", "no member any more", **_facts(seat))
    return membership, role


def _session(seat: Seat, cookie_values: list[str], now: datetime) -> tuple[int, str | None]:
    """Join the session that the tab has, or begin one. It ends no later than the one in the frame."""
    session_id = sessions.used_again(cookie_values, now)
    if session_id is not None:
        return session_id, None
    secret = sessions.new_secret()
    return sessions.begin(secret, now, until=seat.browser_session.expires_at), secret


def _facts(seat: Seat) -> dict:
    """Say for the launch log which LMS somebody came from."""
    found = db.session.execute(
        select(Platform.id, Platform.issuer, Platform.client_id)
        .join(User, User.platform_id == Platform.id)
        .where(User.id == seat.user_id)
    ).one_or_none()
    return {"platform_id": found[0], "issuer": found[1], "client_id": found[2]} if found else {}
