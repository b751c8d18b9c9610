"""The console's pages about a platform as a whole: paused, removed, put into the place of another."""

from flask import redirect, render_template, request, url_for

from lti_tool import clock
from lti_tool.admin_access import admin_blueprint
from lti_tool.errors import NotFound, Stale, Unfit
from lti_tool.schemas.fields import row_number
from lti_tool.services import administered, platform_removal, platforms, succession, successors

bp = admin_blueprint("platform_life", __name__, "/admin/platforms/<id:platform_id>")


@bp.get("/connection")
def index(admin, platform_id, problems=None, stale=None):
    """Show whether it is paused, what a removal would mean, and which connection it could replace."""
    seen = administered.platform(admin, platform_id)
    platform = seen.platform
    return render_template(
        "admin/life/index.html",
        seen=seen,
        platform=platform,
        told=platform_removal.consequences(platform) if seen.whole else None,
        replacement=platforms.replacement_of(platform_id),
        replaceable=successors.replaceable_by(admin, platform) if seen.whole else [],
        replaced=successors.replaced_by(admin, platform, clock.now()) if seen.whole else [],
        problems=problems,
        stale=stale,
    )


@bp.post("/suspension")
def suspend(admin, platform_id):
    """Pause the platform, or end that."""
    administered.platform(admin, platform_id).must_be_whole()
    resumes = request.form.get("paused") == "false"
    change = platforms.resume if resumes else platforms.suspend
    try:
        change(platform_id, clock.now(), admin.administrator_id)
    except Stale as stale:
        return index(admin=admin, platform_id=platform_id, stale=stale.code), 409
    return redirect(url_for(".index", platform_id=platform_id, done="resumed" if resumes else "paused"), 303)


@bp.post("/removal")
def remove(admin, platform_id):
    """Remove the platform."""
    platform = administered.platform(admin, platform_id).must_be_whole()
    try:
        platform_removal.remove(platform, request.form.get("name", ""), clock.now(), admin.administrator_id)
    except Unfit as unfit:
        return index(admin=admin, platform_id=platform_id, problems=unfit.problems), 422
    except Stale as stale:
        return index(admin=admin, platform_id=platform_id, stale=stale.code), 409
    return redirect(url_for("admin.index", done="removed"), 303)


@bp.get("/succession")
def preview(admin, platform_id, refusal=None):
    """Show what would move when this connection takes the place of another one."""
    seen = administered.platform(admin, platform_id)
    seen.must_be_whole()
    old_id, deployment_id = _named(admin)
    shown = None
    if refusal is None:
        try:
            shown = succession.preview(old_id, platform_id, deployment_id)
        except (NotFound, Stale) as problem:
            refusal = problem.code
    page = render_template(
        "admin/life/succession.html",
        seen=seen,
        platform=seen.platform,
        old_id=old_id,
        deployment_id=deployment_id,
        shown=shown,
        refusal=refusal,
    )
    return (page, 409) if refusal else page


@bp.post("/succession")
def succeed(admin, platform_id):
    """Put this connection into the place of the other one."""
    administered.platform(admin, platform_id).must_be_whole()
    old_id, deployment_id = _named(admin)
    try:
        succession.succeed(old_id, platform_id, deployment_id, clock.now(), admin.administrator_id)
    except Stale as stale:
        return preview(admin=admin, platform_id=platform_id, refusal=stale.code)
    return redirect(url_for(".index", platform_id=platform_id, done="succeeded"), 303)


@bp.post("/succession/undo")
def undo(admin, platform_id):
    """Put everything back where it was."""
    administered.platform(admin, platform_id).must_be_whole()
    old_id, _ = _named(admin)
    try:
        succession.undo(old_id, platform_id, clock.now(), admin.administrator_id)
    except Stale as stale:
        return preview(admin=admin, platform_id=platform_id, refusal=stale.code)
    return redirect(url_for(".index", platform_id=platform_id, done="succession-undone"), 303)


def _named(admin) -> tuple[int, str | None]:
    """Return the other connection, which must be theirs too, and a deployment for courses that fit none."""
    old_id = row_number(request.values.get("old"))
    administered.platform(admin, old_id, removed=True).must_be_whole()
    return old_id, request.values.get("deployment", "").strip()[:255] or None
