"""The first page of the console, and leaving it."""

from flask import g, redirect, render_template, request, url_for

from lti_tool import admin_access, clock
from lti_tool.admin_access import admin_blueprint
from lti_tool.services import administrators, platform_health, sign_in

bp = admin_blueprint("admin", __name__)


@bp.get("/")
def index(admin):
    """Say how the platforms do and whose they are; the rooms of the console are in its navigation."""
    return render_template(
        "admin/index.html",
        page=platform_health.page_of(admin, "", None, clock.now()),
        organisations=administrators.organisations_of(admin),
    )


@bp.post("/language")
def language(admin):
    """Show the console in another language from now on."""
    administrators.choose_language(admin, request.form.get("language", ""))
    return redirect(url_for(".index"), 303)


@bp.post("/sign-out")
def sign_out(admin):
    """End this session."""
    sign_in.end(g.console.session, clock.now())
    response = redirect(url_for("sign_in.index"), 303)
    admin_access.forget_session(response)
    return response
