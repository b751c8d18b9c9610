"""Dynamic Registration 1.0 with the refusals of Moodle 4.4: what a tool says of itself becomes a `Tool`."""

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from joserfc import jwt
from joserfc.errors import JoseError

from demo_lms.keys import PlatformKey
from demo_lms.names import SCOPES, TOOL_CONFIGURATION
from demo_lms.tools import Tool

TOKEN_SECONDS = 3600
NEW, UPDATE = "reg", "reg-update"
CLIENT_ID_LETTERS, CLIENT_ID_LENGTH = string.ascii_letters + string.digits, 15
NAME_CLAIMS = frozenset({"name", "given_name", "family_name"})


class RegistrationRefused(Exception):
    """A registration that is refused, with the status and the word that Moodle's answer consists of."""

    def __init__(self, status: int, word: str):
        super().__init__(word)
        self.status = status
        self.word = word


@dataclass(frozen=True)
class Invitation:
    """What a registration token permits: a new tool with this client id, or the update of a known one."""

    token: str
    client_id: str
    updates: Tool | None = None


class RegistrationTokens:
    """Tokens for one registration each, good for an hour; being signed, only used ones are remembered."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def invite(self, key: PlatformKey, now: datetime, updates: Tool | None = None) -> Invitation:
        """A new token, with a new client id unless it updates a known tool."""
        client_id = updates.client_id if updates else _new_client_id()
        issued = int(now.timestamp())
        claims = {
            "sub": updates.deployment_id if updates else client_id,
            "scope": UPDATE if updates else NEW,
            "iat": issued,
            "exp": issued + TOKEN_SECONDS,
            "jti": secrets.token_hex(8),
        }
        return Invitation(key.sign(claims), client_id, updates)

    def read(self, token: str, key: PlatformKey, registered: list[Tool], now: datetime) -> Invitation:
        """What a token permits now.

        Raises RegistrationRefused: 401 without a token or with a used one, 404 with one that is not ours, is
        malformed or too old (in Moodle the library's error ends on a page).
        """
        if not token:
            raise RegistrationRefused(401, "missing_registration_token")
        claims = self._claims(token, key, now)
        if token in self._used or any(tool.client_id == claims["sub"] for tool in registered):
            raise RegistrationRefused(401, "token_already_used")
        if claims["scope"] == NEW:
            return Invitation(token, claims["sub"])
        known = next((tool for tool in registered if tool.deployment_id == claims["sub"]), None)
        if known is None:
            raise RegistrationRefused(404, "")
        return Invitation(token, known.client_id, known)

    def use_up(self, invitation: Invitation) -> None:
        """Make a token worthless."""
        self._used.add(invitation.token)

    def _claims(self, token: str, key: PlatformKey, now: datetime) -> dict[str, Any]:
        try:
            claims = jwt.decode(token, key.private, algorithms=["RS256"]).claims
        except (JoseError, ValueError) as problem:
            raise RegistrationRefused(404, "") from problem
        if claims.get("scope") not in (NEW, UPDATE) or not claims.get("exp", 0) > now.timestamp():
            raise RegistrationRefused(404, "")
        return claims


def address_to_open(tool_address: str, configuration_url: str, token: str) -> str:
    """The tool's registration address with what the tool needs, added to its own query."""
    parts = urlsplit(tool_address)
    given = parse_qsl(parts.query, keep_blank_values=True)
    added = [("openid_configuration", configuration_url), ("registration_token", token)]
    return urlunsplit(parts._replace(query=urlencode([*given, *added]), fragment=""))


def tool_described(said: Mapping[str, Any], invitation: Invitation, deployment_id: str) -> Tool:
    """The tool that a registration request describes: pending when it is new, else in the state it had.

    Raises RegistrationRefused with Moodle's words, in Moodle's order.
    """
    _require(said, "response_types", "initiate_login_uri", "redirect_uris", "client_name", "jwks_uri")
    _require(said, "token_endpoint_auth_method", TOOL_CONFIGURATION)
    configuration = said[TOOL_CONFIGURATION] if isinstance(said[TOOL_CONFIGURATION], dict) else {}
    target = _target(configuration)
    _check_answers(said)
    claims = _claims_wanted(configuration)
    described = Tool(
        client_id=invitation.client_id,
        deployment_id=deployment_id,
        name=str(said["client_name"]),
        domain=str(configuration["domain"]),
        login_url=str(said["initiate_login_uri"]),
        target_link_uri=target,
        redirect_uris=tuple(said["redirect_uris"]),
        key_set_url=str(said["jwks_uri"]),
        scopes=tuple(scope for scope in SCOPES if scope in str(said.get("scope", "")).split()),
        shares_name=bool(claims & NAME_CLAIMS),
        shares_email="email" in claims,
        custom=_custom_parameters(configuration),
        said=dict(said),
    )
    known = invitation.updates
    return replace(described, deployment_id=known.deployment_id, active=known.active) if known else described


def _claims_wanted(configuration: Mapping[str, Any]) -> frozenset[str]:
    claims = configuration.get("claims")
    return frozenset(map(str, claims)) if isinstance(claims, list) else frozenset()


def _custom_parameters(configuration: Mapping[str, Any]) -> dict[str, str]:
    custom = configuration.get("custom_parameters")
    return {str(name): str(value) for name, value in custom.items()} if isinstance(custom, dict) else {}


def _require(said: Mapping[str, Any], *names: str) -> None:
    missing = next((name for name in names if not said.get(name)), None)
    if missing:
        raise RegistrationRefused(400, f"missing required attribute {missing}")


def _target(configuration: Mapping[str, Any]) -> str:
    """The target link URI; its host and port must be the domain, apart from a leading `www.`."""
    domain = configuration.get("domain")
    if not domain:
        raise RegistrationRefused(400, "missing_domain")
    target = str(configuration.get("target_link_uri") or f"https://{domain}")
    if domain_of(target) != str(domain).lower().removeprefix("www."):
        raise RegistrationRefused(400, "domain_targetlinkuri_mismatch")
    return target


def _check_answers(said: Mapping[str, Any]) -> None:
    if not isinstance(said["response_types"], list) or "id_token" not in said["response_types"]:
        raise RegistrationRefused(400, "invalid_response_types")
    uris = said["redirect_uris"]
    if not isinstance(uris, list) or not all(is_web_address(uri) for uri in uris):
        raise RegistrationRefused(400, "invalid_redirect_uris")
    if said["token_endpoint_auth_method"] != "private_key_jwt":
        raise RegistrationRefused(400, "invalid_token_endpoint_auth_method")
    if said.get("application_type") not in (None, "", "web"):
        raise RegistrationRefused(400, "invalid_application_type")
    for name in ("initiate_login_uri", "jwks_uri"):
        if not is_web_address(said[name]):
            raise RegistrationRefused(400, f"missing required attribute {name}")


def is_web_address(text: object) -> bool:
    """Whether this is an absolute http or https address."""
    try:
        parts = urlsplit(text) if isinstance(text, str) else None
    except ValueError:
        return False
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)


def domain_of(address: str) -> str:
    """Host and port of a web address, empty when it has none; a leading `www.` is left out as in Moodle."""
    return urlsplit(address).netloc.lower().removeprefix("www.") if is_web_address(address) else ""


def answer_about(tool: Tool, tells_deployment: bool) -> dict[str, Any]:
    """What a tool is answered: all it said, with its client id, its deployment and the scopes granted."""
    configuration = {**tool.said[TOOL_CONFIGURATION], "version": "1.3.0"}
    configuration |= {"deployment_id": tool.deployment_id} if tells_deployment else {}
    configuration["target_link_uri"] = tool.target_link_uri
    return {
        **tool.said,
        "client_id": tool.client_id,
        "scope": " ".join(tool.scopes),
        TOOL_CONFIGURATION: configuration,
    }


def _new_client_id() -> str:
    return "".join(secrets.choice(CLIENT_ID_LETTERS) for _ in range(CLIENT_ID_LENGTH))
