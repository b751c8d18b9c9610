"""What each role does about being told, good order and the life of the space, as a person does it on screen.

Each journey is walked in one language in the gate, narrow and dark in French or wide and light in English,
in turns; in both where there is time (`make test-long`).
"""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from demo_lms.people import CONTENT_DEVELOPER, MENTOR
from lti_tool import clock
from tests.browser import BROWSER, axe
from tests.browser.campus import Campus
from tests.browser.people import Community
from tests.browser.test_pages import WIDER_THAN_THE_SCREEN
from tests.support.waiting import until

pytestmark = BROWSER

SCREENS = {
    "fr": {"viewport": {"width": 380, "height": 900}, "color_scheme": "dark", "locale": "fr"},
    "en": {"viewport": {"width": 1100, "height": 900}, "color_scheme": "light", "locale": "en"},
}
FRENCH_FIRST = ["fr", pytest.param("en", marks=pytest.mark.long)]
ENGLISH_FIRST = ["en", pytest.param("fr", marks=pytest.mark.long)]
WHY = "On y reconnaît quelqu’un : <b>Mme R.</b>"


@dataclass(frozen=True)
class School:
    """A course of one's own in one language, and its people before their screens."""

    campus: Campus
    visitor: object
    language: str
    course: str

    @property
    def screen(self) -> dict:
        """Nothing moves there: colours that are still fading in would be measured as too weak."""
        return SCREENS[self.language] | {"reduced_motion": "reduce"}

    def enters(self, person: str) -> Community:
        return self.visitor(**self.screen).enters(person, self.course)

    def launches(self, person: str) -> Page:
        """Open the community's link as somebody, wherever that leads."""
        page = self.visitor(**self.screen).is_in_lms(person).new_tab()
        page.goto(f"{self.campus.addresses.lms}/courses/{self.course}/launch?window=window")
        return page


@pytest.fixture
def school(campus, visitor, language):
    return School(campus, visitor, language, campus.open_course("ines", "karim", locale=language))


def looks_well(community: Community) -> Community:
    """See that the page fits its screen and that axe finds nothing on it."""
    assert community.shown.evaluate(WIDER_THAN_THE_SCREEN) == 0, community.shown.url
    assert axe.violations(community.page) == [], community.shown.url
    return community


def thread_of(written: Community) -> str:
    """Return where the thread that is open stands, below the community's address."""
    return re.search(r"posts/\d+", written.shown.url)[0]


def place_of(community: Community) -> str:
    """Return where one is, below the community's address."""
    return community.shown.url.removeprefix(community.address).partition("?")[0]


def moves(staff: Community, to: str) -> Community:
    """Move the space to another part of its life by hand."""
    staff.goes_to(f"life/moves/{to}").form("/life/moves/").locator("button.primary").click()
    return staff.is_told("life-moved")


def appoints(staff: Community, name: str, role: str) -> Community:
    """Give a member a role, from the menu of their line in the table."""
    row = staff.goes_to("members?view=table").shown.locator("tbody tr", has_text=name)
    row.locator(".menu summary").click()
    row.locator(f"button[name=role][value={role}]").click()
    return staff.is_told("appointed")


def decides(staff: Community, act: str, why: str) -> Community:
    """Unfold one of the decisions, say why, and take it."""
    staff.shown.locator(f"details:has([value={act}]) > summary").click()
    staff.shown.locator(f"#reason-{act}").fill(why)
    staff.shown.locator(f"button[value={act}]").click()
    return staff


class TestALearner:
    @pytest.mark.parametrize("language", FRENCH_FIRST)
    def test_is_told_reads_it_together_and_chooses_what_comes_by_mail(self, school):
        ines = school.enters("ines").writes("Par où commencer ?", "Dites-moi.")
        below = thread_of(ines)
        karim = school.enters("karim").goes_to(below).replies("Par une question.")
        karim.goes_to(below).replies("Et puis par une écoute.")

        ines.goes_home().shown.locator(".bell [data-count]").wait_for()
        ines.shown.locator("a.bell").click()
        told = ines.shown.locator("main li.item")
        expect(told).to_have_count(1)  # two replies are one line
        expect(told).to_contain_text("2")
        looks_well(ines)
        ines.form("/notifications/read").first.locator("button").click()
        ines.is_told("all-read").shown.locator("main li.item.unread").wait_for(state="detached")
        expect(ines.shown.locator(".bell [data-count]")).to_be_hidden()

        ines.shown.locator("main a[href*='/mails']").first.click()
        ines.shown.locator("form.mail-form").wait_for()
        ines.shown.locator("form.mail-form select").first.select_option("weekly")
        ines.shown.locator("input[name=quiet_weekends]").uncheck()
        looks_well(ines)
        ines.shown.locator("form.mail-form button.primary").click()
        ines.is_told("mails-chosen").goes_to("mails")
        expect(ines.shown.locator("form.mail-form select").first).to_have_value("weekly")
        expect(ines.shown.locator("input[name=quiet_weekends]")).not_to_be_checked()
        looks_well(ines.goes_to("mails/sent"))

    @pytest.mark.parametrize("language", ENGLISH_FIRST)
    def test_has_a_private_calendar_and_ends_its_link(self, school):
        ines = school.enters("ines").goes_to("calendar")
        ines.shown.locator("main form button").first.click()
        ines.is_told("calendar-made")
        address = ines.shown.locator("#calendar-address").input_value()
        looks_well(ines)
        assert ines.page.request.get(address).text().startswith("BEGIN:VCALENDAR")
        ines.shown.locator("form[action*='/calendar/end'] button").click()
        ines.is_told("calendar-ended")
        assert ines.page.request.get(address).status == 404

    @pytest.mark.parametrize("language", FRENCH_FIRST)
    def test_accepts_the_charter_with_the_first_contribution_and_again_when_it_changed(self, school):
        claire = school.enters("claire").goes_to("charter/edit")
        claire.shown.locator("textarea[name=body]").fill("On s’aide.")
        claire.form("/charter/edit?").locator("button.primary").click()
        looks_well(claire.is_told("charter-written"))

        ines = school.enters("ines").begins_to_write("Bonjour", "Je suis là.")
        looks_well(ines.reads("On s’aide."))
        ines.shown.locator("#charter").check()
        ines.form("/posts?").locator("button.primary[type=submit]").click()
        ines.is_told("written")

        claire.goes_to("charter/edit").shown.locator("textarea[name=body]").fill(
            "On s’aide, sans noms de clients."
        )
        claire.form("/charter/edit?").locator("button.primary").click()
        claire.is_told("charter-written")

        ines.goes_to("posts/new").begins_to_write("Encore", "Une suite.")
        expect(ines.shown.locator(".changed ins")).to_contain_text("sans noms de clients")
        looks_well(ines)
        ines.shown.locator("#charter").check()
        ines.form("/posts?").locator("button.primary[type=submit]").click()
        ines.is_told("written")
        claire.goes_to("charter/acceptances?show=accepted")
        expect(claire.shown.locator("main li.item")).to_contain_text(["Inès"])
        looks_well(claire)


class TestATrainer:
    @pytest.mark.parametrize("language", ENGLISH_FIRST)
    def test_hides_what_was_reported_and_its_author_answers(self, school):
        karim = school.enters("karim").writes("Qui connaît ce client ?", "Mme R., de Lyon.")
        below = thread_of(karim)
        ines = school.enters("ines").goes_to(f"{below}/report")
        ines.shown.locator("input[value=private]").check()
        looks_well(ines)
        ines.form("/report?").locator("button.primary").click()
        ines.is_told("reported")

        claire = school.enters("claire").goes_to("moderation")
        looks_well(claire).shown.locator("main li a[href*='/moderation']").first.click()
        claire.shown.wait_for_url("**/posts/*/moderation*")
        decides(claire, "hidden", WHY).is_told("moderation-hidden")
        expect(ines.goes_to(below).shown.locator("body")).not_to_contain_text("Mme R., de Lyon.")

        karim.goes_to("notifications").shown.locator("main li.item a.title").first.click()
        looks_well(karim.reads(WHY, "Mme R., de Lyon."))
        karim.shown.locator("section[aria-labelledby=answer] textarea").fill("J’ai remplacé le nom.")
        karim.shown.locator("section[aria-labelledby=answer] button.primary").click()
        karim.is_told("moderation-answered")

        claire.goes_to("moderation?show=answered").shown.locator(
            "main li a[href*='/moderation']"
        ).first.click()
        claire.reads("J’ai remplacé le nom.")
        decides(claire, "restored", "Merci.").is_told("moderation-restored")
        looks_well(claire)
        ines.goes_to(below).reads("Mme R., de Lyon.")

    @pytest.mark.parametrize("language", FRENCH_FIRST)
    def test_locks_a_discussion_which_takes_no_reply_any_more(self, school):
        karim = school.enters("karim").writes("Pour ou contre ?", "Dites.").replies("Pour.")
        below = thread_of(karim)
        claire = school.enters("claire").goes_to(f"{below}/moderation")
        decides(claire, "locked", "Tout est dit.").is_told("moderation-locked")
        ines = school.enters("ines").goes_to(below).reads("Tout est dit.")
        expect(ines.form("/comments?")).to_have_count(0)
        looks_well(ines)
        # Who was typing meanwhile keeps their words.
        karim.shown.locator("textarea[name=body]").fill("Contre, tout compte fait.")
        karim.form("/comments?").locator("button[type=submit]").click()
        karim.reads("Contre, tout compte fait.")
        decides(claire.goes_to(f"{below}/moderation"), "unlocked", "Il manque une voix.").is_told(
            "moderation-unlocked"
        )
        ines.goes_to(below).replies("Contre.")

    @pytest.mark.parametrize("language", ENGLISH_FIRST)
    def test_splits_a_discussion_and_merges_it_back(self, school):
        karim = school.enters("karim").writes("Comment commencer ?", "Un lundi.")
        below = thread_of(karim)
        school.enters("ines").goes_to(below).replies("Une autre question : comment finir ?")
        claire = school.enters("claire").goes_to(f"{below}/split")
        claire.shown.locator("input[name=chosen]").first.check()
        claire.shown.locator("#title").fill("Comment finir ?")
        claire.shown.locator("#why").fill("C’est une autre question.")
        looks_well(claire)
        claire.form("/split").locator("button.primary").click()
        claire.is_told("thread-split").reads("Comment finir ?")
        made = thread_of(claire)
        assert made != below

        claire.goes_to(f"{made}/merge?into={below.removeprefix('posts/')}")
        claire.shown.locator("#why").fill("Tout compte fait, ensemble.")
        looks_well(claire)
        claire.form("/merge").last.locator("button.primary").click()
        claire.is_told("thread-merged").reads("Une autre question : comment finir ?")
        # Whoever kept the old address is led to the discussion.
        karim.goes_to(made).reads("Comment commencer ?", "Une autre question : comment finir ?")

    @pytest.mark.parametrize("language", FRENCH_FIRST)
    def test_mutes_a_member_then_ends_the_membership(self, school):
        karim = school.enters("karim").writes("Bonjour", "Un message.")
        claire = school.enters("claire").goes_to("members")
        claire.shown.locator("main a.person", has_text="Karim").first.click()
        claire.shown.locator("main a[href*='/moderation']").first.click()
        looks_well(claire)
        decides(claire, "muted", "Le ton, hier.").is_told("member-muted")

        karim.goes_to("posts/new")
        expect(karim.form("/posts?").locator("textarea[name=body]")).to_have_count(0)
        looks_well(karim)
        decides(claire, "unmuted", "On en a parlé.").is_told("member-unmuted")
        karim.goes_to().writes("Merci", "Me revoilà.")

        about = place_of(claire)
        decides(claire, "removed", "Il a changé de formation.").is_told("member-removed")
        gone = school.launches("karim")
        expect(gone.locator("h1")).to_be_visible()
        expect(gone.locator("body")).not_to_contain_text("Me revoilà.")
        assert axe.violations(gone) == []
        # What they wrote stays, and the way back is open to staff.
        claire.goes_home().reads("Me revoilà.")
        decides(claire.goes_to(about), "readmitted", "Il est revenu.").is_told("member-readmitted")
        school.enters("karim").goes_home().reads("Me revoilà.")

    @pytest.mark.parametrize("language", ENGLISH_FIRST)
    def test_prepares_opens_closes_and_archives_the_space(self, school):
        claire = school.enters("claire")
        moves(claire, "preparing")
        ines = school.enters("ines")
        expect(ines.shown.locator("main a[href*='/posts/new']")).to_have_count(0)
        looks_well(ines)
        looks_well(moves(claire, "open"))
        ines.goes_to().writes("Enfin", "On commence.")
        below = thread_of(ines)
        moves(claire, "closed")
        expect(ines.goes_to(below).reads("On commence.").form("/comments?")).to_have_count(0)
        looks_well(ines)
        moves(claire, "archived")
        looks_well(ines.goes_to(below).reads("On commence."))
        looks_well(claire.goes_to("life"))


class TestAPedagogicalLead:
    @pytest.mark.parametrize("language", FRENCH_FIRST)
    def test_leads_the_space_and_leaves_grades_to_trainers(self, school):
        school.campus.lms.enrol("bruno", school.course, CONTENT_DEVELOPER)
        bruno, ines = school.enters("bruno"), school.enters("ines")
        for page in ("life", "space", "space/permissions", "members/guests", "courses", "spaces", "audit"):
            looks_well(bruno.goes_to(page))
            expect(bruno.shown.locator("h1")).to_be_visible()
        bruno.goes_to("space/permissions/post.write/guest_expert")
        bruno.form("/space/permissions/").locator("button.primary").click()
        bruno.is_told("permission-changed")
        moves(bruno, "closed")
        looks_well(ines.goes_to())
        expect(ines.shown.locator("main a[href*='/posts/new']")).to_have_count(0)
        moves(bruno, "open")
        bruno.goes_to("audit").reads(bruno.shown.locator(".own-name").text_content())
        status = bruno.page.request.get(f"{bruno.address}grading?seat={bruno.seat}").status
        assert status == 403


class TestThoseWhoAreAppointed:
    @pytest.mark.parametrize("language", FRENCH_FIRST)
    def test_a_community_manager_looks_after_the_space_until_dismissed(self, school):
        karim = school.enters("karim")
        claire = school.enters("claire")
        appoints(claire, "Haddad", "community_manager")
        for page in ("moderation", "audit", "charter/edit", "topics", "space/permissions"):
            looks_well(karim.goes_to(page))
            expect(karim.shown.locator("h1")).to_be_visible()
            expect(karim.shown.locator("body[data-error]")).to_have_count(0)
        claire.goes_to("audit").reads("Karim Haddad")
        row = claire.goes_to("members?view=table").shown.locator("tbody tr", has_text="Haddad")
        row.locator(".menu summary").click()
        row.locator("form[action*='/appointment/end'] button").click()
        claire.is_told("appointment-ended")
        assert karim.page.request.get(f"{karim.address}audit?seat={karim.seat}").status == 403

    @pytest.mark.parametrize("language", ENGLISH_FIRST)
    def test_a_sponsor_reads_what_the_charter_opens_and_nobodys_name(self, school):
        ines = school.enters("ines")
        karim = school.enters("karim")
        claire = school.enters("claire")
        appoints(claire, "Haddad", "sponsor")
        looks_well(karim.goes_to())
        claire.goes_to("charter/edit").shown.locator("#opens-to-sponsors").check()
        claire.form("/charter/edit?").locator("button.primary").click()
        claire.is_told("charter-written")
        ines.goes_to("charter").shown.locator("form button.primary").click()
        ines.is_told("charter-accepted").writes("Ce que j’ai essayé", "Une question par jour.")

        looks_well(karim.goes_to("shared").reads("Ce que j’ai essayé"))
        karim.shown.locator("#shared .title").first.click()
        karim.shown.wait_for_url("**/shared/**")
        looks_well(karim.reads("Une question par jour."))
        for name in ("Inès", "Lefèvre"):
            expect(karim.shown.locator("body")).not_to_contain_text(name)
        assert karim.page.request.get(f"{karim.address}members?seat={karim.seat}").status == 403

    @pytest.mark.parametrize("language", FRENCH_FIRST)
    def test_an_observer_is_admitted_and_dismissed(self, school):
        school.campus.lms.enrol("patrick", school.course, MENTOR)
        patrick = school.enters("patrick")
        expect(patrick.shown.locator("#posts")).to_have_count(0)
        looks_well(patrick)
        claire = school.enters("claire").writes("Bienvenue", "À vous.", "discussion")
        row = claire.goes_to("members?view=table").shown.locator("tbody tr", has_text="Patrick")
        row.locator(".menu summary").click()
        row.locator("a[href*='/appointment']").click()
        claire.shown.locator("input[name=role][value=learner]").check()
        claire.shown.locator("#last-day").fill((clock.now() + timedelta(days=30)).date().isoformat())
        looks_well(claire).form("/appointment").locator("button.primary").click()
        claire.is_told("appointed")
        patrick.goes_to().reads("Bienvenue").writes("Merci", "De m’accueillir.")
        looks_well(patrick)
        row = claire.goes_to("members?view=table").shown.locator("tbody tr", has_text="Patrick")
        row.locator(".menu summary").click()
        row.locator("form[action*='/appointment/end'] button").click()
        claire.is_told("appointment-ended")
        expect(patrick.goes_to().shown.locator("#posts")).to_have_count(0)


class TestOnesOwnData:
    @pytest.mark.parametrize("language", ENGLISH_FIRST)
    def test_is_taken_along_and_erased_while_threads_stay_readable(self, school, signed_in):
        ines = school.enters("ines").writes("Mes débuts", "Ce que j’ai appris.")
        below = thread_of(ines)
        looks_well(ines.goes_to("my-data"))
        ines.form("/my-data/copy").locator("button").first.click()
        ines.is_told("copy-asked")
        copy = "a[href*='/my-data/copy']"
        until(lambda: ines.goes_to("my-data").shown.locator(copy).count(), lambda: ines.shown.content())
        with ines.page.expect_download() as arriving:
            ines.shown.locator(copy).first.click()
        assert arriving.value.suggested_filename.endswith(".zip")

        asking = ines.goes_to("my-data").form("/my-data/erasure")
        asking.locator("input[type=checkbox]").check()
        asking.locator("button.danger").click()
        looks_well(ines.is_told("erasure-asked").goes_to("my-data"))

        ruth = signed_in(**school.screen)
        ruth.goto(f"{school.campus.addresses.tool}/admin/people")
        ruth.locator("section[aria-labelledby=waiting] a", has_text="Inès").last.click()
        number = re.search(r"/people/(\d+)", ruth.url)[1]
        assert axe.violations(ruth) == []
        ruth.locator("#number").fill(number)
        ruth.locator("button.danger").click()
        ruth.wait_for_url(re.compile(r"/admin/people(\?|#|$)"))

        karim = school.enters("karim").goes_to(below).reads("Ce que j’ai appris.")
        expect(karim.shown.locator("body")).not_to_contain_text("Inès")
        looks_well(karim)
