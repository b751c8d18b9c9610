"""An administrator connects the tool to an LMS, in a frame of the LMS's own page, and a course opens it."""

import pytest
from playwright.sync_api import expect

from tests.browser import BROWSER

pytestmark = BROWSER


@pytest.fixture
def campus(campus):
    """The campus, whose LMS has one tool again afterwards."""
    yield campus
    campus.lms.launch_with(None)
    campus.forget_registered_tools()


class TestConnectingATool:
    def test_ends_with_a_course_that_opens_it(self, visitor, campus):
        administrator = visitor(locale="en").is_in_lms("claire")
        page = administrator.new_tab()
        page.goto(f"{campus.addresses.lms}/admin/tools")
        page.fill("#address", campus.invitation())
        page.click("form:has(#address) button")

        inside = page.frame_locator("iframe#registration")
        expect(inside.locator("h1")).to_be_visible()
        inside.locator("form button").click()
        inside.locator("[data-close] button").click()

        page.wait_for_url("**/admin/tools")
        (tool,) = campus.lms.registered_tools()
        page.locator(f"form[action$='/{tool.client_id}/activate'] button").click()
        page.wait_for_load_state()

        campus.lms.launch_with(tool.client_id)
        community = administrator.enters_again(campus.open_course("ines"))
        assert community.shown.locator("h1").count() == 1

    def test_closes_its_frame_by_itself_unless_somebody_reads_on(self, visitor, campus):
        page = visitor(locale="en").new_tab()
        page.clock.install()
        told = "addEventListener('message', (event) => { document.title = event.data.subject; })"
        for reads_on, title in ((False, "org.imsglobal.lti.close"), (True, "LMS")):
            page.goto(campus.addresses.lms + "/")
            page.evaluate(f"document.title = 'LMS'; {told}")
            address = campus.lms.registration_address(campus.invitation())
            page.evaluate(
                "(address) => { const frame = document.createElement('iframe');"
                " frame.src = address; document.body.append(frame); }",
                address,
            )
            inside = page.frame_locator(f"iframe[src='{address}']")
            inside.locator("form button").click()
            inside.locator("[data-close] button").wait_for()
            if reads_on:
                inside.locator("h1").click()
            page.clock.run_for(31_000)
            assert page.title() == title
