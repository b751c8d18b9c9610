"""What an LMS says of itself: its OpenID configuration, fetched by the outbound rules and checked.

LTI Dynamic Registration 1.0, section 3; requirements sheet 6. Lenient where LMSs are known to differ (lists
that are missing, messages as plain strings), strict where a wrong value would let somebody else in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from lti_tool.errors import ServiceProblem, ServiceRefused
from lti_tool.lti import addresses, names, registration_refusals
from lti_tool.lti.http import OutboundClient
from lti_tool.lti.registration_refusals import RegistrationRefused
from lti_tool.lti.service_answers import content_of
from lti_tool.lti.texts import clean, identifier

SIZE_LIMIT = 200_000
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
LONGEST_ADDRESS, LONGEST_ISSUER, LONGEST_TOKEN = 1000, 500, 5000
_MOST_ENTRIES = 200
_SAKAI_LISTS = frozenset(("openid", "iss", "aud"))

# Issuers that all customers of a vendor share: for them the vendor's own hosts must answer.
_CANVAS_HOSTS = ("instructure.com", "canvaslms.com")
_VENDOR_HOSTS = {
    "https://canvas.instructure.com": _CANVAS_HOSTS,
    "https://canvas.beta.instructure.com": _CANVAS_HOSTS,
    "https://canvas.test.instructure.com": _CANVAS_HOSTS,
    "https://blackboard.com": ("blackboard.com",),
}


@dataclass(frozen=True)
class MessageOffer:
    """A message type that the LMS can send, and the places where it offers it."""

    type: str
    placements: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlatformConfiguration:
    """What an LMS says of itself, checked. `scopes` and `claims` are None when it does not say."""

    address: str
    issuer: str
    auth_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    token_audience: str | None
    product: str | None
    version: str | None
    scopes: tuple[str, ...] | None
    claims: tuple[str, ...] | None
    messages: tuple[MessageOffer, ...]

    @property
    def host(self) -> str:
        """The host that administrators know their LMS by: where its configuration is."""
        return urlsplit(self.address).netloc

    @property
    def frame_origins(self) -> tuple[str, ...]:
        """Whose pages may frame ours while this registration goes on."""
        known = addresses.origins((self.address, self.issuer))
        # Canvas shows the tool inside pages of the customer's own host.
        return (*known, "https://*.instructure.com") if self.product == "canvas" else known


def fetch(address: str, token: str | None, client: OutboundClient) -> PlatformConfiguration:
    """Ask an LMS for its configuration.

    :param token: the registration token, sent along when there is one (Canvas needs it).
    :raises RegistrationRefused: with one of `registration_refusals.CODES`.
    """
    if addresses.web_url(address) is None:
        raise RegistrationRefused("configuration-address")
    headers = authorised(token)
    try:
        answer = client.request("GET", address, headers=headers, size_limit=SIZE_LIMIT)
    except ServiceProblem as problem:
        raise registration_refusals.of_call(problem, after_sending=False) from problem
    if problem := registration_refusals.of_configuration(answer):
        raise problem
    try:
        content = content_of(answer)
    except ServiceRefused as unreadable:
        raise RegistrationRefused("configuration-unreadable", unreadable.words) from unreadable
    return read(content, address)


def authorised(token: str | None) -> dict[str, str]:
    """The headers of a call with this registration token.

    :raises RegistrationRefused: `token-refused` for what no LMS ever made.
    """
    if not token:
        return {}
    if len(token) > LONGEST_TOKEN or not token.isascii() or not token.isprintable():
        raise RegistrationRefused("token-refused")
    return {"Authorization": f"Bearer {token}"}


def read(content: object, address: str) -> PlatformConfiguration:
    """Check a configuration that was found at this address.

    :raises RegistrationRefused: `configuration-incomplete`, `insecure-address`, `issuer-mismatch`,
        `method-unsupported`; the words name the member.
    """
    if not isinstance(content, Mapping):
        raise RegistrationRefused("configuration-unreadable")
    platform = content.get(PLATFORM)
    platform = platform if isinstance(platform, Mapping) else {}
    product = _product(platform.get("product_family_code"))
    found = PlatformConfiguration(
        address=address,
        issuer=_issuer(content),
        auth_url=_end_point(content, "authorization_endpoint"),
        token_url=_end_point(content, "token_endpoint"),
        jwks_url=_end_point(content, "jwks_uri"),
        registration_url=_end_point(content, "registration_endpoint"),
        token_audience=_audience(content),
        product=product,
        version=clean(platform.get("version"), 100),
        scopes=_said_of(product, _list(content, "scopes_supported")),
        claims=_said_of(product, _list(content, "claims_supported")),
        messages=_messages(platform.get("messages_supported")),
    )
    _check_methods(content)
    _check_security(found)
    _check_issuer(found)
    return found


def _issuer(content: Mapping) -> str:
    issuer = identifier(content.get("issuer"), LONGEST_ISSUER)
    if issuer is None or addresses.web_url(issuer) is None:
        raise RegistrationRefused("configuration-incomplete", "issuer")
    return issuer


def _end_point(content: Mapping, name: str) -> str:
    url = addresses.web_url(content.get(name))
    if url is None or len(url) > LONGEST_ADDRESS:
        raise RegistrationRefused("configuration-incomplete", name)
    return url


def _audience(content: Mapping) -> str | None:
    """What tokens are to be asked for, where it is an address: Canvas sends a bare host and means nothing."""
    url = addresses.web_url(content.get("authorization_server"))
    return url if url and len(url) <= LONGEST_ADDRESS else None


def _product(code: object) -> str | None:
    """The product family, in small letters: LMSs write it as they like."""
    cleaned = clean(code, 100)
    return cleaned.lower() if cleaned else None


def _list(content: Mapping, name: str) -> tuple[str, ...] | None:
    """A list of words, or one string of them; None when the LMS does not say."""
    said = content.get(name)
    if isinstance(said, str):
        said = said.split()
    if not isinstance(said, list):
        return None
    return tuple(word for word in said[:_MOST_ENTRIES] if isinstance(word, str) and len(word) <= 500)


def _said_of(product: str | None, listed: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """What an LMS lists, None where its list says nothing: every Sakai has the same few words of OpenID
    Connect there (LTI13Servlet), and names and services all the same, once its administrator allows them.
    """
    return None if "sakai" in (product or "") and set(listed or ()) <= _SAKAI_LISTS else listed


def _messages(said: object) -> tuple[MessageOffer, ...]:
    """The messages offered. Old Moodle lists plain strings."""
    offers = []
    for entry in said[:_MOST_ENTRIES] if isinstance(said, list) else ():
        if isinstance(entry, str):
            offers.append(MessageOffer(entry))
        elif isinstance(entry, Mapping) and isinstance(entry.get("type"), str):
            offers.append(MessageOffer(entry["type"], _list(entry, "placements") or ()))
    return tuple(offers)


def _check_methods(content: Mapping) -> None:
    """What is listed must contain what we do; a list that is missing says nothing."""
    for name, needed in (
        ("token_endpoint_auth_methods_supported", "private_key_jwt"),
        ("token_endpoint_auth_signing_alg_values_supported", "RS256"),
        ("id_token_signing_alg_values_supported", "RS256"),
        ("response_types_supported", "id_token"),
    ):
        listed = _list(content, name)
        # "id_token token" and the like are one entry of several words.
        if listed and needed not in {word for entry in listed for word in entry.split()}:
            raise RegistrationRefused("method-unsupported", f"{name}: {needed}")


def _check_security(found: PlatformConfiguration) -> None:
    """An LMS on https has nothing on plain http."""
    if not found.issuer.startswith("https:"):
        return
    for name in ("address", "auth_url", "token_url", "jwks_url", "registration_url"):
        if not getattr(found, name).startswith("https:"):
            raise RegistrationRefused("insecure-address", getattr(found, name))


def _check_issuer(found: PlatformConfiguration) -> None:
    """Nobody speaks for another issuer: its own host told us, or the vendor's hosts answer for it."""
    vendor = _VENDOR_HOSTS.get(found.issuer)
    if vendor:
        urls = (found.auth_url, found.token_url, found.jwks_url)
        told = all(_belongs_to(_host(url), vendor) for url in urls)
    else:
        told = _host(found.issuer) == _host(found.address)
    if not told:
        raise RegistrationRefused("issuer-mismatch", found.issuer)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def _belongs_to(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in domains)


def offered_scopes(configuration: PlatformConfiguration) -> tuple[str, ...]:
    """The services that we use and this LMS offers; all of them when it does not say."""
    wanted = (*names.AGS_SCOPES, names.ROSTER_READ)
    offered = configuration.scopes
    if offered is None:
        return wanted
    # Groups and notices are services of few: only who names them is asked for them.
    return tuple(scope for scope in (*wanted, names.GROUPS_READ, names.NOTICE_HANDLERS) if scope in offered)
