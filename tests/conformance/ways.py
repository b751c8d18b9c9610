"""What becomes of each example, and every way on which it is sent into the tool."""

import pytest
from sqlalchemy import func, select

from lti_tool.models import BrowserSession, Community, Enrolment, PlatformState, Seat, User
from tests.conformance.replay import Answer, Replay, state_and_nonce
from tests.functional.launches import SIGNED_TOKEN, role_of
from tests.unit.lti.simulator import CLAIM, OTHER_KEY, data
from tests.unit.lti.test_good_launches import GENERIC_GOOD, RECORDED_GOOD

NO_COURSE, WHAT_IS_HELD, DIALOG = "no course", "what is held", "dialog"
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
    ("lti", "canvas-deep-linking-request"): DIALOG,
    ("lti", "moodle-deep-linking-request"): DIALOG,
    ("moodle", "deep_linking_request"): DIALOG,
    # Nobody whom they are about has been here. What becomes of the others: tests/functional.
    ("lti", "moodle-submission-review"): "review-unknown-person",
    ("moodle", "submission_review_request"): "review-unknown-person",
    ("moodle", "submission_review_request_by_student"): "review-not-allowed",
}
LAUNCHES = sorted(EXPECTED)
INTO_A_COMMUNITY = [key for key in LAUNCHES if EXPECTED[key] in ("trainer", "learner", "observer")]


def check(answer: Answer, replay: Replay, expected: str) -> None:
    """The page, the session and the launch log say what is expected."""
    logged, code = replay.codes()[-1]
    if expected in ("trainer", "learner", "observer"):
        assert (answer.status, role_of(answer), logged) == (200, expected, "admitted")
    elif expected in (NO_COURSE, WHAT_IS_HELD):
        known = {NO_COURSE: "no-course", WHAT_IS_HELD: "data-privacy"}
        assert (answer.status, logged, code) == (200, "admitted", known[expected])
        assert not answer.sets_session
    elif expected == DIALOG:
        assert (answer.status, logged) == (200, "admitted")
        assert answer.soup.select("input[name=what]")
    else:
        refused(answer, replay, expected)
    assert not SIGNED_TOKEN.search(answer.html)


def refused(answer: Answer, replay: Replay, code: str, status: range = range(400, 500)) -> None:
    assert answer.status in status and not answer.sets_session
    assert replay.codes()[-1] == ("refused", code)
    assert answer.soup.select_one("h1").text.strip()
    assert not SIGNED_TOKEN.search(answer.html)


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


# What decides on these ways stands before the message itself: one example of each kind shows it every time,
# the whole product is for the long run.
BEFORE_THE_MESSAGE = frozenset(FLOWS[FLOWS.index(two_begun_before_either_ends) :])
OF_EACH_KIND = frozenset(
    (
        ("lti", "moodle-resource-link-learner"),
        ("lti", "canvas-course-navigation-teacher"),
        ("lti", "canvas-deep-linking-request"),
        ("lti", "anonymous-resource-link"),
        ("lti", "data-privacy-launch"),
        ("moodle", "launch_student"),
        ("moodle", "submission_review_request"),
    )
)
EVERY_WAY = [
    pytest.param(
        *example,
        flow,
        id=f"{'-'.join(example)}-{flow.__name__}",
        marks=[pytest.mark.long] if flow in BEFORE_THE_MESSAGE and example not in OF_EACH_KIND else [],
    )
    for example in LAUNCHES
    for flow in FLOWS
]
