"""Notices of the LMS: our address made known by a worker, each notice checked by itself and counted once."""

import json
from copy import deepcopy
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.lti.store import keep_key_set
from lti_tool.models import Course, CourseCopy, HandlerState, Notice, NoticeHandler, Platform, PlatformState
from lti_tool.services import course_copies, housekeeping, notice_handlers, notices, platforms
from lti_tool.services.platforms import Registration
from lti_tool.transactions import transaction
from tests.functional.launches import CLAIM, records, signed, without
from tests.support.statements import counted
from tests.support.world import ENGLISH, FRENCH, TOOL

pytestmark = pytest.mark.slow_on_postgresql

DATA = Path(__file__).parents[1] / "data/lti"
COPY = json.loads((DATA / "pns-context-copy-notice.json").read_text(encoding="utf-8"))
HELLO = json.loads((DATA / "pns-hello-world-notice.json").read_text(encoding="utf-8"))
HANDLER = json.loads((DATA / "pns-handler-registration.json").read_text(encoding="utf-8"))


@pytest.fixture
def telling(world):
    """An LMS that offers notices and knows where to send them."""
    world.lms.quirks.notices_in_launch = True
    world.enter("claire")
    register(world)
    return world


def register(world) -> None:
    with world.app.app_context():
        notice_handlers.register_wanted(clock.now, transaction)


def later(time_machine, seconds: int) -> None:
    time_machine.move_to(clock.now() + timedelta(seconds=seconds), tick=True)


def handlers(world) -> dict[str, NoticeHandler]:
    with world.database() as session:
        found = list(session.scalars(select(NoticeHandler)))
        session.expunge_all()
    return {one.notice_type: one for one in found}


def rows(world, table) -> list:
    with world.database() as session:
        found = list(session.scalars(select(table).order_by(table.id)))
        session.expunge_all()
    return found


def post(world, *texts, status: int):
    body = {"notices": [{"jwt": text} for text in texts]}
    answer = world.app.test_client().post("/lti/notices", json=body, base_url=TOOL)
    assert answer.status_code == status, answer.json
    return [(one["result"], one.get("code")) for one in answer.json["notices"]]


class TestMakingOurAddressKnown:
    def test_nothing_is_wanted_where_nothing_is_offered(self, world):
        world.enter("claire")
        assert handlers(world) == {}

    def test_a_launch_of_staff_wants_it_and_a_worker_tells_the_lms(self, telling):
        known = handlers(telling)
        assert set(known) == {"LtiHelloWorldNotice", "LtiContextCopyNotice"}
        for one in known.values():
            assert (one.state, one.handler) == (HandlerState.REGISTERED, f"{TOOL}/lti/notices")
            assert one.registered_at is not None and one.lease is None
        calls = telling.lms.calls_described("notice handler set")
        assert [(call.method, call.status) for call in calls] == [("PUT", 200)] * 2

    def test_the_greeting_of_the_lms_is_taken_in(self, telling):
        assert [(sent.type, sent.status) for sent in telling.lms.notices_sent] == [
            ("LtiHelloWorldNotice", 200)
        ]
        assert [one.notice_type for one in rows(telling, Notice)] == ["LtiHelloWorldNotice"]

    def test_a_learner_wants_nothing(self, world):
        world.lms.quirks.notices_in_launch = True
        world.enter("ines")
        assert handlers(world) == {}

    def test_an_administrator_outside_courses_wants_it(self, world):
        world.lms.quirks.notices_in_launch = world.lms.quirks.no_context = True
        browser = world.browser("ruth")
        assert browser.launch(browser.launch_form()).status == 200
        assert len(handlers(world)) == 2

    def test_what_is_known_is_not_told_again(self, telling):
        telling.enter("claire")
        register(telling)
        assert len(telling.lms.calls_described("notice handler set")) == 2

    def test_a_service_at_another_address_is_told_anew(self, telling):
        with telling.app.app_context(), transaction():
            db.session.execute(update(NoticeHandler).values(service_url="http://127.0.0.1:9/old"))
        telling.enter("claire")
        register(telling)
        assert {one.state for one in handlers(telling).values()} == {HandlerState.REGISTERED}
        assert len(telling.lms.calls_described("notice handler set")) == 4

    def test_an_lms_that_is_away_is_tried_again(self, world, time_machine):
        world.lms.quirks.notices_in_launch = True
        world.enter("claire")
        world.lms.quirks.down = True
        register(world)
        for one in handlers(world).values():
            assert (one.state, one.problem, one.attempts) == (HandlerState.WANTED, "platform-unavailable", 1)
        world.lms.quirks.down = False
        later(time_machine, 300)
        register(world)
        assert {(one.state, one.problem) for one in handlers(world).values()} == {
            (HandlerState.REGISTERED, None)
        }

    def test_a_refusal_is_noted_and_lasts_a_day(self, world, time_machine):
        world.lms.quirks.notices_in_launch = world.lms.quirks.refuse_tokens = True
        world.enter("claire")
        register(world)
        assert {(one.state, one.problem) for one in handlers(world).values()} == {
            (HandlerState.REFUSED, "token-refused")
        }
        world.lms.quirks.refuse_tokens = False
        world.enter("claire")
        assert {one.state for one in handlers(world).values()} == {HandlerState.REFUSED}
        later(time_machine, 90_000)
        world.enter("claire")
        register(world)
        assert {one.state for one in handlers(world).values()} == {HandlerState.REGISTERED}

    def test_what_a_dead_worker_left_is_taken_up(self, telling, time_machine):
        long_ago = {"state": HandlerState.REGISTERING, "lease": "x", "lease_until": clock.now()}
        with telling.app.app_context(), transaction():
            db.session.execute(update(NoticeHandler).values(**long_ago))
        later(time_machine, 1)
        register(telling)
        assert {one.state for one in handlers(telling).values()} == {HandlerState.REGISTERED}

    def test_a_paused_platform_is_not_called(self, world):
        world.lms.quirks.notices_in_launch = True
        world.enter("claire")
        with world.app.app_context(), transaction():
            db.session.execute(update(Platform).values(state=PlatformState.SUSPENDED))
        register(world)
        assert world.lms.calls_described("notice handler set") == []

    def test_a_launch_costs_one_statement_for_it(self, telling):
        browser = telling.browser("claire")
        browser.open_community()
        sent = {}
        for offers in (True, False):
            telling.lms.quirks.notices_in_launch = offers
            form = browser.launch_form()
            with telling.app.app_context(), counted() as statements:
                browser.launch(form, follow=False)
            sent[offers] = len(statements)
        assert sent[True] == sent[False] + 1

    def test_is_asked_for_as_the_sample_says(self, telling):
        expected = HANDLER["put"]["body"]
        (call,) = [
            one
            for one in telling.lms.calls_described("notice handler set")
            if one.detail == expected["notice_type"]
        ]
        assert call.method == HANDLER["put"]["method"]


class TestACopiedCourse:
    def test_is_remembered_with_where_it_came_from(self, telling):
        copy = telling.lms.copy_course(FRENCH)
        (kept,) = rows(telling, CourseCopy)
        assert (kept.context_id, kept.origin_context_id) == (copy.id, FRENCH)
        assert telling.lms.notices_sent[-1].status == 200

    def test_that_is_told_twice_counts_once(self, telling):
        telling.lms.quirks.notices_sent_twice = True
        telling.lms.copy_course(FRENCH)
        assert [sent.status for sent in telling.lms.notices_sent[-2:]] == [200, 200]
        assert len(rows(telling, CourseCopy)) == 1
        assert len(rows(telling, Notice)) == 2

    def test_finds_its_origins_through_a_copy_that_never_opened_the_tool(self, telling):
        between = telling.lms.copy_course(FRENCH)
        last = telling.lms.copy_course(between.id)
        telling.enter("claire", ENGLISH)
        telling.enter("claire", last.id)
        with telling.app.app_context():
            courses = {one.context_id: one for one in db.session.scalars(select(Course))}
            with counted() as statements:
                found = course_copies.origins_of(courses[last.id])
            assert len(statements) == 1
            assert [one.context_id for one in found] == [FRENCH]
            assert found[0].community_id == courses[FRENCH].community_id
            assert course_copies.origins_of(courses[FRENCH]) == []
            assert course_copies.origins_of(courses[ENGLISH]) == []

    def test_of_another_deployment_is_nobody_s_origin(self, telling):
        telling.lms.copy_course(FRENCH)
        (kept,) = rows(telling, CourseCopy)
        telling.lms.settings.deployment_id = "2"
        with telling.app.app_context(), transaction():
            platforms.approve(telling.platform_id, "2", clock.now())
        telling.lms.enrol("claire", kept.context_id, *telling.lms.people["claire"].roles[FRENCH])
        telling.enter("claire", kept.context_id)
        with telling.app.app_context():
            copied = db.session.scalars(select(Course).where(Course.context_id == kept.context_id)).one()
            assert course_copies.origins_of(copied) == []

    def test_said_to_be_made_from_each_other_end(self, telling):
        telling.enter("claire", ENGLISH)
        for one, other in ((FRENCH, ENGLISH), (ENGLISH, FRENCH)):
            claims = notice(telling, COPY)
            claims[CLAIM + "context"]["id"], claims[CLAIM + "origin_contexts"] = one, [other, other, one]
            post(telling, signed(telling, claims), status=200)
        with telling.app.app_context():
            for course in db.session.scalars(select(Course)):
                assert len(course_copies.origins_of(course)) == 1

    def test_is_made_by_a_trainer_on_the_course_page_of_the_lms(self, telling):
        trainer, learner = telling.browser("claire"), telling.browser("ines")
        issuer = telling.lms.settings.issuer
        assert learner.lms.post(f"/courses/{FRENCH}/copy", base_url=issuer).status_code == 403
        answer = trainer.lms.post(f"/courses/{FRENCH}/copy", base_url=issuer)
        assert answer.status_code == 303
        assert trainer.lms.get(answer.location, base_url=issuer).status_code == 200
        assert len(rows(telling, CourseCopy)) == 1


def notice(world, sample: dict) -> dict:
    """The claims of a sample as this LMS would sign them now."""
    now = int(clock.now().timestamp())
    ours = world.lms.settings
    claims = deepcopy(sample["jwt_payload"])
    claims |= {"iss": ours.issuer, "aud": ours.client_id, "azp": ours.client_id, "iat": now, "exp": now + 60}
    claims[CLAIM + "deployment_id"] = ours.deployment_id
    claims[CLAIM + "notice"]["id"] += f"-{CLAIM}{id(claims)}"
    return claims


def with_claims(**values):
    return lambda claims: claims.update(values)


BAD = {
    "no-issuer": (without("iss"), "notice-sender-unknown"),
    "unknown-issuer": (with_claims(iss="https://unknown.example"), "notice-sender-unknown"),
    "odd-issuer": (with_claims(iss=["x"]), "notice-sender-unknown"),
    "another-audience": (with_claims(aud="x", azp="x"), "notice-sender-unknown"),
    "audience-of-several": (lambda claims: claims.update(aud=[claims["aud"], "x"]), "audience-extra"),
    "no-authorized-party": (
        lambda claims: (claims.update(aud=[claims["aud"], "x"]), claims.pop("azp")),
        "notice-sender-unknown",
    ),
    "expired": (with_claims(exp=22222, iat=11111), "expired"),
    "no-expiry": (without("exp"), "expiry-missing"),
    "no-time-of-issue": (without("iat"), "issued-at-missing"),
    "no-nonce": (without("nonce"), "nonce-missing"),
    "no-version": (without("version"), "version-missing"),
    "another-version": (with_claims(**{CLAIM + "version": "11.3"}), "version-wrong"),
    "no-deployment": (without("deployment_id"), "deployment-missing"),
    "unknown-deployment": (with_claims(**{CLAIM + "deployment_id": "77"}), "deployment-waiting"),
    "no-notice": (without("notice"), "notice-missing"),
    "notice-no-object": (with_claims(**{CLAIM + "notice": "x"}), "notice-missing"),
    "no-id": (lambda claims: claims[CLAIM + "notice"].pop("id"), "notice-invalid"),
    "no-type": (lambda claims: claims[CLAIM + "notice"].update(type=7), "notice-invalid"),
    "copy-of-nothing": (without("origin_contexts"), "notice-context-missing"),
    "copy-of-odd-things": (
        with_claims(**{CLAIM + "origin_contexts": [1, None, ""]}),
        "notice-context-missing",
    ),
    "copy-without-context": (without("context"), "notice-context-missing"),
}


class TestReceiving:
    @pytest.mark.parametrize("sample", [HELLO, COPY], ids=["hello", "copy"])
    def test_takes_the_samples_in(self, telling, sample):
        assert post(telling, signed(telling, notice(telling, sample)), status=200) == [("accepted", None)]

    @pytest.mark.parametrize("name", BAD)
    def test_names_what_is_wrong_with_each(self, telling, name):
        change, code = BAD[name]
        claims = notice(telling, COPY)
        change(claims)
        good = signed(telling, notice(telling, HELLO))
        bad = signed(telling, claims)
        assert post(telling, bad, status=400) == [("refused", code)]
        assert post(telling, bad, good, status=200) == [("refused", code), ("accepted", None)]
        assert rows(telling, CourseCopy) == []

    def test_a_notice_that_came_before_is_known(self, telling):
        text = signed(telling, notice(telling, HELLO))
        assert post(telling, text, text, status=200) == [("accepted", None), ("known", None)]
        assert post(telling, text, status=200) == [("known", None)]

    def test_of_a_kind_that_nobody_asked_for_is_taken_in_and_does_nothing(self, telling):
        claims = notice(telling, COPY)
        claims[CLAIM + "notice"]["type"] = "LtiSomethingNewNotice"
        assert post(telling, signed(telling, claims), status=200) == [("accepted", None)]
        assert rows(telling, CourseCopy) == []

    def test_with_a_signature_of_somebody_else_is_refused(self, telling):
        text = signed(telling, notice(telling, HELLO))
        head, body, tail = text.split(".")
        forged = f"{head}.{body}.{tail[::-1]}"
        assert post(telling, forged, status=400) == [("refused", "signature-wrong")]

    @pytest.mark.parametrize(
        ("text", "code"),
        [("", "token-missing"), ("x", "token-malformed"), ("e30.e30.x", "algorithm-forbidden"), (7, None)],
    )
    def test_what_is_no_signed_text_is_refused(self, telling, text, code):
        assert post(telling, text, status=400) == [("refused", code or "token-missing")]

    def test_of_a_paused_platform_is_refused(self, telling):
        with telling.app.app_context(), transaction():
            keep_key_set(telling.platform_id, {"keys": []}, clock.now())
            paused = {"state": PlatformState.SUSPENDED, "key_set_refetch_at": None}
            db.session.execute(update(Platform).values(paused))
        before = len(telling.lms.calls_described("key set read"))
        text = signed(telling, notice(telling, HELLO))
        assert post(telling, text, status=400) == [("refused", "platform-suspended")]
        # Nothing is read from it either, whoever posts something under its name.
        assert len(telling.lms.calls_described("key set read")) == before

    def test_a_launch_is_no_notice_and_a_notice_no_launch(self, telling):
        browser = telling.browser("ines")
        form = browser.launch_form()
        assert post(telling, form["id_token"], status=400) == [("refused", "notice-missing")]
        form["id_token"] = signed(telling, notice(telling, HELLO))
        assert browser.launch(form).status == 400
        assert records(telling)[-1].code == "nonce-wrong"

    def test_keys_that_are_missing_are_fetched_once_for_all(self, telling):
        with telling.app.app_context(), transaction():
            keep_key_set(telling.platform_id, {"keys": []}, clock.now())
            db.session.execute(update(Platform).values(key_set_refetch_at=None))
        before = len(telling.lms.calls_described("key set read"))
        texts = [signed(telling, notice(telling, HELLO)) for _ in range(3)]
        texts.append(signed(telling, notice(telling, HELLO), kid="unknown"))
        outcomes = post(telling, *texts, status=200)
        assert outcomes == [("accepted", None)] * 3 + [("refused", "key-unknown")]
        assert len(telling.lms.calls_described("key set read")) == before + 1

    def test_keys_that_cannot_be_had_are_said(self, telling):
        telling.lms.quirks.key_set_fails = True
        with telling.app.app_context(), transaction():
            db.session.execute(update(Platform).values(key_set=None, key_set_refetch_at=None))
        text = signed(telling, notice(telling, HELLO))
        assert post(telling, text, status=502) == [("refused", "keys-unavailable")]

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"{}", b'{"notices": []}', b'{"notices": {}}', b"\xff" * 9, b"[" * 99_999]
    )
    def test_what_holds_no_notices_is_a_bad_request(self, telling, body):
        client = telling.app.test_client()
        answer = client.post("/lti/notices", data=body, content_type="application/json", base_url=TOOL)
        assert (answer.status_code, answer.json) == (400, {"error": "no-notices"})

    def test_too_many_at_once_are_not_looked_at(self, telling):
        body = {"notices": [{}] * (notices.MOST_AT_ONCE + 1)}
        answer = telling.app.test_client().post("/lti/notices", json=body, base_url=TOOL)
        assert answer.status_code == 413

    def test_a_batch_costs_the_same_statements_for_each(self, telling):
        texts = [signed(telling, notice(telling, HELLO)) for _ in range(6)]
        sent = []
        for batch in (texts[:1], texts[1:3], texts[3:6]):
            with telling.app.app_context(), counted() as statements:
                post(telling, *batch, status=200)
            sent.append(len(statements))
        assert sent == [3, 6, 9]

    def test_the_same_id_from_another_deployment_is_another_notice(self, telling):
        claims = notice(telling, HELLO)
        post(telling, signed(telling, claims), status=200)
        with telling.app.app_context(), transaction():
            platforms.approve(telling.platform_id, "2", clock.now())
        claims[CLAIM + "deployment_id"] = "2"
        assert post(telling, signed(telling, claims), status=200) == [("accepted", None)]

    def test_is_taken_for_no_other_registration_of_the_same_issuer(self, telling):
        issuer = telling.lms.settings.issuer
        with telling.app.app_context(), transaction():
            other = Registration("Other", issuer, "other", issuer, issuer, f"{issuer}/lti/certs")
            platforms.add(other, None, TOOL, clock.now())
        claims = notice(telling, HELLO) | {"aud": "other", "azp": "other"}
        assert post(telling, signed(telling, claims), status=400)[0][0] == "refused"
        assert len(rows(telling, Notice)) == 1

    def test_is_forgotten_after_a_month_and_the_copy_is_not(self, telling, time_machine):
        telling.lms.copy_course(FRENCH)
        later(time_machine, 31 * 86_400)
        with telling.app.app_context(), transaction():
            housekeeping.sweep(clock.now())
        assert rows(telling, Notice) == []
        assert len(rows(telling, CourseCopy)) == 1
