"""The pages of a community, in every state that looks different: how one comes there."""

from datetime import timedelta

from playwright.sync_api import Page

from demo_lms import Group
from lti_tool import clock
from tests.browser.people import ENGLISH, FRENCH, Community
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


def to_answer(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).follows("to-answer").page


def answered_and_not_solved(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("to-answer?show=answered").page


def welcome(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).goes_to("welcome").page


def charter_to_be_accepted(tour: Tour) -> Page:
    course = tour.course_of("ines")
    theirs = tour.member("claire", course).goes_to("charter/edit")
    theirs.form("/charter/edit?").locator("button.primary").click()
    theirs.is_told("charter-written")
    return tour.member("ines", course).goes_to("charter").page


def charter_that_changed(tour: Tour) -> Page:
    """Its first version was accepted; the second one stands in the form of a new contribution."""
    course = tour.course_of("ines")
    theirs = tour.member("claire", course)
    learner = tour.member("ines", course)
    for added in ("Be kind.", "Be kind, and be brief."):
        page = theirs.goes_to("charter/edit")
        page.shown.locator("textarea[name=body]").fill(added)
        page.form("/charter/edit?").locator("button.primary").click()
        page.is_told("charter-written")
        if added == "Be kind.":
            learner.goes_to("charter").shown.locator("form button.primary").click()
    return learner.goes_to("posts/new").page


def charter_versions(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).goes_to("charter/versions").page


def charter_acceptances(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("charter/acceptances?show=accepted").page


def life_of_the_space(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("life").page


def life_with_dates_to_be_corrected(tour: Tour) -> Page:
    theirs = tour.member("claire", tour.course_of("ines")).goes_to("life")
    theirs.shown.locator("input[name=closes_at]").fill("2020-01-01T10:00")
    theirs.form("/life/dates?").locator("button.primary").click()
    theirs.shown.locator("[aria-invalid=true]").wait_for()
    return theirs.page


def move_to_be_confirmed(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("life/moves/closed").page


def courses_of_the_space(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("courses").page


def code_by_which_a_course_joins(tour: Tour) -> Page:
    theirs = tour.member("claire", tour.course_of("ines")).goes_to("courses")
    theirs.form("/agreement?").locator("button").click()
    theirs.shown.locator("code.code").wait_for()
    return theirs.page


def _course_that_would_join(tour: Tour) -> Community:
    """Open two courses of the same trainer; the one that was opened last but one is offered first."""
    course, other = tour.course_of("ines"), tour.course_of("omar")
    tour.member("claire", other)
    theirs = tour.member("claire", course).goes_to("courses")
    theirs.shown.locator("a[href*='/joining']").first.click()
    theirs.shown.locator("form[action*='/joining']").wait_for()
    return theirs


def course_that_would_join(tour: Tour) -> Page:
    return _course_that_would_join(tour).page


def courses_that_share_a_space(tour: Tour) -> Page:
    theirs = _course_that_would_join(tour)
    theirs.form("/joining?").locator("button.primary").click()
    theirs.is_told("course-joined")
    return theirs.page


def course_that_would_go_its_own_way(tour: Tour) -> Page:
    theirs = _course_that_would_join(tour)
    theirs.form("/joining?").locator("button.primary").click()
    theirs.is_told("course-joined")
    theirs.shown.locator("a[href*='/parting']").last.click()
    theirs.shown.locator("form[action*='/parting']").wait_for()
    return theirs.page


def space_that_is_not_open_yet(tour: Tour) -> Page:
    course = tour.course_of("ines")
    theirs = tour.member("claire", course).goes_to("life/moves/preparing")
    theirs.form("/life/moves/").locator("button.primary").click()
    theirs.is_told("life-moved")
    return tour.member("ines", course).page


def space_that_is_closed(tour: Tour) -> Page:
    course = tour.course_of("ines")
    theirs = tour.member("claire", course).goes_to("life/moves/closed")
    theirs.form("/life/moves/").locator("button.primary").click()
    theirs.is_told("life-moved")
    return tour.member("ines", course).goes_to("notifications").page


def who_may_do_what_with_something_that_differs(tour: Tour) -> Page:
    course = tour.course_of("ines")
    theirs = tour.member("claire", course).goes_to("space/permissions/post.write/guest_expert")
    theirs.form("/space/permissions/").locator("button.primary").click()
    theirs.is_told("permission-changed")
    return theirs.page


def permission_to_be_confirmed(tour: Tour) -> Page:
    page = "space/permissions/prompts.set/community_manager"
    return tour.member("claire", tour.course_of("ines")).goes_to(page).page


def charter_that_opens_to_sponsors(tour: Tour) -> Page:
    return opened_to_sponsors(tour)[0].goes_to("charter").page


def contributions_as_a_sponsor_reads_them(tour: Tour) -> Page:
    return opened_to_sponsors(tour)[1].goes_to("shared").page


def thread_as_a_sponsor_reads_it(tour: Tour) -> Page:
    sponsor = opened_to_sponsors(tour)[1].goes_to("shared")
    sponsor.shown.locator("#shared .title").first.click()
    sponsor.shown.locator("#replies").wait_for()
    return sponsor.page


def opened_to_sponsors(tour: Tour):
    """Open a course of one's own to sponsors; return its learner, who wrote something, and its sponsor."""
    course = tour.course_of("ines", "karim")
    theirs = tour.member("claire", course).goes_to("charter/edit")
    theirs.shown.locator("#opens-to-sponsors").check()
    theirs.form("/charter/edit?").locator("button.primary").click()
    theirs.is_told("charter-written")
    sponsor = tour.member("karim", course)
    row = theirs.goes_to("members?view=table").shown.locator("tbody tr", has_text="Haddad")
    row.locator(".menu summary").click()
    row.locator("button[name=role][value=sponsor]").click()
    theirs.is_told("appointed")
    learner = tour.member("ines", course).goes_to("charter")
    learner.shown.locator("form button.primary").click()
    learner.writes("Ce que j’ai essayé", TEXT).replies("Et ce qui a suivi.")
    return learner, sponsor


def charter_to_be_written(tour: Tour) -> Page:
    return tour.member("claire", tour.course_of("ines")).goes_to("charter/edit").page


def audit_log(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("audit").page


def audit_log_narrowed_to_nothing(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("audit?area=people&from=2020-01-01&to=2020-01-02").page


def audit_log_asking_whom_one_means(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("audit?name=a").page


def _written_by_karim(tour: Tour) -> tuple[str, str]:
    """Return a course of one's own, and where something stands there that Karim wrote."""
    course = tour.course_of("ines", "karim")
    written = tour.member("karim", course).writes("Qui connaît ce client\u202f?", TEXT)
    return course, "posts/" + written.shown.url.partition("/posts/")[2].partition("?")[0]


def _reported(tour: Tour) -> tuple[str, str]:
    course, below = _written_by_karim(tour)
    theirs = tour.member("ines", course).goes_to(f"{below}/report")
    theirs.shown.locator("input[value=private]").check()
    theirs.form("/report?").locator("button.primary").click()
    theirs.is_told("reported")
    return course, below


def a_report(tour: Tour) -> Page:
    course, below = _written_by_karim(tour)
    return tour.member("ines", course).goes_to(f"{below}/report").page


def reports_to_look_at(tour: Tour) -> Page:
    course, _ = _reported(tour)
    return tour.member("claire", course).goes_to("moderation").page


def nothing_to_look_at(tour: Tour) -> Page:
    return tour.member("claire", tour.course_of("ines")).goes_to("moderation?show=answered").page


def something_reported(tour: Tour) -> Page:
    course, below = _reported(tour)
    theirs = tour.member("claire", course).goes_to(f"{below}/moderation")
    theirs.shown.locator("details:has([value=hidden]) > summary").click()
    return theirs.page


def what_was_hidden_as_its_author_reads_it(tour: Tour) -> Page:
    course, below = _reported(tour)
    theirs = tour.member("claire", course).goes_to(f"{below}/moderation")
    theirs.shown.locator("details:has([value=hidden]) > summary").click()
    theirs.shown.locator("#reason-hidden").fill("On y reconnaît quelqu’un.")
    theirs.shown.locator("button[value=hidden]").click()
    theirs.is_told("moderation-hidden")
    return tour.member("karim", course).goes_to(f"{below}/moderation").page


def a_discussion_to_be_moved(tour: Tour) -> Page:
    course, below = _written_by_karim(tour)
    theirs = tour.member("claire", course)
    theirs.goes_to("subgroups")
    theirs.shown.locator("#name").fill("Ceux de Lyon")
    theirs.form("/subgroups?").locator("button.primary").click()
    theirs.is_told("subgroup-made")
    theirs.goes_to(f"{below}/move")
    theirs.shown.locator("#subgroup").select_option(index=1)
    theirs.form("/move").locator("button.primary").click()
    theirs.shown.wait_for_url("**subgroup=**")
    return theirs.page


def a_discussion_to_be_split(tour: Tour) -> Page:
    course, below = _written_by_karim(tour)
    tour.member("ines", course).goes_to(below)
    replies = tour.member("ines", course).goes_to(below)
    replies.shown.locator("#body").fill("Oui, et une autre question\u202f: comment commencer\u202f?")
    replies.form("/comments").locator("button.primary").click()
    replies.is_told("comment-written")
    return tour.member("claire", course).goes_to(f"{below}/split").page


def a_discussion_to_be_merged(tour: Tour) -> Page:
    course, below = _written_by_karim(tour)
    tour.member("ines", course).writes("Qui connaît ce client\u202f? Encore", TEXT)
    other = tour.member("ines", course).shown.url.partition("/posts/")[2].partition("?")[0]
    return tour.member("claire", course).goes_to(f"{below}/merge?into={other}").page


def space_settings_to_be_corrected(tour: Tour) -> Page:
    theirs = tour.member("claire", tour.course_of("ines")).goes_to("space")
    theirs.shown.locator("#answer-target").fill("beaucoup")
    theirs.form("/space?").locator("button.primary").click()
    theirs.shown.locator(".callout.bad").wait_for()
    return theirs.page


def shortcuts_listed(tour: Tour) -> Page:
    home = tour.member("ines", FRENCH)
    home.shown.locator("main").press("?")
    home.shown.locator("dialog#shortcuts").wait_for()
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


def own_thread_with_its_menu(tour: Tour) -> Page:
    mine = tour.member("ines", tour.course_of("ines")).writes("À supprimer", TEXT).replies("Une réponse.")
    mine.opens_menu(mine.shown.locator("[id^=comment-]").first)
    return mine.page


def thread_that_is_solved(tour: Tour) -> Page:
    """With an accepted reply, replies to it, recognition, thanks with a line, and the form below a reply."""
    course = tour.course_of("ines", "karim")
    asked = tour.member("ines", course).writes("Comment recadrer un ancien collègue\u202f?", TEXT)
    below = asked.shown.url.partition("/posts/")[2].partition("?")[0]
    tour.member("karim", course).goes_to(f"posts/{below}").replies(TEXT).replies("Et le lieu : dehors.")
    claire = tour.member("claire", course).goes_to(f"posts/{below}")
    claire.shown.locator("a[href*='/recognition']").first.click()
    claire.shown.locator("input[name=note]").fill("La question ouverte après les faits, c’est tout l’enjeu.")
    claire.shown.locator("form[action*='/recognition'] button[type=submit]").click()
    claire.is_told("recognised")
    asked.goes_to(f"posts/{below}").shown.locator("form[action*='/acceptance'] button").first.click()
    asked.is_told("accepted")
    asked.shown.locator("[data-reaction=helped] button").first.click()
    asked.shown.locator("[data-note] summary").first.click()
    asked.shown.locator("[data-note] input[name=note]").first.fill("Dit ce soir, dehors.")
    asked.shown.locator("[data-note] button").first.click()
    asked.is_told("helped")
    asked.shown.locator("a[data-quote]").first.click()
    asked.shown.locator(".replies #reply").wait_for()
    return asked.page


def recognition(tour: Tour) -> Page:
    course = tour.course_of("ines")
    tour.member("ines", course).writes("À reconnaître", TEXT, "discussion")
    claire = tour.member("claire", course).opens("À reconnaître")
    claire.shown.locator("a[href*='/recognition']").first.click()
    claire.shown.locator("input[name=note]").wait_for()
    return claire.page


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


def compose_an_experience_report(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).goes_to("posts/new?kind=experience").page


def compose_a_poll(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).goes_to("posts/new?kind=poll").page


def compose_a_resource(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).goes_to("posts/new?kind=resource").page


def compose_an_announcement(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("posts/new?kind=announcement").page


def poll(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).opens("Quel moment choisir").page


def poll_with_its_results(tour: Tour) -> Page:
    return tour.member("bruno", FRENCH).opens("Quel moment choisir").page


def voters(tour: Tour) -> Page:
    voted = tour.member("bruno", FRENCH).opens("Quel moment choisir")
    voted.shown.locator("a[href*='/ballots']").click()
    voted.shown.locator("section.card").first.wait_for()
    return voted.page


def idea_before_staff(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).opens("Une liste commune de phrases").page


def resource(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).opens("Pour préparer un entretien").page


def experience_report(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).opens("Un merci précis par jour").page


def compose_with_a_preview(tour: Tour) -> Page:
    writing = tour.member("ines", FRENCH).begins_to_write("Un aperçu", TEXT)
    writing.shown.locator("[data-preview-toggle]:visible").click()
    writing.shown.locator(".preview .prose strong").wait_for()
    return writing.page


def drafts(tour: Tour) -> Page:
    writing = tour.member("ines", FRENCH).begins_to_write("Un brouillon", TEXT)
    writing.shown.locator("[data-draft-keep]").click()
    writing.shown.locator("[data-draft-status]:not(:empty)").wait_for()
    return writing.goes_to("drafts").page


def compose_to_be_corrected(tour: Tour) -> Page:
    writing = tour.member("ines", FRENCH).begins_to_write("Sans texte", "")
    writing.form("/posts?").locator("button[type=submit]").click()
    writing.shown.locator(".callout.bad").wait_for()
    return writing.page


def edit(tour: Tour) -> Page:
    mine = tour.member("ines", tour.course_of("ines")).writes("À modifier", TEXT)
    mine.opens_menu(mine.shown.locator("article.card").first).locator("a[href*='/edit']").click()
    mine.shown.locator("input[name=version]").wait_for(state="attached")
    return mine.page


def edit_of_a_reply(tour: Tour) -> Page:
    mine = tour.member("ines", tour.course_of("ines")).writes("Avec une réponse", TEXT).replies("La voici.")
    mine.opens_menu(mine.shown.locator("[id^=comment-]").first).locator("a[href*='/edit']").click()
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


def member_page(tour: Tour) -> Page:
    home = tour.member("ines", FRENCH)
    home.shown.locator("#posts a.person").first.click()
    home.shown.locator("#written").wait_for(state="attached")
    return home.page


def own_member_page(tour: Tour) -> Page:
    mine = tour.member("ines", tour.course_of("ines")).writes("À moi", TEXT)
    mine.shown.locator(".byline a.person").first.click()
    mine.shown.locator("main a[href*='/profile']").first.wait_for()
    return mine.page


def profile(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).goes_to("profile").page


def profile_to_be_corrected(tour: Tour) -> Page:
    mine = tour.member("anonymous", FRENCH).goes_to("profile")
    mine.shown.locator("#name").fill("Membre 12")
    mine.form("/profile?").locator("button[type=submit]").click()
    mine.shown.locator(".callout.bad").wait_for()
    return mine.page


def _course_with_groups(tour: Tour) -> tuple[str, Community]:
    """A course of one's own with two groups, its trainer on the page where spaces are made of them."""
    course = tour.course_of("ines", "karim", "awa")
    groups = {"Atelier Lyon": ("ines", "awa"), "Atelier Nantes": ("karim",)}
    tour.campus.lms.groups[course] = [
        Group(f"{course}-{number}", name, frozenset(f"u-{key}" for key in keys))
        for number, (name, keys) in enumerate(groups.items(), start=1)
    ]
    theirs = tour.member("claire", course).follows("members")
    theirs.shown.locator("#roster .callout.ok").wait_for()
    return course, theirs.goes_to("spaces")


def groups_that_could_get_a_space(tour: Tour) -> Page:
    return _course_with_groups(tour)[1].page


def _who_would_read_what(theirs: Community) -> Community:
    for box in theirs.shown.locator("input[name=chosen]").all():
        box.check()
    theirs.form("/spaces/preview").locator("button[type=submit]").click()
    theirs.shown.locator("#means").wait_for()
    return theirs


def who_would_read_what(tour: Tour) -> Page:
    return _who_would_read_what(_course_with_groups(tour)[1]).page


def groups_with_a_space(tour: Tour) -> Page:
    theirs = _who_would_read_what(_course_with_groups(tour)[1])
    theirs.form("/spaces?").locator("button[type=submit]").click()
    return theirs.is_told("course-divided").page


def home_in_the_space_of_a_group(tour: Tour) -> Page:
    course, theirs = _course_with_groups(tour)
    theirs = _who_would_read_what(theirs)
    theirs.form("/spaces?").locator("button[type=submit]").click()
    theirs.is_told("course-divided")
    return tour.member("ines", course).page


def subgroups_for_the_trainer(tour: Tour) -> Page:
    return tour.member("claire", FRENCH).goes_to("subgroups").page


def subgroup_whose_members_are_chosen(tour: Tour) -> Page:
    theirs = tour.member("claire", tour.course_of("ines", "karim")).goes_to("subgroups")
    theirs.shown.locator("#name").fill("Région Nord")
    theirs.form("/subgroups?").locator("button[type=submit]").click()
    theirs.is_told("subgroup-made").shown.locator("#outside").wait_for()
    return theirs.page


def subgroup_with_a_thread(tour: Tour) -> Page:
    page = subgroup_whose_members_are_chosen(tour)
    page.locator("input[name=chosen]").first.check()
    page.locator("form[method=post][action*='/members?'] button[type=submit]").click()
    page.locator("body[data-notice='put-in']").wait_for()
    page.locator(".page-head a.btn.primary").click()
    page.locator(".page-head a[href*='subgroup=']").click()
    page.locator("#title").fill("Pour nous seuls")
    page.locator("textarea[name=body]").fill(TEXT)
    page.locator("form[action*='/posts?'] button[type=submit]").click()
    page.locator("body[data-notice='written']").wait_for()
    page.locator("a.badge.subgroup").click()
    page.locator("#threads").wait_for()
    return page


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
    theirs.shown.locator("main form[role=search] button").click()
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


# Search


def search_with_results(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).goes_to("search?q=équipe").page


def search_without_any_result(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).goes_to("search?q=introuvable&kind=question").page


def compose_with_similar_questions(tour: Tour) -> Page:
    course = tour.course_of("ines", "karim")
    tour.member("ines", course).writes("Comment préparer un entretien annuel\u202f?", TEXT)
    reading = tour.member("karim", course)
    reading.shown.locator("#posts h3 a").first.click()
    reading.replies("En trois points.")
    writing = tour.member("karim", course).begins_to_write("Préparer les entretiens annuels", TEXT)
    writing.shown.locator(".similar li").first.wait_for()
    return writing.page


# Finding again


def discussions(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).goes_to("discussions").page


def discussions_narrowed_to_nothing(tour: Tour) -> Page:
    return tour.member("ines", FRENCH).goes_to("discussions?kind=question&state=solved&tag=nulle-part").page


def topics_and_a_filed_thread(tour: Tour) -> tuple[str, object]:
    """Let Claire keep two topics and Inès write under one of them; return the course and Inès."""
    course = tour.course_of("ines")
    theirs = tour.member("claire", course).goes_to("topics")
    for name in ("Entretiens difficiles", "Déléguer"):
        theirs.shown.locator("#name-new").fill(name)
        theirs.shown.locator("#description-new").fill("Ce que l’on dit, et quand.")
        theirs.form("/topics?").locator("button.primary").last.click()
        theirs.shown.locator("a.title", has_text=name).wait_for()
    writing = tour.member("ines", course).goes_to("posts/new?kind=question")
    writing.shown.locator("#title").fill("Par où commencer\u202f?")
    writing.shown.locator("textarea[name=body]").fill(TEXT)
    writing.shown.locator("#topic").select_option(label="Déléguer")
    writing.shown.locator("#tags").fill("écoute, premier pas")
    writing.form("/posts?").locator("button.primary").click()
    writing.shown.locator(".filed").first.wait_for()
    return course, writing


def thread_that_is_filed(tour: Tour) -> Page:
    return topics_and_a_filed_thread(tour)[1].page


def topics_of_the_trainer(tour: Tour) -> Page:
    course, _ = topics_and_a_filed_thread(tour)
    return tour.member("claire", course).goes_to("topics").page


def notifications(tour: Tour) -> Page:
    course = tour.course_of("ines", "karim")
    tour.member("ines", course).writes("Par où commencer\u202f?", TEXT)
    reading = tour.member("karim", course)
    reading.shown.locator("#posts h3 a").first.click()
    reading.replies("Ainsi.")
    return tour.member("ines", course).goes_to("notifications").page


def no_notifications(tour: Tour) -> Page:
    return tour.member("ines", tour.course_of("ines")).goes_to("notifications").page


def help_of_a_trainer(tour: Tour) -> Page:
    return tour.member("claire", tour.course_of("claire")).goes_to("help").page


def guide(tour: Tour) -> Page:
    return tour.member("ines", tour.course_of("ines")).goes_to("help/learner").page


def my_data(tour: Tour) -> Page:
    return tour.member("ines", tour.course_of("ines")).goes_to("my-data").page


def mails_to_me(tour: Tour) -> Page:
    return tour.member("ines", tour.course_of("ines")).goes_to("mails").page


def no_mail_was_sent(tour: Tour) -> Page:
    return tour.member("ines", tour.course_of("ines")).goes_to("mails/sent").page


def own_calendar(tour: Tour) -> Page:
    theirs = tour.member("ines", tour.course_of("ines")).goes_to("calendar")
    theirs.shown.locator("main form button").first.click()
    theirs.shown.locator("#calendar-address").wait_for()
    return theirs.page


def appointment(tour: Tour) -> Page:
    course = tour.course_of("ines")
    tour.member("ines", course)
    theirs = tour.member("claire", course).goes_to("members?view=table")
    theirs.shown.locator("tbody .menu summary").first.click()
    theirs.shown.locator("a[href*='/appointment']").first.click()
    theirs.shown.locator("#last-day").wait_for()
    return theirs.page


def invites_somebody(tour: Tour, course: str):
    """Let the trainer of a course invite a guest expert; return her page of invitations."""
    theirs = tour.member("claire", course).goes_to("members/guests")
    theirs.shown.locator("#guest-name").fill("Nadia Benali")
    theirs.shown.locator("#guest-email").fill("nadia.benali@cabinet-conseil-formation.test")
    theirs.shown.locator("input[value=guest_expert]").check()
    theirs.shown.locator("#last-day").fill((clock.now() + timedelta(days=60)).date().isoformat())
    theirs.form("/members/guests?").locator("button.primary").click()
    return theirs.is_told("guest-invited")


def invitations(tour: Tour) -> Page:
    return invites_somebody(tour, tour.course_of("ines")).page


def invitation_to_be_corrected(tour: Tour) -> Page:
    theirs = invites_somebody(tour, tour.course_of("ines"))
    theirs.shown.locator("#guest-name").fill("Nadia Benali")
    theirs.shown.locator("#guest-email").fill("nadia.benali@cabinet-conseil-formation.test")
    theirs.shown.locator("input[value=sponsor]").check()
    theirs.shown.locator("#last-day").fill((clock.now() + timedelta(days=60)).date().isoformat())
    theirs.form("/members/guests?").locator("button.primary").click()
    theirs.shown.locator("[aria-invalid=true]").first.wait_for()
    return theirs.page


def one_invitation(tour: Tour) -> Page:
    theirs = invites_somebody(tour, tour.course_of("ines"))
    theirs.shown.locator("a[href*='/members/guests/']").first.click()
    theirs.shown.locator("form[action*='/withdrawal']").wait_for()
    return theirs.page


def bookmarks(tour: Tour) -> Page:
    course, _ = topics_and_a_filed_thread(tour)
    theirs = tour.member("claire", course).goes_to("discussions")
    with theirs.page.expect_response(lambda answer: "/bookmark" in answer.url):
        theirs.shown.locator("form[data-toggle=bookmark] button").first.click()
    return theirs.goes_to("bookmarks").page


READ_BY_EVERYBODY: tuple[PageOf, ...] = (
    home_in_the_fourth_week,
    discussions,
    home_with_the_menu_open,
    home_of_the_trainer,
    home_without_any_result,
    to_answer,
    lobby_of_an_observer,
    lobby_of_a_sponsor,
    thread,
    compose,
    compose_an_experience_report,
    compose_a_poll,
    poll,
    idea_before_staff,
    experience_report,
    compose_with_a_preview,
    compose_to_be_corrected,
    drafts,
    members,
    members_for_the_trainer,
    member_page,
    profile,
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
    audit_log,
    nothing_there,
    not_for_this_role,
    text_of_a_page_no_longer_current,
)
# Where people meet: home, threads, what one writes, who is here.
OF_THE_SPACE: tuple[PageOf, ...] = (
    home_in_the_fourth_week,
    discussions,
    to_answer,
    thread,
    compose_an_experience_report,
    poll,
    experience_report,
    drafts,
    members,
    member_page,
)
# These come about by what somebody does first, in a French course of their own, or are looked at less often.
MADE_FOR_THE_OCCASION: tuple[PageOf, ...] = (
    discussions_narrowed_to_nothing,
    thread_that_is_filed,
    topics_of_the_trainer,
    bookmarks,
    notifications,
    no_notifications,
    my_data,
    appointment,
    invitations,
    invitation_to_be_corrected,
    one_invitation,
    help_of_a_trainer,
    guide,
    mails_to_me,
    no_mail_was_sent,
    own_calendar,
    compose_a_resource,
    compose_an_announcement,
    poll_with_its_results,
    voters,
    resource,
    answered_and_not_solved,
    welcome,
    who_may_do_what_with_something_that_differs,
    permission_to_be_confirmed,
    charter_that_opens_to_sponsors,
    contributions_as_a_sponsor_reads_them,
    thread_as_a_sponsor_reads_it,
    charter_to_be_accepted,
    charter_to_be_written,
    charter_that_changed,
    charter_versions,
    charter_acceptances,
    life_of_the_space,
    life_with_dates_to_be_corrected,
    move_to_be_confirmed,
    courses_of_the_space,
    code_by_which_a_course_joins,
    course_that_would_join,
    courses_that_share_a_space,
    course_that_would_go_its_own_way,
    space_that_is_not_open_yet,
    space_that_is_closed,
    space_settings_to_be_corrected,
    a_report,
    reports_to_look_at,
    nothing_to_look_at,
    something_reported,
    what_was_hidden_as_its_author_reads_it,
    a_discussion_to_be_moved,
    a_discussion_to_be_split,
    a_discussion_to_be_merged,
    audit_log_narrowed_to_nothing,
    audit_log_asking_whom_one_means,
    shortcuts_listed,
    rules_to_be_corrected,
    rules_of_the_past,
    column_with_a_name_that_is_none,
    excuses,
    exports,
    questions,
    prompt_to_be_set,
    search_with_results,
    search_without_any_result,
    compose_with_similar_questions,
    home_of_the_first_learner,
    home_of_the_first_trainer,
    home_with_one_contribution,
    home_with_a_kept_text,
    own_thread_with_its_menu,
    thread_that_is_solved,
    recognition,
    deleted_thread,
    thread_with_an_empty_reply,
    edit,
    edit_of_a_reply,
    history,
    members_with_a_list_that_is_held,
    own_member_page,
    profile_to_be_corrected,
    groups_that_could_get_a_space,
    who_would_read_what,
    groups_with_a_space,
    home_in_the_space_of_a_group,
    subgroups_for_the_trainer,
    subgroup_whose_members_are_chosen,
    subgroup_with_a_thread,
    grading_switched_off,
    grading_to_be_corrected,
    grading_with_a_difference,
    text_that_was_sent_too_late,
)
