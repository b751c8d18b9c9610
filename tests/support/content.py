"""Choosing content for a course: from the LMS's dialog to the answer that it takes, and the links placed."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select

from demo_lms.links import Link
from tests.functional.launches import claims_of, signed
from tests.support.world import FRENCH, TOOL, Browser, Page, World, hidden_fields

DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
SETTINGS, ITEMS = DEEP_LINKING + "deep_linking_settings", DEEP_LINKING + "content_items"

Change = Callable[[dict], None]


@dataclass
class Answer:
    """What the tool sends to the LMS: where to, and the signed text."""

    page: Page
    address: str
    token: str

    @property
    def claims(self) -> dict:
        """Return what it says, verified by the key set that we publish."""
        return self.decoded.claims

    @property
    def decoded(self):
        published = self.page.browser.tool.get("/lti/jwks.json", base_url=TOOL).get_json()
        return jwt.decode(self.token, KeySet.import_key_set(published), algorithms=["RS256"])

    @property
    def items(self) -> list[dict]:
        return self.claims[ITEMS]


class Dialog:
    """One dialog of the LMS, opened by somebody's browser in which the tool's choices stand."""

    def __init__(self, browser: Browser, course: str = FRENCH, change: Change | None = None) -> None:
        self.browser, self.course = browser, course
        self.page = browser.launch(self._form(change), follow=False)

    def _form(self, change: Change | None) -> dict[str, str]:
        return _signed_form(self.browser, f"/courses/{self.course}/content/launch", change=change)

    def choices(self) -> list[str]:
        """Return what may be chosen, as the form names it."""
        return [field["value"] for field in self.page.soup.select("input[name=what]")]

    def fields(self) -> dict[str, str]:
        """Return what the form holds when nobody has touched it, without what is chosen."""
        form = self.page.soup.select_one("main form")
        fields = {one["name"]: one.get("value", "") for one in form.select("input[name]") if is_sent(one)}
        return fields | {one["name"]: one.text.strip() for one in form.select("textarea[name]")}

    def choose(self, *what: str, **changes: str) -> "Answer | Page":
        """Send the form with these choices; the page again when it has to be corrected."""
        return self._sent({**self.fields(), "what": list(what), **changes})

    def cancel(self) -> "Answer":
        return self._sent({**self.fields(), "cancel": "1"})

    def _sent(self, fields: dict) -> "Answer | Page":
        action = self.page.soup.select_one("main form")["action"]
        page = self.browser.post(action, fields, follow=False)
        form = page.soup.select_one("form#repost")
        if form is None:
            return page
        return Answer(page, form["action"], form.select_one("input[name=JWT]")["value"])

    def give(self, answer: Answer) -> int:
        """Let the page of the answer post it to the LMS, without cookies; return the LMS's status."""
        parts = urlsplit(answer.address)
        lms = self.browser.world.lms_app.test_client()
        address = f"{parts.path}?{parts.query}"
        return lms.post(
            address, data={"JWT": answer.token}, base_url=f"{parts.scheme}://{parts.netloc}"
        ).status_code

    def place(self, *what: str, **changes: str) -> list[Link]:
        """Choose, give it to the LMS, and return the links that the course has by it."""
        lms = self.browser.world.lms
        before = len(lms.links_of(self.course))
        answer = self.choose(*what, **changes)
        assert isinstance(answer, Answer), answer.text
        assert self.give(answer) == 200, lms.calls_described("content refused")
        return lms.links_of(self.course)[before:]


def is_sent(field) -> bool:
    """Tell whether a browser sends a field that nobody touched: no button, nothing that is not ticked."""
    kind = field.get("type", "text")
    return kind not in ("radio", "checkbox", "submit") or (kind == "checkbox" and field.has_attr("checked"))


def open_link(browser: Browser, link: Link, course: str | None = None, review: str = "", change=None) -> Page:
    """Open an activity of the course, or somebody's work in it, as its link in the LMS does."""
    return browser.launch(link_form(browser, link, course, review, change))


def link_form(
    browser: Browser, link: Link, course: str | None = None, review: str = "", change: Change | None = None
) -> dict[str, str]:
    """Walk from a link to the form that carries the signed launch, changed on its way if told so."""
    asked = {"link": link.id} | ({"review": review} if review else {})
    return _signed_form(browser, f"/courses/{course or link.course_id}/launch", asked, change)


def _signed_form(
    browser: Browser, address: str, asked: dict[str, str] | None = None, change: Change | None = None
) -> dict[str, str]:
    lms = browser.world.lms.settings.issuer
    opened = browser.lms.get(address, query_string=asked, base_url=lms)
    form = browser.signed_answer(browser.authentication_address(hidden_fields(opened.text)))
    if change is not None:
        claims = claims_of(form)
        change(claims)
        form |= {"id_token": signed(browser.world, claims)}
    return form


def set_prompt(trainer: Page, title: str = "A useful disagreement", body: str = "Tell one.", **more) -> int:
    """Let staff set a prompt; return its number."""
    page = trainer.post("prompts", title=title, body=body, **more)
    assert page.status == 200, page.text
    link = BeautifulSoup(page.html, "html.parser").select_one("a[href*='/prompts/'][href*='/edit']")
    return int(link["href"].split("/prompts/")[1].split("/")[0])


def graded(number: int, maximum: str = "10") -> dict[str, str]:
    """Return the fields by which a prompt is placed with a column of its own."""
    return {f"column-prompt-{number}": "1", f"maximum-prompt-{number}": maximum}


def rows(world: World, table) -> list:
    """Return all rows of a table of the tool, oldest first."""
    with world.database() as session:
        found = list(session.scalars(select(table).order_by(table.id)))
        session.expunge_all()
    return found


def recorded(path: str) -> dict:
    """Return the claims of a recorded or sample message."""
    said = json.loads((Path(__file__).parents[1] / "data" / path).read_text("utf-8"))
    return said.get("claims") or said["jwt_payload"]
