"""Reading results and finding line items, also in what Moodle really answered."""

import json
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.errors import PlatformUnavailable, ServiceRefused
from lti_tool.lti import names, service_calls
from lti_tool.lti.http import Answer
from lti_tool.lti.scores import GradebookConnection, LineItemSeen, Result
from lti_tool.lti.service_answers import number
from lti_tool.transactions import transaction
from tests.unit.lti.gradebook import ITEM_PATH
from tests.unit.lti.simulator import Reply, data, json_reply

pytestmark = pytest.mark.slow_on_postgresql

MOODLE_ITEMS = data("moodle", "ags_lineitems")
MOODLE_SCORES = data("moodle", "ags_scores_results")


class TestReadingResults:
    def test_reads_what_moodle_answered(self, gradebook, connection):
        recorded = MOODLE_SCORES["results"]
        gradebook.replies = [Reply(200, recorded["body"].encode(), recorded["headers"])]

        results = connection.results(gradebook.item_url)

        assert results["5"] == Result(Decimal(6), Decimal(20), None)
        assert results["6"].value == 0
        assert results["7"] == Result(None, None, None)
        assert gradebook.calls[0].path == f"{ITEM_PATH}/results?type_id=1"
        assert gradebook.calls[0].headers["Accept"] == "application/vnd.ims.lis.v2.resultcontainer+json"

    def test_reads_comments(self, gradebook, connection):
        gradebook.replies = [Reply(200, MOODLE_SCORES["results_native"]["body"].encode())]

        assert connection.results(gradebook.item_url)["5"].comment == "sur l'activité"

    def test_keeps_fractions_exact(self, gradebook, connection):
        gradebook.replies = [Reply(200, b'[{"userId": 5, "resultScore": 0.1, "resultMaximum": "20.0"}]')]

        assert connection.results(gradebook.item_url) == {"5": Result(Decimal("0.1"), Decimal(20), None)}

    @pytest.mark.parametrize("value", ["1e400", "true", "[1]", '"x"', "null", "-1e99", '"NaN"', '{"a": 1}'])
    def test_takes_a_value_that_is_no_number_for_none(self, gradebook, connection, value):
        gradebook.replies = [Reply(200, f'[{{"userId": "5", "resultScore": {value}}}, 7, null]'.encode())]

        assert connection.results(gradebook.item_url) == {"5": Result(None, None, None)}

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "answer-unreadable"),
            (b"{", "answer-unreadable"),
            (b'{"error": "x"}', "answer-unreadable"),
            (b"[NaN]", "answer-unreadable"),
            (b"[" * 100_000, "answer-unreadable"),
            (b"\xff\xfe\x00", "answer-unreadable"),
        ],
    )
    def test_refuses_what_is_no_list(self, gradebook, connection, body, code):
        gradebook.replies = [Reply(200, body)]

        with pytest.raises(ServiceRefused) as refusal:
            connection.results(gradebook.item_url)

        assert refusal.value.code == code

    def test_takes_a_page_for_people_for_something_that_passes(self, gradebook, connection):
        gradebook.replies = [Reply(200, b" \n<html>Maintenance</html>")]

        with pytest.raises(PlatformUnavailable, match="html-answer") as problem:
            connection.results(gradebook.item_url)

        assert problem.value.words == "Maintenance"

    def test_reads_all_pages_and_keeps_the_case_of_their_addresses(self, gradebook, connection):
        url = gradebook.server.url
        typographic = f"<{url}/a?page=bookmark:WyJR>; rel=“next”".encode().decode("latin-1")
        gradebook.replies = [
            json_reply([{"userId": "1"}], Link=typographic),
            json_reply([{"userId": "2"}], Link="</b?x=1&amp;Y=2>; rel=next; type=x, </c>; rel=last"),
            json_reply([{"userId": "3"}], Link=f'<{url}/a?page=bookmark:WyJR>; rel="next"'),
        ]

        assert list(connection.results(gradebook.item_url)) == ["1", "2", "3"]
        assert [call.path for call in gradebook.calls[1:]] == ["/a?page=bookmark:WyJR", "/b?x=1&Y=2"]

    @pytest.mark.parametrize(
        "link", ["http://evil.example/", "//evil.example/a", "https://127.0.0.1/", "ftp:x"]
    )
    def test_refuses_a_list_that_goes_on_at_another_host(self, gradebook, connection, link):
        gradebook.replies = [json_reply([{"userId": "1"}], Link=f'<{link}>; rel="next"')]

        with pytest.raises(ServiceRefused, match="answer-unreadable") as refusal:
            connection.results(gradebook.item_url)

        assert refusal.value.words == "the list goes on at another host"
        assert len(gradebook.calls) == 1

    def test_refuses_a_list_of_more_pages_than_it_reads(self, gradebook, connection, monkeypatch):
        monkeypatch.setattr(service_calls, "_MOST_PAGES", 3)
        gradebook.replies = [
            json_reply([{"userId": str(page)}], Link=f'</page/{page}>; rel="next"') for page in range(5)
        ]

        with pytest.raises(ServiceRefused, match="answer-unreadable"):
            connection.results(gradebook.item_url)

        assert len(gradebook.calls) == 3

    def test_reads_a_list_of_exactly_so_many_pages(self, gradebook, connection, monkeypatch):
        monkeypatch.setattr(service_calls, "_MOST_PAGES", 2)
        gradebook.replies = [
            json_reply([{"userId": "1"}], Link='</page/2>; rel="next"'),
            json_reply([{"userId": "2"}]),
        ]

        assert list(connection.results(gradebook.item_url)) == ["1", "2"]

    @pytest.mark.parametrize(
        ("here", "link", "followed"),
        [
            ("https://lms.example/r?a=1", "http://lms.example/r?p=B", "https://lms.example/r?p=B"),
            ("https://lms.example/r", "http://lms.example:80/r?p=2", "https://lms.example/r?p=2"),
            ("https://lms.example:8443/r", "http://lms.example:8443/s", "https://lms.example:8443/s"),
            ("https://lms.example/r", "https://lms.example/s", "https://lms.example/s"),
        ],
    )
    def test_follows_an_lms_that_does_not_know_of_its_tls_by_https(self, now, here, link, followed):
        answer = Answer(200, "OK", {"Link": f'<{link}>; rel="next"'}, b"[]", now, None)

        assert service_calls.next_page(here, answer) == followed

    def test_does_not_take_another_relation_for_the_next_page(self, gradebook, connection):
        gradebook.replies = [json_reply([], Link='</a>; rel="prev", </b>; rel="last"; title="next"')]

        assert connection.results(gradebook.item_url) == {}
        assert len(gradebook.calls) == 1

    @given(st.one_of(st.floats(), st.integers(), st.text(), st.booleans(), st.none()))
    def test_reads_any_value_as_a_small_number_or_none(self, value):
        found = number(value)

        assert found is None or (found.is_finite() and abs(found) < 10**8)


class TestFindingOrMakingALineItem:
    WANTED = {
        "tag": "community-value:1b2c",
        "resource_id": "community-1",
        "label": "Community",
        "maximum": Decimal("20.00"),
    }

    def item(self, gradebook, **changes):
        return {
            "id": gradebook.item_url,
            "label": "Community",
            "scoreMaximum": 20.0,
            "tag": self.WANTED["tag"],
            "resourceId": self.WANTED["resource_id"],
        } | changes

    def test_finds_it_by_its_resource_and_tag_and_keeps_the_query_of_the_container(
        self, gradebook, connection
    ):
        gradebook.replies = [
            json_reply(
                [
                    self.item(gradebook, tag="other"),
                    self.item(gradebook, resourceId="other"),
                    self.item(gradebook, label="Renamed"),
                ]
            )
        ]

        seen = connection.find_or_create_line_item(gradebook.items_url, **self.WANTED)

        (call,) = gradebook.calls
        assert (seen.url, seen.label, seen.maximum) == (gradebook.item_url, "Renamed", Decimal(20))
        assert parse_qs(urlsplit(call.path).query) == {
            "type_id": ["1"],
            "tag": [self.WANTED["tag"]],
            "resource_id": [self.WANTED["resource_id"]],
        }
        assert call.headers["Accept"] == "application/vnd.ims.lis.v2.lineitemcontainer+json"

    def test_makes_it_when_there_is_none(self, gradebook, connection):
        gradebook.replies = [json_reply([]), json_reply(self.item(gradebook), 201)]

        seen = connection.find_or_create_line_item(gradebook.items_url, **self.WANTED)

        made = gradebook.calls[1]
        assert seen.url == gradebook.item_url
        assert (made.method, made.path) == ("POST", "/2/lineitems?type_id=1")
        assert made.headers["Content-Type"] == "application/vnd.ims.lis.v2.lineitem+json"
        assert json.loads(made.body) == {
            "scoreMaximum": 20,
            "label": "Community",
            "resourceId": "community-1",
            "tag": self.WANTED["tag"],
        }

    def test_prefers_the_one_of_its_own_link_in_a_copied_course(self, gradebook, connection):
        other, own = f"{gradebook.server.url}/other", f"{gradebook.server.url}/own"
        gradebook.replies = [
            json_reply(
                [
                    self.item(gradebook, id=other, resourceLinkId="1"),
                    self.item(gradebook, id=own, resourceLinkId="2"),
                ]
            )
        ]

        seen = connection.find_or_create_line_item(gradebook.items_url, **self.WANTED, resource_link_id="2")

        assert seen.url == own

    def test_reads_no_further_than_the_one_that_it_looks_for(self, gradebook, connection):
        gradebook.replies = [json_reply([self.item(gradebook)], Link='</more>; rel="next"')]

        connection.find_or_create_line_item(gradebook.items_url, **self.WANTED)

        assert len(gradebook.calls) == 1

    def test_makes_none_while_it_has_not_seen_all(self, gradebook, connection):
        gradebook.replies = [json_reply([], Link='<http://evil.example/>; rel="next"')]

        with pytest.raises(ServiceRefused, match="answer-unreadable"):
            connection.find_or_create_line_item(gradebook.items_url, **self.WANTED)

        assert [call.method for call in gradebook.calls] == ["GET"]

    @pytest.mark.parametrize("status", [404, 412])
    def test_makes_it_alone_where_it_may_not_stand_beside_the_link(self, gradebook, connection, status):
        gradebook.replies = [json_reply([]), Reply(status), json_reply(self.item(gradebook), 201)]

        connection.find_or_create_line_item(gradebook.items_url, **self.WANTED, resource_link_id="2")

        assert json.loads(gradebook.calls[1].body)["resourceLinkId"] == "2"
        assert "resourceLinkId" not in json.loads(gradebook.calls[2].body)

    def test_reads_it_again_when_the_lms_does_not_show_what_it_made(self, gradebook, connection):
        gradebook.replies = [json_reply([]), Reply(201), json_reply([self.item(gradebook)])]

        assert (
            connection.find_or_create_line_item(gradebook.items_url, **self.WANTED).url == gradebook.item_url
        )

    def test_reads_what_moodle_answered(self, gradebook, connection):
        made = MOODLE_ITEMS["create"]
        gradebook.replies = [Reply(200, b"[]"), Reply(201, made["body"].encode(), made["headers"])]

        seen = connection.find_or_create_line_item(
            gradebook.items_url, **self.WANTED | {"tag": "participation"}
        )

        assert seen.url == "http://localhost:8080/mod/lti/services.php/2/lineitems/4/lineitem?type_id=1"

    def test_ignores_items_that_cannot_be_graded(self, gradebook, connection):
        listed = MOODLE_ITEMS["list_now"]["json"]
        ours = {"tag": self.WANTED["tag"], "resourceId": self.WANTED["resource_id"]}
        gradebook.replies = [json_reply([item | ours for item in listed])]

        assert (
            connection.find_or_create_line_item(gradebook.items_url, **self.WANTED).label
            == "Participation renommée"
        )

    def test_says_that_the_course_has_no_gradebook_any_more(self, gradebook, connection):
        missing = data("moodle", "service_errors")["other_course"]
        gradebook.replies = [Reply(404, missing["body"].encode(), reason=missing["reason"])]

        with pytest.raises(ServiceRefused, match="line-item-gone") as refusal:
            connection.find_or_create_line_item(gradebook.items_url, **self.WANTED)

        assert refusal.value.words == "Not Found: Course 999 doesn't exist"

    def test_says_that_it_may_not_make_one(self, gradebook, access, clock):
        with (
            GradebookConnection(access, [names.SCORE], clock, transaction) as connection,
            pytest.raises(ServiceRefused, match="scope-missing"),
        ):
            connection.find_or_create_line_item(gradebook.items_url, **self.WANTED)

        assert gradebook.server.received == []


class TestALineItemWhoseAddressIsKnown:
    """Found where it was; looked for as any other when it is gone from there."""

    WANTED, item = TestFindingOrMakingALineItem.WANTED, TestFindingOrMakingALineItem.item

    def found(self, gradebook, connection):
        return connection.find_or_create_line_item(
            gradebook.items_url, **self.WANTED, known_url=gradebook.item_url
        )

    def test_is_not_looked_for(self, gradebook, connection):
        gradebook.replies = [json_reply(self.item(gradebook))]

        assert self.found(gradebook, connection).url == gradebook.item_url
        assert [call.path for call in gradebook.calls] == ["/2/lineitems/4/lineitem?type_id=1"]

    def test_is_ours_without_a_tag_as_well(self, gradebook, connection):
        gradebook.replies = [json_reply(self.item(gradebook, tag="", resourceId=""))]

        assert self.found(gradebook, connection).url == gradebook.item_url

    @pytest.mark.parametrize("instead", [Reply(404), Reply(410), "another's"])
    def test_is_looked_for_when_it_is_gone_or_given_away(self, gradebook, connection, instead):
        if instead == "another's":
            instead = json_reply(self.item(gradebook, tag="somebody"))
        new = f"{gradebook.server.url}/2/lineitems/9/lineitem"
        gradebook.replies = [instead, json_reply([self.item(gradebook, id=new)])]

        assert self.found(gradebook, connection).url == new

    def test_that_cannot_be_read_is_not_made_again(self, gradebook, connection):
        gradebook.replies = [Reply(403)]

        with pytest.raises(ServiceRefused, match="access-refused"):
            self.found(gradebook, connection)

        assert [call.method for call in gradebook.calls] == ["GET"]


class TestRenamingALineItem:
    def item(self, gradebook, **changes):
        """One with everything that an LMS may keep, known to us or not."""
        return {
            "id": gradebook.item_url,
            "label": "Before",
            "scoreMaximum": 12.5,
            "resourceId": "community-1",
            "tag": "community-value:1b2c",
            "startDateTime": "2026-11-01T00:00:00Z",
            "gradesReleased": True,
            "https://canvas.instructure.com/lti/submission_type": {"type": "none", "weight": 0.1},
        } | changes

    def test_writes_back_all_that_was_read(self, gradebook, connection):
        read = self.item(gradebook)
        gradebook.replies = [json_reply(read), json_reply(read | {"label": "Après"})]

        seen = connection.rename_line_item(gradebook.item_url, "Après")

        get, put = gradebook.calls
        assert (get.method, put.method, put.path) == ("GET", "PUT", "/2/lineitems/4/lineitem?type_id=1")
        assert {get.headers["Accept"], put.headers["Content-Type"]} == {
            "application/vnd.ims.lis.v2.lineitem+json"
        }
        assert json.loads(put.body) == read | {"label": "Après"}
        assert (seen.label, seen.maximum) == ("Après", Decimal("12.5"))

    @pytest.mark.parametrize("answer", [Reply(200), Reply(204), Reply(200, b" \n")])
    def test_needs_no_answer_in_words(self, gradebook, connection, answer):
        gradebook.replies = [json_reply(self.item(gradebook)), answer]

        assert connection.rename_line_item(gradebook.item_url, "Après").label == "Après"

    def test_writes_nothing_where_it_is_called_so_already(self, gradebook, connection):
        gradebook.replies = [json_reply(self.item(gradebook))]

        connection.rename_line_item(gradebook.item_url, "Before")

        assert [call.method for call in gradebook.calls] == ["GET"]

    def test_reads_what_moodle_answered(self, gradebook, connection):
        before, put = (MOODLE_ITEMS[name] for name in ("get_after_put", "put"))
        gradebook.replies = [
            Reply(200, before["body"].encode().replace(b"renomm\\u00e9e", b"1"), before["headers"]),
            Reply(200, put["body"].encode(), put["headers"]),
        ]

        assert connection.rename_line_item(gradebook.item_url, "Participation renommée").maximum == 40

    def test_says_what_moodle_says_to_it(self, gradebook, connection):
        refused = MOODLE_ITEMS["put_nolabel"]
        gradebook.replies = [
            json_reply(self.item(gradebook)),
            Reply(400, refused["body"].encode(), reason=refused["reason"]),
        ]

        with pytest.raises(ServiceRefused, match="service-refused") as refusal:
            connection.rename_line_item(gradebook.item_url, "Après")

        assert refusal.value.words == "Bad Request"


class TestDeletingALineItem:
    TAG = "community-value:1b2c"

    def item(self, gradebook, tag=TAG):
        return json_reply({"id": gradebook.item_url, "label": "A", "scoreMaximum": 20, "tag": tag})

    def delete(self, gradebook, connection):
        connection.delete_line_item(gradebook.item_url, self.TAG)

    def test_is_done_as_moodle_answered(self, gradebook, connection):
        gradebook.replies = [self.item(gradebook), Reply(204, headers=MOODLE_ITEMS["delete"]["headers"])]

        self.delete(gradebook, connection)

        assert [call.method for call in gradebook.calls] == ["GET", "DELETE"]
        assert gradebook.calls[1].path == "/2/lineitems/4/lineitem?type_id=1"

    def test_of_one_that_is_gone_is_done_already(self, gradebook, connection):
        gone = MOODLE_ITEMS["get_deleted"]
        gradebook.replies = [Reply(404, gone["body"].encode(), reason=gone["reason"])]

        self.delete(gradebook, connection)

        assert [call.method for call in gradebook.calls] == ["GET"]

    @pytest.mark.parametrize("status", [404, 410])
    def test_of_one_that_went_meanwhile_is_done_too(self, gradebook, connection, status):
        gradebook.replies = [self.item(gradebook), Reply(status)]

        self.delete(gradebook, connection)

    @pytest.mark.parametrize("tag", ["", "somebody's"])
    def test_is_refused_of_what_is_not_ours(self, gradebook, connection, tag):
        gradebook.replies = [self.item(gradebook, tag)]

        with pytest.raises(ServiceRefused, match="not-our-column"):
            self.delete(gradebook, connection)

        assert [call.method for call in gradebook.calls] == ["GET"]

    @pytest.mark.parametrize(
        "case",
        [case for case in data("lti", "ags-errors")["cases"] if case["op"] == "delete lineitem"],
        ids=lambda case: case["lms"],
    )
    def test_follows_the_table_of_the_sheet(self, gradebook, connection, case):
        """Neither Moodle's 403 nor Canvas's 401 is worth another token, or another try."""
        gradebook.replies = [self.item(gradebook), Reply(case["status"])]

        with pytest.raises(ServiceRefused) as refusal:
            self.delete(gradebook, connection)

        assert refusal.value.code == {403: "access-refused", 401: "service-refused"}[case["status"]]
        assert ([call.method for call in gradebook.calls], gradebook.tokens) == (["GET", "DELETE"], 1)


class TestReadingOneLineItem:
    def test_shows_its_label_and_maximum(self, gradebook, connection):
        gradebook.replies = [
            json_reply({"id": gradebook.item_url, "label": "A\x00b", "scoreMaximum": "12.5"})
        ]

        assert connection.line_item(gradebook.item_url) == LineItemSeen(
            gradebook.item_url, "Ab", Decimal("12.5"), None
        )

    @pytest.mark.parametrize("content", [[], {}, {"id": "x", "scoreMaximum": 5}, {"scoreMaximum": 5}])
    def test_refuses_what_is_none(self, gradebook, connection, content):
        gradebook.replies = [json_reply(content)]

        with pytest.raises(ServiceRefused, match="answer-unreadable"):
            connection.line_item(gradebook.item_url)
