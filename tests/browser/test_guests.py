"""A guest in real browsers: invited by mail, let in by the link's button, once; another browser asks anew."""

from tests.browser import BROWSER
from tests.browser.pages_inside import invites_somebody
from tests.browser.tour import Tour

pytestmark = BROWSER


def test_a_guest_comes_in_answers_and_is_gone_when_staff_end_the_visit(campus, visitor):
    course = campus.open_course("ines", locale="en")

    def member(person: str, where: str):
        return visitor(locale="en").enters(person, where)

    tour = Tour(campus, visitor, member, "en")
    asked = member("ines", course).writes("How do you begin?", "Tell me.")
    thread = "posts/" + asked.shown.url.partition("/posts/")[2].partition("?")[0]
    invitations = invites_somebody(tour, course)
    link = campus.guest_link()

    guest = visitor(locale="en").new_tab()
    guest.goto(link)
    guest.locator("form button").click()
    guest.wait_for_url("**/communities/**")
    guest.goto(guest.url.partition("?")[0] + thread)
    guest.locator("textarea[name=body]").first.fill("Begin with a question.")
    guest.locator("form[action*='/comments?'] button[type=submit]").first.click()
    guest.locator("[id^=comment-]", has_text="Begin with a question.").wait_for()

    other = visitor(locale="en").new_tab()
    other.goto(link)
    assert other.locator("h1").inner_text() == "This link has been used"
    other.locator("a[href='/sign-in/guest']").click()
    other.wait_for_url("**/sign-in/guest")
    assert other.locator("h1").inner_text() == "Come in as a guest"

    invitations.shown.locator("a[href*='/members/guests/']").first.click()
    invitations.shown.locator("form[action*='/withdrawal'] button").click()
    invitations.is_told("guest-withdrawn")
    guest.reload()
    assert guest.locator("h1").inner_text() == "Your visit is over"
