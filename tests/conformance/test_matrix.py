"""Every example launch on every way into the tool, every bad case as a request, every example in some test."""

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lti_tool import clock
from lti_tool.lti import names
from lti_tool.models import BrowserSession, Community, Enrolment, LaunchRecord, PlatformState, Seat, User
from tests.conformance.replay import Answer, Replay, Visitor, payload_of, state_and_nonce
from tests.functional.launches import role_of
from tests.unit.lti import test_launches as bad
from tests.unit.lti.simulator import CLAIM, DATA, OTHER_KEY, TOOL, data
from tests.unit.lti.test_good_launches import GENERIC_GOOD, RECORDED_GOOD

pytestmark = pytest.mark.slow_on_postgresql

NO_COURSE, WHAT_IS_HELD, ANSWERED = "no course", "what is held", "answered"
# What becomes of each example: the role it gives, a page without a community, or why it is refused.
EXPECTED = {
    **{("lti", name): str(role) for name, role in GENERIC_GOOD},
    **{("moodle", name): str(role) for name, role in RECORDED_GOOD},
    ("lti", "canvas-account-navigation-admin"): NO_COURSE,
    ("lti", "no-context-instructor"): NO_COURSE,
    ("lti", "data-privacy-launch"): WHAT_IS_HELD,
    # Its second audience is nobody that we know: OpenID Connect Core 3.1.3.7 has it rejected. Without that
    # audience it is refused for having nobody in it (below).
    ("lti", "anonymous-resource-link"): "audience-extra",
    ("lti", "canvas-deep-linking-request"): ANSWERED,
    ("lti", "moodle-deep-linking-request"): ANSWERED,
    ("lti", "moodle-submission-review"): ANSWERED,
    ("moodle", "deep_linking_request"): ANSWERED,
    ("moodle", "submission_review_request"): ANSWERED,
    ("moodle", "submission_review_request_by_student"): ANSWERED,
}
# A community shows nothing to an observer but that it is there; role_of tells them from members.
LAUNCHES = sorted(EXPECTED)
INTO_A_COMMUNITY = [key for key in LAUNCHES if EXPECTED[key] in ("trainer", "learner", "observer")]


def outcome(kind: str, name: str) -> str:
    """What is expected of an example; a message of a kind that this version does not answer is refused so."""
    expected = EXPECTED[kind, name]
    message = payload_of(kind, name)[CLAIM + "message_type"]
    return "message-not-supported-yet" if message in names.NOT_YET else expected


def check(answer: Answer, replay: Replay, expected: str) -> None:
    """The page, the session and the launch log say what is expected."""
    logged, code = replay.codes()[-1]
    if expected in ("trainer", "learner", "observer"):
        assert (answer.status, role_of(answer), logged) == (200, expected, "admitted")
    elif expected in (NO_COURSE, WHAT_IS_HELD):
        known = {NO_COURSE: "no-course", WHAT_IS_HELD: "data-privacy"}
        assert (answer.status, logged, code) == (200, "admitted", known[expected])
        assert not answer.sets_session
    elif expected == ANSWERED:
        assert answer.status in (200, 403) and code != "message-not-supported-yet"
    else:
        refused(answer, replay, expected)
    assert "eyJ" not in answer.html


def refused(answer: Answer, replay: Replay, code: str, status: range = range(400, 500)) -> None:
    assert answer.status in status and not answer.sets_session
    assert replay.codes()[-1] == ("refused", code)
    assert answer.soup.select_one("h1").text.strip()
    assert "eyJ" not in answer.html


def in_the_frame(replay, expected):
    check(replay.visitor().launch("POST"), replay, expected)


def begun_by_a_link(replay, expected):
    check(replay.visitor().launch("GET"), replay, expected)


def in_a_new_tab(replay, expected):
    """The frame keeps no cookie: the login page's own link opens the same login where cookies are kept."""
    frame = replay.visitor()
    link = frame.login().soup.select_one("a[data-tab]")["href"]
    tab = replay.visitor(**{"Sec-Fetch-Dest": "document"})
    state, nonce = state_and_nonce(tab.open(link))
    check(tab.post(tab.form(state, nonce)), replay, expected)
    state, nonce = frame.begin()
    frame.client = replay.app.test_client()  # the cookie did not stick
    refused(frame.post(frame.form(state, nonce)), replay, "state-other-browser")


def without_a_client_id(replay, expected):
    visitor = replay.visitor()
    state, nonce = visitor.begin(client_id=None, lti_message_hint=None, lti_deployment_id=None)
    check(visitor.post(visitor.form(state, nonce)), replay, expected)


def with_what_no_standard_knows(replay, expected):
    visitor = replay.visitor()
    state, nonce = visitor.begin(canvas_region="us-east-1", lti_storage_target="_parent", x="<b>")
    odd = {"errors": {"errors": {}}, "https://x.example/claim": [None], CLAIM + "lti1p1": {"user_id": None}}
    check(visitor.post(visitor.form(state, nonce, lambda claims: claims.update(odd))), replay, expected)


def posted_twice(replay, expected):
    visitor = replay.visitor()
    form = visitor.form(*visitor.begin())
    check(visitor.post(form), replay, expected)
    refused(visitor.post(form), replay, "launch-replayed")


def known_already(replay, expected):
    """The second visit of the same browser makes nothing anew."""
    visitor = replay.visitor()
    check(visitor.launch(), replay, expected)
    tables = (User, Enrolment, Community, Seat, BrowserSession)
    with replay.database() as session:
        before = [session.scalar(select(func.count()).select_from(table)) for table in tables]
    check(visitor.launch(), replay, expected)
    with replay.database() as session:
        assert [session.scalar(select(func.count()).select_from(table)) for table in tables] == before


def two_begun_before_either_ends(replay, expected):
    visitor = replay.visitor()
    first, second = visitor.begin(), visitor.begin()
    check(visitor.post(visitor.form(*second)), replay, expected)
    check(visitor.post(visitor.form(*first)), replay, expected)


def with_the_token_of_the_other_login(replay, expected):
    visitor = replay.visitor()
    (state, _), (_, nonce) = visitor.begin(), visitor.begin()
    audience_first = "audience-extra" if expected == "audience-extra" else "nonce-wrong"
    refused(visitor.post(visitor.form(state, nonce)), replay, audience_first)


def in_a_browser_that_did_not_begin_it(replay, expected):
    form = (one := replay.visitor()).form(*one.begin())
    other = replay.visitor()
    other.begin()
    refused(other.post(form), replay, "state-other-browser")


def signed_by_somebody_else(replay, expected):
    refused(replay.visitor().launch(key=OTHER_KEY), replay, "signature-wrong")


def answered_with_an_error(replay, expected):
    visitor = replay.visitor()
    state, _ = visitor.begin()
    answer = visitor.post(data("lti", "auth-error-response")["params"] | {"state": state})
    refused(answer, replay, "platform-error")


def of_a_paused_platform(replay, expected):
    visitor = replay.visitor()
    begun = visitor.begin()
    replay.change_platform(state=PlatformState.SUSPENDED)
    refused(visitor.post(visitor.form(*begun)), replay, "platform-suspended")
    assert visitor.login().status == 400


FLOWS = (
    in_the_frame,
    begun_by_a_link,
    in_a_new_tab,
    without_a_client_id,
    with_what_no_standard_knows,
    posted_twice,
    known_already,
    two_begun_before_either_ends,
    with_the_token_of_the_other_login,
    in_a_browser_that_did_not_begin_it,
    signed_by_somebody_else,
    answered_with_an_error,
    of_a_paused_platform,
)


class TestEveryLaunch:
    @pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
    @pytest.mark.parametrize(("kind", "name"), LAUNCHES, ids=lambda part: part)
    def test_goes_as_it_should(self, replay, kind, name, flow):
        flow(replay(kind, name), outcome(kind, name))

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
            assert 'oauth_consumer_key_sign": "' not in str(
                session.scalars(select(LaunchRecord.claims)).all()
            )


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
        expected = bad.EXPECTED[case["id"]]
        if expected is None:
            check(answer, platform, "learner")
        else:
            refused(answer, platform, expected)

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
    time_machine.shift(11 * 60) if hasattr(time_machine, "coordinates") else None
    time_machine.move_to(clock.now().timestamp() + 11 * 60, tick=True)
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
    # Ours are made, theirs are read: these are what another tool sent, to compare with by eye.
    COMPARED = frozenset(
        {"canvas-registration-request", "moodle-registration-request", "registration-request"}
    )

    def test_is_named_by_a_test(self):
        sources = "\n".join(file.read_text(encoding="utf-8") for file in self.TESTS.rglob("test_*.py"))
        sources += (self.TESTS / "unit/lti/examples.py").read_text(encoding="utf-8")
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
