"""Pictures of the real pages: `python -m tools.screenshots [--kept]` (`make screenshots`).

Those that README and guides show are taken from a fresh demo into docs/screenshots/. Unless only these are
asked for, the walk of tests/browser/test_pages.py leaves pictures of every page in var/pictures/, in both
languages, two widths and two appearances: to be looked at, not to be kept. What is seen is what four weeks in
the demo's courses left behind, so a picture changes with the day on which it is taken, not with the machine.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Frame, Page, sync_playwright

from tests.support.chromium import launch_chromium
from tests.support.ports import free_ports
from tools.running import ROOT, running

FOLDER = ROOT / "docs" / "screenshots"
EVERY_PAGE = ROOT / "var" / "pictures"
FRENCH, ENGLISH = "2", "3"
LARGEST = 220_000
"""Bytes; a larger picture makes the repository heavy for little."""


@dataclass(frozen=True)
class Demo:
    """A running demo and the browser that looks at it."""

    browser: Browser
    lms: str
    log: Path
    """What the demo printed; the link into its console is there."""

    def administrator(self, width: int, height: int) -> Page:
        """Open the console as its operator; the link signs in once, so one picture opens it."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, locale="fr", reduced_motion="reduce"
        )
        page = context.new_page()
        page.goto(self._link_into_the_console())
        page.locator("form button[type=submit]").first.click()
        page.wait_for_url("**/admin/")
        return page

    def _link_into_the_console(self) -> str:
        """Return the link once it is printed: the demo serves a moment before."""
        for _ in range(100):
            if found := re.search(r"http://\S+/o/\S+", self.log.read_text(encoding="utf-8")):
                return found[0]
            time.sleep(0.1)
        raise RuntimeError("The demo prints no link into its console.")

    def person(
        self, key: str, width: int, height: int, scheme: str = "light", locale: str = "fr"
    ) -> "Person":
        """Somebody with a screen of this size."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale=locale,
            reduced_motion="reduce",
            timezone_id="Europe/Paris",
        )
        context.request.post(f"{self.lms}/person", form={"person": key})
        return Person(self, context)


@dataclass(frozen=True)
class Person:
    """Somebody signed in to the LMS."""

    demo: Demo
    context: BrowserContext

    def community(self, course: str = FRENCH) -> Page:
        """Open the community in a tab of its own."""
        page = self.context.new_page()
        page.goto(f"{self.demo.lms}/courses/{course}/launch?window=window")
        return _settled(page)

    def course_page(self, course: str = FRENCH) -> tuple[Page, Frame]:
        """Open the course in the LMS, with the community in its frame."""
        page = self.context.new_page()
        page.goto(f"{self.demo.lms}/courses/{course}/")
        frame = page.locator("main iframe").element_handle().content_frame()
        _settled(frame)
        return page, frame


def _settled(shown: Page | Frame):
    """Wait until the community is there with its typefaces; nothing is announced on it."""
    shown.wait_for_url("**/communities/**")
    shown.wait_for_load_state("networkidle")
    shown.evaluate("() => document.fonts.ready.then(() => true)")
    return shown


def _follow(page: Page, part: str) -> Page:
    page.locator(f"nav.nav a[href*='/{part}']").click()
    page.wait_for_url(f"**/{part}*")
    return _settled(page)


def _open(page: Page, address: str) -> Page:
    """Go to a page of the community whose home is open, with the seat that one has there."""
    home, _, asked = page.url.partition("?")
    seat = re.search(r"seat=\d+", asked)[0]
    page.goto(f"{home.rstrip('/')}/{address}{'&' if '?' in address else '?'}{seat}")
    return _settled(page)


def home(demo: Demo) -> Page:
    """The community inside the demo LMS: the picture of the README."""
    page, _ = demo.person("ines", 1100, 1000).course_page()
    return page


def home_learner(demo: Demo) -> Page:
    return demo.person("ines", 1100, 1050).community()


def home_dark_phone(demo: Demo) -> Page:
    return demo.person("grace", 380, 820, "dark", "en").community(ENGLISH)


def thread(demo: Demo) -> Page:
    """A question that is solved, with what others did with the reply."""
    page = _open(demo.person("awa", 1100, 1200).community(), "discussions?state=solved&order=helpful")
    page.locator("#posts .title a").first.click()
    page.wait_for_url("**/posts/*")
    return _settled(page)


def compose(demo: Demo) -> Page:
    """An experience report, half written."""
    page = _open(demo.person("ines", 1100, 1200).community(), "posts/new?kind=experience")
    page.locator("#title").fill("Dire non à une demande de congé sans fermer la porte")
    page.locator("#situation").fill(
        "Trois demandes pour la même semaine, et il fallait deux personnes. J’ai dû en refuser une, "
        "à quelqu’un qui comptait dessus depuis un mois."
    )
    page.locator("#tried").fill(
        "Je l’ai reçue le jour même, avant d’afficher le planning. J’ai dit la décision dans la première "
        "phrase, puis pourquoi, puis ce que je pouvais proposer à la place."
    )
    page.locator("#situation").focus()
    page.evaluate("() => window.scrollTo(0, 0)")
    return page


def search(demo: Demo) -> Page:
    return _open(demo.person("ines", 1100, 1000).community(), "search?q=entretien")


def discussions(demo: Demo) -> Page:
    return _open(demo.person("ines", 1100, 1050).community(), "discussions")


def member_page(demo: Demo) -> Page:
    page = _open(demo.person("ines", 1100, 900).community(), "members?name=awa")
    page.locator("ul.people a").first.click()
    page.wait_for_url("**/members/*")
    return _settled(page)


def to_answer(demo: Demo) -> Page:
    return _follow(demo.person("nadia", 1100, 800).community(), "to-answer")


def welcome(demo: Demo) -> Page:
    return _open(demo.person("ines", 1100, 900).community(), "welcome")


def participation(demo: Demo) -> Page:
    return _follow(demo.person("ines", 1100, 1080).community(), "participation")


def grading(demo: Demo) -> Page:
    """The trainer's page with something in every state: sent, changed since, never contributed."""
    page = _follow(demo.person("claire", 1100, 1100).community(), "grading")
    page.locator("tbody button[form=one]").first.click()
    page.locator(".status.ok").first.wait_for()
    page.goto(page.url.replace("done=sending", ""))
    return _settled(page)


def members(demo: Demo) -> Page:
    return _follow(demo.person("claire", 1100, 1200).community(), "members")


def gradebook(demo: Demo) -> Page:
    page, _ = demo.person("claire", 1100, 900).course_page()
    page.goto(f"{demo.lms}/courses/{FRENCH}/grades")
    return page


def console(demo: Demo) -> Page:
    """One platform in the console, which was opened from it and has just been checked."""
    demo.person("claire", 1100, 900).community()
    page = demo.administrator(1100, 850)
    page.goto(page.url + "platforms/1")
    page.locator("#check button").click()
    page.locator("#check:not([hx-get]) .rows").wait_for()
    page.evaluate("() => document.fonts.ready.then(() => true)")
    return page


PICTURES: tuple[Callable[[Demo], Page], ...] = (
    home,
    home_learner,
    home_dark_phone,
    thread,
    compose,
    search,
    discussions,
    member_page,
    to_answer,
    welcome,
    participation,
    grading,
    members,
    gradebook,
    console,
)


def main() -> int:
    """Take the pictures. Returns 1 when one is too heavy to be kept, or a page was not reached."""
    return _take_what_is_kept() or ("--kept" not in sys.argv and _take_every_page())


def _take_every_page() -> int:
    """Walk through every page once in each language; returns what pytest does."""
    walk = ("-m", "browser", "-k", "TestAPage", "-q", "-p", "no:cacheprovider", "-n", "2", "--dist", "load")
    command = [sys.executable, "-m", "pytest", "tests/browser/test_pages.py", *walk]
    told = os.environ | {"TEST_PICTURES": str(EVERY_PAGE)}
    print(f"Pictures of every page: {EVERY_PAGE.relative_to(ROOT)}/", flush=True)
    return subprocess.run(command, cwd=ROOT, env=told, check=False).returncode


def _take_what_is_kept() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    tool_port, lms_port = free_ports(2)
    command = [str(Path(sys.executable).parent / "lti-tool"), "demo"]
    command += ["--port", str(tool_port), "--lms-port", str(lms_port)]
    with (
        tempfile.TemporaryDirectory(prefix="cv-pictures-") as folder,
        running(command, (tool_port, lms_port), Path(folder) / "log", {"LTI_TOOL_VAR_DIR": folder}),
        sync_playwright() as playwright,
        launch_chromium(playwright) as browser,
    ):
        demo = Demo(browser, f"http://localhost:{lms_port}", Path(folder) / "log")
        return max(_take(picture, demo) for picture in PICTURES)


def _take(picture: Callable[[Demo], Page], demo: Demo) -> int:
    page = picture(demo)
    file = FOLDER / f"{picture.__name__.replace('_', '-')}.png"
    page.screenshot(path=file, animations="disabled", caret="hide")
    page.context.close()
    size = file.stat().st_size
    print(f"{file.relative_to(ROOT)}  {size // 1000} kB{'  TOO LARGE' if size > LARGEST else ''}", flush=True)
    return int(size > LARGEST)


if __name__ == "__main__":
    raise SystemExit(main())
