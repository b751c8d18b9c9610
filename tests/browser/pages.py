"""Every page of the tool and of the demo LMS, in every state that looks different: how one comes there."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.campus import Campus
from tests.browser.people import ENGLISH, FRENCH, Community, Visitor
from tests.browser.wire import SAFARI

TEXT = "Le lundi, l’équipe se retrouve : **chacun dit ce qui bloque**, puis on avance.\n\n- un\n- deux"


@dataclass(frozen=True)
class Tour:
    """Somebody who can be anybody: `visitor` is not signed in, `member` is in a community as a person."""

    campus: Campus
    visitor: Callable[..., Visitor]
    member: Callable[[str, str], Community]

    def alone(self, address: str) -> Page:
        """Open an address of the tool without being signed in."""
        page = self.visitor().new_tab()
        page.goto(self.campus.addresses.tool + address)
        return page

    def in_lms(self, person: str, address: str) -> Page:
        """Open an address of the LMS as somebody."""
        page = self.visitor().is_in_lms(person).new_tab()
        page.goto(self.campus.addresses.lms + address)
        return page

    def course_of(self, *learners: str) -> str:
        """Open a course of one's own, so that nobody else writes there."""
        return self.campus.open_course(*learners, locale="fr")


# Before the closed space


def front(tour: Tour) -> Page:
    return tour.alone("/")


def launch_address(tour: Tour) -> Page:
    return tour.alone("/lti/launch")


def not_signed_in(tour: Tour) -> Page:
    return tour.alone("/communities/1/posts/1")


def login_refused(tour: Tour) -> Page:
    return tour.alone("/lti/login?iss=https%3A%2F%2Fnobody.test&login_hint=1")


def launch_outside_a_course(tour: Tour) -> Page:
    visitor = tour.visitor().is_in_lms("ines")
    page = visitor.new_tab()
    tour.campus.lms.quirks.no_context = True
    try:
        page.goto(f"{tour.campus.addresses.lms}/courses/{FRENCH}/launch?window=window")
        page.wait_for_url("**/lti/launch")
        page.locator("h1").wait_for()
    finally:
        tour.campus.lms.quirks.no_context = False
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


def _on_the_way_in(tour: Tour, silent: str, seen: str, **options) -> Page:
    """Stop on the way from the LMS, because what a page of ours asks for is answered with nothing."""
    visitor = tour.visitor(**options).is_in_lms("ines")
    page = visitor.new_tab()
    page.route(silent, lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"{tour.campus.addresses.lms}/courses/{FRENCH}/launch?window=window")
    page.locator(seen).wait_for()
    return page


# Home


def home_in_the_fourth_week(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).page


def home_with_the_menu_open(tour: Tour) -> Page:
    home = tour.member("ines", FRENCH)
    home.shown.locator(".topbar details.menu summary").click()
    return home.page


def home_of_the_trainer(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).page


def home_without_any_result(tour: Tour) -> Page:
    return tour.member("anonymous", FRENCH).goes_to("?filter=mine").page


def home_of_the_first_learner(tour: Tour) -> Page:
    return tour.member("ines", tour.course_of("ines")).page


def home_of_the_first_trainer(tour: Tour) -> Page:
    return tour.member("claire", tour.course_of("ines")).page


def home_with_one_contribution(tour: Tour) -> Page:
    course = tour.course_of("ines", "karim")
    tour.member("karim", course).writes("Par où commencer\u202f?", TEXT)
    return tour.member("ines", course).page


def home_with_a_kept_text(tour: Tour) -> Page:
    course = tour.course_of("ines")
    visitor = tour.visitor()
    writing = visitor.enters("ines", course).begins_to_write("Un titre gardé", TEXT)
    visitor.context.clear_cookies(domain="127.0.0.1")
    writing.form("/posts?").locator("button[type=submit]").click()
    writing.shown.locator("#typed").wait_for()
    home = visitor.enters_again(course).goes_to()
    home.shown.locator("[id^=kept-]").first.wait_for()
    return home.page


def lobby_of_an_observer(tour: Tour) -> Page:
    return tour.member("patrick", FRENCH).page


def lobby_of_a_sponsor(tour: Tour) -> Page:
    return tour.member("helene", FRENCH).page


# Reading and writing


def thread(tour: Tour) -> Page:
    home = tour.member("ines", FRENCH)
    home.shown.locator("#posts a[href$='#replies']").first.click()
    home.shown.locator("#replies").wait_for()
    return home.page


def own_thread_about_to_be_deleted(tour: Tour) -> Page:
    mine = tour.member("ines", tour.course_of("ines")).writes("À supprimer", TEXT).replies("Une réponse.")
    mine.shown.locator("details.confirm summary").first.click()
    return mine.page


def deleted_thread(tour: Tour) -> Page:
    mine = tour.member("ines", tour.course_of("ines")).writes("Supprimée", TEXT).replies("Elle reste.")
    address = mine.shown.url.partition("#")[0]
    mine.deletes_contribution().shown.goto(address)
    mine.shown.locator("[id^=comment-]").wait_for()
    return mine.page


def thread_with_an_empty_reply(tour: Tour) -> Page:
    mine = tour.member("ines", tour.course_of("ines")).writes("Sans texte", TEXT)
    mine.form("/comments?").locator("button[type=submit]").click()
    mine.shown.locator(".error").wait_for()
    return mine.page


def compose(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).goes_to("posts/new").page


def compose_with_a_preview(tour: Tour) -> Page:
    writing = tour.member("ines", FRENCH).begins_to_write("Un aperçu", TEXT)
    writing.shown.locator("details.preview summary").click()
    writing.shown.locator("details.preview .prose strong").wait_for()
    return writing.page


def compose_to_be_corrected(tour: Tour) -> Page:
    writing = tour.member("ines", FRENCH).begins_to_write("Sans texte", "")
    writing.form("/posts?").locator("button[type=submit]").click()
    writing.shown.locator(".callout.bad").wait_for()
    return writing.page


def edit(tour: Tour) -> Page:
    mine = tour.member("ines", tour.course_of("ines")).writes("À modifier", TEXT)
    mine.shown.locator(".post-foot a[href*='/edit']").first.click()
    mine.shown.locator("input[name=version]").wait_for(state="attached")
    return mine.page


def edit_of_a_reply(tour: Tour) -> Page:
    mine = tour.member("ines", tour.course_of("ines")).writes("Avec une réponse", TEXT).replies("La voici.")
    mine.shown.locator("a[href*='/comments/']").first.click()
    mine.shown.locator("input[name=version]").wait_for(state="attached")
    return mine.page


def history(tour: Tour) -> Page:
    page = edit(tour)
    page.locator("textarea[name=body]").fill("Une autre version.")
    page.locator("form[action*='/edit?'] button[type=submit]").click()
    page.locator("body[data-notice=edited]").wait_for()
    page.locator("a[href*='/history']").first.click()
    page.locator("#version-1").wait_for()
    return page


# Members, participation, grading


def members(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).follows("members").page


def members_for_the_trainer(tour: Tour) -> Page:
    page = tour.member("claire", FRENCH).follows("members").page
    page.locator("td details.menu summary").first.click()
    return page


def participation(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).follows("participation").page


def participation_without_grading(tour: Tour) -> Page:
    return tour.member("grace", ENGLISH).follows("participation").page


def grading(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).follows("grading").page


def grading_without_result(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("grading?show=problems").page


def grading_switched_off(tour: Tour) -> Page:
    return tour.member("claire", tour.course_of("ines")).follows("grading").page


def grading_to_be_corrected(tour: Tour) -> Page:
    theirs = tour.member("claire", tour.course_of("ines")).follows("grading")
    theirs.shown.locator("input[name=maximum]").fill("beaucoup")
    theirs.shown.locator("input[name=confirmed]").check()
    theirs.form("/grading?").locator("button[type=submit]").click()
    theirs.shown.locator(".callout.bad").wait_for()
    return theirs.page


def grading_of_one_learner(tour: Tour) -> Page:
    page = grading(tour)
    page.locator("tbody th a.title").first.click()
    page.locator("#evidence").wait_for()
    return page


def grading_with_a_difference(tour: Tour) -> Page:
    course = tour.course_of("ines")
    trainer = tour.member("claire", course).follows("grading").switches_grading_on()
    words = " ".join(f"mot{number}" for number in range(30))
    tour.member("ines", course).writes("Une question", words)
    sent = trainer.follows("grading").sends_everything()
    sent.row_of("Inès Lefèvre").locator(".status.ok").wait_for()
    tour.campus.lms.teacher_sets_grade(course, "u-ines", 12)
    sent.follows("grading").sends_everything()
    sent.shown.locator(".decision button").first.wait_for()
    return sent.page


# Refusals inside


def nothing_there(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).goes_to("posts/999999").page


def not_for_this_role(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).goes_to("grading").page


def text_of_a_page_no_longer_current(tour: Tour) -> Page:
    writing = tour.member("ines", FRENCH).begins_to_write("Une page ancienne", TEXT)
    writing.form("/posts?").locator("input[name=seat_token]").evaluate("field => { field.value = '1.x' }")
    writing.form("/posts?").locator("button[type=submit]").click()
    writing.shown.locator("#typed").wait_for()
    return writing.page


def text_that_was_sent_too_late(tour: Tour) -> Page:
    visitor = tour.visitor()
    writing = visitor.enters("ines", tour.course_of("ines")).begins_to_write("Trop tard", TEXT)
    visitor.context.clear_cookies(domain="127.0.0.1")
    writing.form("/posts?").locator("button[type=submit]").click()
    writing.shown.locator("#typed").wait_for()
    return writing.page


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


def lms_behaviour(tour: Tour) -> Page:
    return tour.in_lms("claire", "/quirks")


def lms_without_enrolment(tour: Tour) -> Page:
    return tour.in_lms("ines", f"/courses/{ENGLISH}/")


def lms_back_from_the_tool(tour: Tour) -> Page:
    return tour.in_lms("ines", f"/lti/return?course={FRENCH}&lti_msg=Merci")


PageOf = Callable[[Tour], Page]
READ_BY_EVERYBODY: tuple[PageOf, ...] = (
    front,
    launch_address,
    not_signed_in,
    login_refused,
    login_without_script,
    login_that_cannot_tell,
    launch_to_be_sent_again,
    home_in_the_fourth_week,
    home_with_the_menu_open,
    home_of_the_trainer,
    home_without_any_result,
    lobby_of_an_observer,
    lobby_of_a_sponsor,
    thread,
    compose,
    compose_with_a_preview,
    compose_to_be_corrected,
    members,
    members_for_the_trainer,
    participation,
    participation_without_grading,
    grading,
    grading_without_result,
    grading_of_one_learner,
    nothing_there,
    not_for_this_role,
    text_of_a_page_no_longer_current,
    lms_front,
    lms_course,
    lms_gradebook,
    lms_messages,
    lms_behaviour,
    lms_without_enrolment,
    lms_back_from_the_tool,
)
# These come about by what somebody does first, in a French course of their own.
MADE_FOR_THE_OCCASION: tuple[PageOf, ...] = (
    launch_outside_a_course,
    signed_out,
    home_of_the_first_learner,
    home_of_the_first_trainer,
    home_with_one_contribution,
    home_with_a_kept_text,
    own_thread_about_to_be_deleted,
    deleted_thread,
    thread_with_an_empty_reply,
    edit,
    edit_of_a_reply,
    history,
    grading_switched_off,
    grading_to_be_corrected,
    grading_with_a_difference,
    text_that_was_sent_too_late,
)
