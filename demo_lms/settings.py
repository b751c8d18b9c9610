"""What the demo LMS is told at start."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from joserfc.jwk import RSAKey

from demo_lms.quirks import Quirks

__all__ = ["LmsSettings", "Quirks", "utc_now"]

AUTHORIZATION_PATH = "/lti/auth"
TOKEN_PATH = "/lti/token"
KEY_SET_PATH = "/lti/certs"
REGISTRATION_PATH = "/lti/register"
CONFIGURATION_PATH = "/lti/openid-configuration"


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


@dataclass
class LmsSettings:
    """Addresses and identity of this LMS and of the tool it knows from the start; no trailing slashes."""

    issuer: str = "http://localhost:8081"
    tool_url: str = "http://127.0.0.1:8080"
    client_id: str = "community-value-demo"
    """Client id of the tool known from the start; empty: no tool is, the first one registers itself."""
    deployment_id: str = "1"
    tool_name: str = "Community Value"
    custom: dict[str, str] = field(default_factory=dict)
    """Custom parameters of that tool, variables not yet replaced."""
    product_family_code: str = "demo-lms"
    """Which product this LMS says it is: tests let it play `moodle` or `canvas`."""
    product_version: str = "1"
    messages_supported: tuple[dict[str, Any], ...] = (
        {"type": "LtiResourceLinkRequest"},
        {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea"]},
    )
    """Message types with their placements, as the openid configuration lists them."""
    configuration_changes: dict[str, Any] = field(default_factory=dict)
    """Members of the openid configuration that tests replace; None leaves a member out."""
    state_file: Path | None = None
    """Where gradebook and keys are kept between two starts; None keeps them in memory only."""
    quirks: Quirks = field(default_factory=Quirks)
    fetch: Callable[[str], bytes] | None = None
    """Reads an address of the tool; None reads it over HTTP with a time limit."""
    send: Callable[[str, bytes], int] | None = None
    """Posts a body to an address of the tool and answers the status; None posts it over HTTP."""
    clock: Callable[[], datetime] = utc_now
    """The LMS's own clock, aware, in UTC."""
    signing_key: RSAKey | None = None
    """Private key of the LMS; None takes that of the state file or makes one."""
    time_zone: str = "Europe/Paris"
    """Zone in which pages show times."""
    calls_kept: int = 2000
    """How many of the calls that were received are remembered; what is older is forgotten."""

    @property
    def login_url(self) -> str:
        """Where the tool wants login initiations."""
        return f"{self.tool_url}/lti/login"

    @property
    def launch_url(self) -> str:
        """The only redirect URI of the tool known from the start, and the target of its activities."""
        return f"{self.tool_url}/lti/launch"

    @property
    def tool_key_set_url(self) -> str:
        """Where the tool publishes its keys."""
        return f"{self.tool_url}/lti/jwks.json"

    @property
    def authorization_url(self) -> str:
        """OpenID Connect authorization end point of this LMS."""
        return self.issuer + AUTHORIZATION_PATH

    @property
    def token_url(self) -> str:
        """OAuth 2 token end point of this LMS."""
        return self.issuer + TOKEN_PATH

    @property
    def key_set_url(self) -> str:
        """Where this LMS publishes its keys."""
        return self.issuer + KEY_SET_PATH

    @property
    def registration_url(self) -> str:
        """Where tools register themselves."""
        return self.issuer + REGISTRATION_PATH

    @property
    def configuration_url(self) -> str:
        """Where tools read how this LMS is configured."""
        return self.issuer + CONFIGURATION_PATH
