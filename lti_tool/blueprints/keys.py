"""The console's page of our signing keys, for operators."""

from datetime import timedelta

from flask import redirect, render_template, request, url_for

from lti_tool import clock
from lti_tool.admin_access import admin_blueprint
from lti_tool.services import signing

bp = admin_blueprint("keys", __name__, "/admin/keys")

# LMSs may remember the key set for days.
GRACE_DAYS = (1, 7, 14, 30)
USUAL_GRACE = 7


@bp.get("")
def index(admin):
    """Show the key that signs, those in their grace time, and those withdrawn."""
    admin.must_operate()
    return render_template(
        "admin/keys.html", keys=list(reversed(signing.listed())), grace_days=GRACE_DAYS, usual=USUAL_GRACE
    )


@bp.post("/rotation")
def rotate(admin):
    """Have a new key sign."""
    admin.must_operate()
    wanted = request.form.get("grace_days", "")
    days = next((days for days in GRACE_DAYS if str(days) == wanted), USUAL_GRACE)
    signing.rotate(timedelta(days=days), clock.now(), admin.administrator_id)
    return redirect(url_for(".index", done="key-rotated"), 303)
