"""Prompts: the list, set one, change it, withdraw it."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock, form_drafts
from lti_tool.access import community_blueprint
from lti_tool.errors import Stale, Unfit
from lti_tool.permissions import Act
from lti_tool.schemas.fields import row_number
from lti_tool.schemas.prompts import PromptDraftSchema, PromptEditSchema, WithdrawalSchema
from lti_tool.services import kept_texts, prompt_views, prompts
from lti_tool.services.local_times import local_of

bp = community_blueprint("prompts", __name__)


@bp.get("/prompts")
def index(member):
    return render_template("prompts/index.html", prompts=prompt_views.prompts_of(member, clock.now()))


@bp.get("/prompts/new")
def compose(member):
    member.must(Act.SET_PROMPT)
    kept = kept_texts.one(member, row_number(request.args.get("kept")), clock.now())
    values = form_drafts.again(kept) if kept else form_drafts.begun(member, "prompt-new", {})
    return _form(values, {}, kept_id=kept.id if kept else None)


@bp.post("/prompts")
def write(member):
    member.must(Act.SET_PROMPT)
    try:
        draft = PromptDraftSchema().load(request.form)
        post = prompts.set_prompt(member, draft, clock.now())
    except ValidationError as err:
        return _form(request.form, err.messages), 422
    except Unfit as err:
        return _form(request.form, err.problems), 422
    form_drafts.settle(member)
    return redirect(url_for("posts.show", post_id=post.id, done="prompt-set"), 303)


def _form(values, problems, found=None, version=0, kept_id=None):
    return render_template(
        "prompts/form.html",
        values=values,
        problems=problems,
        found=found,
        version=version,
        kept_id=kept_id,
    )


@bp.get("/prompts/<id:prompt_id>/edit")
def edit(member, prompt_id):
    found = prompts.to_edit(member, prompt_id, clock.now())
    zone = member.community.time_zone
    values = {
        "title": found.post.title,
        "body": found.post.body,
        "opens_at": local_of(found.prompt.opens_at, zone),
        "deadline": local_of(found.prompt.deadline, zone),
    }
    values = form_drafts.begun(member, f"prompt-{prompt_id}", values)
    return _form(values, {}, found, values.get("version", found.post.edit_count))


@bp.post("/prompts/<id:prompt_id>/edit")
def save(member, prompt_id):
    found = prompts.to_edit(member, prompt_id, clock.now())
    try:
        draft = PromptEditSchema().load(request.form)
        post = prompts.edit(member, prompt_id, draft, clock.now())
    except ValidationError as err:
        return _form(request.form, err.messages, found, request.form.get("version", 0)), 422
    except Unfit as err:
        return _form(request.form, err.problems, found, request.form.get("version", 0)), 422
    except Stale:
        return _form(request.form, {"body": ["stale"]}, found, found.post.edit_count), 409
    form_drafts.settle(member)
    return redirect(url_for("posts.show", post_id=post.id, done="prompt-edited"), 303)


@bp.post("/prompts/<id:prompt_id>/withdraw")
def withdraw(member, prompt_id):
    member.must(Act.SET_PROMPT)
    found = prompts.to_edit(member, prompt_id, clock.now())
    try:
        reason = WithdrawalSchema().load(request.form)
    except ValidationError:
        values = {"title": found.post.title, "body": found.post.body, **request.form}
        return _form(values, {"withdrawal": ["too-long"]}, found, found.post.edit_count), 422
    prompts.withdraw(member, prompt_id, reason, clock.now())
    return redirect(url_for(".index", done="prompt-withdrawn"), 303)
