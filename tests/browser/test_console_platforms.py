"""The console's platforms in Chromium: connected, checked while one looks on, accessible, without script."""

import pytest
from playwright.sync_api import expect

from tests.browser import BROWSER
from tests.browser.test_pages import NARROW_AND_LIGHT, WIDE_AND_DARK, problems_of

pytestmark = [*BROWSER, pytest.mark.long]

PAGES = (
    "/admin/platforms",
    "/admin/platforms/1",
    "/admin/platforms/connect",
    "/admin/platforms/connect?lms=moodle",
    "/admin/platforms/connect?lms=canvas",
    "/admin/platforms/connect?lms=other",
    "/admin/help/moodle",
)


class TestThePages:
    @pytest.mark.parametrize("language", ["fr", "en"])
    def test_are_accessible_and_fit_the_screen(self, signed_in, campus, language):
        page = signed_in(locale=language, reduced_motion="reduce")
        for address in PAGES:
            page.goto(campus.addresses.tool + address)
            assert page.locator("html").get_attribute("lang") == language
            assert problems_of(page, (NARROW_AND_LIGHT, WIDE_AND_DARK)) == [], address
            assert page.locator("h1:visible").count() == 1

    def test_copy_what_the_lms_asks_for(self, signed_in, campus):
        page = signed_in(locale="en")
        page.goto(f"{campus.addresses.tool}/admin/platforms/connect?lms=moodle")
        page.locator("button[data-copy=ours-2]").click()
        expect(page.locator("button[data-copy=ours-2] span").first).to_have_text("Copied")
        assert page.evaluate("getSelection().toString()") == f"{campus.addresses.tool}/lti/launch"


class TestCheckingNow:
    def test_shows_what_is_found_without_being_reloaded(self, signed_in, campus):
        page = signed_in(locale="en")
        page.goto(f"{campus.addresses.tool}/admin/platforms/1")
        page.get_by_role("button", name="Check now").click()
        expect(page.locator("#check")).to_contain_text("lets us call its services")
        expect(page.locator("#check [role=status]")).to_contain_text("Last checked")

    def test_takes_head_and_last_use_along(self, signed_in, campus):
        page = signed_in(locale="en")
        page.goto(f"{campus.addresses.tool}/admin/platforms/1")
        campus.lms.quirks.key_set_fails = True
        try:
            page.get_by_role("button", name="Check now").click()
            expect(page.locator("#platform-state")).to_contain_text("Broken")
            expect(page.locator("#platform-uses")).to_contain_text("failed")
        finally:
            campus.lms.quirks.key_set_fails = False
        page.get_by_role("button", name="Check now").click()
        expect(page.locator("#platform-state")).not_to_contain_text("Broken")
        expect(page.locator("#platform-uses")).not_to_contain_text("failed")

    def test_works_by_reloading_without_script(self, signed_in, campus):
        page = signed_in(locale="en", java_script_enabled=False)
        page.goto(f"{campus.addresses.tool}/admin/platforms/1")
        page.get_by_role("button", name="Check now").click()
        page.wait_for_url("**/admin/platforms/1#check")
        for _ in range(40):
            if page.get_by_text("Last checked").count():
                break
            page.wait_for_timeout(250)
            page.reload()
        expect(page.locator("#check")).to_contain_text("Its clock and ours agree")


class TestConnecting:
    def test_by_hand_ends_on_the_platform_s_page_with_its_check(self, signed_in, campus):
        page = signed_in(locale="en")
        page.goto(f"{campus.addresses.tool}/admin/platforms/connect?lms=other")
        lms = campus.addresses.lms
        typed = {"client_id": "typed-by-hand", "issuer": lms, "auth_url": f"{lms}/lti/auth"}
        typed |= {"token_url": f"{lms}/lti/token", "jwks_url": f"{lms}/lti/certs"}
        for name, text in typed.items():
            page.locator(f"form[action$='/connect'] [name={name}]").fill(text)
        page.get_by_role("button", name="Connect and check").click()
        expect(page.locator("#check")).to_contain_text("does not know the client id")
