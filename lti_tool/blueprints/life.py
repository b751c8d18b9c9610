"""The life of a space: where it is, what a change would do to whom, dates set in advance, moves by hand."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock, space_archive
from lti_tool.access import community_blueprint
from lti_tool.errors import NotFound, Unfit
from lti_tool.permissions import Act
from lti_tool.schemas.life import LifeDatesSchema
from lti_tool.services import life, life_effects, space_export
from lti_tool.services.local_times import local_of

bp = community_blueprint("life", __name__)


@bp.get("/life")
def show(member):
    zone = member.community.time_zone
    dates = life.dates_of(member.community)
    return _page(member, {name: local_of(getattr(dates, name), zone) for name in life.DATES}, {})


@bp.post("/life/dates")
def set_dates(member):
    member.must(Act.LEAD_LIFE)
    try:
        wanted = LifeDatesSchema(member.community.time_zone).load(request.form)
        life.set_dates(member, wanted, clock.now())
    except ValidationError as err:
        return _page(member, request.form, err.messages), 422
    except Unfit as err:
        return _page(member, request.form, err.problems), 422
    return redirect(url_for(".show", done="life-dates-set"), 303)


@bp.get("/life/moves/<to>")
def preview(member, to):
    """Say what a move would do, and to whom; nothing is moved by looking."""
    member.must(Act.LEAD_LIFE)
    shown = life_effects.shown(member, clock.now())
    if to not in shown.moves:
        raise NotFound()
    return render_template("life/move.html", shown=shown, to=to)


@bp.post("/life/moves/<to>")
def move(member, to):
    life.move(member, to, request.form.get("seen", ""), clock.now())
    return redirect(url_for(".show", done="life-moved"), 303)


@bp.post("/life/archive")
def take_along(member):
    """Send everything as an archive. A form, because it is noted who took it along."""
    now = clock.now()
    space_export.note(member, now)
    return space_archive.archive(member, now)


def _page(member, values, problems):
    shown = life_effects.shown(member, clock.now())
    return render_template("life/index.html", shown=shown, values=values, problems=problems)
