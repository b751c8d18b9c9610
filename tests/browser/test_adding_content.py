"""A trainer adds content to a course from the LMS's dialog; a learner opens what was added."""

import pytest
from playwright.sync_api import expect

from tests.browser import BROWSER, axe

pytestmark = [*BROWSER, pytest.mark.long]

NARROW = {"viewport": {"width": 320, "height": 700}}


@pytest.fixture
def course(campus):
    """A course whose community nobody has entered; what was added to it goes afterwards."""
    number = campus.open_course("ines")
    yield number
    with campus.lms.changing():
        for link in campus.lms.links_of(number):
            del campus.lms.links[link.id]


@pytest.fixture
def dialog(visitor, campus, course):
    """Open the LMS's dialog as the trainer; return the LMS's page and the tool's frame in it."""

    def open_one(**options):
        person = visitor(locale="en", **options).is_in_lms("claire")
        page = person.new_tab()
        page.goto(f"{campus.addresses.lms}/courses/{course}/")
        page.get_by_role("link", name="Add content").click()
        frame = page.frame_locator("iframe.dialog")
        expect(frame.get_by_role("heading", name="Add to the course")).to_be_visible()
        return page, frame

    return open_one


def choose_a_new_prompt(frame):
    frame.get_by_role("checkbox", name="A new prompt").check()
    title = frame.locator("#title-new")
    title.fill("Say hello")
    frame.locator("#body-new").fill("Tell us who you are.")


class TestAddingContent:
    def test_puts_it_into_the_course_where_a_learner_opens_it(self, dialog, visitor, campus, course):
        page, frame = dialog()
        choose_a_new_prompt(frame)

        frame.get_by_role("button", name="Add to the course").click()

        added = page.get_by_role("link", name="Say hello")
        expect(added).to_be_visible()
        learner = visitor(locale="en").is_in_lms("ines").new_tab()
        learner.goto(f"{campus.addresses.lms}/courses/{course}/")
        learner.get_by_role("link", name="Say hello").click()
        opened = learner.frame_locator("main iframe")
        expect(opened.get_by_role("heading", name="Say hello", level=1)).to_be_visible()

    def test_chooses_the_prompt_that_is_written(self, dialog):
        _page, frame = dialog()
        frame.locator("summary", has_text="Write it").click()

        frame.locator("#title-new").fill("Say hello")

        expect(frame.get_by_role("checkbox", name="A new prompt")).to_be_checked()

    def test_needs_no_mouse(self, dialog, campus, course):
        page, frame = dialog()
        community = frame.get_by_role("checkbox", name="The whole community")
        community.focus()
        page.keyboard.press("Space")
        expect(community).to_be_checked()
        for _ in range(30):
            if frame.get_by_role("button", name="Add to the course").evaluate(
                "one => one === document.activeElement"
            ):
                break
            page.keyboard.press("Tab")

        page.keyboard.press("Enter")

        expect(page.get_by_role("heading", name=f"Course {course}", level=1)).to_be_visible()
        assert len(campus.lms.links_of(course)) == 1

    def test_may_be_left_without_adding_anything(self, dialog, campus, course):
        page, frame = dialog()
        choose_a_new_prompt(frame)

        frame.get_by_role("button", name="Cancel").click()

        expect(page.get_by_role("heading", name=f"Course {course}", level=1)).to_be_visible()
        assert campus.lms.links_of(course) == []
        assert campus.lms.calls_described("content chosen")

    def test_says_what_is_missing_and_keeps_what_was_typed(self, dialog):
        _page, frame = dialog()
        choose_a_new_prompt(frame)
        frame.locator("#body-new").fill("")

        frame.get_by_role("button", name="Add to the course").click()

        expect(frame.get_by_role("alert")).to_contain_text("One thing to correct")
        expect(frame.locator("#title-new")).to_have_value("Say hello")

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_is_free_of_what_axe_finds_and_fits_a_narrow_dialog(self, dialog, scheme):
        page, frame = dialog(color_scheme=scheme, **NARROW)
        choose_a_new_prompt(frame)
        shown = page.locator("iframe.dialog").element_handle().content_frame()

        assert axe.violations(shown) == []
        assert shown.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    def test_works_without_script(self, visitor, campus, course):
        person = visitor(locale="en", java_script_enabled=False).is_in_lms("claire")
        page = person.new_tab()
        page.goto(f"{campus.addresses.lms}/courses/{course}/content/launch?window=window")
        page.get_by_role("button", name="Open the activity").click()
        page.locator("a, button").filter(has_text="Continue").first.click()
        page.get_by_role("button", name="Open the activity").click()
        continued = page.get_by_role("button", name="Continue")
        if continued.count():
            continued.click()
        page.get_by_role("checkbox", name="The whole community").check()
        page.get_by_role("button", name="Add to the course").click()
        page.get_by_role("button", name="Continue").click()

        expect(page.get_by_role("link", name="Back to the course")).to_be_visible()
        assert len(campus.lms.links_of(course)) == 1


class TestACopiedCourse:
    def test_asks_the_trainer_what_its_link_opens(self, dialog, visitor, campus, course):
        page, frame = dialog()
        choose_a_new_prompt(frame)
        frame.get_by_role("button", name="Add to the course").click()
        expect(page.get_by_role("link", name="Say hello")).to_be_visible()
        # What stands below the frame is still where the mouse comes down once the frame is there.
        expect(page.frame_locator("main iframe").get_by_role("heading", level=1)).to_be_visible()

        # The course that is copied has a link of this name, too.
        with page.expect_navigation():
            page.get_by_role("button", name="Copy this course").click()
        page.get_by_role("link", name="Say hello").click()
        opened = page.frame_locator("main iframe")
        expect(opened.get_by_role("heading", name="Nothing is set up here yet")).to_be_visible()
        shown = page.locator("main iframe").element_handle().content_frame()
        assert axe.violations(shown) == []
        opened.get_by_role("button", name="Bring this over").click()

        expect(opened.get_by_role("heading", name="Say hello", level=1)).to_be_visible()
