"""What happens while a page is open: news, texts that are never lost, several people in one browser."""

import pytest
from playwright.sync_api import expect

from tests.browser import BROWSER

pytestmark = BROWSER

MORE_THAN_ONE_TURN = 16_000
"""Milliseconds after which an open page has asked what is new; it asks every 15 seconds."""
MORE_THAN_ONE_LOOK = 61_000
"""The bell asks every minute."""
LOOKED_AT = 3_000
"""A thread that was looked at for two seconds is read."""
TITLE, BODY = "Un titre commencé", "Un texte que personne ne doit perdre."


@pytest.fixture
def course(campus):
    """A course of the test's own; Claire teaches, Inès and Karim learn."""
    return campus.open_course("ines", "karim", locale="fr")


class TestNews:
    def test_are_announced_and_move_nothing(self, visitor, course):
        author = visitor().enters("karim", course).writes("Déjà là", "Depuis hier.")
        reader = visitor()
        reader.context.clock.install()
        home = reader.enters("ines", course)
        where = "() => document.querySelector('#posts').getBoundingClientRect().top + window.scrollY"
        before = home.shown.evaluate(where)

        author.writes("Tout neuf", "À l’instant.")
        home.page.clock.fast_forward(MORE_THAN_ONE_TURN)

        announcement = home.shown.locator("#news a")
        expect(announcement).to_have_text(home.says("1 new question – show it"))
        assert home.shown.evaluate(where) == before
        assert home.shown.locator("#posts h3").all_inner_texts() == ["Déjà là"]
        announcement.click()
        expect(home.shown.locator("#posts h3").first).to_have_text("Tout neuf")

    def test_of_a_thread_do_not_touch_what_one_is_writing(self, visitor, course):
        question = visitor().enters("karim", course).writes("Qui a essayé\u202f?", "Racontez.")
        reader = visitor()
        reader.context.clock.install()
        thread = reader.enters("ines", course).opens("Qui a essayé")
        thread.shown.locator("textarea[name=body]").fill(BODY)

        question.replies("Moi, une fois.")
        thread.page.clock.fast_forward(MORE_THAN_ONE_TURN)

        expect(thread.shown.locator("#news a")).to_be_visible()
        expect(thread.shown.locator("textarea[name=body]")).to_have_value(BODY)
        assert thread.shown.get_by_text("Moi, une fois.").count() == 0


class TestTheBell:
    def test_counts_what_one_is_told_until_it_was_read(self, visitor, course):
        asker = visitor()
        asker.context.clock.install()
        home = asker.enters("ines", course).writes("Qui a essayé\u202f?", "Racontez.").goes_home()
        number = home.shown.locator(".bell [data-number]")
        expect(number).to_be_hidden()

        visitor().enters("karim", course).opens("Qui a essayé").replies("Moi, une fois.")
        home.page.clock.fast_forward(MORE_THAN_ONE_LOOK)
        expect(number).to_have_text("1")

        home.shown.locator(".bell").click()
        home.shown.locator("li.unread a.title").click()
        home.shown.locator("#replies").wait_for()
        home.page.clock.run_for(LOOKED_AT)
        expect(number).to_be_hidden()


class TestAnUnsentText:
    def test_is_offered_again_in_the_same_tab(self, visitor, course):
        writing = visitor().enters("ines", course).begins_to_write(TITLE, BODY)
        writing.page.on("dialog", lambda dialog: dialog.accept())

        writing.page.reload()
        writing.shown.locator("[data-draft-take]").click()

        expect(writing.shown.locator("input[name=title]")).to_have_value(TITLE)
        expect(writing.shown.locator("textarea[name=body]")).to_have_value(BODY)

    def test_is_not_seen_in_another_tab(self, visitor, course):
        someone = visitor()
        writing = someone.enters("ines", course).begins_to_write(TITLE, BODY)

        other = someone.new_tab()
        other.goto(writing.shown.url)

        expect(other.locator("textarea[name=body]")).to_be_visible()
        expect(other.locator("textarea[name=body]")).not_to_have_value(BODY)
        expect(other.locator("[data-draft-offer]")).to_be_hidden()

    def test_is_forgotten_once_it_was_published(self, visitor, course):
        published = visitor().enters("ines", course).writes(TITLE, BODY)

        published.goes_to("posts/new")

        expect(published.shown.locator("[data-draft-offer]")).to_be_hidden()


class TestAPageWithSeveralForms:
    def test_keeps_what_was_typed_into_one_while_another_is_sent(self, visitor, course):
        visitor().enters("ines", course).writes(TITLE, BODY)
        trainer = visitor().enters("claire", course).follows("grading").switches_grading_on()
        trainer.shown.locator("#grade-rows a.title", has_text="Inès").click()
        trainer.shown.locator("#feedback-body").fill(BODY)
        mark = trainer.form("/marks?")

        mark.locator("label.chip").nth(1).click()
        mark.locator("button[type=submit]").click()

        trainer.is_told("marked")
        expect(trainer.shown.locator("#feedback-body")).to_have_value(BODY)
        expect(trainer.form("/marks?").locator("input[type=radio]").nth(1)).to_be_checked()

    def test_forgets_it_once_it_was_sent(self, visitor, course):
        visitor().enters("karim", course)
        trainer = visitor().enters("claire", course).follows("grading").switches_grading_on()
        trainer.shown.locator("#grade-rows a.title", has_text="Karim").click()
        trainer.shown.locator("#feedback-body").fill(BODY)
        trainer.form("/feedback?").locator("button[type=submit]").first.click()
        trainer.is_told("feedback-written")

        trainer.form("/feedback?").locator("button[name=take_back]").click()

        trainer.is_told("feedback-taken-back")
        expect(trainer.shown.locator("#feedback-body")).to_have_value("")


class TestASessionThatEndsWhileOneWrites:
    def test_shows_the_text_and_offers_it_after_the_next_launch(self, visitor, course):
        someone = visitor()
        writing = someone.enters("ines", course).begins_to_write(TITLE, BODY)
        leaving = someone.enters_again(course)
        leaving.shown.locator(".topbar details.menu summary").click()
        leaving.form("/sign-out").locator("button").click()
        leaving.shown.locator("h1").wait_for()

        writing.form("/posts?").locator("button[type=submit]").click()
        expect(writing.shown.locator("#typed-1")).to_have_value(TITLE)
        expect(writing.shown.locator("#typed-2")).to_have_value(BODY)
        back = someone.enters_again(course)
        back.shown.locator("a[href*='kept=']").click()

        expect(back.shown.locator("input[name=title]")).to_have_value(TITLE)
        expect(back.shown.locator("textarea[name=body]")).to_have_value(BODY)
        back.form("/posts?").locator("button[type=submit]").click()
        back.is_told("written").goes_home()
        assert back.shown.locator("a[href*='kept=']").count() == 0

    def test_keeps_it_from_everybody_else(self, visitor, course):
        someone = visitor()
        writing = someone.enters("ines", course).begins_to_write(TITLE, BODY)
        someone.context.clear_cookies(domain="127.0.0.1")
        writing.form("/posts?").locator("button[type=submit]").click()
        writing.shown.locator("#typed").wait_for()

        home = someone.enters("karim", course)

        assert home.shown.locator("a[href*='kept=']").count() == 0
        assert home.shown.get_by_text(TITLE).count() == 0


class TestADoubleClick:
    def test_publishes_once(self, visitor, course):
        writing = visitor().enters("ines", course).begins_to_write(TITLE, BODY)

        writing.form("/posts?").locator("button[type=submit]").dblclick()

        home = writing.is_told("written").goes_home()
        assert home.shown.locator("#posts h3").all_inner_texts() == [TITLE]


class TestOneBrowser:
    def test_two_people_in_two_tabs_each_write_as_themselves(self, visitor, course):
        someone = visitor()
        first = someone.enters("ines", course)
        second = someone.enters("karim", course)

        first.writes("D’Inès", "Dans le premier onglet.")
        second.writes("De Karim", "Dans le second onglet.")

        assert first.shown.locator(".byline b").first.inner_text() == "Inès Lefèvre"
        assert second.shown.locator(".byline b").first.inner_text() == "Karim Haddad"
        expect(first.shown.locator(".own-name")).to_have_text("Inès Lefèvre")

    def test_two_courses_in_two_tabs_do_not_mix(self, visitor, campus, course):
        elsewhere = campus.open_course("ines", locale="fr")
        someone = visitor()
        first = someone.enters("ines", course)
        second = someone.enters("ines", elsewhere)

        first.writes("Du premier cours", "Ici.")
        second.writes("Du second cours", "Là.")

        first.goes_home()
        second.goes_home()
        assert first.shown.locator("#posts h3").all_inner_texts() == ["Du premier cours"]
        assert second.shown.locator("#posts h3").all_inner_texts() == ["Du second cours"]
