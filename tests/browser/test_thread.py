"""A thread with scripts: what is shown at once, what is rolled back, the form that comes to the reply."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser import BROWSER
from tests.browser.people import Community

pytestmark = BROWSER


@pytest.fixture
def asked(visitor, campus) -> Community:
    """A question of Inès's with two replies by Karim, as she reads it."""
    course = campus.open_course("ines", "karim")
    mine = visitor(locale="fr", viewport={"width": 380, "height": 900}).enters("ines", course)
    mine.writes("Par où commencer ?", "Je cherche.")
    below = mine.shown.url.partition("/posts/")[2].partition("?")[0]
    his = visitor().enters("karim", course).goes_to(f"posts/{below}")
    his.replies("Par une **vraie** question.").replies("Et un café.")
    return mine.goes_to(f"posts/{below}")


def helped(asked: Community):
    return asked.shown.locator("[data-reaction=helped] button").first


class TestThanks:
    def test_show_at_once_and_stay(self, asked):
        asked.marks_the_page()
        helped(asked).click()
        expect(helped(asked)).to_have_attribute("aria-pressed", "true")
        expect(helped(asked).locator("[data-count]")).to_have_text("1")
        expect(asked.shown.locator("#announce")).to_contain_text(
            asked.says("Thanks noted: its author and everybody here can see it.")
        )
        assert asked.is_the_marked_page()
        asked.shown.reload()
        expect(helped(asked)).to_have_attribute("aria-pressed", "true")

    def test_take_the_line_that_is_typed_at_once(self, asked):
        """Beside the field its letters would be shortcuts: "n" leads away, and the words are gone."""
        helped(asked).click()
        asked.shown.locator("[data-note] > summary").first.click()
        asked.page.keyboard.type("Gagné du temps, merci.")
        asked.page.keyboard.press("Enter")

        expect(asked.shown.locator(".thanks q")).to_have_text("Gagné du temps, merci.")

    def test_that_never_arrive_are_rolled_back_and_count_once(self, asked):
        held: list[Route] = []
        asked.page.route(re.compile("/reactions"), lambda route: held.append(route))
        helped(asked).click()
        helped(asked).click()
        expect(helped(asked)).to_have_attribute("aria-pressed", "true")
        assert len(held) == 1
        held[0].fulfill(status=200, body="no answer of ours")

        expect(helped(asked)).to_have_attribute("aria-pressed", "false")
        expect(helped(asked).locator("[data-count]")).to_be_empty()
        expect(asked.shown.locator("#announce .toast")).to_be_visible()

    def test_that_are_no_longer_taken_say_so_and_do_not_ask_to_try_again(self, asked):
        """The sub-group was closed while the thread was read."""
        asked.page.route(re.compile("/reactions"), lambda route: route.fulfill(status=409, body="closed"))
        helped(asked).click()
        expect(asked.shown.locator("#announce .toast")).to_have_text(
            asked.says("That cannot be said here any more. Nothing was changed.")
        )
        expect(helped(asked)).to_have_attribute("aria-pressed", "false")


class TestAnswering:
    def test_brings_the_form_to_the_reply_with_its_words(self, asked):
        first = asked.shown.locator("[id^=comment-]").first
        number = first.get_attribute("id").removeprefix("comment-")
        first.locator("a[data-quote]").click()
        area = asked.shown.locator(f"#comment-{number} + .replies #reply textarea")
        expect(area).to_be_focused()
        expect(area).to_have_value("> Par une vraie question.\n\n")
        area.press_sequentially("Laquelle ?")
        asked.form("/comments?").locator("button[type=submit]").click()
        asked.is_told("comment-written")
        expect(asked.shown.locator(f"#comment-{number} + .replies")).to_contain_text("Laquelle ?")
