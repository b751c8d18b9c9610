"""What a member chooses for themselves: language, theme, signing out, forgetting a kept text."""

from flask import Response, g, redirect, render_template, request, url_for

from lti_tool import access, clock
from lti_tool.access import community_blueprint
from lti_tool.services import kept_texts, preferences, push_devices, sessions
from lti_tool.way_on import back_to

bp = community_blueprint("preferences", __name__)


@bp.post("/preferences/language")
def language(member):
    preferences.choose_language(member, request.form.get("language", ""))
    return redirect(back_to(), 303)


@bp.post("/preferences/theme")
def theme(member):
    preferences.choose_theme(member, request.form.get("theme", ""))
    return redirect(back_to(), 303)


@bp.post("/preferences/shortcuts")
def shortcuts(member):
    on = request.form.get("shortcuts") == "on"
    preferences.choose_shortcuts(member, on)
    return redirect(back_to(done="shortcuts-on" if on else "shortcuts-off"), 303)


@bp.post("/sign-out")
def sign_out(member):
    sessions.end(g.admission.session.id, clock.now())
    if endpoint := request.form.get("push_endpoint"):
        push_devices.forget_browser(member.user.id, endpoint)
    response = Response(render_template("preferences/signed_out.html", invited=member.user.invited))
    access.forget_session(response)
    return response


@bp.post("/kept/<id:kept_id>/discard")
def discard_kept(member, kept_id):
    kept_texts.discard(member, kept_id)
    return redirect(url_for("home.index", done="kept-discarded"), 303)
