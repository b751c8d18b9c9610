"""The console's deployments of a platform: which are let in, whose each is, what happens to new ones."""

from flask import redirect, render_template, request, url_for

from lti_tool import clock
from lti_tool.admin_access import admin_blueprint
from lti_tool.errors import Stale
from lti_tool.schemas.fields import row_number
from lti_tool.services import administered, deployments

bp = admin_blueprint("deployments", __name__, "/admin/platforms/<id:platform_id>/deployments")


@bp.get("")
def index(admin, platform_id, stale=None):
    """Show the deployments that are theirs, those that wait on top."""
    seen = administered.platform(admin, platform_id)
    return render_template(
        "admin/deployments.html",
        seen=seen,
        platform=seen.platform,
        deployments=deployments.of_platform(admin, seen.platform),
        organisations=deployments.organisations(admin),
        stale=stale,
    )


@bp.post("/policy")
def choose_policy(admin, platform_id):
    """Say what happens to deployments that nobody knows yet."""
    platform = administered.platform(admin, platform_id).must_be_whole()
    deployments.choose_policy(platform, request.form.get("policy", ""), clock.now(), admin.administrator_id)
    return _back(platform_id)


@bp.post("/<id:number>/accept")
def accept(admin, platform_id, number):
    """Let a deployment in."""
    chosen = administered.deployment(admin, platform_id, number)
    deployments.accept(chosen, clock.now(), admin.administrator_id)
    return _back(platform_id)


@bp.post("/<id:number>/refuse")
def refuse(admin, platform_id, number):
    """Let a deployment in no more."""
    chosen = administered.deployment(admin, platform_id, number)
    deployments.refuse(chosen, clock.now(), admin.administrator_id)
    return _back(platform_id)


@bp.post("/<id:number>/description")
def describe(admin, platform_id, number):
    """Give a deployment a name and an organisation."""
    chosen = administered.deployment(admin, platform_id, number)
    owner = row_number(request.form.get("organisation")) or chosen.organisation_id
    try:
        deployments.describe(admin, chosen, request.form.get("note", ""), owner, clock.now())
    except Stale as stale:
        return index(admin=admin, platform_id=platform_id, stale=stale.code), 409
    return _back(platform_id)


def _back(platform_id: int):
    return redirect(url_for(".index", platform_id=platform_id, done="saved"), 303)
