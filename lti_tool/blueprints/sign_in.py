"""How one comes into the console: the page that says so, and one-use links."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import get_locale

from lti_tool import admin_access, clock, settings
from lti_tool.errors import FormRefused, NotFound, SignInRefused
from lti_tool.services import administrators, openid_sign_in, second_factor, sign_in
from lti_tool.services.openid_sign_in import outbound_client

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
        sign_in.ask_by_mail(
            administrators.folded(email),
            settings.current().base_url,
            clock.now(),
            _next_page(),
            str(get_locale()),
        )
    return render_template("sign_in/asked.html")


def _page(email: str = "", problems: dict | None = None) -> str:
    return render_template(
        "sign_in/index.html",
        by_portal=openid_sign_in.is_offered(settings.current()),
        next_page=_next_page(),
        by_mail=settings.current().mail_url is not None,
        email=email,
        problems=problems or {},
    )


@bp.get("/sign-in/openid")
def by_portal():
    """Go to the organisation's portal."""
    if not openid_sign_in.is_offered(settings.current()):
        raise NotFound()
    try:
        with outbound_client(total_timeout=15) as client:
            address, kept = openid_sign_in.begin(settings.current(), _next_page(), client)
    except SignInRefused as refusal:
        return _refused(refusal)
    response = redirect(address, 303)
    admin_access.remember_portal(response, kept)
    return response


@bp.get("/sign-in/openid/callback")
def from_portal():
    """Come back from the portal; the session begins with the page that answers, not by this GET."""
    answered = request.query_string.decode("ascii", "replace")
    return render_template("sign_in/from_portal.html", answered=answered)


@bp.post("/sign-in/openid/callback")
def enter_from_portal():
    """Take what the portal said, and go into the console."""
    if not admin_access.is_from_our_own_page():
        raise FormRefused()
    chosen, now = settings.current(), clock.now()
    answered = f"{chosen.base_url}{openid_sign_in.CALLBACK}?{request.form.get('answered', '')}"
    try:
        with outbound_client(total_timeout=15) as client:
            account, next_page = openid_sign_in.finish(
                chosen, admin_access.remembered_portal(), answered, now, client
            )
    except SignInRefused as refusal:
        return _refused(refusal)
    return _entered(account, sign_in.begin(account, now), next_page)


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
    return _entered(account, secret, _next_page())


def _entered(account, secret: str, next_page: str | None) -> Response:
    """Go into the console, by way of the second factor where it is on."""
    inside = next_page or url_for("admin.index")
    asked = url_for(".code", next=next_page) if account.totp_encrypted is not None else inside
    response = redirect(asked, 303)
    admin_access.remember_session(response, secret)
    return response


@bp.get("/sign-in/code")
def code():
    """Ask for the second factor."""
    return _code_page(admin_access.half_signed_in())


@bp.post("/sign-in/code")
def show_code():
    """Take the second factor, and go into the console."""
    half, now = admin_access.half_signed_in(), clock.now()
    if not second_factor.show(half.session, request.form.get("code", ""), now):
        # A refusal is no reason to forget that somebody tried.
        return _code_page(half, wrong=True)
    sign_in.complete(half.session, now)
    return redirect(_next_page() or url_for("admin.index"), 303)


def _code_page(half, wrong: bool = False) -> str:
    return render_template(
        "sign_in/code.html",
        token=half.token,
        next_page=_next_page(),
        problems={"code": [second_factor.why_not(half.admin.administrator_id, clock.now())]} if wrong else {},
        over=half.session.revoked_at is not None,
    )


def _refused(refusal: SignInRefused) -> Response:
    return Response(render_template("sign_in/refused.html", code=refusal.code), status=refusal.status)


def _next_page() -> str | None:
    """Return the page of the console that was asked for before signing in."""
    wanted = request.values.get("next", "")
    inside = wanted.startswith(admin_access.CONSOLE + "/") and wanted.isprintable()
    return wanted if inside and "\\" not in wanted and "//" not in wanted and len(wanted) <= 500 else None
