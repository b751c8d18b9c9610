"""Having a token for the gradebook, and measuring the platform's clock."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from lti_tool.errors import ServiceProblem, ServiceRefused
from lti_tool.lti import keys, names
from lti_tool.lti.scores import GradebookConnection
from lti_tool.transactions import transaction
from tests.unit.lti.gradebook import dated, score
from tests.unit.lti.simulator import Reply, data

pytestmark = pytest.mark.slow_on_postgresql


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

        with GradebookConnection(access, names.AGS_SCOPES, clock, transaction) as connection:
            connection.results(gradebook.item_url)

        assertion = parse_qs(gradebook.server.received[0].body.decode())["client_assertion"][0]
        decoded = jwt.decode(assertion, KeySet.import_key_set(keys.public_key_set()))
        assert decoded.claims["aud"] == "https://api.brightspace.com/auth/token"

    def test_dates_the_assertion_by_the_platform_s_clock(self, gradebook, access, clock):
        access = type(access)(**vars(access) | {"clock_offset": -120.0})
        gradebook.replies = [Reply(200, b"[]")]

        with GradebookConnection(access, names.AGS_SCOPES, clock, transaction) as connection:
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

    @pytest.mark.parametrize(("seconds_on_its_way", "asked"), [(90, 2), (5, 1)])
    def test_signs_anew_what_ran_out_on_its_way_and_nothing_else(
        self, gradebook, connection, clock, seconds_on_its_way, asked
    ):
        """A machine slept between signing and sending; what is refused in time is refused."""
        gradebook.replies = [Reply(200, b"[]")]
        answer, came = gradebook.server.answer, []

        def slow_at_first(received):
            if not received.path.startswith("/token"):
                return answer(received)
            came.append(received)
            if len(came) > 1:
                return answer(received)
            clock.tick(seconds_on_its_way)
            return dated(clock(), "400 Bad Request", '{"error": "invalid_client"}')

        gradebook.server.answer = slow_at_first

        if asked == 2:
            assert connection.results(gradebook.item_url) == {}
        else:
            with pytest.raises(ServiceRefused):
                connection.results(gradebook.item_url)
        assert len(came) == asked

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

    @pytest.mark.parametrize("days", [-400, -2, 2, 400])
    def test_does_not_believe_a_clock_of_another_day(self, gradebook, connection, now, days):
        gradebook.replies = [dated(now + timedelta(days=days), "200 OK", "[]")]

        connection.results(gradebook.item_url)

        assert connection.clock_offset is None

    def test_knows_nothing_before_a_call(self, connection):
        assert connection.clock_offset is None

    def test_writes_a_moment_of_any_zone_in_utc_with_milliseconds(self, gradebook, connection):
        gradebook.replies = [Reply(200)]
        moment = datetime.fromisoformat("2026-11-23T13:00:00.123456+01:00")

        connection.send_score(gradebook.item_url, score(moment.astimezone(UTC)))

        assert json.loads(gradebook.calls[0].body)["timestamp"] == "2026-11-23T12:00:00.123Z"
