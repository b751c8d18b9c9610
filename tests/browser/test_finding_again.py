"""What a member keeps, what is new to them, what they look for: found again, and honest when it fails."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import BROWSER, axe
from tests.browser.people import Community
from tests.browser.test_keyboard import tabs_to

pytestmark = BROWSER

LONG_ENOUGH_TO_BE_READ = 2_500
NOT_SAVED = "This could not be saved. Please try again."
NOBODY_THERE = "internetdisconnected"


def toggle(shown: Community, field: str) -> Locator:
    """The button below the contribution that follows it or keeps it."""
    return shown.shown.locator(f".post-foot > form[data-toggle={field}]").first


def presses(shown: Community, form: Locator) -> None:
    """Press a toggle and wait until it is saved."""
    with shown.page.expect_response(re.compile("/(attention|bookmark)")):
        form.locator("button").click()


def is_on(form: Locator, on: bool = True) -> None:
    expect(form).to_have_attribute("data-on", "") if on else expect(form).not_to_have_attribute("data-on", "")


class TestWhatAMemberKeeps:
    def test_is_followed_muted_and_found_again(self, visitor, campus):
        course = campus.open_course("ines", "karim", locale="en")
        staff = visitor(locale="en").enters("claire", course).goes_to("topics")
        staff.shown.locator("#name-new").fill("Delegating")
        staff.form("/topics?").locator("button.primary").last.click()
        staff.is_told("topic-added")
        asked = (
            visitor(locale="en").enters("karim", course).begins_to_write("Whom do I ask first?", "Anybody?")
        )
        asked.shown.locator("#topic").select_option(label="Delegating")
        asked.form("/posts?").locator("button.primary").click()
        asked.is_told("written").writes("Lunch on Tuesday", "At noon.", kind="discussion")
        narrow = {"viewport": {"width": 380, "height": 900}, "color_scheme": "dark"}
        mine = visitor(locale="en", **narrow).enters("ines", course).opens("Whom do I ask first?")

        # The thread is followed and kept: both are still so after the page was loaded again.
        presses(mine, toggle(mine, "attention"))
        presses(mine, toggle(mine, "bookmark"))
        mine.shown.reload()
        is_on(toggle(mine, "attention"))
        expect(toggle(mine, "bookmark").locator("button")).to_have_attribute("aria-pressed", "true")
        assert axe.violations(mine.page) == []
        mine.goes_to("discussions?show=followed").reads("Whom do I ask first?")
        mine.shown.locator("main a[href*='/bookmarks']").click()
        expect(mine.shown.locator("#posts h3")).to_have_text("Whom do I ask first?")
        assert axe.violations(mine.page) == []

        # The topic is followed, then muted, which takes the first back; what stands in it leaves the home.
        row = mine.goes_to("topics").shown.locator(".topic-row")
        presses(mine, row.locator("> form[data-toggle]"))
        mine.opens_menu(row)
        presses(mine, row.locator(".pop form[data-toggle]"))
        is_on(row.locator("> form[data-toggle]"), False)
        is_on(row.locator(".pop form[data-toggle]"))
        assert axe.violations(mine.page) == []
        mine.goes_to("discussions?show=followed").reads("Whom do I ask first?")

        # The thread of its own is no longer followed but muted, and found among what is muted.
        mine.opens("Whom do I ask first?")
        mine.opens_menu(mine.shown.locator("article.card").first)
        presses(mine, mine.shown.locator(".pop form[data-toggle=attention]"))
        is_on(toggle(mine, "attention"), False)
        mine.goes_home()
        expect(mine.shown.locator("#posts h3")).to_have_text(["Lunch on Tuesday"])
        mine.goes_to("discussions?show=muted").reads("Whom do I ask first?")

    def test_is_taken_back_on_the_page_when_it_was_not_saved(self, visitor, campus):
        course = campus.open_course("ines", "karim", locale="fr")
        visitor().enters("karim", course).writes("Par où commencer ?", "Qui sait ?")
        someone = visitor(locale="fr")
        mine = someone.enters("ines", course).opens("Par où commencer")
        keep, follow = toggle(mine, "bookmark"), toggle(mine, "attention")
        said = mine.shown.locator("#announce .toast")

        # Nobody is there to hear it.
        mine.page.route("**/bookmark?*", lambda route: route.abort(NOBODY_THERE))
        keep.locator("button").click()
        expect(said).to_have_text(mine.says(NOT_SAVED))
        is_on(keep, False)
        expect(keep.locator("button")).to_have_attribute("aria-pressed", "false")
        mine.page.unroute("**/bookmark?*")
        presses(mine, keep)
        is_on(keep)

        # The session is over: the server refuses.
        cookies = someone.context.cookies()
        someone.context.clear_cookies(domain="127.0.0.1")
        mine.shown.evaluate("document.querySelector('#announce').replaceChildren()")
        presses(mine, follow)
        expect(said).to_have_text(mine.says(NOT_SAVED))
        is_on(follow, False)
        someone.context.add_cookies(cookies)
        mine.shown.reload()
        is_on(toggle(mine, "attention"), False)
        is_on(toggle(mine, "bookmark"))


class TestWhatIsNew:
    def test_is_marked_until_it_was_read(self, visitor, campus):
        course = campus.open_course("ines", "karim", locale="fr")
        reader = visitor(locale="fr", viewport={"width": 380, "height": 900})
        reader.context.clock.install()
        mine = reader.enters("ines", course).writes(
            "Comment recadrer ?", "Un ancien collègue.", kind="discussion"
        )
        below = re.search(r"posts/\d+", mine.shown.url)[0]
        his = visitor().enters("karim", course).goes_to(below)
        his.replies("Par les faits.").replies("Et sans témoin.")

        # In the list and in the thread, where the new ones begin.
        two = "2 nouvelles réponses"
        expect(mine.goes_to("discussions").shown.locator("#posts .badge.new")).to_have_text(two)
        assert axe.violations(mine.page) == []
        # Looked at for two seconds it is read, and no longer new.
        with mine.page.expect_response(re.compile(r"/read\b")):
            mine.opens("Comment recadrer")
            expect(mine.shown.locator("[data-first-new]")).to_contain_text(two)
            begins = mine.shown.locator(".day.fresh + article")
            expect(begins).to_contain_text("Par les faits.")
            expect(mine.shown.locator("article.unread")).to_have_count(2)
            assert axe.violations(mine.page) == []
            mine.shown.locator("[data-first-new]").click()
            expect(begins).to_be_in_viewport()
            mine.page.clock.fast_forward(LONG_ENOUGH_TO_BE_READ)
        expect(mine.goes_to("discussions").shown.locator("#posts .badge.new")).to_have_count(0)

        # All may be read at once; what comes after it is new again.
        his.replies("Bon courage.")
        mine.goes_to("discussions?show=unread")
        expect(mine.shown.locator("#posts h3")).to_have_text(["Comment recadrer ?"])
        mine.form("/read?").locator("button").click()
        mine.is_told("all-read").goes_to("discussions?show=unread")
        expect(mine.shown.locator("#posts")).to_have_count(0)
        assert axe.violations(mine.page) == []
        his.writes("Tout autre chose", "À lire plus tard.")
        mine.shown.reload()
        expect(mine.shown.locator("#posts h3")).to_have_text(["Tout autre chose"])


@pytest.fixture
def written(visitor, campus) -> str:
    """A course with a text in French and one in English, by Karim, and a reply by Hugo."""
    course = campus.open_course("ines", "karim", "hugo", locale="en")
    his = visitor().enters("karim", course)
    his.writes("Running better meetings", "Our weekly meetings were too long.", kind="discussion")
    his.writes("Préparer l’été", "Les équipes fatiguées attendent des échanges réguliers.")
    below = re.search(r"posts/\d+", his.shown.url)[0]
    visitor().enters("hugo", course).goes_to(below).replies("Une équipe reposée, d’abord.")
    return course


class TestWhatOneLooksFor:
    def test_is_found_in_both_languages_and_narrowed(self, visitor, written):
        mine = visitor(locale="en", color_scheme="dark").enters("ines", written)
        found, marked = mine.shown.locator(".results h3"), mine.shown.locator(".results .extract mark")

        # By keyboard alone, without accents, in the singular.
        mine.page.keyboard.press("/")
        expect(mine.shown.locator("#site-search")).to_be_focused()
        mine.page.keyboard.type("equipe fatiguee ete")
        mine.page.keyboard.press("Enter")
        mine.shown.wait_for_url("**/search?*")
        expect(found).to_have_text(["Préparer l’été"])
        expect(marked.first).to_have_text("équipes")
        assert axe.violations(mine.page) == []
        mine.page.keyboard.press("/")
        expect(mine.shown.locator("#q")).to_be_focused()
        mine.page.keyboard.press("ControlOrMeta+A")
        mine.page.keyboard.type("meeting")
        mine.page.keyboard.press("Enter")
        mine.shown.wait_for_url("**q=meeting*")
        expect(marked).to_have_text(["meetings"])
        tabs_to(mine.page, ".results h3 a")
        mine.page.keyboard.press("Enter")
        expect(mine.shown.locator("h1")).to_have_text("Running better meetings")

        # Narrowed by kind and by person; the way back leads over each of them.
        mine.goes_to("search?q=equipe")
        expect(found).to_have_count(2)
        mine.shown.locator("#search-kind").select_option("question")
        mine.shown.locator(".search-form button[type=submit]").click()
        expect(found).to_have_text(["Préparer l’été"])
        assert "kind=question" in mine.shown.url
        mine.page.go_back()
        expect(found).to_have_count(2)
        mine.shown.locator(".results .meta a", has_text="Hugo").click()
        expect(found).to_have_count(1)
        expect(found).to_contain_text("Reply to")
        assert "author=" in mine.shown.url and axe.violations(mine.page) == []
        mine.shown.locator("a", has_text=mine.says("By anyone")).click()
        expect(found).to_have_count(2)

    @pytest.mark.long
    def test_is_not_there_and_one_is_told_what_to_do(self, visitor, written):
        narrow = {"viewport": {"width": 380, "height": 900}, "locale": "en"}
        mine = visitor(**narrow).enters("ines", written).goes_to("search?q=umbrella&kind=question")
        mine.reads(
            mine.says("Nothing here says all of it"), mine.says("With fewer filters there may be something.")
        )
        assert axe.violations(mine.page) == []
        mine.shown.locator(".empty a", has_text=mine.says("Search without filters")).click()
        mine.reads(mine.says("Try fewer words, or another word for the same thing."))
        mine.shown.locator(".empty a.primary").click()
        expect(mine.shown.locator("input[name=title]")).to_have_value("umbrella")

        mine.goes_to("search?q=hugo")
        expect(mine.shown.locator("section[aria-labelledby=people] li")).to_have_count(1)
        mine.shown.locator("section[aria-labelledby=people] a").first.click()
        mine.shown.locator("main").get_by_text("Hugo Perrin").first.wait_for()
