"""Posts: compose, write, read, edit, history, delete, preview."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock, first_words, form_drafts, sent_files, thread_page
from lti_tool.access import community_blueprint
from lti_tool.errors import NotFound, Stale, Unfit
from lti_tool.knowledge import mentions
from lti_tool.knowledge.cleaning import clean_text
from lti_tool.permalinks import moved_to
from lti_tool.permissions import Act
from lti_tool.schemas.contributions import BODY_LIMIT
from lti_tool.schemas.fields import row_number
from lti_tool.schemas.kinds import draft_schema, edit_schema
from lti_tool.services import (
    announcements,
    charters,
    drafts,
    filing,
    kept_texts,
    kind_forms,
    kinds,
    member_pages,
    participation,
    posts,
    prompt_views,
    subgroups,
)

bp = community_blueprint("posts", __name__)


@bp.get("/posts/new")
def compose(member):
    member.must(Act.WRITE_POST)
    # Mutual help is what the space is for: who chose nothing asks a question.
    kept = kept_texts.one(member, row_number(request.args.get("kept")), clock.now())
    values = form_drafts.again(kept) if kept else form_drafts.to_go_on_with(member)
    values["kind"] = request.args.get("kind") or values.get("kind")
    asked = row_number(request.args.get("ask"))
    if request.args.get("start") == "hello" and not kept:
        values |= first_words.hello(member)
    elif asked and not kept:
        values["body"] = member_pages.words_to_ask(member, asked, clock.now())
    is_taken = kept or values.get("draft") or values.get("prompt")
    begun = None if is_taken else drafts.lately_begun(member)
    return _compose_page(member, values, {}, kept_id=kept.id if kept else None, begun=begun)


@bp.post("/posts/new")
def compose_as(member):
    """Show the form of another kind, with all that was typed: for whoever is without script."""
    member.must(Act.WRITE_POST)
    form = sent_files.taken_in(member)
    kept = kept_texts.one(member, row_number(form.get("kept")), clock.now())
    values = form_drafts.changed_by(kind_forms.carried_over)
    return _compose_page(member, values, {}, kept_id=kept.id if kept else None)


@bp.post("/posts")
def write(member):
    member.must(Act.WRITE_POST)
    form = sent_files.taken_in(member)
    try:
        draft = draft_schema(form).load(form)
        post = posts.write(member, draft, clock.now())
    except ValidationError as err:
        return _compose_page(member, form, err.messages), 422
    except Unfit as err:
        return _compose_page(member, form, err.problems), 422
    form_drafts.settle(member)
    return redirect(url_for(".show", post_id=post.id, done="written"), 303)


def _compose_page(member, values, problems, kept_id=None, begun=None):
    prompt = prompt_views.to_answer(member, row_number(values.get("prompt")), clock.now())
    if values.get("prompt") and prompt is None:
        problems = problems | {"prompt": ["prompt-not-open"]}
    offered = kinds.offered(member, answering=prompt is not None)
    # A task is answered by telling; without one, who chose nothing asks a question.
    usual = "discussion" if prompt is not None else "question"
    return render_template(
        "posts/compose.html",
        kinds=offered,
        kind=values.get("kind") if values.get("kind") in offered else usual,
        values=values,
        problems=problems,
        minimum=participation.word_minimums(member),
        kept_id=kept_id,
        begun=begun,
        prompt=prompt,
        charter=charters.to_accept(member),
        subgroups=subgroups.to_write_in(member),
        usual_day=announcements.usual_day(member, clock.now()).isoformat(),
        filing=filing.choices(member, clock.now()),
    )


@bp.get("/posts/<id:post_id>")
def show(member, post_id):
    """Show a thread; where staff merged it into another one, lead to where its first text stands."""
    try:
        return thread_page.render(member, post_id)
    except NotFound:
        moved = moved_to(member, post_id, None, clock.now())
        if moved is None:
            raise
        return redirect(moved, 303)


@bp.get("/posts/<id:post_id>/edit")
def edit(member, post_id):
    post = posts.to_edit(member, post_id, clock.now())
    values = {"title": post.title, "body": post.body} | kinds.filled_in(member, post)
    values |= filing.values_of(post)
    values = form_drafts.begun(member, f"edit-{post_id}", values)
    return _edit_page(member, post, values, {}, values.get("version", post.edit_count))


@bp.post("/posts/<id:post_id>/edit")
def save(member, post_id):
    post = posts.to_edit(member, post_id, clock.now())
    form = sent_files.taken_in(member)
    try:
        draft = edit_schema(post.kind.value, form).load(form)
        posts.edit(member, post_id, draft, clock.now())
    except ValidationError as err:
        return _edit_page(member, post, form, err.messages, form.get("version", 0)), 422
    except Unfit as err:
        return _edit_page(member, post, form, err.problems, form.get("version", 0)), 422
    except Stale:
        return _edit_page(member, post, form, {"body": ["stale"]}, post.edit_count), 409
    form_drafts.settle(member)
    return redirect(url_for(".show", post_id=post_id, done="edited"), 303)


def _edit_page(member, post, values, problems, version):
    return render_template(
        "posts/edit.html",
        post=post,
        values=values,
        problems=problems,
        version=version,
        filing=filing.choices(member, clock.now(), post),
    )


@bp.get("/posts/<id:post_id>/history")
def history(member, post_id):
    before = row_number(request.args.get("before"))
    post, history = posts.history(member, post_id, before, clock.now())
    return render_template("posts/history.html", post=post, history=history, comment=None)


@bp.post("/posts/<id:post_id>/delete")
def delete(member, post_id):
    comes_back = posts.delete(member, post_id, clock.now())
    return redirect(url_for("home.index", done="deleted", of=post_id if comes_back else None), 303)


@bp.post("/posts/<id:post_id>/restore")
def restore(member, post_id):
    posts.restore(member, post_id, clock.now())
    return redirect(url_for(".show", post_id=post_id, done="brought-back"), 303)


@bp.post("/preview")
def preview(member):
    member.must(Act.WRITE_COMMENT)
    body, *told = (_as_kept(request.form.get(name, "")) for name in ("body", *kind_forms.EXPERIENCE_PARTS))
    parts = {name: text for name, text in zip(kind_forms.EXPERIENCE_PARTS, told, strict=True) if text.strip()}
    return render_template("posts/_preview.html", body=body, parts=parts)


def _as_kept(text):
    return mentions.stored(clean_text(text))[:BODY_LIMIT]
