"""The console's pages of upkeep in Chromium: accessible, fitting the screen; rules typed without script."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.models import Deployment, LaunchRecord
from lti_tool.transactions import reading
from tests.browser import BROWSER
from tests.browser.test_pages import NARROW_AND_LIGHT, WIDE_AND_DARK, problems_of

pytestmark = [*BROWSER, pytest.mark.long]

PAGES = (
    "/admin/launches",
    "/admin/launches?reference=nothing",
    "/admin/platforms/{platform}/deployments",
    "/admin/platforms/{platform}/deployments/{deployment}/roles",
    "/admin/platforms/{platform}/origins",
    "/admin/platforms/{platform}/connection",
    "/admin/keys",
    "/admin/audit",
    "/admin/audit?area=people&from=2026-01-01&to=2026-01-02",
)


@pytest.fixture
def known(campus):
    """What the addresses of the demo's own platform name."""
    with campus.app.app_context(), reading():
        row = db.session.scalars(select(Deployment).order_by(Deployment.id)).first()
        reference = db.session.scalars(select(LaunchRecord.reference).order_by(LaunchRecord.id)).first()
        return {"platform": row.platform_id, "deployment": row.id, "reference": reference}


class TestThePages:
    @pytest.mark.parametrize("language", ["fr", "en"])
    def test_are_accessible_and_fit_the_screen(self, signed_in, visitor, campus, request, language):
        visitor().enters("ines")  # so that the log has an entry with a token
        known = request.getfixturevalue("known")
        page = signed_in(locale=language, reduced_motion="reduce")
        for address in (*PAGES, f"/admin/launches/{known['reference']}"):
            page.goto(campus.addresses.tool + address.format(**known))
            assert page.locator("html").get_attribute("lang") == language
            assert problems_of(page, (NARROW_AND_LIGHT, WIDE_AND_DARK)) == [], address
            assert page.locator("h1:visible").count() == 1

    def test_have_the_current_tab_in_sight_on_a_telephone(self, signed_in, campus, known):
        page = signed_in(locale="fr", viewport={"width": 380, "height": 800})
        page.goto(campus.addresses.tool + PAGES[5].format(**known))
        expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.9)
        expect(page.locator(".nav [aria-current]")).to_be_in_viewport(ratio=0.9)

    def test_of_rules_show_what_would_change_and_are_accessible(self, signed_in, campus, known):
        page = signed_in(locale="fr", reduced_motion="reduce", java_script_enabled=True)
        page.goto(campus.addresses.tool + PAGES[3].format(**known))
        page.locator("button[value=add]").click()
        assert problems_of(page, (NARROW_AND_LIGHT, WIDE_AND_DARK)) == []
        page.locator("#match-0").fill("Instructor")
        page.locator("#role-0").select_option("observer")
        page.locator("#match-0").press("Enter")  # looks, and does not take a step of editing
        expect(page.locator("form[action$='/roles/confirm']")).to_be_visible()
        assert problems_of(page, (NARROW_AND_LIGHT, WIDE_AND_DARK)) == []


class TestWithoutScript:
    def test_rules_are_typed_moved_and_previewed(self, signed_in, campus, known):
        page = signed_in(locale="en", java_script_enabled=False)
        page.goto(campus.addresses.tool + PAGES[3].format(**known))
        for match in ("Mentor", "Officer"):
            page.locator("button[value=add]").click()
            page.locator("input[id^=match-]").last.fill(match)
        page.locator("button[value=up-1]").click()
        expect(page.locator("#match-0")).to_have_value("Officer")
        page.get_by_role("button", name="See what would change").click()
        expect(page.get_by_role("button", name="Let these rules come into force")).to_be_visible()
