"""A guest in real browsers: invited by mail, let in by the link's button, once; another browser asks anew."""

import pytest

from tests.browser import BROWSER, axe
from tests.browser.pages_inside import invites_somebody
from tests.browser.test_roles_at_work import SCREENS
from tests.browser.tour import Tour
from tests.support.words import said

pytestmark = BROWSER


@pytest.mark.parametrize("language", ["en", pytest.param("fr", marks=pytest.mark.long)])
def test_a_guest_comes_in_answers_and_is_gone_when_staff_end_the_visit(campus, visitor, language):
    screen = SCREENS[language] | {"reduced_motion": "reduce"}
    course = campus.open_course("ines", locale=language)

    def member(person: str, where: str):
        return visitor(**screen).enters(person, where)

    tour = Tour(campus, visitor, member, language)
    asked = member("ines", course).writes("How do you begin?", "Tell me.")
    thread = "posts/" + asked.shown.url.partition("/posts/")[2].partition("?")[0]
    invitations = invites_somebody(tour, course)
    link = campus.guest_link()

    guest = visitor(**screen).new_tab()
    guest.goto(link)
    guest.locator("form button").click()
    guest.wait_for_url("**/communities/**")
    guest.goto(guest.url.partition("?")[0] + thread)
    guest.locator("textarea[name=body]").first.fill("Begin with a question.")
    guest.locator("form[action*='/comments?'] button[type=submit]").first.click()
    guest.locator("[id^=comment-]", has_text="Begin with a question.").wait_for()

    other = visitor(**screen).new_tab()
    other.goto(link)
    assert other.locator("h1").inner_text() == said(language, "This link has been used")
    assert axe.violations(other) == []
    other.locator("a[href='/sign-in/guest']").click()
    other.wait_for_url("**/sign-in/guest")
    assert other.locator("h1").inner_text() == said(language, "Come in as a guest")

    invitations.shown.locator("a[href*='/members/guests/']").first.click()
    invitations.shown.locator("form[action*='/withdrawal'] button").click()
    invitations.is_told("guest-withdrawn")
    guest.reload()
    assert guest.locator("h1").inner_text() == said(language, "Your visit is over")
    assert axe.violations(guest) == []
