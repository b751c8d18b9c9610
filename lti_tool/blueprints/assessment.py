"""One learner as the trainer assesses them: read, mark, judge, excuse, decide, write to."""

from datetime import datetime

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.permalinks import links_to
from lti_tool.permissions import Act
from lti_tool.schemas.assessment import (
    EXCUSE,
    ExcuseSchema,
    ExcuseSeveralSchema,
    FeedbackSchema,
    MarkSchema,
    RubricSchema,
    ScoreDecisionSchema,
)
from lti_tool.schemas.fields import row_number
from lti_tool.schemas.marking import SeveralMarksSchema, UndoSchema, acted_from
from lti_tool.services import assessment, assessment_views, decisions, feedback, marking, questions
from lti_tool.services.decisions import Decision
from lti_tool.services.graded import InputRefused

bp = community_blueprint("assessment", __name__)

DECIDE = {
    Decision.RESET: decisions.reset,
    Decision.ZERO: decisions.decide_zero,
    Decision.NO_ZERO: decisions.withdraw_zero,
    Decision.WITHOUT_ASSESSMENT: decisions.waive_assessment,
    Decision.WITH_ASSESSMENT: decisions.require_assessment,
}
NOTICE_OF = {
    Decision.OVERRIDE: "score-set",
    Decision.ZERO: "decided",
    Decision.WITHOUT_ASSESSMENT: "decided",
}


@bp.get("/grading/learners/<id:member_id>")
def learner(member, member_id):
    return _page(member, member_id)


@bp.post("/grading/learners/<id:member_id>/marks")
def mark(member, member_id):
    member.must(Act.MANAGE_GRADES)
    try:
        draft = MarkSchema().load(request.form)
        author = assessment.mark(member, draft.subject, draft.quality, draft.reason, clock.now())
    except (ValidationError, InputRefused) as err:
        return _to_correct(member, member_id, f"mark-{request.form.get('subject', '')}", err)
    done = "mark-taken-back" if draft.quality is None else "marked"
    return _back_to(author, done, draft.subject.replace(":", "-"))


@bp.post("/grading/learners/<id:member_id>/marks/several")
def mark_several(member, member_id):
    member.must(Act.MANAGE_GRADES)
    now = clock.now()
    try:
        draft = SeveralMarksSchema().load(request.form.to_dict(flat=False))
        done = marking.mark_several(member, draft.choices, draft.quality, draft.reason, now)
    except (ValidationError, InputRefused) as err:
        return _to_correct(member, member_id, "several", err)
    return _back_to_marks(member_id, now, kept=done.kept or None, gone=done.gone or None)


@bp.post("/grading/learners/<id:member_id>/marks/undo")
def undo_marks(member, member_id):
    member.must(Act.MANAGE_GRADES)
    now = clock.now()
    try:
        done = marking.undo(member, UndoSchema().load(request.form)["at"], now)
    except ValidationError:
        return redirect(url_for(".learner", member_id=member_id), 303)
    return _back_to_marks(member_id, now, undone=1, kept=done.kept or None, gone=done.gone or None)


@bp.post("/grading/learners/<id:member_id>/rubric")
def assess(member, member_id):
    member.must(Act.MANAGE_GRADES)
    try:
        levels = RubricSchema().load(request.form)
    except ValidationError as err:
        return _to_correct(member, member_id, "rubric", err)
    assessment.assess(member, member_id, levels, clock.now())
    return _back_to(member_id, "assessment-taken-back" if levels is None else "assessed", "rubric")


@bp.post("/grading/learners/<id:member_id>/excuses")
def excuse(member, member_id):
    member.must(Act.MANAGE_GRADES)
    try:
        draft = ExcuseSchema().load(request.form.to_dict(flat=False))
    except ValidationError as err:
        return _to_correct(member, member_id, "excuses", err)
    if draft.act == EXCUSE:
        assessment.excuse(member, [member_id], draft.periods, draft.reason, clock.now())
        return _back_to(member_id, "excused", "excuses")
    assessment.expect(member, [member_id], draft.periods, clock.now())
    return _back_to(member_id, "expected", "excuses")


@bp.post("/grading/learners/<id:member_id>/decisions")
def decide(member, member_id):
    member.must(Act.MANAGE_GRADES)
    column_id, now = row_number(request.form.get("column")), clock.now()
    try:
        draft = ScoreDecisionSchema().load(request.form)
        if draft.decision is Decision.OVERRIDE:
            decisions.override(member, column_id, member_id, draft.value, draft.reason, now)
        else:
            DECIDE[draft.decision](member, column_id, member_id, draft.reason, now)
    except (ValidationError, InputRefused) as err:
        return _to_correct(member, member_id, f"decision-{request.form.get('decision', '')}", err)
    return _back_to(member_id, NOTICE_OF.get(draft.decision, "decision-taken-back"), "decisions")


@bp.post("/grading/learners/<id:member_id>/feedback")
def write_feedback(member, member_id):
    member.must(Act.MANAGE_GRADES)
    column_id = row_number(request.form.get("column"))
    try:
        words = FeedbackSchema().load(request.form)
        told = words["body"], bool(words["to_lms"])
        feedback.write_feedback(member, column_id, member_id, *told, clock.now())
    except (ValidationError, InputRefused) as err:
        return _to_correct(member, member_id, "feedback", err)
    return _back_to(member_id, "feedback-written" if told[0] else "feedback-taken-back", "feedback")


@bp.get("/grading/excuses")
def excuses(member):
    return _excuses_page(member, request.args)


@bp.post("/grading/excuses")
def excuse_several(member):
    member.must(Act.MANAGE_GRADES)
    try:
        draft = ExcuseSeveralSchema().load(request.form.to_dict(flat=False))
    except ValidationError as err:
        return _excuses_page(member, request.form, err.messages), 422
    if draft.act == EXCUSE:
        assessment.excuse(member, draft.members, draft.periods, draft.reason, clock.now())
    else:
        assessment.expect(member, draft.members, draft.periods, clock.now())
    return redirect(url_for(".excuses", done="excused" if draft.act == EXCUSE else "expected"), 303)


def _excuses_page(member, values, problems=None) -> str:
    """Show everybody; `values` choose members (as a link may) and hold what is to be corrected."""
    found = assessment_views.excuses_page(member, clock.now())
    return render_template("assessment/excuses.html", found=found, values=values, problems=problems or {})


def _back_to(member_id: int, done: str, place: str):
    """Return to where something was done: `saved` lets the page say so there, too."""
    return redirect(
        url_for(
            ".learner",
            member_id=member_id,
            column=request.values.get("column"),
            done=done,
            saved=place,
            _anchor=place,
        ),
        303,
    )


def _back_to_marks(member_id: int, acted: datetime, **told):
    """Return to the contributions, where it is said what became of them."""
    return redirect(
        url_for(
            ".learner",
            member_id=member_id,
            column=request.values.get("column"),
            acted=acted.isoformat(),
            **told,
            _anchor="evidence",
        ),
        303,
    )


def _to_correct(member, member_id: int, form: str, err: ValidationError | InputRefused):
    """Show the page again with what was typed into one of its forms."""
    return _page(member, member_id, form, err.messages), 422


def _page(member, member_id: int, form: str = "", problems=None) -> str:
    wanted = request.values.get("column")
    column_id = row_number(wanted) if wanted else None
    found = assessment_views.learner_page(member, member_id, clock.now(), column_id)
    acted = acted_from(request.args)
    return render_template(
        "assessment/learner.html",
        found=found,
        person=found.person,
        asked=questions.of_learner(member, member_id),
        links=links_to({one.line.subject: one.text.place for one in found.contributions if one.text}),
        form=form,
        values=request.form if form else {},
        problems=problems or {},
        saved=request.args.get("saved", ""),
        acted=acted,
        marked=None if acted is None else marking.count_marked(member, acted.at),
    )
