"""Who may do what here, and in what it differs from the usual: shown, and changed when confirmed."""

from flask import redirect, render_template, request, url_for

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.services import overrides

bp = community_blueprint("overrides", __name__)


@bp.get("/space/permissions")
def index(member):
    return render_template("overrides/index.html", page=overrides.overview(member))


@bp.get("/space/permissions/<act>/<role>")
def show(member, act, role):
    """Say what a change does and to whom, before it is made."""
    return render_template("overrides/change.html", shown=overrides.concerned(member, act, role, clock.now()))


@bp.post("/space/permissions/<act>/<role>")
def change(member, act, role):
    overrides.change(member, act, role, request.form.get("allowed") == "true", clock.now())
    return redirect(url_for(".index", done="permission-changed"), 303)


@bp.post("/space/permissions/usual")
def back(member):
    overrides.back_to_usual(member, clock.now())
    return redirect(url_for(".index", done="permissions-usual"), 303)
