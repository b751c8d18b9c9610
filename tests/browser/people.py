"""People before a screen: what they open, write and read, in the LMS and in the community."""

import re

from playwright.sync_api import BrowserContext, Frame, Locator, Page, expect

from tests.browser.campus import Addresses
from tests.browser.watch import Watch
from tests.support.words import said

FRENCH, ENGLISH = "2", "3"
INSIDE = re.compile(r"/communities/\d+/")
A_WHILE = 30_000
"""Milliseconds that anything may take which is not at once: a launch, a worker's turn."""

FOCUSED = "selector => document.activeElement !== null && document.activeElement.matches(selector)"
MOST_TABS = 60

expect.set_options(timeout=A_WHILE)


class Visitor:
    """Somebody with a browser of their own."""

    def __init__(self, context: BrowserContext, addresses: Addresses, watch: Watch) -> None:
        self.context, self.addresses, self.watch = context, addresses, watch
        context.set_default_timeout(A_WHILE)

    def new_tab(self) -> Page:
        return self.context.new_page()

    def is_in_lms(self, person: str) -> "Visitor":
        """Choose on the LMS's pages who one is."""
        page = self.new_tab()
        page.goto(self.addresses.lms + "/")
        page.select_option("#person", person)
        page.click("form[action$='/person'] button")
        page.wait_for_load_state()
        page.close()
        return self

    def opens_course(self, course: str = FRENCH) -> "CoursePage":
        """Open the course in the LMS; the community appears in a frame of it."""
        page = self.new_tab()
        page.goto(f"{self.addresses.lms}/courses/{course}/")
        return CoursePage(page)

    def enters(self, person: str, course: str = FRENCH) -> "Community":
        """Open the community of a course in a tab of its own, as somebody; over http only."""
        # The same post as the form on the LMS's pages, without looking at them: most tests begin here.
        self.context.request.post(self.addresses.lms + "/person", form={"person": person})
        return self.enters_again(course)

    def enters_again(self, course: str = FRENCH) -> "Community":
        """Open the community of a course in another tab, as whoever one is in the LMS."""
        page = self.new_tab()
        page.goto(f"{self.addresses.lms}/courses/{course}/launch?window=window")
        return Community(page)

    def reads_gradebook(self, course: str = FRENCH) -> "Gradebook":
        """Open the gradebook page of the LMS."""
        page = self.new_tab()
        page.goto(f"{self.addresses.lms}/courses/{course}/grades")
        return Gradebook(page)


class CoursePage:
    """A course in the LMS with the community in its frame."""

    def __init__(self, page: Page) -> None:
        self.page = page
        frame = page.locator("main iframe:not([hidden])").element_handle().content_frame()
        assert frame is not None
        self.frame: Frame = frame

    @property
    def community(self) -> "Community":
        """The community, once it has appeared in the frame."""
        return Community(self.frame)


class Gradebook:
    """The LMS's own page of grades."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def grade_of(self, sub: str) -> str:
        """Return what the LMS shows for a person in the first column."""
        return self.page.locator(f"tr[data-sub='{sub}'] td[data-column]").first.inner_text().strip()


class Community:
    """A community as one person sees it, in a tab or in a frame."""

    def __init__(self, shown: Page | Frame) -> None:
        self.shown = shown
        # Its "load" may have fired before one waits for it: an address is enough, the state is known.
        shown.wait_for_url(INSIDE, wait_until="commit", timeout=A_WHILE)
        shown.wait_for_load_state()

    @property
    def page(self) -> Page:
        """The tab it is in."""
        return self.shown.page if isinstance(self.shown, Frame) else self.shown

    @property
    def address(self) -> str:
        """Scheme, host and path of the community, with a slash at the end."""
        return re.match(r".*?/communities/\d+/", self.shown.url)[0]

    @property
    def seat(self) -> str:
        return re.search(r"[?&]seat=(\d+)", self.shown.url)[1]

    @property
    def language(self) -> str:
        return self.shown.locator("html").get_attribute("lang")

    def goes_to(self, below: str = "") -> "Community":
        """Open an address of this community, as this person."""
        joint = "&" if "?" in below else "?"
        self.shown.goto(f"{self.address}{below}{joint}seat={self.seat}")
        return self

    def follows(self, part: str) -> "Community":
        """Follow the link of the community's navigation to a part of it."""
        self.shown.locator(f"nav.nav a[href*='/{part}']").click()
        self.shown.wait_for_url(re.compile(rf"/communities/\d+/{part}"))
        return self

    def goes_home(self) -> "Community":
        """Follow the link of the community's name."""
        self.shown.locator(".topbar a.brand").click()
        self.shown.locator("nav.nav a[aria-current=page][href*='/?']").wait_for()
        return self

    def helps_who_waits_longest(self, body: str) -> "Community":
        """Reply to the first of the questions of others that nobody has answered."""
        self.shown.locator("section[aria-labelledby=waiting] a.title").first.click()
        return self.replies(body)

    def opens(self, title: str) -> "Community":
        """Open a contribution from the feed."""
        self.shown.locator("h3.title a", has_text=title).click()
        self.shown.locator("h1", has_text=title).wait_for()
        self.shown.wait_for_load_state()
        return self

    def writes(self, title: str, body: str, kind: str = "question") -> "Community":
        """Write a contribution; afterwards one is on its page."""
        self.begins_to_write(title, body, kind)
        self.form("/posts?").locator("button.primary[type=submit]").click()
        return self.is_told("written")

    def begins_to_write(self, title: str, body: str, kind: str = "question") -> "Community":
        """Type a contribution and do not send it."""
        if self.shown.locator("main a[href*='/posts/new']").count():
            self.shown.locator("main a[href*='/posts/new']").first.click()
            # For its scripts, too: a person types later than a test does.
            self.shown.wait_for_url("**/posts/new?*")
        else:
            self.goes_to("posts/new")
        self.shown.locator(f"input[name=kind][value={kind}]").check()
        self.shown.locator("input[name=title]").fill(title)
        self.shown.locator("textarea[name=body]").fill(body)
        return self

    def has_its_tools(self) -> "Community":
        """Wait for the scripts of the editor."""
        self.shown.locator("[data-writer][data-ready]").first.wait_for(state="attached")
        return self

    def replies(self, body: str) -> "Community":
        """Reply on the page of a contribution."""
        self.shown.locator("textarea[name=body]").fill(body)
        self.form("/comments?").locator("button[type=submit]").click()
        return self.is_told("comment-written")

    def deletes_contribution(self) -> "Community":
        """Delete the contribution that is open, by its menu."""
        self.opens_menu(self.shown.locator("article.card").first)
        self.shown.locator("form[action*='/delete'] button").first.click()
        return self.is_told("deleted")

    def opens_menu(self, contribution: Locator) -> Locator:
        """Open the menu of a contribution or a reply."""
        menu = contribution.locator("details.menu").first
        menu.locator("summary").click()
        return menu.locator(".pop")

    def switches_grading_on(self, maximum: str = "20") -> "Community":
        """Fill in the trainer's page before grading is on, and confirm."""
        self.shown.locator("input[name=maximum]").fill(maximum)
        self.shown.locator("input[name=confirmed]").check()
        self.form("/grading?").locator("button[type=submit]").click()
        return self.is_told("grading-on")

    def sends_everything(self) -> "Community":
        """Press Send for everybody whose score has changed."""
        self.shown.locator("form:has(input[name=everyone]) button").click()
        return self.is_told("sending")

    def marks_the_page(self) -> "Community":
        """Leave a mark that a reload would lose."""
        self.shown.evaluate("() => { document.body.dataset.mark = 'here' }")
        return self

    def is_the_marked_page(self) -> bool:
        """Tell whether the mark is still there: nothing was loaded again."""
        return self.shown.locator("body[data-mark]").count() == 1

    def row_of(self, name: str) -> Locator:
        """The line of somebody in a table."""
        return self.shown.locator("tbody tr", has=self.shown.locator("th", has_text=name))

    def form(self, action: str) -> Locator:
        """The form whose address contains `action`."""
        return self.shown.locator(f"form[action*='{action}']")

    def is_told(self, notice: str) -> "Community":
        """Wait for the page that confirms something, by its code, and for its scripts: they forget drafts."""
        self.shown.locator(f"body[data-notice='{notice}']").wait_for()
        self.shown.wait_for_load_state()
        return self

    def says(self, sentence: str, **values: object) -> str:
        """Return a sentence of the templates in the language of this page."""
        return said(self.language, sentence, **values)

    def reads(self, *texts: str) -> "Community":
        """See these texts on the page."""
        for text in texts:
            expect(self.shown.locator("body")).to_contain_text(text)
        return self


def walks_in(someone: Visitor, person: str, course: str) -> Community:
    """Open the community by pressing every button of the way oneself, as one without scripts does."""
    page = someone.is_in_lms(person).new_tab()
    page.goto(f"{someone.addresses.lms}/courses/{course}/launch?window=window")
    page.locator("form button").click()
    page.locator("[data-way=here] a").click()
    page.locator("form button").click()
    return Community(page)


def tabs_to(page: Page, selector: str) -> None:
    """Press Tab until something that matches has the focus."""
    for _ in range(MOST_TABS):
        if page.evaluate(FOCUSED, selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{MOST_TABS} times Tab did not lead to {selector}")
