"""The health check of a connection, against an LMS that answers, refuses, is down, or has another clock."""

from datetime import timedelta

import pytest

from lti_tool import clock
from lti_tool.lti import checks, host_slots, names
from lti_tool.lti.host_slots import HostPlace
from lti_tool.models import Platform
from lti_tool.services import platform_checks
from lti_tool.services.platform_checks import CODES, Finding
from lti_tool.transactions import transaction


@pytest.fixture
def look(world):
    """Check the world's LMS; return the findings by their code."""

    def check() -> dict[str, Finding]:
        with world.app.app_context():
            found = platform_checks.check(world.platform_id, clock.now(), transaction)
        assert {finding.code for finding in found} <= set(CODES)
        return {finding.code: finding for finding in found}

    return check


class TestAConnectionThatWorks:
    def test_is_well_in_every_respect(self, world, look):
        world.enter("ines")
        found = look()
        assert all(finding.ok for finding in found.values()), found
        assert set(found) == {
            "active",
            "addresses-safe",
            "keys-found",
            "token-granted",
            "columns-read",
            "roster-read",
            "clock-agrees",
            "deployments-known",
            "launched",
        }

    def test_before_its_first_launch_is_well_too_and_says_so(self, look):
        found = look()
        assert {"deployments-none", "never-launched"} <= set(found)
        assert all(finding.ok for finding in found.values()), found

    def test_has_its_report_kept(self, world, look):
        look()
        with world.database() as session:
            platform = session.get(Platform, world.platform_id)
            assert platform.checked_at
            assert {"code": "active", "ok": True, "detail": None, "cause": None} in platform.check_report

    def test_asks_for_the_scopes_that_its_launches_named(self, world, look):
        world.enter("ines")
        assert "score" in look()["token-granted"].detail.split(", ")


class TestAConnectionThatDoesNot:
    def test_says_why_a_token_is_refused_although_one_is_still_held(self, world, look):
        assert "token-granted" in look()
        world.lms.quirks.refuse_tokens = True
        refused = look()["token-refused"]
        assert not refused.ok
        assert "invalid_client" in refused.detail

    def test_says_that_the_keys_cannot_be_read(self, world, look):
        world.lms.quirks.key_set_fails = True
        found = look()
        assert "503" in found["keys-unreachable"].detail
        assert "token-granted" in found  # one trouble does not hide what works

    def test_says_that_its_services_do_not_answer(self, world, look):
        world.lms.quirks.down = True
        assert not look()["token-unreachable"].ok

    def test_takes_its_turn_at_the_host_like_everybody(self, world, look):
        issuer = world.lms.settings.issuer
        with world.app.app_context():
            others = HostPlace(host_slots.INTERACTIVE, 4, clock.now, transaction)
            others.hold(issuer)
            others.pause(issuer, 600)
        called = len(world.lms.calls.all())
        found = look()
        assert "host-busy" in found["keys-unreachable"].detail
        assert "host-busy" in found["token-unreachable"].detail
        assert len(world.lms.calls.all()) == called

    def test_says_by_how_much_the_clocks_differ(self, world, look):
        usual = world.lms.settings.clock
        world.lms.settings.clock = lambda: usual() + timedelta(minutes=3)
        hours, minutes, seconds = look()["clock-differs"].detail.split(":")
        said = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
        # Dates of answers have whole seconds, and the answer itself takes a moment.
        assert abs(said - timedelta(minutes=3)) <= timedelta(seconds=5)

    def test_says_how_many_deployments_wait(self, world, look):
        world.enter("ines")
        world.lms.settings.deployment_id = "2"
        browser = world.browser("ines")
        browser.launch(browser.launch_form())
        assert look()["deployments-waiting"] == Finding("deployments-waiting", False, "1")


class TestScopes:
    def test_are_called_by_their_last_part(self):
        assert checks.short_name(names.SCORE) == "score"
        assert checks.short_name(names.ROSTER_READ) == "contextmembership.readonly"
