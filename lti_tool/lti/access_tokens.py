"""Access tokens for the services of a platform: `client_credentials` with a signed assertion (sheet 3.1).

PyLTI1p3 builds the assertion; how it is sent, how long a token lasts and what a refusal means are ours.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pylti1p3.registration import Registration
from pylti1p3.service_connector import ServiceConnector

from lti_tool.errors import ServiceRefused
from lti_tool.lti import keys
from lti_tool.lti.http import Answer, OutboundClient
from lti_tool.lti.keys import SigningKey
from lti_tool.lti.service_answers import instead_of_data
from lti_tool.lti.texts import identifier
from lti_tool.lti.token_cache import AccessToken, TokenCache, Transaction
from lti_tool.models import Platform

# A token with less time left is not used any more: it is shared, and a batch may begin just before its end.
# Of a short one (some platforms give 60 s) less is spared.
_SPARE, _SHORT_SPARE, _SHORT_LIFE = 60.0, 15.0, 120.0
_USUAL_LIFE, _LONGEST_LIFE = 3600.0, 86_400.0
# Moodle refuses an assertion that is one second ahead of its clock.
_BEFORE_NOW, _ASSERTION_LIFE = 5, 60
_CLOCK_TOLERANCE = 2.0
_FURTHEST_CLOCK = timedelta(days=1)
_LONGEST_TOKEN = 20_000

_CANVAS_HOST = re.compile(r"(?:.*\.)?(?:instructure\.com|canvaslms\.com)")
_CANVAS_TOKEN_PATH = "/login/oauth2/token"


@dataclass(frozen=True)
class PlatformAccess:
    """What calls to a platform need, as plain values: no database session is open while they last.

    `clock_offset` is the platform's clock minus ours, in seconds, as last measured.
    """

    platform_id: int
    issuer: str
    client_id: str
    token_url: str
    token_audience: str | None
    clock_offset: float
    signing_key: SigningKey

    @property
    def is_canvas(self) -> bool:
        """By its hosts, or by the path of its token end point where it is self-hosted under another name."""
        parts = (urlsplit(self.issuer), urlsplit(self.token_url))
        known_host = any(_CANVAS_HOST.fullmatch(part.hostname or "") for part in parts)
        return known_host or parts[1].path == _CANVAS_TOKEN_PATH


def access_to(platform: Platform) -> PlatformAccess:
    """Read what calls to this platform need, our signing key included (one SELECT).

    :raises UnsafeSettings: our key cannot be read, see `keys.signing_key`.
    """
    return PlatformAccess(
        platform_id=platform.id,
        issuer=platform.issuer,
        client_id=platform.client_id,
        token_url=platform.token_url,
        token_audience=platform.token_audience,
        clock_offset=platform.clock_offset or 0.0,
        signing_key=keys.signing_key(),
    )


class AccessTokens:
    """The current token for one set of scopes at one platform: the one that all processes share."""

    def __init__(
        self,
        access: PlatformAccess,
        scopes: Sequence[str],
        client: OutboundClient,
        now: Callable[[], datetime],
        transaction: Transaction,
    ) -> None:
        self._scopes = sorted(set(scopes))
        self._now = now
        self._cache = TokenCache(access.platform_id, scopes, transaction)
        self._connector = _Assertions(access, client, now)
        self._held: AccessToken | None = None

    @property
    def clock_offset(self) -> float | None:
        """The platform's clock minus ours in seconds, by its last answer; None before any."""
        return self._connector.clock_offset_seen

    def known(self) -> AccessToken | None:
        """A token with some time left that some process has; None when it has to be asked for."""
        now = self._now()
        if self._held is None or now >= self._held.good_until:
            self._held = self._cache.token(now)
        return self._held

    def current(self) -> AccessToken:
        """A token with some time left, asked for when no process has one.

        :raises ServiceRefused: `token-refused`, `answer-unreadable`, `outbound-forbidden`.
        :raises PlatformUnavailable: worth another try; `html-answer` for a page instead of a token.
        """
        return self.known() or self.renewed()

    def forget(self) -> None:
        """Drop the token: the platform did not accept it. A newer one of another process stays."""
        self._held = None
        self._cache.forget()

    def renewed(self) -> AccessToken:
        """A new token, asked for whatever any process holds: a health check wants to see one given.

        :raises ServiceRefused: as `current`; :raises PlatformUnavailable: likewise.
        """
        self._held = self._asked_for()
        return self._held

    def _asked_for(self) -> AccessToken:
        answer = self._connector.asked_for(self._scopes)
        life = _seconds(answer.get("expires_in"))
        granted = answer.get("scope")
        scopes = granted.split() if isinstance(granted, str) and granted.strip() else self._scopes
        spare = _SHORT_SPARE if life <= _SHORT_LIFE else _SPARE
        good_until = self._now() + timedelta(seconds=life - spare)
        token = AccessToken(answer["access_token"], good_until, frozenset(scopes))
        self._cache.keep(token)
        return token


def _seconds(expires_in: object) -> float:
    """How long the token lives; an hour when the platform does not say so in a usable way."""
    text = str(expires_in)
    is_number = not isinstance(expires_in, bool) and text.isascii() and text.isdigit()
    return min(float(text[:9]), _LONGEST_LIFE) if is_number else _USUAL_LIFE


class _Assertions(ServiceConnector):
    """The library's token request, dated by the platform's clock and sent by our client."""

    def __init__(self, access: PlatformAccess, client: OutboundClient, now: Callable[[], datetime]) -> None:
        registration = (
            _SignedByUs(access.signing_key.kid)
            .set_issuer(access.issuer)
            .set_client_id(access.client_id)
            .set_auth_token_url(access.token_url)
            .set_auth_audience(access.token_audience or access.token_url)
            # The library asks for PEM and hands it on to PyJWT as it is, which takes a loaded key as well.
            .set_tool_private_key(access.signing_key.private)
        )
        self._post = _TokenPost(client)
        super().__init__(registration, self._post)
        self._clock_offset, self._now, self._dated_until = access.clock_offset, now, 0

    @property
    def clock_offset_seen(self) -> float | None:
        """What the last answer said of their clock."""
        return self._post.clock_offset

    def asked_for(self, scopes: Sequence[str]) -> Mapping[str, object]:
        """The platform's answer to a new request.

        A refusal because of our clock is asked again by theirs; so is one of an assertion that ran out on its
        way, on a machine that slept or was too busy: what is refused for good waits for a person.
        """
        try:
            return self._ask_once(scopes)
        except ServiceRefused:
            seen = self._post.clock_offset
            is_off = seen is not None and abs(seen - self._clock_offset) > _CLOCK_TOLERANCE
            if not is_off and self._theirs() < self._dated_until:
                raise
            self._clock_offset = seen if is_off else self._clock_offset
            return self._ask_once(scopes)

    def _theirs(self) -> float:
        """The time by the platform's clock, as far as we know it."""
        return self._now().timestamp() + self._clock_offset

    def _ask_once(self, scopes: Sequence[str]) -> Mapping[str, object]:
        self._access_tokens.clear()
        self.get_access_token(scopes)
        return self._post.content

    def encode_jwt(self, message: dict, private_key: RSAPrivateKey, headers: dict[str, str]) -> str:
        """Date the assertion a few seconds back on the platform's clock; PyLTI1p3 dates it by ours."""
        issued = int(self._theirs()) - _BEFORE_NOW
        self._dated_until = issued + _BEFORE_NOW + _ASSERTION_LIFE
        dated = message | {"iat": issued, "exp": self._dated_until}
        return super().encode_jwt(dated, private_key, {**headers, "typ": "JWT"})


class _SignedByUs(Registration):
    """A registration whose key id is the one that we publish."""

    def __init__(self, kid: str) -> None:
        self._kid = kid

    def get_kid(self) -> str:
        return self._kid


class _TokenPost:
    """What the library takes for a `requests` session: one POST, by our outbound rules."""

    ok = True

    def __init__(self, client: OutboundClient) -> None:
        self._client = client
        self.content: Mapping[str, object] = {}
        self.clock_offset: float | None = None

    def post(self, url: str, data: Mapping[str, str]) -> "_TokenPost":
        headers = {"Accept": "application/json"}
        answer = self._client.request("POST", url, data=data, headers=headers, repeatable=True)
        self.clock_offset = clock_offset_of(answer)
        if not 200 <= answer.status < 300:
            raise ServiceRefused("token-refused", answer.words, status=answer.status)
        self.content = _token_in(answer)
        return self

    def json(self) -> Mapping[str, object]:
        return self.content


def _token_in(answer: Answer) -> dict:
    """The token, by the content of the answer: Moodle labels it text/html."""
    if answer.is_html:
        raise instead_of_data(answer)
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError) as unreadable:
        raise ServiceRefused("answer-unreadable", answer.words) from unreadable
    token = content.get("access_token") if isinstance(content, dict) else None
    if identifier(token, _LONGEST_TOKEN) is None or not token.isascii():
        raise ServiceRefused("answer-unreadable", "no access token in the answer")
    return content


def clock_offset_of(answer: Answer) -> float | None:
    """Their clock minus ours in seconds by the Date header, which names the second that is running.

    None when there is no such header, or one of another day: no clock that anybody uses is that wrong.
    """
    if answer.date is None or abs(answer.date - answer.at) > _FURTHEST_CLOCK:
        return None
    return (answer.date - answer.at).total_seconds() + 0.5
