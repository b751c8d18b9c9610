import pytest

from demo_lms.people import INSTRUCTOR, LEARNER, TEST_USER, VOCABULARY
from tests.demo_lms.pretend_tool import MEMBERS, SCOPE, next_address, subs_in

ASSISTANT = f"{VOCABULARY}/membership/Instructor#TeachingAssistant"


def members(answer):
    return {member["user_id"]: member for member in answer.get_json(force=True)["members"]}


def everybody(tool, answer):
    """Whoever is listed on this page and on all that follow it."""
    found = subs_in(answer)
    while "Link" in answer.headers:
        answer = tool.follow(answer)
        found += subs_in(answer)
    return found


class TestReadingARoster:
    def test_tells_the_course_and_labels_its_answer(self, tool, app):
        answer = tool.roster()

        assert answer.content_type == f"{MEMBERS}; charset=utf-8"
        told = answer.get_json(force=True)
        assert told["id"] == "http://localhost:8081/lti/courses/2/memberships?type_id=1"
        assert told["context"] == {"id": "2", "label": "MAN-A26", "title": "Manager de proximité"}

    def test_tells_a_member_as_moodle_does(self, tool, app):
        assert members(tool.roster())["u-ines"] == {
            "status": "Active",
            "roles": ["Learner"],
            "user_id": "u-ines",
            "lis_person_sourcedid": "",
            "name": "Inès Lefèvre",
            "given_name": "Inès",
            "family_name": "Lefèvre",
            "email": "ines@example.org",
        }

    def test_lists_everybody_at_once_by_family_name(self, tool, app):
        answer = tool.roster(course_id="3")

        assert subs_in(answer) == ["u-bruno", "u-claire", "u-priya", "u-grace", "u-omar", "u-daniel"]
        assert "Link" not in answer.headers

    def test_leaves_out_administrators_who_are_not_enrolled(self, tool, lms):
        assert "u-ruth" not in subs_in(tool.roster())

        lms.enrol("ruth", "2", LEARNER)
        assert "u-ruth" in subs_in(tool.roster())

    def test_lists_a_tutor_as_a_learner_unless_the_lms_is_exact(self, tool, lms):
        assert members(tool.roster())["u-marc"]["roles"] == ["Learner"]

        lms.quirks.tutors_listed_as_learners = False
        assert members(tool.roster())["u-marc"]["roles"] == ["Instructor", ASSISTANT]

    def test_may_tell_roles_as_launches_do(self, tool, lms):
        lms.quirks.short_role_names = False

        assert members(tool.roster())["u-claire"]["roles"] == [INSTRUCTOR]

    def test_keeps_what_is_not_shared_to_itself(self, tool, lms):
        lms.quirks.send_name = lms.quirks.send_email = False

        assert set(members(tool.roster())["u-ines"]) == {
            "status",
            "roles",
            "user_id",
            "lis_person_sourcedid",
        }

    def test_invents_no_name_for_an_account_that_has_none(self, tool, app):
        assert not {"name", "email"} & set(members(tool.roster())["u-7f3a91"])

    def test_lists_the_test_user_only_when_told_to(self, tool, lms):
        assert "u-testuser" not in subs_in(tool.roster())

        lms.quirks.test_user_in_roster = True
        assert TEST_USER in members(tool.roster())["u-testuser"]["roles"]

    def test_shows_the_statuses_it_is_told(self, tool, lms):
        lms.quirks.inactive_members = {"u-ines": "Inactive", "u-awa": "Deleted"}

        told = members(tool.roster())

        assert [told[sub]["status"] for sub in ("u-ines", "u-awa", "u-karim")] == [
            "Inactive",
            "Deleted",
            "Active",
        ]

    def test_adds_the_message_when_asked_for_a_link(self, tool, app):
        (message,) = members(tool.roster("&rlid=5"))["u-ines"]["message"]

        assert message["https://purl.imsglobal.org/spec/lti/claim/message_type"] == "LtiResourceLinkRequest"

    def test_is_written_down(self, tool, lms):
        tool.roster("&limit=4")

        (call,) = lms.roster_requests
        assert (call.word, call.detail, call.status) == ("roster read", "MAN-A26: 4/15", 200)


class TestPeopleWhoComeAndGo:
    def test_are_gone_when_they_left(self, tool, lms):
        lms.leave("ines", "2")

        assert "u-ines" not in subs_in(tool.roster())

    def test_stay_active_when_their_account_is_suspended_as_in_moodle(self, tool, lms, browser):
        lms.suspend("ines")

        assert members(tool.roster())["u-ines"]["status"] == "Active"
        assert browser.client.get("/courses/2/launch").status_code == 404

    def test_may_be_many(self, tool, lms):
        lms.fill_course("3", 200)
        added = lms.fill_course("3", 100)

        assert (added[0].key, added[-1].sub) == ("p-3-201", "u-p-3-300")
        assert len(subs_in(tool.roster(course_id="3"))) == 306


class TestFilteringARoster:
    @pytest.mark.parametrize("role", ["Instructor", INSTRUCTOR.replace("#", "%23")])
    def test_lists_who_holds_a_role(self, tool, app, role):
        assert subs_in(tool.roster(f"&role={role}")) == ["u-claire"]

    def test_forgets_the_role_on_the_next_page_as_moodle_does(self, tool, lms):
        first = tool.roster("&role=Instructor&limit=1")
        lms.enrol("bruno", "2", INSTRUCTOR)
        lms.quirks.roster_drops_filters = False
        kept = tool.roster("&role=Instructor&limit=1")

        assert "Link" not in first.headers
        assert subs_in(tool.follow(kept)) == ["u-claire"]
        lms.quirks.roster_drops_filters = True
        dropped = tool.roster("&role=Instructor&limit=1")
        assert "role=" not in next_address(dropped)

    def test_keeps_the_link(self, tool, app):
        assert next_address(tool.roster("&rlid=5&limit=2")).endswith("&limit=2&from=2&rlid=5")


class TestReadingPageByPage:
    @pytest.mark.parametrize("limit", [1, 4, 14, 15, 16])
    def test_lists_everybody_once(self, tool, app, limit):
        found = everybody(tool, tool.roster(f"&limit={limit}"))

        assert found == subs_in(tool.roster())

    def test_keeps_the_query_of_the_address(self, tool, app):
        following = next_address(tool.roster("&limit=4"))

        assert following == "http://localhost:8081/lti/courses/2/memberships?type_id=1&limit=4&from=4"

    def test_names_no_page_after_a_full_last_one_as_moodle_does(self, tool, lms):
        assert "Link" not in tool.roster("&limit=15").headers

        lms.quirks.roster_last_page_without_link = False
        assert subs_in(tool.follow(tool.roster("&limit=15"))) == []

    def test_may_have_a_size_of_its_own(self, tool, lms):
        lms.quirks.roster_page_size = 6

        assert [len(subs_in(tool.roster(query))) for query in ("", "&limit=50", "&limit=4")] == [6, 6, 4]
        assert everybody(tool, tool.roster()) == everybody(tool, tool.roster("&limit=50"))

    def test_may_name_the_next_page_with_typographic_quotes(self, tool, lms):
        lms.quirks.typographic_links = True

        link = tool.roster("&limit=4").headers["Link"].encode("latin-1").decode()

        assert link.endswith("?type_id=1&amp;limit=4&amp;from=4>; rel=“next”")

    def test_may_name_it_by_a_bookmark_whose_capitals_matter(self, tool, lms):
        lms.quirks.mixed_case_cursor = True

        following = next_address(tool.roster("&limit=4"))

        assert "page=bookmark:WyJBYkMiLCA0XQ" in following
        assert len(everybody(tool, tool.roster("&limit=4"))) == 15
        assert tool.call("GET", following.lower(), accept=MEMBERS).status_code == 400

    def test_may_lead_in_circles(self, tool, lms):
        lms.quirks.roster_repeats_link = True
        second = tool.follow(tool.roster("&limit=4"))

        assert subs_in(tool.follow(second)) == subs_in(tool.roster("&limit=4"))

    def test_may_forget_to_name_it(self, tool, lms):
        lms.quirks.roster_missing_link = True

        answer = tool.roster("&limit=4")

        assert len(subs_in(answer)) == 4
        assert "Link" not in answer.headers

    def test_may_fail_on_one_page(self, tool, lms):
        lms.quirks.roster_fails_on_page, lms.quirks.retry_after = 2, 30
        first = tool.roster("&limit=4")

        second = tool.follow(first)

        assert (second.status_code, second.headers["Retry-After"]) == (503, "30")
        assert subs_in(tool.roster("&limit=4&from=8"))


class TestRefusingARoster:
    @pytest.mark.parametrize("accept", ["application/json", "", "text/html"])
    def test_wants_its_media_type_or_any(self, tool, app, accept):
        answer = tool.roster(accept=accept)

        assert answer.status_code == 400
        assert answer.get_json()["reason"].startswith("No handler found for /lti/courses/2/memberships")
        assert tool.roster(accept="*/*").status_code == 200

    def test_wants_the_scope(self, tool, app):
        token = tool.token(SCOPE + "score")

        answer = tool.call("GET", "/lti/courses/2/memberships?type_id=1", token, MEMBERS)

        assert answer.status_code == 401

    def test_is_not_for_another_tool(self, tool, app):
        tool.roster()

        assert tool.call("GET", "/lti/courses/2/memberships?type_id=7", accept=MEMBERS).status_code == 401

    @pytest.mark.parametrize(
        ("course", "query", "reason"),
        [
            ("99", "", "Not Found: Course 99 doesn't exist"),
            ("2", "&rlid=77", "Not Found: LTI link 77 doesn't exist"),
        ],
    )
    def test_knows_nothing_of_other_courses_and_links(self, tool, app, course, query, reason):
        answer = tool.roster(query, course)

        assert (answer.status_code, answer.get_json()["reason"]) == (404, reason)

    @pytest.mark.parametrize("status", [401, 403])
    def test_may_refuse_whatever_the_token(self, tool, lms, status):
        lms.quirks.roster_scope_refused = status

        assert tool.roster().status_code == status

    def test_fails_with_the_other_services(self, tool, lms):
        tool.roster()
        lms.quirks.down, lms.quirks.retry_after = True, 60
        assert (tool.roster().status_code, tool.roster().headers["Retry-After"]) == (503, "60")

        lms.quirks.down, lms.quirks.answer_html = False, True
        assert (tool.roster().status_code, tool.roster().mimetype) == (200, "text/html")
