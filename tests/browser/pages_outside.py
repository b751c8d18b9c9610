"""The pages around the closed space, in every state, and those of the demo LMS: how one comes there."""

from playwright.sync_api import Page

from tests.browser.pages_inside import invites_somebody
from tests.browser.people import ENGLISH, FRENCH
from tests.browser.tour import PageOf, Tour
from tests.browser.wire import SAFARI

# Before the closed space


def front(tour: Tour) -> Page:
    return tour.alone("/")


def privacy(tour: Tour) -> Page:
    return tour.alone("/privacy")


def launch_address(tour: Tour) -> Page:
    return tour.alone("/lti/launch")


def not_signed_in(tour: Tour) -> Page:
    return tour.alone("/communities/1/posts/1")


def login_refused(tour: Tour) -> Page:
    return tour.alone("/lti/login?iss=https%3A%2F%2Fnobody.test&login_hint=1")


def launch_outside_a_course(tour: Tour) -> Page:
    course, person = (FRENCH, "ines") if tour.language == "fr" else (ENGLISH, "grace")
    visitor = tour.visitor().is_in_lms(person)
    page = visitor.new_tab()
    tour.campus.lms.quirks.no_context = True
    try:
        page.goto(f"{tour.campus.addresses.lms}/courses/{course}/launch?window=window")
        page.wait_for_url("**/lti/launch")
        page.locator("h1").wait_for()
    finally:
        tour.campus.lms.quirks.no_context = False
    return page


def choice_of_a_space(tour: Tour) -> Page:
    return _opened_anew(tour, "claire", "form[action='/lti/launch/choice']")


def space_not_chosen_yet(tour: Tour) -> Page:
    return _opened_anew(tour, "ines", "ol.numbered")


def _opened_anew(tour: Tour, person: str, seen: str) -> Page:
    """Open a course that has a community through a second registration of the same LMS."""
    course = tour.course_of("ines")
    tour.visitor().enters("ines", course)
    with tour.campus.launching_anew():
        page = tour.visitor().is_in_lms(person).new_tab()
        page.goto(f"{tour.campus.addresses.lms}/courses/{course}/launch?window=window")
        page.wait_for_url("**/lti/launch")
        page.locator(seen).first.wait_for()
    return page


def signed_out(tour: Tour) -> Page:
    community = tour.visitor().enters("ines")
    community.shown.locator(".topbar details.menu summary").click()
    community.form("/sign-out").locator("button").click()
    community.shown.wait_for_url("**/sign-out*")
    return community.page


def login_without_script(tour: Tour) -> Page:
    return _on_the_way_in(tour, "**/js/login.js*", "[data-way=here]")


def login_that_cannot_tell(tour: Tour) -> Page:
    return _on_the_way_in(tour, "**/lti/login/cookie", "[data-when=unsure]")


def launch_to_be_sent_again(tour: Tour) -> Page:
    return _on_the_way_in(tour, "**/js/repost.js*", "#repost button", user_agent=SAFARI)


def link_into_a_tab(tour: Tour) -> Page:
    """As it stands in the frame where no script runs; looked at alone, to see the whole of it."""
    home = tour.visitor().enters("ines")
    home.shown.evaluate(
        """() => {
            const form = Object.assign(document.createElement("form"), { method: "post" });
            form.action = location.pathname + "tab" + location.search;
            form.append(document.querySelector("input[name=seat_token]").cloneNode());
            document.body.append(form);
            form.submit();
        }"""
    )
    home.shown.locator("a[data-tab]").wait_for()
    return home.page


def arrival_in_a_tab(tour: Tour) -> Page:
    page = link_into_a_tab(tour)
    page.goto(tour.campus.addresses.tool + page.locator("a[data-tab]").get_attribute("href"))
    return page


def arrival_too_late(tour: Tour) -> Page:
    return tour.alone("/o/tab/nobody-made-it")


def link_for_a_guest(tour: Tour) -> Page:
    invites_somebody(tour, tour.course_of("ines"))
    return _at(tour, tour.campus.guest_link())


def link_for_a_guest_where_somebody_else_is(tour: Tour) -> Page:
    course = tour.course_of("ines")
    invites_somebody(tour, course)
    visitor = tour.visitor()
    page = visitor.enters("ines", course).page.context.new_page()
    page.goto(tour.campus.guest_link())
    page.locator("form[action$='/sign-out']").wait_for()
    return page


def home_of_a_guest(tour: Tour) -> Page:
    page = link_for_a_guest(tour)
    page.locator("form button").click()
    page.wait_for_url("**/communities/**")
    return page


def link_of_a_guest_that_nobody_made(tour: Tour) -> Page:
    return tour.alone("/o/guest/nobody-made-it")


def guest_asks_for_a_link(tour: Tour) -> Page:
    with tour.campus.sending_mails():
        return tour.alone("/sign-in/guest")


def _on_the_way_in(tour: Tour, silent: str, seen: str, **options) -> Page:
    """Stop on the way from the LMS, because what a page of ours asks for is answered with nothing."""
    visitor = tour.visitor(**options).is_in_lms("ines")
    page = visitor.new_tab()
    page.route(silent, lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"{tour.campus.addresses.lms}/courses/{FRENCH}/launch?window=window")
    page.locator(seen).wait_for()
    return page


# Connecting an LMS


def invitation_in_a_browser(tour: Tour) -> Page:
    return _at(tour, tour.campus.invitation())


def invitation_that_nobody_made(tour: Tour) -> Page:
    return tour.alone("/lti/register/nobody")


def registration_to_confirm(tour: Tour) -> Page:
    return _at(tour, tour.campus.lms.registration_address(tour.campus.invitation()))


def registration_refused(tour: Tour) -> Page:
    # Somebody else's configuration: the LMS is not even asked.
    address = f"{tour.campus.invitation()}?openid_configuration=http%3A%2F%2F10.0.0.1%2Fc"
    page = _at(tour, address)
    page.locator("details summary").click()
    return page


def registration_done(tour: Tour) -> Page:
    page = registration_to_confirm(tour)
    page.locator("form button").click()
    page.locator("section[aria-labelledby=next]").wait_for()
    tour.campus.forget_registered_tools()
    return page


def _at(tour: Tour, address: str) -> Page:
    page = tour.visitor().new_tab()
    page.goto(address)
    return page


# The demo LMS


def lms_front(tour: Tour) -> Page:
    return tour.in_lms("ines", "/")


def lms_course(tour: Tour) -> Page:
    page = tour.in_lms("claire", f"/courses/{FRENCH}/")
    page.wait_for_load_state()
    return page


def lms_gradebook(tour: Tour) -> Page:
    return tour.in_lms("claire", f"/courses/{FRENCH}/grades")


def lms_messages(tour: Tour) -> Page:
    return tour.in_lms("claire", "/messages")


def lms_tools(tour: Tour) -> Page:
    return tour.in_lms("ruth", "/admin/tools")


def lms_behaviour(tour: Tour) -> Page:
    return tour.in_lms("claire", "/quirks")


def lms_without_enrolment(tour: Tour) -> Page:
    return tour.in_lms("ines", f"/courses/{ENGLISH}/")


def lms_back_from_the_tool(tour: Tour) -> Page:
    return tour.in_lms("ines", f"/lti/return?course={FRENCH}&lti_msg=Merci")


READ_BY_EVERYBODY: tuple[PageOf, ...] = (
    front,
    privacy,
    launch_address,
    not_signed_in,
    login_refused,
    login_without_script,
    login_that_cannot_tell,
    launch_to_be_sent_again,
    link_into_a_tab,
    arrival_in_a_tab,
    arrival_too_late,
    link_of_a_guest_that_nobody_made,
    guest_asks_for_a_link,
    invitation_in_a_browser,
    invitation_that_nobody_made,
    registration_to_confirm,
    registration_refused,
    lms_front,
    lms_course,
    lms_gradebook,
    lms_messages,
    lms_tools,
    lms_behaviour,
    lms_without_enrolment,
    lms_back_from_the_tool,
)
# These come about by what somebody does first, in a French course of their own.
MADE_FOR_THE_OCCASION: tuple[PageOf, ...] = (
    launch_outside_a_course,
    choice_of_a_space,
    space_not_chosen_yet,
    signed_out,
    registration_done,
    link_for_a_guest,
    link_for_a_guest_where_somebody_else_is,
    home_of_a_guest,
)
