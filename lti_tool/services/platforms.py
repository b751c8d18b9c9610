"""Platforms and their deployments, as an operator manages them from the command line."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.models import Deployment, DeploymentPolicy, DeploymentState, Organisation, Platform
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
    owner = _organisation(organisation, base_url, now)
    key = {"issuer": registration.issuer, "client_id": registration.client_id}
    values = {
        "organisation_id": owner.id,
        "name": registration.name,
        "auth_url": registration.auth_url,
        "token_url": registration.token_url,
        "jwks_url": registration.jwks_url,
        "token_audience": registration.token_audience,
        "deployment_policy": registration.policy,
        "state": "active",
        "clock_offset": 0.0,
        "created_at": now,
    }
    if not insert_unless_there(Platform, key, values):
        raise Stale("platform-registered-already")
    platform = db.session.scalars(select(Platform).filter_by(**key)).one()
    for deployment_id in registration.deployment_ids:
        _accept(platform, deployment_id, now)
    audit.record_operation("platform.added", f"platform:{platform.id}", now, owner.id, **key)
    return platform


def approve(platform_id: int, deployment_id: str, now: datetime) -> Deployment:
    """Let a deployment in, whether it waits already or never launched.

    :raises NotFound: no such platform.
    """
    platform = db.session.get(Platform, platform_id)
    if platform is None:
        raise NotFound("no-such-platform")
    deployment = _accept(platform, deployment_id, now)
    subject = f"deployment:{deployment.id}"
    audit.record_operation("deployment.approved", subject, now, platform.organisation_id)
    return deployment


def listed() -> list[Platform]:
    """Return every platform, oldest first; its deployments are loaded when asked for."""
    return list(db.session.scalars(select(Platform).order_by(Platform.id)))


def registered(issuer: str, client_id: str) -> Platform | None:
    """Return the platform with this key, if there is one."""
    return db.session.scalars(
        select(Platform).where(Platform.issuer == issuer, Platform.client_id == client_id)
    ).one_or_none()


def _organisation(name: str | None, base_url: str, now: datetime) -> Organisation:
    if name is None:
        there = list(db.session.scalars(select(Organisation).limit(2)))
        if len(there) == 1:
            return there[0]
        name = urlsplit(base_url).hostname
    return upsert(Organisation, {"name": name}, {"created_at": now}, update=())


def _accept(platform: Platform, deployment_id: str, now: datetime) -> Deployment:
    return upsert(
        Deployment,
        {"platform_id": platform.id, "deployment_id": deployment_id},
        {
            "organisation_id": platform.organisation_id,
            "state": DeploymentState.ACCEPTED,
            "created_at": now,
        },
        update=("state",),
    )
