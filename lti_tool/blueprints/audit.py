"""The audit log of a community: who did what, for those who look after it."""

from dataclasses import replace

from flask import redirect, render_template, request, url_for

from lti_tool import audit_export, audit_words, clock
from lti_tool.access import community_blueprint
from lti_tool.permissions import Act
from lti_tool.schemas.audit import asked_in, filters_of
from lti_tool.services import audit_log, member_list

bp = community_blueprint("audit", __name__)

# People offered to choose from where several are called as somebody typed.
MOST_OFFERED = 10


@bp.get("/audit")
def index(member):
    member.must(Act.READ_AUDIT)
    filters, typed = filters_of(request.args), request.args.get("name", "").strip()
    called = member_list.called(member, typed, MOST_OFFERED, clock.now()) if typed else []
    if len(called) == 1:
        chosen = replace(filters, person=called[0].number)
        return redirect(url_for(".index", **asked_in(chosen)), 303)
    page = audit_log.page_of(member, filters, request.args.get("before"))
    return render_template(
        "audit/index.html",
        page=page,
        told=audit_words.tell(page),
        filters=filters,
        asked=asked_in(filters),
        areas=audit_log.areas_for(member),
        typed=typed,
        called=called,
        before=request.args.get("before"),
    )


@bp.get("/audit.csv")
def as_csv(member):
    pages = audit_log.everything(member, filters_of(request.args))
    return audit_export.as_csv(pages, _name(member), member.community.time_zone)


@bp.get("/audit.json")
def as_json(member):
    pages = audit_log.everything(member, filters_of(request.args))
    return audit_export.as_json(pages, _name(member), member.community.time_zone)


def _name(member) -> str:
    return f"audit-{member.community.id}-{clock.now():%Y-%m-%d}"
