"""What a signed token says: checks 7 to 12 of 1.4, in their order, one code each.

Check 6 (the issuer) is made with check 3, on the very claims that the signature covers.
"""

import hmac
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lti_tool.errors import LaunchRefused
from lti_tool.lti import addresses, names
from lti_tool.lti.states import CLOCK_LEEWAY
from lti_tool.lti.store import LaunchingPlatform
from lti_tool.lti.texts import clean, identifier
from lti_tool.models import DeploymentPolicy, DeploymentState, PlatformState

_OLDEST = timedelta(hours=1)
_BEFORE_ANY_LAUNCH, _AFTER_ANY_LAUNCH = 0, 10**11


def check_registration(claims: dict, platform: LaunchingPlatform) -> None:
    """Checks 3 and 6: issuer and audience name the registration that the state is bound to.

    :raises LaunchRefused: `issuer-mismatch`, `audience-mismatch`, `platform-suspended`.
    """
    if claims.get("iss") != platform.issuer:
        raise LaunchRefused(
            "issuer-mismatch", f"{clean(claims.get('iss'), 200)} instead of {platform.issuer}"
        )
    if platform.client_id not in _audiences(claims):
        raise LaunchRefused("audience-mismatch", clean(str(claims.get("aud")), 200) or "")
    if platform.state is not PlatformState.ACTIVE:
        raise LaunchRefused("platform-suspended", platform.issuer)


def _audiences(claims: dict) -> list:
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def check_audience(claims: dict, client_id: str) -> None:
    """Check 7: with several audiences `azp` must be us; audiences that we do not know are not accepted.

    :raises LaunchRefused: `authorized-party-missing`, `authorized-party-wrong`, `audience-extra`.
    """
    audiences = _audiences(claims)
    if len(audiences) > 1 and "azp" not in claims:
        raise LaunchRefused("authorized-party-missing")
    if "azp" in claims and claims["azp"] != client_id:
        raise LaunchRefused("authorized-party-wrong", clean(str(claims["azp"]), 200) or "")
    if any(audience != client_id for audience in audiences):
        raise LaunchRefused("audience-extra", clean(str(audiences), 200) or "")


def check_times(claims: dict, now: datetime) -> None:
    """Check 8: not expired, not from the future, not older than an hour; clocks may differ by a minute.

    :raises LaunchRefused: `expiry-missing`, `issued-at-missing`, `expired`, `issued-in-future`,
        `issued-too-long-ago`.
    """
    expires, issued = _moment(claims, "exp", "expiry-missing"), _moment(claims, "iat", "issued-at-missing")
    clock, leeway = now.timestamp(), CLOCK_LEEWAY.total_seconds()
    if expires <= clock - leeway:
        raise LaunchRefused("expired", f"{clock - expires:.0f} s ago by our clock")
    if issued > clock + leeway:
        raise LaunchRefused("issued-in-future", f"{issued - clock:.0f} s ahead of our clock")
    if issued < clock - _OLDEST.total_seconds():
        raise LaunchRefused("issued-too-long-ago", f"{clock - issued:.0f} s ago by our clock")


def _moment(claims: dict, name: str, code: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise LaunchRefused(code, clean(str(value), 40) or "")
    if isinstance(value, float) and not math.isfinite(value):
        raise LaunchRefused(code, str(value))
    return min(max(value, _BEFORE_ANY_LAUNCH), _AFTER_ANY_LAUNCH)


def check_nonce(claims: dict, nonce: str) -> None:
    """Check 9: the nonce is the one of the state; that one is used up already.

    :raises LaunchRefused: `nonce-missing`, `nonce-wrong`.
    """
    sent = claims.get("nonce")
    if not isinstance(sent, str) or not sent:
        raise LaunchRefused("nonce-missing")
    if not hmac.compare_digest(sent.encode("utf-8", "replace"), nonce.encode()):
        raise LaunchRefused("nonce-wrong")


def check_message(claims: dict) -> str:
    """Check 10, first part: LTI 1.3 and a message type that exists; returns the type.

    :raises LaunchRefused: `version-missing`, `version-wrong`, `message-type-missing`, `message-type-unknown`.
    """
    check_version(claims)
    message_type = claims.get(names.MESSAGE_TYPE)
    if not isinstance(message_type, str) or not message_type:
        raise LaunchRefused("message-type-missing")
    if message_type not in names.ANSWERED | names.NOT_YET:
        raise LaunchRefused("message-type-unknown", clean(message_type, 100) or "")
    return message_type


def check_version(claims: dict) -> None:
    """The first half of `check_message`, which notices share.

    :raises LaunchRefused: `version-missing`, `version-wrong`.
    """
    version = claims.get(names.VERSION)
    if version is None:
        raise LaunchRefused("version-missing")
    if version != "1.3.0":
        raise LaunchRefused("version-wrong", clean(str(version), 40) or "")


@dataclass(frozen=True)
class Admission:
    """Whether the deployment is known (our Deployment's id), and whether an unknown one is to be let in."""

    deployment_id: str
    key: int | None
    accept: bool


def check_deployment(claims: dict, found: LaunchingPlatform) -> Admission:
    """Check 10, second part: the deployment is known and accepted, or the policy lets it in (1.7).

    :raises LaunchRefused: `deployment-missing`, `deployment-invalid`, `deployment-unknown`,
        `deployment-waiting`, `deployment-refused`.
    """
    sent = claims.get(names.DEPLOYMENT_ID)
    if sent is None or sent == "":
        raise LaunchRefused("deployment-missing")
    deployment_id = identifier(sent)
    if deployment_id is None or not deployment_id.isascii():
        raise LaunchRefused("deployment-invalid", clean(str(sent), 100) or "")
    if found.deployment_key is not None:
        if found.deployment_refused:
            raise LaunchRefused("deployment-refused", deployment_id, deployment_id=deployment_id)
        if found.deployment_state is DeploymentState.WAITING:
            raise LaunchRefused("deployment-waiting", deployment_id, deployment_id=deployment_id)
        return Admission(deployment_id, found.deployment_key, accept=False)
    policy = found.deployment_policy
    if policy is DeploymentPolicy.STRICT:
        raise LaunchRefused("deployment-unknown", deployment_id, deployment_id=deployment_id)
    if policy is DeploymentPolicy.FIRST and found.has_deployments:
        raise LaunchRefused("deployment-waiting", deployment_id, deployment_id=deployment_id)
    return Admission(deployment_id, None, accept=True)


def check_target(claims: dict, base_url: str) -> str:
    """Check 11: the target is on our host and names something that exists; returns it.

    :raises LaunchRefused: `target-missing`, `target-foreign`, `target-unknown`.
    """
    target = claims.get(names.TARGET_LINK_URI)
    if not isinstance(target, str) or not target:
        raise LaunchRefused("target-missing")
    if not addresses.is_ours(target, base_url):
        raise LaunchRefused("target-foreign", clean(target, 300) or "")
    if not addresses.is_known_target(target, base_url):
        raise LaunchRefused("target-unknown", clean(target, 300) or "")
    return target


def check_person(claims: dict) -> str:
    """Check 12, first part: roles are an array, somebody is named; returns the `sub`.

    :raises LaunchRefused: `roles-missing`, `roles-invalid`, `anonymous`, `sub-invalid`.
    """
    roles, sub = claims.get(names.ROLES), claims.get("sub")
    if roles is None:
        raise LaunchRefused("roles-missing")
    if not isinstance(roles, list):
        raise LaunchRefused("roles-invalid", clean(str(roles), 100) or "")
    if sub is None or sub == "":
        raise LaunchRefused("anonymous")
    if identifier(sub) is None or not sub.isascii():
        raise LaunchRefused("sub-invalid", f"a {type(sub).__name__}")
    return sub


def check_is_answered(message_type: str) -> None:
    """Whether this version answers the message, said before its target is looked at: it may have its own.

    :raises LaunchRefused: `message-not-supported-yet`.
    """
    if message_type in names.NOT_YET:
        raise LaunchRefused("message-not-supported-yet", message_type, message_type=message_type)


def check_place(claims: dict) -> None:
    """Check 12, for a resource link message: what it must say about where it comes from.

    :raises LaunchRefused: `resource-link-missing`, `context-invalid`.
    """
    if identifier(member_of(claims, names.RESOURCE_LINK, "id")) is None:
        raise LaunchRefused("resource-link-missing")
    check_context(claims)


def check_context(claims: dict) -> None:
    """A context may be missing; one that is there has a usable id.

    :raises LaunchRefused: `context-invalid`.
    """
    context_id = member_of(claims, names.CONTEXT, "id")
    if context_id not in (None, "") and identifier(context_id) is None:
        raise LaunchRefused("context-invalid", clean(str(context_id), 100) or "")


def check_message_claims(message_type: str, claims: dict) -> None:
    """Check 12, second part: what each message must say beside the person.

    A deep linking message is read by `deep_linking.request_in`; it comes from no link.

    :raises LaunchRefused: as `check_for_user` and `check_place`; `line-item-missing`.
    """
    if message_type in names.DATA_PRIVACY_REQUESTS:
        check_for_user(claims)
    elif message_type == names.SUBMISSION_REVIEW_REQUEST:
        check_for_user(claims)
        check_context(claims)
        if addresses.web_url(member_of(claims, names.AGS_ENDPOINT, "lineitem")) is None:
            raise LaunchRefused("line-item-missing")
    elif message_type == names.DEEP_LINKING_REQUEST:
        check_context(claims)
    else:
        check_place(claims)


def check_for_user(claims: dict) -> None:
    """Check 12, for a data privacy message: whom it is about.

    :raises LaunchRefused: `for-user-missing`.
    """
    if identifier(member_of(claims, names.FOR_USER, "user_id")) is None:
        raise LaunchRefused("for-user-missing")


def member_of(claims: dict, claim: str, name: str, kept: Callable[[object], object] = lambda value: value):
    """A member of a claim that should be an object; None when it is something else (Canvas sends nulls)."""
    found = claims.get(claim)
    return kept(found.get(name)) if isinstance(found, dict) else None
