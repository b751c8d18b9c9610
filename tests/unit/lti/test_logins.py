"""The login request: who asks, where the browser goes, and what is refused without any redirect."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import event

from lti_tool.errors import LaunchRefused
from lti_tool.extensions import db
from lti_tool.lti import logins
from lti_tool.lti.states import opened
from lti_tool.models import PlatformState
from tests.unit.lti.simulator import TOOL, data

MOODLE = data("lti", "moodle-login-initiation")["params"]
CANVAS = data("lti", "canvas-login-initiation")["params"]
SECRET = "the browser's cookie"


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query, strict_parsing=True).items()}


class TestBeginningALogin:
    def test_sends_moodle_what_it_expects(self, add_platform, now):
        add_platform()
        expected = data("lti", "auth-request-expected")

        start = logins.begin(MOODLE, SECRET, now)

        sent = query_of(start.auth_url)
        assert start.auth_url.startswith(expected["url"] + "?")
        assert sent.keys() == expected["params"].keys()
        for name in expected["params"].keys() - {"state", "nonce"}:
            assert sent[name] == expected["params"][name]

    def test_accepts_canvas_s_own_parameters(self, add_platform, now):
        add_platform(
            "https://canvas.instructure.com", "10000000000042", auth_url="https://sso.canvaslms.com/a"
        )

        start = logins.begin(CANVAS, SECRET, now)

        assert query_of(start.auth_url)["lti_message_hint"] == CANVAS["lti_message_hint"]
        assert start.target == f"{TOOL}/lti/launch?placement=course_navigation"
        assert start.frame_origins == ("https://canvas.instructure.com", "https://sso.canvaslms.com")

    def test_makes_a_state_that_moodle_cleans_without_harm_and_that_opens_again(self, add_platform, now):
        platform_id = add_platform()

        sent = query_of(logins.begin(MOODLE, SECRET, now).auth_url)

        assert re.fullmatch(r"[A-Za-z0-9._-]+", sent["state"])
        state = opened({"state": sent["state"]}, [SECRET], now)
        assert (state.platform_id, state.nonce, state.issued_at) == (platform_id, sent["nonce"], now)
        assert state.target == MOODLE["target_link_uri"]

    def test_makes_another_nonce_each_time(self, add_platform, now):
        add_platform()

        nonces = {query_of(logins.begin(MOODLE, SECRET, now).auth_url)["nonce"] for _ in range(20)}

        assert len(nonces) == 20
        assert all(len(nonce) >= 32 for nonce in nonces)

    def test_appends_to_an_end_point_that_has_a_query(self, add_platform, now):
        add_platform(auth_url="https://moodle.example.edu/auth?site=2")

        sent = query_of(logins.begin(MOODLE, SECRET, now).auth_url)

        assert (sent["site"], sent["scope"]) == ("2", "openid")

    def test_leaves_out_the_message_hint_that_was_not_sent(self, add_platform, now):
        add_platform()
        params = {name: value for name, value in MOODLE.items() if name != "lti_message_hint"}

        assert "lti_message_hint" not in query_of(logins.begin(params, SECRET, now).auth_url)

    def test_takes_the_launch_address_when_no_target_is_named(self, add_platform, now):
        add_platform()
        params = {name: value for name, value in MOODLE.items() if name != "target_link_uri"}

        assert logins.begin(params, SECRET, now).target == f"{TOOL}/lti/launch"

    def test_finds_the_only_registration_of_an_issuer_without_a_client_id(self, add_platform, now):
        add_platform("https://other.example", "x")
        platform_id = add_platform()

        assert logins.begin(MOODLE | {"client_id": ""}, SECRET, now).platform_id == platform_id

    @pytest.mark.parametrize("name", ["lti_deployment_id", "deployment_id"])
    def test_lets_the_deployment_choose_between_clients(self, add_platform, now, name):
        add_platform(client_id="one", deployments=("1",))
        second = add_platform(client_id="two", deployments=("2",))
        params = {key: MOODLE[key] for key in ("iss", "login_hint")} | {name: "2"}

        assert logins.begin(params, SECRET, now).platform_id == second

    def test_asks_the_database_at_most_twice_and_writes_nothing(self, add_platform, now):
        add_platform(client_id="one", deployments=("1",))
        add_platform(client_id="two", deployments=("2",))
        params = {key: MOODLE[key] for key in ("iss", "login_hint")} | {"lti_deployment_id": "2"}
        statements = []
        event.listen(db.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))

        logins.begin(params, SECRET, now)

        written = [text for text in statements if text.startswith(("INSERT", "UPDATE", "DELETE"))]
        assert written == []
        assert len([text for text in statements if text.startswith("SELECT")]) == 2


class TestRefusingALogin:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"iss": ""}, "login-no-issuer"),
            ({"login_hint": ""}, "login-no-hint"),
            ({"iss": "https://nobody.example"}, "login-unknown-issuer"),
            ({"iss": "https://moodle.example.edu/"}, "login-unknown-issuer"),
            ({"iss": "x" * 5000}, "login-unknown-issuer"),
            ({"iss": "https://moodle.example.edu\x00"}, "login-unknown-issuer"),
            ({"client_id": "someone else"}, "login-unknown-issuer"),
            ({"client_id": "\x00"}, "login-unknown-issuer"),
            ({"target_link_uri": "https://evil.example/"}, "login-foreign-target"),
            ({"target_link_uri": "https://community.tool.example.evil.example/"}, "login-foreign-target"),
            ({"target_link_uri": "//evil.example"}, "login-foreign-target"),
            ({"target_link_uri": f"{TOOL}/{'x' * 5000}"}, "login-foreign-target"),
            ({"lti_message_hint": "x" * 9000}, "login-hint-too-long"),
        ],
    )
    def test_says_which_part_of_it_is_wrong(self, add_platform, now, changes, code):
        add_platform()

        with pytest.raises(LaunchRefused) as refusal:
            logins.begin(MOODLE | changes, SECRET, now)

        assert (refusal.value.code, refusal.value.status) == (code, 400)

    def test_does_not_guess_between_two_clients(self, add_platform, now):
        add_platform(client_id="one")
        add_platform(client_id="two")

        with pytest.raises(LaunchRefused, match="login-ambiguous-client"):
            logins.begin({key: MOODLE[key] for key in ("iss", "login_hint")}, SECRET, now)

    def test_says_that_a_platform_was_suspended(self, add_platform, now):
        add_platform(state=PlatformState.SUSPENDED)

        with pytest.raises(LaunchRefused, match="login-suspended"):
            logins.begin(MOODLE, SECRET, now)

    def test_takes_the_active_one_beside_a_suspended_one(self, add_platform, now):
        add_platform(client_id="old", state=PlatformState.SUSPENDED)
        active = add_platform(client_id="new")

        params = {key: MOODLE[key] for key in ("iss", "login_hint")}
        assert logins.begin(params, SECRET, now).platform_id == active
