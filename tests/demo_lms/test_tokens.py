import json

import pytest

from tests.demo_lms.pretend_tool import ALL_SCOPES, CONTAINER, SCOPE, rsa_key


@pytest.fixture(scope="module")
def other_key():
    return rsa_key("tool-key")


def error_in(answer):
    assert answer.status_code == 400
    return json.loads(answer.text)["error"]


class TestAskingForAToken:
    def test_gives_a_bearer_token_for_an_hour(self, tool, app):
        answer = tool.ask_for_token()

        given = json.loads(answer.text)
        assert answer.status_code == 200
        assert (given["token_type"], given["expires_in"], given["scope"]) == ("Bearer", 3600, ALL_SCOPES)
        assert len(given["access_token"]) == 32

    def test_labels_its_answer_html_as_moodle_does(self, tool, lms):
        assert tool.ask_for_token().content_type == "text/html; charset=utf-8"

        lms.quirks.token_labelled_html = False
        assert tool.ask_for_token().mimetype == "application/json"

    def test_accepts_the_issuer_as_audience_and_a_list(self, tool, app, settings):
        for audience in (settings.issuer, [settings.token_url, "https://other.example"]):
            assert tool.ask_for_token(assertion=tool.assertion(aud=audience)).status_code == 200

    def test_drops_scopes_it_does_not_know(self, tool, app):
        answer = tool.ask_for_token(f"{SCOPE}score https://example.org/scope/everything")

        assert json.loads(answer.text)["scope"] == SCOPE + "score"

    def test_reads_the_key_set_of_the_tool_once(self, tool, app, settings):
        tool.token()
        tool.token()

        assert tool.fetched == [settings.tool_key_set_url]

    def test_takes_a_new_key_of_the_tool_at_once(self, tool, app):
        tool.token()
        tool.key = rsa_key("next-key")

        assert tool.ask_for_token().status_code == 200

    def test_takes_a_new_key_that_kept_the_old_name(self, tool, app, other_key):
        tool.token()
        tool.key = other_key

        assert tool.ask_for_token().status_code == 200


class TestRefusingAToken:
    @pytest.mark.parametrize(
        ("fields", "error"),
        [
            ({"grant_type": "password"}, "unsupported_grant_type"),
            ({"client_assertion_type": "something"}, "unsupported_grant_type"),
            ({"client_assertion": "garbage"}, "invalid_request"),
            ({"client_assertion": "a.b.c"}, "invalid_request"),
            ({"client_assertion": ""}, "invalid_request"),
            ({"scope": ""}, "invalid_request"),
            ({"scope": "https://example.org/scope/everything"}, "invalid_scope"),
        ],
    )
    def test_says_what_is_wrong_with_the_form(self, tool, app, fields, error):
        assert error_in(tool.ask_for_token(**fields)) == error

    @pytest.mark.parametrize(
        ("claims", "error"),
        [
            ({"sub": "somebody-else"}, "invalid_client"),
            ({"iss": "somebody-else"}, "invalid_client"),
            ({"aud": "https://elsewhere.example/token"}, "Audience not accepted"),
            ({"aud": [{"not": "a name"}]}, "Audience not accepted"),
            ({"exp": 1}, "Expired token"),
            ({"exp": "tomorrow"}, "Expired token"),
            ({"iat": 4_000_000_000}, "Cannot handle token with iat prior to the present"),
            ({"jti": ""}, "jti must be provided"),
        ],
    )
    def test_says_what_is_wrong_with_a_claim(self, tool, app, claims, error):
        assert error_in(tool.ask_for_token(assertion=tool.assertion(**claims))) == error

    @pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "iat", "jti"])
    def test_wants_every_claim_of_the_security_framework(self, tool, app, name):
        assert error_in(tool.ask_for_token(assertion=tool.assertion(without=(name,))))

    def test_allows_no_second_of_the_future(self, tool, app, clock):
        ahead = int(clock().timestamp()) + 1

        assert "iat" in error_in(tool.ask_for_token(assertion=tool.assertion(iat=ahead)))

    def test_wants_the_key_id_in_the_header(self, tool, app):
        refused = tool.ask_for_token(assertion=tool.assertion(header={"alg": "RS256"}))

        assert "kid must be provided" in error_in(refused)

    def test_refuses_a_key_id_that_the_tool_does_not_publish(self, tool, app):
        header = {"alg": "RS256", "kid": "unpublished"}

        assert '"kid" invalid' in error_in(tool.ask_for_token(assertion=tool.assertion(header=header)))

    def test_refuses_the_signature_of_another_key(self, tool, app, other_key):
        refused = tool.ask_for_token(assertion=tool.assertion(key=other_key))

        assert error_in(refused) == "Signature verification failed"

    def test_refuses_an_assertion_used_before(self, tool, app):
        assertion = tool.assertion()
        tool.ask_for_token(assertion=assertion)

        assert error_in(tool.ask_for_token(assertion=assertion)) == "jti was used before"

    @pytest.mark.parametrize("problem", [OSError("refused"), ValueError("no JSON")])
    def test_answers_a_page_when_the_key_set_cannot_be_read(self, tool, lms, problem):
        def fails(_url):
            raise problem

        lms.tool_keys._fetch = fails

        answer = tool.ask_for_token()

        assert answer.status_code == 404
        assert "<html" in answer.text


class TestUsingAToken:
    def test_ends_when_its_time_is_over(self, tool, app, lms, clock):
        lms.quirks.token_seconds = 60
        token = tool.token()
        address = "/lti/services/2/lineitems?type_id=1"
        assert tool.call("GET", address, token, CONTAINER).status_code == 200

        clock.advance(60)

        assert tool.call("GET", address, token, CONTAINER).status_code == 401

    def test_stays_possible_after_a_later_one_was_given(self, tool, app):
        first = tool.token()
        tool.token()

        assert tool.call("GET", "/lti/services/2/lineitems", first, CONTAINER).status_code == 200

    def test_ends_when_the_lms_forgets_its_tokens(self, tool, lms):
        token = tool.token()
        lms.tokens.forget_all()

        assert tool.call("GET", "/lti/services/2/lineitems", token, CONTAINER).status_code == 401
