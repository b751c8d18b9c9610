"""What an LMS sends by itself: signed notices (Platform Notification Service 1.0), each checked on its own.

Not a launch: no browser, no state, nobody's `sub`. What proves it is the platform's signature, a deployment
that is known, and that its id is new, which `services.notices` sees to.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lti_tool import settings
from lti_tool.errors import LaunchRefused, ServiceRefused
from lti_tool.lti import claims as checks
from lti_tool.lti import keysets, names, store, tokens
from lti_tool.lti.access_tokens import PlatformAccess, Transaction
from lti_tool.lti.service_calls import ServiceCalls
from lti_tool.lti.store import LaunchingPlatform
from lti_tool.lti.texts import clean, identifier
from lti_tool.lti.tokens import Token
from lti_tool.models import PlatformState

__all__ = ["ReceivedNotice", "Sender", "fetch_keys_if_missing", "receiver_address", "sender_of", "verify"]

RECEIVER_PATH = "/lti/notices"
MOST_IN_A_BATCH = 50
_LONGEST_TYPE, _MOST_ORIGINS = 100, 200
_MAY_REGISTER = frozenset((names.NOTICE_HANDLERS,))


@dataclass(frozen=True)
class Sender:
    """A token taken apart, and the registration that it says it comes from. Nothing of it is proved yet."""

    token: Token
    platform: LaunchingPlatform


@dataclass(frozen=True)
class ReceivedNotice:
    """A notice that passed every check. Ids are exactly as sent; the contexts are those of a course copy."""

    deployment_key: int
    id: str
    type: str
    context_id: str | None
    origin_context_ids: tuple[str, ...]


def receiver_address() -> str:
    """Where LMSs are to send notices."""
    return settings.current().base_url + RECEIVER_PATH


def sender_of(text: str) -> Sender:
    """Read who says that they send this; two SELECTs, nothing is believed.

    :raises LaunchRefused: `token-missing`, `token-malformed`, `algorithm-forbidden`, `key-id-missing`,
        `notice-sender-unknown`, `platform-suspended`.
    """
    token = tokens.taken_apart(text)
    issuer, client_id = identifier(token.claims.get("iss"), 500), _client_named_in(token.claims)
    known = store.platforms_of(issuer, client_id) if issuer and client_id else ()
    named = identifier(token.claims.get(names.DEPLOYMENT_ID))
    found = store.launching_platform(known[0].id, named) if known else None
    if found is None:
        raise LaunchRefused("notice-sender-unknown", clean(token.claims.get("iss"), 200) or "")
    if found.state is not PlatformState.ACTIVE:
        # Before its keys are asked for: nothing is read from a platform that is paused or removed.
        raise LaunchRefused("platform-suspended", found.issuer)
    return Sender(token, found)


def _client_named_in(claims: dict) -> str | None:
    """The client id it is for: `azp`, else the audience, which may be a list of one."""
    audience = claims.get("aud")
    alone = audience[0] if isinstance(audience, list) and len(audience) == 1 else audience
    return identifier(claims.get("azp", alone))


def fetch_keys_if_missing(sender: Sender, now: datetime, transaction: Transaction) -> bool:
    """Fetch the platform's key set when it lacks the token's key (once a minute per platform at most).

    :returns: whether it was asked for: what is known of the sender has to be read again then.
    :raises LaunchRefused: `keys-unavailable`.
    """
    platform, key_id = sender.platform, sender.token.key_id
    if keysets.is_fresh(platform.key_set, platform.key_set_fetched_at, key_id, now):
        return False
    keysets.fetch_if_missing(key_id, platform.id, now, transaction)
    return True


def verify(sender: Sender, now: datetime) -> ReceivedNotice:
    """Check signature, audience, times, nonce, version, deployment and what a notice must say.

    :raises LaunchRefused: with the code of the check that failed: those of a launch, and `notice-missing`,
        `notice-invalid`, `notice-context-missing`.
    """
    claims, platform = sender.token.claims, sender.platform
    checks.check_registration(claims, platform)
    tokens.check_signature(sender.token, platform.key_set)
    checks.check_audience(claims, platform.client_id)
    checks.check_times(claims, now)
    if identifier(claims.get("nonce")) is None:
        raise LaunchRefused("nonce-missing")
    checks.check_version(claims)
    admission = checks.check_deployment(claims, platform)
    if admission.key is None:
        # Only a launch makes a deployment known: a notice comes where somebody has opened the tool before.
        raise LaunchRefused("deployment-unknown", admission.deployment_id)
    return _read(claims, admission.key)


def _read(claims: dict, deployment_key: int) -> ReceivedNotice:
    if not isinstance(claims.get(names.NOTICE), dict):
        raise LaunchRefused("notice-missing")
    notice_id = checks.member_of(claims, names.NOTICE, "id", identifier)
    kind = checks.member_of(claims, names.NOTICE, "type", lambda said: identifier(said, _LONGEST_TYPE))
    if notice_id is None or kind is None:
        raise LaunchRefused("notice-invalid", "no id" if notice_id is None else "no type")
    if kind != names.CONTEXT_COPY_NOTICE:
        return ReceivedNotice(deployment_key, notice_id, kind, None, ())
    context_id = checks.member_of(claims, names.CONTEXT, "id", identifier)
    origins = _origins(claims.get(names.ORIGIN_CONTEXTS))
    if context_id is None or not origins:
        raise LaunchRefused("notice-context-missing")
    return ReceivedNotice(deployment_key, notice_id, kind, context_id, origins)


def _origins(said: object) -> tuple[str, ...]:
    listed = said[:_MOST_ORIGINS] if isinstance(said, list) else ()
    return tuple(dict.fromkeys(found for found in map(identifier, listed) if found))


class NoticeConnection:
    """Calls to one platform's notification service, with a token of their own.

    :param now: our clock, aware UTC; :param transaction: makes the short transactions of the token cache.
    """

    def __init__(self, access: PlatformAccess, now: Callable[[], datetime], transaction: Transaction) -> None:
        self._calls = ServiceCalls(access, [names.NOTICE_HANDLERS], now, transaction)

    def __enter__(self) -> "NoticeConnection":
        return self

    def __exit__(self, *failure: object) -> None:
        self._calls.close()

    def register(self, service_url: str, notice_type: str, handler: str) -> None:
        """Tell the LMS to send notices of this type to `handler`, in place of what it knew.

        :raises PlatformUnavailable: worth another try. :raises ServiceRefused: final, `notices-gone` when
            there is no such service; else see `ServiceCalls`.
        """
        said = {"notice_type": notice_type, "handler": handler, "max_batch_size": MOST_IN_A_BATCH}
        kind = "application/json"
        try:
            self._calls.call("PUT", service_url, _MAY_REGISTER, accept=kind, content=said, kind=kind)
        except ServiceRefused as refused:
            code = "notices-gone" if refused.code == "line-item-gone" else refused.code
            raise ServiceRefused(code, refused.words, **refused.facts) from refused
