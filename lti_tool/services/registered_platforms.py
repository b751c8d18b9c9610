"""What a dynamic registration leaves behind: the platform, its deployment, a line in the audit log."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.lti import products
from lti_tool.lti.openid_configuration import PlatformConfiguration
from lti_tool.lti.registration import Registered
from lti_tool.lti.registration_refusals import RegistrationRefused
from lti_tool.models import Deployment, DeploymentPolicy, DeploymentState, Platform, PlatformState
from lti_tool.services import audit
from lti_tool.services.invitations import Invitation
from lti_tool.services.upserts import insert_unless_there


class Outcome(StrEnum):
    """Whether the LMS gave a new client id or the one that we know (an update in Moodle)."""

    ADDED = "added"
    UPDATED = "updated"


def store(
    invitation: Invitation, configuration: PlatformConfiguration, answer: Registered, now: datetime
) -> tuple[Outcome, Platform]:
    """Store the platform that an LMS agreed to be, accept the deployment that it names; flush.

    :raises RegistrationRefused: `registered-elsewhere`, another organisation has this issuer and client id.
    """
    key = {"issuer": configuration.issuer, "client_id": answer.client_id}
    fresh = {
        "organisation_id": invitation.organisation_id,
        "name": invitation.name,
        "deployment_policy": DeploymentPolicy.AUTOMATIC,
        "state": PlatformState.ACTIVE,
        "clock_offset": 0.0,
        "created_at": now,
    }
    told = _told(configuration, answer)
    outcome = Outcome.ADDED if insert_unless_there(Platform, key, fresh | told) else Outcome.UPDATED
    platform = db.session.scalars(select(Platform).filter_by(**key).with_for_update()).one()
    if platform.organisation_id != invitation.organisation_id:
        raise RegistrationRefused("registered-elsewhere", status=409)
    if outcome is Outcome.UPDATED:
        _bring_up_to_date(platform, told)
    if answer.deployment_id is not None:
        _accept(platform, answer.deployment_id, now)
    _note(outcome, platform, configuration, invitation, now)
    db.session.flush()
    return outcome, platform


def _told(configuration: PlatformConfiguration, answer: Registered) -> dict:
    """The columns that the LMS fills; never its token."""
    agreed = {
        "scope": answer.scope,
        "registration_client_uri": answer.client_uri,
        "configuration": configuration.address.partition("?")[0],
    }
    return {
        "auth_url": configuration.auth_url,
        "token_url": configuration.token_url,
        "jwks_url": products.key_set_address(configuration, answer.client_id),
        "token_audience": products.token_audience(configuration),
        "product": configuration.product,
        "product_version": configuration.version,
        "registration": {name: value for name, value in agreed.items() if value is not None},
    }


def _bring_up_to_date(platform: Platform, told: dict) -> None:
    if platform.jwks_url != told["jwks_url"]:
        platform.key_set = platform.key_set_fetched_at = platform.key_set_refetch_at = None
    for name, value in told.items():
        setattr(platform, name, value)


def _accept(platform: Platform, deployment_id: str, now: datetime) -> None:
    """Let the deployment in. One that is there keeps its organisation, and an administrator's no."""
    key = {"platform_id": platform.id, "deployment_id": deployment_id}
    values = {
        "organisation_id": platform.organisation_id,
        "state": DeploymentState.ACCEPTED,
        "created_at": now,
    }
    if insert_unless_there(Deployment, key, values):
        return
    there = db.session.scalars(select(Deployment).filter_by(**key)).one()
    if there.refused_at is None:
        there.state = DeploymentState.ACCEPTED


def _note(
    outcome: Outcome,
    platform: Platform,
    configuration: PlatformConfiguration,
    invitation: Invitation,
    now: datetime,
) -> None:
    act = "platform.registered" if outcome is Outcome.ADDED else "platform.registered-again"
    audit.record_operation(
        act,
        f"platform:{platform.id}",
        now,
        platform.organisation_id,
        issuer=platform.issuer,
        client_id=platform.client_id,
        host=configuration.host,
        invitation=invitation.id,
    )
