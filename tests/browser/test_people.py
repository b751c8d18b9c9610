"""People before a screen: a profile with a picture, a member page, a sub-group with threads of its own."""

import re

from playwright.sync_api import expect

from demo_lms import Group
from tests.browser import BROWSER, axe
from tests.browser.test_pages import WIDER_THAN_THE_SCREEN
from tests.unit.knowledge.sample_files import photograph

pytestmark = BROWSER

GROUP = "Région Nord : l’accueil des nouvelles équipes, de nuit et de week-end"


def test_somebody_shows_who_they_are_and_a_sub_group_talks_among_itself(visitor, campus):
    course = campus.open_course("ines", "karim", "hugo", locale="fr")
    narrow = {"viewport": {"width": 380, "height": 900}, "color_scheme": "dark", "locale": "fr"}
    wide = {"viewport": {"width": 1100, "height": 900}, "color_scheme": "light", "locale": "fr"}

    # Inès says what to ask her, and chooses a picture: what is sent is small already.
    ines = visitor(**narrow).enters("ines", course).goes_to("profile")
    ines.shown.locator("#asks-about").fill("Commencer un entretien difficile")
    ines.form("/profile?").locator("button[type=submit]").click()
    ines.is_told("profile-saved")
    picture = {"name": "moi.jpg", "mimeType": "image/jpeg", "buffer": photograph((1600, 1200))}
    ines.shown.locator("#picture").set_input_files(picture)
    expect(ines.shown.locator("#picture")).to_have_value(re.compile("picture.jpg$"))
    expect(ines.shown.locator(".picture-now .avatar canvas")).to_be_visible()
    expect(ines.shown.locator(".picture-now")).to_contain_text("pas encore enregistrée")
    ines.form("/profile/picture?").locator("button[type=submit]").click()
    ines.is_told("picture-saved")
    expect(ines.shown.locator(".picture-now img")).not_to_have_js_property("naturalWidth", 0)
    assert axe.violations(ines.page) == []

    # Claire finds her by it, and makes a sub-group with her in it.
    claire = visitor(**wide).enters("claire", course).follows("members")
    claire.shown.locator("main a.person", has_text="Inès").first.click()
    claire.reads("Commencer un entretien difficile")
    expect(claire.shown.locator(".about .avatar img")).not_to_have_js_property("naturalWidth", 0)
    assert axe.violations(claire.page) == []
    claire.goes_to("subgroups").shown.locator("#name").fill(GROUP)
    claire.form("/subgroups?").locator("button[type=submit]").click()
    claire.is_told("subgroup-made").shown.get_by_role("checkbox", name="Inès").check()
    claire.shown.locator("form[method=post][action*='/members?'] button[type=submit]").click()
    claire.is_told("put-in")

    # Inès writes into it; Hugo, who is not in it, sees neither thread nor sub-group.
    ines.goes_to("subgroups").shown.locator("main a.title", has_text=GROUP).click()
    ines.shown.locator("main a[href*='subgroup=']").first.click()
    ines.shown.locator("#title").fill("Pour nous seuls")
    ines.shown.locator("textarea[name=body]").fill("Qui vient jeudi ?")
    ines.form("/posts?").locator("button[type=submit]").last.click()
    ines.is_told("written").reads(GROUP)
    closed = re.search(r"posts/\d+", ines.shown.url)[0]
    ines.shown.locator("a.badge.subgroup").click()
    ines.reads("Pour nous seuls")
    assert axe.violations(ines.page) == []
    ines.goes_to("members").shown.locator("#subgroup").wait_for()
    assert ines.shown.evaluate(WIDER_THAN_THE_SCREEN) == 0
    hugo = visitor(**wide).enters("hugo", course)
    expect(hugo.shown.locator("main")).not_to_contain_text("Pour nous seuls")
    hugo.goes_to("subgroups")
    expect(hugo.shown.locator("main")).not_to_contain_text(GROUP)
    expect(hugo.goes_to("search?q=jeudi").shown.locator("main")).not_to_contain_text("Pour nous seuls")
    expect(hugo.goes_to(closed).shown.locator("body")).not_to_contain_text("Qui vient jeudi")


def test_a_group_of_the_lms_talks_among_itself_and_nobody_else_learns_of_it(visitor, campus):
    course = campus.open_course("ines", "karim", "hugo", locale="en")
    campus.lms.groups[course] = [Group("31", "Night shift", frozenset({"u-ines", "u-karim"}))]
    narrow = {"viewport": {"width": 380, "height": 900}, "color_scheme": "dark", "locale": "en"}
    hugo, karim = visitor(locale="en").enters("hugo", course), visitor(**narrow).enters("karim", course)
    ines = visitor(locale="en").enters("ines", course)

    # Claire makes a sub-group of the group, once the list of the course is read.
    claire = visitor(**narrow).enters("claire", course).follows("members")
    claire.shown.locator("#roster .callout.ok").wait_for()
    claire.goes_to("subgroups").shown.get_by_role("checkbox", name="Night shift").check()
    assert axe.violations(claire.page) == []
    claire.form("/subgroups/follow?").locator("button[type=submit]").click()
    claire.shown.locator("main a.title", has_text="Night shift").wait_for()

    # Inès writes in it: only who is in it can be mentioned there. Karim reads it.
    ines.goes_to("subgroups").shown.locator("main a.title", has_text="Night shift").click()
    ines.shown.locator("main a[href*='subgroup=']").first.click()
    ines.shown.locator("#title").fill("Handing over at six")
    area = ines.shown.locator("textarea[name=body]")
    ines.has_its_tools()
    area.press_sequentially("The umbrella, @kar")
    listed = ines.shown.locator("[role=listbox]:visible [role=option]")
    expect(listed).to_have_count(1)
    area.press("Enter")
    with ines.page.expect_response(re.compile("/mentions.*q=hug")) as answer:
        area.press_sequentially("and @hug")
    assert answer.value.json()["people"] == []
    ines.form("/posts?").locator("button[type=submit]").last.click()
    ines.is_told("written").reads("Night shift", "@Karim Haddad")
    assert axe.violations(ines.page) == []
    closed = re.search(r"posts/\d+", ines.shown.url)[0]
    karim.goes_home().opens("Handing over at six").reads("The umbrella")
    karim.goes_to("search?q=umbrella").reads("Handing over at six")
    assert axe.violations(karim.page) == []

    # For Hugo there is nothing: in no list, in no search, at no address.
    places = ("", "discussions", "search?q=umbrella", "search?q=night", "subgroups", "members", "posts/new")
    for place in places:
        hugo.goes_to(place)
        for word in ("Handing over", "Night shift", "@Karim"):
            expect(hugo.shown.locator("main")).not_to_contain_text(word)
    asked = f"{hugo.address}mentions?post={closed.removeprefix('posts/')}&q=ine&seat={hugo.seat}"
    assert hugo.page.request.get(asked).status == 404
    assert hugo.page.goto(f"{hugo.address}{closed}?seat={hugo.seat}").status == 404
    expect(hugo.shown.locator("body")).not_to_contain_text("umbrella")
