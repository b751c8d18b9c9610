"""What LMSs are known to say to services: the examples of the sheet, read as they are but for their hosts."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from lti_tool.errors import ServiceRefused
from lti_tool.lti import names
from lti_tool.lti.rosters import RosterConnection
from lti_tool.lti.scores import GradebookConnection
from lti_tool.transactions import transaction
from tests.unit.lti.gradebook import score
from tests.unit.lti.simulator import Reply, data, json_reply

pytestmark = pytest.mark.slow_on_postgresql

MOMENT = datetime(2026, 3, 1, 10, 15, 30, 123000, UTC)
HOSTS = ("https://moodle.example.edu", "https://exampleu.instructure.com")


def here(example: object, gradebook) -> str:
    """Return an example as text, its LMS at the local server."""
    text = example if isinstance(example, str) else json.dumps(example)
    for host in HOSTS:
        text = text.replace(host, gradebook.server.url)
    return text


class TestMakingALineItem:
    def test_is_asked_for_as_the_sheet_says(self, gradebook, connection):
        sheet = data("lti", "ags-lineitem-create")
        made = sheet["body"] | {"id": gradebook.item_url}
        gradebook.replies = [json_reply([]), json_reply(made, sheet["success_status"][0])]

        seen = connection.find_or_create_line_item(
            gradebook.items_url,
            tag=made["tag"],
            resource_id=made["resourceId"],
            label=made["label"],
            maximum=Decimal(made["scoreMaximum"]),
        )

        post, asked = gradebook.calls[1], sheet["request"]
        assert post.method == asked["method"]
        assert (post.headers["Content-Type"], post.headers["Accept"]) == (
            asked["content_type"],
            asked["accept"],
        )
        sent = json.loads(post.body)
        assert sent == {name: sheet["body"][name] for name in sent}
        assert (seen.url, seen.label, seen.maximum) == (gradebook.item_url, made["label"], 100)


class TestPublishingAScore:
    @pytest.mark.parametrize(
        ("name", "token_url"), [("final", "{}/token"), ("canvas_grade_only", "{}/login/oauth2/token")]
    )
    def test_is_written_as_the_sheet_says(self, gradebook, access, clock, name, token_url):
        platform = type(access)(**vars(access) | {"token_url": token_url.format(gradebook.server.url)})
        sheet = data("lti", "ags-score")
        body = sheet["bodies"][name]
        gradebook.replies = [Reply(200)]
        ours = score(
            MOMENT,
            sub=body["userId"],
            value=Decimal(str(body["scoreGiven"])),
            comment=body.get("comment"),
            final=True,
        )

        with GradebookConnection(platform, names.AGS_SCOPES, clock, transaction) as connection:
            connection.send_score(gradebook.item_url, ours)

        (call,) = [one for one in gradebook.calls if one.path.partition("?")[0].endswith("/scores")]
        assert call.headers["Content-Type"] == sheet["request"]["content_type"]
        assert json.loads(call.body) == body


class TestReadingResults:
    @pytest.mark.parametrize("lms", ["moodle", "canvas"])
    def test_of_each_lms(self, gradebook, connection, lms):
        listed = data("lti", "ags-results")[lms]
        gradebook.replies = [json_reply(listed)]

        ((sub, result),) = connection.results(gradebook.item_url).items()

        assert (sub, result.value, result.maximum) == (listed[0]["userId"], Decimal("87.5"), 100)
        assert result.comment == listed[0]["comment"]
        assert gradebook.calls[0].headers["Accept"] == data("lti", "ags-results")["request"]["accept"]


class TestListsInPages:
    @pytest.mark.parametrize("name", ["moodle-ags-lineitems", "canvas-ags-lineitems"])
    def test_go_on_where_the_lms_says(self, gradebook, connection, name):
        """Typographic quotes and several relations (Moodle), bookmarks whose capitals matter (Canvas)."""
        sheet = data("lti", name)
        link = here(sheet["headers"]["Link"], gradebook).encode().decode("latin-1")
        last = {"id": gradebook.item_url, "label": "Ours", "scoreMaximum": 20, "tag": "ours"}
        gradebook.replies = [
            Reply(200, here(sheet["body"], gradebook).encode(), {"Link": link}),
            json_reply([last]),
        ]
        wanted = {"tag": "ours", "resource_id": "r", "label": "Ours", "maximum": Decimal(20)}

        seen = connection.find_or_create_line_item(gradebook.items_url, **wanted)

        assert seen.url == gradebook.item_url
        following = gradebook.calls[1].path
        if name.startswith("canvas"):
            assert parse_qs(urlsplit(following).query)["page"] == ["bookmark:WyJRd0VyVHkiXQ"]
        else:
            assert following.endswith("type_id=5&limit=1&from=1")


class TestTokens:
    @pytest.mark.parametrize("name", ["canvas-token", "brightspace-token"])
    def test_are_asked_for_and_read_as_the_sheet_says(self, gradebook, access, clock, name):
        sheet = data("lti", name)
        audience = sheet["assertion_payload"]["aud"]
        platform = type(access)(**vars(access) | {"token_audience": audience})
        gradebook.token_reply = json_reply(sheet["response"]["body"])
        scope = sheet["request"]["form"]["scope"]
        gradebook.replies = [json_reply({"members": []}) if "nrps" in scope else Reply(200)]

        if "nrps" in scope:
            with RosterConnection(platform, clock, transaction) as roster:
                assert list(roster.pages(f"{gradebook.server.url}/members")) == [[]]
        else:
            with GradebookConnection(platform, [scope], clock, transaction) as connection:
                connection.send_score(gradebook.item_url, score(clock()))

        asked = next(call for call in gradebook.server.received if "/token" in call.path)
        form = {key: value[0] for key, value in parse_qs(asked.body.decode()).items()}
        assert form["scope"] == scope
        assert set(form) == set(sheet["request"]["form"])
        (call,) = gradebook.calls
        assert call.headers["Authorization"] == f"Bearer {sheet['response']['body']['access_token']}"

    @pytest.mark.parametrize("name", ["canvas-token", "brightspace-token"])
    @pytest.mark.parametrize("number", [0, 1])
    def test_that_are_refused_are_so_in_the_lms_s_words(self, gradebook, connection, name, number):
        error = data("lti", name)["errors"][number]
        gradebook.token_reply = json_reply(error["body"], error["status"])

        with pytest.raises(ServiceRefused, match="token-refused") as refusal:
            connection.results(gradebook.item_url)

        assert refusal.value.words == error["body"].get("error_description", error["body"]["error"])

    def test_are_read_as_moodle_answered(self, gradebook, connection):
        recorded = data("moodle", "token_response")
        gradebook.token_reply = Reply(200, recorded["body_text"].encode(), recorded["headers"])
        gradebook.replies = [Reply(200, b"[]")]

        connection.results(gradebook.item_url)

        assert gradebook.calls[0].headers["Authorization"] == "Bearer ACCESS_TOKEN"


class TestRosters:
    @pytest.fixture
    def roster(self, access, clock):
        with RosterConnection(access, clock, transaction) as made:
            yield made

    def test_with_messages_for_each_member_are_read(self, gradebook, roster):
        gradebook.replies = [json_reply(data("lti", "moodle-nrps-rlid")["body"])]

        ((member,),) = roster.pages(f"{gradebook.server.url}/members?rlid=9")

        assert (member.sub, member.name, member.gone) == ("43", "Sam Student", False)

    CODES = {
        ("Moodle", 401): "access-refused",
        ("Moodle", 404): "roster-gone",
        ("Canvas", 400): "service-refused",
        ("Open edX", 403): "roster-too-large",
    }

    @pytest.mark.parametrize("case", data("lti", "nrps-errors")["cases"], ids=lambda case: case["lms"])
    def test_that_are_refused_are_so_by_a_name(self, gradebook, roster, case):
        gradebook.replies = [json_reply(case.get("body", {}), case["status"])]

        with pytest.raises(ServiceRefused) as refusal:
            list(roster.pages(f"{gradebook.server.url}/members"))

        assert refusal.value.code == self.CODES[case["lms"], case["status"]]
