"""Who else administers: for operators."""

from flask import redirect, render_template, request, url_for

from lti_tool import clock, settings
from lti_tool.admin_access import admin_blueprint
from lti_tool.errors import Unfit
from lti_tool.services import administrators, sign_in

bp = admin_blueprint("admin_administrators", __name__, "/admin/administrators")


@bp.get("")
def index(admin):
    admin.must_operate()
    return _page(admin)


@bp.post("")
def add(admin):
    """Let somebody in; the page that answers shows their link, this once."""
    admin.must_operate()
    email, operator = request.form.get("email", "").strip(), "operator" in request.form
    organisation = " ".join(request.form.get("organisation", "").split())[:200] or None
    if not administrators.is_address(email):
        return _page(admin, {"email": ["not-an-address"]}), 422
    base_url, now = settings.current().base_url, clock.now()
    try:
        account = administrators.add(
            email, None if operator else organisation, operator, base_url, now, by=admin.administrator_id
        )
    except Unfit as refusal:
        return _page(admin, refusal.problems), 422
    link = sign_in.link_for(account.id, base_url, now, sign_in.LINK_FROM_COMMAND_LINE)
    return _page(admin, link=link, link_for=account.email)


@bp.post("/<id:administrator_id>/disable")
def disable(admin, administrator_id):
    admin.must_operate()
    administrators.disable_one(admin, administrator_id, clock.now())
    return redirect(url_for(".index", done="saved"), 303)


@bp.post("/<id:administrator_id>/organisations/<id:organisation_id>/withdraw")
def withdraw(admin, administrator_id, organisation_id):
    """Take one organisation away from somebody."""
    administrators.withdraw_one(admin, administrator_id, organisation_id, clock.now())
    return redirect(url_for(".index", done="saved"), 303)


def _page(admin, problems: dict | None = None, link: str | None = None, link_for: str | None = None) -> str:
    return render_template(
        "admin/administrators.html",
        accounts=administrators.listed(),
        organisations=administrators.organisations_of(admin),
        values={} if link else request.form,
        problems=problems or {},
        link=link,
        link_for=link_for,
    )
