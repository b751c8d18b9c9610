"""Posts: compose, write, read, edit, history, delete, preview."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock, pages
from lti_tool.access import community_blueprint
from lti_tool.errors import Stale, Unfit
from lti_tool.knowledge.cleaning import clean_text
from lti_tool.permissions import Act
from lti_tool.schemas.contributions import BODY_LIMIT, PostDraftSchema, PostEditSchema
from lti_tool.schemas.fields import row_number
from lti_tool.services import kept_texts, participation, posts, prompt_views

bp = community_blueprint("posts", __name__)


@bp.get("/posts/new")
def compose(member):
    member.must(Act.WRITE_POST)
    # Mutual help is what the space is for: who chose nothing asks a question.
    kept = kept_texts.one(member, row_number(request.args.get("kept")), clock.now())
    values = {"title": kept.title if kept else "", "body": kept.body if kept else ""}
    values["prompt"] = kept.prompt if kept else request.args.get("prompt")
    # A task is answered by telling; without one, who chose nothing asks a question.
    chosen = "discussion" if values["prompt"] else "question"
    values["kind"] = "discussion" if request.args.get("kind") == "discussion" else chosen
    return _compose_page(member, values, {}, kept_id=kept.id if kept else None)


@bp.post("/posts")
def write(member):
    member.must(Act.WRITE_POST)
    try:
        draft = PostDraftSchema().load(request.form)
        post = posts.write(member, draft, clock.now())
    except ValidationError as err:
        return _compose_page(member, request.form, err.messages), 422
    except Unfit as err:
        return _compose_page(member, request.form, err.problems), 422
    kept_texts.discard(member, row_number(request.form.get("kept")))
    return redirect(url_for(".show", post_id=post.id, done="written"), 303)


def _compose_page(member, values, problems, kept_id=None):
    prompt = prompt_views.to_answer(member, row_number(values.get("prompt")), clock.now())
    if values.get("prompt") and prompt is None:
        problems = problems | {"prompt": ["prompt-not-open"]}
    return render_template(
        "posts/compose.html",
        values=values,
        problems=problems,
        minimum=participation.word_minimums(member),
        kept_id=kept_id,
        prompt=prompt,
    )


@bp.get("/posts/<id:post_id>")
def show(member, post_id):
    return pages.thread(member, post_id)


@bp.get("/posts/<id:post_id>/edit")
def edit(member, post_id):
    post = posts.to_edit(member, post_id, clock.now())
    return _edit_page(post, {"title": post.title, "body": post.body}, {}, post.edit_count)


@bp.post("/posts/<id:post_id>/edit")
def save(member, post_id):
    post = posts.to_edit(member, post_id, clock.now())
    try:
        draft = PostEditSchema().load(request.form)
        posts.edit(member, post_id, draft, clock.now())
    except ValidationError as err:
        return _edit_page(post, request.form, err.messages, request.form.get("version", 0)), 422
    except Stale:
        return _edit_page(post, request.form, {"body": ["stale"]}, post.edit_count), 409
    return redirect(url_for(".show", post_id=post_id, done="edited"), 303)


def _edit_page(post, values, problems, version):
    return render_template("posts/edit.html", post=post, values=values, problems=problems, version=version)


@bp.get("/posts/<id:post_id>/history")
def history(member, post_id):
    post, versions = posts.history(member, post_id, clock.now())
    return render_template("posts/history.html", post=post, versions=versions, title=post.title, comment=None)


@bp.post("/posts/<id:post_id>/delete")
def delete(member, post_id):
    posts.delete(member, post_id, clock.now())
    return redirect(url_for("home.index", done="deleted"), 303)


@bp.post("/preview")
def preview(member):
    member.must(Act.WRITE_COMMENT)
    return render_template("posts/_preview.html", body=clean_text(request.form.get("body", ""))[:BODY_LIMIT])
