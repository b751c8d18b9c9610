"""A space for each group of a course: arranged by staff, who see first what it does; ways between spaces."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import access, clock
from lti_tool.access import community_blueprint
from lti_tool.errors import Stale, Unfit
from lti_tool.permissions import Act
from lti_tool.schemas.dividing import chosen_groups
from lti_tool.services import dividing, dividing_outlook, part_entry

bp = community_blueprint("dividing", __name__)


@bp.get("/spaces")
def index(member):
    return _page(member, {}, {})


@bp.post("/spaces/preview")
def preview(member):
    """Say who would see what. A form, because names are typed into it; nothing is changed by looking."""
    member.must(Act.DIVIDE)
    try:
        names = chosen_groups(request.form)
    except ValidationError as err:
        return _page(member, request.form, err.messages), 422
    if not names:
        return _page(member, request.form, {"groups": ["no-group"]}), 422
    return _preview(member, names, stale=False)


@bp.post("/spaces")
def divide(member):
    member.must(Act.DIVIDE)
    names = {}
    try:
        names = chosen_groups(request.form)
        dividing.divide(member, names, request.form.get("seen", ""), clock.now())
    except ValidationError as err:
        return _page(member, request.form, err.messages), 422
    except Unfit as err:
        return _page(member, request.form, err.problems), 422
    except Stale:
        return _preview(member, names, stale=True), 409
    return redirect(url_for(".index", done="course-divided"), 303)


@bp.post("/spaces/leave")
def leave(member):
    """Be told of new groups no longer: those that have no space stay without."""
    dividing.leave(member)
    return redirect(url_for(".index", done="groups-left"), 303)


@bp.post("/spaces/<id:part_id>/close")
def close(member, part_id):
    dividing.close(member, part_id, clock.now())
    return redirect(url_for(".index", done="part-closed"), 303)


@bp.post("/spaces/<id:part_id>/open")
def open_again(member, part_id):
    dividing.open_again(member, part_id, clock.now())
    return redirect(url_for(".index", done="part-opened"), 303)


@bp.post("/spaces/<id:course_id>/enter")
def enter(member, course_id):
    """Go from one space of the course into another. A form, because the browser gets a seat there."""
    seat_id, community_id = part_entry.enter(member, course_id)
    return redirect(access.for_seat(url_for("home.index", community_id=community_id), seat_id), 303)


def _page(member, values, problems):
    shown = dividing_outlook.outlook(member, {}, clock.now())
    return render_template(
        "dividing/index.html",
        shown=shown,
        spaces=part_entry.spaces_of(member),
        values=values,
        chosen=values.getlist("chosen") if hasattr(values, "getlist") else [],
        problems=problems,
    )


def _preview(member, names, *, stale):
    shown = dividing_outlook.outlook(member, names, clock.now())
    return render_template("dividing/preview.html", shown=shown, stale=stale)
