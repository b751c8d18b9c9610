"""Every page in every state, wide and narrow, light and dark, in both languages: nothing is broken."""

import os
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import BROWSER, axe, comfort, pages_inside, pages_outside
from tests.browser.people import FRENCH, Community
from tests.browser.tour import Tour

pytestmark = BROWSER

READ_BY_EVERYBODY = pages_outside.READ_BY_EVERYBODY + pages_inside.READ_BY_EVERYBODY
MADE_FOR_THE_OCCASION = pages_outside.MADE_FOR_THE_OCCASION + pages_inside.MADE_FOR_THE_OCCASION
PRINTED = frozenset(pages_inside.READ_BY_EVERYBODY + pages_inside.MADE_FOR_THE_OCCASION)
HEIGHT = 900
# On phones, in the frame beside a course's menu, alone.
WIDTHS = (320, 380, 710, 1100)
NARROW_AND_LIGHT, WIDE_AND_DARK = (320, "light"), (1100, "dark")
LANGUAGES = ("fr", "en")
ONE_EACH = {"fr": (NARROW_AND_LIGHT,), "en": (WIDE_AND_DARK,)}
# `make screenshots` has the walk leave pictures in this folder: of every page it comes to, in the width and
# appearance of each.
PICTURES = os.environ.get("TEST_PICTURES")
PICTURED = tuple((width, scheme) for width in (380, 1100) for scheme in ("light", "dark"))
# Measured once a new width has settled: fonts and scripts may still be at work.
WIDER_THAN_THE_SCREEN = """async () => {
  await document.fonts.ready;
  const excess = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  for (let look = 0; look < 20 && excess() > 0; look += 1) await new Promise((go) => setTimeout(go, 50));
  return excess();
}"""


@pytest.fixture(scope="session")
def sign_ins():
    """Cookies and address of people who have entered a course once."""
    return {}


@pytest.fixture
def tour(visitor, campus, sign_ins, language):
    """Somebody who looks at pages in one language and can be anybody."""
    campus.let_everybody_read(language)
    options = {"locale": language, "reduced_motion": "reduce"}

    def member(person: str, course: str) -> Community:
        if course != FRENCH:
            return visitor(**options).enters(person, course)
        if person not in sign_ins:
            first = visitor(**options)
            entered = first.enters(person, course)
            sign_ins[person] = first.context.storage_state(), entered.shown.url
        kept, address = sign_ins[person]
        page = visitor(**options, storage_state=kept).new_tab()
        page.goto(address)
        return Community(page)

    return Tour(campus, partial(visitor, **options), member, language)


def named(page_of) -> str:
    return page_of.__name__


# The gate sees each page once: in French, narrow and light, or in English, wide and dark, in turns.
IN_BOTH_LANGUAGES = [
    pytest.param(
        language,
        page_of,
        id=f"{named(page_of)}-{language}",
        marks=() if language == LANGUAGES[turn % len(LANGUAGES)] else pytest.mark.long,
    )
    for turn, page_of in enumerate(READ_BY_EVERYBODY)
    for language in LANGUAGES
]


class TestAPage:
    @pytest.mark.parametrize(("language", "page_of"), IN_BOTH_LANGUAGES)
    def test_is_accessible_and_fits_the_screen(self, tour, language, page_of):
        page = page_of(tour)
        take_pictures(page, language, page_of)

        assert problems_of(page, ONE_EACH[language]) == []
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator("h1:visible").count() == 1
        assert discomfort_of(page, page_of) == []

    # Each takes an act of its own to come about: some minutes in all, which the gate does not have.
    @pytest.mark.long
    @pytest.mark.parametrize("language", ["fr", "en"] if PICTURES else ["fr"])
    @pytest.mark.parametrize("page_of", MADE_FOR_THE_OCCASION, ids=named)
    def test_that_came_about_by_an_act_does_so_too(self, tour, language, page_of):
        page = page_of(tour)
        take_pictures(page, language, page_of)

        assert problems_of(page, (NARROW_AND_LIGHT, WIDE_AND_DARK)) == []
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator("h1:visible").count() == 1
        assert discomfort_of(page, page_of) == []


def take_pictures(page: Page, language: str, page_of) -> None:
    """Leave four pictures of a page where `make screenshots` wants them; nothing in an ordinary run."""
    if not PICTURES:
        return
    for width, scheme in PICTURED:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=scheme)
        page.evaluate("() => document.fonts.ready.then(() => true)")
        folder = Path(PICTURES) / f"{language}-{width}-{scheme}"
        page.screenshot(path=folder / f"{named(page_of)}.png", full_page=True, animations="disabled")


def problems_of(page: Page, looked_at: tuple[tuple[int, str], ...]) -> list[str]:
    """Return what does not fit at any width, and what axe says at these widths and appearances."""
    problems = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        excess = page.evaluate(WIDER_THAN_THE_SCREEN)
        problems += [f"{excess} px wider than a screen of {width} px"] * (excess > 0)
        for appearance in [scheme for at, scheme in looked_at if at == width]:
            page.emulate_media(color_scheme=appearance)
            problems += [f"{width} {appearance}: {one}" for one in axe.violations(page)]
    return problems


def discomfort_of(page: Page, page_of) -> list[str]:
    """Return what does not hold four times as large, in colours of the reader's own, and on paper."""
    found = comfort.enlarged_problems(page)
    page.set_viewport_size({"width": WIDTHS[-1], "height": HEIGHT})
    found += comfort.forced_colour_problems(page)
    return found + (comfort.printed_problems(page) if page_of in PRINTED else [])


class TestTheBarOfAFrame:
    def test_leaves_room_for_the_name_of_the_community(self, visitor):
        community = visitor(locale="fr").is_in_lms("claire").opens_course(FRENCH).community
        frame = community.shown.frame_element()
        # Beside a course's menu a frame has some 800 px, where the bar holds as much as alone.
        for width in (320, 600, 710, 812, 900, 1000, 1200):
            frame.evaluate("(frame, width) => { frame.style.cssText = `inline-size: ${width}px` }", width)

            assert community.shown.evaluate(WIDER_THAN_THE_SCREEN) == 0, width
            assert community.shown.locator(".topbar").bounding_box()["height"] < 110, width
            assert community.shown.locator(".brand b").bounding_box()["width"] > 75, width
