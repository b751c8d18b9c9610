"""What a member chooses for themselves: language, theme, signing out, forgetting a kept text."""

from flask import Response, g, redirect, render_template, request, url_for

from lti_tool import access, clock
from lti_tool.access import community_blueprint
from lti_tool.services import kept_texts, preferences, sessions

bp = community_blueprint("preferences", __name__)


@bp.post("/preferences/language")
def language(member):
    preferences.choose_language(member, request.form.get("language", ""))
    return redirect(_next_page(), 303)


@bp.post("/preferences/theme")
def theme(member):
    preferences.choose_theme(member, request.form.get("theme", ""))
    return redirect(_next_page(), 303)


def _next_page() -> str:
    """Return the page to go back to: one of this community, else its home."""
    home = url_for("home.index", seat=None)
    wanted = request.form.get("next", "")
    inside = wanted.startswith(home) and "\\" not in wanted and "\n" not in wanted and "\r" not in wanted
    return wanted if inside else url_for("home.index")


@bp.post("/sign-out")
def sign_out(member):
    sessions.end(g.admission.session.id, clock.now())
    response = Response(render_template("preferences/signed_out.html"))
    access.forget_session(response)
    return response


@bp.post("/kept/<id:kept_id>/discard")
def discard_kept(member, kept_id):
    kept_texts.discard(member, kept_id)
    return redirect(url_for("home.index", done="kept-discarded"), 303)
