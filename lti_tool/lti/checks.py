"""Trying out a platform's end points, for its health check: key set, token, clock, addresses.

Nothing here is remembered for launches or deliveries; a fresh token is asked for each time.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from lti_tool import settings
from lti_tool.errors import ServiceProblem
from lti_tool.lti import addresses, host_slots
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
    """What one trial showed: a code, whether all is well, words for people, their clock minus ours (s)."""

    code: str
    ok: bool
    detail: str | None = None
    clock_offset: float | None = None


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
    except OSError:  # a name that nobody knows is not one that was allowed
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
        return Outcome("keys-unreachable", False, words_with(problem))
    offset = clock_offset_of(answer)
    if answer.status != 200:
        return Outcome("keys-unreachable", False, f"{answer.status} {answer.words}".strip(), offset)
    usable = [key["kid"] for key in _keys_in(answer) if _is_usable(key)]
    if not usable:
        return Outcome("keys-unusable", False, words_of(answer.words) or None, offset)
    return Outcome("keys-found", True, str(len(usable)), offset)


def _keys_in(answer: Answer) -> list:
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return []
    listed = content.get("keys") if isinstance(content, dict) else None
    return listed if isinstance(listed, list) else []


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
        return Outcome("token-refused" if refused else "token-unreachable", False, words_with(problem))
    missing = [short_name(scope) for scope in scopes if scope not in granted]
    if missing:
        return Outcome("token-partial", True, ", ".join(missing))
    return Outcome("token-granted", True, ", ".join(sorted(map(short_name, granted))))


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
