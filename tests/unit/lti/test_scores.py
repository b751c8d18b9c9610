"""The gradebook calls against a tiny AGS on loopback, and against what Moodle really answered."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet

from lti_tool.errors import PlatformUnavailable, ServiceProblem, ServiceRefused
from lti_tool.extensions import db
from lti_tool.lti import keys, names
from lti_tool.lti.scores import GradebookConnection, LineItemSeen, Result, Score, ScoreConflict, access_to
from lti_tool.lti.service_answers import number
from lti_tool.models import Platform
from lti_tool.transactions import transaction
from tests.unit.lti.simulator import Reply, data, json_reply

ITEM_PATH = "/2/lineitems/4/lineitem"
CANVAS = "https://canvas.instructure.com/lti/submission"
MOODLE_ITEMS = data("moodle", "ags_lineitems")
MOODLE_SCORES = data("moodle", "ags_scores_results")


class Clock:
    """A clock that a test moves."""

    def __init__(self, moment):
        self.moment = moment

    def __call__(self):
        return self.moment

    def tick(self, seconds):
        self.moment += timedelta(seconds=seconds)


class Gradebook:
    """Answers tokens by itself and everything else by what a test says."""

    def __init__(self, server):
        self.server = server
        self.replies = []
        self.token = {"expires_in": 3600, "token_type": "Bearer"}
        self.token_reply = None
        self.tokens = 0
        server.answer = self.answer

    def answer(self, received):
        if "/token" in received.path:
            self.tokens += 1
            body = json.dumps({"access_token": f"token-{self.tokens}"} | self.token)
            # As Moodle does: JSON that calls itself a page.
            return self.token_reply or Reply(200, body.encode(), {"Content-Type": "text/html"})
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    @property
    def calls(self):
        return [received for received in self.server.received if "/token" not in received.path]

    @property
    def item_url(self):
        return f"{self.server.url}{ITEM_PATH}?type_id=1"

    @property
    def items_url(self):
        return f"{self.server.url}/2/lineitems?type_id=1"


@pytest.fixture
def gradebook(server):
    return Gradebook(server)


@pytest.fixture
def clock(now):
    return Clock(now)


@pytest.fixture
def access(app, add_platform, server, now):
    platform_id = add_platform()
    with transaction():
        keys.ensure_signing_key(now)
        platform = db.session.get(Platform, platform_id)
        platform.token_url = f"{server.url}/token"
        db.session.flush()
        return access_to(platform)


@pytest.fixture
def connection(access, clock):
    with GradebookConnection(access, names.AGS_SCOPES, clock) as made:
        yield made


def score(now, **changes):
    return Score(
        **{
            "sub": "5",
            "value": Decimal("48.75"),
            "maximum": Decimal(100),
            "timestamp": now,
            "comment": None,
            "final": False,
        }
        | changes
    )


def dated(moment, status, body):
    """An answer whose Date header is this moment."""
    date = f"{moment:%a, %d %b %Y %H:%M:%S} GMT"
    raw = f"HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    return Reply(write=lambda out: out.write(raw.encode()))


class TestSendingAScore:
    def test_writes_what_every_lms_understands(self, gradebook, connection, now):
        gradebook.replies = [Reply(200)]

        connection.send_score(gradebook.item_url, score(now, comment="12 answers"))

        (call,) = gradebook.calls
        assert (call.method, call.path) == ("POST", f"{ITEM_PATH}/scores?type_id=1")
        assert call.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
        assert call.headers["Authorization"] == "Bearer token-1"
        assert json.loads(call.body) == {
            "userId": "5",
            "scoreGiven": 48.75,
            "scoreMaximum": 100,
            "activityProgress": "InProgress",
            "gradingProgress": "FullyGraded",
            "timestamp": "2026-11-23T12:00:00.000Z",
            "comment": "12 answers",
        }

    def test_says_that_a_final_one_is_completed_and_fully_graded(self, gradebook, connection, now):
        gradebook.replies = [Reply(204)]

        connection.send_score(gradebook.item_url, score(now, final=True))

        sent = json.loads(gradebook.calls[0].body)
        assert (sent["activityProgress"], sent["gradingProgress"]) == ("Completed", "FullyGraded")
        assert "comment" not in sent

    @pytest.mark.parametrize(
        ("changes", "is_canvas"),
        [
            ({"issuer": "https://canvas.instructure.com"}, True),
            ({"token_url": "{url}/login/oauth2/token"}, True),
            ({"issuer": "https://notinstructure.com"}, False),
            ({}, False),
        ],
    )
    def test_tells_canvas_that_it_is_no_new_submission(
        self, gradebook, app, access, clock, now, changes, is_canvas
    ):
        changed = {key: value.format(url=gradebook.server.url) for key, value in changes.items()}
        platform = type(access)(**vars(access) | changed)
        gradebook.replies = [Reply(200)]

        with GradebookConnection(platform, names.AGS_SCOPES, clock) as connection:
            connection.send_score(gradebook.item_url, score(now))

        sent = json.loads(gradebook.server.received[-1].body)
        assert sent.get(CANVAS) == ({"new_submission": False} if is_canvas else None)

    def test_asks_for_a_new_token_when_the_old_one_is_not_accepted(self, gradebook, connection, now):
        gradebook.replies = [Reply(401), Reply(200)]

        connection.send_score(gradebook.item_url, score(now))

        assert [call.headers["Authorization"] for call in gradebook.calls] == [
            "Bearer token-1",
            "Bearer token-2",
        ]

    def test_gives_up_when_the_new_one_is_not_accepted_either(self, gradebook, connection, now):
        gradebook.replies = [json_reply({"reason": "Unauthorized"}, 401)]

        with pytest.raises(ServiceRefused, match="token-refused") as refusal:
            connection.send_score(gradebook.item_url, score(now))

        assert refusal.value.words == "Unauthorized"
        assert (len(gradebook.calls), gradebook.tokens) == (2, 2)

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(409, b"[]", reason="Refusing score with an earlier timestamp for item 4 and user 5"),
            json_reply({"error": "timestamp is older than the one that is stored"}, 400),
        ],
    )
    def test_reports_a_score_of_the_same_moment_or_later(self, gradebook, connection, now, reply):
        gradebook.replies = [reply]

        with pytest.raises(ScoreConflict) as conflict:
            connection.send_score(gradebook.item_url, score(now))

        assert isinstance(conflict.value, ServiceProblem)
        assert conflict.value.words

    def test_reports_how_long_the_lms_asks_to_wait(self, gradebook, connection, now):
        gradebook.replies = [Reply(429, b"slow down", {"Retry-After": "30"})]

        with pytest.raises(PlatformUnavailable) as problem:
            connection.send_score(gradebook.item_url, score(now))

        assert problem.value.facts["retry_after"] == 30

    @pytest.mark.parametrize("status", [302, 307])
    def test_does_not_follow_a_redirect(self, gradebook, connection, now, status):
        gradebook.replies = [Reply(status, b"", {"Location": "/login"})]

        with pytest.raises(ServiceRefused, match="score-refused"):
            connection.send_score(gradebook.item_url, score(now))

    def test_does_not_believe_a_page(self, gradebook, connection, now):
        gradebook.replies = [Reply(200, b"<!DOCTYPE html><title>Please log in</title>")]

        with pytest.raises(ServiceRefused, match="html-answer") as refusal:
            connection.send_score(gradebook.item_url, score(now))

        assert refusal.value.words == "Please log in"


ERRORS = data("lti", "ags-errors")["cases"]
# What becomes of each line of ags-errors.json that a score or line item of ours may meet.
MEANING = {
    ("Moodle", "score", 409): "score-conflict",
    ("Moodle", "score", 400): "not-in-course",
    ("Moodle", "any", 401): "token-refused",
    ("Moodle", "any", 400): "score-refused",
    ("Moodle", "any", 404): "line-item-gone",
    ("Canvas", "score", 400): "score-conflict",
    ("Canvas", "score", 422): "not-in-course",
    ("Canvas", "score", 404): "line-item-gone",
    ("Canvas", "any", 403): "http-403",
    ("Canvas", "any", 429): "http-429",
    ("Brightspace", "score", 422): "not-in-course",
    ("Brightspace", "score", 403): "not-in-course",
    ("Brightspace", "score", 404): "not-in-course",
    ("Blackboard", "score", 400): None,  # two lines: told apart by their words below
    ("Open edX", "score", 400): "score-conflict",
}


class TestUnderstandingARefusal:
    @pytest.mark.parametrize(
        "case",
        [case for case in ERRORS if (case["lms"], case["op"], case["status"]) in MEANING],
        ids=lambda case: f"{case['lms']} {case['op']} {case['status']}",
    )
    def test_follows_the_table_of_the_sheet(self, gradebook, connection, now, case):
        words = case.get("body_contains") or case.get("reason") or case.get("when")
        gradebook.replies = [json_reply({"message": words}, case["status"])]
        expected = MEANING[case["lms"], case["op"], case["status"]]
        if expected is None:
            expected = "not-in-course" if "User" in words else "score-refused"

        with pytest.raises(ServiceProblem) as problem:
            connection.send_score(gradebook.item_url, score(now))

        assert problem.value.code == expected
        assert isinstance(problem.value, PlatformUnavailable) == expected.startswith("http-")

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("score_same_ts", "score-conflict"),
            ("score_after_future", "score-conflict"),
            ("score_unknown_user", "not-in-course"),
            ("score_teacher", "not-in-course"),
            ("score_tutor", "not-in-course"),
            ("score_not_enrolled", "not-in-course"),
            ("score_ctjson", "score-refused"),
        ],
    )
    def test_understands_what_moodle_answered(self, gradebook, connection, now, name, code):
        recorded = MOODLE_SCORES[name]
        gradebook.replies = [Reply(recorded["status"], recorded["body"].encode(), reason=recorded["reason"])]

        with pytest.raises(ServiceProblem) as problem:
            connection.send_score(gradebook.item_url, score(now))

        assert problem.value.code == code
        assert "userId" not in problem.value.words

    def test_shows_short_words_without_tags(self, gradebook, connection, now):
        gradebook.replies = [Reply(404, b"<html><script>alert(1)</script>" + b"<p>Gone</p> " * 500)]

        with pytest.raises(ServiceRefused, match="line-item-gone") as refusal:
            connection.send_score(gradebook.item_url, score(now))

        assert len(refusal.value.words) <= 300
        assert refusal.value.words.startswith("Gone Gone")

    @pytest.mark.parametrize("url", ["http://10.0.0.1/item", "not a url", "", "http://169.254.169.254/"])
    def test_calls_no_address_that_is_not_allowed(self, gradebook, connection, now, url):
        with pytest.raises(ServiceRefused, match="outbound-forbidden"):
            connection.send_score(url, score(now))


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
            (b" \n<html>", "html-answer"),
        ],
    )
    def test_refuses_what_is_no_list(self, gradebook, connection, body, code):
        gradebook.replies = [Reply(200, body)]

        with pytest.raises(ServiceRefused) as refusal:
            connection.results(gradebook.item_url)

        assert refusal.value.code == code

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

    def test_does_not_follow_a_page_to_another_host(self, gradebook, connection):
        gradebook.replies = [json_reply([{"userId": "1"}], Link='<http://evil.example/>; rel="next"')]

        assert list(connection.results(gradebook.item_url)) == ["1"]

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
        } | changes

    def test_finds_it_by_its_tag_and_keeps_the_query_of_the_container(self, gradebook, connection):
        gradebook.replies = [
            json_reply([self.item(gradebook, tag="other"), self.item(gradebook, label="Renamed")])
        ]

        seen = connection.find_or_create_line_item(gradebook.items_url, **self.WANTED)

        (call,) = gradebook.calls
        assert seen == LineItemSeen(gradebook.item_url, "Renamed", Decimal(20), self.WANTED["tag"])
        assert parse_qs(urlsplit(call.path).query) == {"type_id": ["1"], "tag": [self.WANTED["tag"]]}
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
        gradebook.replies = [json_reply([item | {"tag": self.WANTED["tag"]} for item in listed])]

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
            GradebookConnection(access, [names.SCORE], clock) as connection,
            pytest.raises(ServiceRefused, match="scope-missing"),
        ):
            connection.find_or_create_line_item(gradebook.items_url, **self.WANTED)

        assert gradebook.server.received == []


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


class TestHavingAToken:
    def test_proves_who_we_are_with_a_signed_assertion(self, gradebook, connection, access, clock):
        gradebook.replies = [Reply(200, b"[]")]

        connection.results(gradebook.item_url)

        form = {
            name: values[0] for name, values in parse_qs(gradebook.server.received[0].body.decode()).items()
        }
        token = jwt.decode(form["client_assertion"], KeySet.import_key_set(keys.public_key_set()))
        issued = int(clock().timestamp()) - 5
        assert form["grant_type"] == "client_credentials"
        assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        assert set(form["scope"].split()) == set(names.AGS_SCOPES)
        assert token.header["kid"] == access.signing_key.kid
        assert token.claims["iss"] == token.claims["sub"] == access.client_id
        assert token.claims["aud"] == access.token_url
        assert (token.claims["iat"], token.claims["exp"]) == (issued, issued + 65)

    def test_names_the_audience_that_the_platform_wants(self, gradebook, access, clock):
        access = type(access)(**vars(access) | {"token_audience": "https://api.brightspace.com/auth/token"})
        gradebook.replies = [Reply(200, b"[]")]

        with GradebookConnection(access, names.AGS_SCOPES, clock) as connection:
            connection.results(gradebook.item_url)

        assertion = parse_qs(gradebook.server.received[0].body.decode())["client_assertion"][0]
        decoded = jwt.decode(assertion, KeySet.import_key_set(keys.public_key_set()))
        assert decoded.claims["aud"] == "https://api.brightspace.com/auth/token"

    def test_dates_the_assertion_by_the_platform_s_clock(self, gradebook, access, clock):
        access = type(access)(**vars(access) | {"clock_offset": -120.0})
        gradebook.replies = [Reply(200, b"[]")]

        with GradebookConnection(access, names.AGS_SCOPES, clock) as connection:
            connection.results(gradebook.item_url)

        assertion = parse_qs(gradebook.server.received[0].body.decode())["client_assertion"][0]
        decoded = jwt.decode(assertion, KeySet.import_key_set(keys.public_key_set()))
        assert decoded.claims["iat"] == int(clock().timestamp()) - 125

    def test_asks_again_by_their_clock_when_ours_was_refused(self, gradebook, connection, clock):
        behind = clock() - timedelta(seconds=90)
        our_keys = KeySet.import_key_set(keys.public_key_set())
        gradebook.replies = [Reply(200, b"[]")]
        answer = gradebook.server.answer

        def strict(received):
            if not received.path.startswith("/token"):
                return answer(received)
            assertion = parse_qs(received.body.decode())["client_assertion"][0]
            if jwt.decode(assertion, our_keys).claims["iat"] > behind.timestamp():
                return dated(behind, "400 Bad Request", "")
            return answer(received)

        gradebook.server.answer = strict

        assert connection.results(gradebook.item_url) == {}

    def test_keeps_it_for_the_batch(self, gradebook, connection, now):
        gradebook.replies = [Reply(200)]

        for seconds in range(5):
            connection.send_score(gradebook.item_url, score(now + timedelta(seconds=seconds)))

        assert gradebook.tokens == 1

    def test_renews_one_of_sixty_seconds_before_it_ends(self, gradebook, connection, clock):
        gradebook.token["expires_in"] = 60
        gradebook.replies = [Reply(200, b"[]")]

        for _ in range(4):
            connection.results(gradebook.item_url)
            clock.tick(30)

        used = Counter(call.headers["Authorization"] for call in gradebook.calls)
        assert used == {"Bearer token-1": 2, "Bearer token-2": 2}

    @pytest.mark.parametrize("expires_in", [None, "soon", -5, 1e9, True, [], "3600"])
    def test_does_without_a_usable_life_time(self, gradebook, connection, expires_in):
        gradebook.token["expires_in"] = expires_in
        gradebook.replies = [Reply(200, b"[]")]

        for _ in range(2):
            connection.results(gradebook.item_url)

        assert gradebook.tokens == 1

    def test_says_which_scope_the_lms_did_not_grant(self, gradebook, connection, now):
        gradebook.token["scope"] = f"{names.SCORE} something"
        gradebook.replies = [Reply(200)]

        connection.send_score(gradebook.item_url, score(now))
        with pytest.raises(ServiceRefused, match="scope-missing"):
            connection.results(gradebook.item_url)

    @pytest.mark.parametrize("name", ["unknown_client", "wrong_key", "no_kid", "unknown_scope", "garbage"])
    def test_understands_moodle_s_refusals(self, gradebook, connection, name):
        recorded = data("moodle", "token_errors")[name]
        gradebook.token_reply = Reply(
            recorded["status"], recorded["body"].encode(), {"Content-Type": "text/html"}
        )

        with pytest.raises(ServiceRefused, match="token-refused") as refusal:
            connection.results(gradebook.item_url)

        assert refusal.value.words

    @pytest.mark.parametrize(
        ("reply", "code"),
        [
            (Reply(200, b"<html>"), "html-answer"),
            (Reply(200, b""), "answer-unreadable"),
            (Reply(200, b"{}"), "answer-unreadable"),
            (Reply(200, b'{"access_token": "a\\r\\nX: y"}'), "answer-unreadable"),
            (Reply(200, b'{"access_token": 5}'), "answer-unreadable"),
            (Reply(302, b"", {"Location": "/login"}), "token-refused"),
            (Reply(503, b""), "http-503"),
        ],
    )
    def test_reports_a_token_end_point_that_answers_something_else(self, gradebook, connection, reply, code):
        gradebook.token_reply = reply

        with pytest.raises(ServiceProblem) as problem:
            connection.results(gradebook.item_url)

        assert problem.value.code == code

    def test_is_not_shown_by_accident(self, access):
        assert "PRIVATE" not in repr(access)


class TestMeasuringTheClock:
    def test_takes_the_date_of_the_last_answer(self, gradebook, connection, clock):
        date = clock() + timedelta(seconds=42)
        gradebook.replies = [dated(date, "200 OK", "[]")]

        connection.results(gradebook.item_url)

        assert connection.clock_offset == pytest.approx(42, abs=1)

    def test_knows_nothing_before_a_call(self, connection):
        assert connection.clock_offset is None

    def test_writes_a_moment_of_any_zone_in_utc_with_milliseconds(self, gradebook, connection):
        gradebook.replies = [Reply(200)]
        moment = datetime.fromisoformat("2026-11-23T13:00:00.123456+01:00")

        connection.send_score(gradebook.item_url, score(moment.astimezone(UTC)))

        assert json.loads(gradebook.calls[0].body)["timestamp"] == "2026-11-23T12:00:00.123Z"
