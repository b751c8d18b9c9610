"""Signing in to the console by an organisation's own portal: OpenID Connect, authorization code with PKCE.

Authlib speaks the protocol; every call goes out by our own rules (`lti.http`). What has to be remembered
between the two halves travels in a signed cookie: nothing is stored for whoever only looks.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from itsdangerous import BadData, URLSafeTimedSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from sqlalchemy import select

from lti_tool.errors import PlatformUnavailable, ServiceRefused, SignInRefused
from lti_tool.extensions import db
from lti_tool.lti.http import OutboundClient, outbound_client
from lti_tool.models import Administrator
from lti_tool.settings import Settings

LIFETIME = timedelta(minutes=10)
CALLBACK = "/sign-in/openid/callback"
_LEEWAY_SECONDS = 60
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384"]
_SALT = "openid-sign-in"

__all__ = ["CALLBACK", "LIFETIME", "begin", "finish", "is_offered", "outbound_client"]


@dataclass(frozen=True)
class Begun:
    """What the second half has to know of the first; `next_page` is where to go in the console."""

    state: str
    nonce: str
    verifier: str
    next_page: str | None


@dataclass(frozen=True)
class _Provider:
    """What a portal says of itself (OpenID Connect Discovery 1.0)."""

    authorization_url: str
    token_url: str
    key_set_url: str


def is_offered(settings: Settings) -> bool:
    """Tell whether a portal is configured."""
    return bool(settings.oidc_issuer)


def begin(settings: Settings, next_page: str | None, client: OutboundClient) -> tuple[str, str]:
    """Return where the browser goes, and what its cookie carries.

    :raises SignInRefused: `openid-unavailable`, the portal cannot be read.
    """
    provider = _provider(settings, client)
    begun = Begun(generate_token(43), generate_token(43), generate_token(64), next_page)
    with _session(settings, client) as session:
        address, _ = session.create_authorization_url(
            provider.authorization_url, state=begun.state, nonce=begun.nonce, code_verifier=begun.verifier
        )
    return address, _serializer(settings).dumps(asdict(begun))


def finish(
    settings: Settings, cookie: str, answered: str, now: datetime, client: OutboundClient
) -> tuple[Administrator, str | None]:
    """Return the administrator whom the portal names, and the page that was asked for.

    Only a verified address of an account that an operator has made; nobody is made an administrator by it.

    :param answered: the whole address at which the browser came back.
    :raises SignInRefused: `openid-expired`, `openid-refused`, `openid-unavailable`, `openid-unverified`,
        `openid-stranger`.
    """
    begun = _begun(settings, cookie)
    said = parse_qs(urlsplit(answered).query)
    # Without a code Authlib would ask for a token of another kind.
    if "code" not in said or "error" in said:
        raise SignInRefused("openid-refused")
    claims = _claims(settings, begun, answered, now, client)
    email = claims.get("email")
    if not isinstance(email, str) or claims.get("email_verified") is not True:
        raise SignInRefused("openid-unverified")
    account = db.session.scalars(
        select(Administrator).where(
            Administrator.email == email.strip().casefold(), Administrator.disabled_at.is_(None)
        )
    ).one_or_none()
    if account is None:
        raise SignInRefused("openid-stranger")
    return account, begun.next_page


def _begun(settings: Settings, cookie: str) -> Begun:
    try:
        return Begun(**_serializer(settings).loads(cookie, max_age=LIFETIME.total_seconds()))
    except (BadData, TypeError) as unusable:
        raise SignInRefused("openid-expired") from unusable


def _claims(
    settings: Settings, begun: Begun, answered: str, now: datetime, client: OutboundClient
) -> dict[str, Any]:
    provider = _provider(settings, client)
    try:
        with _session(settings, client, state=begun.state) as session:
            token = session.fetch_token(
                provider.token_url, authorization_response=answered, code_verifier=begun.verifier
            )
        keys = KeySet.import_key_set(_read(provider.key_set_url, client))
        decoded = jwt.decode(token["id_token"], keys, algorithms=_ALGORITHMS)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={"iss": {"values": [settings.oidc_issuer]}, "aud": {"values": [settings.oidc_client_id]}},
            params={"nonce": begun.nonce, "client_id": settings.oidc_client_id},
        )
        claims.validate(now=int(now.timestamp()), leeway=_LEEWAY_SECONDS)
    except (PlatformUnavailable, ServiceRefused) as problem:
        raise SignInRefused("openid-unavailable") from problem
    except (AuthlibBaseError, JoseError, KeyError, ValueError, TypeError) as refusal:
        raise SignInRefused("openid-refused") from refusal
    return dict(claims)


def _provider(settings: Settings, client: OutboundClient) -> _Provider:
    said = _read(f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration", client)
    if said.get("issuer") != settings.oidc_issuer:
        raise SignInRefused("openid-unavailable")
    try:
        return _Provider(
            str(said["authorization_endpoint"]), str(said["token_endpoint"]), str(said["jwks_uri"])
        )
    except KeyError as missing:
        raise SignInRefused("openid-unavailable") from missing


def _read(url: str, client: OutboundClient) -> dict:
    try:
        answer = client.request("GET", url, headers={"Accept": "application/json"})
        content = json.loads(answer.body) if answer.status == 200 else None
    except (PlatformUnavailable, ServiceRefused, ValueError, RecursionError) as problem:
        raise SignInRefused("openid-unavailable") from problem
    if not isinstance(content, dict):
        raise SignInRefused("openid-unavailable")
    return content


def _session(settings: Settings, client: OutboundClient, state: str | None = None) -> OAuth2Session:
    session = OAuth2Session(
        settings.oidc_client_id,
        settings.oidc_client_secret,
        scope="openid email",
        redirect_uri=settings.base_url + CALLBACK,
        code_challenge_method="S256",
        state=state,
    )
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, _ByOurRules(client))
    return session


class _ByOurRules(BaseAdapter):
    """Sends what Authlib asks for through our own client: checked addresses, limits, proxy."""

    def __init__(self, client: OutboundClient) -> None:
        super().__init__()
        self._client = client

    def send(self, request: PreparedRequest, *args: object, **kwargs: object) -> Response:
        """Return our answer in the shape that requests knows."""
        body = request.body.encode() if isinstance(request.body, str) else request.body
        answer = self._client.request(
            request.method, request.url, headers=dict(request.headers), data=body or None
        )
        response = Response()
        response.status_code, response.url, response.request = answer.status, request.url, request
        response.headers.update(answer.headers)
        response._content = answer.body
        return response

    def close(self) -> None:
        """The client is closed by whoever opened it."""


def _serializer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt=_SALT)
