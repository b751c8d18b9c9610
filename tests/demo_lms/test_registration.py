import pytest

from tests.demo_lms.pretend_tool import ROSTER_SCOPE, SCOPE, TOOL_CONFIGURATION

CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"


def refusal(answer):
    """Status and word of a refusal, which Moodle labels text/html."""
    assert answer.content_type == "text/html; charset=utf-8"
    return answer.status_code, answer.text


class TestReadingTheConfiguration:
    def test_names_every_end_point_and_what_is_supported(self, app):
        told = app.test_client().get("/lti/openid-configuration").get_json()

        assert told.pop(CONFIGURATION) | {"variables": []} == {
            "product_family_code": "demo-lms",
            "version": "1",
            "messages_supported": [
                {"type": "LtiResourceLinkRequest"},
                {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea"]},
            ],
            "variables": [],
        }
        assert ROSTER_SCOPE in told.pop("scopes_supported")
        assert told.pop("claims_supported") == ["sub", "iss", "name", "given_name", "family_name", "email"]
        assert told == {
            "issuer": "http://localhost:8081",
            "authorization_endpoint": "http://localhost:8081/lti/auth",
            "token_endpoint": "http://localhost:8081/lti/token",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            "jwks_uri": "http://localhost:8081/lti/certs",
            "registration_endpoint": "http://localhost:8081/lti/register",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public", "pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def test_is_found_where_openid_connect_looks_too(self, app):
        client = app.test_client()

        well_known = client.get("/.well-known/openid-configuration", headers={"Authorization": "Bearer x"})

        assert well_known.get_json() == client.get("/lti/openid-configuration").get_json()

    def test_may_play_another_product(self, app, lms):
        lms.settings.product_family_code, lms.settings.product_version = "moodle", "4.4"
        lms.settings.configuration_changes = {"issuer": "https://elsewhere.example", "jwks_uri": None}

        told = app.test_client().get("/lti/openid-configuration").get_json()

        assert told[CONFIGURATION]["product_family_code"] == "moodle"
        assert (told["issuer"], "jwks_uri" in told) == ("https://elsewhere.example", False)

    def test_may_want_the_token_as_canvas_does(self, app, lms):
        lms.quirks.configuration_needs_token = True
        client, token = app.test_client(), lms.invite().token

        assert client.get("/lti/openid-configuration").status_code == 401
        shown = client.get("/lti/openid-configuration", headers={"Authorization": f"Bearer {token}"})
        assert shown.status_code == 200


class TestRegistering:
    def test_echoes_what_was_said_with_client_deployment_and_scopes(self, tool, lms):
        answer = tool.register(lms.invite().token, contacts=["a@example.org"], **{"client_name#fr": "Outil"})

        told = answer.get_json()
        assert answer.status_code == 200
        assert len(told["client_id"]) == 15
        assert told["scope"].split() == [SCOPE + "score", ROSTER_SCOPE]
        assert (told["contacts"], told["client_name#fr"]) == (["a@example.org"], "Outil")
        assert told[TOOL_CONFIGURATION]["deployment_id"] == "2"
        assert told[TOOL_CONFIGURATION]["claims"] == ["iss", "sub", "name"]

    def test_makes_a_pending_tool(self, tool, lms, registered):
        (made,) = lms.registered_tools()

        assert (made.client_id, made.name, made.active) == (registered, "Registered tool", False)
        assert made.redirect_uris == ("https://tool.example/launch", "https://tool.example/other")
        assert (made.shares_name, made.shares_email) == (True, False)

    def test_counts_deployments(self, tool, lms, registered):
        second = tool.register(lms.invite().token).get_json()

        assert second[TOOL_CONFIGURATION]["deployment_id"] == "3"

    def test_takes_https_and_the_domain_for_the_target_that_is_missing(self, tool, lms):
        tool.register(lms.invite().token, configuration={"target_link_uri": None})

        assert lms.registered_tools()[0].target_link_uri == "https://tool.example"

    def test_may_leave_the_deployment_to_the_launch_as_canvas_does(self, tool, lms):
        lms.quirks.registration_tells_deployment = False

        told = tool.register(lms.invite().token).get_json()

        assert "deployment_id" not in told[TOOL_CONFIGURATION]

    def test_is_written_down_without_the_token(self, tool, lms):
        token = lms.invite().token
        tool.register(token)

        assert [call.detail for call in lms.calls_described("tool registered")] == ["Registered tool"]
        assert token not in repr(lms.requests)


class TestARegistrationToken:
    def test_is_needed(self, tool, app):
        assert refusal(tool.register("")) == (401, "missing_registration_token")

    def test_serves_once(self, tool, lms):
        token = lms.invite().token
        tool.register(token)

        assert refusal(tool.register(token)) == (401, "token_already_used")
        assert len(lms.registered_tools()) == 1

    def test_outlives_a_refusal(self, tool, lms):
        token = lms.invite().token
        tool.register(token, without=("jwks_uri",))

        assert tool.register(token).status_code == 200

    def test_lives_an_hour(self, tool, lms, clock):
        token = lms.invite().token

        clock.advance(3600)

        assert tool.register(token).status_code == 404

    @pytest.mark.parametrize("token", ["garbage", "a.b.c"])
    def test_ends_on_a_page_when_it_is_malformed(self, tool, app, token):
        answer = tool.register(token)

        assert (answer.status_code, "<html" in answer.text) == (404, True)

    def test_is_not_a_launch(self, tool, lms, clock):
        launch = lms.sign({"sub": "u-ines", "exp": int(clock().timestamp()) + 60})

        assert tool.register(launch).status_code == 404

    def test_is_added_to_the_query_of_the_tool_s_address(self, lms):
        address = lms.registration_address("https://tool.example/register?invited=a%26b#top")

        assert address.startswith(
            "https://tool.example/register?invited=a%26b"
            "&openid_configuration=http%3A%2F%2Flocalhost%3A8081%2Flti%2Fopenid-configuration"
            "&registration_token=ey"
        )
        assert "#" not in address


class TestRefusingARegistration:
    @pytest.mark.parametrize(
        "name",
        [
            "response_types",
            "initiate_login_uri",
            "redirect_uris",
            "client_name",
            "jwks_uri",
            "token_endpoint_auth_method",
            TOOL_CONFIGURATION,
        ],
    )
    def test_names_what_is_missing(self, tool, lms, name):
        answer = tool.register(lms.invite().token, without=(name,))

        assert refusal(answer) == (400, f"missing required attribute {name}")

    @pytest.mark.parametrize(
        ("said", "word"),
        [
            ({"response_types": ["code"]}, "invalid_response_types"),
            ({"redirect_uris": "https://tool.example/launch"}, "invalid_redirect_uris"),
            ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uris"),
            ({"token_endpoint_auth_method": "client_secret_basic"}, "invalid_token_endpoint_auth_method"),
            ({"application_type": "native"}, "invalid_application_type"),
            ({"initiate_login_uri": "javascript:alert(1)"}, "missing required attribute initiate_login_uri"),
        ],
    )
    def test_says_what_is_wrong(self, tool, lms, said, word):
        assert refusal(tool.register(lms.invite().token, **said)) == (400, word)
        assert lms.registered_tools() == []

    @pytest.mark.parametrize(
        ("configuration", "word"),
        [
            ({"domain": ""}, "missing_domain"),
            ({"domain": "other.example"}, "domain_targetlinkuri_mismatch"),
            ({"domain": "tool.example:8443"}, "domain_targetlinkuri_mismatch"),
            (
                {"target_link_uri": "https://tool.example:8443/launch"},
                "domain_targetlinkuri_mismatch",
            ),
        ],
    )
    def test_compares_host_and_port_of_domain_and_target(self, tool, lms, configuration, word):
        answer = tool.register(lms.invite().token, configuration=configuration)

        assert refusal(answer) == (400, word)

    def test_overlooks_www(self, tool, lms):
        assert (
            tool.register(lms.invite().token, configuration={"domain": "www.tool.example"}).status_code == 200
        )

    def test_survives_what_is_no_registration(self, tool, lms):
        headers = {"Authorization": f"Bearer {lms.invite().token}"}

        answer = tool.client.post("/lti/register", data="[1]", headers=headers)

        assert refusal(answer) == (400, "missing required attribute response_types")

    def test_may_refuse_every_one(self, tool, lms):
        lms.quirks.registration_refuses = "not_today"

        assert refusal(tool.register(lms.invite().token)) == (400, "not_today")

    def test_may_answer_nonsense(self, tool, lms):
        lms.quirks.registration_answers = b"{"

        answer = tool.register(lms.invite().token)

        assert (answer.status_code, answer.data, lms.registered_tools()) == (200, b"{", [])

    def test_fails_with_the_other_services(self, tool, lms):
        lms.quirks.down = True

        assert tool.register(lms.invite().token).status_code == 503


class TestUpdatingARegistration:
    def test_keeps_client_deployment_and_state(self, tool, lms, registered):
        lms.activate(registered)

        answer = tool.register(lms.invite(registered).token, client_name="Renamed")

        told = answer.get_json()
        assert (told["client_id"], told[TOOL_CONFIGURATION]["deployment_id"]) == (registered, "2")
        (kept,) = lms.registered_tools()
        assert (kept.name, kept.active) == ("Renamed", True)

    def test_serves_once(self, tool, lms, registered):
        token = lms.invite(registered).token
        tool.register(token)

        assert refusal(tool.register(token)) == (401, "token_already_used")

    def test_may_read_what_was_registered_before(self, tool, lms, registered):
        headers = {"Authorization": f"Bearer {lms.invite(registered).token}"}

        told = tool.client.get("/lti/register", headers=headers).get_json()

        assert (told["client_id"], told["client_name"]) == (registered, "Registered tool")

    def test_is_of_a_registered_tool(self, lms):
        with pytest.raises(KeyError, match="nobody"):
            lms.invite("nobody")
