"""How administrators come in: one-use links, and the sessions of the console."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy import delete, select, update

from lti_tool.errors import SignInRefused
from lti_tool.extensions import db
from lti_tool.models import Administrator, AdministratorOrganisation, AdministratorSession, SignInLink
from lti_tool.services import audit, messages
from lti_tool.services.sessions import digest

PATH = "/o/"
LINK_FROM_COMMAND_LINE = timedelta(hours=24)
LINK_BY_MAIL = timedelta(minutes=15)
# A session ends when nothing was sent in it for this long, and at the latest so long after signing in.
IDLE, SESSION = timedelta(hours=2), timedelta(hours=8)
# The end is moved at most this often: whoever works does not write it with each form.
NOTED_EVERY = timedelta(minutes=1)
# So long somebody who is half signed in may look for the second factor.
HALF_SESSION = timedelta(minutes=10)
# Mails to one address in a quarter of an hour, and to all in an hour.
MOST_LINKS, MOST_LINKS_AT_ALL = 3, 100
# So long a link that was used still says so, instead of being unknown.
REMEMBERED = timedelta(days=7)


@dataclass(frozen=True)
class SignedIn:
    """A session that may be used, its account, and the organisations of that account."""

    session: AdministratorSession
    account: Administrator
    organisation_ids: frozenset[int]


def link_for(administrator_id: int, base_url: str, now: datetime, lifetime: timedelta) -> str:
    """Make a one-use link and return its address, which is told once and stored nowhere."""
    secret = secrets.token_urlsafe(32)
    db.session.add(
        SignInLink(
            administrator_id=administrator_id,
            token_hash=_hash(secret),
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    db.session.flush()
    return f"{base_url}{PATH}{secret}"


def ask_by_mail(
    email: str, base_url: str, now: datetime, next_page: str | None = None, language: str | None = None
) -> None:
    """Have a link sent to an administrator of this address; nothing is told to whoever asked.

    :param next_page: the page of the console that they wanted, to which the link leads.
    :param language: of the page on which they asked, for who chose none.

    At most `MOST_LINKS` in a quarter of an hour to one, and `MOST_LINKS_AT_ALL` in an hour to all, but for
    those that are asked for by several people in the same moment.
    """
    account = db.session.scalars(
        select(Administrator).where(Administrator.email == email, Administrator.disabled_at.is_(None))
    ).one_or_none()
    if account is None or _too_many(account, now):
        return
    link = link_for(account.id, base_url, now, LINK_BY_MAIL)
    if next_page is not None:
        link += "?" + urlencode({"next": next_page})
    messages.ask_for(
        messages.SIGN_IN,
        account.email,
        account.locale or language,
        {"link": link, "minutes": int(LINK_BY_MAIL.total_seconds() // 60)},
        now,
        subject=f"administrator:{account.id}",
        useless_after=now + LINK_BY_MAIL,
    )


def _too_many(account: Administrator, now: datetime) -> bool:
    # One after the other: two requests at once count each other.
    db.session.execute(select(Administrator.id).where(Administrator.id == account.id).with_for_update())
    to_one = messages.asked_since(messages.SIGN_IN, now - LINK_BY_MAIL, f"administrator:{account.id}")
    to_all = messages.asked_since(messages.SIGN_IN, now - timedelta(hours=1))
    return to_one >= MOST_LINKS or to_all >= MOST_LINKS_AT_ALL


def link_named(secret: str, now: datetime) -> Administrator:
    """Return whom a link would let in; it stays good.

    :raises SignInRefused: `link-unknown`, `link-used`, `link-expired`.
    """
    found = db.session.execute(
        select(SignInLink, Administrator)
        .join(Administrator, Administrator.id == SignInLink.administrator_id)
        .where(SignInLink.token_hash == _hash(secret))
    ).one_or_none()
    if found is None or found.Administrator.disabled_at is not None:
        raise SignInRefused("link-unknown")
    if found.SignInLink.used_at is not None:
        raise SignInRefused("link-used")
    if found.SignInLink.expires_at <= now:
        raise SignInRefused("link-expired")
    return found.Administrator


def use_link(secret: str, now: datetime) -> tuple[Administrator, str]:
    """Use a link up and begin a session; return the account and the secret for the cookie.

    :raises SignInRefused: as `link_named`; of two who use it at once, one is refused.
    """
    account = link_named(secret, now)
    taken = db.session.execute(
        update(SignInLink)
        .where(SignInLink.token_hash == _hash(secret), SignInLink.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:
        raise SignInRefused("link-used")
    return account, begin(account, now)


def begin(account: Administrator, now: datetime) -> str:
    """Begin a session of the console; return the secret that its cookie will carry."""
    secret = secrets.token_urlsafe(32)
    db.session.add(
        AdministratorSession(
            administrator_id=account.id,
            token_hash=_hash(secret),
            created_at=now,
            expires_at=now + (IDLE if account.totp_encrypted is None else HALF_SESSION),
            awaits_factor=account.totp_encrypted is not None,
        )
    )
    if account.totp_encrypted is None:
        _note_entry(account, now)
    db.session.flush()
    return secret


def found(cookie_values: list[str], now: datetime, *, half: bool = False) -> SignedIn | None:
    """Return the session that one of these cookies names, None when none may be used. One statement.

    :param half: one that still waits for the second factor, and no other.
    """
    hashes = [_hash(value) for value in cookie_values]
    rows = db.session.execute(
        select(AdministratorSession, Administrator, AdministratorOrganisation.organisation_id)
        .join(Administrator, Administrator.id == AdministratorSession.administrator_id)
        .outerjoin(AdministratorOrganisation, AdministratorOrganisation.administrator_id == Administrator.id)
        .where(
            AdministratorSession.token_hash.in_(hashes),
            AdministratorSession.revoked_at.is_(None),
            AdministratorSession.awaits_factor.is_(half),
            AdministratorSession.expires_at > now,
            Administrator.disabled_at.is_(None),
        )
        .order_by(AdministratorSession.id.desc())
    ).all()
    if not rows:
        return None
    session, account = rows[0].AdministratorSession, rows[0].Administrator
    theirs = {row.organisation_id for row in rows if row.AdministratorSession is session}
    return SignedIn(session, account, frozenset(theirs - {None}))


def complete(session: AdministratorSession, now: datetime) -> None:
    """Let a session that waited for the second factor be a whole one."""
    session.expires_at = now + IDLE
    _note_entry(db.session.get_one(Administrator, session.administrator_id), now)


def note_use(session: AdministratorSession, now: datetime) -> None:
    """Move the end of a session that is in use: idle from here on, never beyond `SESSION` after its begin."""
    end_of_it = min(now + IDLE, session.created_at + SESSION)
    if end_of_it - session.expires_at > NOTED_EVERY:
        session.expires_at = end_of_it


def _note_entry(account: Administrator, now: datetime) -> None:
    account.signed_in_at = now
    audit.record_administration(
        account.id, "administrator.signed-in", f"administrator:{account.id}", now, None
    )


def end(session: AdministratorSession, now: datetime) -> None:
    """Sign out."""
    session.revoked_at = now


def open_sessions(administrator_id: int, now: datetime) -> list[AdministratorSession]:
    """Return the sessions of an account that may be used, the latest first."""
    return list(
        db.session.scalars(
            select(AdministratorSession)
            .where(
                AdministratorSession.administrator_id == administrator_id,
                AdministratorSession.revoked_at.is_(None),
                AdministratorSession.awaits_factor.is_(False),
                AdministratorSession.expires_at > now,
            )
            .order_by(AdministratorSession.id.desc())
        )
    )


def end_everywhere(administrator_id: int, now: datetime, but: int | None = None) -> None:
    """End every session of an account, and use up every link.

    :param but: the session that goes on.
    """
    for table, column in ((AdministratorSession, "revoked_at"), (SignInLink, "used_at")):
        kept = but if table is AdministratorSession else None
        db.session.execute(
            update(table)
            .where(
                table.administrator_id == administrator_id,
                getattr(table, column).is_(None),
                table.id != (kept or 0),
            )
            .values({column: now})
            .execution_options(synchronize_session=False)
        )


def sweep(now: datetime) -> None:
    """Delete links and sessions that have served their time."""
    for table in (SignInLink, AdministratorSession):
        old = delete(table).where(table.expires_at <= now - REMEMBERED)
        db.session.execute(old.execution_options(synchronize_session=False))


def form_token(secret_key: str, session: AdministratorSession) -> str:
    """Return the token that every form of the console carries in this session."""
    key = hashlib.sha256(b"admin-token:" + secret_key.encode()).digest()
    return hmac.new(key, session.token_hash.encode(), hashlib.sha256).hexdigest()


def is_form_token(token: str, secret_key: str, session: AdministratorSession) -> bool:
    """Tell whether a token was made by us for this session. Constant time."""
    return hmac.compare_digest(token.encode(), form_token(secret_key, session).encode())


def _hash(secret: str) -> str:
    return digest(secret.encode("utf-8", "replace").decode())
