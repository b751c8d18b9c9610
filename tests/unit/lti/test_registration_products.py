"""Our registration as each product wants it, and Canvas's key configuration."""

import dataclasses
import json
from pathlib import Path

import pytest

from lti_tool.lti import names, products
from lti_tool.lti.canvas import developer_key
from lti_tool.lti.openid_configuration import MessageOffer, PlatformConfiguration, read
from lti_tool.lti.products import TOOL_CONFIGURATION, Tool, kind_of, request_body

DATA = Path(__file__).resolve().parents[2] / "data"
TOOL = Tool("https://community.example.org:8443", wants_mail=False)
WITH_MAIL = dataclasses.replace(TOOL, wants_mail=True)
EXTRAS = "https://canvas.instructure.com/lti/"
STATIC = Path(__file__).resolve().parents[3] / "static"


def configuration(name: str, address: str) -> PlatformConfiguration:
    body = json.loads((DATA / "lti" / f"{name}-openid-configuration.json").read_text(encoding="utf-8"))[
        "body"
    ]
    return read(body, address)


MOODLE = configuration("moodle", "https://moodle.example.edu/c")
CANVAS = configuration("canvas", "https://exampleu.instructure.com/c")
BLACKBOARD = configuration("blackboard", "https://developer.blackboard.com/c")
UNKNOWN = dataclasses.replace(MOODLE, product=None, messages=())
BRIGHTSPACE = dataclasses.replace(
    MOODLE, product="desire2learn", token_url="https://auth.brightspace.com/core/connect/token"
)
OTHERS = [dataclasses.replace(UNKNOWN, product=product) for product in ("sakai", "ilias", "schoology")]


def tool_part(body: dict) -> dict:
    return body[TOOL_CONFIGURATION]


def messages(body: dict) -> dict:
    return {message["type"]: message for message in tool_part(body)["messages"]}


class TestEveryBody:
    @pytest.mark.parametrize(
        "there", [MOODLE, CANVAS, BLACKBOARD, BRIGHTSPACE, UNKNOWN, *OTHERS], ids=lambda one: str(one.product)
    )
    def test_has_what_the_standard_requires(self, there):
        body = request_body(TOOL, there)
        assert (body["application_type"], body["response_types"]) == ("web", ["id_token"])
        assert body["grant_types"] == ["implicit", "client_credentials"]
        assert body["token_endpoint_auth_method"] == "private_key_jwt"
        assert body["redirect_uris"] == ["https://community.example.org:8443/lti/launch"]
        assert body["initiate_login_uri"] == "https://community.example.org:8443/lti/login"
        assert body["jwks_uri"] == "https://community.example.org:8443/lti/jwks.json"
        assert tool_part(body)["domain"] == "community.example.org:8443"
        assert tool_part(body)["target_link_uri"] == body["redirect_uris"][0]
        assert body["client_name#fr"]
        assert "contacts" not in body
        assert names.RESOURCE_LINK_REQUEST in messages(body)
        json.dumps(body)

    def test_asks_only_for_what_is_answered(self):
        for there in (MOODLE, CANVAS, BLACKBOARD, UNKNOWN):
            assert set(messages(request_body(TOOL, there))) <= products.ANSWERED
        assert not products.ANSWERED & names.NOT_YET

    def test_asks_only_for_services_that_are_offered(self):
        asked = request_body(TOOL, BLACKBOARD)["scope"].split()
        assert asked == [names.LINE_ITEM, names.RESULT_READ, names.SCORE, names.GROUPS_READ]
        none = dataclasses.replace(MOODLE, scopes=("openid",))
        assert request_body(TOOL, none)["scope"] == ""

    def test_asks_for_mail_addresses_only_when_mail_is_set_up(self):
        assert tool_part(request_body(TOOL, MOODLE))["claims"] == [
            *("iss", "sub", "name", "given_name", "family_name")
        ]
        assert "email" in tool_part(request_body(WITH_MAIL, MOODLE))["claims"]
        without = dataclasses.replace(MOODLE, claims=("sub", "name"))
        assert tool_part(request_body(WITH_MAIL, without))["claims"] == ["iss", "sub", "name"]

    def test_points_to_a_picture_that_is_there(self):
        path = request_body(TOOL, MOODLE)["logo_uri"].removeprefix(TOOL.base_url + "/static/")
        assert (STATIC / path).is_file()

    def test_names_whom_to_write_to_when_there_is_somebody(self):
        told = dataclasses.replace(TOOL, contacts=("help@example.org",))
        assert request_body(told, MOODLE)["contacts"] == ["help@example.org"]


class TestMoodle:
    def test_is_asked_for_activities_and_for_choosing_them(self):
        activity, choice = tool_part(request_body(TOOL, MOODLE))["messages"]
        assert activity["type"] == names.RESOURCE_LINK_REQUEST
        assert "placements" not in activity
        assert choice["type"] == names.DEEP_LINKING_REQUEST
        assert choice["placements"] == ["ContentArea"]
        assert choice["target_link_uri"] == TOOL.launch_url

    def test_is_asked_for_the_groups_of_who_launches_by_a_variable_that_it_knows(self):
        asked = tool_part(request_body(TOOL, MOODLE))["custom_parameters"]
        assert asked == {"user_group_ids": "$Moodle.Person.userGroupIds"}
        known = json.loads((DATA / "moodle" / "openid-configuration.json").read_text(encoding="utf-8"))[
            "body"
        ]
        platform = known["https://purl.imsglobal.org/spec/lti-platform-configuration"]
        assert asked["user_group_ids"].removeprefix("$") in platform["variables"]

    def test_alone_is_asked_for_them(self):
        for there in (CANVAS, BLACKBOARD, BRIGHTSPACE, UNKNOWN, *OTHERS):
            assert "custom_parameters" not in tool_part(request_body(TOOL, there))


class TestCanvas:
    def test_is_given_its_own_members(self):
        part = tool_part(request_body(TOOL, CANVAS))
        assert part[EXTRAS + "privacy_level"] == "name_only"
        assert part[EXTRAS + "tool_id"] == "community-value"
        assert tool_part(request_body(WITH_MAIL, CANVAS))[EXTRAS + "privacy_level"] == "public"
        assert EXTRAS + "tool_id" not in tool_part(request_body(TOOL, MOODLE))

    def test_is_asked_for_places_that_it_lists_with_this_message(self):
        message = messages(request_body(TOOL, CANVAS))[names.RESOURCE_LINK_REQUEST]
        assert message["placements"] == ["course_navigation"]
        choice = messages(request_body(TOOL, CANVAS))[names.DEEP_LINKING_REQUEST]
        assert choice["placements"] == ["link_selection", "assignment_selection"]
        assert EXTRAS + "visibility" not in choice
        assert message[EXTRAS + "course_navigation/default_enabled"] is False
        assert message[EXTRAS + "visibility"] == "members"
        fewer = dataclasses.replace(
            CANVAS, messages=(MessageOffer(names.DEEP_LINKING_REQUEST, ("link_selection",)),)
        )
        told = messages(request_body(TOOL, fewer))
        assert told[names.DEEP_LINKING_REQUEST]["placements"] == ["link_selection"]
        assert "placements" not in told[names.RESOURCE_LINK_REQUEST]
        assert EXTRAS + "visibility" not in told[names.RESOURCE_LINK_REQUEST]

    def test_chooses_content_by_deep_linking(self):
        places = dict(products.canvas_places())
        assert places["course_navigation"] == names.RESOURCE_LINK_REQUEST
        assert places["link_selection"] == places["assignment_selection"] == names.DEEP_LINKING_REQUEST


class TestOthers:
    def test_are_asked_for_reviews_where_they_offer_them(self):
        offers = tuple(MessageOffer(kind, ()) for kind in (names.SUBMISSION_REVIEW_REQUEST, "LtiOther"))
        there = dataclasses.replace(BRIGHTSPACE, messages=offers)
        assert set(messages(request_body(TOOL, there))) == {
            names.RESOURCE_LINK_REQUEST,
            names.SUBMISSION_REVIEW_REQUEST,
        }


class TestQuirks:
    def test_blackboard_has_keys_for_each_client(self):
        found = products.key_set_address(BLACKBOARD, "abc-1")
        assert found == "https://developer.blackboard.com/api/v1/management/applications/abc-1/jwks.json"
        assert products.key_set_address(MOODLE, "abc-1") == MOODLE.jwks_url

    def test_blackboard_cannot_lead_us_to_other_keys_by_a_client_id(self):
        found = products.key_set_address(BLACKBOARD, "../../x?y#z")
        assert found.startswith("https://developer.blackboard.com/api/v1/management/applications/..%2F")
        assert found.endswith("%3Fy%23z/jwks.json")

    def test_brightspace_has_an_audience_of_its_own(self):
        assert products.token_audience(BRIGHTSPACE) == "https://api.brightspace.com/auth/token"
        assert products.token_audience(MOODLE) is None

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            ("moodle", "moodle"),
            ("totara", "other"),
            ("BlackboardLearn".lower(), "blackboard"),
            ("desire2learn", "brightspace"),
            ("ilias", "ilias"),
            ("sakailms.org", "sakai"),
            (None, "other"),
        ],
    )
    def test_products_are_known_by_their_codes(self, code, kind):
        assert kind_of(dataclasses.replace(MOODLE, product=code)) == kind


class TestTheKeyConfiguration:
    def test_has_the_members_of_the_recorded_one(self):
        recorded = json.loads((DATA / "lti/canvas-developer-key-config.json").read_text(encoding="utf-8"))
        expected, ours = recorded["body"], developer_key(TOOL)
        assert set(ours) == set(expected)
        assert set(ours["extensions"][0]) == set(expected["extensions"][0])
        assert set(ours["extensions"][0]["settings"]) == set(expected["extensions"][0]["settings"])
        assert ours["scopes"] == [*expected["scopes"], names.NOTICE_HANDLERS]

    def test_offers_the_course_s_navigation_to_members_when_a_trainer_wants_it(self):
        places = {
            one["placement"]: one for one in developer_key(TOOL)["extensions"][0]["settings"]["placements"]
        }
        assert set(places) == {"course_navigation", "link_selection", "assignment_selection"}
        navigation = places["course_navigation"]
        assert (navigation["default"], navigation["visibility"]) == ("disabled", "members")
        assert {one["message_type"] for one in places.values()} <= products.ANSWERED
