import json
from dataclasses import replace

import pytest

from demo_lms import create_lms
from demo_lms.claims import CLAIM, GRADE_CLAIM, ROSTER_CLAIM
from tests.demo_lms.pretend_tool import ROSTER_SCOPE, SCOPE, claims_in, form_of


@pytest.fixture
def active(lms, registered):
    """The second tool, activated, as the one that activities launch."""
    lms.activate(registered)
    lms.launch_with(registered)
    return lms.registered_tools()[0]


@pytest.fixture
def launched(browser, lms, settings, lms_key):
    """Claims of a launch by whichever tool the LMS launches."""

    def launch(redirect_uri="https://tool.example/launch"):
        request = browser.request_for(browser.begin(), settings, redirect_uri=redirect_uri)
        form = form_of(browser.client.post("/lti/auth", data=request))
        assert form.action == redirect_uri
        return claims_in(form.fields["id_token"], lms_key)

    return launch


def error_in(answer):
    assert answer.status_code == 400
    return json.loads(answer.text)["error"]


class TestAPendingTool:
    def test_is_not_launched(self, browser, lms, registered):
        assert browser.client.get(f"/courses/2/launch?tool={registered}").status_code == 404

        lms.launch_with(registered)
        assert browser.client.get("/courses/2/launch").status_code == 404

    def test_gets_no_token(self, tool, registered):
        tool.client_id = registered

        assert error_in(tool.ask_for_token()) == "invalid_client"

    def test_gets_none_of_what_it_had_when_it_is_pending_again(self, tool, lms, active):
        tool.client_id = active.client_id
        tool.roster("&x=1", accept="*/*")

        lms.change_tool(active.client_id, active=False)

        assert tool.roster().status_code == 401


class TestLaunchingAnotherTool:
    def test_begins_where_that_tool_wants_it(self, browser, active):
        form = form_of(browser.client.get("/courses/2/launch"))

        assert form.action == "https://tool.example/login"
        assert form.fields["client_id"] == active.client_id
        assert form.fields["lti_deployment_id"] == "2"
        assert form.fields["target_link_uri"] == "https://tool.example/launch"

    def test_is_chosen_by_the_address(self, browser, lms, active):
        lms.launch_with(None)

        assert browser.begin()["client_id"] == "community-value-demo"
        assert browser.begin(tool=active.client_id)["client_id"] == active.client_id

    def test_names_client_deployment_and_services_of_that_tool(self, launched, active):
        claims = launched()

        assert (claims["aud"], claims[CLAIM + "deployment_id"]) == (active.client_id, "2")
        assert claims[GRADE_CLAIM]["scope"] == [SCOPE + "score"]
        assert claims[GRADE_CLAIM]["lineitems"].endswith("type_id=2")
        assert claims[ROSTER_CLAIM]["context_memberships_url"].endswith("type_id=2")

    def test_shares_what_the_tool_asked_for(self, launched, active, lms):
        assert {"name", "email"} & set(launched()) == {"name"}

        lms.change_tool(active.client_id, shares_name=False, shares_email=True)
        assert {"name", "email"} & set(launched()) == {"email"}

    def test_offers_no_service_that_was_not_granted(self, launched, active, lms):
        lms.change_tool(active.client_id, scopes=())

        assert not {GRADE_CLAIM, ROSTER_CLAIM} & set(launched())

    def test_sends_its_custom_parameters_with_what_the_lms_knows(self, launched, active, lms):
        custom = {"course": "$Context.id", "mail": "$Person.email.primary", "else": "$User.image", "x": "1"}
        lms.change_tool(active.client_id, custom=custom)

        assert launched()[CLAIM + "custom"] == {
            "course": "2",
            "mail": None,
            "else": "$User.image",
            "x": "1",
        }

    def test_takes_any_of_its_redirect_uris_and_no_other(self, launched, active, browser, settings):
        launched("https://tool.example/other")

        foreign = browser.request_for(browser.begin(), settings)
        assert browser.client.post("/lti/auth", data=foreign).status_code == 404

    def test_is_refused_to_another_client(self, browser, settings, active):
        request = browser.request_for(
            browser.begin(),
            settings,
            redirect_uri="https://tool.example/launch",
            client_id=settings.client_id,
        )

        form = form_of(browser.client.post("/lti/auth", data=request))

        assert form.fields["error"] == "unauthorized_client"


class TestServicesForAnotherTool:
    def test_read_its_own_key_set(self, tool, active):
        tool.client_id = active.client_id
        tool.token()

        assert tool.fetched == ["https://tool.example/jwks"]

    def test_grant_what_it_registered_for(self, tool, active):
        tool.client_id = active.client_id

        granted = json.loads(tool.ask_for_token(f"{SCOPE}lineitem {SCOPE}score {ROSTER_SCOPE}").text)

        assert granted["scope"].split() == [SCOPE + "score", ROSTER_SCOPE]

    def test_refuse_the_token_of_another_tool(self, tool, active):
        own, tool.client_id = tool.token(ROSTER_SCOPE), active.client_id
        foreign = tool.token(ROSTER_SCOPE)
        address = "/lti/courses/2/memberships?type_id="

        assert tool.call("GET", address + "2", foreign).status_code == 200
        assert tool.call("GET", address + "1", foreign).status_code == 401
        assert tool.call("GET", address + "2", own).status_code == 401

    def test_list_members_as_far_as_shared(self, tool, active):
        tool.client_id = active.client_id
        token = tool.token(ROSTER_SCOPE)

        answer = tool.call("GET", "/lti/courses/2/memberships?type_id=2", token)

        member = answer.get_json(force=True)["members"][-1]
        assert ("name" in member, "email" in member) == (True, False)

    def test_hide_the_columns_of_another_tool(self, tool, lms, active, column):
        lms.change_tool(active.client_id, scopes=(SCOPE + "lineitem", SCOPE + "score"))
        tool.client_id = active.client_id
        token = tool.token()
        accepted = "application/vnd.ims.lis.v2.lineitemcontainer+json"

        listed = tool.call("GET", "/lti/services/2/lineitems?type_id=2", token, accepted)
        foreign = tool.call("DELETE", column.replace("type_id=1", "type_id=2"), token)

        assert (listed.get_json(force=True), foreign.status_code) == ([], 404)
        assert len(lms.lineitems("2")) == 1


class TestToolsOfTheLms:
    def test_begin_with_the_one_of_the_settings(self, lms, settings):
        (first,) = lms.tools.all()

        assert (first.client_id, first.active) == (settings.client_id, True)

    def test_need_not_be_any(self, settings, browser, lms):
        settings.client_id = ""

        assert lms.tools.all() == []
        assert browser.client.get("/courses/2/launch").status_code == 404
        assert browser.client.get("/courses/2/").status_code == 200

    def test_may_change_their_client_id(self, tool, lms, active):
        lms.change_tool(active.client_id, client_id="another")

        assert [one.client_id for one in lms.registered_tools()] == ["another"]

    def test_survive_a_restart(self, settings, tool_key, clock, tmp_path, tool, app):
        kept = replace(settings, state_file=tmp_path / "lms.json")
        first = create_lms(kept)
        tool.client = first.test_client()
        client_id = tool.register(first.lms.invite().token).get_json()["client_id"]
        first.lms.activate(client_id)

        again = create_lms(kept).lms

        assert again.registered_tools() == first.lms.registered_tools()
        assert again.tools.to_launch(client_id).name == "Registered tool"

    @pytest.mark.parametrize("act", ["activate", "change_tool", "invite"])
    def test_are_named_when_they_are_unknown(self, lms, act):
        with pytest.raises(KeyError, match="nobody"):
            getattr(lms, act)("nobody")
