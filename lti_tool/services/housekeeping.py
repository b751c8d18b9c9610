"""Forgetting what has served its time."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select

from lti_tool.extensions import db
from lti_tool.models import AccessTokenRow, BrowserSession, Handover, KeptText, Seat, UsedNonce
from lti_tool.services import (
    audit,
    drafts,
    erasure,
    guest_records,
    launch_log,
    messages,
    notices,
    notifications,
    replying,
    role_rules,
    roster_reads,
    sign_in,
    signing,
)

# A session that has ended is still named by seat tokens of open pages, whose text must find its owner.
SESSIONS_ARE_REMEMBERED = timedelta(days=7)


def sweep(now: datetime) -> None:
    """Delete what has expired: nonces, kept texts, sessions of a week ago, the launch log, dead rosters.

    Links into a tab and of guests, notices and access tokens too, invitations that nobody accepted, drafts
    that nobody went on with, and the evidence of grades of those who were erased; signing keys whose grace
    time is over are withdrawn.
    """
    for table in (UsedNonce, KeptText, Handover):
        db.session.execute(_plain(delete(table).where(table.expires_at <= now)))
    long_ago = now - SESSIONS_ARE_REMEMBERED
    ended = select(BrowserSession.id).where(
        or_(BrowserSession.expires_at <= long_ago, BrowserSession.revoked_at <= long_ago)
    )
    db.session.execute(_plain(delete(Seat).where(Seat.browser_session_id.in_(ended))))
    db.session.execute(_plain(delete(BrowserSession).where(BrowserSession.id.in_(ended))))
    launch_log.forget(now)
    notices.forget(now)
    roster_reads.forget_dead_lines()
    db.session.execute(_plain(delete(AccessTokenRow).where(AccessTokenRow.good_until <= now)))
    signing.sweep(now)
    sign_in.sweep(now)
    guest_records.sweep(now)
    messages.sweep(now)
    notifications.sweep(now)
    replying.sweep(now)
    erasure.sweep(now)
    drafts.sweep(now)
    role_rules.settle(now)
    audit.tell_areas()


def _plain(statement):
    return statement.execution_options(synchronize_session=False)
