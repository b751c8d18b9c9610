"""The way of a launch, as `blueprints.lti` goes it: open the state, use it up, have the keys, verify.

Four verbs, because three short transactions lie between them (DESIGN part 5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lti_tool import settings
from lti_tool.errors import LaunchRefused
from lti_tool.lti import claims as checks
from lti_tool.lti import deep_linking, keysets, names, states, store, tokens
from lti_tool.lti.keysets import Transaction
from lti_tool.lti.launch import Launch
from lti_tool.lti.masking import masked
from lti_tool.lti.reading import launch_from, return_address
from lti_tool.lti.states import LaunchState
from lti_tool.lti.store import LaunchingPlatform
from lti_tool.lti.texts import clean, identifier
from lti_tool.lti.tokens import Token

__all__ = [
    "Found",
    "LaunchState",
    "fetch_keys_if_missing",
    "forget_used",
    "look_up",
    "open_state",
    "use_up",
    "verify",
]


def open_state(form: Mapping[str, str], browser_secrets: Sequence[str], now: datetime) -> LaunchState:
    """Check 1: the state is ours, fresh, and of this browser. Needs no database.

    :param browser_secrets: the values of the state cookies that came with the request.
    :raises LaunchRefused: `state-missing`, `state-unknown`, `state-expired`, `state-other-browser`,
        `platform-error` (the words of the LMS are in `detail`).
    """
    return states.opened(form, browser_secrets, now)


def use_up(state: LaunchState, now: datetime) -> None:
    """Mark the state's nonce as used; the caller commits before anything else happens.

    :raises LaunchRefused: `launch-replayed` for everyone but the first.
    """
    expires_at = max(state.issued_at, now) + states.LIFETIME + states.CLOCK_LEEWAY
    if not store.use_nonce(state.nonce, expires_at):
        raise LaunchRefused("launch-replayed", platform_id=state.platform_id)


def forget_used(now: datetime) -> int:
    """Delete the used nonces whose states nobody would let in any more; returns how many. For a clock."""
    return store.forget_nonces(now)


@dataclass(frozen=True)
class Found:
    """A token taken apart (None: it cannot be read), and what the database knows of it (None: platform gone).

    Both are looked at once, however many steps need them.
    """

    token: Token | None
    platform: LaunchingPlatform | None


def look_up(id_token: str, state: LaunchState) -> Found:
    """Read what the database knows of a launch: platform, keys, the deployment it names. One SELECT.

    Nothing of the token is believed: it only says what to look for.
    """
    try:
        token = tokens.taken_apart(id_token)
    except LaunchRefused:
        return Found(None, None)
    named = identifier(token.claims.get(names.DEPLOYMENT_ID))
    return Found(token, store.launching_platform(state.platform_id, named))


def fetch_keys_if_missing(
    id_token: str,
    state: LaunchState,
    now: datetime,
    transaction: Transaction,
    found: Found | None = None,
) -> Found | None:
    """Fetch the platform's key set when it lacks the token's key (once a minute per platform at most).

    A token that cannot be read is left for `verify` to refuse.

    :param transaction: makes the context of one short transaction; none is open during the call.
    :param found: what `look_up` said, when it was asked already.
    :returns: what is known now, or None when it has to be looked up again.
    :raises LaunchRefused: `keys-unavailable`.
    """
    found = found or look_up(id_token, state)
    token, platform = found.token, found.platform
    if token is None or platform is None:
        return found
    if keysets.is_fresh(platform.key_set, platform.key_set_fetched_at, token.key_id, now):
        return found
    keysets.fetch_if_missing(token.key_id, state.platform_id, now, transaction)
    return None


def verify(id_token: str, state: LaunchState, now: datetime, found: Found | None = None) -> Launch:
    """Checks 2 to 12 of the requirements sheet, 1.4, in their order.

    :param found: what the database knows, when it has been looked up already; else one SELECT.
    :raises LaunchRefused: with the code of the check that failed; `facts` carries the masked claims and the
        platform for the launch log.
    """
    try:
        return _checked(id_token, state, now, found)
    except LaunchRefused as refusal:
        refusal.facts = _for_the_log(id_token, state) | refusal.facts
        raise


def _for_the_log(id_token: str, state: LaunchState) -> dict:
    said = tokens.unverified_claims(id_token)
    return {
        "platform_id": state.platform_id,
        "issuer": clean(said.get("iss"), 500),
        "client_id": clean(said.get("aud"), 255),
        "deployment": clean(said.get(names.DEPLOYMENT_ID), 255),
        "claims": masked(said),
    }


def _checked(id_token: str, state: LaunchState, now: datetime, known: Found | None) -> Launch:
    known = known or look_up(id_token, state)
    token, found = known.token or tokens.taken_apart(id_token), known.platform
    if found is None:
        raise LaunchRefused("platform-gone", platform_id=None)
    claims = token.claims
    checks.check_registration(claims, found)
    tokens.check_signature(token, found.key_set)
    try:
        return _launch_of(claims, state, now, found)
    except LaunchRefused as refusal:
        if claims.get("nonce") == state.nonce:
            # Signed, and of this very login: whatever else is wrong, it may say where this person came from.
            refusal.facts.setdefault("return_url", return_address(claims))
        raise


def _launch_of(claims: dict, state: LaunchState, now: datetime, found: LaunchingPlatform) -> Launch:
    """Checks 7 to 12, of claims that the platform has signed."""
    base_url = settings.current().base_url
    checks.check_audience(claims, found.client_id)
    checks.check_times(claims, now)
    checks.check_nonce(claims, state.nonce)
    message_type = checks.check_message(claims)
    admission = checks.check_deployment(claims, found)
    checks.check_is_answered(message_type)
    target = checks.check_target(claims, base_url)
    checks.check_person(claims)
    checks.check_message_claims(message_type, claims)
    return launch_from(
        claims,
        found,
        admission,
        message_type=message_type,
        content_request=(
            deep_linking.request_in(claims) if message_type == names.DEEP_LINKING_REQUEST else None
        ),
        target=target,
        login_target=state.target,
    )
