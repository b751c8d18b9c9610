"""What only some kinds of contribution have: votes for ideas and in polls, decisions, pins."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock, thread_page
from lti_tool.access import community_blueprint
from lti_tool.errors import Unfit
from lti_tool.permissions import Act
from lti_tool.schemas.fields import row_number
from lti_tool.schemas.kinds import IdeaDecisionSchema
from lti_tool.services import announcements, ideas, kinds, poll_votes, polls, posts

bp = community_blueprint("kinds", __name__)


@bp.post("/posts/<id:post_id>/vote")
def vote(member, post_id):
    try:
        ideas.vote(member, post_id, request.form.get("vote") != "no", clock.now())
    except Unfit as err:
        return thread_page.render(member, post_id, kind_problems=err.problems), 409
    return _answer(member, post_id)


@bp.post("/posts/<id:post_id>/ballot")
def ballot(member, post_id):
    chosen = {row_number(value) for value in request.form.getlist("option")}
    try:
        polls.vote(member, post_id, chosen, clock.now())
    except Unfit as err:
        return thread_page.render(member, post_id, kind_problems=err.problems), 409
    return _answer(member, post_id, "voted")


def _answer(member, post_id, done=None):
    """Return the part of the page that shows the vote to a script, which asks for it; else the thread."""
    if request.headers.get("HX-Request") != "true":
        return redirect(url_for("posts.show", post_id=post_id, done=done), 303)
    card = posts.card(member, post_id, clock.now())
    beside = kinds.beside(member, [card], clock.now())
    return render_template("posts/kinds/_voted.html", post=card, beside=beside)


@bp.get("/posts/<id:post_id>/ballots")
def voters(member, post_id):
    shown = poll_votes.who_chose_what(member, post_id, clock.now())
    return render_template("posts/kinds/voters.html", post=shown.post, poll=shown.poll, chose=shown.chose)


@bp.post("/posts/<id:post_id>/decision")
def decide(member, post_id):
    member.must(Act.DECIDE_IDEA)
    try:
        ideas.decide(member, post_id, IdeaDecisionSchema().load(request.form), clock.now())
    except ValidationError as err:
        return thread_page.render(member, post_id, kind_values=request.form, kind_problems=err.messages), 422
    return redirect(url_for("posts.show", post_id=post_id, done="idea-decided"), 303)


@bp.post("/posts/<id:post_id>/unpin")
def unpin(member, post_id):
    announcements.unpin(member, post_id, clock.now())
    return redirect(url_for("posts.show", post_id=post_id, done="unpinned"), 303)
