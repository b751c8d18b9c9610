"""What a member chooses for themselves: language, theme, signing out, forgetting a kept text."""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask import Response, g, redirect, render_template, request, url_for

from lti_tool import access, clock
from lti_tool.access import community_blueprint
from lti_tool.services import kept_texts, preferences, sessions

bp = community_blueprint("preferences", __name__)

# What an address of a page may carry besides the seat.
KEPT_IN_ADDRESS = frozenset({"filter", "before", "show", "kind", "prompt"})


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
    try:
        wanted = urlsplit(request.form.get("next", ""))
    except ValueError:
        wanted = urlsplit("")
    inside = wanted.path.startswith(home) and not wanted.netloc and not set(wanted.path) & set("\\\r\n")
    if not inside:
        return url_for("home.index")
    kept = {name: value for name, value in parse_qsl(wanted.query) if name in KEPT_IN_ADDRESS}
    return f"{quote(wanted.path)}?{urlencode(kept | {'seat': g.admission.seat.id})}"


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
