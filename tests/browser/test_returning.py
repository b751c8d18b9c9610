"""Somebody who reloads, goes back, keeps an address, or opens a mailed link: every case lands well."""

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from tests.browser import BROWSER, axe
from tests.browser.people import Community

pytestmark = [*BROWSER, pytest.mark.long]


@pytest.fixture
def course(campus):
    """A course of the test's own; Claire teaches, Inès and Karim learn."""
    return campus.open_course("ines", "karim", locale="fr")


def titles(home: Community) -> list[str]:
    return home.goes_home().shown.locator("#posts h3").all_inner_texts()


class TestReloading:
    def test_after_a_launch_stays_signed_in(self, visitor, course):
        home = visitor().enters("ines", course)
        home.page.reload()
        expect(home.shown.locator(".own-name")).to_have_text("Inès Lefèvre")

    def test_after_publishing_publishes_once(self, visitor, course):
        thread = visitor().enters("ines", course).writes("Une seule fois", "Même si je recharge.")
        thread.page.reload()
        assert titles(thread) == ["Une seule fois"]


class TestGoingBack:
    def test_after_publishing_and_sending_again_is_not_lost_nor_somebody_elses(self, visitor, course):
        thread = visitor().enters("ines", course).writes("Premier envoi", "Puis retour.")
        thread.page.go_back()
        thread.shown.locator("input[name=title]").fill("Second envoi")
        thread.shown.locator("textarea[name=body]").fill("Depuis la page d’avant.")
        thread.form("/posts?").locator("button[type=submit]").click()
        thread.is_told("written")
        assert titles(thread) == ["Second envoi", "Premier envoi"]

    def test_to_the_launch_says_that_it_was_used_and_what_to_do(self, visitor, course):
        someone = visitor()
        sent = []
        someone.context.on("request", lambda one: sent.append(one) if "/lti/launch" in one.url else None)
        home = someone.enters("ines", course)
        fields = parse_qs(sent[-1].post_data)
        # What a browser does that repeats the form: the same fields, from the same browser, once more.
        home.shown.evaluate(
            """([action, fields]) => {
                const form = Object.assign(document.createElement("form"), { method: "post", action });
                for (const [name, [value]] of Object.entries(fields)) {
                    const field = document.createElement("input");
                    form.append(Object.assign(field, { name, value, type: "hidden" }));
                }
                document.body.append(form);
                form.submit();
            }""",
            [sent[-1].url, fields],
        )
        expect(home.shown.locator("details.more strong")).to_have_text("launch-replayed")
        assert axe.violations(home.shown) == []
        home.page.go_back()
        expect(home.shown.locator(".own-name")).to_have_text("Inès Lefèvre")

    def test_after_signing_out_shows_nothing_of_the_community(self, visitor, course):
        home = visitor().enters("ines", course).writes("Un secret à nous", "Entre nous.").goes_home()
        home.shown.locator(".topbar details.menu summary").click()
        home.form("/sign-out").locator("button").click()
        home.shown.locator("nav.nav").wait_for(state="detached")
        home.page.go_back()
        expect(home.shown.locator("h1")).to_be_visible()
        expect(home.shown.locator("body")).not_to_contain_text("Un secret à nous")

    def test_as_somebody_else_acts_for_whom_the_page_names(self, visitor, course):
        someone = visitor()
        first = someone.enters("ines", course).begins_to_write("D’Inès", "Commencé avant l’autre.")
        someone.enters("karim", course)
        first.form("/posts?").locator("button[type=submit]").click()
        first.is_told("written")
        assert first.shown.locator(".byline b").first.inner_text() == "Inès Lefèvre"


class TestAnAddressThatWasKept:
    def test_leads_there_after_the_next_launch(self, visitor, course):
        thread = visitor().enters("ines", course).writes("À garder", "Mettez-moi de côté.")
        kept = thread.shown.url.partition("?")[0]
        someone = visitor()
        tab = someone.new_tab()
        assert tab.goto(kept).status == 401
        assert axe.violations(tab) == []
        back = someone.enters("ines", course)
        assert back.shown.url.startswith(kept)

    def test_with_the_seat_of_a_session_that_is_over_opens_for_the_present_one(self, visitor, course):
        old = visitor().enters("ines", course).writes("Marque-page", "Avec le siège d’avant.").shown.url
        someone = visitor()
        someone.enters("karim", course)
        page = someone.new_tab()
        assert page.goto(re.sub(r"seat=\d+", "seat=99999", old)).status == 200
        assert Community(page).shown.locator(".own-name").inner_text() == "Karim Haddad"
