"""What the demo LMS is told at start, and the quirks that may be switched while it runs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from joserfc.jwk import RSAKey

AUTHORIZATION_PATH = "/lti/auth"
TOKEN_PATH = "/lti/token"
KEY_SET_PATH = "/lti/certs"


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


@dataclass
class Quirks:
    """Behaviour that differs between LMSs, and faults that tests provoke; every field may change at run time.

    The defaults are those measured on Moodle 4.4.
    """

    strict_timestamps: bool = True
    """Moodle: a score whose whole second is not later than the last write is answered with 409."""
    only_fully_graded_keeps_the_grade: bool = True
    """Moodle: any other gradingProgress empties the grade, even when a value is sent with it."""
    token_seconds: int = 3600
    """Life of a bearer token."""
    token_labelled_html: bool = True
    """Moodle labels the JSON of its token answers text/html."""
    lineitem_in_launch: bool = False
    """The activity is graded: it has a line item of its own, named in the launch."""
    send_name: bool = True
    send_email: bool = True
    send_roles: bool = True
    no_context: bool = False
    """Launch from outside any course: neither context nor grade service is sent."""
    locked_items: bool = False
    """Moodle answers 500 to a score for a locked column."""
    refuse_tokens: bool = False
    """The token end point answers invalid_client whoever asks."""
    down: bool = False
    """Token and grade services answer 503."""
    retry_after: int | None = None
    """Seconds announced in Retry-After while the services are down; None sends no such header."""
    answer_html: bool = False
    """Token and grade services answer 200 with an HTML page, as a maintenance page or a proxy does."""
    slow_seconds: float = 0.0
    """Token and grade services wait so long before they answer."""
    key_set_fails: bool = False
    """The LMS's own key set answers 503."""


@dataclass
class LmsSettings:
    """Addresses and identity of this LMS and of the one tool it launches; no trailing slashes."""

    issuer: str = "http://localhost:8081"
    tool_url: str = "http://127.0.0.1:8080"
    client_id: str = "community-value-demo"
    deployment_id: str = "1"
    state_file: Path | None = None
    """Where gradebook and keys are kept between two starts; None keeps them in memory only."""
    quirks: Quirks = field(default_factory=Quirks)
    fetch: Callable[[str], bytes] | None = None
    """Reads an address of the tool; None reads it over HTTP with a time limit."""
    clock: Callable[[], datetime] = utc_now
    """The LMS's own clock, aware, in UTC."""
    signing_key: RSAKey | None = None
    """Private key of the LMS; None takes that of the state file or makes one."""
    time_zone: str = "Europe/Paris"
    """Zone in which pages show times."""

    @property
    def login_url(self) -> str:
        """Where the tool wants login initiations."""
        return f"{self.tool_url}/lti/login"

    @property
    def launch_url(self) -> str:
        """The tool's only redirect URI and the target of its activities."""
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
