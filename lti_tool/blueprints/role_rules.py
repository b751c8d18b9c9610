"""The console's editor of role rules: type them, see what they would change, let them come into force."""

from flask import redirect, render_template, request, url_for

from lti_tool import clock
from lti_tool.admin_access import admin_blueprint
from lti_tool.errors import Stale, Unfit
from lti_tool.schemas import role_rules as schema
from lti_tool.services import administered, role_rules

bp = admin_blueprint(
    "role_rules", __name__, "/admin/platforms/<id:platform_id>/deployments/<id:number>/roles"
)


@bp.get("")
def form(admin, platform_id, number):
    """Show the rules in force, with how many people each decides."""
    deployment = administered.deployment(admin, platform_id, number)
    rules = role_rules.in_force(deployment)
    effect = role_rules.preview(deployment, rules, clock.now())
    return _page(admin, deployment, rules, effect=effect)


@bp.post("")
def edit(admin, platform_id, number):
    """Take one step of editing (add, remove, move a rule), or show what the rules would change."""
    deployment = administered.deployment(admin, platform_id, number)
    draft = role_rules.draft_of(schema.edited(request.form))
    if request.form.get("step", "preview") != "preview":
        return _page(admin, deployment, draft, goes_on_at=schema.goes_on_at(request.form, draft))
    try:
        effect = role_rules.preview(deployment, role_rules.checked(draft), clock.now())
    except Unfit as unfit:
        return _page(admin, deployment, draft, problems=unfit.problems), 422
    return _page(admin, deployment, draft, effect=effect, previewed=True)


@bp.post("/confirm")
def confirm(admin, platform_id, number):
    """Let the rules come into force that were previewed; show what they would do now when that is more."""
    deployment = administered.deployment(admin, platform_id, number)
    draft, now = role_rules.draft_of(schema.typed(request.form)), clock.now()
    try:
        role_rules.adopt(
            deployment.id,
            draft,
            schema.version(request.form),
            request.form.get("agreed", ""),
            now,
            admin.administrator_id,
        )
    except Unfit as unfit:
        return _page(admin, deployment, draft, problems=unfit.problems), 422
    except Stale as stale:
        effect = role_rules.preview(deployment, draft, now)
        return _page(admin, deployment, draft, effect=effect, previewed=True, stale=stale.code), 409
    return redirect(url_for(".form", platform_id=platform_id, number=number, done="rules-adopted"), 303)


def _page(admin, deployment, draft, effect=None, previewed=False, problems=None, stale=None, goes_on_at=None):
    seen = administered.platform(admin, deployment.platform_id)
    return render_template(
        "admin/roles/form.html",
        seen=seen,
        platform=seen.platform,
        deployment=deployment,
        draft=draft,
        in_force=role_rules.in_force(deployment),
        effect=effect,
        previewed=previewed,
        problems=problems or {},
        stale=stale,
        goes_on_at=goes_on_at,
        choices=role_rules.MAY_BE_GIVEN,
    )
