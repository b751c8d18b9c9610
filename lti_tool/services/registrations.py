"""Connecting an LMS by Dynamic Registration: look at it, let an administrator confirm, register, store.

Looking writes nothing. Between looking and confirming nothing is kept here: the form carries what was shown,
sealed. No transaction is open during a call to the LMS (DESIGN 5, Registration).
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.errors import DatabaseUnavailable, Stale, ToolError
from lti_tool.extensions import db
from lti_tool.lti import canvas, openid_configuration, products, registration, sealed_registrations
from lti_tool.lti.openid_configuration import PlatformConfiguration
from lti_tool.lti.registration import Registered
from lti_tool.lti.registration_refusals import RegistrationRefused
from lti_tool.models import Platform
from lti_tool.services import invitations, platform_checks, registered_platforms
from lti_tool.services.invitations import Invitation
from lti_tool.services.own_addresses import our_tool
from lti_tool.services.platform_checks import Finding
from lti_tool.services.registered_platforms import Outcome

log = logging.getLogger(__name__)
Transaction = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Known:
    """A connection with the same issuer that the organisation has already."""

    id: int
    name: str
    client_id: str


@dataclass(frozen=True)
class Proposal:
    """What an administrator is shown before anything is done.

    `scopes` and `claims` are what will be asked for; `known` are connections with this LMS that there are.
    """

    invitation: Invitation
    configuration: PlatformConfiguration
    product: str
    scopes: tuple[str, ...]
    claims: tuple[str, ...]
    known: Sequence[Known]
    sealed: str

    @property
    def frame_origins(self) -> tuple[str, ...]:
        """Whose pages may frame ours."""
        return self.configuration.frame_origins


@dataclass(frozen=True)
class Connection:
    """An LMS that is connected now: what to do next depends on its product."""

    outcome: Outcome
    platform_id: int
    name: str
    host: str
    product: str
    known: Sequence[Known]
    findings: Sequence[Finding]
    frame_origins: tuple[str, ...]


def invitation_of(secret: str, now: datetime, reading: Transaction) -> Invitation:
    """Return the invitation of an address.

    :raises RegistrationRefused: `invitation-unknown`, `invitation-used`, `invitation-expired`.
    """
    with reading():
        return invitations.opened(secret, now)


def look(secret: str, address: str, token: str | None, now: datetime, reading: Transaction) -> Proposal:
    """Fetch and check the configuration of an LMS; nothing is written.

    :param address: where its OpenID configuration is; :param token: its registration token, if it gave one.
    :param reading: makes one read-only transaction.
    :raises RegistrationRefused: with one of `registration_refusals.CODES`.
    """
    invitation = invitation_of(secret, now, reading)
    with registration.patient_client() as client:
        configuration = openid_configuration.fetch(address, token, client)
    with reading():
        known = _known(configuration.issuer, invitation.organisation_id)
    return Proposal(
        invitation=invitation,
        configuration=configuration,
        product=products.kind_of(configuration),
        scopes=openid_configuration.offered_scopes(configuration),
        claims=products.wanted_claims(our_tool(), configuration),
        known=known,
        sealed=sealed_registrations.sealed(invitation.id, configuration, token, now),
    )


def confirm(
    secret: str, sealed: str, now: datetime, reading: Transaction, transaction: Transaction
) -> Connection:
    """Register with the LMS that was shown, store the connection, use the invitation up, look at its health.

    :param sealed: what the form of the confirm page carried.
    :raises RegistrationRefused: with one of `registration_refusals.CODES`; the invitation stays usable.
    """
    invitation = invitation_of(secret, now, reading)
    shown = sealed_registrations.opened(sealed, invitation.id, now)
    return _carried_out(invitation, shown.configuration, shown.token, now, transaction)


def canvas_configuration() -> dict:
    """Return what a Canvas developer key reads from us."""
    return canvas.developer_key(our_tool())


def _carried_out(
    invitation: Invitation,
    configuration: PlatformConfiguration,
    token: str | None,
    now: datetime,
    transaction: Transaction,
) -> Connection:
    with transaction():
        lease = invitations.claim(invitation, now)
        known = _known(configuration.issuer, invitation.organisation_id)
    try:
        with registration.patient_client() as client:
            answer = registration.register(our_tool(), configuration, token, client, lambda: now, transaction)
        outcome, platform_id = _stored(invitation, lease, configuration, answer, now, transaction)
    except RegistrationRefused:
        _give_back(invitation, lease, transaction)
        raise
    except Stale as taken:
        raise RegistrationRefused("under-way", status=409) from taken
    return _connection(outcome, platform_id, invitation, configuration, known, now, transaction)


def _stored(
    invitation: Invitation,
    lease: str,
    configuration: PlatformConfiguration,
    answer: Registered,
    now: datetime,
    transaction: Transaction,
) -> tuple[Outcome, int]:
    """Store what the LMS agreed to and use the invitation up, or neither.

    :raises RegistrationRefused: `not-stored`: the LMS has a tool now that we know nothing of.
    """
    try:
        with transaction():
            outcome, platform = registered_platforms.store(invitation, configuration, answer, now)
            invitations.use_up(invitation, lease, platform.id, now)
            return outcome, platform.id
    except (DatabaseUnavailable, SQLAlchemyError) as failure:
        log.exception("the registration of %s could not be stored", answer.client_id)
        raise RegistrationRefused("not-stored", f"client_id {answer.client_id}", status=503) from failure


def _give_back(invitation: Invitation, lease: str, transaction: Transaction) -> None:
    """Let the invitation be used again at once; where that cannot be written, its lease ends by itself."""
    try:
        with transaction():
            invitations.release(invitation, lease)
    except (DatabaseUnavailable, SQLAlchemyError):
        log.exception("invitation %s stays taken until its lease ends", invitation.id)


def _connection(
    outcome: Outcome,
    platform_id: int,
    invitation: Invitation,
    configuration: PlatformConfiguration,
    known: Sequence[Known],
    now: datetime,
    transaction: Transaction,
) -> Connection:
    return Connection(
        outcome=outcome,
        platform_id=platform_id,
        name=invitation.name,
        host=configuration.host,
        product=products.kind_of(configuration),
        known=[one for one in known if one.id != platform_id],
        findings=_health(platform_id, now, transaction),
        frame_origins=configuration.frame_origins,
    )


def _health(platform_id: int, now: datetime, transaction: Transaction) -> Sequence[Finding]:
    """Look whether the connection works; that it cannot be looked at does not undo it."""
    try:
        return platform_checks.check(platform_id, now, transaction, with_services=False)
    except (ToolError, SQLAlchemyError, OSError, ValueError):
        log.exception("the check of platform %s failed", platform_id)
        return ()


def _known(issuer: str, organisation_id: int) -> list[Known]:
    found = db.session.execute(
        select(Platform.id, Platform.name, Platform.client_id)
        .where(Platform.issuer == issuer, Platform.organisation_id == organisation_id)
        .order_by(Platform.id.desc())
        .limit(5)
    )
    return [Known(*row) for row in found]
