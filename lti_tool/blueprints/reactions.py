"""Mutual help under a contribution: thanks, "I have met this too", recognition, what solved a question."""

from flask import get_template_attribute, redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.errors import Unfit
from lti_tool.permalinks import address_of
from lti_tool.permissions import Act
from lti_tool.schemas.reactions import EndorsementSchema, ReactionSchema
from lti_tool.services import answers, endorsing, reactions

bp = community_blueprint("reactions", __name__)


@bp.post("/posts/<id:post_id>/reactions")
def to_post(member, post_id):
    return _react(member, post_id, None)


@bp.post("/posts/<id:post_id>/comments/<id:comment_id>/reactions")
def to_comment(member, post_id, comment_id):
    return _react(member, post_id, comment_id)


def _react(member, post_id, comment_id):
    """Give or take back a reaction. A script that shows it already is told how things stand."""
    member.must(Act.REACT)
    now = clock.now()
    try:
        wanted = ReactionSchema().load(request.form)
    except ValidationError as err:
        return _note_page(member, post_id, comment_id, err.messages), 422
    if wanted.on:
        said = reactions.give(member, post_id, comment_id, wanted.kind, wanted.note, now)
        done = wanted.kind if said.brings_points else f"{wanted.kind}-without-points"
    else:
        said = reactions.take_back(member, post_id, comment_id, wanted.kind, now)
        done = f"{wanted.kind}-taken-back"
    if request.accept_mimetypes.best == "application/json":
        words = get_template_attribute("components/notices.html", "notice_text")
        return {"stands": said.stands, "count": said.count, "told": str(words(done))}
    return _back(member, post_id, comment_id, done)


def _note_page(member, post_id, comment_id, problems):
    help_given = endorsing.to_endorse(member, post_id, comment_id, clock.now(), "helped")
    return render_template(
        "posts/thanks.html", help=help_given, values=request.form, problems=problems, action=request.path
    )


@bp.get("/posts/<id:post_id>/recognition")
def recognise_post(member, post_id):
    return _form(member, post_id, None, None, {})


@bp.get("/posts/<id:post_id>/comments/<id:comment_id>/recognition")
def recognise_comment(member, post_id, comment_id):
    return _form(member, post_id, comment_id, None, {})


def _form(member, post_id, comment_id, values, problems):
    help_given = endorsing.to_endorse(member, post_id, comment_id, clock.now())
    return render_template(
        "posts/recognise.html",
        help=help_given,
        values=values if values is not None else {"topic": str(help_given.topic or "")},
        problems=problems,
    )


@bp.post("/posts/<id:post_id>/recognition")
def endorse_post(member, post_id):
    return _endorse(member, post_id, None)


@bp.post("/posts/<id:post_id>/comments/<id:comment_id>/recognition")
def endorse_comment(member, post_id, comment_id):
    return _endorse(member, post_id, comment_id)


def _endorse(member, post_id, comment_id):
    member.must(Act.REACT)
    try:
        wanted = EndorsementSchema().load(request.form)
        endorsing.endorse(member, post_id, comment_id, wanted, clock.now())
    except ValidationError as err:
        return _form(member, post_id, comment_id, request.form, err.messages), 422
    except Unfit as err:
        return _form(member, post_id, comment_id, request.form, err.problems), 422
    return _back(member, post_id, comment_id, "recognised")


@bp.post("/posts/<id:post_id>/recognition/withdraw")
def withdraw_from_post(member, post_id):
    return _withdraw(member, post_id, None)


@bp.post("/posts/<id:post_id>/comments/<id:comment_id>/recognition/withdraw")
def withdraw_from_comment(member, post_id, comment_id):
    return _withdraw(member, post_id, comment_id)


def _withdraw(member, post_id, comment_id):
    reactions.take_back(member, post_id, comment_id, "endorsed", clock.now())
    return _back(member, post_id, comment_id, "recognition-taken-back")


@bp.post("/posts/<id:post_id>/comments/<id:comment_id>/acceptance")
def accept(member, post_id, comment_id):
    """Say that a reply solved the question, or that it did not after all."""
    on = request.form.get("on") != "false"
    act = answers.accept if on else answers.take_back
    act(member, post_id, comment_id, clock.now())
    return _back(member, post_id, comment_id, "accepted" if on else "acceptance-taken-back")


def _back(member, post_id, comment_id, done):
    if comment_id is None:
        return redirect(url_for("posts.show", post_id=post_id, done=done), 303)
    return redirect(address_of(member, post_id, comment_id, clock.now(), done=done), 303)
