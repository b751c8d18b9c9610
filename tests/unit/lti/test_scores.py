"""Sending a score to a tiny AGS on loopback, and what becomes of every refusal."""

import json

import pytest

from lti_tool.errors import PlatformUnavailable, ServiceProblem, ServiceRefused
from lti_tool.lti import names
from lti_tool.lti.scores import GradebookConnection, ScoreConflict
from lti_tool.transactions import transaction
from tests.unit.lti.gradebook import ITEM_PATH, score
from tests.unit.lti.simulator import Reply, data, json_reply

pytestmark = pytest.mark.slow_on_postgresql

CANVAS = "https://canvas.instructure.com/lti/submission"
MOODLE_SCORES = data("moodle", "ags_scores_results")


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

        with GradebookConnection(platform, names.AGS_SCOPES, clock, transaction) as connection:
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
            # Open edX of an older one, and of an equal one.
            json_reply({"timestamp": ["Score timestamp can only be updated to a later point in time"]}, 400),
            json_reply({"timestamp": ["Score already exists for the provided timestamp"]}, 400),
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

        with pytest.raises(PlatformUnavailable, match="html-answer") as problem:
            connection.send_score(gradebook.item_url, score(now))

        assert problem.value.words == "Please log in"


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
        page = b"<html><title>Item gone</title><script>alert(1)</script>" + b"<p>Menu</p> " * 500
        gradebook.replies = [Reply(404, page)]

        with pytest.raises(ServiceRefused, match="line-item-gone") as refusal:
            connection.send_score(gradebook.item_url, score(now))

        assert len(refusal.value.words) <= 300
        # Of a whole page its title, never its menus.
        assert refusal.value.words == "Item gone"

    @pytest.mark.parametrize("url", ["http://10.0.0.1/item", "not a url", "", "http://169.254.169.254/"])
    def test_calls_no_address_that_is_not_allowed(self, gradebook, connection, now, url):
        with pytest.raises(ServiceRefused, match="outbound-forbidden"):
            connection.send_score(url, score(now))
