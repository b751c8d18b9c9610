"""A first visit, single keys, a connection that goes and comes back."""

import pytest
from playwright.sync_api import expect

from tests.browser import BROWSER

pytestmark = BROWSER

LOST = "No connection at the moment. What you typed stays here; it is tried again by itself."
UNSENT = "Not sent: there is no connection. Your text stays here; it is tried again by itself."


@pytest.fixture
def course(campus):
    """A course of the test's own; Claire teaches, Inès and Karim learn."""
    return campus.open_course("ines", "karim", locale="fr")


class TestANewcomer:
    def test_accepts_the_charter_says_hello_and_puts_the_welcome_away(self, visitor, course):
        staff = visitor().enters("claire", course).goes_to("charter/edit")
        staff.form("/charter/edit?").locator("button[type=submit].primary").click()
        staff.is_told("charter-written")
        home = visitor(viewport={"width": 380, "height": 800}).enters("ines", course)

        home.shown.locator("section[aria-labelledby=charter] button.primary").click()
        home.is_told("charter-accepted")
        expect(home.shown.locator("section[aria-labelledby=charter]")).to_have_count(0)
        home.shown.locator("section[aria-labelledby=first-three] a").first.click()
        expect(home.shown.locator("input[name=title]")).to_have_value("Bonjour, je suis Inès")
        home.form("/posts?").locator("button[type=submit].primary").last.click()
        home.is_told("written").goes_to()
        expect(home.shown.locator(".stepper > li.done")).to_have_count(1)
        home.form("/welcome?").locator("button").click()
        home.shown.wait_for_load_state()
        expect(home.shown.locator("section[aria-labelledby=welcome]")).to_have_count(0)


class TestSingleKeys:
    def test_lead_about_rest_while_one_types_and_can_be_switched_off(self, visitor, course):
        visitor().enters("karim", course).writes("Une première question", "Qui sait ?")
        home = visitor().enters("ines", course)
        page, dialog = home.page, home.shown.locator("dialog#shortcuts")

        page.keyboard.press("?")
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        expect(home.shown.locator(".title a:focus, a.title:focus").first).to_have_text(
            "Une première question"
        )
        page.keyboard.press("g")
        page.keyboard.press("a")
        page.wait_for_url("**/to-answer*")
        page.keyboard.press("n")
        page.wait_for_url("**/posts/new*")
        title = page.locator("input[name=title]")
        title.focus()
        page.keyboard.type("jkr?n")
        expect(title).to_have_value("jkr?n")
        title.fill("")

        home.goes_to()
        page.locator(".topbar details.menu summary").click()
        page.locator("[data-opens-shortcuts]").click()
        dialog.locator("form button").click()
        page.locator("body[data-shortcuts=off]").wait_for()
        page.keyboard.press("?")
        expect(dialog).to_be_hidden()


class TestALostConnection:
    def test_is_said_and_heals_and_nothing_typed_is_lost(self, visitor, course):
        writer = visitor()
        form = writer.enters("claire", course).goes_to("space")
        page, bar = form.page, form.page.locator("#connection")
        page.locator("#name").fill("Un autre nom")

        writer.context.set_offline(True)
        expect(bar).to_have_text(form.says(LOST))
        form.form("/space?").locator("button.primary").click()
        expect(bar).to_have_text(form.says(UNSENT))
        expect(page.locator("#name")).to_have_value("Un autre nom")
        writer.context.set_offline(False)
        expect(bar).to_have_text(form.says("The connection is back. You can send your text now."))
        form.form("/space?").locator("button.primary").click()
        form.is_told("space-saved")
        # That there was no connection is what this is about.
        troubles = writer.watch.troubles
        troubles[:] = [one for one in troubles if "ERR_INTERNET_DISCONNECTED" not in one]
