"""Help between members: thanks with a line, who has met it too, recognition, who says what solved it."""

import re

from playwright.sync_api import expect

from tests.browser import BROWSER, axe
from tests.browser.people import Community

pytestmark = BROWSER

AS_OFTEN_AS_ONE_CAN = (
    "You have recognised the help of this person as often as one can in a community. "
    "Thanks are always welcome."
)


def recognises(who: Community, number: int, note: str) -> Community:
    """Recognise the help of a reply, the first of them being number 0."""
    who.shown.locator("[id^=comment-]").nth(number).locator("a[href*='/recognition']").click()
    who.shown.locator("#note").fill(note)
    who.form("/recognition?").locator("button[type=submit]").click()
    return who.is_told("recognised")


def test_help_is_thanked_for_recognised_and_accepted(visitor, campus):
    course = campus.open_course("ines", "karim", "hugo", locale="en")
    narrow = {"viewport": {"width": 380, "height": 900}, "color_scheme": "dark", "locale": "en"}
    asked = visitor(**narrow).enters("ines", course).writes("How do I begin?", "A difficult talk.")
    below = re.search(r"posts/\d+", asked.shown.url)[0]
    his = visitor().enters("karim", course).goes_to(below)
    his.replies("With a question.").replies("Then listen.").replies("And write it down.")

    # Somebody else has met it too; whoever asked was helped, and says what came of it.
    hugo = visitor(locale="en").enters("hugo", course).goes_to(below)
    with hugo.page.expect_response(re.compile("/reactions?")):  # shown at once, and saved behind it
        hugo.shown.locator("[data-reaction=met] button").click()
    expect(hugo.shown.locator("[data-reaction=met] [data-count]")).to_have_text("1")
    asked.goes_to(below).reads("1 person has met this too")
    asked.shown.locator("[data-reaction=helped] button").first.click()
    note = asked.shown.locator("[data-note]")
    note.locator("summary").click()
    assert axe.violations(asked.page) == []
    note.locator("input[name=note]").fill("We talked for an hour.")
    note.locator("button").click()
    asked.is_told("helped")
    hugo.shown.reload()
    expect(hugo.shown.locator(".thanks")).to_contain_text("We talked for an hour.")

    # Recognition says something because it is limited: the third for one person is not possible.
    recognises(hugo, 0, "Calm and clear.")
    expect(hugo.shown.locator(".recognised")).to_contain_text("Calm and clear.")
    assert axe.violations(hugo.page) == []
    recognises(hugo.goes_to(below), 1, "Twice.")
    hugo.goes_to(below).shown.locator("[id^=comment-]").nth(2).locator("a[href*='/recognition']").click()
    expect(hugo.shown.locator(".callout.warn")).to_contain_text(hugo.says(AS_OFTEN_AS_ONE_CAN))
    expect(hugo.form("/recognition?")).to_have_count(0)
    assert axe.violations(hugo.page) == []

    # A trainer says which reply solved it; whoever asked thinks otherwise.
    claire = visitor(locale="en").enters("claire", course).goes_to(below)
    claire.form("/acceptance?").first.locator("button").click()
    claire.is_told("accepted")
    asked.goes_to(below).reads("Reply accepted by Claire Dubois")
    assert axe.violations(asked.page) == []
    asked.shown.locator(".accepted form[action*='/acceptance'] button").click()
    asked.is_told("acceptance-taken-back")
    expect(asked.shown.locator(".card.accepted")).to_have_count(0)
    hugo.goes_to("to-answer?show=answered").reads("How do I begin?")
