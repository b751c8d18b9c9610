"""The OpenID Connect side: begin a launch, answer the tool's authentication request, publish the key set.

Order and manner of the refusals are those measured on Moodle 4.4: what comes before the launch is known ends
on a page of the LMS with status 404, what comes after is posted back to the tool with its state.
"""

import re
from collections.abc import Mapping

from flask import Blueprint, Response, jsonify, redirect, request, session

from demo_lms.claims import Opening, launch_claims
from demo_lms.keys import key_set_too_short
from demo_lms.launches import PendingLaunch
from demo_lms.people import Course, Person
from demo_lms.settings import AUTHORIZATION_PATH, KEY_SET_PATH
from demo_lms.tools import Tool
from demo_lms.web import acting_person, browser_name, describe, notice, posting_page, the_lms

oidc = Blueprint("oidc", __name__)

DOCUMENT_TARGETS = ("iframe", "frame", "window")
REPOSTED = "repost"
ELSEWHERE = "https://elsewhere.example/certs"


class PostedError(Exception):
    """A refusal that is posted to the tool (OpenID Connect Core 3.1.2.6)."""

    def __init__(self, error: str, description: str = ""):
        super().__init__(error)
        self.error = error
        self.description = description


class InvalidRequest(Exception):
    """A refusal that stays on a page of the LMS; the text says why, for the log."""


@oidc.get("/courses/<course_id>/launch")
def begin(course_id: str) -> Response:
    """Page that posts the login initiation of an activity to the tool: the course's own, or `link`.

    With `review`, the work of the person with this sub is opened. As in Moodle (measured), whoever may open
    the activity may ask for anybody's: it is the tool that has to know better.
    """
    lms, person = the_lms(), acting_person()
    course = lms.courses.get(course_id)
    if not person or person.suspended or not course or course_id not in person.roles:
        describe("launch refused", "not enrolled")
        return notice("No activity here", "This account is not enrolled in such a course.", 404)
    link = lms.link(course, request.args.get("link"), request.args.get("tool"))
    tool = lms.tools.to_launch(link.client_id) if link else None
    if tool is None:
        describe("launch refused", "no active tool")
        return notice("No activity here", "The tool of this activity is not active in this LMS.", 404)
    about = request.args.get("review", "")
    target = (about and link.review_url) or link.url or tool.target_link_uri
    describe("launch begun", f"{person.name}, {tool.name}")
    return opening_page(tool, course, person, target, link_id=link.id, about=about)


def opening_page(tool: Tool, course: Course, person: Person, target: str, **known: str) -> Response:
    """Page that posts the login initiation of a launch of which `known` is more (see `PendingLaunch`)."""
    lms, wanted = the_lms(), request.args.get("window", "iframe")
    with lms.lock:
        launch = lms.pending_launches.begin(
            course_id=course.id,
            sub=person.sub,
            browser=browser_name(),
            client_id=tool.client_id,
            target_link_uri=target,
            document_target=wanted if wanted in DOCUMENT_TARGETS else "iframe",
            **known,
        )
    return posting_page(tool.login_url, _login_initiation(launch, tool), "Opening the activity")


def _login_initiation(launch: PendingLaunch, tool: Tool) -> dict[str, str]:
    return {
        "iss": the_lms().settings.issuer,
        "target_link_uri": launch.target_link_uri,
        "login_hint": launch.sub,
        "lti_message_hint": launch.hint,
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
    }


@oidc.route(AUTHORIZATION_PATH, methods=["GET", "POST"])
def authorize() -> Response:
    """The authentication request of the tool, answered by a page that posts the signed launch to it."""
    fields = request.values.to_dict()
    if not session.get("person") and REPOSTED not in fields:
        # The cookie stays away from a request that another site caused inside a frame; from our own page it
        # comes along. Moodle does the same.
        describe("cookie absent, asked again")
        return posting_page(AUTHORIZATION_PATH, {**fields, REPOSTED: "1"}, "Opening the activity")
    answer = {"state": cleaned_as_text(fields["state"])} if "state" in fields else {}
    try:
        answer["id_token"] = _signed_launch(fields)
    except InvalidRequest as refusal:
        describe("launch refused", str(refusal))
        return notice(
            "Invalid request", "The activity could not be opened. Open it again from the course.", 404
        )
    except PostedError as refusal:
        describe("launch refused", refusal.error)
        answer["error"] = refusal.error
        answer |= {"error_description": refusal.description} if refusal.description else {}
    return posting_page(fields["redirect_uri"], answer, "Opening the activity")


def _signed_launch(fields: Mapping[str, str]) -> str:
    lms = the_lms()
    launch, tool = _launch_asked_for(fields)
    person = acting_person()
    _check_who_asks(fields, launch, person.sub if person else "")
    course = lms.courses[launch.course_id]
    with lms.lock:
        link = lms.link(course, launch.link_id, launch.client_id) if launch.link_id else None
        choice = lms.choices.find(launch.choice) if launch.choice else None
        if link is None and choice is None:
            raise InvalidRequest("the activity is gone")
        columns = lms.columns_for(tool, course.id)
        groups = lms.groups_of(person.sub, course.id)
        opening = Opening(launch, tool, course, person, link, choice, columns, groups, fields["nonce"])
        claims = launch_claims(lms.settings, lms.quirks, opening, lms.now())
    describe("launch signed", f"{person.name}, {course.label}")
    return lms.sign(claims)


def _launch_asked_for(fields: Mapping[str, str]) -> tuple[PendingLaunch, Tool]:
    """The open launch of this request's hint, used up, and its tool. Raises InvalidRequest."""
    needed = (
        "scope",
        "response_type",
        "client_id",
        "redirect_uri",
        "login_hint",
        "nonce",
        "lti_message_hint",
    )
    missing = [name for name in needed if not fields.get(name)]
    if missing:
        raise InvalidRequest("missing " + ", ".join(missing))
    if fields["scope"] != "openid":
        raise InvalidRequest("invalid_scope")
    if fields["response_type"] != "id_token":
        raise InvalidRequest("unsupported_response_type")
    lms = the_lms()
    with lms.lock:
        launch = lms.pending_launches.take(fields["lti_message_hint"])
    if launch is None or launch.browser != session.get("browser"):
        raise InvalidRequest("unknown or used lti_message_hint")
    tool = lms.tools.to_launch(launch.client_id)
    if tool is None:
        raise InvalidRequest("the tool is not active any more")
    if fields["redirect_uri"] not in tool.redirect_uris:
        raise InvalidRequest("unregistered redirect_uri")
    return launch, tool


def _check_who_asks(fields: Mapping[str, str], launch: PendingLaunch, signed_in: str) -> None:
    if fields["client_id"] != launch.client_id:
        raise PostedError("unauthorized_client")
    if fields["login_hint"] != signed_in or launch.sub != signed_in:
        raise PostedError("access_denied")
    if fields.get("response_mode") != "form_post":
        raise PostedError("invalid_request", "Invalid response_mode")
    if fields.get("prompt", "none") not in {"", "none"}:
        raise PostedError("invalid_request", "Invalid prompt")


def cleaned_as_text(state: str) -> str:
    """The tool's state as Moodle gives it back: cleaned as text, what looks like a tag is gone."""
    return re.sub(r"<[^>]*>?", "", state)


@oidc.get(KEY_SET_PATH)
def key_set() -> Response:
    """The public keys of this LMS."""
    describe("key set read")
    if the_lms().quirks.key_set_fails:
        return notice("Service unavailable", "The LMS cannot answer at the moment.", 503)
    return _other_key_set(the_lms().quirks.key_set_answers) or jsonify(the_lms().key.published())


def _other_key_set(kind: str | None) -> Response | None:
    """What stands in the place of the key set when it is made a wrong one."""
    if kind == "empty":
        return jsonify({"keys": []})
    if kind == "short":
        return jsonify(key_set_too_short())
    if kind == "page":
        return notice("Not found", "There is no such page in this LMS.", 200)
    return redirect(ELSEWHERE) if kind == "elsewhere" else None
