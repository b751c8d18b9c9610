"""The console's launch log: who was let in or refused, why, and what to do about it."""

import json

from flask import redirect, render_template, request, url_for

from lti_tool.admin_access import admin_blueprint
from lti_tool.schemas.fields import row_number
from lti_tool.services import administered, launch_log, launch_records
from lti_tool.services.launch_records import OUTCOMES, Filters

bp = admin_blueprint("launch_log", __name__)


@bp.get("/launches")
def index(admin):
    """Show the launches of everything that is theirs, newest first."""
    reference = request.args.get("reference", "").strip()
    if reference and (spelt := launch_records.spelt(admin, reference)):
        return redirect(url_for(".show", reference=spelt), 303)
    filters = Filters(
        platform_id=row_number(request.args.get("platform")) or None,
        outcome=request.args.get("outcome") if request.args.get("outcome") in OUTCOMES else None,
        code=request.args.get("code", "")[:60] or None,
    )
    return render_template(
        "admin/launches/index.html",
        page=launch_records.page_of(admin, filters, row_number(request.args.get("before")) or None),
        filters=filters,
        platforms=administered.platforms(admin),
        reference=reference,
        kept_days=_kept_days(),
    )


@bp.get("/platforms/<id:platform_id>/launches")
def of_platform(admin, platform_id):
    """Show the launches of one platform."""
    administered.platform(admin, platform_id)
    return redirect(url_for(".index", platform=platform_id), 303)


@bp.get("/launches/<reference>")
def show(admin, reference):
    """Show one launch with everything that is kept of it."""
    entry = launch_records.entry(admin, reference)
    claims = entry.record.claims
    written = json.dumps(claims, indent=2, ensure_ascii=False) if claims is not None else None
    return render_template("admin/launches/show.html", entry=entry, claims=written, kept_days=_kept_days())


def _kept_days() -> dict[str, int]:
    return {outcome: kept.days for outcome, kept in launch_log.KEPT_FOR.items()}
