"""The page about columns: more of them, and how each is sent."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.errors import NotFound, Stale
from lti_tool.permissions import Act
from lti_tool.schemas.grading import NEW_COLUMN, ColumnNameSchema, NewColumnSchema, SwitchSchema
from lti_tool.services import column_settings, columns

bp = community_blueprint("columns", __name__)


@bp.get("/grading/columns")
def index(member):
    return _page(member)


@bp.post("/grading/columns")
def add(member):
    member.must(Act.MANAGE_GRADES)
    try:
        column_settings.add(member, NewColumnSchema().load(_without_new(request.form)), clock.now())
    except ValidationError as err:
        return _page(member, request.form, err.messages), 422
    except Stale:
        return _page(member, request.form, {"line_item": ["unknown"]}), 422
    return redirect(url_for(".index", done="column-added"), 303)


@bp.post("/grading/columns/<id:column_id>/automatic")
def automatic(member, column_id):
    on = _switched(member)
    column_settings.send_by_itself(member, column_id, on, clock.now())
    return redirect(url_for(".index", done="automatic-on" if on else "automatic-off"), 303)


@bp.post("/grading/columns/<id:column_id>/name")
def rename(member, column_id):
    member.must(Act.MANAGE_GRADES)
    try:
        name = ColumnNameSchema().load(request.form)
    except ValidationError as err:
        typed = {column_id: request.form.get("name", "")}
        return _page(member, problems={f"name-{column_id}": err.messages["name"]}, names=typed), 422
    column_settings.rename(member, column_id, name, clock.now())
    return redirect(url_for(".index", done="column-renamed"), 303)


@bp.post("/grading/line-items/<id:line_item_id>/delete")
def remove_from_lms(member, line_item_id):
    column_settings.remove_from_lms(member, line_item_id, clock.now())
    return redirect(url_for(".index", done="column-deleted"), 303)


@bp.post("/grading/columns/<id:column_id>/pause")
def pause(member, column_id):
    on = _switched(member)
    column_settings.pause(member, column_id, on, clock.now())
    return redirect(url_for("grading.index", column=column_id, done="paused" if on else "resumed"), 303)


@bp.post("/grading/line-items/<id:line_item_id>/unread")
def accept_unread(member, line_item_id):
    column_settings.accept_unread(member, line_item_id, clock.now())
    return redirect(url_for("grading.index", done="unread-accepted"), 303)


def _switched(member) -> bool:
    member.must(Act.MANAGE_GRADES)
    try:
        return SwitchSchema().load(request.form)
    except ValidationError:
        raise NotFound("no-such-decision") from None


def _without_new(form) -> dict[str, str]:
    """A new column is what is made unless one is named."""
    return {name: value for name, value in form.items() if (name, value) != ("line_item", NEW_COLUMN)}


def _page(member, values=None, problems=None, names=None) -> str:
    """Show the columns and the form for another one; `values` are what somebody typed, to be corrected.

    :param names: new names that were typed, by the numbers of their columns.
    """
    desk = column_settings.desk(member, clock.now())
    name = gettext("Trainer’s assessment") if desk.assessment_is_free else ""
    return render_template(
        "grading/columns.html",
        desk=desk,
        values=values or {"name": name, "maximum": str(columns.USUAL_MAXIMUM)},
        names=names or {},
        problems=problems or {},
    )
