"""Questions about a score: a learner asks beside a line, a trainer answers."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.errors import NotFound, Stale
from lti_tool.participation_page import participation_page
from lti_tool.permalinks import links_to
from lti_tool.permissions import Act
from lti_tool.schemas.fields import row_number
from lti_tool.schemas.questions import AnswerSchema, QuestionSchema
from lti_tool.services import questions
from lti_tool.services.questions import TooManyOpen

bp = community_blueprint("questions", __name__)


@bp.post("/participation/questions")
def ask(member):
    member.must(Act.SEE_OWN_GRADE)
    try:
        subject, body = QuestionSchema().load(request.form)
        question = questions.ask(member, subject, body, clock.now())
    except ValidationError as err:
        return participation_page(member, request.form, err.messages), 422
    except TooManyOpen as err:
        return participation_page(member, request.form, {"body": [err.code]}), 422
    address = url_for("participation.mine", done="question-asked", _anchor=f"question-{question.id}")
    return redirect(address, 303)


@bp.get("/grading/questions")
def index(member):
    return _page(member, after=row_number(request.args.get("after")))


@bp.post("/grading/questions/<id:question_id>/answer")
def answer(member, question_id):
    member.must(Act.MANAGE_GRADES)
    try:
        body = AnswerSchema().load(request.form)
        questions.answer(member, question_id, body, clock.now())
    except ValidationError as err:
        return _page(member, question_id, err.messages), 422
    except Stale as err:
        return _page(member, question_id, {"body": [err.code]}), 409
    return redirect(url_for(".index", done="question-answered", _anchor=f"question-{question_id}"), 303)


def _page(member, question_id=None, problems=None, after=0):
    """Show the questions, those that wait from one on whose answer has to be corrected."""
    if question_id is not None:
        after = question_id - 1
    inbox = questions.open_questions(member, clock.now(), after)
    shown = [*inbox.open, *inbox.answered]
    if question_id is not None and question_id not in {one.id for one in shown}:
        raise NotFound()
    return render_template(
        "grading/questions.html",
        open=inbox.open,
        waiting=inbox.waiting,
        following=inbox.following,
        answered=inbox.answered,
        links=links_to({one.subject: one.place for one in shown if one.place}),
        typed={question_id: request.form.get("body", "")} if question_id else {},
        problems=problems or {},
    )
