import json
import time

import pytest

from demo_lms.calls import WORDS
from tests.demo_lms.pretend_tool import CONTAINER


class TestBeingDown:
    def test_answers_503_to_every_service(self, tool, column, lms):
        lms.quirks.down = True

        answers = [tool.send(column), tool.results(column), tool.columns(), tool.ask_for_token()]

        assert [answer.status_code for answer in answers] == [503] * 4
        assert not [answer for answer in answers if "Retry-After" in answer.headers]

    def test_names_the_seconds_to_wait(self, tool, column, lms):
        lms.quirks.down, lms.quirks.retry_after = True, 120

        assert tool.send(column).headers["Retry-After"] == "120"

    def test_still_launches(self, browser, lms):
        lms.quirks.down = True

        assert "id_token" not in browser.begin()
        assert browser.client.get("/lti/certs").status_code == 200


class TestOtherFaults:
    def test_answers_a_web_page_with_status_200(self, tool, column, lms):
        lms.quirks.answer_html = True

        for answer in (tool.send(column), tool.ask_for_token()):
            assert (answer.status_code, answer.mimetype) == (200, "text/html")
            assert answer.text.lstrip().startswith("<!doctype html>")
        assert lms.score_of("2", "u-ines") is None

    def test_takes_its_time(self, tool, column, lms):
        lms.quirks.slow_seconds = 0.05
        began = time.monotonic()

        assert tool.send(column).status_code == 200
        assert time.monotonic() - began >= 0.05

    def test_refuses_tokens(self, tool, lms):
        lms.quirks.refuse_tokens = True

        assert tool.ask_for_token().status_code == 400


class TestTroublesOfSingleCalls:
    @pytest.mark.parametrize(
        ("trouble", "status"),
        [("unauthorised", 401), ("rate-limited", 403), ("too-many", 429), ("error", 500)],
    )
    def test_are_met_once_and_nothing_is_done(self, tool, column, lms, trouble, status):
        lms.quirks.troubles = [trouble]

        answer = tool.send(column)

        assert answer.status_code == status
        assert lms.score_of("2", "u-ines") is None
        assert tool.send(column).status_code == 200

    def test_are_told_as_each_lms_tells_them(self, tool, column, lms):
        lms.quirks.troubles = ["rate-limited", "too-many"]

        assert "Rate Limit Exceeded" in tool.send(column).text
        assert tool.send(column).headers["Retry-After"] == "30"

    def test_come_in_their_order(self, tool, column, lms):
        lms.quirks.troubles = ["fine", "error", "fine"]

        assert [tool.results(column).status_code for _ in range(3)] == [200, 500, 200]

    def test_a_cut_answer_announces_more_than_it_has(self, tool, column, lms):
        lms.quirks.troubles = ["fine", "cut"]
        whole = tool.results(column)

        cut = tool.results(column)

        assert int(cut.headers["Content-Length"]) > len(whole.data) >= len(cut.data)

    def test_are_lined_up_on_the_page_of_behaviour(self, browser, lms):
        browser.client.post("/quirks", data={"troubles": "fine lost nonsense"})

        assert lms.quirks.troubles == ["fine", "lost"]
        assert 'value="fine lost"' in browser.client.get("/quirks").text


class TestTheLogOfCalls:
    def test_tells_time_method_path_status_and_a_word(self, tool, column, lms, clock):
        lms.calls.clear()

        tool.send(column, comment="Bien")

        (call,) = lms.requests
        assert (call.at, call.method, call.status, call.word) == (clock(), "POST", 200, "score stored")
        assert call.path.endswith("/scores")
        assert call.query == "type_id=1"
        assert "Bien" in call.body

    def test_is_searched_by_word(self, tool, column, lms):
        tool.send(column, userId="u-nobody")

        assert [call.status for call in lms.calls_described("score refused")] == [400]

    @pytest.mark.parametrize("secret", ["client_assertion", "Bearer"])
    def test_keeps_no_token_and_no_assertion(self, tool, column, lms, secret):
        tool.columns()

        assert secret not in repr(lms.requests)

    def test_does_not_show_the_lms_s_own_pages_as_messages(self, browser, lms):
        browser.client.get("/")

        assert lms.calls.exchanged_with_tool() == []
        assert [call.word for call in lms.requests] == ["person changed", "page"]

    def test_uses_known_words_only(self, browser, tool, column, lms):
        tool.send(column)
        tool.call("GET", "/lti/services/9/lineitems", accept=CONTAINER)
        browser.begin()
        browser.client.get("/lti/return")

        assert {call.word for call in lms.requests} <= set(WORDS)


class TestBrokenSetups:
    """What administrators of an LMS get wrong, or leave switched off."""

    def test_a_key_set_may_be_another_thing(self, browser, lms):
        def published() -> object:
            return browser.client.get("/lti/certs")

        lms.quirks.key_set_answers = "empty"
        assert published().get_json() == {"keys": []}
        lms.quirks.key_set_answers = "short"
        (key,) = published().get_json()["keys"]
        assert len(key["n"]) == 171  # 1024 bits in base64url
        lms.quirks.key_set_answers = "page"
        assert published().mimetype == "text/html"
        lms.quirks.key_set_answers = "elsewhere"
        assert published().location.startswith("https://elsewhere.example/")

    def test_one_audience_may_be_the_only_one(self, tool, lms):
        lms.quirks.audience_wanted = "https://api.example/token"
        assert json.loads(tool.ask_for_token().text) == {"error": "Audience not accepted"}
        accepted = tool.ask_for_token(assertion=tool.assertion(aud="https://api.example/token"))
        assert accepted.status_code == 200

    def test_scopes_may_be_withheld_from_tokens_or_altogether(self, tool, lms):
        lms.quirks.scopes_not_granted = ["score"]
        assert "scope/score" not in json.loads(tool.ask_for_token().text)["scope"]
        lms.quirks.scopes_not_allowed = ["lineitem"]
        assert "scope/lineitem " not in json.loads(tool.ask_for_token().text)["scope"] + " "

    def test_the_list_of_a_large_course_may_be_refused(self, tool, lms):
        lms.quirks.roster_too_large = True
        answer = tool.roster()
        assert answer.status_code == 403
        assert "above_response_limit" in answer.text
