"""Links out of mails by which somebody wants none any more: they work for good, and for one member alone."""

import hashlib
import hmac
import re
from dataclasses import dataclass

from sqlalchemy import select

from lti_tool import settings
from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import Community, MailChoice, Membership, MembershipState, User

PATH = "/o/mails/"
_SHAPE = re.compile(r"([1-9][0-9]{0,8})-([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True)
class Recipient:
    """Whose mails a link is about."""

    member_id: int
    community: str
    off: bool  # they get none as it is


def address_for(member_id: int) -> str:
    """Return the address by which this member stops their mails."""
    return f"{settings.current().base_url}{PATH}{member_id}-{_mark(member_id)}"


def recipient(token: str) -> Recipient:
    """Return whom a link is for. One statement.

    :raises NotFound: `no-such-link`; nobody made it, or whoever it was for is here no longer.
    """
    found = _SHAPE.fullmatch(token)
    if found is None or not hmac.compare_digest(_mark(int(found[1])), found[2]):
        raise NotFound("no-such-link")
    wanted = (
        select(Membership.id, Community.name, MailChoice.off)
        .join(Community, Community.id == Membership.community_id)
        .join(User, User.id == Membership.user_id)
        .outerjoin(MailChoice, MailChoice.member_id == Membership.id)
        .where(
            Membership.id == int(found[1]),
            Membership.state != MembershipState.REMOVED,
            User.erased_at.is_(None),
        )
    )
    row = db.session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound("no-such-link")
    return Recipient(row.id, row.name, bool(row.off))


def _mark(member_id: int) -> str:
    told = f"mails of member {member_id}".encode()
    return hmac.new(settings.current().secret_key.encode(), told, hashlib.sha256).hexdigest()
