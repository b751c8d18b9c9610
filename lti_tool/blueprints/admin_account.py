"""The account of the administrator who asks: name, second factor, sessions."""

import segno
from flask import g, redirect, render_template, request, url_for

from lti_tool import clock
from lti_tool.admin_access import admin_blueprint
from lti_tool.errors import Unfit
from lti_tool.services import administrators, second_factor, sign_in
from lti_tool.transactions import transaction

bp = admin_blueprint("admin_account", __name__, "/admin/account")


@bp.get("")
def index(admin):
    return _page(admin)


@bp.post("")
def save(admin):
    """Take another name."""
    try:
        administrators.rename(admin, request.form.get("name", ""))
    except Unfit as err:
        return _page(admin, err.problems), 422
    return redirect(url_for(".index", done="saved"), 303)


@bp.post("/factor")
def propose(admin):
    """Show the picture for an app; nothing is switched on by it."""
    second_factor.propose(admin)
    return redirect(url_for(".index") + "#factor", 303)


@bp.post("/factor/on")
def switch_on(admin):
    """Switch the second factor on; the page that answers tells the recovery codes, this once."""
    try:
        codes = second_factor.switch_on(admin, request.form.get("code", ""), clock.now())
    except Unfit as err:
        return _page(admin, err.problems), 422
    return render_template("admin/recovery_codes.html", codes=codes)


@bp.post("/factor/off")
def switch_off(admin):
    # A refusal is no reason to forget that somebody tried.
    now = clock.now()
    with transaction():
        off = second_factor.switch_off(admin, g.console.session, request.form.get("code", ""), now)
    if not off:
        return _page(admin, {"code": [second_factor.why_not(admin.administrator_id, now)]}), 422
    return redirect(url_for(".index", done="factor-off"), 303)


@bp.post("/sessions")
def end_others(admin):
    """End every other session of this account, and its links."""
    sign_in.end_everywhere(admin.administrator_id, clock.now(), but=g.console.session.id)
    return redirect(url_for(".index", done="signed-out"), 303)


def _page(admin, problems: dict | None = None) -> str:
    address = second_factor.proposed(admin)
    return render_template(
        "admin/account.html",
        values=request.form,
        problems=problems or {},
        factor_on=second_factor.is_on(admin),
        codes_left=second_factor.recovery_codes_left(admin),
        address=address,
        picture=segno.make(address).svg_data_uri(scale=5, border=4, light="#fff") if address else None,
        secret=address.partition("secret=")[2].partition("&")[0] if address else None,
        sessions=sign_in.open_sessions(admin.administrator_id, clock.now()),
        this_session=g.console.session.id,
    )
