"""The courses that meet in a space: which ones, bringing another one in, letting one go its own way."""

from flask import redirect, render_template, request, url_for

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.errors import NotFound, Stale
from lti_tool.permissions import Act
from lti_tool.services import course_agreements, joining, meeting_courses, parting

bp = community_blueprint("courses", __name__)


@bp.get("/courses")
def index(member):
    return _page(member)


@bp.get("/courses/<id:course_id>/joining")
def preview_joining(member, course_id):
    """Say what bringing a course in would do, of whose staff the member is; nothing is changed by looking."""
    return _joining(member, course_id, None)


@bp.post("/courses/code")
def preview_by_code(member):
    """Say it of the course whose staff gave a code. A form, so that the code stands in no address."""
    member.must(Act.ARRANGE_COURSES)
    code = _code() or ""
    now = clock.now()
    course_id = course_agreements.course_of(code, member.community.organisation_id, now)
    try:
        if course_id is None:
            raise NotFound()
        return _joining(member, course_id, code)
    except NotFound:
        return _page(member, typed=code, problems={"code": ["code-unknown"]}), 422


@bp.post("/courses/<id:course_id>/joining")
def join(member, course_id):
    code = _code()
    try:
        joining.join(member, course_id, code, _seen(), clock.now())
    except Stale as refusal:
        try:
            return _joining(member, course_id, code, outdated=True), 409
        except NotFound:  # somebody else brought it in at the same moment
            raise refusal from None
    return redirect(url_for(".index", done="course-joined"), 303)


@bp.get("/courses/<id:course_id>/parting")
def preview_parting(member, course_id):
    return _parting(member, course_id)


@bp.post("/courses/<id:course_id>/parting")
def part(member, course_id):
    try:
        community_id = parting.part(member, course_id, _seen(), clock.now())
    except Stale as refusal:
        try:
            return _parting(member, course_id, outdated=True), 409
        except NotFound:
            raise refusal from None
    if course_id != member.course_id:
        return redirect(url_for(".index", done="course-parted"), 303)
    # Whoever decided it left with the course.
    where = url_for(".index", community_id=community_id, seat=member.seat_id, done="course-parted")
    return redirect(where, 303)


@bp.post("/courses/<id:course_id>/agreement")
def agree(member, course_id):
    """Make the code of a course and show it, this once."""
    now = clock.now()
    code = course_agreements.make(member, course_id, now)
    return _page(member, code_of=course_id, code=code)


@bp.post("/courses/<id:course_id>/agreement/withdrawal")
def withdraw(member, course_id):
    course_agreements.withdraw(member, course_id, clock.now())
    return redirect(url_for(".index", done="course-agreement-withdrawn"), 303)


def _page(member, *, typed="", problems=None, code_of=None, code=None):
    shown = meeting_courses.shown(member, clock.now())
    return render_template(
        "courses/index.html",
        shown=shown,
        seat_id=member.seat_id,
        typed=typed,
        problems=problems or {},
        code_of=code_of,
        code=code,
    )


def _joining(member, course_id, code, *, outdated=False):
    foreseen = joining.preview(member, course_id, code, clock.now())
    return render_template("courses/joining.html", foreseen=foreseen, code=code, outdated=outdated)


def _parting(member, course_id, *, outdated=False):
    foreseen = parting.preview(member, course_id, clock.now())
    return render_template("courses/parting.html", foreseen=foreseen, outdated=outdated)


def _code() -> str | None:
    return request.form.get("code", "")[: course_agreements.LONGEST_TYPED] or None


def _seen() -> str:
    return request.form.get("seen", "")
