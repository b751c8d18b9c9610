"""What every part of the web side shares: the LMS of this app, the person of this browser, the call log."""

import secrets
from typing import cast

from flask import Response, current_app, g, make_response, render_template, request, session

from demo_lms.calls import Call
from demo_lms.lms import Lms
from demo_lms.people import Person


def the_lms() -> Lms:
    """The LMS this Flask app serves."""
    return cast(Lms, current_app.lms)


def acting_person() -> Person | None:
    """Whom this browser is signed in as, None without a session."""
    return the_lms().people.get(session.get("person", ""))


def somebody() -> Person:
    """Whom this browser acts as; a browser that comes for the first time is the first learner."""
    person = acting_person()
    if person is None:
        person = next(iter(the_lms().people.values()))
        sign_in(person)
    return person


def sign_in(person: Person) -> None:
    """Make this browser act as somebody."""
    session["person"] = person.key
    browser_name()


def browser_name() -> str:
    """The random name of this browser's session, made at first sight."""
    if "browser" not in session:
        session["browser"] = secrets.token_hex(12)
    return session["browser"]


def describe(word: str, detail: str = "", body: str = "") -> None:
    """Say in a word (one of `calls.WORDS`) what this request was, for the log."""
    g.call_word, g.call_detail, g.call_body = word, detail, body


def log_call(response: Response) -> Response:
    """After each request: write it down. Static files are left out."""
    if request.endpoint != "static":
        the_lms().calls.add(
            Call(
                at=the_lms().now(),
                method=request.method,
                path=request.path,
                query=request.query_string.decode("utf-8", "replace"),
                status=response.status_code,
                word=g.get("call_word", "page"),
                detail=g.get("call_detail", ""),
                body=g.get("call_body", ""),
            )
        )
    return response


def notice(title: str, text: str, status: int) -> Response:
    """A page that says one thing; `title` and `text` are English texts that the page translates."""
    return make_response(render_template("notice.html", title=title, text=text), status)


def posting_page(action: str, fields: dict[str, str], title: str) -> Response:
    """A page that posts `fields` to `action` by itself, with a button where scripts do not run."""
    page = make_response(render_template("posting.html", action=action, fields=fields, title=title))
    page.headers["Cache-Control"] = "no-store"
    return page
