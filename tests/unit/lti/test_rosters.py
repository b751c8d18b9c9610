"""Reading a roster from a tiny platform on loopback: every page in its order, whole or not at all."""

import pytest

from lti_tool.errors import PlatformUnavailable, ServiceProblem, ServiceRefused
from lti_tool.lti import rosters
from lti_tool.lti.rosters import RosterConnection
from lti_tool.models import Role
from lti_tool.transactions import transaction
from tests.unit.lti.simulator import Reply, data, json_reply

pytestmark = pytest.mark.slow_on_postgresql

PATH = "/CourseSection/7/bindings/5/memberships"
CONTAINER = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
CANVAS_NEXT = "/api/lti/courses/301/names_and_roles?page=bookmark:WyJBYkMiLDJd&per_page=2"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"


@pytest.fixture
def roster(access, clock, gradebook):
    """A connection, and a platform that answers tokens by itself and rosters by what a test says."""
    with RosterConnection(access, clock, transaction) as lms:
        yield Reading(gradebook, lms)


class Reading:
    def __init__(self, platform, lms) -> None:
        self.platform, self.lms = platform, lms
        self.url = f"{platform.server.url}{PATH}"

    def answers(self, *replies: Reply) -> None:
        self.platform.replies = list(replies)

    def pages(self, query: str = "") -> list[list[str]]:
        """Read everything; return the ids of each page."""
        return [[member.sub for member in page] for page in self.lms.pages(self.url + query)]

    def members(self) -> list:
        return [member for page in self.lms.pages(self.url) for member in page]

    def members_with_groups(self) -> list:
        return [member for page in self.lms.pages(rosters.with_groups(self.url)) for member in page]

    @property
    def asked(self) -> list[str]:
        """The addresses that were asked for."""
        return [call.path for call in self.platform.calls]


def page(*members, following: str | None = None, **container) -> Reply:
    """A page of members (ids, or what is said of them) with the Link header as it is given."""
    listed = [{"user_id": one, "roles": ["Learner"]} if isinstance(one, str) else one for one in members]
    link = {} if following is None else {"Link": following}
    return json_reply({"id": "x", "members": listed} | container, **link)


def example(name: str, **link: str) -> Reply:
    return json_reply(data("lti", name)["body"], **link)


class TestAsking:
    def test_names_the_media_type_and_hints_how_many_at_once(self, roster):
        roster.answers(page("1"))
        roster.pages()
        (call,) = roster.platform.calls
        assert call.headers["Accept"] == CONTAINER
        assert call.path == f"{PATH}?limit=500"

    def test_keeps_the_query_that_the_lms_gave(self, roster):
        roster.answers(page("1"))
        roster.pages("?type_id=5&rlid=a%20b")
        assert roster.asked == [f"{PATH}?type_id=5&rlid=a%20b&limit=500"]

    def test_hints_nothing_where_the_lms_says_how_many(self, roster):
        roster.answers(page("1"))
        roster.pages("?limit=7")
        assert roster.asked == [f"{PATH}?limit=7"]

    def test_for_groups_says_so_once_and_goes_on_as_the_lms_says(self, roster):
        roster.answers(page("1", following='</next?x=1>; rel="next"'), page("2"))
        assert list(roster.lms.pages(rosters.with_groups(f"{roster.url}?type_id=5")))
        assert roster.asked == [f"{PATH}?type_id=5&groups=true&limit=500", "/next?x=1"]

    def test_for_groups_is_given_up_where_the_lms_does_not_understand_it(self, roster):
        roster.answers(Reply(400, b"Unknown parameter"), page("1"))
        assert [one.sub for one in roster.members_with_groups()] == ["1"]
        assert roster.asked[1] == f"{PATH}?limit=500"

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_for_groups_is_not_what_makes_an_lms_refuse_us(self, roster, status):
        roster.answers(Reply(status, b"No"))
        with pytest.raises(ServiceRefused):
            roster.members_with_groups()
        assert all("groups=true" in path for path in roster.asked)

    def test_asks_for_the_scope_of_rosters(self, roster):
        roster.answers(page("1"))
        roster.pages()
        token = next(call for call in roster.platform.server.received if "/token" in call.path)
        assert b"scope%2Fcontextmembership.readonly" in token.body


class TestFollowing:
    def test_reads_the_next_page_however_the_link_is_written(self, roster):
        written = (
            '<{next}>; rel="next"',
            "<{next}>; rel=next",
            "<{next}>; rel=“next”".encode().decode("latin-1"),
            "<{next}>;rel='next'",
            '<{next}>; title="a, b"; rel="next"',
            '</first>; rel="first", <{next}>; rel="next", </last>; rel="last"',
        )
        for link in written:
            following = link.format(next=f"{roster.url}?from=2&amp;limit=2")
            roster.answers(page("1", "2", following=following), page("3"))
            assert roster.pages() == [["1", "2"], ["3"]], link
            assert roster.asked[-1] == f"{PATH}?from=2&limit=2"

    def test_keeps_the_case_of_a_cursor_and_adds_nothing_to_it(self, roster):
        link = f'<{roster.platform.server.url}{CANVAS_NEXT}>; rel="next"'
        roster.answers(example("canvas-nrps-page1", Link=link), page("3"))
        assert [len(one) for one in roster.pages()] == [2, 1]
        assert roster.asked[1] == CANVAS_NEXT

    def test_takes_members_who_come_again_because_a_filter_was_dropped(self, roster):
        roster.answers(page("1", "2", following="<?from=1>; rel=next"), page("2", "3"))
        assert roster.pages() == [["1", "2"], ["2", "3"]]

    def test_ends_without_a_next_link(self, roster):
        roster.answers(page("1", following='</m?since=6>; rel="differences"'))
        assert roster.pages() == [["1"]]

    def test_asks_for_the_next_page_when_the_one_before_was_used(self, roster):
        roster.answers(page("1", following="<?from=1>; rel=next"), page("2"))
        pages = roster.lms.pages(roster.url)
        next(pages)
        assert len(roster.asked) == 1
        assert len(list(pages)) == 1


class TestAnIncompleteList:
    def refused(self, roster) -> ServiceRefused:
        with pytest.raises(ServiceRefused) as problem:
            roster.pages()
        return problem.value

    def test_is_one_that_comes_back_to_a_page(self, roster):
        again = page("1", following=f"<{PATH}?limit=500>; rel=next")
        roster.answers(page("1", following="<?from=1>; rel=next"), again)
        assert self.refused(roster).code == "roster-incomplete"
        assert len(roster.asked) == 2

    def test_is_one_that_does_not_end(self, roster, monkeypatch):
        monkeypatch.setattr(rosters, "MOST_PAGES", 3)
        roster.answers(*(page("1", following=f"<?from={number}>; rel=next") for number in range(9)))
        assert self.refused(roster).code == "roster-incomplete"
        assert len(roster.asked) == 4

    def test_is_one_that_names_too_many_people(self, roster, monkeypatch):
        monkeypatch.setattr(rosters, "MOST_PEOPLE", 3)
        roster.answers(page("1", "2", following="<?from=2>; rel=next"), page("3", "4"))
        assert self.refused(roster).code == "roster-incomplete"

    def test_is_one_that_goes_on_elsewhere_where_our_token_must_not_go(self, roster):
        roster.answers(page("1", following="<https://elsewhere.example/m>; rel=next"))
        assert self.refused(roster).code == "roster-incomplete"
        assert len(roster.asked) == 1

    def test_is_one_with_a_page_that_is_none(self, roster):
        for content in ([], {}, "members", {"members": None}, {"members": {"user_id": "1"}}, 7, None):
            roster.answers(page("1", following="<?from=1>; rel=next"), json_reply(content))
            assert self.refused(roster).code == "roster-incomplete", content

    def test_is_one_with_a_page_that_breaks_off(self, roster):
        roster.answers(page("1", following="<?from=1>; rel=next"), Reply(200, b'{"members": [{"user_'))
        assert self.refused(roster).code == "roster-incomplete"


class TestMembers:
    def test_of_moodle_have_short_roles(self, roster):
        roster.answers(example("moodle-nrps-page1", Link="<?from=2>; rel=next"), example("moodle-nrps-page2"))
        read = {member.sub: (member.name, member.role) for member in roster.members()}
        assert read == {
            "42": ("Ada Teacher", Role.TRAINER),
            "44": ("Nora Noneditor", Role.LEARNER),
            "43": ("Sam Student", Role.LEARNER),
            "2": ("Site Admin", Role.TRAINER),
        }

    def test_of_a_recorded_moodle_are_all_read(self, roster):
        recorded = data("moodle", "nrps_response")["all"]["json"]
        roster.answers(json_reply(recorded))
        assert [one.sub for one in roster.members()] == [one["user_id"] for one in recorded["members"]]

    def test_without_status_are_active_and_without_id_left_out(self, roster):
        roster.answers(example("generic-nrps-statuses"))
        gone = {member.sub: member.gone for member in roster.members()}
        assert gone == {"user-1": False, "user-2": True, "user-3": True}

    def test_have_a_status_in_any_case(self, roster):
        statuses = ("ACTIVE", "inactive", " Deleted ", "?", 3)
        said = [{"user_id": str(one), "roles": [], "status": one} for one in statuses]
        roster.answers(page(*said))
        assert [member.gone for member in roster.members()] == [False, True, True, False, False]

    def test_keep_their_ids_exactly(self, roster):
        roster.answers(page("aB", "Ab ", "  7", {"user_id": 12, "roles": []}))
        assert [member.sub for member in roster.members()] == ["aB", "Ab ", "  7", "12"]

    def test_with_an_unusable_id_are_left_out(self, roster):
        unusable = (None, "", True, 1.5, [], {"id": "1"}, "a\nb", "x" * 256)
        roster.answers(page(*({"user_id": sub, "roles": ["Learner"]} for sub in unusable), "2"))
        assert [member.sub for member in roster.members()] == ["2"]

    def test_that_are_no_object_are_left_out(self, roster):
        roster.answers(json_reply({"members": ["x", None, {"user_id": "2", "roles": "Learner"}]}))
        assert [(member.sub, member.role) for member in roster.members()] == [("2", Role.LEARNER)]

    def test_do_not_include_test_users(self, roster):
        student_view = {"user_id": "9", "roles": ["Learner", TEST_USER]}
        roster.answers(page(student_view, "1"))
        assert [member.sub for member in roster.members()] == ["1"]

    def test_have_clean_names(self, roster):
        said = {"user_id": "1", "roles": [], "name": " A\u202eda \n L. ", "given_name": 3, "family_name": ""}
        roster.answers(page(said))
        (member,) = roster.members()
        assert (member.name, member.given_name, member.family_name) == ("Ada L.", None, None)

    def test_have_no_role_by_what_they_are_elsewhere(self, roster):
        admin = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
        roster.answers(page({"user_id": "1", "roles": [admin, 7, None]}, {"user_id": "2"}))
        assert [(member.role, member.roles) for member in roster.members()] == [
            (Role.OBSERVER, (admin,)),
            (Role.OBSERVER, ()),
        ]


class TestARefusal:
    def test_has_a_name(self, roster):
        too_large = json_reply({"error": "above_response_limit", "explanation": "x"}, 403)
        canvas = json_reply({"errors": {"message": "Tool does not have access to rlid"}}, 400)
        replies = {
            "access-refused": [Reply(401, b"[]"), Reply(403, b"no")],
            "roster-gone": [Reply(404, b"<p>Not found"), Reply(410)],
            "roster-too-large": [too_large],
            "service-refused": [canvas],
        }
        for code, reply in [(code, reply) for code, some in replies.items() for reply in some]:
            roster.answers(reply)
            with pytest.raises(ServiceRefused) as problem:
                roster.pages()
            assert problem.value.code == code

    @pytest.mark.parametrize("reply", [Reply(503), Reply(403, b"Rate Limit Exceeded"), Reply(200, b"<html>")])
    def test_of_the_moment_is_worth_another_try(self, roster, reply):
        roster.answers(page("1", following="<?from=1>; rel=next"), reply)
        with pytest.raises(PlatformUnavailable):
            roster.pages()

    def test_carries_the_words_of_the_lms(self, roster):
        roster.answers(json_reply({"error": "above_response_limit"}, 403))
        with pytest.raises(ServiceProblem) as problem:
            roster.pages()
        assert problem.value.words == "above_response_limit"

    def test_of_the_scope_comes_before_any_call(self, roster):
        roster.platform.token = {"scope": "https://purl.imsglobal.org/spec/lti-ags/scope/score"}
        with pytest.raises(ServiceRefused) as problem:
            roster.pages()
        assert (problem.value.code, roster.asked) == ("scope-missing", [])


class TestGroupsOfAMember:
    @pytest.mark.parametrize(
        ("said", "read"),
        [
            ([{"group_id": "g1"}, {"group_id": 22}, {"group_id": "g1"}], ("g1", "22")),
            ([], ()),
            ([{"group_id": None}, {"group_id": True}, {}, "g1", None, {"group_id": "g\x00"}], ()),
            (None, None),
            ("g1", None),
            ({"group_id": "g1"}, None),
        ],
    )
    def test_are_read_from_their_line(self, roster, said, read):
        roster.answers(page({"user_id": "1", "roles": ["Learner"], "group_enrollments": said}))
        (member,) = roster.members()
        assert member.group_ids == read

    def test_are_not_told_by_a_line_that_says_nothing_of_them(self, roster):
        roster.answers(page("1"))
        assert roster.members()[0].group_ids is None

    def test_are_none_where_others_on_the_page_have_some(self, roster):
        roster.answers(page({"user_id": "1", "roles": [], "group_enrollments": [{"group_id": "g1"}]}, "2"))
        assert [one.group_ids for one in roster.members()] == [("g1",), ()]

    @pytest.mark.parametrize(
        ("following", "told"), [("/next?groups=true&from=2", ()), ("/next?from=2", None)], ids=str
    )
    def test_are_told_by_a_page_without_any_where_it_was_asked_for_them(self, roster, following, told):
        first = {"user_id": "1", "roles": [], "group_enrollments": [{"group_id": "g1"}]}
        roster.answers(page(first, following=f'<{following}>; rel="next"'), page("2"))
        assert [one.group_ids for one in roster.members_with_groups()] == [("g1",), told]
