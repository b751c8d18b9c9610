"""Reading course groups from a tiny platform on loopback: all of them, or a problem by its name."""

import pytest

from lti_tool.errors import PlatformUnavailable, ServiceRefused
from lti_tool.lti import groups
from lti_tool.lti.groups import CourseGroupSeen, GroupConnection
from lti_tool.transactions import transaction
from tests.unit.lti.simulator import Reply, data, json_reply

pytestmark = pytest.mark.slow_on_postgresql

EXAMPLE = data("lti", "course-groups")
GROUPS, SETS = "/ctx/7/groups", "/ctx/7/sets"
NOT_A_LIST = [b"", b"null", b"[]", b'"groups"', b"{}", b'{"groups": null}', b'{"groups": {}}', b"\xff", b"{"]


@pytest.fixture
def lms(access, clock, gradebook):
    """A platform that answers tokens by itself, and the two lists by what a test says; each page by page."""
    with GroupConnection(access, clock, transaction) as connection:
        yield Listing(gradebook, connection)


class Listing:
    def __init__(self, platform, connection) -> None:
        self._connection, self.server = connection, platform.server
        self.groups, self.sets = (
            [json_reply(EXAMPLE["groups"]["body"])],
            [json_reply(EXAMPLE["sets"]["body"])],
        )
        answer_token = self.server.answer

        def answer(received):
            if "/token" in received.path:
                return answer_token(received)
            replies = self.sets if received.path.startswith(SETS) else self.groups
            return replies.pop(0) if len(replies) > 1 else replies[0]

        self.server.answer = answer

    def read(self, sets: bool = True) -> list[CourseGroupSeen]:
        url = self.server.url
        pages = self._connection.pages(url + GROUPS, url + SETS if sets else None)
        return [group for page in pages for group in page]

    def calls(self, path: str) -> list:
        return [call for call in self.server.received if call.path.startswith(path)]


def page(*ids: str, following: str | None = None) -> Reply:
    link = {} if following is None else {"Link": f'<{following}>; rel="next"'}
    return json_reply({"id": "x", "groups": [{"id": one, "name": f"Group {one}"} for one in ids]}, **link)


class TestReading:
    def test_takes_groups_with_their_sets_as_the_specification_shows_them(self, lms):
        assert lms.read() == [
            CourseGroupSeen("g1", "Team red", "Project teams", hidden=False),
            CourseGroupSeen("g2", "Team blue", "Project teams", hidden=True),
            CourseGroupSeen("g3", "Old style", "Project teams", hidden=False),
        ]

    def test_names_media_types_and_scope(self, lms):
        lms.read()
        assert lms.calls(GROUPS)[0].headers["Accept"] == EXAMPLE["groups"]["accept"]
        assert lms.calls(SETS)[0].headers["Accept"] == EXAMPLE["sets"]["accept"]
        (token,) = lms.calls("/token")
        assert b"lti-gs%2Fscope%2Fcontextgroup.readonly" in token.body
        assert b"lti-nrps" not in token.body

    def test_asks_for_no_sets_where_none_are_offered(self, lms):
        assert [group.set_name for group in lms.read(sets=False)] == [None, None, None]
        assert lms.calls(SETS) == []

    def test_follows_all_pages_of_both(self, lms):
        lms.groups = [page("1", "2", following=f"{GROUPS}?page=2"), page("3")]
        second = {"sets": [{"id": "s2", "name": "Second"}]}
        first = {"sets": [{"id": "s1", "name": "First"}]}
        lms.sets = [json_reply(first, Link=f'<{SETS}?page=2>; rel="next"'), json_reply(second)]
        assert [group.group_id for group in lms.read()] == ["1", "2", "3"]
        assert (len(lms.calls(GROUPS)), len(lms.calls(SETS))) == (2, 2)

    def test_does_without_what_is_missing(self, lms):
        said = [
            {"id": 7},
            {"id": "a", "name": "", "hidden": "true", "set_ids": ["?", None, "s1"]},
            {"id": "b", "name": ["?"], "hidden": 1, "set_ids": "s1", "set_id": 5},
            {"name": "No id"},
            {"id": None, "name": "No id either"},
            {"id": ""},
            "garbage",
            None,
        ]
        lms.groups = [json_reply({"groups": said})]
        assert lms.read() == [
            CourseGroupSeen("7", None, None, hidden=False),
            CourseGroupSeen("a", None, "Project teams", hidden=True),
            CourseGroupSeen("b", None, None, hidden=False),
        ]

    def test_takes_names_as_harmless_lines_of_a_size(self, lms):
        lms.groups = [json_reply({"groups": [{"id": "1", "name": "\u202eRed\n team\x00 " + "x" * 500}]})]
        (group,) = lms.read()
        assert group.name.startswith("Red team x")
        assert len(group.name) == 200

    def test_takes_no_group_at_all_for_an_answer(self, lms):
        lms.groups = [json_reply({"groups": []})]
        assert lms.read() == []


class TestSets:
    @pytest.mark.parametrize("reply", [Reply(404), Reply(403), *(Reply(200, body) for body in NOT_A_LIST)])
    def test_that_cannot_be_read_leave_groups_without_their_names(self, lms, reply):
        lms.sets = [reply]
        assert [(group.name, group.set_name) for group in lms.read()][0] == ("Team red", None)

    def test_without_end_are_left_aside(self, lms, monkeypatch):
        monkeypatch.setattr(groups, "MOST_GROUPS", 3)
        more = {"sets": [{"id": f"other-{number}", "name": "Other"} for number in range(4)]}
        lms.sets = [json_reply(EXAMPLE["sets"]["body"]), json_reply(more)]
        lms.sets[0].headers["Link"] = f'<{SETS}?page=2>; rel="next"'
        assert {group.set_name for group in lms.read()} == {None}
        assert len(lms.calls(SETS)) == 2

    def test_that_are_not_there_for_now_let_everything_wait(self, lms):
        lms.sets = [Reply(503)]
        with pytest.raises(PlatformUnavailable):
            lms.read()


class TestRefusing:
    @pytest.mark.parametrize(
        ("reply", "code"),
        [
            *((Reply(200, body), "groups-incomplete") for body in NOT_A_LIST),
            (Reply(404), "groups-gone"),
            (Reply(410), "groups-gone"),
            (Reply(401), "access-refused"),
            (Reply(403), "access-refused"),
            (Reply(400), "service-refused"),
        ],
    )
    def test_names_what_is_wrong(self, lms, reply, code):
        lms.groups = [reply]
        with pytest.raises(ServiceRefused) as refused:
            lms.read()
        assert refused.value.code == code

    def test_of_a_later_page_is_one_of_all(self, lms):
        lms.groups = [page("1", following=f"{GROUPS}?page=2"), Reply(200, b"null")]
        with pytest.raises(ServiceRefused, match="groups-incomplete"):
            lms.read()

    def test_follows_no_page_twice_and_none_on_another_host(self, lms):
        for following in (GROUPS, "https://elsewhere.example/groups"):
            lms.groups = [page("1", following=following)]
            with pytest.raises(ServiceRefused, match="groups-incomplete"):
                lms.read()

    def test_stops_at_a_list_without_end(self, lms, monkeypatch):
        monkeypatch.setattr(groups, "MOST_GROUPS", 3)
        lms.groups = [page("1", "2", following=f"{GROUPS}?page=2"), page("3", "4")]
        with pytest.raises(ServiceRefused, match="groups-incomplete"):
            lms.read()

    def test_waits_for_an_lms_that_is_down(self, lms):
        for reply in (Reply(503), Reply(200, b"<html>", {"Content-Type": "text/html"})):
            lms.groups = [reply]
            with pytest.raises(PlatformUnavailable):
                lms.read()

    def test_says_when_the_scope_is_not_granted(self, lms, gradebook):
        gradebook.token = {"expires_in": 3600, "token_type": "Bearer", "scope": "openid"}
        with pytest.raises(ServiceRefused, match="scope-missing"):
            lms.read()
