"""The console's page of who may frame the pages for one platform's people."""

from flask import redirect, render_template, request, url_for

from lti_tool import clock
from lti_tool.admin_access import admin_blueprint
from lti_tool.errors import Unfit
from lti_tool.services import administered, origins

bp = admin_blueprint("origins", __name__, "/admin/platforms/<id:platform_id>/origins")


@bp.get("")
def index(admin, platform_id, problems=None):
    """Show which sites may show our pages inside their own."""
    seen = administered.platform(admin, platform_id)
    return render_template(
        "admin/origins.html",
        seen=seen,
        platform=seen.platform,
        origins=origins.of_platform(seen.platform),
        typed=request.form.get("origin", ""),
        problems=problems,
    )


@bp.post("")
def allow(admin, platform_id):
    """Let one more site show them."""
    platform = administered.platform(admin, platform_id).must_be_whole()
    try:
        origins.allow(platform, request.form.get("origin", ""), clock.now(), admin.administrator_id)
    except Unfit as unfit:
        return index(admin=admin, platform_id=platform_id, problems=unfit.problems), 422
    return _back(platform_id)


@bp.post("/<id:number>/withdraw")
def withdraw(admin, platform_id, number):
    """Let a site show them no more."""
    platform = administered.platform(admin, platform_id).must_be_whole()
    origins.withdraw(platform, number, clock.now(), admin.administrator_id)
    return _back(platform_id)


def _back(platform_id: int):
    return redirect(url_for(".index", platform_id=platform_id, done="saved"), 303)
