"""The console's platforms: the list with their health, connecting one, checking one, the guides."""

from flask import redirect, render_template, request, url_for
from flask_babel import get_locale

from lti_tool import clock, settings
from lti_tool.admin_access import admin_blueprint
from lti_tool.errors import Unfit
from lti_tool.schemas.fields import row_number
from lti_tool.schemas.platforms import days_in, typed_in, wish_in
from lti_tool.services import connecting, guides, invitations, platform_health, requested_checks
from lti_tool.services.platform_health import PlatformHealth

bp = admin_blueprint("platforms", __name__)


@bp.get("/platforms")
def index(admin):
    """Show the platforms, how each does, and what is to be mended."""
    search, after = request.args.get("search", ""), row_number(request.args.get("after")) or None
    page = platform_health.page_of(admin, search, after, clock.now())
    open_ones = invitations.unused(_seen_by(admin), clock.now())
    return render_template("admin/platforms/index.html", page=page, after=after, invitations=open_ones)


@bp.get("/platforms/connect")
def choose(admin):
    """Let the administrator say which LMS it is; then show what to do for that one."""
    if "lms" not in request.args:
        return render_template("admin/platforms/choose.html", presets=connecting.PRESETS.values())
    return _form(admin, request.args["lms"])


@bp.post("/platforms/connect")
def connect(admin):
    """Connect an LMS by what was typed of it."""
    preset, chosen = connecting.preset_called(request.form.get("lms")), settings.current()
    try:
        platform_id = connecting.connect(
            admin,
            preset,
            typed_in(request.form),
            wish_in(request.form),
            chosen.base_url,
            chosen.outbound_allow,
            clock.now(),
        )
    except Unfit as refusal:
        return _form(admin, preset.key, refusal), 422
    requested_checks.ask(platform_id, clock.now())
    return redirect(url_for(".show", platform_id=platform_id, done="connected"), 303)


@bp.post("/platforms/invitations")
def invite(admin):
    """Make a one-use address for Dynamic Registration; it is shown once."""
    base_url = settings.current().base_url
    preset = connecting.preset_called(request.form.get("lms"))
    name, days = request.form.get("name", ""), days_in(request.form)
    try:
        made = connecting.invite(admin, name, days, wish_in(request.form), base_url, clock.now())
    except Unfit as refusal:
        return _form(admin, preset.key, inviting=refusal), 422
    return _form(admin, preset.key, invited=made)


@bp.post("/platforms/invitations/<id:invitation_id>/withdraw")
def withdraw(admin, invitation_id):
    """Take an address back that nobody has used yet."""
    connecting.withdraw_invitation(admin, invitation_id, clock.now())
    return redirect(url_for(".index", done="withdrawn"), 303)


def _form(admin, key: str, refusal: Unfit | None = None, inviting: Unfit | None = None, invited=None):
    """Show what to do for one kind of LMS, with what was typed and what is to be corrected."""
    preset = connecting.preset_called(key)
    title, guide = _guide(preset.guide)
    return render_template(
        "admin/platforms/connect.html",
        preset=preset,
        ours=connecting.values_for(preset),
        organisations=connecting.choices(admin),
        days=connecting.DAYS,
        typed=request.form,
        problems=refusal.problems if refusal else {},
        known=refusal.facts if refusal else {},
        invitation_problems=inviting.problems if inviting else {},
        invited=invited,
        guide_title=title,
        guide=guide,
    )


@bp.get("/platforms/<id:platform_id>")
def show(admin, platform_id):
    """Show one platform: how it does, and the check that was asked for."""
    platform = _platform(admin, platform_id)
    return render_template(
        "admin/platforms/show.html",
        platform=platform,
        check=requested_checks.of_platform(platform_id, clock.now(), whole=platform.whole),
    )


@bp.get("/platforms/<id:platform_id>/check")
def check(admin, platform_id):
    """Show how far the check is; htmx asks again while a worker is at it."""
    platform = _platform(admin, platform_id)
    view = requested_checks.of_platform(platform_id, clock.now(), whole=platform.whole)
    return render_template("admin/platforms/_check.html", platform=platform, check=view)


@bp.post("/platforms/<id:platform_id>/check")
def ask_for_check(admin, platform_id):
    """Have a worker check the connection now."""
    _platform(admin, platform_id)
    requested_checks.ask(platform_id, clock.now())
    return redirect(url_for(".show", platform_id=platform_id, _anchor="check"), 303)


@bp.get("/help/<guide>")
def help_page(admin, guide):
    """Show a guide, the same text as in the documentation."""
    title, text = _guide(guide)
    return render_template("admin/platforms/guide.html", guide_title=title, guide=text)


def _guide(name: str) -> tuple[str, str]:
    base_url = settings.current().base_url
    return guides.guide(name, str(get_locale()), base_url, url_for(".help_page", guide=""))


def _platform(admin, platform_id: int) -> PlatformHealth:
    return platform_health.of(admin, platform_id, clock.now())


def _seen_by(admin) -> frozenset[int] | None:
    """The organisations whose platforms an administrator sees; None: all of them."""
    return None if admin.operator else admin.organisation_ids
