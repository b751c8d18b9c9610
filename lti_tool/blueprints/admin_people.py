"""People in the console: who asks to be erased, finding somebody, and carrying it out."""

from flask import redirect, render_template, request, url_for

from lti_tool import clock
from lti_tool.admin_access import admin_blueprint
from lti_tool.errors import StorageUnavailable
from lti_tool.services import erasure_requests
from lti_tool.transactions import transaction

bp = admin_blueprint("admin_people", __name__, "/admin/people")

LONGEST_SEARCH = 200


@bp.get("")
def index(admin):
    sought = " ".join(request.args.get("search", "").split())[:LONGEST_SEARCH]
    return render_template(
        "admin/people.html",
        waiting=erasure_requests.waiting(admin),
        sought=sought,
        found=erasure_requests.found(admin, sought) if sought else [],
    )


@bp.get("/<id:user_id>")
def show(admin, user_id):
    return _page(admin, user_id)


@bp.post("/<id:user_id>/erasure")
def erase(admin, user_id):
    """Erase somebody, when their number was typed as the page asks for."""
    if request.form.get("number", "").strip() != str(user_id):
        return _page(admin, user_id, mistyped=True), 422
    try:
        erasure_requests.carry_out(admin, user_id, clock.now(), transaction)
    except OSError as problem:
        raise StorageUnavailable(problem=problem.strerror) from problem
    return redirect(url_for(".index", done="person-erased"), 303)


def _page(admin, user_id: int, *, mistyped: bool = False) -> str:
    account, written, asked_at = erasure_requests.one(admin, user_id)
    return render_template(
        "admin/person.html", account=account, written=written, asked_at=asked_at, mistyped=mistyped
    )
