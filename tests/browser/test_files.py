"""Images and files as people bring them: dropped, chosen, described, put into the text, removed, opened."""

import base64
from urllib.parse import urljoin

from playwright.sync_api import expect

from tests.browser import BROWSER, axe
from tests.browser.people import walks_in
from tests.unit.knowledge.sample_files import TAKEN, photograph

pytestmark = BROWSER

WIDE, HIGH = photograph((1200, 900)), photograph((300, 500))
EVIL = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
DROP = """(area, files) => {
    const data = new DataTransfer();
    for (const [name, type, content] of files) {
        const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
        data.items.add(new File([bytes], name, { type }));
    }
    const dropped = { dataTransfer: data, bubbles: true, cancelable: true };
    area.dispatchEvent(new DragEvent("dragover", dropped));
    area.dispatchEvent(new DragEvent("drop", dropped));
}"""


def chosen(name, media_type, content):
    return {"name": name, "mimeType": media_type, "buffer": content}


def test_are_brought_described_and_found_again(visitor, campus):
    course = campus.open_course("ines", "karim", locale="fr")
    someone = visitor(viewport={"width": 380, "height": 800}, color_scheme="dark", locale="fr")
    writing = someone.enters("ines", course).begins_to_write("Le tableau de l’équipe", "Avant.\n\nAprès.")
    writing.has_its_tools()
    shown, area = writing.shown, writing.shown.locator("textarea[name=body]")
    rows, field = shown.locator("[data-chosen] [data-file]"), shown.locator("[data-bring]")

    # One is dropped where the caret is; how far it has come is shown until it is there.
    area.evaluate("(area) => area.setSelectionRange(6, 6)")
    held = []
    shown.route("**/files?*", lambda route: held.append(route))
    area.evaluate(DROP, [["tableau.jpg", "image/jpeg", base64.b64encode(WIDE).decode()]])
    expect(shown.get_by_role("progressbar", name="Envoi de « tableau.jpg »")).to_be_visible()
    held.pop().continue_()
    expect(rows).to_have_count(1)
    shown.unroute("**/files?*")
    with_image = f"Avant.\n\n![](file:{rows.first.get_attribute('data-file')})\n\nAprès."
    expect(area).to_have_value(with_image)
    rows.first.locator("input[name^=alt]").fill("Un tableau couvert de fiches")

    # Others are chosen: what cannot be taken says why, and the rest comes nevertheless.
    shown.locator("input[type=file]").set_input_files(
        [
            chosen("portrait.jpg", "image/jpeg", HIGH),
            chosen("évolution.pdf", "application/pdf", TAKEN["report.pdf"]),
            chosen("dessin.svg", "image/svg+xml", EVIL),
        ]
    )
    expect(rows).to_have_count(3)
    expect(field.locator("[data-refusals] .error")).to_contain_text("dessin.svg")
    expect(shown.locator("[role=progressbar]")).to_have_count(0)
    assert rows.first.locator("img.thumb").evaluate(
        "(image) => image.decode().then(() => image.naturalWidth > 0)"
    )
    assert axe.violations(shown) == []

    # The second is put into the text and thought better of: text and list are without it.
    second = rows.filter(has_text="portrait.jpg")
    second.locator("[data-insert]").press("Enter")
    assert f"(file:{second.get_attribute('data-file')})" in area.input_value()
    second.locator("[data-remove]").press("Enter")
    expect(rows).to_have_count(2)
    expect(area).to_have_value(with_image)
    assert shown.evaluate("document.activeElement.type") == "file"
    writing.form("/posts?").locator("button.primary[type=submit]").click()
    writing.is_told("written")

    reading = visitor(locale="fr").enters("karim", course).opens("Le tableau de l’équipe").shown
    figure = reading.locator(".prose figure img")
    assert figure.get_attribute("alt") == "Un tableau couvert de fiches"
    assert figure.evaluate("(image) => image.decode().then(() => image.naturalWidth > 0)")
    assert axe.violations(reading) == []

    # A file is for the reader's programs; an image is shown, large.
    with reading.expect_download() as download:
        reading.locator(".attached .file").click()
    assert download.value.suggested_filename == "évolution.pdf"
    assert download.value.path().read_bytes() == TAKEN["report.pdf"]
    reading.locator(".prose figure a").click()
    reading.wait_for_url("**/files/*.*.*.*")
    assert reading.evaluate("document.contentType") == "image/jpeg"


def test_come_back_with_the_text_that_a_tab_remembers(visitor, campus):
    course = campus.open_course("ines", locale="en")
    writing = visitor(locale="en").enters("ines", course).begins_to_write("A board", "Half a text.")
    writing.has_its_tools()
    shown, rows = writing.shown, writing.shown.locator("[data-chosen] [data-file]")
    files = [
        chosen("board.jpg", "image/jpeg", HIGH),
        chosen("report.pdf", "application/pdf", TAKEN["report.pdf"]),
    ]
    shown.locator("input[type=file]").set_input_files(files)
    expect(rows).to_have_count(2)
    rows.first.locator("input[name^=alt]").fill("A board full of cards")
    rows.last.locator("[data-remove]").click()

    writing.page.on("dialog", lambda dialog: dialog.accept())
    writing.goes_to("posts/new")
    shown.locator("[data-draft-take]").click()
    expect(rows).to_have_count(1)
    expect(rows.first.locator("input[name^=alt]")).to_have_value("A board full of cards")
    writing.form("/posts?").locator("button.primary[type=submit]").click()
    writing.is_told("written")
    assert shown.locator(".attached img").get_attribute("alt") == "A board full of cards"


def test_are_chosen_by_the_paperclip_of_the_bar(visitor, campus):
    course = campus.open_course("ines", "karim", locale="en")
    writing = visitor(locale="en").enters("ines", course).begins_to_write("A board", "Look at this.")
    shown, rows = writing.has_its_tools().shown, writing.shown.locator("[data-chosen] [data-file]")
    with shown.expect_file_chooser() as asked:
        shown.locator("[data-attach]:visible").press("Enter")
    asked.value.set_files([chosen("board.jpg", "image/jpeg", HIGH)])
    expect(rows).to_have_count(1)
    writing.form("/posts?").locator("button.primary[type=submit]").click()
    writing.is_told("written")
    expect(shown.locator(".attached img")).to_be_visible()

    # Below a thread it is the only sign of files; once there are some, they stand in the frame of the text.
    clip, add = shown.locator("#reply [data-attach]"), shown.locator("#reply .file-button")
    expect(add).to_be_hidden()
    shown.locator("#reply textarea").fill("And the report.")
    with shown.expect_file_chooser() as asked:
        clip.click()
    asked.value.set_files([chosen("report.pdf", "application/pdf", TAKEN["report.pdf"])])
    expect(shown.locator("#reply .composer [data-file]")).to_have_count(1)
    expect(add).to_be_visible()
    assert axe.violations(shown) == []
    shown.locator("#reply [data-remove]").press("Enter")
    expect(add).to_be_hidden()
    expect(clip).to_be_focused()
    with shown.expect_file_chooser() as asked:
        clip.press("Enter")
    asked.value.set_files([chosen("report.pdf", "application/pdf", TAKEN["report.pdf"])])
    expect(shown.locator("#reply .composer [data-file]")).to_have_count(1)
    shown.locator("#reply .bar button[type=submit]").click()
    writing.is_told("comment-written")
    with shown.expect_download() as download:
        shown.locator("[id^=comment-] .attached .file").click()
    assert download.value.path().read_bytes() == TAKEN["report.pdf"]


def test_are_published_without_script(visitor, campus):
    course = campus.open_course("ines", "karim", locale="en")
    mine = walks_in(visitor(locale="en", java_script_enabled=False), "ines", course)
    mine.begins_to_write("A board and a report", "Look at these.")
    shown, field = mine.shown, mine.shown.locator("input[type=file]")
    expect(field).to_be_visible()
    expect(shown.locator("[role=toolbar]:visible")).to_have_count(0)
    field.set_input_files(
        [
            chosen("board.jpg", "image/jpeg", HIGH),
            chosen("report.pdf", "application/pdf", TAKEN["report.pdf"]),
        ]
    )
    mine.form("/posts?").locator("button.primary[type=submit]").click()
    mine.is_told("written")

    reading = walks_in(visitor(locale="en", java_script_enabled=False), "karim", course)
    page = reading.opens("A board and a report").shown
    image = page.locator(".attached a.image-link")
    expect(image.locator("img")).to_be_visible()
    address = urljoin(page.url, image.get_attribute("href"))
    assert page.request.get(address).headers["content-type"] == "image/jpeg"
    with page.expect_download() as download:
        page.locator(".attached .file").click()
    assert download.value.suggested_filename == "report.pdf"
    assert download.value.path().read_bytes() == TAKEN["report.pdf"]

    # A reply, too: its field and its button stand in the frame of the text.
    page.locator("textarea[name=body]").fill("Thank you. This is ours.")
    page.locator("#reply input[type=file]").set_input_files(chosen("ours.jpg", "image/jpeg", HIGH))
    page.locator("#reply .bar button[type=submit]").click()
    reading.is_told("comment-written")
    expect(page.locator("[id^=comment-] .attached img")).to_be_visible()
