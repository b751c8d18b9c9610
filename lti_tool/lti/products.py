"""Our registration, as each LMS product wants it (requirements sheet 6 and 9, moodle.md)."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from lti_tool.lti import names
from lti_tool.lti.openid_configuration import PlatformConfiguration, offered_scopes

TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
# What we ask to be sent: activities by every LMS, the others where it offers them.
WHERE_OFFERED = (names.DEEP_LINKING_REQUEST, names.SUBMISSION_REVIEW_REQUEST)
ANSWERED = frozenset({names.RESOURCE_LINK_REQUEST, *WHERE_OFFERED})

NAME_CLAIMS = ("name", "given_name", "family_name")
TOOL_ID = "community-value"
CLIENT_NAME = "Community Value"
CLIENT_NAME_FRENCH = "Community Value, communauté"
LABEL, LABEL_FRENCH = "Community", "Communauté"
DESCRIPTION = "A closed learning community for the people of a course."
LOGO = "/static/favicon.svg"
# Moodle has no service for groups; it says those of who launches in place of this variable.
MOODLE_PARAMETERS = {names.GROUP_NUMBERS: f"${names.MOODLE_GROUP_NUMBERS}"}

CANVAS = "https://canvas.instructure.com/lti/"
COURSE_NAVIGATION = "course_navigation"
# Where a link to the community may stand in Canvas, and in which of these places content is chosen.
CANVAS_PLACES = (COURSE_NAVIGATION, "link_selection", "assignment_selection")
CANVAS_CHOOSERS = frozenset(CANVAS_PLACES) - {COURSE_NAVIGATION}

_BRIGHTSPACE_TOKENS = "https://auth.brightspace.com/core/connect/token"
_BRIGHTSPACE_AUDIENCE = "https://api.brightspace.com/auth/token"
_BLACKBOARD_KEYS = "https://developer.blackboard.com/api/v1/management/applications/{client_id}/jwks.json"


@dataclass(frozen=True)
class Tool:
    """What we say of ourselves. `wants_mail`: mail is set up here, so that an address is of use."""

    base_url: str
    wants_mail: bool
    contacts: tuple[str, ...] = ()

    @property
    def launch_url(self) -> str:
        return f"{self.base_url}/lti/launch"

    @property
    def domain(self) -> str:
        """Host and port: Moodle compares them with those of the target link URI."""
        return urlsplit(self.base_url).netloc


def kind_of(configuration: PlatformConfiguration) -> str:
    """Which product this is, in the words of our pages; `other` when none of those that we know."""
    said = configuration.product or ""
    known = ("moodle", "canvas", "blackboard", "sakai", "ilias")
    if "desire2learn" in said or "brightspace" in said or said == "d2l":
        return "brightspace"
    return next((product for product in known if product in said), "other")


def wanted_claims(tool: Tool, configuration: PlatformConfiguration) -> tuple[str, ...]:
    """Names always, the mail address only when we can write to it; nothing that is not offered."""
    wanted = (*NAME_CLAIMS, "email") if tool.wants_mail else NAME_CLAIMS
    offered = configuration.claims
    return wanted if offered is None else tuple(claim for claim in wanted if claim in offered)


def request_body(tool: Tool, configuration: PlatformConfiguration) -> dict:
    """What is posted to the registration end point."""
    body = {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{tool.base_url}/lti/login",
        "redirect_uris": [tool.launch_url],
        "client_name": CLIENT_NAME,
        "client_name#fr": CLIENT_NAME_FRENCH,
        "jwks_uri": f"{tool.base_url}/lti/jwks.json",
        "logo_uri": tool.base_url + LOGO,
        "client_uri": f"{tool.base_url}/",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(offered_scopes(configuration)),
        TOOL_CONFIGURATION: {
            "domain": tool.domain,
            "target_link_uri": tool.launch_url,
            "description": DESCRIPTION,
            "claims": ["iss", "sub", *wanted_claims(tool, configuration)],
            "messages": _messages(tool, configuration),
        },
    }
    if tool.contacts:
        body["contacts"] = list(tool.contacts)
    if kind_of(configuration) == "moodle":
        body[TOOL_CONFIGURATION]["custom_parameters"] = MOODLE_PARAMETERS
    if kind_of(configuration) == "canvas":
        body[TOOL_CONFIGURATION] |= {
            CANVAS + "privacy_level": privacy_level(tool),
            CANVAS + "tool_id": TOOL_ID,
        }
    return body


def privacy_level(tool: Tool) -> str:
    """Canvas's word for the personal data that we want."""
    return "public" if tool.wants_mail else "name_only"


def key_set_address(configuration: PlatformConfiguration, client_id: str) -> str:
    """Where this LMS publishes its keys: Blackboard has an address for each client, and announces another."""
    if kind_of(configuration) == "blackboard" and configuration.issuer == "https://blackboard.com":
        return _BLACKBOARD_KEYS.format(client_id=quote(client_id, safe=""))
    return configuration.jwks_url


def token_audience(configuration: PlatformConfiguration) -> str | None:
    """The audience of our assertions where it is not the token address (Brightspace, if it does not say)."""
    usual = _BRIGHTSPACE_AUDIENCE if configuration.token_url == _BRIGHTSPACE_TOKENS else None
    return configuration.token_audience or usual


def lacks_audience(token_url: str, audience: str | None) -> bool:
    """Whether a token address is one that wants another audience (Brightspace) and none was given."""
    return token_url == _BRIGHTSPACE_TOKENS and audience != _BRIGHTSPACE_AUDIENCE


def canvas_places() -> list[tuple[str, str]]:
    """Placement and message type of each place in Canvas: it refuses a placement with a wrong type."""
    return [
        (place, names.DEEP_LINKING_REQUEST if place in CANVAS_CHOOSERS else names.RESOURCE_LINK_REQUEST)
        for place in CANVAS_PLACES
    ]


def _messages(tool: Tool, configuration: PlatformConfiguration) -> list[dict]:
    """One entry for each message; all but activities, and every placement, only where they are listed."""
    offered = {offer.type: offer.placements for offer in configuration.messages}
    wanted = [names.RESOURCE_LINK_REQUEST, *(kind for kind in WHERE_OFFERED if kind in offered)]
    return [_message(tool, configuration, kind, offered.get(kind, ())) for kind in wanted]


def _message(tool: Tool, configuration: PlatformConfiguration, kind: str, offered: Iterable[str]) -> dict:
    message = {
        "type": kind,
        "target_link_uri": tool.launch_url,
        "label": LABEL,
        "label#fr": LABEL_FRENCH,
    }
    product = kind_of(configuration)
    if product == "canvas":
        placements = [place for place, fitting in canvas_places() if fitting == kind and place in offered]
    else:
        placements = [
            place for place in offered if place == "ContentArea" and kind == names.DEEP_LINKING_REQUEST
        ]
    if placements:
        message["placements"] = placements
    if COURSE_NAVIGATION in placements:
        # Trainers show it in their course's navigation when they want it; members of the course see it there.
        message[CANVAS + "course_navigation/default_enabled"] = False
        message[CANVAS + "visibility"] = "members"
    return message
