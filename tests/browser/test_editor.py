"""The editor as it is used: its tools, suggestions under the caret, drafts that lose nothing."""

import base64
import re

import pytest
from playwright.sync_api import expect

from tests.browser import BROWSER
from tests.browser.axe import violations
from tests.browser.people import Community, tabs_to
from tests.unit.knowledge.sample_files import photograph

pytestmark = BROWSER

AREA = "textarea[name=body]"
PASTE_AN_IMAGE = """(area, content) => {
    const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], "tableau.jpg", { type: "image/jpeg" }));
    area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
IMAGE = base64.b64encode(photograph((300, 200))).decode()


@pytest.fixture
def course(campus):
    """A course of the test's own; Claire teaches, Inès and Karim learn."""
    return campus.open_course("ines", "karim")


class TestTheEditor:
    def test_helps_by_keyboard_alone(self, visitor, course):
        visitor().enters("karim", course)
        writing = visitor().enters("ines", course).begins_to_write("Un titre", "").has_its_tools()
        page, area = writing.shown, writing.shown.locator(AREA)

        area.focus()
        area.press_sequentially("- un")
        area.press("Enter")
        area.press_sequentially("deux")
        area.press("Enter")
        area.press("Tab")
        area.press_sequentially("trois")
        expect(area).to_have_value("- un\n- deux\n  - trois")

        area.fill("Demandez ")
        area.press("End")
        area.press_sequentially("@kar")
        expect(page.locator("[role=listbox]:visible [role=option]").first).to_contain_text("Karim Haddad")
        assert violations(writing.page) == []
        area.press("Enter")
        area.press_sequentially(":tada")
        expect(page.locator("[role=listbox]:visible [role=option]").first).to_contain_text("🎉")
        area.press("Enter")
        assert area.input_value().startswith("Demandez @[Karim Haddad #")
        assert "🎉" in area.input_value()

        page.locator("[data-preview-toggle]:visible").click()
        expect(page.locator(".preview .mention")).to_have_text("@Karim Haddad")
        area.press("ControlOrMeta+Enter")
        writing.is_told("written")
        expect(page.locator(".prose .mention")).to_have_text("@Karim Haddad")

    def test_ends_a_mark_by_the_key_that_began_it(self, visitor, course):
        writing = visitor().enters("ines", course).begins_to_write("Un titre", "").has_its_tools()
        area = writing.shown.locator(AREA)

        for keys, sign in (("ControlOrMeta+b", "**"), ("ControlOrMeta+i", "*")):
            area.fill("Je dis ")
            area.press("End")
            area.press(keys)
            area.press_sequentially("non")
            area.press(keys)
            area.press_sequentially(" et pourquoi")
            expect(area).to_have_value(f"Je dis {sign}non{sign} et pourquoi")

        area.fill("")
        area.press("ControlOrMeta+b")
        area.press_sequentially("Je dis ")
        area.press("ControlOrMeta+i")
        area.press_sequentially("non")
        area.press("ControlOrMeta+i")
        area.press("ControlOrMeta+b")
        area.press_sequentially(" et pourquoi")
        expect(area).to_have_value("**Je dis *non*** et pourquoi")

    def test_puts_a_picture_behind_a_block_of_code_not_into_it(self, visitor, course):
        writing = visitor().enters("ines", course).begins_to_write("Un titre", "```\nprint(1)\n```\nAprès.")
        area = writing.shown.locator(AREA)
        area.evaluate(
            """(area) => {
                area.setSelectionRange(8, 8);
                const detail = { text: "![](file:1)", block: true };
                area.dispatchEvent(new CustomEvent("cv:insert", { detail }));
            }"""
        )
        expect(area).to_have_value("```\nprint(1)\n```\n\n![](file:1)\n\nAprès.")

    def test_brings_what_is_pasted_with_its_links_and_lists(self, visitor, course):
        writing = visitor().enters("ines", course).begins_to_write("Un titre", "").has_its_tools()
        writing.shown.locator(AREA).evaluate(
            """(area, html) => {
                const data = new DataTransfer();
                data.setData("text/html", html);
                data.setData("text/plain", "plain");
                area.focus();
                const pasted = { clipboardData: data, bubbles: true, cancelable: true };
                area.dispatchEvent(new ClipboardEvent("paste", pasted));
            }""",
            "<p>Voir <a href='https://example.org/a'>ceci</a> :</p><ul><li>un</li><li><b>deux</b></li></ul>"
            "<script>alert(1)</script>",
        )
        expect(writing.shown.locator(AREA)).to_have_value(
            "Voir [ceci](https://example.org/a) :\n\n- un\n- **deux**"
        )


class TestAReport:
    """Four texts that share one set of tools, which stand where one writes."""

    def test_is_written_by_keyboard_with_all_the_tools(self, visitor, course):
        visitor().enters("karim", course)
        writing = self.begins(visitor(viewport={"width": 380, "height": 800}), course)
        page, tools = writing.page, writing.shown.locator(".report [role=toolbar]")
        page.keyboard.type("Dire non sans fermer la porte")

        self.goes_on_in(writing, "situation")
        page.keyboard.type("Trois demandes")
        page.keyboard.press("ControlOrMeta+Shift+ArrowLeft")
        page.keyboard.press("Tab")
        expect(tools.get_by_role("button", name="Bold")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#situation")).to_have_value("Trois **demandes**")
        expect(page.locator("#situation")).to_be_focused()

        self.goes_on_in(writing, "tried")
        page.keyboard.type("Avec @kar")
        expect(page.locator("[role=listbox]:visible [role=option]").first).to_contain_text("Karim Haddad")
        assert violations(page) == []
        page.keyboard.press("Enter")
        page.keyboard.type("et :")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        page.keyboard.type("- un")
        page.keyboard.press("Enter")
        page.keyboard.type("deux")
        said = re.compile(r"Avec @\[Karim Haddad #\d+\] et :\n\n- un\n- deux")
        expect(page.locator("#tried")).to_have_value(said)

        self.goes_on_in(writing, "result")
        page.keyboard.type("Elle a compris.")
        page.locator("#result").evaluate(PASTE_AN_IMAGE, IMAGE)
        brought = page.locator("[data-chosen] [data-file]")
        expect(brought).to_have_count(1)
        shown = f"Elle a compris.\n\n![](file:{brought.get_attribute('data-file')})\n"
        expect(page.locator("#result")).to_have_value(shown)
        expect(page.locator(".report [data-words]")).to_have_text("9 words in all")

        page.keyboard.press("Tab")
        page.keyboard.press("End")
        expect(tools.get_by_role("button", name="Preview")).to_be_focused()
        page.keyboard.press("Enter")
        preview = page.locator(".report .preview")
        expect(preview.locator("h2")).to_have_text(["Situation", "What I tried", "Result"])
        expect(preview.locator(".mention")).to_have_text("@Karim Haddad")
        expect(preview.locator("figure img")).to_be_visible()
        expect(preview).to_be_in_viewport()
        assert violations(page) == []

        page.locator("#result").press("ControlOrMeta+Enter")
        writing.is_told("written")
        expect(page.locator(".told-part h2")).to_have_text(["Situation", "What I tried", "Result"])
        expect(page.locator(".told-part strong")).to_have_text("demandes")
        expect(page.locator(".told-part .mention")).to_have_text("@Karim Haddad")
        expect(page.locator(".told-part li")).to_have_text(["un", "deux"])
        expect(page.locator(".told-part figure img")).to_be_visible()

        writing.opens_menu(page.locator("article.card").first).locator("a[href*='/edit']").click()
        writing.has_its_tools()
        page.locator("#advice").fill("Dire pourquoi")
        page.locator("#advice").press("ControlOrMeta+a")
        page.locator("#advice").press("ControlOrMeta+i")
        expect(page.locator("#advice")).to_have_value("*Dire pourquoi*")
        expect(tools).to_have_attribute("aria-controls", "advice")
        expect(page.locator(".report [data-words]")).to_have_text("11 words in all")
        assert violations(page) == []
        page.locator("#advice").press("ControlOrMeta+Enter")
        writing.is_told("edited")
        expect(page.locator(".told-part em")).to_have_text("Dire pourquoi")

    def test_keeps_its_tools_where_one_writes_and_moves_nothing_for_them(self, visitor, course):
        page = self.begins(visitor(), course).page
        tools = page.locator(".report [role=toolbar]")
        place = "() => document.querySelector('#advice').getBoundingClientRect().top + window.scrollY"
        before = page.evaluate(place)
        assert page.locator("#situation ~ .bar [role=toolbar]").count() == 1

        page.locator("#advice").click()
        expect(page.locator("#advice ~ .bar [role=toolbar]")).to_be_visible()
        assert page.evaluate(place) == before
        tools.get_by_role("button", name="Numbered list").click()
        page.keyboard.type("Un")
        expect(page.locator("#advice")).to_have_value("1. Un")

        tools.get_by_role("button", name="Emoji").click()
        expect(page.locator("[role=listbox]:visible [role=option]")).not_to_have_count(0)
        page.keyboard.type("tada")
        page.keyboard.press("Enter")
        expect(page.locator("#advice")).to_have_value("1. Un 🎉 ")

        # A click beside the lines, where the tools would stand, goes on writing there.
        page.locator("#tried ~ .bar").click()
        expect(page.locator("#tried")).to_be_focused()
        expect(tools).to_have_attribute("aria-controls", "tried")

    def test_takes_nobody_away_from_where_they_write(self, visitor, course):
        """An image that was pasted into one part arrives while the next one is written."""
        page = self.begins(visitor(), course).page
        held = []
        page.route("**/files?*", lambda route: held.append(route))
        page.locator("#situation").fill("Avant.")
        page.locator("#situation").evaluate(PASTE_AN_IMAGE, IMAGE)
        expect(page.get_by_role("progressbar")).to_be_visible()
        page.locator("#tried").focus()
        page.keyboard.type("Deux ")
        held.pop().continue_()
        expect(page.locator("#situation")).to_have_value(re.compile(r"^Avant\.\n\n!\[\]\(file:"))
        page.keyboard.type("mots")
        expect(page.locator("#tried")).to_have_value("Deux mots")

    def begins(self, someone, course) -> Community:
        """Open the form of a report and go to its title."""
        writing = someone.enters("ines", course).goes_to("posts/new?kind=experience").has_its_tools()
        writing.shown.locator("#title").focus()
        return writing

    def goes_on_in(self, writing: Community, part: str) -> None:
        """Go to the next part by keyboard, also out of a list; its tools come along."""
        writing.page.keyboard.press("Escape")
        tabs_to(writing.page, f"#{part}")
        tools = writing.shown.locator(".report [role=toolbar]")
        expect(tools).to_have_attribute("aria-controls", part)
        expect(writing.shown.locator(f"#{part} ~ .bar [role=toolbar]")).to_be_visible()


class TestADraft:
    def test_is_kept_while_one_writes_and_goes_on_elsewhere(self, visitor, course):
        someone = visitor()
        writing = someone.enters("ines", course).begins_to_write("Commencé ici", "La moitié.")
        writing.has_its_tools()
        writing.shown.locator("[data-draft-keep]").click()
        expect(writing.shown.locator("[data-draft-status]")).to_contain_text("Draft kept at")

        elsewhere = visitor().enters("ines", course).goes_to("drafts")
        assert violations(elsewhere.page) == []
        elsewhere.shown.locator(".drafted a").click()
        elsewhere.has_its_tools()
        expect(elsewhere.shown.locator(AREA)).to_have_value("La moitié.")
        elsewhere.shown.locator(AREA).fill("La moitié, et la suite.")
        elsewhere.shown.locator("[data-draft-keep]").click()
        expect(elsewhere.shown.locator("[data-draft-status]")).to_contain_text("Draft kept at")

        writing.shown.locator(AREA).fill("Autre chose.")
        writing.shown.locator("[data-draft-keep]").click()
        writing.shown.locator("[data-draft-swap]").click()
        expect(writing.shown.locator(AREA)).to_have_value("La moitié, et la suite.")
        writing.shown.locator("[data-draft-mine]").click()
        writing.form("/posts?").locator("button.primary").click()
        writing.is_told("written").goes_to("drafts")
        assert writing.shown.locator(".drafted").count() == 0

    def test_waits_for_the_connection_and_is_kept_by_itself(self, visitor, course):
        someone = visitor()
        writing = someone.enters("ines", course).begins_to_write("Sans réseau", "Un mot.").has_its_tools()
        someone.context.set_offline(True)
        writing.shown.locator(AREA).fill("Deux mots.")
        writing.shown.locator("[data-draft-keep]").click()
        expect(writing.shown.locator("[data-draft-trouble]")).to_contain_text("Not connected")
        someone.context.set_offline(False)
        expect(writing.shown.locator("[data-draft-status]")).to_contain_text("Draft kept at")

    def test_is_published_by_itself_once_the_connection_is_back(self, visitor, course):
        someone = visitor()
        writing = someone.enters("ines", course).begins_to_write("Sans réseau", "Deux mots.").has_its_tools()
        someone.context.set_offline(True)
        writing.form("/posts?").locator("button.primary").click()
        expect(writing.shown.locator("[data-draft-trouble]")).to_contain_text("published as soon as")
        someone.context.set_offline(False)
        writing.is_told("written")

    def test_leaves_nothing_in_the_browser_of_somebody_who_signs_out(self, visitor, course):
        writing = visitor().enters("ines", course).begins_to_write("Rien de tout cela", "Ne doit rester.")
        writing.has_its_tools()
        kept = "() => Object.keys(sessionStorage).filter((key) => key.startsWith('cv:draft:')).length"
        assert writing.page.evaluate(kept) == 1
        writing.page.on("dialog", lambda dialog: dialog.accept())
        writing.shown.locator(".topbar details.menu summary").click()
        writing.form("/sign-out").locator("button").click()
        writing.shown.locator("h1").wait_for()
        nothing = "() => Object.keys(sessionStorage).every((key) => !key.startsWith('cv:'))"
        writing.page.wait_for_function(nothing)
