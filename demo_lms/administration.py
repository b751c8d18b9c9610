"""The administrator's page: the tools this LMS knows, connecting one by its registration address."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from demo_lms.registration import domain_of, is_web_address
from demo_lms.tools import Tool
from demo_lms.web import describe, notice, somebody, the_lms

administration = Blueprint("administration", __name__, url_prefix="/admin/tools")

AS_A_NEW_ONE = "new"


@administration.get("")
def tools() -> str:
    """The tools with their state, and the field for a registration address."""
    somebody()
    return _page_of_tools()


def _page_of_tools(**shown: object) -> str:
    return render_template("tools.html", tools=the_lms().tools.all(), settings=the_lms().settings, **shown)


@administration.post("")
def connect() -> Response | str:
    """Open the registration address in a frame; ask first when a tool of the same address is known."""
    somebody()
    address, choice = request.form.get("address", "").strip(), request.form.get("choice", "")
    if not is_web_address(address):
        return make_response(_page_of_tools(typed=address, refused=True), 422)
    known = {tool.client_id: tool for tool in _tools_of(domain_of(address))}
    if known and choice != AS_A_NEW_ONE and choice not in known:
        return _page_of_tools(typed=address, known=list(known.values()))
    return _frame_of(address, choice if choice in known else None)


def _tools_of(domain: str) -> list[Tool]:
    registered = the_lms().registered_tools()
    return [tool for tool in registered if tool.domain.lower().removeprefix("www.") == domain]


def _frame_of(address: str, updates: str | None) -> str:
    describe("registration begun", domain_of(address))
    opened = urlsplit(address)
    return render_template(
        "connect.html",
        address=the_lms().registration_address(address, updates),
        origin=f"{opened.scheme}://{opened.netloc}".lower(),
        done=url_for("administration.tools"),
    )


@administration.post("/<client_id>/activate")
def activate(client_id: str) -> Response:
    """Let a pending tool be opened."""
    somebody()
    try:
        tool = the_lms().activate(client_id)
    except KeyError:
        return notice("Not found", "There is no such tool in this LMS.", 404)
    describe("tool activated", tool.name)
    return redirect(url_for("administration.tools"), 303)
