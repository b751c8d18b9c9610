"""Invitations to connect an LMS: one-use, expiring addresses. Only a hash of their secret is stored."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from lti_tool.errors import Stale
from lti_tool.extensions import db
from lti_tool.lti.registration_refusals import RegistrationRefused
from lti_tool.models import Organisation, RegistrationInvitation
from lti_tool.services import audit, sessions
from lti_tool.services.platforms import organisation_named

PATH = "/lti/register/"
# How long a registration that was begun keeps others out; what a killed process left is open again then.
LEASE = timedelta(minutes=3)


@dataclass(frozen=True)
class Invited:
    """A new invitation; the address is told once and stored nowhere."""

    id: int
    address: str
    organisation: str
    expires_at: datetime


@dataclass(frozen=True)
class Invitation:
    """An invitation that may be used: what the platform will be called, and whose it will be."""

    id: int
    name: str
    organisation_id: int
    organisation: str
    expires_at: datetime


def invite(name: str, organisation: str | None, base_url: str, now: datetime, lifetime: timedelta) -> Invited:
    """Make an invitation.

    :param name: what the console will call the platform.
    :param organisation: made when new; None means the only one, called after the host of BASE_URL.
    """
    owner = organisation_named(organisation, base_url, now)
    made = invited(name, owner, base_url, now, lifetime)
    audit.record_operation("platform.invited", f"invitation:{made.id}", now, owner.id, name=name)
    return made


def invited(name: str, owner: Organisation, base_url: str, now: datetime, lifetime: timedelta) -> Invited:
    """Make an invitation for this organisation; who did it is noted by the caller."""
    secret = secrets.token_urlsafe(32)
    row = RegistrationInvitation(
        organisation_id=owner.id,
        name=name,
        token_hash=sessions.digest(secret),
        created_at=now,
        expires_at=now + lifetime,
    )
    db.session.add(row)
    db.session.flush()
    return Invited(row.id, f"{base_url}{PATH}{secret}", owner.name, row.expires_at)


def opened(secret: str, now: datetime) -> Invitation:
    """Return the invitation with this secret.

    :raises RegistrationRefused: `invitation-unknown` (404), `invitation-used`, `invitation-expired` (410).
    """
    found = db.session.execute(
        select(RegistrationInvitation, Organisation.name)
        .join(Organisation, Organisation.id == RegistrationInvitation.organisation_id)
        .where(RegistrationInvitation.token_hash == _digest(secret))
    ).one_or_none()
    if found is None:
        raise RegistrationRefused("invitation-unknown", status=404)
    row, organisation = found
    if row.used_at is not None:
        raise RegistrationRefused("invitation-used", status=410)
    if row.expires_at <= now:
        raise RegistrationRefused("invitation-expired", status=410)
    return Invitation(row.id, row.name, row.organisation_id, organisation, row.expires_at)


def claim(invitation: Invitation, now: datetime) -> str:
    """Take the invitation for one registration and return the lease. One conditional update.

    :raises RegistrationRefused: `under-way` while another request has it.
    """
    lease = secrets.token_hex(16)
    taken = db.session.execute(
        _of(invitation)
        .where(or_(RegistrationInvitation.lease_until.is_(None), RegistrationInvitation.lease_until <= now))
        .values(lease=lease, lease_until=now + LEASE)
    )
    if taken.rowcount != 1:
        raise RegistrationRefused("under-way", status=409)
    return lease


def release(invitation: Invitation, lease: str) -> None:
    """Give the invitation back after a registration that came to nothing."""
    db.session.execute(
        _of(invitation)
        .where(RegistrationInvitation.lease == lease)
        .values(lease=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def use_up(invitation: Invitation, lease: str, platform_id: int, now: datetime) -> None:
    """Mark the invitation as used, by whoever still has its lease.

    :raises Stale: another registration took it over meanwhile.
    """
    used = db.session.execute(
        _of(invitation)
        .where(RegistrationInvitation.lease == lease)
        .values(lease=None, lease_until=None, used_at=now, platform_id=platform_id)
    )
    if used.rowcount != 1:
        raise Stale("invitation-taken")


def _of(invitation: Invitation):
    return (
        update(RegistrationInvitation)
        .where(RegistrationInvitation.id == invitation.id, RegistrationInvitation.used_at.is_(None))
        .execution_options(synchronize_session=False)
    )


def _digest(secret: str) -> str:
    return sessions.digest(secret.encode("utf-8", "replace").decode())
