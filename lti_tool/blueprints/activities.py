"""What a link in the course opens: the prompt with its key, or what to do when there is none here yet."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.errors import Unfit
from lti_tool.permissions import Act
from lti_tool.schemas.fields import row_number
from lti_tool.schemas.prompts import PromptDraftSchema
from lti_tool.services import activities

bp = community_blueprint("activities", __name__)


@bp.get("/activities/<key>")
def show(member, key):
    member.must(Act.READ)
    now = clock.now()
    post_id = activities.post_of(
        member.community.id, key, coming_too=member.may(Act.SEE_COMING_PROMPTS), now=now
    )
    if post_id is not None:
        return redirect(url_for("posts.show", post_id=post_id))
    return _page(member, key, {}, {})


@bp.post("/activities/<key>")
def start(member, key):
    member.must(Act.SET_PROMPT)
    try:
        draft = PromptDraftSchema().load(request.form)
        post = activities.start(member, key, draft, clock.now())
    except ValidationError as err:
        return _page(member, key, request.form, err.messages), 422
    except Unfit as err:
        return _page(member, key, request.form, err.problems), 422
    return redirect(url_for("posts.show", post_id=post.id, done="prompt-set"), 303)


@bp.post("/activities/<key>/bring")
def bring(member, key):
    member.must(Act.SET_PROMPT)
    post = activities.bring_over(member, key, row_number(request.form.get("prompt")), clock.now())
    return redirect(url_for("posts.show", post_id=post.id, done="prompt-set"), 303)


def _page(member, key, values, problems):
    now = clock.now()
    return render_template(
        "activities/unknown.html",
        key=key,
        coming=activities.is_coming(member.community.id, key, now),
        sources=activities.sources(member, key, now),
        values=values,
        problems=problems,
    )
