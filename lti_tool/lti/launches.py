"""The way of a launch, as `blueprints.lti` goes it: open the state, use it up, have the keys, verify.

Four verbs, because three short transactions lie between them (DESIGN part 5).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from lti_tool import settings
from lti_tool.errors import LaunchRefused
from lti_tool.lti import claims as checks
from lti_tool.lti import keysets, names, states, store, tokens
from lti_tool.lti.keysets import Transaction
from lti_tool.lti.launch import Launch
from lti_tool.lti.masking import masked
from lti_tool.lti.reading import launch_from
from lti_tool.lti.states import LaunchState
from lti_tool.lti.texts import clean, identifier

__all__ = ["LaunchState", "fetch_keys_if_missing", "forget_used", "open_state", "use_up", "verify"]


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


def fetch_keys_if_missing(id_token: str, state: LaunchState, now: datetime, transaction: Transaction) -> None:
    """Fetch the platform's key set when it lacks the token's key (once a minute per platform at most).

    A token that cannot be read is left for `verify` to refuse.

    :param transaction: makes the context of one short transaction; none is open during the call.
    :raises LaunchRefused: `keys-unavailable`.
    """
    try:
        key_id = tokens.taken_apart(id_token).key_id
    except LaunchRefused:
        return
    keysets.fetch_if_missing(key_id, state.platform_id, now, transaction)


def verify(id_token: str, state: LaunchState, now: datetime) -> Launch:
    """Checks 2 to 12 of the requirements sheet, 1.4, in their order; one SELECT.

    :raises LaunchRefused: with the code of the check that failed; `facts` carries the masked claims and the
        platform for the launch log.
    """
    try:
        return _checked(id_token, state, now)
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


def _checked(id_token: str, state: LaunchState, now: datetime) -> Launch:
    token = tokens.taken_apart(id_token)
    claims, base_url = token.claims, settings.current().base_url
    found = store.launching_platform(state.platform_id, identifier(claims.get(names.DEPLOYMENT_ID)))
    if found is None:
        raise LaunchRefused("platform-gone", platform_id=None)
    checks.check_registration(claims, found.platform)
    tokens.check_signature(token, found.platform.key_set)
    checks.check_audience(claims, found.platform.client_id)
    checks.check_times(claims, now)
    checks.check_nonce(claims, state.nonce)
    message_type = checks.check_message(claims)
    admission = checks.check_deployment(claims, found)
    checks.check_is_answered(message_type)
    target = checks.check_target(claims, base_url)
    checks.check_person(claims)
    checks.check_place(claims)
    return launch_from(
        claims,
        found.platform,
        admission,
        message_type=message_type,
        target=target,
        login_target=state.target,
    )
