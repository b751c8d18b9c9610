"""The kinds of contribution as people meet them: the form that follows, votes from the feed."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Post
from lti_tool.transactions import transaction
from tests.browser import BROWSER, axe
from tests.browser.tour import TEXT
from tests.unit.knowledge.sample_files import photograph

pytestmark = BROWSER

CHOSEN = "#kinds input[name=kind]:checked"


def test_the_form_follows_the_kind_and_loses_no_word(visitor, campus):
    course = campus.open_course("ines", locale="fr")
    writing = visitor(viewport={"width": 380, "height": 800}, locale="fr").enters("ines", course)
    writing.begins_to_write("J’ai laissé le silence", TEXT).has_its_tools()
    shown = writing.shown
    shown.locator(CHOSEN).press("ArrowDown")  # a discussion
    shown.locator(CHOSEN).press("ArrowDown")  # a report
    assert shown.locator(CHOSEN).get_attribute("value") == "experience"
    assert shown.locator("#situation").input_value() == TEXT
    assert shown.locator("textarea[name=body]").is_hidden()
    assert "en tout" in shown.locator("[data-words]:visible").inner_text()
    shown.locator("#tried").fill("Dix secondes, sans parler.")
    shown.locator("#result").fill("Il a parlé.")
    assert axe.violations(shown) == []

    # The tools are those of the text that is shown: so is the place of what is put into it.
    shown.locator(".report [data-markdown=quote]").click()
    expect(shown.locator("#result")).to_have_value("> Il a parlé.")
    shown.locator(CHOSEN).press("ArrowUp")  # a discussion again
    files = [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photograph()}]
    shown.locator("input[type=file]").set_input_files(files)
    shown.locator("[data-insert]").click()
    expect(shown.locator("textarea[name=body]")).to_have_value(re.compile(r"\(file:"))
    shown.locator("[data-remove]").click()
    expect(shown.locator("textarea[name=body]")).not_to_have_value(re.compile(r"\(file:"))
    assert shown.locator("#result").input_value() == "> Il a parlé."
    shown.locator(CHOSEN).press("ArrowDown")
    writing.form("/posts?").locator("button.primary[type=submit]").click()
    writing.is_told("written")
    assert shown.locator(".told-part h2").count() == 3


def test_votes_are_cast_where_one_reads(visitor, campus):
    course = campus.open_course("ines", "karim", locale="en")
    asking = visitor(locale="en").enters("ines", course).goes_to("posts/new?kind=poll")
    asking.shown.locator("input[name=title]").fill("When do we meet?")
    for number, answer in enumerate(("Tuesday", "Thursday"), start=1):
        asking.shown.locator(f"#option_{number}").fill(answer)
    asking.form("/posts?").locator("button[type=submit]").click()
    asking.is_told("written").writes("A wall of thanks", "At the coffee machine.", kind="idea")

    reader = visitor(color_scheme="dark", locale="en")
    shown = reader.enters("karim", course).shown
    shown.locator("label", has_text="Thursday").click()
    shown.locator(".poll-options + .row button").press("Enter")
    shown.locator(".poll.results .chosen", has_text="Thursday").wait_for()
    assert shown.evaluate("document.activeElement.className").startswith("poll-box")
    vote = shown.locator("form.vote button")
    vote.press("Enter")
    shown.locator("form.vote button[aria-pressed=true]", has_text="1 vote").wait_for()
    assert shown.evaluate("document.activeElement.id").startswith("vote-button-")
    assert axe.violations(shown) == []
    reader.context.set_offline(True)
    vote.press("Enter")
    shown.locator("form.vote:not([data-sending]) button[aria-pressed=true]").wait_for()
    assert vote.get_attribute("aria-pressed") == "true"  # as it was: it never arrived
    reader.watch.troubles.clear()  # the browser tells its console, too


@pytest.mark.long
def test_an_idea_is_voted_for_and_staff_say_what_becomes_of_it(visitor, campus):
    course = campus.open_course("ines", "karim", locale="fr")
    visitor().enters("ines", course).writes("Un mur de mercis", "Près de la machine.", kind="idea")
    narrow = {"viewport": {"width": 380, "height": 800}, "locale": "fr"}
    karim = visitor(**narrow).enters("karim", course).opens("Un mur de mercis")
    karim.shown.locator("form.vote button").click()
    expect(karim.shown.locator("form.vote button")).to_have_attribute("aria-pressed", "true")

    claire = visitor(locale="fr", color_scheme="dark").enters("claire", course).opens("Un mur de mercis")
    expect(claire.shown.locator("form.vote button")).to_contain_text("1")
    claire.shown.locator("summary", has_text=claire.says("Say what becomes of this idea")).click()
    # What is typed now is for the form, not a shortcut that leads away.
    expect(claire.shown.locator("#idea-state")).to_be_focused()
    claire.shown.locator("#idea-state").select_option("retained")
    claire.shown.locator("#idea-reason").fill("Dès lundi.")
    assert axe.violations(claire.page) == []
    claire.form("/decision?").locator("button").click()
    claire.is_told("idea-decided")

    karim.goes_to("discussions?kind=idea&state=retained").opens("Un mur de mercis").reads("Dès lundi.")
    assert axe.violations(karim.page) == []


@pytest.mark.long
def test_an_anonymous_poll_keeps_who_chose_what_to_itself(visitor, campus):
    course = campus.open_course("ines", "karim", locale="en")
    asking = visitor(locale="en").enters("ines", course).goes_to("posts/new?kind=poll")
    asking.shown.locator("input[name=title]").fill("Is the pace right?")
    for number, answer in enumerate(("Yes", "Too fast"), start=1):
        asking.shown.locator(f"#option_{number}").fill(answer)
    asking.shown.locator("#anonymous").select_option("yes")
    asking.form("/posts?").locator("button[type=submit]").click()
    asking.is_told("written")

    karim = visitor(locale="en", viewport={"width": 380, "height": 800}).enters("karim", course)
    karim.opens("Is the pace right?").shown.locator("label", has_text="Too fast").click()
    karim.shown.locator(".poll-options + .row button").click()
    expect(karim.shown.locator(".poll.results li", has_text="Too fast")).to_contain_text("100")
    # Nothing is kept but that he voted: not even he is shown what he chose, or may change it.
    karim.shown.reload()
    expect(karim.shown.locator(".poll.results .chosen")).to_have_count(0)
    expect(karim.form("/ballot?")).to_have_count(0)
    assert axe.violations(karim.page) == []
    for staff in (asking, visitor(locale="en").enters("claire", course).opens("Is the pace right?")):
        staff.shown.reload()
        expect(staff.shown.locator("a[href*='/ballots']")).to_have_count(0)
        staff.goes_to(re.search(r"posts/\d+", staff.shown.url)[0] + "/ballots")
        expect(staff.shown.locator("body")).not_to_contain_text("Karim")


@pytest.mark.long
def test_an_announcement_stands_on_top_until_its_day_is_over(visitor, campus):
    course = campus.open_course("ines", "karim", locale="fr")
    claire = visitor(locale="fr").enters("claire", course).goes_to("posts/new?kind=announcement")
    claire.shown.locator("input[name=title]").fill("Salle 204")
    claire.shown.locator("textarea[name=body]").fill("Jeudi à neuf heures.")
    claire.form("/posts?").locator("button[type=submit]").click()
    claire.is_told("written")
    visitor().enters("karim", course).writes("Une question plus récente", "Laquelle ?")

    narrow = {"viewport": {"width": 380, "height": 800}, "color_scheme": "dark", "locale": "fr"}
    ines = visitor(**narrow).enters("ines", course)
    expect(ines.shown.locator("main h3").first).to_have_text("Salle 204")
    assert axe.violations(ines.page) == []

    with campus.app.app_context(), transaction():
        yesterday = clock.now() - timedelta(days=1)
        db.session.execute(update(Post).where(Post.title == "Salle 204").values(pinned_until=yesterday))
    ines.goes_home()
    expect(ines.shown.locator(".pinned")).to_have_count(0)
    expect(ines.shown.locator("#posts h3")).to_have_text(["Une question plus récente", "Salle 204"])
    claire.goes_home()
    expect(claire.shown.locator(".pinned")).to_have_count(0)
