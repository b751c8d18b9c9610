"""Two sites over https: what each kind of cookie blocking leaves possible, and how people get in.

`docs/browsers.md` says in a table what is tried here.
"""

import json
import re
from contextlib import contextmanager
from html import escape

import pytest
from playwright.sync_api import expect

from tests.browser import BROWSER, axe
from tests.browser.other_processes import LMS_HOST, TOOL_HOST, https_campus
from tests.browser.people import FRENCH, INSIDE, Community, CoursePage, Visitor
from tests.browser.watch import Watch
from tests.support.chromium import chromium_path

pytestmark = [*BROWSER, pytest.mark.long]

BLOCKED = {"cookie_controls_mode": 1, "block_third_party_cookies": True}
ALLOWED = {"cookie_controls_mode": 0, "block_third_party_cookies": False}
OTHER_HOST = "somebody.else.test"  # answered by the test itself, served by nobody
# A page that a test answers itself counts as one of the public web.
MADE_UP_PAGES_REACH_THIS_MACHINE = "--disable-features=LocalNetworkAccessChecks"
THIRD_PARTY_BLOCKED = "--test-third-party-cookie-phaseout"
# The owner refuses every cookie of the tool while it is inside the LMS, partitioned ones too.
NOTHING_IN_THE_FRAME = {
    f"https://{TOOL_HOST},https://{framed_by}": {"setting": 2} for framed_by in (LMS_HOST, OTHER_HOST)
}


@pytest.fixture(scope="module")
def addresses(tmp_path_factory, certificate):
    """The tool and an LMS on two https sites."""
    with https_campus(tmp_path_factory.mktemp("https"), certificate) as served:
        yield served


@pytest.fixture
def owned_browser(playwright, chromium_arguments, addresses, tmp_path):
    """Open a Chromium with its owner's settings; none of them may have seen trouble."""
    opened = []

    def open_one(refused: dict | None = None, *, third_party: bool = False) -> Visitor:
        profile = tmp_path / "profile" / "Default"
        profile.mkdir(parents=True)
        exceptions = {"content_settings": {"exceptions": {"cookies": refused or {}}}}
        settings = {"profile": (ALLOWED if third_party else BLOCKED) | exceptions}
        blocking = [] if third_party else [THIRD_PARTY_BLOCKED]
        (profile / "Preferences").write_text(json.dumps(settings), encoding="utf-8")
        context = playwright.chromium.launch_persistent_context(
            profile.parent,
            executable_path=chromium_path(),
            args=[*chromium_arguments, *blocking, MADE_UP_PAGES_REACH_THIS_MACHINE],
            viewport={"width": 1100, "height": 900},
        )
        watch = Watch(context, frozenset({TOOL_HOST, LMS_HOST, OTHER_HOST}))
        opened.append((context, watch))
        return Visitor(context, addresses, watch)

    yield open_one
    for context, _ in opened:
        context.close()
    assert [trouble for _, watch in opened for trouble in watch.troubles] == []


@pytest.fixture
def without_cookies(owned_browser):
    """A Chromium that keeps no cookie of the tool while it is in the LMS's frame."""
    return owned_browser(NOTHING_IN_THE_FRAME)


@contextmanager
def platform_storage(visitor: Visitor, manner: str):
    """Let the LMS's course page keep values for the tool, in this manner."""
    page = visitor.new_tab()

    def switch(to: str) -> None:
        page.goto(visitor.addresses.lms + "/quirks")
        page.fill("#platform_storage", to)
        page.locator("form.fields button").click()
        page.wait_for_load_state()

    switch(manner)
    try:
        yield
    finally:
        switch("")


def secure_cookies(visitor: Visitor) -> dict[str, dict]:
    return {one["name"]: one for one in visitor.context.cookies(visitor.addresses.tool)}


def follows_to_tab(visitor: Visitor, link) -> Community:
    """Press what opens a new tab, and the one button that is there."""
    with visitor.context.expect_page() as opened:
        link.click()
    tab = opened.value
    tab.wait_for_url(re.compile("/o/tab/"))
    tab.locator("form button").click()
    return Community(tab)


def clicks_through(course: CoursePage, selector: str) -> None:
    """Click what leads to another page in the frame, and wait for that page."""
    with course.page.expect_event("framenavigated"):
        course.frame.locator(selector).first.click()
    course.frame.wait_for_load_state()


def login_address(visitor: Visitor) -> str:
    """What the LMS sends to the tool's login, as an address that anybody may put into a frame."""
    page = visitor.new_tab()
    page.goto(visitor.addresses.lms + "/")
    fields = page.evaluate(
        f"""async () => {{
            const text = await (await fetch("/courses/{FRENCH}/launch")).text();
            const form = new DOMParser().parseFromString(text, "text/html").forms[0];
            return new URLSearchParams(new FormData(form)).toString();
        }}"""
    )
    return f"{visitor.addresses.tool}/lti/login?{fields}"


def mailed_link(visitor: Visitor) -> str:
    """The address of a contribution as a mail would carry it: without a seat. Its author signs out."""
    author = visitor.is_in_lms("karim").opens_course(FRENCH).community
    author.writes("Vu dans un courriel", "Cliquez.")
    kept = author.shown.url.partition("?")[0]
    visitor.context.clear_cookies()
    return kept


class TestCookiesAllowed:
    def test_the_frame_is_signed_in(self, owned_browser):
        someone = owned_browser(third_party=True)
        community = someone.is_in_lms("ines").opens_course(FRENCH).community
        community.writes("Dans le cadre", "Tout simplement.")
        # The control: this browser lets other cookies through, too.
        assert community.shown.evaluate("() => document.hasStorageAccess()") is True

    def test_a_mailed_link_is_where_the_frame_goes_next(self, owned_browser):
        someone = owned_browser(third_party=True)
        kept = mailed_link(someone)
        assert someone.new_tab().goto(kept).status == 401
        frame = someone.is_in_lms("ines").opens_course(FRENCH).community
        assert frame.shown.url.startswith(kept)
        # Once: the launch after it goes where launches go.
        again = someone.is_in_lms("ines").opens_course(FRENCH).community
        assert not again.shown.url.startswith(kept)


class TestThirdPartyCookiesBlocked:
    def test_the_partitioned_cookie_is_kept(self, owned_browser):
        someone = owned_browser()
        community = someone.is_in_lms("ines").opens_course(FRENCH).community
        community.writes("Cookie partitionné", "Il reste dans le cadre.")
        assert community.shown.evaluate("() => document.hasStorageAccess()") is False
        assert all(one.get("partitionKey") for one in secure_cookies(someone).values())

    def test_a_mailed_link_leads_home_in_the_frame_and_there_from_a_tab(self, owned_browser):
        someone = owned_browser()
        kept = mailed_link(someone)
        assert someone.new_tab().goto(kept).status == 401
        frame = someone.is_in_lms("ines").opens_course(FRENCH).community
        assert INSIDE.search(frame.shown.url) and not frame.shown.url.startswith(kept)
        assert someone.enters_again(FRENCH).shown.url.startswith(kept)

    def test_without_partitions_the_frame_offers_a_tab(self, without_cookies):
        frame = without_cookies.is_in_lms("ines").opens_course(FRENCH).frame
        frame.locator("[data-when=blocked] h1").wait_for()
        # The control: this browser keeps nothing of the tool's in the frame.
        assert secure_cookies(without_cookies) == {}
        assert axe.violations(frame) == []

        with without_cookies.context.expect_page() as opened:
            frame.locator("a[data-tab]").click()
        Community(opened.value).writes("Depuis l’onglet", "Ici, le cookie est à nous.")


class TestPlatformStorage:
    @pytest.mark.parametrize("manner", ["parent", "frame"])
    def test_proves_the_browser_and_a_link_leads_into_a_tab(self, without_cookies, manner):
        with platform_storage(without_cookies, manner):
            frame = without_cookies.is_in_lms("ines").opens_course(FRENCH).frame
            link = frame.locator("a[data-tab][href*='/o/tab/']")
            link.wait_for()
            assert secure_cookies(without_cookies) == {}
            assert axe.violations(frame) == []
            community = follows_to_tab(without_cookies, link)

        expect(community.shown.locator(".own-name")).to_have_text("Inès Lefèvre")
        community.writes("Prouvé par le LMS", "Puis un onglet à part.")

    @pytest.mark.parametrize("manner", ["parent", "frame"])
    def test_lets_a_trainer_add_content_in_the_dialog_itself(self, without_cookies, manner):
        trainer = without_cookies.is_in_lms("claire")
        with platform_storage(trainer, manner):
            page = trainer.new_tab()
            page.goto(f"{trainer.addresses.lms}/courses/{FRENCH}/content")
            dialog = page.frame_locator("iframe.dialog")
            dialog.locator("input[name=what][value=space]").check()
            assert secure_cookies(trainer) == {}
            dialog.locator("details.more summary").first.click()
            dialog.locator("#title-space").fill(f"Ajouté sans cookie, {manner}")
            dialog.locator("main form button.primary").click()
            page.get_by_role("link", name=f"Ajouté sans cookie, {manner}").wait_for()
            assert secure_cookies(trainer) == {}

    def test_its_link_works_once(self, without_cookies):
        with platform_storage(without_cookies, "parent"):
            frame = without_cookies.is_in_lms("ines").opens_course(FRENCH).frame
            link = frame.locator("a[data-tab][href*='/o/tab/']")
            address = without_cookies.addresses.tool + link.get_attribute("href")
            follows_to_tab(without_cookies, link)

        again = without_cookies.new_tab()
        answer = again.goto(address)
        assert answer.status == 400
        assert again.locator("form").count() == 0
        assert axe.violations(again) == []

    @pytest.mark.parametrize("manner", ["silent", "wrong-id", "wrong-key", "refusing"])
    def test_that_does_not_answer_rightly_falls_back_to_the_tab(self, without_cookies, manner):
        with platform_storage(without_cookies, manner):
            frame = without_cookies.is_in_lms("ines").opens_course(FRENCH).frame
            frame.locator("[data-when=blocked] h1").wait_for()
            assert "lti_message_hint" in frame.locator("a[data-tab]").get_attribute("href")

    def test_that_forgets_lets_nobody_in(self, without_cookies):
        with platform_storage(without_cookies, "forgetful"):
            frame = without_cookies.is_in_lms("ines").opens_course(FRENCH).frame
            frame.locator("#reference").wait_for()
            expect(frame.locator("details.more strong")).to_have_text("state-other-browser")
            assert frame.locator("a[data-tab]").count() == 0

    def test_of_another_site_is_not_asked(self, without_cookies):
        """A page that frames the launch and answers in the LMS's place never hears the secret."""
        visitor = without_cookies
        visitor.is_in_lms("ines")
        evil = visitor.new_tab()
        heard = []
        evil.expose_function("heard", lambda subject: heard.append(subject))
        login = login_address(visitor)
        script = """addEventListener('message', (event) => {
            heard(event.data.subject);
            const subjects = ['lti.put_data', 'lti.get_data'].map((subject) => ({ subject }));
            event.source.postMessage({ ...event.data, subject: event.data.subject + '.response',
                supported_messages: subjects }, '*');
        });"""
        other_site = f"https://{OTHER_HOST}/"
        evil.route(
            other_site,
            lambda route: route.fulfill(
                content_type="text/html",
                body=f"<script>{script}</script><iframe src='{escape(login)}'></iframe>",
            ),
        )
        evil.goto(other_site)
        evil.frame_locator("iframe").locator("[data-when=blocked] h1").wait_for()
        assert set(heard) == {"lti.capabilities"}


class TestOpenInANewTab:
    def test_goes_from_the_signed_in_frame_to_the_same_page(self, owned_browser):
        someone = owned_browser()
        inside = someone.is_in_lms("ines").opens_course(FRENCH).community.follows("members")
        tab = follows_to_tab(someone, inside.shown.locator(".topbar form[data-open-tab] button").first)

        assert "/members" in tab.shown.url
        expect(tab.shown.locator(".own-name")).to_have_text("Inès Lefèvre")
        assert tab.page.evaluate("() => window.opener") is None
        # Outside a frame there is nothing to open, and one can sign out; the frame stays as it was.
        assert tab.shown.locator("form[data-open-tab]").count() == 0
        tab.shown.locator(".topbar details.menu summary").click()
        tab.form("/sign-out").locator("button").click()
        inside.goes_home().writes("Toujours là", "Le cadre garde sa place.")

    def test_works_without_script(self, visitor, addresses):
        someone = visitor(addresses, java_script_enabled=False)
        page = someone.is_in_lms("ines").opens_course(FRENCH)
        clicks_through(page, "form button")
        clicks_through(page, "[data-way=here] a")
        while not INSIDE.search(page.frame.url):
            clicks_through(page, "form button")
        clicks_through(page, ".topbar form[data-open-tab] button")
        tab = follows_to_tab(someone, page.frame.locator("a[data-tab]"))
        assert tab.shown.locator("h1").is_visible()

    def test_two_people_at_once_never_mix(self, owned_browser):
        someone = owned_browser()
        first = someone.is_in_lms("ines").opens_course(FRENCH).community
        tab = follows_to_tab(someone, first.shown.locator(".topbar form[data-open-tab] button").first)
        second = someone.is_in_lms("karim").opens_course(FRENCH).community
        other = follows_to_tab(someone, second.shown.locator(".topbar form[data-open-tab] button").first)

        for who, name in ((tab, "Inès Lefèvre"), (other, "Karim Haddad"), (first, "Inès Lefèvre")):
            who.writes(f"De {name}", "Chacun pour soi.")
            assert who.shown.locator(".byline b").first.inner_text() == name


class TestTheHeightOfTheFrame:
    def test_is_told_to_the_platform_alone_and_scrolling_needs_it_not(self, visitor, addresses):
        course = visitor(addresses).is_in_lms("ines").opens_course(FRENCH)
        community = course.community
        course.page.evaluate(
            "() => { window.heights = []; addEventListener('message', (event) => {"
            " if (event.data.subject === 'lti.frameResize') heights.push(event.data.height); }); }"
        )
        community.goes_to("members")
        community.shown.wait_for_load_state("load")
        high = community.shown.evaluate("() => Math.ceil(document.body.getBoundingClientRect().height)")
        course.page.wait_for_function("(high) => window.heights.at(-1) === high", arg=high)
        # This LMS does not grow the frame: what is below is reached by scrolling inside it.
        community.goes_to()
        reached = community.shown.evaluate(
            "() => { scrollTo(0, 1e6); return Math.ceil(scrollY + innerHeight) >="
            " document.documentElement.scrollHeight && scrollY > 0; }"
        )
        assert reached
