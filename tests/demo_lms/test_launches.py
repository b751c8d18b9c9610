import json

import pytest

from demo_lms import create_lms, people
from demo_lms.claims import CLAIM, GRADE_CLAIM, ROSTER_CLAIM
from tests.demo_lms.pretend_tool import claims_in, form_of


@pytest.fixture
def launched(browser, settings, lms_key):
    """Launches once and answers the claims of the token."""

    def launch(course_id="2", window="iframe"):
        request = browser.request_for(browser.begin(course_id, window), settings)
        posted = form_of(browser.client.get("/lti/auth", query_string=request))
        return claims_in(posted.fields["id_token"], lms_key)

    return launch


class TestBeginningALaunch:
    def test_posts_what_moodle_posts_to_the_login_address(self, browser):
        form = form_of(browser.client.get("/courses/2/launch"))

        assert form.action == "http://127.0.0.1:8080/lti/login"
        assert form.fields | {"lti_message_hint": ""} == {
            "iss": "http://localhost:8081",
            "target_link_uri": "http://127.0.0.1:8080/lti/launch",
            "login_hint": "u-ines",
            "lti_message_hint": "",
            "client_id": "community-value-demo",
            "lti_deployment_id": "1",
        }

    def test_sends_a_hint_that_is_json_with_quotes_and_braces(self, browser):
        hint = browser.begin()["lti_message_hint"]

        assert set(json.loads(hint)) == {"cmid", "launchid"}
        assert " " not in hint

    def test_is_not_for_a_course_one_is_not_enrolled_in(self, browser):
        assert browser.client.get("/courses/3/launch").status_code == 404

    def test_is_not_for_a_browser_without_session(self, app):
        assert app.test_client().get("/courses/2/launch").status_code == 404

    def test_may_not_be_cached(self, browser):
        assert browser.client.get("/courses/2/launch").headers["Cache-Control"] == "no-store"


class TestAnsweringTheAuthenticationRequest:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_posts_a_signed_token_with_state_to_the_redirect_uri(self, browser, settings, lms_key, method):
        request = browser.request_for(browser.begin(), settings, state="S-1", nonce="N-1")

        sent = {"query_string": request} if method == "GET" else {"data": request}
        form = form_of(browser.client.open("/lti/auth", method=method, **sent))

        assert form.action == settings.launch_url
        assert form.fields["state"] == "S-1"
        assert claims_in(form.fields["id_token"], lms_key)["nonce"] == "N-1"

    def test_gives_the_state_back_cleaned_as_text(self, browser, settings):
        request = browser.request_for(browser.begin(), settings, state='a<b>&"c d=')

        form = form_of(browser.client.get("/lti/auth", query_string=request))

        assert form.fields["state"] == 'a&"c d='

    def test_takes_a_request_without_prompt(self, browser, settings):
        request = browser.request_for(browser.begin(), settings)
        del request["prompt"]

        assert "id_token" in form_of(browser.client.get("/lti/auth", query_string=request)).fields

    def test_serves_two_launches_of_one_session_in_parallel(self, browser, settings):
        first, second = browser.begin(), browser.begin()

        for initiation in (second, first):
            request = browser.request_for(initiation, settings)
            assert "id_token" in form_of(browser.client.get("/lti/auth", query_string=request)).fields


class TestRefusingTheAuthenticationRequest:
    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"client_id": "somebody-else"}, "unauthorized_client"),
            ({"login_hint": "u-claire"}, "access_denied"),
            ({"response_mode": "query"}, "invalid_request"),
            ({"response_mode": ""}, "invalid_request"),
            ({"prompt": "login"}, "invalid_request"),
        ],
    )
    def test_posts_error_and_state_to_the_tool(self, browser, settings, change, error):
        request = browser.request_for(browser.begin(), settings, **change)

        form = form_of(browser.client.get("/lti/auth", query_string=request))

        assert form.action == settings.launch_url
        assert (form.fields["error"], form.fields["state"]) == (error, "a-state")
        assert "id_token" not in form.fields

    @pytest.mark.parametrize(
        "change",
        [
            {"scope": "openid profile"},
            {"response_type": "code"},
            {"nonce": ""},
            {"lti_message_hint": ""},
            {"lti_message_hint": '{"cmid":6,"launchid":"ltilaunch5_1"}'},
            {"redirect_uri": "http://127.0.0.1:8080/lti/launch?space=77"},
            {"redirect_uri": "https://elsewhere.example/lti/launch"},
        ],
    )
    def test_keeps_what_it_cannot_trust_on_a_page_of_its_own(self, browser, settings, change):
        request = browser.request_for(browser.begin(), settings, **change)

        answer = browser.client.get("/lti/auth", query_string=request)

        assert answer.status_code == 404
        assert "Invalid request" in answer.text
        assert 'id="post"' not in answer.text

    def test_takes_a_hint_once_only(self, browser, settings):
        request = browser.request_for(browser.begin(), settings)
        browser.client.get("/lti/auth", query_string=request)

        assert browser.client.get("/lti/auth", query_string=request).status_code == 404

    def test_takes_a_hint_from_the_browser_that_began_only(self, app, browser, settings):
        request = browser.request_for(browser.begin(), settings)
        other = app.test_client()
        other.post("/person", data={"person": "ines"})

        assert other.get("/lti/auth", query_string=request).status_code == 404

    def test_refuses_when_somebody_else_signed_in_meanwhile(self, browser, settings):
        request = browser.request_for(browser.begin(), settings)
        browser.become("claire")

        form = form_of(browser.client.get("/lti/auth", query_string=request))

        assert form.fields["error"] == "access_denied"


class TestArrivingWithoutTheCookie:
    def test_posts_the_same_fields_again_from_our_own_origin(self, app, browser, settings):
        request = browser.request_for(browser.begin(), settings)

        form = form_of(app.test_client().post("/lti/auth", data=request))

        assert form.action == "/lti/auth"
        assert form.fields == {**request, "repost": "1"}

    def test_then_works_with_the_cookie(self, app, browser, settings):
        request = browser.request_for(browser.begin(), settings)
        again = form_of(app.test_client().post("/lti/auth", data=request)).fields

        assert "id_token" in form_of(browser.client.post("/lti/auth", data=again)).fields

    def test_asks_once_only(self, app, browser, settings):
        request = browser.request_for(browser.begin(), settings)
        stranger = app.test_client()
        again = form_of(stranger.post("/lti/auth", data=request)).fields

        assert stranger.post("/lti/auth", data=again).status_code == 404


class TestTheTokenOfALaunch:
    def test_names_the_registration_and_lives_sixty_seconds(self, launched, clock):
        claims = launched()

        assert claims["iss"] == "http://localhost:8081"
        assert claims["aud"] == "community-value-demo"
        assert claims["iat"] == int(clock().timestamp())
        assert claims["exp"] - claims["iat"] == 60
        assert claims[CLAIM + "deployment_id"] == "1"
        assert claims[CLAIM + "message_type"] == "LtiResourceLinkRequest"
        assert claims[CLAIM + "version"] == "1.3.0"
        assert claims[CLAIM + "target_link_uri"] == "http://127.0.0.1:8080/lti/launch"

    def test_carries_the_key_id_of_the_published_key(self, browser, settings, lms):
        request = browser.request_for(browser.begin(), settings)
        token = form_of(browser.client.get("/lti/auth", query_string=request)).fields["id_token"]
        published = browser.client.get("/lti/certs").get_json()["keys"]

        assert claims_in(token, lms.key.private)
        assert [key["kid"] for key in published] == ["lms-key"]
        assert not {"d", "p", "q"} & set(published[0])

    def test_describes_course_activity_and_person(self, launched):
        claims = launched()

        assert claims[CLAIM + "context"] == {
            "id": "2",
            "label": "MAN-A26",
            "title": "Manager de proximité",
            "type": ["CourseSection"],
        }
        assert claims[CLAIM + "resource_link"]["id"] == "5"
        assert claims[CLAIM + "roles"] == [people.LEARNER]
        assert claims["sub"] == "u-ines"
        assert (claims["name"], claims["email"]) == ("Inès Lefèvre", "ines@example.org")

    @pytest.mark.parametrize("window", ["iframe", "window", "frame"])
    def test_says_where_it_is_shown(self, launched, window):
        shown = launched(window=window)[CLAIM + "launch_presentation"]

        assert shown["document_target"] == window
        assert shown["locale"] == "fr"
        assert shown["return_url"] == "http://localhost:8081/lti/return?course=2"

    def test_speaks_the_language_of_the_course(self, browser, launched):
        browser.become("claire")

        assert launched("3")[CLAIM + "launch_presentation"]["locale"] == "en"

    def test_offers_the_grade_service_with_a_query_in_its_address(self, launched):
        endpoint = launched()[GRADE_CLAIM]

        assert endpoint["lineitems"] == "http://localhost:8081/lti/services/2/lineitems?type_id=1"
        assert len(endpoint["scope"]) == 4
        assert "lineitem" not in endpoint

    def test_names_the_roster_of_the_course(self, launched):
        assert launched()[ROSTER_CLAIM] == {
            "context_memberships_url": "http://localhost:8081/lti/courses/2/memberships?type_id=1",
            "service_versions": ["1.0", "2.0"],
        }

    def test_may_offer_no_roster(self, launched, lms):
        lms.quirks.roster_in_launch = False

        assert ROSTER_CLAIM not in launched()

    @pytest.mark.parametrize("key", ["claire", "marc", "bruno", "helene", "patrick", "testuser", "ruth"])
    def test_gives_everybody_the_roles_of_the_cast(self, browser, launched, lms, key):
        browser.become(key)

        assert launched()[CLAIM + "roles"] == list(lms.people[key].roles["2"])

    def test_names_the_people_a_mentor_accompanies(self, browser, launched):
        browser.become("patrick")

        assert launched()[CLAIM + "role_scope_mentor"] == ["u-julien"]

    def test_leaves_out_what_a_private_account_does_not_share(self, browser, launched):
        browser.become("anonymous")

        assert not {"name", "given_name", "family_name", "email"} & set(launched())


class TestTheColumnNamedInALaunch:
    def test_is_the_own_one_when_the_activity_is_graded(self, launched, own_column):
        assert launched()[GRADE_CLAIM]["lineitem"] == own_column

    def test_is_empty_when_the_only_one_was_made_by_the_tool(self, launched, tool):
        tool.make_column(resourceLinkId="5")

        assert launched()[GRADE_CLAIM]["lineitem"] == ""

    def test_is_absent_when_the_activity_has_two(self, launched, tool, own_column):
        tool.make_column(resourceLinkId="5")

        assert "lineitem" not in launched()[GRADE_CLAIM]

    def test_is_absent_after_the_own_one_was_deleted(self, launched, tool, own_column):
        assert tool.call("DELETE", own_column).status_code == 204

        assert "lineitem" not in launched()[GRADE_CLAIM]


class TestQuirksOfALaunch:
    def test_names_may_be_kept_back(self, lms, launched):
        lms.quirks.send_name = False

        claims = launched()

        assert not {"name", "given_name", "family_name"} & set(claims)
        assert claims["email"] == "ines@example.org"

    def test_addresses_may_be_kept_back(self, lms, launched):
        lms.quirks.send_email = False

        assert "email" not in launched()

    def test_roles_may_be_kept_back(self, lms, launched):
        lms.quirks.send_roles = False

        assert launched()[CLAIM + "roles"] == []

    def test_a_launch_may_come_from_outside_any_course(self, lms, launched):
        lms.quirks.no_context = True

        claims = launched()

        assert CLAIM + "context" not in claims
        assert GRADE_CLAIM not in claims
        assert claims[CLAIM + "resource_link"]["id"] == "5"

    def test_the_key_set_may_fail(self, lms, browser):
        lms.quirks.key_set_fails = True

        assert browser.client.get("/lti/certs").status_code == 503


class TestTheSessionCookie:
    def test_is_lax_over_http_and_fit_for_frames_over_https(self, app, settings):
        overt = app.test_client().get("/").headers["Set-Cookie"]
        settings.issuer = "https://lms.example"
        secure = (
            create_lms(settings).test_client().get("/", base_url="https://lms.example").headers["Set-Cookie"]
        )

        assert "SameSite=Lax" in overt and "Secure" not in overt
        assert "SameSite=None" in secure and "Secure" in secure
        assert "HttpOnly" in overt and "HttpOnly" in secure
