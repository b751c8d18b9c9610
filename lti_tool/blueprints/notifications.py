"""What a member is told: the page that lists it, its number for open pages, and calling it read."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.permissions import Act
from lti_tool.schemas.fields import row_number
from lti_tool.schemas.filing import ReadSchema
from lti_tool.services import notifications

bp = community_blueprint("notifications", __name__)


@bp.get("/notifications")
def index(member):
    now, before = clock.now(), request.args.get("before")
    page = notifications.page(member, before, now)
    return render_template("notifications/index.html", page=page, before=before, shown_at=now)


@bp.get("/notifications/count")
def count(member):
    """Tell an open page how many there are, when that is another number than it knows."""
    member.must(Act.READ)
    found = notifications.count(member, clock.now())
    if str(found) == request.args.get("known"):
        return "", 304
    return {"count": found}


@bp.post("/notifications/read")
def read(member):
    try:
        shown = ReadSchema().load(request.form)
    except ValidationError:
        return "", 422
    post_id = row_number(request.form.get("post")) or None
    of_space = request.form.get("of") == "space"
    notifications.read(member, shown["until"], clock.now(), post_id, of_space=of_space)
    return redirect(url_for(".index", done="told-read" if post_id or of_space else "all-read"), 303)
