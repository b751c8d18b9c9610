"""The main path in Debian's Firefox: launch in a frame of another site, write, one's score, sign out."""

import pytest

from tests.browser.bidi import firefox
from tests.browser.other_processes import LMS_HOST, TOOL_HOST, https_campus
from tests.browser.people import FRENCH

pytestmark = [
    pytest.mark.browser,
    pytest.mark.firefox,
    pytest.mark.long,
    pytest.mark.timeout(240, func_only=True),
]


@pytest.fixture(scope="module")
def addresses(tmp_path_factory, certificate):
    with https_campus(tmp_path_factory.mktemp("https"), certificate) as served:
        yield served


@pytest.fixture
def browser(tmp_path):
    with firefox(tmp_path, (TOOL_HOST, LMS_HOST)) as opened:
        yield opened


class TestFirefox:
    def test_goes_from_the_launch_to_the_score_and_signs_out(self, browser, addresses):
        course = browser.tab(f"{addresses.lms}/").has("#person")
        course.fills("#person", "ines").clicks("form[action$='/person'] button")
        course.has("main").goes_to(f"{addresses.lms}/courses/{FRENCH}/")

        frame = browser.appears("/communities/", frame=True)
        assert frame.text(".own-name") == "Inès Lefèvre"
        frame.clicks("a[href*='/posts/new']")
        frame.clicks("input[name=kind][value=question]")
        frame.fills("input[name=title]", "Depuis Firefox").fills("textarea[name=body]", "Dans le cadre.")
        frame.clicks("form[action*='/posts?'] button[type=submit]")
        frame.has("body[data-notice=written]")
        assert "Depuis Firefox" in frame.text("h1")
        frame.clicks("nav.nav a[href*='/participation']")
        assert any(letter.isdigit() for letter in frame.text("#score"))

        frame.clicks(".topbar form[data-open-tab] button")
        tab = browser.appears("/o/tab/", frame=False)
        assert "Inès Lefèvre" in tab.text("main")
        tab.clicks("main form button")
        tab.has("#score")
        tab.clicks(".topbar details.menu summary").clicks("form[action*='/sign-out'] button")
        tab.has("body:not(:has(nav.nav))")
        assert frame.text(".own-name") == "Inès Lefèvre"
