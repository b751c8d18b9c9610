"""The checks of a launch, in their order, each with its own code."""

import base64
import hashlib
import hmac
import json
from contextlib import nullcontext

import pytest

from lti_tool.errors import LaunchRefused
from lti_tool.lti import launches, names
from lti_tool.lti.launches import LaunchState
from lti_tool.models import DeploymentPolicy, PlatformState
from tests.unit.lti.examples import LEARNER, Example
from tests.unit.lti.simulator import CLAIM, OTHER_KEY, PLATFORM_KEY, TOOL, data, fresh, signed

pytestmark = pytest.mark.slow_on_postgresql

NEGATIVE = data("lti", "negative-cases")
EXPECTED = {
    "no_kid": "key-id-missing",
    "wrong_kid": "key-unknown",
    "wrong_key_right_kid": "signature-wrong",
    "alg_none": "algorithm-forbidden",
    "alg_hs256": "algorithm-forbidden",
    "two_parts": "token-malformed",
    "not_lti_jwt": "algorithm-forbidden",
    "version_wrong": "version-wrong",
    "version_missing": "version-missing",
    "message_type_missing": "message-type-missing",
    "message_type_unknown": "message-type-unknown",
    "roles_missing": "roles-missing",
    "roles_not_array": "roles-invalid",
    "deployment_missing": "deployment-missing",
    "deployment_unknown": "deployment-unknown",
    "deployment_too_long": "deployment-invalid",
    "resource_link_missing": "resource-link-missing",
    "resource_link_id_missing": "resource-link-missing",
    "resource_link_id_empty": "resource-link-missing",
    "target_link_uri_missing": "target-missing",
    "target_link_uri_foreign": "target-foreign",
    "target_link_uri_differs_from_login": "target-unknown",
    "sub_empty": "anonymous",
    "sub_missing": "anonymous",
    "sub_not_string": "sub-invalid",
    "sub_too_long": "sub-invalid",
    "iss_unknown": "issuer-mismatch",
    "iss_trailing_slash": "issuer-mismatch",
    "aud_wrong": "audience-mismatch",
    "aud_array_without_us": "audience-mismatch",
    "aud_array_no_azp": "authorized-party-missing",
    "azp_wrong": "authorized-party-wrong",
    "azp_wrong_single_aud": "authorized-party-wrong",
    "exp_past": "expired",
    "exp_missing": "expiry-missing",
    "iat_missing": "issued-at-missing",
    "iat_ancient": "issued-too-long-ago",
    "iat_future_30s": None,
    "iat_future_10min": "issued-in-future",
    "exp_past_30s": None,
    "exp_string": "expiry-missing",
    "nonce_missing": "nonce-missing",
    "nonce_unknown": "nonce-wrong",
    "dl_no_settings": "deep-linking-invalid",
    "dl_no_return_url": "deep-linking-invalid",
    "dl_no_accept_types": "deep-linking-invalid",
    # These are verified; what they lead to is tried in tests/conformance and tests/functional.
    "dl_type_not_accepted": None,
    "dl_learner": None,
}
# Cases that are whole ways through the tool; their own tests stand in this folder under these names.
FLOWS = {
    "nonce_of_other_state": "test_launches",
    "replay_same_token": "test_replay",
    "state_missing": "test_states",
    "state_unknown": "test_states",
    "state_other_browser": "test_states",
    "state_expired": "test_states",
    "platform_error": "test_states",
    "registration_disabled": "test_launches",
    "login_unknown_iss": "test_logins",
    "login_no_login_hint": "test_logins",
    "login_no_client_id_two_registrations": "test_logins",
    "login_foreign_target": "test_logins",
}
TOKEN_CASES = [case for case in NEGATIVE["cases"] if case["id"] not in FLOWS]


SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
OF_DEEP_LINKING = {
    "remove deep_link_return_url": lambda asked: asked.pop("deep_link_return_url"),
    "remove accept_types": lambda asked: asked.pop("accept_types"),
    'accept_types = ["file"]': lambda asked: asked.update(accept_types=["file"]),
}


def plain_part(content: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def token_of_case(case: dict, now: float, nonce: str) -> str:
    """The id_token of one case: a good launch with one thing changed."""
    mutate = case["mutate"]
    base = data("lti", mutate.get("base", NEGATIVE["base"]).removesuffix(".json"))
    claims = fresh(base["jwt_payload"], now, nonce)
    claims |= {name: at_clock(value, now) for name, value in mutate.get("set", {}).items()}
    for name in mutate.get("remove", ()):
        claims.pop(name)
    if SETTINGS in base["jwt_payload"]:
        # The sample has an address of its own for this message; ours is the same for all.
        claims[CLAIM + "target_link_uri"] = LEARNER[CLAIM + "target_link_uri"]
    if mutate.get("flow") in OF_DEEP_LINKING:
        claims[SETTINGS] = dict(claims[SETTINGS])
        OF_DEEP_LINKING[mutate["flow"]](claims[SETTINGS])
    claims = mutate.get("payload_replace", claims)
    header = {"alg": "RS256", "typ": "JWT", "kid": PLATFORM_KEY.kid} | mutate.get("header_set", {})
    header = mutate.get("header_replace", header)
    for name in mutate.get("header_remove", ()):
        header.pop(name)
    if header.get("alg") != "RS256":
        return unusual_token(header, claims)
    token = signed(claims, key=OTHER_KEY if "sign_with" in mutate else PLATFORM_KEY, header=header)
    return token.rpartition(".")[0] if "token" in mutate else token


def unusual_token(header: dict, claims: dict) -> str:
    """A token that no honest library signs: no algorithm, or our public key taken for a shared secret."""
    signing_input = f"{plain_part(header)}.{plain_part(claims)}"
    secret = PLATFORM_KEY.as_pem(private=False)
    signature = hmac.new(secret, signing_input.encode(), hashlib.sha256).digest()
    written = base64.urlsafe_b64encode(signature).decode().rstrip("=") if header.get("alg") == "HS256" else ""
    return f"{signing_input}.{written}"


def at_clock(value: object, now: float) -> object:
    if isinstance(value, str) and value.startswith("@now"):
        return int(now) + int(value.removeprefix("@now") or 0)
    return value


def weak_key() -> dict:
    key = PLATFORM_KEY.as_dict(private=False)
    modulus = base64.urlsafe_b64decode(key["n"] + "==")[:128]
    return key | {"n": base64.urlsafe_b64encode(modulus).decode().rstrip("=")}


class TestVerifyingABadLaunch:
    @pytest.mark.parametrize("case", TOKEN_CASES, ids=lambda case: case["id"])
    def test_is_refused_with_the_code_of_the_check_that_failed(self, case, moodle, state, now):
        token = token_of_case(case, now.timestamp(), state.nonce)
        expected = EXPECTED[case["id"]]
        expectation = pytest.raises(LaunchRefused) if expected else nullcontext()

        with expectation as refusal:
            launches.verify(token, state, now)

        assert expected is None or refusal.value.code == expected

    def test_covers_every_case_of_the_sheet(self):
        assert {case["id"] for case in NEGATIVE["cases"]} == EXPECTED.keys() | FLOWS.keys()

    def test_answers_with_a_client_error_and_masked_claims_for_the_log(self, moodle, state, now):
        claims = fresh(LEARNER, now.timestamp(), "another nonce")

        with pytest.raises(LaunchRefused) as refusal:
            launches.verify(signed(claims), state, now)

        assert refusal.value.status == 400
        assert refusal.value.facts["platform_id"] == moodle
        assert refusal.value.facts["deployment"] == "5"
        assert refusal.value.facts["claims"]["iss"] == "https://moodle.example.edu"
        told = str(refusal.value.facts)
        # Whole words that random letters cannot spell: the claims beside them may hold any.
        assert not [LEARNER[name] for name in ("name", "email") if LEARNER[name] in told]
        assert repr(LEARNER["given_name"]) not in told

    def test_refuses_the_nonce_of_another_login(self, moodle, state, now):
        other = LaunchState(moodle, "the nonce of the other login", state.target, now)
        claims = fresh(LEARNER, now.timestamp(), other.nonce)

        with pytest.raises(LaunchRefused, match="nonce-wrong"):
            launches.verify(signed(claims), state, now)

    def test_refuses_a_platform_that_was_suspended(self, add_platform, state, now):
        add_platform(deployments=("5",), state=PlatformState.SUSPENDED)

        with pytest.raises(LaunchRefused, match="platform-suspended"):
            launches.verify(signed(fresh(LEARNER, now.timestamp(), state.nonce)), state, now)

    def test_refuses_a_platform_that_is_gone(self, app, state, now):
        with pytest.raises(LaunchRefused, match="platform-gone") as refusal:
            launches.verify(signed(fresh(LEARNER, now.timestamp(), state.nonce)), state, now)

        assert refusal.value.facts["platform_id"] is None

    def test_refuses_a_weak_key(self, add_platform, state, now):
        weak = weak_key()
        add_platform(deployments=("5",), key_set={"keys": [weak]})

        with pytest.raises(LaunchRefused, match="key-weak"):
            launches.verify(signed(fresh(LEARNER, now.timestamp(), state.nonce)), state, now)

    @pytest.mark.parametrize(
        "change", [{"alg": "RS512"}, {"use": "enc"}, {"kty": "EC"}, {"n": "not base64!"}]
    )
    def test_refuses_a_key_for_something_else(self, add_platform, state, now, change):
        add_platform(deployments=("5",), key_set={"keys": [PLATFORM_KEY.as_dict(private=False) | change]})

        with pytest.raises(LaunchRefused, match="key-unusable"):
            launches.verify(signed(fresh(LEARNER, now.timestamp(), state.nonce)), state, now)

    def test_says_when_the_platform_s_keys_were_never_had(self, add_platform, state, now):
        add_platform(deployments=("5",), key_set=None)

        with pytest.raises(LaunchRefused, match="keys-unavailable") as refusal:
            launches.verify(signed(fresh(LEARNER, now.timestamp(), state.nonce)), state, now)

        assert refusal.value.status == 502

    @pytest.mark.parametrize(
        "token", ["", "a.b.c", "....", "é.é.é", "x" * 300_000, f"{plain_part({'alg': 'RS256'})}.W10.x"]
    )
    def test_refuses_what_is_not_a_token(self, moodle, state, now, token):
        with pytest.raises(LaunchRefused) as refusal:
            launches.verify(token, state, now)

        assert refusal.value.code in ("token-missing", "token-malformed")

    @pytest.mark.parametrize(
        ("name", "value", "code"),
        [
            ("sub", "é", "sub-invalid"),
            ("sub", "a\x00b", "sub-invalid"),
            ("exp", True, "expiry-missing"),
            ("exp", float("nan"), "expiry-missing"),
            ("exp", float("inf"), "expiry-missing"),
            ("iat", -(10**400), "issued-too-long-ago"),
            ("iat", [1], "issued-at-missing"),
            ("nonce", {"a": 1}, "nonce-missing"),
            ("iss", ["https://moodle.example.edu"], "issuer-mismatch"),
            ("aud", {"a": 1}, "audience-mismatch"),
            ("aud", None, "audience-mismatch"),
            (CLAIM + "version", 1.3, "version-wrong"),
            (CLAIM + "message_type", ["LtiResourceLinkRequest"], "message-type-missing"),
            (CLAIM + "deployment_id", 5, "deployment-invalid"),
            (CLAIM + "deployment_id", "\u0000", "deployment-invalid"),
            (CLAIM + "target_link_uri", f"{TOOL}/admin", "target-unknown"),
            (CLAIM + "target_link_uri", f"{TOOL}/communities/1/%2e%2e/%2e%2e/admin", "target-unknown"),
            (CLAIM + "target_link_uri", f"{TOOL}@evil.example/", "target-foreign"),
            (CLAIM + "target_link_uri", f"{TOOL}:444/", "target-foreign"),
            (CLAIM + "target_link_uri", "http://community.tool.example/", "target-foreign"),
            (CLAIM + "target_link_uri", "javascript:alert(1)", "target-foreign"),
            (CLAIM + "resource_link", "9", "resource-link-missing"),
            (CLAIM + "resource_link", {"id": "x" * 256}, "resource-link-missing"),
            (CLAIM + "context", {"id": "x" * 256}, "context-invalid"),
            (CLAIM + "context", {"id": 7}, "context-invalid"),
        ],
    )
    def test_refuses_values_of_the_wrong_kind(self, moodle, state, now, name, value, code):
        claims = fresh(LEARNER, now.timestamp(), state.nonce) | {name: value}

        with pytest.raises(LaunchRefused) as refusal:
            launches.verify(signed(claims), state, now)

        assert refusal.value.code == code

    @pytest.mark.parametrize("kind", sorted(names.NOT_YET))
    def test_says_that_a_message_is_not_answered_yet(self, add_platform, now, kind):
        payload = data("lti", "moodle-submission-review")["jwt_payload"]
        launch = Example(add_platform, payload | {names.MESSAGE_TYPE: kind}, now)

        with pytest.raises(LaunchRefused, match="message-not-supported-yet"):
            launch.verify()

    def test_says_that_an_anonymous_launch_has_nobody_in_it(self, add_platform, now):
        payload = data("lti", "anonymous-resource-link")["jwt_payload"] | {"aud": "tool-client-1"}

        with pytest.raises(LaunchRefused, match="anonymous") as refusal:
            Example(add_platform, payload, now).verify()

        assert refusal.value.status == 400

    def test_refuses_an_audience_that_nobody_knows_even_when_we_are_the_authorised_party(
        self, add_platform, now
    ):
        payload = data("lti", "anonymous-resource-link")["jwt_payload"] | {"sub": "user-1"}

        with pytest.raises(LaunchRefused, match="audience-extra"):
            Example(add_platform, payload, now).verify()


class TestMeetingANewDeployment:
    def verify(self, state, now, deployment_id="5"):
        claims = fresh(LEARNER, now.timestamp(), state.nonce) | {CLAIM + "deployment_id": deployment_id}
        return launches.verify(signed(claims), state, now)

    def test_accepts_a_known_one(self, add_platform, state, now):
        add_platform(deployments=("4", "5"), policy=DeploymentPolicy.STRICT)

        launch = self.verify(state, now)

        assert (launch.deployment_key, launch.accept_deployment) == (2, False)

    def test_accepts_the_first_one_where_the_first_is_to_be_accepted(self, add_platform, state, now):
        add_platform(policy=DeploymentPolicy.FIRST)

        launch = self.verify(state, now)

        assert (launch.deployment_key, launch.accept_deployment, launch.deployment_id) == (None, True, "5")

    def test_lets_a_further_one_wait(self, add_platform, state, now):
        add_platform(policy=DeploymentPolicy.FIRST, deployments=("4",))

        with pytest.raises(LaunchRefused, match="deployment-waiting") as refusal:
            self.verify(state, now)

        assert refusal.value.facts["deployment_id"] == "5"

    def test_accepts_every_one_where_that_was_decided(self, add_platform, state, now):
        add_platform(policy=DeploymentPolicy.AUTOMATIC, deployments=("4",))

        assert self.verify(state, now).accept_deployment

    @pytest.mark.parametrize("policy", DeploymentPolicy)
    def test_lets_a_waiting_one_wait_whatever_the_policy(self, add_platform, state, now, policy):
        add_platform(policy=policy, waiting=("5",))

        with pytest.raises(LaunchRefused, match="deployment-waiting"):
            self.verify(state, now)

    def test_does_not_take_another_platform_s_deployment_for_its_own(self, add_platform, state, now):
        add_platform(policy=DeploymentPolicy.STRICT, deployments=("4",))
        add_platform("https://other.example", "other", deployments=("5",))

        with pytest.raises(LaunchRefused, match="deployment-unknown"):
            self.verify(state, now)
