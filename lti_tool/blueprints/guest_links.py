"""How invited guests come in: the link of a mail, whose button uses it up, and asking for another link."""

from flask import Blueprint, Response, g, redirect, render_template, request, url_for

from lti_tool import access, clock, settings
from lti_tool.errors import FormRefused, SignInRefused
from lti_tool.services import administrators, guest_entry

bp = Blueprint("guest_links", __name__)


@bp.get("/sign-in/guest")
def index():
    """Say how a guest comes in with one more browser."""
    return _page()


@bp.post("/sign-in/guest")
def ask():
    """Have a link sent. The answer is the same whether or not anybody of this address is invited."""
    if not access.is_from_our_own_page():
        raise FormRefused()
    email = request.form.get("email", "").strip()
    if not administrators.is_address(email):
        return _page(email, {"email": ["not-an-address"]}), 422
    if settings.current().mail_url is not None:
        guest_entry.ask_by_mail(administrators.folded(email), settings.current().base_url, clock.now())
    return render_template("guest_links/asked.html")


def _page(email: str = "", problems: dict | None = None) -> str:
    by_mail = settings.current().mail_url is not None
    return render_template("guest_links/index.html", by_mail=by_mail, email=email, problems=problems or {})


@bp.get("/o/guest/<token>")
def look(token: str):
    """Say who comes in where by this link; only the button uses it up (mail programs open links)."""
    cookies, now = access.session_cookies(), clock.now()
    try:
        return _offer(guest_entry.offer(token, cookies, now))
    except SignInRefused as refusal:
        return _already_here(token, now) or _refused(refusal)


@bp.post("/o/guest/<token>")
def come_in(token: str):
    """Use the link up: this browser is the guest's from now on."""
    if not access.is_from_our_own_page():
        raise FormRefused()
    cookies, now = access.session_cookies(), clock.now()
    try:
        arrived = guest_entry.come_in(token, cookies, now)
    except guest_entry.SomebodyElse as refusal:
        return _offer(guest_entry.offer(token, cookies, now)), refusal.status
    except SignInRefused as refusal:
        return _already_here(token, now) or _refused(refusal)
    response = _into(arrived)
    if arrived.new_secret is not None:
        access.remember_session(response, arrived.new_secret)
    return response


@bp.post("/o/guest/<token>/sign-out")
def sign_other_out(token: str):
    """Sign out whoever else is in that community with this browser, and show the link again."""
    if not access.is_from_our_own_page():
        raise FormRefused()
    try:
        guest_entry.sign_others_out(token, access.session_cookies(), clock.now())
    except SignInRefused as refusal:
        return _refused(refusal)
    return redirect(url_for(".look", token=token), 303)


def _offer(offer: guest_entry.Offer) -> str:
    g.launch_locale, g.zone = offer.locale, offer.zone
    return render_template("guest_links/link.html", offer=offer)


def _already_here(token: str, now) -> Response | None:
    """Go into the community where this very link was used with this very browser: nothing is signed in."""
    try:
        here = guest_entry.seat_here(token, access.session_cookies(), now)
    except SignInRefused:
        return None
    return _into(here) if here is not None else None


def _into(arrived: guest_entry.Arrived) -> Response:
    address = url_for("home.index", community_id=arrived.community_id)
    return redirect(access.for_seat(address, arrived.seat_id), 303)


def _refused(refusal: SignInRefused) -> Response:
    page = render_template("guest_links/refused.html", code=refusal.code)
    return Response(page, status=refusal.status)
