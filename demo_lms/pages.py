"""The pages of the LMS for people: courses, gradebook, messages exchanged with the tool."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)

from demo_lms import people
from demo_lms.forms import typed_number
from demo_lms.language import LANGUAGES, translate
from demo_lms.people import Course, Person
from demo_lms.web import acting_person, describe, notice, sign_in, somebody, the_lms

pages = Blueprint("pages", __name__)

PARTS = (
    (people.TEST_USER, "student view"),
    (people.TEACHING_ASSISTANT, "tutor"),
    (people.INSTRUCTOR, "trainer"),
    (people.CONTENT_DEVELOPER, "educational lead"),
    (people.MANAGER_OBSERVER, "observer"),
    (people.MENTOR, "mentor"),
    (people.SYSTEM_ADMINISTRATOR, "LMS administrator"),
    (people.LEARNER, "learner"),
)
"""What people call a role; the first one that somebody has is shown."""

MESSAGES_ON_COURSE_PAGE = 8


@pages.app_context_processor
def _for_every_page() -> dict[str, Any]:
    """What the frame of every page needs: who acts, who could, and in which part."""
    lms = the_lms()
    return {"person": acting_person(), "everybody": list(lms.people.values()), "lms": lms, "part_of": part_of}


def part_of(person: Person, course_id: str | None = None) -> str:
    """A person's role in a course (default: the first one) in an English word, "" when not enrolled."""
    roles = person.roles.get(course_id, ()) if course_id else next(iter(person.roles.values()), ())
    return next((word for uri, word in PARTS if uri in roles), "member" if roles else "")


def _course_open_to(person: Person, course_id: str) -> Course:
    course = the_lms().courses.get(course_id)
    if course is None:
        abort(notice("Not found", "There is no such page in this LMS.", 404))
    if course_id not in person.roles:
        abort(
            notice(
                "Not enrolled",
                "This account is not enrolled in this course. Choose somebody else above.",
                403,
            )
        )
    return course


@pages.app_errorhandler(404)
def not_found(_problem: Exception) -> Response:
    """Every address that does not exist."""
    return notice("Not found", "There is no such page in this LMS.", 404)


@pages.get("/")
def front() -> str:
    """The two courses and who is who."""
    person = somebody()
    return render_template("front.html", person=person, courses=list(the_lms().courses.values()))


@pages.post("/person")
def change_person() -> Response:
    """Act as somebody else and come back to the page."""
    person = the_lms().people.get(request.form.get("person", ""))
    if person is None:
        return notice("Not found", "There is no such account in this LMS.", 404)
    sign_in(person)
    describe("person changed", person.name)
    return redirect(_way_back(), 303)


@pages.post("/language")
def change_language() -> Response:
    """Read the LMS in another language."""
    if request.form.get("language") in LANGUAGES:
        session["language"] = request.form["language"]
    return redirect(_way_back(), 303)


def _way_back() -> str:
    """The page of ours that a form was on; never an address elsewhere."""
    back = request.form.get("back", "")
    ours = back.startswith("/") and not back.startswith(("//", "/\\"))
    return back if ours else url_for("pages.front")


@pages.get("/courses/<course_id>/")
def course_page(course_id: str) -> str:
    """A course with an activity in a frame: the community, or `link`; `tool` names another than usual."""
    person = somebody()
    course = _course_open_to(person, course_id)
    lms, wanted = the_lms(), request.args.get("tool")
    link = lms.link(course, request.args.get("link"), wanted)
    tool = lms.tools.to_launch(link.client_id) if link else None
    return render_template(
        "course.html",
        course=course,
        messages=lms.calls.exchanged_with_tool(MESSAGES_ON_COURSE_PAGE),
        wanted=wanted,
        link=link,
        tool=tool,
        can_choose=person.teaches(course.id) and tool is not None and tool.chooses_content,
        tools=lms.tools.active(),
        **_grades_shown_to(person, course),
    )


@pages.post("/courses/<course_id>/copy")
def copy_course(course_id: str) -> Response:
    """A teacher makes a course of their own from this one; tools that asked for it are told."""
    person, lms = somebody(), the_lms()
    course = _course_open_to(person, course_id)
    if not person.teaches(course.id):
        return notice("Not allowed", "Only a trainer of this course may copy it.", 403)
    copy = lms.copy_course(course.id)
    describe("course copied", copy.label)
    return redirect(url_for("pages.course_page", course_id=copy.id), 303)


@pages.get("/courses/<course_id>/grades")
def grades(course_id: str) -> str:
    """The gradebook: what the LMS holds."""
    person = somebody()
    course = _course_open_to(person, course_id)
    return render_template("grades.html", course=course, **_grades_shown_to(person, course))


def _grades_shown_to(person: Person, course: Course) -> dict[str, Any]:
    """Columns and learners a person may see: a teacher all, anybody else the own row."""
    lms = the_lms()
    with lms.lock:
        columns = lms.lineitems(course.id)
    graded = [one for one in lms.people_in(course.id) if one.is_graded_in(course.id)]
    teaches = person.teaches(course.id)
    return {
        "columns": columns,
        "learners": graded if teaches else [one for one in graded if one.key == person.key],
        "teaches": teaches,
        "links": lms.links_of(course.id),
    }


@pages.post("/courses/<course_id>/grades")
def set_grade(course_id: str) -> Response:
    """A teacher types a grade; an empty value takes it away."""
    person, lms = somebody(), the_lms()
    course = _course_open_to(person, course_id)
    if not person.teaches(course.id):
        return notice("Not allowed", "Only a trainer of this course may change grades.", 403)
    learner = lms.person(request.form.get("learner", ""))
    item = lms.lineitem(course.id, request.form.get("column", 0, int))
    value, is_readable = typed_number(request.form.get("value", ""))
    if item is None or learner is None or not learner.is_graded_in(course.id) or not is_readable:
        shown = _grades_shown_to(person, course)
        page = render_template("grades.html", course=course, refused=True, typed=request.form, **shown)
        return make_response(page, 422)
    lms.teacher_sets_grade(course.id, learner.sub, value, item.id, request.form.get("comment", "").strip())
    describe("grade set by hand", f"{learner.name}, {item.label}")
    return redirect(url_for("pages.grades", course_id=course.id), 303)


@pages.get("/messages")
def messages() -> str:
    """What was exchanged with the tool, newest first."""
    somebody()
    return render_template("messages.html", messages=the_lms().calls.exchanged_with_tool())


@pages.get("/lti/return")
def back_from_tool() -> Response:
    """The return address of launches: shows what the tool says, else leads back to the course."""
    course = the_lms().courses.get(request.args.get("course", ""))
    said = [text for text in (request.args.get("lti_msg"), request.args.get("lti_errormsg")) if text]
    describe("back from the tool", " / ".join(said))
    title = translate("Back in the LMS")
    return make_response(render_template("return.html", course=course, said=said, title=title))
