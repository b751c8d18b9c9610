"""Browser sessions, seats, and the tokens that bind a page to its seat (DESIGN 6, identity)."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import joinedload

from lti_tool.extensions import db
from lti_tool.models import BrowserSession, Seat

IDLE_LIMIT = timedelta(hours=4)
ABSOLUTE_LIMIT = timedelta(hours=12)
# "Last seen" is written at most this often: somebody who writes much does not write it each time.
NOTED_EVERY = timedelta(minutes=1)


def new_secret() -> str:
    """Return a random value for the session cookie."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what the database keeps of a cookie's value."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_alive(session: BrowserSession, now: datetime) -> bool:
    """Tell whether a session may still be used: not revoked, not idle for 4 h, not older than 12 h."""
    return session.revoked_at is None and session.expires_at > now and session.last_seen_at + IDLE_LIMIT > now


# Statements of every launch are written once: to put one together costs more than the database takes for it.
_USED_AGAIN = (
    update(BrowserSession.__table__)
    .where(
        BrowserSession.token_hash.in_(bindparam("hashes", expanding=True)),
        BrowserSession.revoked_at.is_(None),
        BrowserSession.expires_at > bindparam("now"),
        BrowserSession.last_seen_at > bindparam("idle_since"),
    )
    .values(last_seen_at=bindparam("now"))
    .returning(BrowserSession.id)
)
_BEGUN = (
    insert(BrowserSession.__table__)
    .values(
        token_hash=bindparam("token_hash"),
        created_at=bindparam("now"),
        last_seen_at=bindparam("now"),
        expires_at=bindparam("expires_at"),
    )
    .returning(BrowserSession.id)
)


def used_again(cookie_values: list[str], now: datetime) -> int | None:
    """Return the number of the session that one of these cookies names, noted as in use. One statement."""
    if not cookie_values:
        return None
    told = {"hashes": [digest(value) for value in cookie_values], "now": now, "idle_since": now - IDLE_LIMIT}
    found = db.session.connection().execute(_USED_AGAIN, told).first()
    return found[0] if found else None


def begin(secret: str, now: datetime, *, until: datetime | None = None) -> int:
    """Start a session that the cookie value `secret` will name; return its number.

    :param until: when it ends at the latest, if before its twelve hours are over.
    """
    ends_at = now + ABSOLUTE_LIMIT
    told = {"token_hash": digest(secret), "now": now, "expires_at": min(until or ends_at, ends_at)}
    return db.session.connection().execute(_BEGUN, told).scalar_one()


def note_use(session: BrowserSession, now: datetime) -> None:
    """Note that a session is in use: it is idle from here on."""
    if now - session.last_seen_at > NOTED_EVERY:
        session.last_seen_at = now


def end(session_id: int, now: datetime) -> None:
    """Sign the whole browser out: every seat of the session."""
    db.session.execute(update(BrowserSession).where(BrowserSession.id == session_id).values(revoked_at=now))


def seat_token(secret_key: str, session: BrowserSession, seat_id: int) -> str:
    """Return the token that a page made for this seat carries; stable as long as session and seat are."""
    return f"{seat_id}.{_mac(secret_key, session, seat_id)}"


def seat_named_by(token: str) -> int | None:
    """Return the seat that a token claims to be of, without believing it."""
    number, _, mac = token.partition(".")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 and mac else None


def is_token_of(token: str, secret_key: str, session: BrowserSession, seat_id: int) -> bool:
    """Tell whether a token was made by us for this session and seat. Constant time."""
    return hmac.compare_digest(token.encode(), seat_token(secret_key, session, seat_id).encode())


def genuine_seat(token: str, secret_key: str) -> Seat | None:
    """Return the seat a token was made for, whether or not its session still lives. One statement."""
    wanted = select(Seat).where(Seat.id == seat_named_by(token)).options(joinedload(Seat.browser_session))
    seat = db.session.scalars(wanted).one_or_none() if seat_named_by(token) else None
    if seat is None or not is_token_of(token, secret_key, seat.browser_session, seat.id):
        return None
    return seat


def _mac(secret_key: str, session: BrowserSession, seat_id: int) -> str:
    # The session's random hash, not its number: a database may give a number out again after a purge.
    key = hashlib.sha256(b"seat-token:" + secret_key.encode()).digest()
    return hmac.new(key, f"{session.token_hash}:{seat_id}".encode(), hashlib.sha256).hexdigest()
