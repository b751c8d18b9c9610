"""The platforms' public keys: fetched when they are missing, kept in the database for every process."""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from lti_tool import settings
from lti_tool.errors import LaunchRefused, ServiceProblem
from lti_tool.lti import host_slots, store
from lti_tool.lti.http import outbound_client
from lti_tool.lti.store import KeySet
from lti_tool.lti.tokens import key_in

Transaction = Callable[[], AbstractContextManager[None]]

# An unknown key id may force one fetch a minute; a platform that never answered is asked again sooner.
_BETWEEN_FETCHES = timedelta(seconds=60)
_BETWEEN_FIRST_FETCHES = timedelta(seconds=10)
# A key that the platform withdrew must not be believed for ever.
_TRUSTED_FOR = timedelta(hours=24)
# How long a launch waits for another launch's fetch, in seconds, and how often it looks.
_PATIENCE, _LOOK_EVERY = 6.0, 0.2

_PUBLIC_MEMBERS = ("kty", "kid", "alg", "use", "n", "e")
_MOST_KEYS, _LARGEST_ANSWER = 50, 500_000


def fetch_if_missing(key_id: str, platform_id: int, now: datetime, transaction: Transaction) -> None:
    """Have the key of this id in the database if the platform publishes it; no transaction during HTTP.

    Whoever claims the fetch (once a minute per platform, in the database) does it; others wait for its end.

    :raises LaunchRefused: `keys-unavailable` when the key is not known and the key set could not be read.
    """
    with transaction():
        stored = store.key_set_of(platform_id)
        if stored is None or is_fresh(stored.keys, stored.fetched_at, key_id, now):
            return
        interval = _BETWEEN_FETCHES if stored.keys else _BETWEEN_FIRST_FETCHES
        claimed = store.claim_key_fetch(platform_id, now, interval)
        # Whoever lost the claim to somebody quicker sees here that a fetch is under way.
        stored = stored if claimed else store.key_set_of(platform_id) or stored
    known = key_in(stored.keys, key_id) is not None
    if claimed:
        _fetch(stored, known, now, transaction)
    elif not known and _fetch_is_under_way(stored, now):
        _wait_for_other(stored, transaction)


def is_fresh(keys: dict | None, fetched_at: datetime | None, key_id: str, now: datetime) -> bool:
    """Whether a stored key set holds this key and was read recently enough to be believed."""
    if key_in(keys, key_id) is None or fetched_at is None:
        return False
    return now - fetched_at < _TRUSTED_FOR


def _fetch_is_under_way(stored: KeySet, now: datetime) -> bool:
    if stored.refetch_at is None or now - stored.refetch_at > _BETWEEN_FIRST_FETCHES:
        return False
    return stored.fetched_at is None or stored.fetched_at < stored.refetch_at


def _wait_for_other(stored: KeySet, transaction: Transaction) -> None:
    give_up = time.monotonic() + _PATIENCE
    while time.monotonic() < give_up:
        time.sleep(_LOOK_EVERY)
        with transaction():
            seen = store.key_set_of(stored.platform_id)
        if seen is None or seen.fetched_at != stored.fetched_at:
            return


def _fetch(stored: KeySet, known: bool, now: datetime, transaction: Transaction) -> None:
    limit = settings.current().outbound_per_host
    try:
        with host_slots.held(stored.url, host_slots.INTERACTIVE, limit, lambda: now, transaction):
            keys = _read_key_set(stored.url)
    except ServiceProblem as problem:
        if known:  # a refresh that failed: what we have is still what the platform last said
            return
        detail = f"{problem.code}: {problem.words or stored.url}"
        raise LaunchRefused(
            "keys-unavailable", detail, status=502, platform_id=stored.platform_id
        ) from problem
    with transaction():
        store.keep_key_set(stored.platform_id, keys, now)


def _read_key_set(url: str) -> dict:
    """The public members of the keys found there.

    :raises ServiceProblem: nothing usable came back.
    """
    with outbound_client(connect_timeout=5, read_timeout=10, total_timeout=15) as client:
        answer = client.request(
            "GET", url, headers={"Accept": "application/json"}, size_limit=_LARGEST_ANSWER
        )
    if answer.status != 200:
        raise ServiceProblem("key-set-refused", f"status {answer.status}")
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError) as not_json:
        raise ServiceProblem("key-set-not-json", answer.words) from not_json
    listed = content.get("keys") if isinstance(content, dict) else None
    keys = [_public(key) for key in listed if _has_id(key)] if isinstance(listed, list) else []
    if not keys:
        raise ServiceProblem("key-set-empty", answer.words)
    return {"keys": keys[:_MOST_KEYS]}


def _has_id(key: object) -> bool:
    return isinstance(key, dict) and isinstance(key.get("kid"), str)


def _public(key: dict) -> dict:
    return {member: key[member] for member in _PUBLIC_MEMBERS if isinstance(key.get(member), str)}
