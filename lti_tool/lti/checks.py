"""Trying out a platform's end points, for its health check: key set, token, clock, addresses.

Its services are tried by `service_checks`; what lies behind a failure is named by `check_causes`.

Nothing here is remembered for launches or deliveries; a fresh token is asked for each time.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from lti_tool import settings
from lti_tool.errors import ServiceProblem
from lti_tool.lti import addresses, check_causes, host_slots
from lti_tool.lti.access_tokens import AccessTokens, PlatformAccess, clock_offset_of
from lti_tool.lti.connections import addresses_of
from lti_tool.lti.http import Answer, OutboundClient, outbound_client
from lti_tool.lti.outbound_addresses import AddressRule
from lti_tool.lti.texts import words_of

Transaction = Callable[[], AbstractContextManager[None]]

# Somebody waits for the answer: shorter than what deliveries allow themselves, in seconds.
CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5, 10, 15
_LARGEST_KEY_SET = 500_000
# 2048 bits in base64url; shorter keys are refused at a launch.
_SHORTEST_MODULUS = 342


@dataclass(frozen=True)
class Outcome:
    """What one trial showed: a code, whether all is well, words for people, their clock minus ours (s).

    `cause` is what lies behind it, one of `check_causes.CAUSES`, where that can be told.
    """

    code: str
    ok: bool
    detail: str | None = None
    clock_offset: float | None = None
    cause: str | None = None


def short_client() -> OutboundClient:
    """A client that gives up early; close it at the end."""
    return outbound_client(CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS)


def unsafe_addresses(urls: Iterable[str]) -> list[str]:
    """The addresses among these that are neither https nor of a host that OUTBOUND_ALLOW names."""
    rule = AddressRule.allowing(settings.current().outbound_allow)
    return [url for url in urls if not _is_safe(url, rule)]


def _is_safe(url: str, rule: AddressRule) -> bool:
    parts = addresses.split(url)
    if parts is None:
        return False
    if parts.scheme == "https":
        return True
    try:
        return rule.allows_plain_http(parts.hostname, addresses_of(parts.hostname, parts.port or 80))
    except (OSError, ValueError):  # a name that nobody knows is not one that was allowed
        return False


def try_key_set(
    url: str, client: OutboundClient, now: Callable[[], datetime], transaction: Transaction
) -> Outcome:
    """Read a key set: `keys-found`, `keys-unusable` (no RSA key that we accept), `keys-unreachable`."""
    asked = {"Accept": "application/json"}
    try:
        with _our_turn(url, now, transaction):
            answer = client.request("GET", url, headers=asked, size_limit=_LARGEST_KEY_SET)
    except ServiceProblem as problem:
        return Outcome("keys-unreachable", False, words_with(problem), cause=check_causes.of(problem))
    offset = clock_offset_of(answer)
    if answer.status != 200:
        said = f"{answer.status} {answer.words}".strip()
        return Outcome("keys-unreachable", False, said, offset, check_causes.of_status(answer))
    listed = _keys_in(answer)
    usable = [key["kid"] for key in listed or () if _is_usable(key)]
    if not usable:
        cause = _why_unusable(listed)
        return Outcome("keys-unusable", False, words_of(answer.words) or None, offset, cause)
    return Outcome("keys-found", True, str(len(usable)), offset)


def _keys_in(answer: Answer) -> list | None:
    """The keys of a key set; None when it is none."""
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    listed = content.get("keys") if isinstance(content, dict) else None
    return listed if isinstance(listed, list) else None


def _why_unusable(listed: list | None) -> str:
    if listed is None:
        return check_causes.NO_KEY_SET
    if not listed:
        return check_causes.EMPTY
    of_rsa = [key for key in listed if isinstance(key, dict) and key.get("kty") == "RSA"]
    return check_causes.SHORT if of_rsa and all("kid" in key for key in of_rsa) else check_causes.OTHER_KEYS


def _is_usable(key: object) -> bool:
    if not isinstance(key, dict) or key.get("kty") != "RSA" or not isinstance(key.get("kid"), str):
        return False
    return isinstance(key.get("n"), str) and len(key["n"].rstrip("=")) >= _SHORTEST_MODULUS


def try_token(
    access: PlatformAccess,
    scopes: Sequence[str],
    client: OutboundClient,
    now: Callable[[], datetime],
    transaction: Transaction,
) -> Outcome:
    """Ask for a new token: `token-granted`, `token-refused` (with the LMS's words), `token-unreachable`."""
    tokens = AccessTokens(access, scopes, client, now, transaction)
    try:
        with _our_turn(access.token_url, now, transaction):
            granted = tokens.renewed().scopes
    except ServiceProblem as problem:
        refused = problem.code == "token-refused"
        cause = check_causes.of_token(problem, access) if refused else check_causes.of(problem)
        code = "token-refused" if refused else "token-unreachable"
        return Outcome(code, False, words_with(problem), tokens.clock_offset, cause)
    missing = [short_name(scope) for scope in scopes if scope not in granted]
    if missing:
        return Outcome("token-partial", True, ", ".join(missing), tokens.clock_offset)
    named = ", ".join(sorted(map(short_name, granted)))
    return Outcome("token-granted", True, named, tokens.clock_offset)


def _our_turn(
    url: str, now: Callable[[], datetime], transaction: Transaction
) -> AbstractContextManager[None]:
    """A place at the host of this address while it is called."""
    limit = settings.current().outbound_per_host
    return host_slots.held(url, host_slots.INTERACTIVE, limit, now, transaction)


def short_name(scope: str) -> str:
    """The last part of a scope's address, as administrators know it."""
    return words_of(scope.rpartition("/")[2], 60)


def words_with(problem: ServiceProblem) -> str:
    """A problem's code and the other side's own words, if it gave any."""
    return f"{problem.code}: {problem.words}" if problem.words else problem.code
