"""Bad launches of the certification list over HTTP: a calm page, no session, a row in the log."""

from datetime import timedelta

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey
from sqlalchemy import select

from lti_tool import clock
from lti_tool.models import User
from tests.functional.launches import (
    altered,
    assert_calmly_refused,
    claims_of,
    launch_with,
    records,
    seconds_from_now,
    setting,
    signed,
    without,
)
from tests.support.world import TOOL

pytestmark = pytest.mark.slow_on_postgresql

# The numbers are those of the certification list (reference sheet, section 8).
BAD_CLAIMS = {
    "3 another version": (setting(version="11.3"), "version-wrong"),
    "4 no version": (without("version"), "version-missing"),
    "6 several claims missing": (without("message_type", "version", "roles"), "version-missing"),
    "7 wrong times": (setting(exp=22222, iat=11111), "expired"),
    "8 no message type": (without("message_type"), "message-type-missing"),
    "8 an unknown message type": (setting(message_type="LtiSomething"), "message-type-unknown"),
    "9 no roles": (without("roles"), "roles-missing"),
    "10 no deployment": (without("deployment_id"), "deployment-missing"),
    "11 no resource link": (without("resource_link"), "resource-link-missing"),
    "11 a resource link without id": (setting(resource_link={"title": "x"}), "resource-link-missing"),
    "12 an empty sub": (setting(sub=""), "anonymous"),
    "12 no sub": (without("sub"), "anonymous"),
    "14 another audience": (setting(aud="somebody-else"), "audience-mismatch"),
    "14 another authorized party": (setting(azp="somebody-else"), "authorized-party-wrong"),
    "14 another issuer": (setting(iss="https://elsewhere.example"), "issuer-mismatch"),
    "15 another nonce": (setting(nonce="made-up"), "nonce-wrong"),
    "15 no nonce": (without("nonce"), "nonce-missing"),
    "19 a target elsewhere": (setting(target_link_uri="https://evil.example/"), "target-foreign"),
    "19 a target that is nothing of ours": (setting(target_link_uri=f"{TOOL}/x"), "target-unknown"),
    "19 no target": (without("target_link_uri"), "target-missing"),
}


class TestBadLaunches:
    def test_whose_claims_are_wrong(self, world):
        browser = world.browser("ines")
        for name, (change, code) in BAD_CLAIMS.items():
            record = assert_calmly_refused(world, launch_with(browser, change), code)
            assert record.platform_id == world.platform_id, name
        self.nobody_came_in(world)

    def test_1_and_2_whose_key_is_not_named_or_unknown(self, world):
        browser = world.browser("ines")
        page = launch_with(browser, lambda claims: None, kid=None)
        assert_calmly_refused(world, page, "key-id-missing")
        page = launch_with(browser, lambda claims: None, kid="another")
        assert_calmly_refused(world, page, "key-unknown")
        self.nobody_came_in(world)

    def test_5_whose_token_is_no_lti_token(self, world):
        browser = world.browser("ines")
        for token, code in (
            ("e30.eyJuYW1lIjoiYmFkbHRpbGF1bmNoIn0.e30", "algorithm-forbidden"),
            ("", "token-missing"),
            ("x", "token-malformed"),
            ("a.b.c", "token-malformed"),
            ("x" * 300_000, "token-malformed"),
        ):
            page = browser.launch(browser.launch_form() | {"id_token": token})
            assert_calmly_refused(world, page, code)
        self.nobody_came_in(world)

    def test_13_whose_signature_is_wrong(self, world):
        browser, stranger = world.browser("ines"), RSAKey.generate_key(2048)
        form = browser.launch_form()
        header = {"alg": "RS256", "kid": world.lms.key.private.kid}
        payload = signed(world, claims_of(form)).split(".")[1]
        forged = jws.serialize_compact(header, b"{}", stranger, ["RS256"]).split(".")
        form["id_token"] = ".".join((forged[0], payload, forged[2]))
        assert_calmly_refused(world, browser.launch(form), "signature-wrong")
        self.nobody_came_in(world)

    def test_14_for_several_audiences_without_saying_for_whom(self, world):
        client = world.lms.settings.client_id
        for audience, code in (
            ([client, "other"], "authorized-party-missing"),
            (["other"], "audience-mismatch"),
        ):
            page = launch_with(world.browser("ines"), setting(aud=audience))
            assert_calmly_refused(world, page, code)

    def test_15_sent_a_second_time(self, world):
        browser = world.browser("ines")
        form = browser.launch_form()
        assert browser.launch(form).status == 200
        assert_calmly_refused(world, browser.launch(form), "launch-replayed")

    def test_15_sent_twice_after_a_refusal(self, world):
        browser = world.browser("ines")
        form = altered(browser, without("roles"))
        assert_calmly_refused(world, browser.launch(form), "roles-missing")
        assert_calmly_refused(world, browser.launch(form), "launch-replayed")

    def test_16_whose_state_is_not_ours(self, world):
        browser = world.browser("ines")
        form = browser.launch_form()
        for state, code in (
            (None, "state-missing"),
            ("state-made-up", "state-unknown"),
            (form["state"][:-2] + "xx", "state-unknown"),
            ("x" * 100_000, "state-unknown"),
        ):
            sent = {"id_token": form["id_token"]} | ({"state": state} if state else {})
            assert_calmly_refused(world, browser.launch(sent), code)
        self.nobody_came_in(world)

    def test_16_whose_state_is_too_old(self, world, time_machine):
        browser = world.browser("ines")
        form = browser.launch_form()
        time_machine.move_to(clock.now() + timedelta(minutes=11), tick=True)
        assert_calmly_refused(world, browser.launch(form), "state-expired")

    def test_16_that_another_browser_began(self, world):
        form = world.browser("ines").launch_form()
        other = world.browser("karim")
        other.launch_form()
        assert_calmly_refused(world, other.launch(form), "state-other-browser")

    def test_18_expired_by_more_than_the_clocks_may_differ(self, world):
        page = launch_with(world.browser("ines"), lambda claims: claims.update(exp=seconds_from_now(-62)))
        assert_calmly_refused(world, page, "expired")
        page = launch_with(world.browser("ines"), lambda claims: claims.update(iat=seconds_from_now(70)))
        assert_calmly_refused(world, page, "issued-in-future")

    def test_that_the_lms_answered_with_an_error(self, world):
        browser = world.browser("ines")
        state = browser.launch_form()["state"]
        said = {"state": state, "error": "access_denied", "error_description": "<b>No</b> entry"}
        page = browser.launch(said)
        record = assert_calmly_refused(world, page, "platform-error")
        assert record.detail == "access_denied: No entry"
        assert "access_denied: No entry" in page.text

    def test_while_the_keys_of_the_lms_cannot_be_read(self, world):
        world.lms.quirks.key_set_fails = True
        browser = world.browser("ines")
        page = browser.launch(browser.launch_form())
        assert page.status == 502
        assert page.soup.select_one("input#reference")["value"] == records(world)[-1].reference

    def test_leave_nothing_of_the_person_in_the_log(self, world):
        launch_with(world.browser("ines"), without("roles"))
        kept = str(records(world)[-1].claims)
        for secret in ("Lefèvre", "ines@example.org", "u-ines"):
            assert secret not in kept

    def nobody_came_in(self, world):
        with world.database() as session:
            assert session.scalars(select(User)).all() == []
