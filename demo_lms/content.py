"""Choosing content in a tool (Deep Linking 2.0): the dialog, its launch, and what the tool gives back."""

from flask import Blueprint, Response, make_response, render_template, request

from demo_lms.content_items import Answer, ContentRefused, read_answer
from demo_lms.keys import ToolKeysUnreadable
from demo_lms.language import translate
from demo_lms.links import Choice
from demo_lms.oidc import opening_page
from demo_lms.people import Course, Person
from demo_lms.tools import Tool
from demo_lms.web import acting_person, describe, notice, the_lms

content = Blueprint("content", __name__)


@content.get("/courses/<course_id>/content")
def dialog(course_id: str) -> Response:
    """The page on which a trainer chooses, in a frame of the tool."""
    told = _who_chooses(course_id)
    if isinstance(told, Response):
        return told
    course, _person, tool = told
    page = render_template("content.html", course=course, tool=tool, wanted=request.args.get("tool"))
    return make_response(page)


@content.get("/courses/<course_id>/content/launch")
def begin(course_id: str) -> Response:
    """Page that posts the login initiation of a choice of content to the tool."""
    told = _who_chooses(course_id)
    if isinstance(told, Response):
        return told
    course, person, tool = told
    lms = the_lms()
    with lms.lock:
        choice = lms.choices.begin(course.id, person.sub, tool.client_id, lms.quirks.content_data)
    describe("choice of content begun", f"{person.name}, {tool.name}")
    return opening_page(tool, course, person, tool.target_link_uri, choice=choice.name)


def _who_chooses(course_id: str) -> Response | tuple[Course, Person, Tool]:
    """Course, trainer and tool of a choice; a page instead for everybody else, as in Moodle."""
    lms, person = the_lms(), acting_person()
    course = lms.courses.get(course_id)
    if not person or not course or not person.teaches(course_id):
        return notice("Not allowed", "Only a trainer of this course may add content.", 403)
    tool = lms.tools.to_launch(request.args.get("tool"))
    if tool is None or not tool.chooses_content:
        return notice("Not found", "No active tool of this LMS offers content to choose from.", 404)
    return course, person, tool


@content.post("/courses/<course_id>/content/return")
def take(course_id: str) -> Response:
    """What the tool gives. The cookie stays away from what another site posts: the address is the secret."""
    lms = the_lms()
    choice = lms.choices.find(request.args.get("choice", ""))
    tool = lms.tools.to_launch(choice.client_id) if choice else None
    if choice is None or tool is None or choice.course_id != course_id:
        return _refused("no such choice is open")
    try:
        answer = _read(choice, tool)
    except (ContentRefused, ToolKeysUnreadable) as refusal:
        return _refused(str(refusal))
    lms.place(course_id, tool.client_id, answer.items)
    described = [item.title for item in answer.items] or [answer.message]
    describe("content chosen", ", ".join(described))
    title = translate("Content was added") if answer.items else translate("Nothing was added")
    course = lms.courses[course_id]
    return make_response(render_template("content_taken.html", course=course, answer=answer, title=title))


def _read(choice: Choice, tool: Tool) -> Answer:
    """The tool's answer, checked; it is the only one to this choice."""
    lms = the_lms()
    with lms.lock:
        answer = read_answer(
            request.form.get("JWT", ""),
            choice,
            tool,
            lms.keys_of(tool),
            lms.choices,
            lms.settings.issuer,
            lms.quirks,
            lms.now(),
        )
        lms.choices.close(choice)
    return answer


def _refused(why: str) -> Response:
    describe("content refused", why)
    return notice("Invalid request", "What the tool gave could not be taken. Nothing was added.", 400)
