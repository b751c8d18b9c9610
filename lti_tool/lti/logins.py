"""The third-party-initiated login (LTI Security Framework 5.1.1): who asks, where to send the browser.

Writes nothing. PyLTI1p3 builds the authentication request; finding the registration, the state and the
nonce are ours, because the library stores its own in a session cookie.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime

from pylti1p3.oidc_login import OIDCLogin
from pylti1p3.registration import Registration

from lti_tool import settings
from lti_tool.errors import LaunchRefused
from lti_tool.lti import addresses, store
from lti_tool.lti.launch import LoginStart
from lti_tool.lti.states import LaunchState, sealed
from lti_tool.lti.store import AskingPlatform
from lti_tool.lti.texts import clean, identifier
from lti_tool.models import PlatformState

LAUNCH_PATH = "/lti/launch"
_LONGEST_HINT = 2500


def begin(
    params: Mapping[str, str], browser_secret: str, now: datetime, *, storage_frame: str | None = None
) -> LoginStart:
    """Check a login request and say where the browser goes with it.

    :param params: query or form as received; unknown ones are ignored, `lti_message_hint` is echoed as it is.
    :param browser_secret: the random value of the state cookie that goes out with the same answer.
    :param storage_frame: the frame of the LMS's page that keeps `browser_secret` in the place of a cookie.
    :raises LaunchRefused: `login-no-issuer`, `login-no-hint`, `login-unknown-issuer`, `login-suspended`,
        `login-ambiguous-client`, `login-foreign-target`, `login-hint-too-long`. Never redirect on one.
    """
    target = _target_of(params)
    login_hint = params.get("login_hint") or ""
    if not params.get("iss"):
        raise LaunchRefused("login-no-issuer")
    if not login_hint:
        raise LaunchRefused("login-no-hint")
    if max(len(login_hint), len(params.get("lti_message_hint") or "")) > _LONGEST_HINT:
        raise LaunchRefused("login-hint-too-long")
    platform = _platform_asking(params)
    origin = addresses.origin(platform.auth_url)
    state = LaunchState(platform.id, secrets.token_urlsafe(32), target, now, storage_frame, origin)
    return LoginStart(
        auth_url=_auth_url(platform, params, state, browser_secret),
        platform_id=platform.id,
        frame_origins=addresses.origins((platform.issuer, platform.auth_url)),
        target=target,
        storage_origin=origin,
        storage_key=state.storage_key,
    )


def _target_of(params: Mapping[str, str]) -> str:
    """Only a hint until the signed claim confirms it, but never one of somebody else's host."""
    base_url = settings.current().base_url
    target = params.get("target_link_uri") or base_url + LAUNCH_PATH
    if not addresses.is_ours(target, base_url):
        raise LaunchRefused("login-foreign-target", clean(target, 300) or "")
    return target


def _platform_asking(params: Mapping[str, str]) -> AskingPlatform:
    """The active registration of this issuer and client; without a client id, the only one there is."""
    issuer, client_id = identifier(params["iss"], 500), params.get("client_id") or None
    asked = clean(params["iss"], 300) or ""
    if issuer is None or (client_id is not None and identifier(client_id) is None):
        raise LaunchRefused("login-unknown-issuer", asked, issuer=asked)
    known = store.platforms_of(issuer, client_id)
    active = [platform for platform in known if platform.state is PlatformState.ACTIVE]
    if not known:
        raise LaunchRefused("login-unknown-issuer", f"{issuer}, client id {client_id}", issuer=asked)
    if not active:
        raise LaunchRefused("login-suspended", issuer, issuer=asked, platform_id=known[0].id)
    if len(active) > 1:
        active = _narrowed_by_deployment(active, params)
    if len(active) != 1:
        raise LaunchRefused("login-ambiguous-client", f"{issuer} has several client ids", issuer=asked)
    return active[0]


def _narrowed_by_deployment(
    platforms: list[AskingPlatform], params: Mapping[str, str]
) -> list[AskingPlatform]:
    """Canvas documents the parameter as `deployment_id`, the specification as `lti_deployment_id`."""
    deployment_id = identifier(params.get("lti_deployment_id") or params.get("deployment_id"))
    if deployment_id is None:
        return platforms
    knowing = store.platforms_with_deployment((platform.id for platform in platforms), deployment_id)
    return [platform for platform in platforms if platform.id in knowing]


def _auth_url(
    platform: AskingPlatform, params: Mapping[str, str], state: LaunchState, browser_secret: str
) -> str:
    registration = (
        Registration()
        .set_issuer(platform.issuer)
        .set_client_id(platform.client_id)
        .set_auth_login_url(platform.auth_url)
    )
    request = _AuthenticationRequest(params, registration, state.nonce, sealed(state, browser_secret))
    return request.url(settings.current().base_url + LAUNCH_PATH)


class _NothingKept:
    """Stands for the library's session and cookies: a login writes nothing."""

    def save_nonce(self, nonce: str) -> None:
        """The nonce is inside the signed state."""

    def set_cookie(self, name: str, value: str, exp: int | None = None) -> None:
        """The state cookie is the blueprint's."""


class _AuthenticationRequest(OIDCLogin):
    """The library's authentication request (1.2), carrying our signed state and its nonce."""

    def __init__(self, params: Mapping[str, str], registration: Registration, nonce: str, state: str) -> None:
        super().__init__(None, None, _NothingKept(), _NothingKept())
        self._params, self._found, self._nonce, self._state = params, registration, nonce, state

    def url(self, redirect_uri: str) -> str:
        """The address at the platform. The library adds a second `?` to an end point that has one already."""
        end_point = self._found.get_auth_login_url() or ""
        made = self._prepare_redirect_url(redirect_uri)
        return f"{end_point}&{made[len(end_point) + 1 :]}" if "?" in end_point else made

    def validate_oidc_login(self) -> Registration:
        """The registration that our own checks found."""
        return self._found

    def _get_request_param(self, key: str) -> str:
        return self._params.get(key) or ""

    def _get_uuid(self) -> str:
        return self._state

    def _generate_nonce(self) -> str:
        return self._nonce
