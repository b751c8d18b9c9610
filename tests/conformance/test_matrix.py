"""Every example launch on every way into the tool, every bad case as a request, every file in some test."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.models import Enrolment, LaunchRecord, Seat, User
from tests.conformance.replay import Visitor
from tests.conformance.ways import (
    EVERY_WAY,
    EXPECTED,
    INTO_A_COMMUNITY,
    LAUNCHES,
    check,
    in_a_browser_that_did_not_begin_it,
    of_a_paused_platform,
    posted_twice,
    refused,
    with_the_token_of_the_other_login,
)
from tests.functional.launches import role_of
from tests.unit.lti import test_launches as bad
from tests.unit.lti.simulator import CLAIM, DATA, TOOL, data

pytestmark = pytest.mark.slow_on_postgresql


class TestEveryLaunch:
    @pytest.mark.parametrize(("kind", "name", "flow"), EVERY_WAY)
    def test_goes_as_it_should(self, replay, kind, name, flow):
        flow(replay(kind, name), EXPECTED[kind, name])

    @pytest.mark.parametrize(("kind", "name"), LAUNCHES, ids=lambda part: part)
    def test_of_a_deployment_that_was_not_named_is_refused_where_some_were(self, replay, kind, name):
        strict = replay(kind, name, accept_deployments=False, deployment_ids=("another",))
        before = EXPECTED[kind, name]
        code = before if before == "audience-extra" else "deployment-unknown"
        refused(strict.visitor().launch(), strict, code)

    @pytest.mark.parametrize(("kind", "name"), INTO_A_COMMUNITY, ids=lambda part: part)
    def test_of_the_first_deployment_is_let_in_and_of_another_waits(self, replay, kind, name):
        first = replay(kind, name, accept_deployments=False)
        check(first.visitor().launch(), first, EXPECTED[kind, name])
        other = first.visitor().launch(
            change=lambda claims: claims.update({CLAIM + "deployment_id": "another"})
        )
        refused(other, first, "deployment-waiting")

    def test_of_all_that_there_are_is_in_the_matrix(self):
        found = set()
        for kind in ("lti", "moodle"):
            for file in (DATA / kind).glob("*.json"):
                content = json.loads(file.read_text(encoding="utf-8"))
                claims = content.get("jwt_payload") or content.get("claims") or {}
                found |= {(kind, file.stem)} if CLAIM + "message_type" in claims else set()
        assert found == set(EXPECTED)

    def test_that_names_nobody_is_told_so(self, replay):
        anonymous = replay("lti", "anonymous-resource-link")
        audience = {"aud": anonymous.client_id}
        answer = anonymous.visitor().launch(change=lambda claims: claims.update(audience))
        refused(answer, anonymous, "anonymous")
        assert "did not say who you are" in answer.soup.h1.text

    def test_of_a_student_view_is_marked_and_counted_by_nobody(self, replay):
        canvas = replay("lti", "canvas-student-view-test-user")
        assert canvas.visitor().launch().status == 200
        with canvas.database() as session:
            assert session.scalars(select(Enrolment.test_user)).all() == [True]
            assert session.scalars(select(Seat.test_user)).all() == [True]

    def test_of_a_mentor_shows_and_keeps_nobody_whom_they_accompany(self, replay):
        canvas = replay("lti", "canvas-observer")
        mentored = {CLAIM + "role_scope_mentor": ["u-secret-mentee"]}
        page = canvas.visitor().launch(change=lambda claims: claims.update(mentored))
        assert role_of(page) == "observer"
        assert "u-secret-mentee" not in page.html
        with canvas.database() as session:
            assert "u-secret-mentee" not in str(session.scalars(select(LaunchRecord.claims)).all())
            assert session.scalars(select(User.sub)).all() == [canvas.payload["sub"]]

    @pytest.mark.parametrize(
        "old",
        [
            data("lti", "lti1p1-migration")["claim"][CLAIM + "lti1p1"],
            {"user_id": None, "errors": {"errors": {}}, "validation_context": None},
            {"oauth_consumer_key": "x", "oauth_consumer_key_sign": "wrong"},
            None,
            "x",
        ],
        ids=["sheet", "canvas", "forged", "null", "text"],
    )
    def test_says_nothing_by_what_it_was_in_lti_1_1(self, replay, old):
        moodle = replay("lti", "moodle-resource-link-learner")
        visitor = moodle.visitor()
        check(visitor.launch(), moodle, "learner")
        claim = {CLAIM + "lti1p1": old}
        check(visitor.launch(change=lambda claims: claims.update(claim)), moodle, "learner")
        with moodle.database() as session:
            assert session.scalars(select(User.sub)).all() == [moodle.payload["sub"]]
            kept = session.scalars(select(LaunchRecord.claims).order_by(LaunchRecord.id.desc())).first()
            assert "lWd54kFo5qU7" not in str(kept)


NOTHING_TO_PLACE = "nothing to place"
# The token is good, and what it asks for is not given.
OF_THE_WHOLE_TOOL = {"dl_type_not_accepted": NOTHING_TO_PLACE, "dl_learner": "deep-linking-not-staff"}


class TestEveryBadCase:
    """`negative-cases.json`: the same cases that the unit tests verify, as requests to the whole tool."""

    @pytest.mark.parametrize("case", bad.TOKEN_CASES, ids=lambda case: case["id"])
    def test_of_a_token_is_refused_calmly(self, replay, case):
        base = case["mutate"].get("base", bad.NEGATIVE["base"]).removesuffix(".json")
        platform = replay("lti", base, accept_deployments=False, deployment_ids=("5",))
        visitor = platform.visitor()
        state, nonce = visitor.begin()
        token = bad.token_of_case(case, clock.now().timestamp(), nonce)
        answer = visitor.post({"state": state, "id_token": token})
        expected = OF_THE_WHOLE_TOOL.get(case["id"]) or bad.EXPECTED[case["id"]] or "learner"
        if expected == NOTHING_TO_PLACE:
            assert (answer.status, platform.codes()[-1][0]) == (200, "admitted")
            assert not answer.soup.select("input[name=what]")
        elif expected == "learner":
            check(answer, platform, "learner")
        else:
            refused(answer, platform, expected)

    def test_of_an_unknown_key_asks_for_the_keys_once_more_and_no_oftener(self, replay, published):
        platform = replay("lti", "moodle-resource-link-learner")
        platform.change_platform(jwks_url=f"{published.url}/jwks", key_set_refetch_at=None)
        header = {"alg": "RS256", "typ": "JWT", "kid": "does-not-exist"}
        for _ in range(2):
            refused(platform.visitor().launch(header=header), platform, "key-unknown")
        assert [asked.path for asked in published.received] == ["/jwks"]

    @pytest.mark.parametrize("case", sorted(bad.FLOWS))
    def test_of_a_way_is_refused_calmly(self, replay, case, time_machine):
        platform = replay("lti", "moodle-resource-link-learner")
        visitor = platform.visitor()
        bad_ways[case](platform, visitor, time_machine)


def nonce_of_other_state(platform, visitor, _):
    with_the_token_of_the_other_login(platform, "learner")


def replay_same_token(platform, visitor, _):
    posted_twice(platform, "learner")


def state_missing(platform, visitor, _):
    form = visitor.form(*visitor.begin())
    refused(visitor.post({"id_token": form["id_token"]}), platform, "state-missing")


def state_unknown(platform, visitor, _):
    form = visitor.form(*visitor.begin())
    refused(visitor.post(form | {"state": "made-up"}), platform, "state-unknown")


def state_other_browser(platform, visitor, _):
    in_a_browser_that_did_not_begin_it(platform, "learner")


def state_expired(platform, visitor, time_machine):
    begun = visitor.begin()
    time_machine.move_to(clock.now() + timedelta(minutes=11), tick=True)
    answer = visitor.post(visitor.form(*begun))
    refused(answer, platform, "state-expired")
    assert "Open the link of the community again." in answer.html


def platform_error(platform, visitor, _):
    state, _nonce = visitor.begin()
    said = {"state": state, "error": "<script>alert(1)</script>x", "error_description": "<img onerror=1>No"}
    answer = visitor.post(said)
    refused(answer, platform, "platform-error")
    assert "<script>alert" not in answer.html and "<img" not in answer.html


def registration_disabled(platform, visitor, _):
    of_a_paused_platform(platform, "learner")


def login_refused(visitor: Visitor, code: str, **changes) -> None:
    for method in ("GET", "POST"):
        answer = visitor.login(method, **changes)
        assert answer.status == 400 and "Location" not in answer.response.headers
        assert code in answer.html and not answer.sets_session


def login_unknown_iss(platform, visitor, _):
    login_refused(visitor, "login-unknown-issuer", iss="https://unknown.example")


def login_no_login_hint(platform, visitor, _):
    login_refused(visitor, "login-no-hint", login_hint=None)


def login_no_client_id_two_registrations(platform, visitor, _):
    platform.register("a-second-client", deployment_ids=("77",))
    login_refused(visitor, "login-ambiguous-client", client_id=None)
    assert visitor.login(client_id=None, lti_deployment_id="77").status == 200


def login_foreign_target(platform, visitor, _):
    login_refused(visitor, "login-foreign-target", target_link_uri="https://evil.example/")


bad_ways = {case: globals()[case] for case in bad.FLOWS}


class TestEveryExample:
    """Each file of examples is replayed by a test, here or in the folder where its matter is tested."""

    TESTS = Path(__file__).resolve().parents[1]
    LISTS = ("unit/lti/examples.py", "conformance/ways.py")
    # What another tool sent is compared with by eye; of the last one there is a recording, which is replayed.
    COMPARED = frozenset(
        {
            "canvas-registration-request",
            "moodle-registration-request",
            "registration-request",
            "moodle-registration-response",
        }
    )

    def test_is_named_by_a_test(self):
        files = [*self.TESTS.rglob("test_*.py"), *(self.TESTS / one for one in self.LISTS)]
        sources = "\n".join(file.read_text(encoding="utf-8") for file in files)
        named = set(re.findall(r"[\"'/]([a-z0-9_-]+)(?:\.json)?[\"']", sources))
        files = {file.stem for kind in ("lti", "moodle") for file in (DATA / kind).glob("*.json")}
        assert files - named - self.COMPARED == set()

    @pytest.mark.parametrize("name", ["login-initiation"])
    def test_of_moodle_s_login_is_answered_as_recorded(self, replay, name):
        recorded = data("moodle", name)["params"]
        moodle = replay("moodle", "launch_student")
        answer = moodle.visitor().login(**recorded | {"target_link_uri": f"{TOOL}/lti/launch"})
        assert answer.status == 200
        address = answer.soup.select_one("[data-auth-url]")["data-auth-url"]
        assert "lti_message_hint=%7B%22cmid%22%3A6" in address
