"""What an LMS says of itself: read leniently where LMSs differ, strictly where it lets others in."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.lti import names
from lti_tool.lti.openid_configuration import PLATFORM, MessageOffer, offered_scopes, read
from lti_tool.lti.registration_refusals import CODES, RegistrationRefused

DATA = Path(__file__).resolve().parents[2] / "data"
HOST = "https://moodle.example.edu"
ADDRESS = f"{HOST}/mod/lti/openid-configuration.php"
BLACKBOARD = "https://developer.blackboard.com/api/v1/gateway/openid-configuration"
CANVAS = "https://exampleu.instructure.com/api/lti/security/openid-configuration"
END_POINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")


def recorded(name: str) -> dict:
    return json.loads((DATA / name).read_text(encoding="utf-8"))["body"]


MOODLE = recorded("lti/moodle-openid-configuration.json")


def moodle(**changes) -> dict:
    """Moodle's configuration with members changed; None takes one away."""
    changed = copy.deepcopy(MOODLE) | changes
    return {name: value for name, value in changed.items() if value is not None}


def refusal(content: object, address: str = ADDRESS) -> RegistrationRefused:
    with pytest.raises(RegistrationRefused) as refused:
        read(content, address)
    return refused.value


class TestReading:
    def test_takes_what_moodle_says(self):
        found = read(MOODLE, ADDRESS)
        assert (found.issuer, found.product, found.version) == (HOST, "moodle", "4.4+ (Build: 20240510)")
        assert found.token_url == f"{HOST}/mod/lti/token.php"
        assert found.registration_url == f"{HOST}/mod/lti/openid-registration.php"
        assert found.messages[1] == MessageOffer("LtiDeepLinkingRequest", ("ContentArea",))
        assert found.token_audience is None
        assert found.frame_origins == (HOST,)

    def test_takes_what_the_recorded_moodle_says(self):
        address = "http://localhost:8080/mod/lti/openid-configuration.php"
        found = read(recorded("moodle/openid-configuration.json"), address)
        assert (found.issuer, found.host) == ("http://localhost:8080", "localhost:8080")
        assert set(offered_scopes(found)) == {*names.AGS_SCOPES, names.ROSTER_READ}

    def test_takes_the_issuer_that_all_customers_of_canvas_share(self):
        found = read(recorded("lti/canvas-openid-configuration.json"), CANVAS)
        assert (found.issuer, found.product) == ("https://canvas.instructure.com", "canvas")
        assert "https://*.instructure.com" in found.frame_origins
        assert "https://exampleu.instructure.com" in found.frame_origins

    def test_takes_canvas_s_bare_host_for_no_audience(self):
        assert recorded("lti/canvas-openid-configuration.json")["authorization_server"]
        assert read(recorded("lti/canvas-openid-configuration.json"), CANVAS).token_audience is None

    def test_takes_an_audience_that_is_an_address(self):
        audience = "https://api.brightspace.com/auth/token"
        assert read(moodle(authorization_server=audience), ADDRESS).token_audience == audience

    def test_takes_blackboard_with_its_faults(self):
        found = read(recorded("lti/blackboard-openid-configuration.json"), BLACKBOARD)
        assert found.registration_url.endswith("?registrationToken=00000000-0000-4000-8000-000000000000")
        assert offered_scopes(found) == (names.LINE_ITEM, names.RESULT_READ, names.SCORE, names.GROUPS_READ)

    def test_takes_sakai_s_lists_for_what_they_say_of_services_nothing(self):
        said = {"scopes_supported": ["openid"], "claims_supported": ["iss", "aud"]}
        sakai = {PLATFORM: {"product_family_code": "sakailms.org", "version": "23.1"}}
        found = read(moodle(**said, **sakai), ADDRESS)
        assert (found.scopes, found.claims) == (None, None)
        assert set(offered_scopes(found)) == {*names.AGS_SCOPES, names.ROSTER_READ}
        listing = read(moodle(scopes_supported=["openid", names.SCORE], **sakai), ADDRESS)
        assert offered_scopes(listing) == (names.SCORE,)
        assert offered_scopes(read(moodle(**said), ADDRESS)) == ()

    def test_takes_messages_that_are_plain_strings(self):
        old = {"product_family_code": "moodle", "messages_supported": ["LtiResourceLinkRequest", 5, {}]}
        found = read(moodle(**{PLATFORM: old}), ADDRESS)
        assert found.messages == (MessageOffer("LtiResourceLinkRequest"),)

    def test_takes_lists_written_as_one_string(self):
        found = read(moodle(scopes_supported=f"openid {names.SCORE}"), ADDRESS)
        assert offered_scopes(found) == (names.SCORE,)

    def test_does_without_everything_that_only_informs(self):
        bare = {name: MOODLE[name] for name in ("issuer", *END_POINTS)}
        found = read(bare, ADDRESS)
        assert (found.product, found.version, found.messages) == (None, None, ())
        assert set(offered_scopes(found)) == {*names.AGS_SCOPES, names.ROSTER_READ}

    def test_shows_nothing_of_what_hides_in_a_version(self):
        platform = {"product_family_code": "Moodle\u202e", "version": "4\x00\u202e.4"}
        found = read(moodle(**{PLATFORM: platform}), ADDRESS)
        assert (found.product, found.version) == ("moodle", "4.4")


class TestRefusing:
    @pytest.mark.parametrize("name", ["issuer", *END_POINTS])
    def test_what_is_missing_by_its_name(self, name):
        refused = refusal(moodle(**{name: None}))
        assert (refused.code, refused.words) == ("configuration-incomplete", name)

    @pytest.mark.parametrize("name", END_POINTS)
    @pytest.mark.parametrize(
        "value",
        ["javascript:alert(1)", "/mod/lti/auth.php", "ftp://x.example/", "https://a@b.example/", 7, ["x"], ""]
        + ["https://moodle.example.edu/" + "x" * 1100],
    )
    def test_end_points_that_are_no_web_address(self, name, value):
        assert refusal(moodle(**{name: value})).code == "configuration-incomplete"

    @pytest.mark.parametrize("name", END_POINTS)
    def test_plain_http_on_an_lms_with_https(self, name):
        assert refusal(moodle(**{name: "http://moodle.example.edu/x"})).code == "insecure-address"

    def test_a_configuration_by_plain_http_of_an_lms_with_https(self):
        assert refusal(MOODLE, ADDRESS.replace("https:", "http:")).code == "insecure-address"

    @pytest.mark.parametrize(
        "address",
        ["https://evil.example/c", "https://moodle.example.edu.evil.example/c", "https://example.edu/c"],
    )
    def test_who_speaks_for_another_site(self, address):
        assert refusal(MOODLE, address).code == "issuer-mismatch"

    @pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
    @pytest.mark.parametrize("host", ["evil.example", "eviInstructure.com", "notinstructure.com"])
    def test_who_uses_a_shared_issuer_with_hosts_of_their_own(self, name, host):
        canvas = recorded("lti/canvas-openid-configuration.json")
        assert refusal(canvas | {name: f"https://{host}/x"}, CANVAS).code == "issuer-mismatch"

    @pytest.mark.parametrize(
        "changes",
        [
            {"token_endpoint_auth_methods_supported": ["client_secret_post"]},
            {"token_endpoint_auth_signing_alg_values_supported": ["ES256"]},
            {"id_token_signing_alg_values_supported": ["HS256"]},
            {"response_types_supported": ["code"]},
        ],
    )
    def test_ways_of_signing_that_lti_does_not_have(self, changes):
        assert refusal(moodle(**changes)).code == "method-unsupported"

    @pytest.mark.parametrize("content", [None, [], "x", 5, [MOODLE]])
    def test_what_is_no_object(self, content):
        assert refusal(content).code == "configuration-unreadable"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)


class TestWhateverItSays:
    @given(changes=st.dictionaries(st.sampled_from([*MOODLE, "authorization_server"]), JSON, max_size=4))
    def test_is_read_or_refused_in_words(self, changes):
        try:
            found = read(MOODLE | changes, ADDRESS)
        except RegistrationRefused as refused:
            assert refused.code in CODES
        else:
            urls = (found.auth_url, found.token_url, found.jwks_url, found.registration_url)
            assert all(url.startswith("https://") and len(url) <= 1000 for url in urls)
            assert found.issuer == HOST
