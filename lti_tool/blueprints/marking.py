"""Going through what has no mark yet: many contributions, of many learners, marked by one act."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.permalinks import links_to
from lti_tool.permissions import Act
from lti_tool.schemas.marking import SeveralMarksSchema, UndoSchema, acted_from, address_of, asked_from
from lti_tool.services import marking, to_mark
from lti_tool.services.graded import InputRefused

bp = community_blueprint("marking", __name__)


@bp.get("/grading/to-mark")
def index(member):
    return _page(member)


@bp.post("/grading/to-mark/learners")
def choose(member):
    """Lead from learners that were selected in the table to what they wrote."""
    member.must(Act.MANAGE_GRADES)
    return redirect(url_for(".index", member=asked_from(request.form).members), 303)


@bp.post("/grading/to-mark")
def mark(member):
    member.must(Act.MANAGE_GRADES)
    now = clock.now()
    try:
        draft = SeveralMarksSchema().load(request.form.to_dict(flat=False))
        done = marking.mark_several(member, draft.choices, draft.quality, draft.reason, now)
    except (ValidationError, InputRefused) as err:
        return _page(member, err.messages), 422
    return _back(acted=now.isoformat(), kept=done.kept or None, gone=done.gone or None)


@bp.post("/grading/to-mark/undo")
def undo(member):
    member.must(Act.MANAGE_GRADES)
    now = clock.now()
    try:
        done = marking.undo(member, UndoSchema().load(request.form)["at"], now)
    except ValidationError:
        return _back()
    return _back(acted=now.isoformat(), undone=1, kept=done.kept or None, gone=done.gone or None)


def _back(**told):
    """Return to the same part of the list, of which the next ones have moved up."""
    return redirect(url_for(".index", **address_of(asked_from(request.args)), **told), 303)


def _page(member, problems=None) -> str:
    found = to_mark.to_mark(member, asked_from(request.args), clock.now())
    acted = acted_from(request.args)
    return render_template(
        "assessment/to_mark.html",
        found=found,
        here=address_of(found.asked),
        links=links_to({one.subject: one.text.place for one in found.contributions}),
        acted=acted,
        marked=None if acted is None else marking.count_marked(member, acted.at),
        values=request.form,
        problems=problems or {},
    )
