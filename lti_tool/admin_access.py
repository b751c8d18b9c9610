"""Who may enter the console: the only place that reads its cookie and the tokens of its forms.

Every address below /admin is answered here first. Not signed in: the same 401 for every address, existing or
not. An unsafe request carries the token of the session it acts in, or is refused with the text kept.
"""

from dataclasses import dataclass

from flask import Blueprint, Flask, g, request
from werkzeug.routing import RequestRedirect

from lti_tool import access, clock, settings
from lti_tool.errors import FormRefused, NotFound, SignInNeeded
from lti_tool.models import AdministratorSession
from lti_tool.services import openid_sign_in, sign_in
from lti_tool.services.administrators import ActingAdministrator

CONSOLE = "/admin"
SESSION_COOKIE = "__Host-cv_admin"
# Plain twin of the cookie, on http loopback only, for browsers that refuse Secure cookies there.
LOOPBACK_SESSION_COOKIE = "cv_admin"
PORTAL_COOKIE = "__Host-cv_portal"
LOOPBACK_PORTAL_COOKIE = "cv_portal"


@dataclass(frozen=True)
class ConsoleAdmission:
    """An administrator who was let in, and what a page made for them needs."""

    admin: ActingAdministrator
    session: AdministratorSession
    token: str


def install(app: Flask) -> None:
    """Guard every address below /admin, those that do not exist included."""
    app.before_request(_guard_unknown_addresses)


def admin_blueprint(name: str, import_name: str, url_prefix: str = CONSOLE) -> Blueprint:
    """Make a blueprint whose views are reached only by administrators who are signed in.

    Each view gets `admin: ActingAdministrator`. What belongs to another organisation is not found
    (`admin.must_see`); what concerns the whole installation is for operators (`admin.must_operate`).

    :param url_prefix: below `CONSOLE`.
    """
    assert (url_prefix + "/").startswith(CONSOLE + "/"), url_prefix
    blueprint = Blueprint(name, import_name, url_prefix=url_prefix)

    @blueprint.url_value_preprocessor
    def admit_administrators_only(endpoint, values):
        g.console = _admit()
        if access.is_unsafe():
            sign_in.note_use(g.console.session, clock.now())
        values["admin"] = g.console.admin

    return blueprint


def remember_session(response, secret: str) -> None:
    """Set the console's cookie: first-party, never sent along from another site's form."""
    _set_cookie(response, secret, int(sign_in.SESSION.total_seconds()))


def forget_session(response) -> None:
    """Take the console's cookie back."""
    _set_cookie(response, "", 0)


def remember_portal(response, kept: str) -> None:
    """Keep what the way back from the portal needs; it comes back with a link of the portal's, so Lax."""
    _set_cookie(
        response, kept, int(openid_sign_in.LIFETIME.total_seconds()), PORTAL_COOKIE, LOOPBACK_PORTAL_COOKIE
    )


def remembered_portal() -> str:
    """Return what `remember_portal` kept, empty when there is nothing."""
    names = [PORTAL_COOKIE, *([LOOPBACK_PORTAL_COOKIE] if settings.current().loopback_http else [])]
    return next((request.cookies[name] for name in names if request.cookies.get(name)), "")


def is_from_our_own_page() -> bool:
    """Tell whether a form was sent by a page of ours: nobody is signed in by another site's form.

    Browsers name the origin of every form that is posted; a program that names none is no browser.
    """
    return "Origin" not in request.headers or access.is_from_our_own_page()


def half_signed_in() -> ConsoleAdmission:
    """Return the session of somebody who has yet to show the second factor.

    :raises SignInNeeded: there is none. :raises FormRefused: a form without its token.
    """
    return _admitted(half=True)


def _admit() -> ConsoleAdmission:
    return _admitted(half=False)


def _admitted(half: bool) -> ConsoleAdmission:
    found = sign_in.found(_cookies(), clock.now(), half=half)
    if found is None:
        raise SignInNeeded()
    account = found.account
    admin = ActingAdministrator(
        administrator_id=account.id,
        name=account.name or account.email,
        email=account.email,
        operator=account.operator,
        organisation_ids=found.organisation_ids,
        locale=account.locale,
    )
    secret_key = settings.current().secret_key
    admission = ConsoleAdmission(admin, found.session, sign_in.form_token(secret_key, found.session))
    if access.is_unsafe() and not sign_in.is_form_token(_sent_token(), secret_key, found.session):
        # The page that says so is still made for somebody: in their language.
        g.refused_console = admission
        raise FormRefused()
    return admission


def _guard_unknown_addresses() -> None:
    inside = request.path == CONSOLE or request.path.startswith(CONSOLE + "/")
    if inside and request.routing_exception is not None:
        if sign_in.found(_cookies(), clock.now()) is None:
            raise SignInNeeded()
        if not isinstance(request.routing_exception, RequestRedirect):
            raise NotFound()


def _cookies() -> list[str]:
    names = [SESSION_COOKIE]
    if settings.current().loopback_http:
        names.append(LOOPBACK_SESSION_COOKIE)
    return [request.cookies[name] for name in names if request.cookies.get(name)]


def _set_cookie(
    response,
    value: str,
    seconds: int,
    name: str = SESSION_COOKIE,
    loopback_name: str = LOOPBACK_SESSION_COOKIE,
) -> None:
    response.set_cookie(name, value, max_age=seconds, secure=True, httponly=True, samesite="Lax", path="/")
    if settings.current().loopback_http:
        response.set_cookie(loopback_name, value, max_age=seconds, httponly=True, samesite="Lax")


def _sent_token() -> str:
    return request.headers.get("X-Admin-Token") or request.form.get("admin_token", "")
