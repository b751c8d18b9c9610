"""The grading pages of staff: switch on, see everybody, send, decide."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.errors import NotFound, Stale
from lti_tool.permissions import Act
from lti_tool.schemas.grading import (
    NEW_COLUMN,
    ColumnDraftSchema,
    ColumnNumberSchema,
    DecisionSchema,
    GroupNumberSchema,
    SendingSchema,
    asked_from,
)
from lti_tool.services import columns, gradebook, passback

bp = community_blueprint("grading", __name__)

NOTICE_OF = {passback.KEEP: "kept-theirs", passback.OVERWRITE: "sending-ours"}


@bp.get("/grading")
def index(member):
    book = gradebook.gradebook(member, asked_from(request.args), clock.now())
    if book is None:
        return _off_page(member)
    return render_template("grading/index.html", **_shown(book))


@bp.get("/grading/progress")
def progress(member):
    book = gradebook.gradebook(member, asked_from(request.args), clock.now())
    if book is None:
        raise NotFound("grading-off")
    return render_template("grading/_rows.html", **_shown(book))


@bp.post("/grading")
def switch_on(member):
    member.must(Act.MANAGE_GRADES)
    try:
        draft = ColumnDraftSchema().load(request.form)
        switched_now = columns.switch_on(member, draft, clock.now())
    except ValidationError as err:
        return _off_page(member, request.form, err.messages), 422
    except Stale:
        return _off_page(member, request.form, {"line_item": ["unknown"]}), 422
    # Somebody was faster: the page shows what they decided, without saying that we did it.
    return redirect(url_for(".index", done="grading-on" if switched_now else None), 303)


@bp.get("/grading/members/<id:member_id>", endpoint="member")
def one_member(member, member_id):
    """Lead addresses of the first release to the page that took their place."""
    member.must(Act.MANAGE_GRADES)
    return redirect(url_for("assessment.learner", member_id=member_id), 301)


@bp.post("/grading/send")
def send(member):
    member.must(Act.MANAGE_GRADES)
    try:
        wanted = SendingSchema().load(request.form.to_dict(flat=False))
        column_id = ColumnNumberSchema().load(request.form)
        group_id = GroupNumberSchema().load(request.form)
    except ValidationError:
        return redirect(url_for(".index"), 303)
    count = passback.ask_to_send(member, wanted, clock.now(), column_id, group_id)
    done = "sending" if count else None
    return redirect(url_for(".index", column=column_id, group=group_id, done=done), 303)


@bp.post("/grading/deliveries/<id:delivery_id>/decision")
def decide(member, delivery_id):
    member.must(Act.MANAGE_GRADES)
    try:
        decision = DecisionSchema().load(request.form)
    except ValidationError:
        raise NotFound("no-such-decision") from None
    passback.decide(member, delivery_id, decision, clock.now())
    return redirect(url_for(".index", done=NOTICE_OF[decision]), 303)


@bp.post("/grading/deliveries/<id:delivery_id>/restore")
def restore(member, delivery_id):
    reason = gettext("What the LMS had before is put back.")
    reason_if_capped = gettext("What the LMS had before was more than the maximum: the maximum is put back.")
    capped = passback.restore(member, delivery_id, reason, clock.now(), reason_if_capped)
    return redirect(url_for(".index", done="restored-capped" if capped else "restored"), 303)


@bp.post("/grading/line-items/<id:line_item_id>/again")
def make_again(member, line_item_id):
    columns.make_again(member, line_item_id, clock.now())
    return redirect(url_for(".index", done="making-again"), 303)


def _shown(book: gradebook.Gradebook) -> dict:
    asked = book.asked
    return {
        "book": book,
        "column": book.column,
        "line_items": book.line_items,
        "rows": book.rows,
        "counts": book.counts,
        "show": book.show,
        "asked": asked,
        "chosen": {
            "column": book.column_id,
            "show": asked.show,
            "sort": asked.sort,
            "order": "down" if asked.descending else "up",
            "search": asked.search or None,
            "group": asked.group_id,
        },
        "closed_periods": book.closed_periods,
        "total_periods": book.total_periods,
        "busy": book.busy,
        "policy": book.policy,
        "zone": book.zone,
    }


def _off_page(member, values=None, problems=None) -> str:
    """Show what switching on means; `values` are what somebody typed, to be corrected."""
    before = columns.beginning(member, clock.now())
    return render_template(
        "grading/off.html",
        values=values or _proposed(before),
        problems=problems or {},
        offers=before.for_whole_score,
        can_create=before.can_create,
        lms_name=before.lms_name,
        zone=before.zone,
        policy=before.policy,
    )


def _proposed(before: columns.Beginning) -> dict[str, str]:
    """Return what the form holds at first: the column of our own activity when the LMS has one."""
    own = before.for_whole_score
    offered = own[0].resource_link_id if own else NEW_COLUMN
    return {
        "name": gettext("Participation"),
        "maximum": str(columns.USUAL_MAXIMUM),
        "line_item": str(offered),
        "starts_on": before.starts_on.isoformat(),
        "weeks": str(before.weeks),
    }
