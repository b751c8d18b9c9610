"""How one comes into the console: the page that says so, and one-use links."""

from flask import Blueprint, Response, g, redirect, render_template, request, url_for

from lti_tool import admin_access, clock, settings
from lti_tool.errors import FormRefused, SignInRefused
from lti_tool.services import administrators, sign_in

bp = Blueprint("sign_in", __name__)


@bp.get("/sign-in")
def index():
    """Say how an administrator comes in."""
    return _page()


@bp.post("/sign-in")
def ask():
    """Have a one-use link sent. The answer is the same whether or not anybody has this address."""
    if not admin_access.is_from_our_own_page():
        raise FormRefused()
    email = request.form.get("email", "")
    if not administrators.is_address(email.strip()):
        return _page(email, {"email": ["not-an-address"]}), 422
    if settings.current().mail_url is not None:
        sign_in.ask_by_mail(administrators.folded(email), settings.current().base_url, clock.now())
    return render_template("sign_in/asked.html")


def _page(email: str = "", problems: dict | None = None) -> str:
    return render_template(
        "sign_in/index.html",
        by_mail=settings.current().mail_url is not None,
        email=email,
        problems=problems or {},
    )


@bp.get("/o/<token>")
def look(token: str):
    """Show what a one-use link is for; only the button of this page uses it up (mail programs open links)."""
    try:
        account = sign_in.link_named(token, clock.now())
    except SignInRefused as refusal:
        return _refused(refusal)
    return render_template("sign_in/link.html", email=account.email, next_page=_next_page())


@bp.post("/o/<token>")
def use(token: str):
    """Use a link up, and go into the console."""
    if not admin_access.is_from_our_own_page():
        raise FormRefused()
    try:
        account, secret = sign_in.use_link(token, clock.now())
    except SignInRefused as refusal:
        return _refused(refusal)
    g.console_locale = account.locale
    response = redirect(_next_page() or url_for("admin.index"), 303)
    admin_access.remember_session(response, secret)
    return response


def _refused(refusal: SignInRefused) -> Response:
    return Response(render_template("sign_in/refused.html", code=refusal.code), status=refusal.status)


def _next_page() -> str | None:
    """Return the page of the console that was asked for before signing in."""
    wanted = request.values.get("next", "")
    inside = wanted.startswith(admin_access.CONSOLE + "/")
    return wanted if inside and "\\" not in wanted and "//" not in wanted and len(wanted) <= 500 else None
