"""The community by keyboard alone, and without a single script."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import BROWSER
from tests.browser.people import FRENCH, Community, tabs_to, walks_in

pytestmark = BROWSER


@pytest.fixture
def course(campus):
    """A course of the test's own; Claire teaches, Inès and Karim learn."""
    return campus.open_course("ines", "karim")


class TestAKeyboardAlone:
    def test_the_first_tab_leads_past_the_navigation(self, visitor, course):
        page = visitor().enters("ines", course).page

        page.keyboard.press("Tab")
        expect(page.locator("a.skip")).to_be_focused()
        page.keyboard.press("Enter")

        expect(page.locator("#main")).to_be_focused()

    def test_escape_closes_a_menu_and_gives_the_focus_back(self, visitor, course):
        page = visitor().enters("ines", course).page
        summary, menu = ".topbar details.menu summary", page.locator(".topbar details.menu .pop")

        tabs_to(page, summary)
        page.keyboard.press("Enter")
        expect(menu).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")

        expect(menu).to_be_hidden()
        expect(page.locator(summary)).to_be_focused()

    def test_a_contribution_is_written_and_sent(self, visitor, course):
        page = visitor().enters("ines", course).page

        tabs_to(page, "main a[href*='/posts/new']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/posts/new*")
        tabs_to(page, "input[name=kind]")
        chosen = page.locator("input[name=kind]:checked")
        for _ in range(7):
            page.keyboard.press("ArrowDown")
            if chosen.get_attribute("value") == "discussion":
                break
        tabs_to(page, "input[name=title]")
        page.keyboard.type("Without a mouse")
        tabs_to(page, "textarea[name=body]")
        page.keyboard.type("Typed, not clicked.")
        tabs_to(page, "form[action*='/posts?'] button[type=submit]")
        page.keyboard.press("Enter")

        written = Community(page).is_told("written")
        written.reads("Without a mouse", "Typed, not clicked.")
        assert written.shown.locator(".kind.h4").is_visible()

    def test_a_question_is_asked_answered_and_solved(self, visitor, course):
        """What the space is for, from the first key to the last; and a deletion is taken back."""
        asker = visitor().enters("ines", course).writes("Who helps?", "Somebody?")
        below = asker.shown.url.partition("/posts/")[2].partition("?")[0]
        helper = visitor().enters("karim", course).goes_to(f"posts/{below}").page
        tabs_to(helper, "textarea[name=body]")
        helper.keyboard.type("I do.")
        tabs_to(helper, "form[action*='/comments?'] button[type=submit]")
        helper.keyboard.press("Enter")
        Community(helper).is_told("comment-written")

        page = asker.goes_to(f"posts/{below}").page
        tabs_to(page, "[data-reaction=helped] button")
        page.keyboard.press("Space")
        expect(page.locator("[data-reaction=helped] button")).to_have_attribute("aria-pressed", "true")
        expect(page.locator("[data-reaction=helped] button")).to_be_focused()
        tabs_to(page, "form[action*='/acceptance'] button")
        page.keyboard.press("Enter")

        solved = Community(page).is_told("accepted").shown
        expect(solved.locator(".card.accepted")).to_contain_text("I do.")
        asker.goes_to(f"posts/{below}")
        tabs_to(page, "article[aria-labelledby=title] details.menu summary")
        page.keyboard.press("Enter")
        tabs_to(page, "form[action*='/delete'] button")
        page.keyboard.press("Enter")
        Community(page).is_told("deleted")
        tabs_to(page, ".toast form button")
        page.keyboard.press("Enter")
        Community(page).is_told("brought-back").reads("Who helps?", "I do.")


class TestATrainersKeys:
    """The arrows lead from learner to learner, and stay what they are where one writes or chooses."""

    def test_lead_to_the_next_learner_and_back(self, visitor, course):
        page = self.at_a_learner(visitor, course)
        first = page.locator("h1").inner_text()

        page.keyboard.press("ArrowRight")
        expect(page.locator("h1")).not_to_have_text(first)
        # The heading is there before the script that listens: a person presses later than a test does.
        page.wait_for_load_state("load")
        page.keyboard.press("ArrowLeft")

        expect(page.locator("h1")).to_have_text(first)

    def test_stay_in_a_text(self, visitor, course):
        page = self.at_a_learner(visitor, course)
        address, feedback = page.url, page.locator("#feedback-body")

        feedback.fill("Clear")
        feedback.press("ArrowLeft")
        feedback.press("ArrowRight")
        page.keyboard.type("!")

        expect(feedback).to_have_value("Clear!")
        assert page.url == address

    def at_a_learner(self, visitor, course) -> Page:
        """Open the first learner's page; there are two."""
        for person in ("ines", "karim"):
            visitor().enters(person, course)
        theirs = visitor().enters("claire", course).follows("grading").switches_grading_on()
        theirs.page.locator("tbody a[href*='/grading/learners/']").first.click()
        expect(theirs.page.locator("[data-keys]")).to_be_visible()
        return theirs.page


class TestWithoutScript:
    def test_a_learner_comes_in_writes_replies_edits_and_deletes(self, visitor, course):
        mine = walks_in(visitor(java_script_enabled=False), "ines", course)

        mine.writes("Plain as paper", "No script was needed.").replies("Nor here.")
        reply = mine.shown.locator("[id^=comment-]").first
        mine.opens_menu(reply).locator("a[href*='/edit']").click()
        mine.shown.locator("textarea[name=body]").fill("Nor for a second thought.")
        mine.form("/edit?").locator("button[type=submit]").click()

        mine.is_told("comment-edited").reads("Nor for a second thought.")
        mine.deletes_contribution()

    def test_a_trainer_appoints_somebody(self, visitor, course):
        visitor().enters("karim", course)
        theirs = walks_in(visitor(java_script_enabled=False), "claire", course).follows("members")

        theirs.row_of("Karim Haddad").locator("summary").click()
        theirs.row_of("Karim Haddad").locator("button[value=community_manager]").click()

        theirs.is_told("appointed")
        expect(theirs.row_of("Karim Haddad")).to_contain_text(theirs.says("Community manager"))

    def test_a_trainer_sends_a_grade(self, visitor, campus, course):
        theirs = walks_in(visitor(java_script_enabled=False), "claire", course).follows("grading")
        theirs.switches_grading_on()
        words = " ".join(f"word{number}" for number in range(30))
        visitor().enters("ines", course).writes("A question", words)

        theirs.follows("grading").sends_everything()

        for _ in range(20):
            theirs.follows("grading")
            if theirs.row_of("Inès Lefèvre").locator(".status.ok").count():
                break
            theirs.page.wait_for_timeout(500)
        assert campus.lms.score_of(course, "u-ines") == 5.0

    def test_the_sections_of_the_fourth_week_are_read(self, visitor):
        mine = walks_in(visitor(java_script_enabled=False), "ines", FRENCH)

        for part, seen in (("participation", "#evidence"), ("members", "#list")):
            mine.follows(part)
            expect(mine.shown.locator(seen)).to_be_attached()
