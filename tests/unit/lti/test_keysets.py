"""The platforms' keys: fetched when missing, once a minute at most, never with a transaction open."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from joserfc.jwk import RSAKey

from lti_tool.errors import LaunchRefused
from lti_tool.extensions import db
from lti_tool.lti import launches
from lti_tool.lti.launches import LaunchState
from lti_tool.transactions import transaction
from tests.unit.lti.simulator import PLATFORM_KEY, TOOL, Reply, data, fresh, json_reply, public, signed

LEARNER = data("lti", "moodle-resource-link-learner")["jwt_payload"]
NEW_KEY = RSAKey.generate_key(2048, {"kid": "platform-key-2", "alg": "RS256"}, private=True)
LAUNCHES = 12


@pytest.fixture
def state(now):
    return LaunchState(1, "nonce", f"{TOOL}/lti/launch", now)


@pytest.fixture
def platform(add_platform, server):
    """A platform whose keys are at the local server, with or without keys known already."""

    def add(**more):
        return add_platform(deployments=("5",), jwks_url=f"{server.url}/keys", **more)

    return add


def token(state, now, key=PLATFORM_KEY):
    return signed(fresh(LEARNER, now.timestamp(), state.nonce), key=key)


def launch(state, now, key=PLATFORM_KEY):
    sent = token(state, now, key)
    launches.fetch_keys_if_missing(sent, state, now, transaction)
    return launches.verify(sent, state, now)


class TestHavingTheKeysOfALaunch:
    def test_fetches_them_the_first_time(self, platform, server, state, now):
        platform(key_set=None, fetched_at=None)
        server.answer = lambda received: json_reply(public(PLATFORM_KEY))

        assert launch(state, now).sub == LEARNER["sub"]
        assert len(server.received) == 1

    def test_asks_nobody_when_they_are_known(self, platform, server, state, now):
        platform()

        launch(state, now)

        assert server.received == []

    def test_has_no_transaction_open_while_it_asks(self, platform, server, state, now):
        platform(key_set=None, fetched_at=None)
        session_of_the_launch, open_during_call = db.session(), []

        def answer(received):
            open_during_call.append(session_of_the_launch.in_transaction())
            return json_reply(public(PLATFORM_KEY))

        server.answer = answer

        launch(state, now)

        assert open_during_call == [False]

    def test_asks_again_once_for_a_new_key(self, platform, server, state, now):
        platform()
        server.answer = lambda received: json_reply(public(PLATFORM_KEY, NEW_KEY))

        assert launch(state, now, NEW_KEY).sub == LEARNER["sub"]
        assert len(server.received) == 1

    def test_asks_at_most_once_a_minute_for_a_key_that_nobody_has(self, platform, server, state, now):
        platform()
        server.answer = lambda received: json_reply(public(PLATFORM_KEY))
        stranger = RSAKey.generate_key(2048, {"kid": "does-not-exist"}, private=True)

        for seconds in (0, 1, 59, 61):
            with pytest.raises(LaunchRefused, match="key-unknown"):
                launch(state, now + timedelta(seconds=seconds), stranger)

        assert len(server.received) == 2

    def test_believes_a_known_key_only_while_the_platform_still_publishes_it(
        self, platform, server, state, now
    ):
        platform(fetched_at=now - timedelta(hours=25))
        server.answer = lambda received: json_reply(public(NEW_KEY))

        with pytest.raises(LaunchRefused, match="key-unknown"):
            launch(state, now)

    def test_goes_on_with_old_keys_when_they_cannot_be_read_again(self, platform, server, state, now):
        platform(fetched_at=now - timedelta(hours=25))
        server.answer = lambda received: Reply(503)

        assert launch(state, now).sub == LEARNER["sub"]

    def test_keeps_no_private_and_no_foreign_member(self, platform, server, state, now):
        platform(key_set=None, fetched_at=None)
        generous = PLATFORM_KEY.as_dict(private=True) | {"x5c": ["a"]}
        server.answer = lambda received: json_reply({"keys": [generous, "junk", {"kty": "RSA"}]})

        launch(state, now)

        stored = db.session.connection().exec_driver_sql("SELECT key_set FROM platform").scalar()
        keys = (stored if isinstance(stored, dict) else json.loads(stored))["keys"]
        assert [key["kid"] for key in keys] == [PLATFORM_KEY.kid]
        assert not {"d", "p", "q", "dp", "dq", "qi", "x5c"}.intersection(*keys)

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(200, b"<html>Log in</html>"),
            Reply(200, b""),
            Reply(200, b"[1]"),
            Reply(200, b'{"keys": []}'),
            Reply(200, b'{"keys": {"kid": "x"}}'),
            Reply(404, b"gone"),
            Reply(500, b"<h1>Broken</h1>"),
            Reply(302, b"", {"Location": "https://elsewhere.example/"}),
            Reply(200, b"[" * 200_000),
            Reply(200, b"x" * 600_000),
        ],
        ids=lambda reply: f"{reply.status} {reply.body[:12]!r}",
    )
    def test_says_that_they_are_unavailable_when_nothing_usable_came(
        self, platform, server, state, now, reply
    ):
        platform(key_set=None, fetched_at=None)
        server.answer = lambda received: reply

        with pytest.raises(LaunchRefused, match="keys-unavailable") as refusal:
            launch(state, now)

        assert refusal.value.status == 502
        assert "<" not in refusal.value.detail

    def test_does_not_lose_good_keys_to_a_page(self, platform, server, state, now):
        platform()
        server.answer = lambda received: Reply(200, b"<html>Maintenance</html>")

        with pytest.raises(LaunchRefused, match="keys-unavailable"):
            launch(state, now, NEW_KEY)

        assert launch(state, now).sub == LEARNER["sub"]

    def test_leaves_a_token_that_cannot_be_read_to_the_checks(self, platform, server, state, now):
        platform(key_set=None)

        launches.fetch_keys_if_missing("not a token", state, now, transaction)

        assert server.received == []

    def test_refuses_to_call_an_address_that_is_not_allowed(self, app, platform, server, state, now):
        platform(key_set=None, fetched_at=None)
        app.extensions["settings"].outbound_allow = ()

        with pytest.raises(LaunchRefused, match="keys-unavailable") as refusal:
            launch(state, now)

        assert "outbound-forbidden" in refusal.value.detail
        assert server.received == []

    def test_is_done_by_one_of_many_first_launches_while_the_others_wait(
        self, app, platform, server, state, now
    ):
        platform(key_set=None, fetched_at=None)
        server.answer = lambda received: json_reply(public(PLATFORM_KEY))
        start = Barrier(LAUNCHES)

        def one(_):
            with app.app_context():
                start.wait()
                try:
                    return launch(state, now).sub
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(LAUNCHES) as pool:
            subs = set(pool.map(one, range(LAUNCHES)))

        assert subs == {LEARNER["sub"]}
        assert len(server.received) == 1
