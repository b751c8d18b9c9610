"""Platforms and their deployments, as an operator manages them from the command line."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.models import (
    Course,
    Deployment,
    DeploymentPolicy,
    DeploymentState,
    Organisation,
    Platform,
    PlatformState,
    Succession,
)
from lti_tool.services import audit
from lti_tool.services.upserts import insert_unless_there, upsert


@dataclass(frozen=True)
class Registration:
    """What an administrator copies from the LMS."""

    name: str
    issuer: str
    client_id: str
    auth_url: str
    token_url: str
    jwks_url: str
    token_audience: str | None = None
    deployment_ids: tuple[str, ...] = ()
    accept_deployments: bool = False
    preset: str | None = None  # lti.presets: the kind of LMS that it was connected as

    @property
    def policy(self) -> DeploymentPolicy:
        """Named deployments refuse all others; without any, the first launch's is accepted (DESIGN 2)."""
        if self.accept_deployments:
            return DeploymentPolicy.AUTOMATIC
        return DeploymentPolicy.STRICT if self.deployment_ids else DeploymentPolicy.FIRST


def add(registration: Registration, organisation: str | None, base_url: str, now: datetime) -> Platform:
    """Register a platform by hand.

    :param organisation: made when new; by default the only one, called after the host of BASE_URL.
    :raises Stale: this issuer and client id are registered already.
    """
    owner = organisation_named(organisation, base_url, now)
    platform = added(registration, owner.id, now)
    key = {"issuer": registration.issuer, "client_id": registration.client_id}
    audit.record_operation("platform.added", f"platform:{platform.id}", now, owner.id, **key)
    return platform


def added(registration: Registration, organisation_id: int, now: datetime) -> Platform:
    """Store a platform with the deployments that were named; who did it is noted by the caller.

    :raises Stale: this issuer and client id are registered already.
    """
    key = {"issuer": registration.issuer, "client_id": registration.client_id}
    values = {
        "organisation_id": organisation_id,
        "name": registration.name,
        "auth_url": registration.auth_url,
        "token_url": registration.token_url,
        "jwks_url": registration.jwks_url,
        "token_audience": registration.token_audience,
        "deployment_policy": registration.policy,
        "preset": registration.preset,
        "state": "active",
        "clock_offset": 0.0,
        "created_at": now,
    }
    if not insert_unless_there(Platform, key, values):
        raise Stale("platform-registered-already")
    platform = db.session.scalars(select(Platform).filter_by(**key)).one()
    for deployment_id in registration.deployment_ids:
        _accept(platform, deployment_id, now, organisation_id)
    return platform


def organisation_named(name: str | None, base_url: str, now: datetime) -> Organisation:
    """Return the organisation of this name, made when new.

    :param name: None means the only one there is, else one called after the host of BASE_URL (DESIGN 2).
    :param now: when it is made, aware UTC.
    """
    if name is None:
        there = list(db.session.scalars(select(Organisation).limit(2)))
        if len(there) == 1:
            return there[0]
        name = urlsplit(base_url).hostname
    return upsert(Organisation, {"name": name}, {"created_at": now}, update=())


def approve(
    platform_id: int,
    deployment_id: str,
    now: datetime,
    organisation: str | None = None,
    base_url: str = "",
) -> Deployment:
    """Let a deployment in, whether it waits already or never launched.

    :param organisation: whose deployment it is, made when new (on Blackboard a deployment is a tenant);
        None leaves it with its own, a new one with the platform's.
    :raises NotFound: no such platform.
    :raises Stale: it has communities of another organisation already.
    """
    platform = _platform(platform_id)
    owner = organisation_named(organisation, base_url, now).id if organisation else None
    deployment = _accept(platform, deployment_id, now, owner or platform.organisation_id)
    if owner is not None and deployment.organisation_id != owner:
        _refuse_if_it_has_communities(deployment)
        deployment.organisation_id = owner
    subject = f"deployment:{deployment.id}"
    audit.record_operation("deployment.approved", subject, now, deployment.organisation_id)
    db.session.flush()
    return deployment


def suspend(platform_id: int, now: datetime, by: int | None = None) -> Platform:
    """Pause a platform: its launches are refused, nothing is sent to it nor read from it.

    :param by: the administrator who decided; None: an operator, from the command line.
    :raises NotFound: no such platform.
    """
    platform = _platform(platform_id)
    platform.state = PlatformState.SUSPENDED
    _note_state(platform, "platform.suspended", now, by)
    return platform


def resume(platform_id: int, now: datetime, by: int | None = None) -> Platform:
    """End the pause of a platform.

    :raises NotFound: no such platform.
    :raises Stale: `platform-replaced`: another registration took its place, which `succession.undo` alone
        undoes; `platform-removed`: it was, and its secrets are gone.
    """
    platform = _platform(platform_id)
    if platform.removed_at is not None:
        raise Stale("platform-removed")
    if replacement_of(platform.id) is not None:
        raise Stale("platform-replaced")
    platform.state = PlatformState.ACTIVE
    _note_state(platform, "platform.resumed", now, by)
    return platform


def replacement_of(platform_id: int | None) -> Platform | None:
    """Return the registration that took the place of this one, if one did."""
    return db.session.scalars(
        select(Platform)
        .join(Succession, Succession.new_platform_id == Platform.id)
        .where(Succession.old_platform_id == platform_id, Succession.reverted_at.is_(None))
        .order_by(Succession.id.desc())
    ).first()


def _platform(platform_id: int) -> Platform:
    platform = db.session.get(Platform, platform_id)
    if platform is None:
        raise NotFound("no-such-platform")
    return platform


def _note_state(platform: Platform, act: str, now: datetime, by: int | None) -> None:
    audit.record_administration(by, act, f"platform:{platform.id}", now, platform.organisation_id)
    db.session.flush()


def _refuse_if_it_has_communities(deployment: Deployment) -> None:
    inhabited = select(Course.id).where(
        Course.deployment_id == deployment.id, Course.community_id.is_not(None)
    )
    if db.session.scalars(inhabited.limit(1)).first() is not None:
        raise Stale("deployment-has-communities")


def registered(issuer: str, client_id: str) -> Platform | None:
    """Return the platform with this key, if there is one."""
    return db.session.scalars(
        select(Platform).where(Platform.issuer == issuer, Platform.client_id == client_id)
    ).one_or_none()


def _accept(platform: Platform, deployment_id: str, now: datetime, organisation_id: int) -> Deployment:
    return upsert(
        Deployment,
        {"platform_id": platform.id, "deployment_id": deployment_id},
        {
            "organisation_id": organisation_id,
            "state": DeploymentState.ACCEPTED,
            "refused_at": None,
            "created_at": now,
        },
        update=("state", "refused_at"),
    )
