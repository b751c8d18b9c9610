"""The page of the demo LMS on which an administrator connects a tool, as a browser shows it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser import BROWSER, axe

pytestmark = BROWSER

# What a tool's registration page may be: it says that it is done when its button is pressed.
TOOL_PAGE = """<!doctype html><html lang="en"><title>Tool</title><h1>Register</h1>
<button onclick="(window.opener || window.parent).postMessage({subject: 'SUBJECT'}, '*')">Done</button>"""
CLOSE = "org.imsglobal.lti.close"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"


@pytest.fixture
def lms(campus):
    """The LMS, which forgets afterwards whatever registered itself."""
    yield campus.lms
    for tool in campus.lms.registered_tools():
        campus.lms.tools.drop(tool.client_id)


@pytest.fixture
def connecting(visitor, campus):
    """Open the LMS's page with a tool's registration page in its frame."""

    def connect(subject=CLOSE, **options):
        page = visitor(locale="en", **options).is_in_lms("ruth").new_tab()
        page.route(
            "**/registration-of-a-test*",
            lambda route: route.fulfill(body=TOOL_PAGE.replace("SUBJECT", subject), content_type="text/html"),
        )
        page.goto(campus.addresses.lms + "/admin/tools")
        page.get_by_label("Registration address").fill(
            campus.addresses.tool + "/registration-of-a-test?invited=1"
        )
        page.get_by_role("button", name="Connect a tool").click()
        return page

    return connect


def register(page, campus):
    """What the tool's server does with the address that its page was opened by."""
    address = page.locator("#registration").get_attribute("src")
    (token,) = parse_qs(urlsplit(address).query)["registration_token"]
    tool = campus.addresses.tool
    said = {
        "response_types": ["id_token"],
        "initiate_login_uri": f"{tool}/lti/login",
        "redirect_uris": [f"{tool}/lti/launch"],
        "client_name": "Newcomer",
        "jwks_uri": f"{tool}/lti/jwks.json",
        "token_endpoint_auth_method": "private_key_jwt",
        TOOL_CONFIGURATION: {"domain": urlsplit(tool).netloc, "target_link_uri": f"{tool}/lti/launch"},
    }
    headers = {"Authorization": f"Bearer {token}"}
    answer = page.context.request.post(campus.addresses.lms + "/lti/register", data=said, headers=headers)
    assert answer.status == 200


class TestConnectingATool:
    def test_shows_it_pending_when_its_page_says_it_is_done_then_active(self, lms, campus, connecting):
        page = connecting()
        register(page, campus)

        page.frame_locator("#registration").get_by_role("button", name="Done").click()

        expect(page.get_by_role("heading", name="Tools of this LMS")).to_be_visible()
        expect(page.locator(".state")).to_have_text(["Active", "Pending"])
        assert axe.violations(page) == []
        page.get_by_role("button", name="Activate").click()
        expect(page.locator(".state")).to_have_text(["Active", "Active"])

    def test_stays_for_any_other_message(self, lms, connecting):
        page = connecting(subject="something else")

        page.frame_locator("#registration").get_by_role("button", name="Done").click()
        page.evaluate("postMessage({subject: 'org.imsglobal.lti.close'}, '*')")

        page.wait_for_timeout(300)
        assert page.locator("#registration").count() == 1
        assert axe.violations(page) == []

    def test_ends_by_a_link_without_script(self, lms, connecting):
        page = connecting(java_script_enabled=False)

        page.get_by_role("link", name="Done, show the tools").click()

        expect(page.get_by_role("heading", name="Tools of this LMS")).to_be_visible()
