"""What an administrator was shown, put into the confirm form and taken out again: signed and expiring.

So that what was confirmed is what is used. It holds the registration token, which the address of the page
holds as well; it is signed, not hidden, and stored nowhere.
"""

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from lti_tool import settings
from lti_tool.lti.openid_configuration import MessageOffer, PlatformConfiguration
from lti_tool.lti.registration_refusals import RegistrationRefused
from lti_tool.lti.states import CLOCK_LEEWAY

LIFETIME = timedelta(minutes=15)
_LONGEST = 400_000


@dataclass(frozen=True)
class ShownConfiguration:
    """A configuration that came back as it was shown, with the token of the LMS if it gave one."""

    configuration: PlatformConfiguration
    token: str | None


def sealed(invitation_id: int, configuration: PlatformConfiguration, token: str | None, now: datetime) -> str:
    """Sign what is shown, for this invitation."""
    content = {"v": invitation_id, "c": asdict(configuration), "t": token, "i": now.timestamp()}
    return _serializer().dumps(content)


def opened(text: str, invitation_id: int, now: datetime) -> ShownConfiguration:
    """Take it out again.

    :raises RegistrationRefused: `form-forged`, not ours or of another invitation; `form-expired`.
    """
    try:
        content = _serializer().loads(text if len(text) <= _LONGEST else "")
    except BadData as forged:
        raise RegistrationRefused("form-forged", status=403) from forged
    if content["v"] != invitation_id:
        raise RegistrationRefused("form-forged", status=403)
    issued_at = datetime.fromtimestamp(content["i"], UTC)
    if not -CLOCK_LEEWAY <= now - issued_at <= LIFETIME:
        raise RegistrationRefused("form-expired")
    return ShownConfiguration(_configuration_from(content["c"]), content["t"])


def _configuration_from(said: dict) -> PlatformConfiguration:
    """The inverse of `asdict`, whose JSON knows lists and objects only."""
    changed = {name: _tupled(said[name]) for name in ("scopes", "claims")}
    messages = tuple(MessageOffer(one["type"], tuple(one["placements"])) for one in said["messages"])
    return PlatformConfiguration(**said | changed | {"messages": messages})


def _tupled(said: list | None) -> tuple | None:
    return None if said is None else tuple(said)


def _serializer() -> URLSafeSerializer:
    """Our own time of issue is inside the content, so that `now` stays an argument."""
    return URLSafeSerializer(
        settings.current().secret_key,
        salt="lti-registration",
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )
