"""The audit log of the console: who decided what about LMSs, their connection and the installation."""

from flask import render_template, request

from lti_tool import audit_export, audit_words, clock
from lti_tool.admin_access import admin_blueprint
from lti_tool.schemas.audit import asked_in, console_filters_of
from lti_tool.services import audit_console

bp = admin_blueprint("admin_audit", __name__)


@bp.get("/audit")
def index(admin):
    filters = console_filters_of(request.args)
    page = audit_console.page_of(admin, filters, request.args.get("before"))
    return render_template(
        "admin/audit.html",
        page=page,
        told=audit_words.tell(page, in_console=True),
        filters=filters,
        asked=asked_in(filters),
        areas=audit_console.AREAS,
        organisations=audit_console.organisations(admin),
        before=request.args.get("before"),
    )


@bp.get("/audit.csv")
def as_csv(admin):
    pages = audit_console.everything(admin, console_filters_of(request.args))
    return audit_export.as_csv(pages, _name(), audit_console.ZONE, in_console=True)


@bp.get("/audit.json")
def as_json(admin):
    pages = audit_console.everything(admin, console_filters_of(request.args))
    return audit_export.as_json(pages, _name(), audit_console.ZONE, in_console=True)


def _name() -> str:
    return f"audit-{clock.now():%Y-%m-%d}"
