"""The pages of a community, in every state that looks different: how one comes there."""

from playwright.sync_api import Page

from tests.browser.people import ENGLISH, FRENCH
from tests.browser.tour import TEXT, PageOf, Tour

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


def members_with_a_list_that_is_held(tour: Tour) -> Page:
    course = tour.course_of("ines")
    lms = tour.campus.lms
    added = lms.fill_course(course, 12)
    theirs = tour.member("claire", course).follows("members")
    theirs.shown.locator("#roster .callout.ok").wait_for()
    for person in added[:8]:
        lms.leave(person.key, course)
    theirs.form("/members/roster?").locator("button[type=submit]").click()
    theirs.shown.locator("#roster .callout:not(.ok)").first.wait_for()
    theirs.shown.locator("#roster .callout.warn").wait_for()
    theirs.shown.locator("#roster summary").click()
    return theirs.page


def participation(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).follows("participation").page


def participation_without_grading(tour: Tour) -> Page:
    return tour.member("grace", ENGLISH).follows("participation").page


def grading(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).follows("grading").page


def grading_without_result(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("grading?show=problems").page


def grading_of_a_group(tour: Tour) -> Page:
    theirs = tour.member("claire", FRENCH).follows("members")
    theirs.shown.locator("#roster .callout.ok").wait_for()
    theirs.follows("grading").shown.locator("select[name=group]").select_option(index=1)
    theirs.shown.locator("form[role=search] button").click()
    theirs.shown.locator("select[name=group] option[selected]").wait_for(state="attached")
    return theirs.page


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


def rules(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("grading/policy?preset=checklist").page


def rules_previewed(tour: Tour) -> Page:
    theirs = tour.member("claire", FRENCH).goes_to("grading/policy?preset=balanced")
    theirs.shown.locator("#weeks").fill("10")
    theirs.shown.locator("button.big").click()
    theirs.shown.locator("#reason").wait_for()
    theirs.shown.locator("section[aria-labelledby=preview] details summary").click()
    return theirs.page


def rules_to_be_corrected(tour: Tour) -> Page:
    theirs = tour.member("claire", FRENCH).goes_to("grading/policy")
    theirs.shown.locator("#weeks").fill("1000")
    theirs.shown.locator("#milestones-1-points").fill("many")
    theirs.shown.locator("button.big").click()
    theirs.shown.locator("#weeks-error").wait_for()
    return theirs.page


def rules_of_the_past(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("grading/policy/history").page


def columns(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("grading/columns").page


def column_with_a_name_that_is_none(tour: Tour) -> Page:
    """What can be done to a column stands open, with one mistake."""
    theirs = tour.member("claire", FRENCH).goes_to("grading/columns")
    theirs.shown.locator("summary", has_text=theirs.says("Change the name")).click()
    theirs.shown.locator("input[id^=new-name-]").fill(" ")
    theirs.form("/name?").locator("button[type=submit]").click()
    theirs.shown.locator("[id^=new-name-][id$=-error]").wait_for()
    theirs.shown.locator("summary", has_text=theirs.says("Delete it in the LMS")).click()
    return theirs.page


def work_of_one_learner(tour: Tour) -> Page:
    trainer = tour.member("claire", FRENCH).follows("grading")
    trainer.shown.locator("#grade-rows a.title").first.click()
    trainer.shown.wait_for_url("**/learners/*")
    return trainer.page


def to_mark(tour: Tour) -> Page:
    theirs = tour.member("claire", FRENCH).goes_to("grading/to-mark")
    theirs.shown.locator("input[name=pick]").first.check()
    return theirs.page


def excuses(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("grading/excuses").page


def questions(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("grading/questions").page


def exports(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("grading/exports").page


def prompts(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("prompts").page


def prompt_to_be_set(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("prompts/new").page


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


READ_BY_EVERYBODY: tuple[PageOf, ...] = (
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
    grading_of_a_group,
    grading_of_one_learner,
    rules,
    rules_previewed,
    columns,
    work_of_one_learner,
    to_mark,
    prompts,
    nothing_there,
    not_for_this_role,
    text_of_a_page_no_longer_current,
)
# These come about by what somebody does first, in a French course of their own, or are looked at less often.
MADE_FOR_THE_OCCASION: tuple[PageOf, ...] = (
    rules_to_be_corrected,
    rules_of_the_past,
    column_with_a_name_that_is_none,
    excuses,
    exports,
    questions,
    prompt_to_be_set,
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
    members_with_a_list_that_is_held,
    grading_switched_off,
    grading_to_be_corrected,
    grading_with_a_difference,
    text_that_was_sent_too_late,
)
