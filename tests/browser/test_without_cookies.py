"""Browsers that keep the tool's cookies away: what the frame then shows, and the way round it."""

import json

import pytest

from tests.browser import BROWSER, axe
from tests.browser.people import FRENCH, INSIDE, Community, Visitor
from tests.browser.watch import Watch
from tests.browser.wire import SAFARI
from tests.support.chromium import chromium_path

pytestmark = BROWSER

THIRD_PARTY_COOKIES_BLOCKED = {"profile": {"cookie_controls_mode": 1, "block_third_party_cookies": True}}


@pytest.fixture
def strict_browser(playwright, campus, chromium_arguments, tmp_path):
    """A Chromium whose owner has blocked third-party cookies."""
    profile = tmp_path / "profile" / "Default"
    profile.mkdir(parents=True)
    (profile / "Preferences").write_text(json.dumps(THIRD_PARTY_COOKIES_BLOCKED), encoding="utf-8")
    context = playwright.chromium.launch_persistent_context(
        profile.parent,
        executable_path=chromium_path(),
        args=[*chromium_arguments, "--test-third-party-cookie-phaseout"],
    )
    watch = Watch(context, frozenset({"127.0.0.1", "localhost"}))
    yield Visitor(context, campus.addresses, watch)
    context.close()
    assert watch.troubles == []


class TestABrowserThatDropsOurCookies:
    def test_the_frame_offers_a_tab_of_its_own(self, visitor):
        frame = visitor(user_agent=SAFARI).is_in_lms("ines").opens_course(FRENCH).frame

        frame.locator("[data-when=blocked] h1").wait_for()

        assert frame.locator("a[data-tab]").is_visible()
        assert not frame.locator("[data-way=here]").is_visible()
        assert axe.violations(frame) == []

    def test_the_tab_signs_in_with_a_plain_cookie_and_one_more_post(self, visitor):
        someone = visitor(user_agent=SAFARI)
        frame = someone.is_in_lms("ines").opens_course(FRENCH).frame
        posts = []
        someone.context.on(
            "request", lambda sent: posts.append(sent.url) if "/lti/launch" in sent.url else None
        )

        with someone.context.expect_page() as opened:
            frame.locator("a[data-tab]").click()
        community = Community(opened.value)

        assert ["cv_reposted" in address for address in posts] == [False, True]
        community.writes("Depuis un onglet à part", "Cela fonctionne aussi ainsi.")
        cookies = {cookie["name"]: cookie for cookie in someone.context.cookies(community.address)}
        assert cookies["cv_session"]["sameSite"] == "Lax"
        assert not any(cookie["secure"] for cookie in cookies.values())

    def test_without_script_the_link_to_the_tab_is_there_at_once(self, visitor):
        someone = visitor(user_agent=SAFARI, java_script_enabled=False)
        frame = someone.is_in_lms("ines").opens_course(FRENCH).frame
        frame.locator("form button").click()

        with someone.context.expect_page() as opened:
            frame.locator("a[data-tab]").click()
        tab = opened.value
        tab.locator("[data-way=here] a").click()
        while not INSIDE.search(tab.url):
            tab.locator("form button").click()
            tab.wait_for_load_state()

        assert Community(tab).shown.locator("h1").is_visible()


class TestABrowserThatBlocksThirdPartyCookies:
    def test_the_partitioned_cookie_keeps_the_frame_signed_in(self, strict_browser):
        community = strict_browser.is_in_lms("ines").opens_course(FRENCH).community

        community.writes("Depuis le cadre", "Le cookie partitionné reste.")

        cookies = [one["name"] for one in strict_browser.context.cookies() if one.get("partitionKey")]
        assert "__Host-cv_session" in cookies
        third_party = community.shown.evaluate("() => document.hasStorageAccess()")
        assert third_party is False
