"""The pages of the LMS for people: courses, gradebook, messages exchanged with the tool, quirks."""

import math
from dataclasses import fields
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
from demo_lms.language import LANGUAGES, translate
from demo_lms.people import Course, Person
from demo_lms.settings import Quirks
from demo_lms.web import acting_person, describe, notice, sign_in, the_lms

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


def _somebody() -> Person:
    """Whom this browser acts as; a browser that comes for the first time is the first learner."""
    person = acting_person()
    if person is None:
        person = next(iter(the_lms().people.values()))
        sign_in(person)
    return person


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
    person = _somebody()
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
    """A course with the community activity in a frame."""
    person = _somebody()
    course = _course_open_to(person, course_id)
    messages = the_lms().calls.exchanged_with_tool(MESSAGES_ON_COURSE_PAGE)
    return render_template(
        "course.html", course=course, messages=messages, **_grades_shown_to(person, course)
    )


@pages.get("/courses/<course_id>/grades")
def grades(course_id: str) -> str:
    """The gradebook: what the LMS holds."""
    person = _somebody()
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
    }


@pages.post("/courses/<course_id>/grades")
def set_grade(course_id: str) -> Response:
    """A teacher types a grade; an empty value takes it away."""
    person, lms = _somebody(), the_lms()
    course = _course_open_to(person, course_id)
    if not person.teaches(course.id):
        return notice("Not allowed", "Only a trainer of this course may change grades.", 403)
    learner = lms.person(request.form.get("learner", ""))
    item = lms.lineitem(course.id, request.form.get("column", 0, int))
    value, is_readable = _typed_number(request.form.get("value", ""))
    if item is None or learner is None or not learner.is_graded_in(course.id) or not is_readable:
        shown = _grades_shown_to(person, course)
        page = render_template("grades.html", course=course, refused=True, typed=request.form, **shown)
        return make_response(page, 422)
    lms.teacher_sets_grade(course.id, learner.sub, value, item.id, request.form.get("comment", "").strip())
    describe("grade set by hand", f"{learner.name}, {item.label}")
    return redirect(url_for("pages.grades", course_id=course.id), 303)


def _typed_number(text: str) -> tuple[float | None, bool]:
    """A number as people type it (comma or point), None for nothing; and whether it could be read."""
    text = text.strip().replace(",", ".")
    if not text:
        return None, True
    try:
        number = float(text)
    except ValueError:
        return None, False
    return number, math.isfinite(number) and number >= 0


@pages.get("/messages")
def messages() -> str:
    """What was exchanged with the tool, newest first."""
    _somebody()
    return render_template("messages.html", messages=the_lms().calls.exchanged_with_tool())


@pages.get("/quirks")
def quirks() -> str:
    """How this LMS behaves, and what may be switched."""
    _somebody()
    return render_template("quirks.html", quirks=the_lms().quirks, switches=SWITCHES, numbers=NUMBERS)


SWITCHES = {
    "strict_timestamps": "A score must be later than the last write by a whole second, else 409 (Moodle)",
    "only_fully_graded_keeps_the_grade": "Any grading progress but FullyGraded empties the grade (Moodle)",
    "token_labelled_html": "Token answers are labelled text/html (Moodle)",
    "lineitem_in_launch": "The activity is graded: it has its own column, named in the launch",
    "send_name": "Names are shared with the tool",
    "send_email": "E-mail addresses are shared with the tool",
    "send_roles": "Roles are sent",
    "no_context": "Launches come from outside any course",
    "locked_items": "Columns are locked: a score is answered with 500",
    "refuse_tokens": "No token is given",
    "down": "The services answer 503",
    "answer_html": "The services answer with a web page",
    "key_set_fails": "The key set of the LMS cannot be read",
}
NUMBERS = {
    "token_seconds": "Life of a token, in seconds",
    "slow_seconds": "Seconds the services wait before they answer",
    "retry_after": "Seconds named in Retry-After while the services answer 503 (empty: not named)",
}


@pages.post("/quirks")
def change_quirks() -> Response:
    """Switch quirks; what is not a number becomes what it is by default."""
    wanted = the_lms().quirks
    for name in SWITCHES:
        setattr(wanted, name, name in request.form)
    defaults = {field.name: field.default for field in fields(Quirks)}
    for name in NUMBERS:
        number, is_readable = _typed_number(request.form.get(name, ""))
        setattr(
            wanted, name, _as_whole(name, number) if is_readable and number is not None else defaults[name]
        )
    describe("quirks changed")
    return redirect(url_for("pages.quirks"), 303)


def _as_whole(name: str, number: float) -> float:
    return number if name == "slow_seconds" else int(number)


@pages.get("/lti/return")
def back_from_tool() -> Response:
    """The return address of launches: shows what the tool says, else leads back to the course."""
    course = the_lms().courses.get(request.args.get("course", ""))
    said = [text for text in (request.args.get("lti_msg"), request.args.get("lti_errormsg")) if text]
    describe("back from the tool", " / ".join(said))
    title = translate("Back in the LMS")
    return make_response(render_template("return.html", course=course, said=said, title=title))
