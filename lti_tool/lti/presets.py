"""What each LMS has to be told, what it tells us, and what of that follows from its host and client id.

Requirements sheet 9 and moodle.md; labels as the English form of the LMS has them. An LMS that differs from
its preset is connected all the same: every address may be typed, and then counts instead.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from lti_tool.lti import names
from lti_tool.lti.products import CLIENT_NAME, DESCRIPTION, LOGO, Tool


class Ask(StrEnum):
    """What an administrator types, beside the client id, which every LMS gives."""

    HOST = "host"  # of the LMS
    NUMBER = "number"  # at the end of some addresses (Sakai: of the tool; Open edX: of the block)
    DEPLOYMENT = "deployment"  # of our tool there, where many customers share an issuer
    ADDRESSES = "addresses"  # all four, where nothing can be derived


@dataclass(frozen=True)
class Addresses:
    """Issuer and end points of an LMS, as patterns: `{host}` with its scheme, `{client_id}`, `{number}`."""

    issuer: str
    auth_url: str
    token_url: str
    jwks_url: str
    token_audience: str | None = None

    def of(self, host: str, client_id: str, number: str) -> "Addresses":
        """Fill the patterns in."""
        given = {"host": host, "client_id": quote(client_id, safe=""), "number": quote(number, safe="")}
        filled = (
            pattern.format(**given) for pattern in (self.issuer, self.auth_url, self.token_url, self.jwks_url)
        )
        return Addresses(*filled, token_audience=self.token_audience)


@dataclass(frozen=True)
class Value:
    """A field of the LMS's form and what goes into it."""

    label: str
    text: str


@dataclass(frozen=True)
class Preset:
    """One kind of LMS.

    `fields`: label and pattern of what its form asks for, in its order; `dynamic`: it takes an invitation;
    `by_address`: it reads `/lti/canvas.json`; `guide`: the page below docs/connect; `path`: whether its
    address may have one.
    """

    key: str
    name: str
    guide: str
    fields: tuple[tuple[str, str], ...]
    asks: frozenset[Ask] = frozenset((Ask.HOST,))
    addresses: Addresses | None = None
    dynamic: bool = False
    by_address: bool = False
    path: bool = False
    sample_host: str = "https://lms.example.org"
    sample_client: str = "AbCdEfGhIjKlMno"

    def values(self, tool: Tool) -> list[Value]:
        """What its form is to be filled in with, for this installation."""
        ours = {
            "launch": tool.launch_url,
            "login": f"{tool.base_url}/lti/login",
            "keys": f"{tool.base_url}/lti/jwks.json",
            "canvas": f"{tool.base_url}/lti/canvas.json",
            "icon": tool.base_url + LOGO,
            "domain": tool.domain,
            "base": tool.base_url,
            "name": CLIENT_NAME,
            "description": DESCRIPTION,
            "groups": f"{names.GROUP_NUMBERS}=${names.MOODLE_GROUP_NUMBERS}",
        }
        return [Value(label, pattern.format(**ours)) for label, pattern in self.fields]

    def asks_for(self, ask: str) -> bool:
        """Whether somebody who connects this LMS has to type that."""
        return Ask(ask) in self.asks


_MOODLE = Addresses(
    "{host}", "{host}/mod/lti/auth.php", "{host}/mod/lti/token.php", "{host}/mod/lti/certs.php"
)
_MOODLE_FIELDS = (
    ("Tool name", "{name}"),
    ("Tool URL", "{launch}"),
    ("Tool description", "{description}"),
    ("LTI version", "LTI 1.3"),
    ("Public key type", "Keyset URL"),
    ("Public keyset", "{keys}"),
    ("Initiate login URL", "{login}"),
    ("Redirection URI(s)", "{launch}"),
    ("Custom parameters", "{groups}"),
    ("Content Selection URL", "{launch}"),
    ("Icon URL", "{icon}"),
)


def _canvas(environment: str) -> Addresses:
    sso = f"https://sso.{environment}canvaslms.com"
    return Addresses(
        f"https://canvas.{environment}instructure.com",
        f"{sso}/api/lti/authorize_redirect",
        f"{sso}/login/oauth2/token",
        f"{sso}/api/lti/security/jwks",
    )


_CANVAS_FIELDS = (
    ("Key Name", "{name}"),
    ("Redirect URIs", "{launch}"),
    ("Method", "Enter URL"),
    ("JSON URL", "{canvas}"),
)
_CANVAS_CLOUD = {
    "guide": "canvas",
    "fields": _CANVAS_FIELDS,
    "asks": frozenset((Ask.DEPLOYMENT,)),
    "dynamic": True,
    "by_address": True,
    "sample_client": "10000000000042",
}
_OTHER_FIELDS = (
    ("Tool URL", "{launch}"),
    ("Redirection URI", "{launch}"),
    ("Initiate login URL", "{login}"),
    ("Public keyset URL", "{keys}"),
    ("Deep linking URL", "{launch}"),
    ("Icon URL", "{icon}"),
    ("Domain", "{domain}"),
)

_ALL = (
    Preset("moodle", "Moodle", "moodle", _MOODLE_FIELDS, addresses=_MOODLE, dynamic=True, path=True),
    Preset("canvas", "Canvas", addresses=_canvas(""), **_CANVAS_CLOUD),
    Preset("canvas-beta", "Canvas (beta)", addresses=_canvas("beta."), **_CANVAS_CLOUD),
    Preset("canvas-test", "Canvas (test)", addresses=_canvas("test."), **_CANVAS_CLOUD),
    Preset(
        "canvas-own",
        "Canvas (self-hosted)",
        "canvas",
        _CANVAS_FIELDS,
        addresses=Addresses(
            "{host}",
            "{host}/api/lti/authorize_redirect",
            "{host}/login/oauth2/token",
            "{host}/api/lti/security/jwks",
        ),
        dynamic=True,
        by_address=True,
        sample_client="10000000000042",
    ),
    Preset(
        "blackboard",
        "Blackboard",
        "blackboard",
        (
            ("Application Name", "{name}"),
            ("Description", "{description}"),
            ("Domain(s)", "{domain}"),
            ("Login Initiation URL", "{login}"),
            ("Tool Redirect URL(s)", "{launch}"),
            ("Tool JWKS URL", "{keys}"),
            ("Signing Algorithm", "RS256"),
            ("Target Link URI", "{launch}"),
            ("Icon", "{icon}"),
        ),
        asks=frozenset((Ask.DEPLOYMENT,)),
        addresses=Addresses(
            "https://blackboard.com",
            "https://developer.blackboard.com/api/v1/gateway/oidcauth",
            "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",
            "https://developer.blackboard.com/api/v1/management/applications/{client_id}/jwks.json",
        ),
        dynamic=True,
        sample_client="00000000-0000-4000-8000-000000000000",
    ),
    Preset(
        "brightspace",
        "Brightspace",
        "brightspace",
        (
            ("Name", "{name}"),
            ("Description", "{description}"),
            ("Domain", "{base}"),
            ("Redirect URLs", "{launch}"),
            ("OpenID Connect Login URL", "{login}"),
            ("Target Link URI", "{launch}"),
            ("Keyset URL", "{keys}"),
        ),
        addresses=Addresses(
            "{host}",
            "{host}/d2l/lti/authenticate",
            "https://auth.brightspace.com/core/connect/token",
            "{host}/d2l/.well-known/jwks",
            token_audience="https://api.brightspace.com/auth/token",
        ),
        dynamic=True,
        sample_client="00000000-0000-4000-8000-000000000000",
    ),
    Preset(
        "sakai",
        "Sakai",
        "sakai",
        (
            ("Tool Title", "{name}"),
            ("Launch URL", "{launch}"),
            ("LTI 1.3 Tool Keyset URL", "{keys}"),
            ("LTI 1.3 Tool OpenID Connect/Initialization Endpoint", "{login}"),
            ("LTI 1.3 Tool Redirect Endpoint", "{launch}"),
        ),
        asks=frozenset((Ask.HOST, Ask.NUMBER)),
        addresses=Addresses(
            "{host}",
            "{host}/imsoidc/lti13/oidc_auth",
            "{host}/imsblis/lti13/token/{number}",
            "{host}/imsblis/lti13/keyset",
        ),
        dynamic=True,
        sample_client="00000000-0000-4000-8000-000000000000",
    ),
    Preset(
        "open-edx",
        "Open edX",
        "open-edx",
        (
            ("LTI Version", "LTI 1.3"),
            ("Tool Launch URL", "{launch}"),
            ("Registered Redirect URIs", '["{launch}"]'),
            ("Tool Initiate Login URL", "{login}"),
            ("Tool Public Key Mode", "Keyset URL"),
            ("Tool Keyset URL", "{keys}"),
            ("Deep Linking Launch URL", "{launch}"),
        ),
        asks=frozenset((Ask.HOST, Ask.NUMBER)),
        addresses=Addresses(
            "{host}",
            "{host}/api/lti_consumer/v1/launch/",
            "{host}/api/lti_consumer/v1/token/{number}",
            "{host}/api/lti_consumer/v1/public_keysets/{number}",
        ),
        sample_client="00000000-0000-4000-8000-000000000000",
    ),
    Preset(
        "ilias",
        "ILIAS",
        "ilias",
        (
            ("Tool URL", "{launch}"),
            ("Initiate login URL", "{login}"),
            ("Redirection URI(s)", "{launch}"),
            ("Public key type", "Keyset URL"),
            ("Public keyset", "{keys}"),
            ("Content Selection URL", "{launch}"),
        ),
        addresses=Addresses("{host}", "{host}/ltiauth.php", "{host}/ltitoken.php", "{host}/lticerts.php"),
        dynamic=True,
        path=True,
    ),
    Preset(
        "schoology",
        "Schoology",
        "other",
        (
            ("JWKS URL", "{keys}"),
            ("Domain/URL", "{launch}"),
            ("Public key type", "Keyset URL"),
            ("OIDC Login Init URL", "{login}"),
            ("Redirect URLs", "{launch}"),
        ),
        asks=frozenset((Ask.DEPLOYMENT,)),
        addresses=Addresses(
            "https://schoology.schoology.com",
            "https://lti-service.svc.schoology.com/lti-service/authorize-redirect",
            "https://lti-service.svc.schoology.com/lti-service/access-token",
            "https://lti-service.svc.schoology.com/lti-service/.well-known/jwks",
        ),
        sample_client="1234567890",
    ),
    Preset("totara", "Totara", "other", _MOODLE_FIELDS, addresses=_MOODLE, path=True),
    Preset(
        "chamilo",
        "Chamilo",
        "other",
        (
            ("Launch URL", "{launch}"),
            ("Login URL", "{login}"),
            ("Redirect URL", "{launch}"),
            ("JWKS URL", "{keys}"),
        ),
        addresses=Addresses(
            "{host}",
            "{host}/plugin/ImsLti/auth.php",
            "{host}/plugin/ImsLti/token.php",
            "{host}/plugin/ImsLti/jwks.php",
        ),
        path=True,
    ),
    Preset(
        "itslearning",
        "itslearning",
        "other",
        (
            ("Login URI", "{login}"),
            ("Redirect URI", "{launch}"),
            ("Target link URI", "{launch}"),
            ("JWK set URL", "{keys}"),
        ),
        asks=frozenset((Ask.ADDRESSES,)),
    ),
    Preset("other", "", "other", _OTHER_FIELDS, asks=frozenset((Ask.ADDRESSES,)), dynamic=True),
)
PRESETS = {preset.key: preset for preset in _ALL}
OTHER = PRESETS["other"]
GUIDES = tuple(dict.fromkeys(preset.guide for preset in _ALL))


def called(key: str | None) -> Preset:
    """Return the preset of this name; that of any LMS when there is none."""
    return PRESETS.get(key or "", OTHER)


def product_of(preset: str | None, said: str | None, issuer: str) -> str:
    """Which product a platform is, for sentences that name its menus.

    :param preset: how it was connected; :param said: its product_family_code, as it calls itself.
    """
    words = (preset or "", (said or "").lower(), issuer.lower())
    for word in words:
        for product, tell_tales in _TELL_TALES:
            if any(one in word for one in tell_tales):
                return product
    return OTHER.key


_TELL_TALES = (
    ("moodle", ("moodle",)),
    ("totara", ("totara",)),
    ("canvas", ("canvas", "instructure")),
    ("blackboard", ("blackboard",)),
    ("brightspace", ("brightspace", "desire2learn", "d2l")),
    ("sakai", ("sakai",)),
    ("open-edx", ("open-edx", "openedx", "edx")),
    ("schoology", ("schoology",)),
    ("ilias", ("ilias",)),
    ("chamilo", ("chamilo",)),
    ("itslearning", ("itslearning",)),
)
