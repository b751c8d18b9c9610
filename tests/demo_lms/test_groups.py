import json

import pytest

from demo_lms import Group
from demo_lms.claims import CLAIM
from tests.demo_lms.pretend_tool import ALL_SCOPES, ROSTER_SCOPE, claims_in, form_of, next_address

SCOPE = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
GROUPS_CLAIM = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
GROUPS = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
SETS = "application/vnd.ims.lti-gs.v1.contextgroupsetcontainer+json"
ADDRESS = "http://localhost:8081/lti/courses/2"


@pytest.fixture
def read(app, tool):
    """Ask for the groups of a course, or for something beside them, with the scope for it."""

    def ask(what="groups", accept=GROUPS, course="2", query="", scope=SCOPE):
        address = f"/lti/courses/{course}/{what}?type_id=1{query}"
        return tool.call("GET", address, tool.token(scope), accept)

    return ask


@pytest.fixture
def launched(app, browser, settings, lms):
    def launch(**query):
        request = browser.request_for(browser.begin(**query), settings)
        return claims_in(
            form_of(browser.client.post("/lti/auth", data=request)).fields["id_token"], lms.key.private
        )

    return launch


class TestALaunch:
    def test_names_the_service(self, launched, lms):
        assert launched()[GROUPS_CLAIM] == {
            "scope": [SCOPE],
            "context_groups_url": f"{ADDRESS}/groups?type_id=1",
            "context_group_sets_url": f"{ADDRESS}/groupsets?type_id=1",
            "service_versions": ["1.0"],
        }
        lms.quirks.groups_in_launch = False
        assert GROUPS_CLAIM not in launched()

    def test_says_the_numbers_of_the_person_s_groups_where_it_is_asked_as_moodle(
        self, launched, settings, browser
    ):
        settings.custom = {"mine": "$Moodle.Person.userGroupIds"}
        assert launched()[CLAIM + "custom"] == {"mine": "21"}
        browser.become("nadia")
        assert launched()[CLAIM + "custom"] == {"mine": ""}


class TestTheService:
    def test_lists_groups_with_their_sets(self, read):
        answer = read()
        assert answer.content_type == f"{GROUPS}; charset=utf-8"
        assert json.loads(answer.text) == {
            "id": f"{ADDRESS}/groups?type_id=1",
            "groups": [
                {"id": "21", "name": "Atelier Lyon", "set_ids": ["7"]},
                {"id": "22", "name": "Atelier Nantes", "set_ids": ["7"]},
            ],
        }

    def test_lists_sets(self, read):
        assert json.loads(read("groupsets", SETS).text) == {
            "id": f"{ADDRESS}/groupsets?type_id=1",
            "sets": [{"id": "7", "name": "Ateliers"}],
        }

    def test_tells_what_is_hidden_and_the_set_by_its_older_name(self, read, lms):
        lms.quirks.old_set_id = True
        lms.groups["2"] = [Group("9", "Secret", frozenset(), ("7",), hidden=True)]
        (group,) = json.loads(read().text)["groups"]
        assert group == {"id": "9", "name": "Secret", "set_id": "7", "hidden": True}

    def test_lists_those_of_one_person_when_asked(self, read):
        found = json.loads(read(query="&user_id=u-lea").text)["groups"]
        assert [group["id"] for group in found] == ["22"]

    def test_gives_pages(self, read, tool, lms):
        lms.quirks.groups_page_size = 1
        first = read()
        second = tool.call("GET", next_address(first), tool.token(SCOPE), GROUPS)
        assert [json.loads(page.text)["groups"][0]["id"] for page in (first, second)] == ["21", "22"]
        assert "Link" not in second.headers
        lms.quirks.groups_fail_on_page = 2
        assert tool.call("GET", next_address(first), tool.token(SCOPE), GROUPS).status_code == 503

    def test_answers_what_it_is_told_to(self, read, lms):
        lms.quirks.groups_answer = b"[1"
        assert (read().status_code, read().text) == (200, "[1")

    def test_wants_scope_and_media_type(self, read):
        assert read(scope=ROSTER_SCOPE).status_code == 401
        assert read(accept="*/*").status_code == 400
        assert read("groupsets", GROUPS).status_code == 400
        assert read(course="77").status_code == 404


class TestTheMemberList:
    def test_says_the_groups_of_who_is_in_one_when_asked(self, app, tool, lms):
        def groups(query):
            members = tool.roster(query).get_json(force=True)["members"]
            return {one["user_id"]: one.get("group_enrollments") for one in members}

        told = groups("&groups=true")
        assert (told["u-ines"], told["u-nadia"]) == ([{"group_id": "21"}], None)
        assert not any(groups("").values())
        lms.quirks.groups_in_roster = False
        assert not any(groups("&groups=true").values())

    def test_keeps_the_question_on_its_next_page(self, app, tool):
        assert "groups=true" in next_address(tool.roster("&groups=true&limit=2"))

    def test_may_refuse_the_question(self, app, tool, lms):
        lms.quirks.groups_refuse_the_question = True
        assert tool.roster("&groups=true").status_code == 400
        assert tool.roster().status_code == 200


def test_tokens_of_grades_do_not_read_groups(read):
    assert read(scope=ALL_SCOPES).status_code == 401
