"""Exchanges with the services of LMSs, as recorded or documented: what came there is understood here."""

import json
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from lti_tool.errors import LaunchRefused, ServiceRefused
from lti_tool.lti import keys, keysets, names, store
from lti_tool.lti.notices import NoticeConnection
from lti_tool.lti.rosters import RosterConnection
from lti_tool.lti.scores import GradebookConnection
from lti_tool.transactions import transaction
from tests.unit.lti.gradebook import score
from tests.unit.lti.simulator import PLATFORM_KEY, Reply, data, json_reply

pytestmark = pytest.mark.slow_on_postgresql

TOKENS = ["moodle-token", "canvas-token", "brightspace-token"]


def asked_for_a_token(gradebook) -> dict[str, str]:
    body = gradebook.server.received[0].body.decode()
    return {name: values[0] for name, values in parse_qs(body).items()}


def with_access(access, **changes):
    return type(access)(**vars(access) | changes)


class TestATokenRequest:
    @pytest.mark.parametrize("name", TOKENS)
    def test_is_made_as_the_lms_documents_it(self, gradebook, access, clock, name):
        example = data("lti", name)
        expected = example["request"]["form"]
        # Brightspace's audience is another than its token address.
        audience = example["assertion_payload"]["aud"]
        wanted = None if audience == example["request"]["url"] else audience
        gradebook.replies = [Reply(200, b'{"members": []}')]
        gradebook.token = example["response"]["body"] | {"access_token": "t"}
        access = with_access(access, token_audience=wanted)
        if names.ROSTER_READ in expected["scope"]:
            with RosterConnection(access, clock, transaction) as roster:
                list(roster.pages(f"{gradebook.server.url}/members"))
        else:
            gradebook.replies = [Reply(200, b"")]
            with GradebookConnection(access, expected["scope"].split(), clock, transaction) as lms:
                lms.send_score(gradebook.item_url, score(clock()))
        form = asked_for_a_token(gradebook)
        for field in ("grant_type", "client_assertion_type"):
            assert form[field] == expected[field]
        assert set(form["scope"].split()) == set(expected["scope"].split())
        decoded = jwt.decode(form["client_assertion"], KeySet.import_key_set(keys.public_key_set()))
        assert decoded.header.keys() == example["assertion_header"].keys()
        assert decoded.claims.keys() >= example["assertion_payload"].keys()
        assert decoded.claims["aud"] == (wanted or access.token_url)

    @pytest.mark.parametrize("name", TOKENS)
    def test_whose_refusal_is_documented_is_a_refusal(self, gradebook, access, clock, name):
        for error in data("lti", name)["errors"]:
            gradebook.replies = [Reply(200, b"[]")]
            gradebook.token_reply = json_reply(error["body"], error["status"])
            with (
                GradebookConnection(access, names.AGS_SCOPES, clock, transaction) as lms,
                pytest.raises(ServiceRefused) as refused,
            ):
                lms.results(gradebook.item_url)
            assert refused.value.code in ("token-refused", "scope-missing")

    def test_is_answered_by_moodle_as_recorded(self, gradebook, connection):
        recorded = data("moodle", "token_response")
        gradebook.replies = [Reply(200, b"[]")]
        gradebook.token_reply = Reply(recorded["status"], recorded["body_text"].encode(), recorded["headers"])
        connection.results(gradebook.item_url)
        (call,) = gradebook.calls
        expected = json.loads(recorded["body_text"])["access_token"]
        assert call.headers["Authorization"] == f"Bearer {expected}"


class TestAGradebook:
    def test_of_canvas_is_read_page_by_page_with_its_bookmark_as_it_is(self, gradebook, connection):
        example = data("lti", "canvas-ags-lineitems")
        url = f"{gradebook.server.url}/api/lti/courses/301/line_items"
        following = f"{url}?tag=participation&page=bookmark:WyJRd0VyVHkiXQ&per_page=10"
        ours = example["body"][0] | {"tag": "ours", "resourceId": "r", "id": f"{url}/78"}
        gradebook.replies = [
            json_reply(example["body"], Link=f'<{following}>; rel="next"'),
            json_reply([ours]),
        ]
        found = connection.find_or_create_line_item(
            url, tag="ours", resource_id="r", label="x", maximum=Decimal(100)
        )
        assert found.url == f"{url}/78"
        assert gradebook.calls[1].path.endswith("page=bookmark:WyJRd0VyVHkiXQ&per_page=10")

    def test_of_moodle_is_found_by_its_tag(self, gradebook, connection):
        body = data("lti", "moodle-ags-lineitems")["body"]
        wanted = next(item for item in body if item.get("tag"))
        gradebook.replies = [json_reply(body)]
        found = connection.find_or_create_line_item(
            gradebook.items_url,
            tag=wanted["tag"],
            resource_id=wanted["resourceId"],
            label="x",
            maximum=Decimal(1),
        )
        assert (found.url, found.label) == (wanted["id"], wanted["label"])
        assert len(gradebook.calls) == 1

    @pytest.mark.parametrize("lms", ["moodle", "canvas"])
    def test_tells_its_results(self, gradebook, connection, lms):
        listed = data("lti", "ags-results")[lms]
        gradebook.replies = [json_reply(listed)]
        found = connection.results(gradebook.item_url)
        (result,) = found.values()
        assert list(found) == [listed[0]["userId"]]
        assert (result.value, result.maximum) == (Decimal("87.5"), Decimal(100))
        assert gradebook.calls[0].headers["Accept"] == data("lti", "ags-results")["request"]["accept"]

    def test_is_sent_scores_of_the_documented_shape(self, gradebook, access, clock):
        example = data("lti", "ags-score")
        for name, of_canvas in (("final", False), ("canvas_grade_only", True)):
            gradebook.server.received.clear()
            gradebook.replies = [Reply(200, b"")]
            ours = with_access(access, issuer="https://canvas.instructure.com") if of_canvas else access
            with GradebookConnection(ours, names.AGS_SCOPES, clock, transaction) as lms:
                lms.send_score(gradebook.item_url, score(clock(), final=True, comment="12 posts, 4 replies"))
            call, expected = gradebook.calls[-1], example["bodies"][name]
            assert call.headers["Content-Type"] == example["request"]["content_type"]
            assert call.path == "/2/lineitems/4/lineitem/scores?type_id=1"
            sent = json.loads(call.body)
            assert sent.keys() - {"comment"} == expected.keys() - {"comment"}
            for field in ("activityProgress", "gradingProgress"):
                assert sent[field] == expected[field]


class TestARoster:
    def test_of_moodle_for_one_link_reads_as_any_other(self, gradebook, access, clock):
        gradebook.replies = [json_reply(data("lti", "moodle-nrps-rlid")["body"])]
        with RosterConnection(access, clock, transaction) as roster:
            ((member,),) = roster.pages(f"{gradebook.server.url}/memberships?rlid=9")
        assert (member.sub, member.name, member.roles) == ("43", "Sam Student", ("Learner",))

    @pytest.mark.parametrize(
        "case", data("lti", "nrps-errors")["cases"], ids=lambda case: f"{case['lms']}-{case['status']}"
    )
    def test_that_is_refused_is_refused_for_good(self, gradebook, access, clock, case):
        gradebook.replies = [json_reply(case.get("body", {}), case["status"])]
        with (
            RosterConnection(access, clock, transaction) as roster,
            pytest.raises(ServiceRefused) as refused,
        ):
            list(roster.pages(f"{gradebook.server.url}/memberships?rlid=9"))
        expected = {401: "token-refused", 404: "roster-gone", 400: "service-refused", 403: "roster-too-large"}
        # Moodle says with a 401 that the scope was not granted.
        assert refused.value.code in (expected[case["status"]], "access-refused")


class TestKeys:
    def test_of_moodle_are_read_as_recorded(self, server, add_platform, now):
        recorded = data("moodle", "platform_jwks")
        # Only the modulus was left out of the recording.
        key = recorded["body"]["keys"][0] | {"n": PLATFORM_KEY.as_dict(private=False)["n"]}
        server.answer = lambda received: json_reply({"keys": [key]}, **recorded["headers"])
        platform_id = add_platform(jwks_url=f"{server.url}/certs", key_set=None, fetched_at=None)
        keysets.fetch_if_missing(key["kid"], platform_id, now, transaction)
        with transaction():
            assert store.key_set_of(platform_id).keys == {"keys": [key]}

    def test_that_lost_their_modulus_are_no_keys_to_sign_with(self, server, add_platform, now):
        server.answer = lambda received: json_reply({"keys": []})
        platform_id = add_platform(jwks_url=f"{server.url}/certs", key_set=None, fetched_at=None)
        with pytest.raises(LaunchRefused, match="keys-unavailable"):
            keysets.fetch_if_missing("x", platform_id, now, transaction)

    def test_of_ours_have_the_documented_shape_before_and_after_a_change(self, app, now):
        expected = data("lti", "tool-jwks")["body"]["keys"]
        with transaction():
            keys.ensure_signing_key(now)
        with transaction():
            keys.rotate(now, now + timedelta(days=1))
        published = keys.public_key_set()["keys"]
        assert len(published) == len(expected)
        for one in published:
            assert one.keys() == expected[0].keys()
            assert (one["kty"], one["alg"], one["use"]) == ("RSA", "RS256", "sig")
        assert len({one["kid"] for one in published}) == 2


class TestNoticeHandlers:
    EXAMPLE = data("lti", "pns-handler-registration")

    def test_are_put_as_documented(self, gradebook, access, clock):
        gradebook.replies = [json_reply(self.EXAMPLE["get_response"]["notice_handlers"][0])]
        wanted = self.EXAMPLE["put"]
        with NoticeConnection(access, clock, transaction) as lms:
            lms.register(
                f"{gradebook.server.url}/api/lti/notice-handlers/106",
                wanted["body"]["notice_type"],
                wanted["body"]["handler"],
            )
        (call,) = gradebook.calls
        sent = json.loads(call.body)
        assert (call.method, call.path) == ("PUT", "/api/lti/notice-handlers/106")
        assert sent.keys() == wanted["body"].keys()
        assert {name: sent[name] for name in ("notice_type", "handler")} == {
            name: wanted["body"][name] for name in ("notice_type", "handler")
        }
        assert asked_for_a_token(gradebook)["scope"] == wanted["scope"]

    @pytest.mark.parametrize(
        ("status", "code"), [(404, "notices-gone"), (403, "access-refused"), (400, "service-refused")]
    )
    def test_that_are_refused_are_refused_for_good(self, gradebook, access, clock, status, code):
        gradebook.replies = [json_reply({"error": "no"}, status)]
        with (
            NoticeConnection(access, clock, transaction) as lms,
            pytest.raises(ServiceRefused, match=code),
        ):
            lms.register(f"{gradebook.server.url}/h", "LtiContextCopyNotice", "https://tool.example/n")
