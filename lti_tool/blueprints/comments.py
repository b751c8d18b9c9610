"""Replies: write, edit, history, delete."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock, form_drafts, sent_files, thread_page
from lti_tool.access import community_blueprint
from lti_tool.errors import Stale, Unfit
from lti_tool.permalinks import address_of, moved_to
from lti_tool.permissions import Act
from lti_tool.schemas.contributions import CommentDraftSchema, CommentEditSchema
from lti_tool.schemas.fields import row_number
from lti_tool.services import comments

bp = community_blueprint("comments", __name__)


@bp.post("/posts/<id:post_id>/comments")
def write(member, post_id):
    member.must(Act.WRITE_COMMENT)
    form = sent_files.taken_in(member)
    try:
        draft = CommentDraftSchema().load(form)
        comment = comments.write(member, post_id, draft, clock.now())
    except ValidationError as err:
        return thread_page.render(member, post_id, form, err.messages), 422
    except Unfit as err:
        return thread_page.render(member, post_id, form, err.problems), 422
    form_drafts.settle(member)
    return _back_to(member, post_id, comment.id, "comment-written")


def _back_to(member, post_id, comment_id, done, **query):
    return redirect(address_of(member, post_id, comment_id, clock.now(), done=done, **query), 303)


@bp.get("/posts/<id:post_id>/comments/<id:comment_id>")
def show(member, post_id, comment_id):
    """Lead to where a reply stands: its address stays the same, its page does not."""
    member.must(Act.READ)
    now = clock.now()
    moved = moved_to(member, post_id, comment_id, now)
    return redirect(moved or address_of(member, post_id, comment_id, now), 303)


@bp.get("/posts/<id:post_id>/comments/<id:comment_id>/edit")
def edit(member, post_id, comment_id):
    post, comment = comments.to_edit(member, post_id, comment_id, clock.now())
    values = form_drafts.begun(member, f"edit-reply-{post.id}-{comment.id}", {"body": comment.body})
    return _edit_page(post, comment, values, {}, values.get("version", comment.edit_count))


@bp.post("/posts/<id:post_id>/comments/<id:comment_id>/edit")
def save(member, post_id, comment_id):
    post, comment = comments.to_edit(member, post_id, comment_id, clock.now())
    form = sent_files.taken_in(member)
    try:
        draft = CommentEditSchema().load(form)
        comments.edit(member, post_id, comment_id, draft, clock.now())
    except ValidationError as err:
        return _edit_page(post, comment, form, err.messages, form.get("version", 0)), 422
    except Unfit as err:
        return _edit_page(post, comment, form, err.problems, form.get("version", 0)), 422
    except Stale:
        return _edit_page(post, comment, form, {"body": ["stale"]}, comment.edit_count), 409
    form_drafts.settle(member)
    return _back_to(member, post_id, comment_id, "comment-edited")


def _edit_page(post, comment, values, problems, version):
    return render_template(
        "comments/edit.html", post=post, comment=comment, values=values, problems=problems, version=version
    )


@bp.get("/posts/<id:post_id>/comments/<id:comment_id>/history")
def history(member, post_id, comment_id):
    before = row_number(request.args.get("before"))
    post, history = comments.history(member, post_id, comment_id, before, clock.now())
    return render_template("posts/history.html", post=post, history=history, comment=comment_id)


@bp.post("/posts/<id:post_id>/comments/<id:comment_id>/delete")
def delete(member, post_id, comment_id):
    told = {"done": "comment-deleted", "of": f"{post_id}-{comment_id}"}
    if comments.delete(member, post_id, comment_id, clock.now()):
        # To the top of its page, where the notice offers to bring it back.
        return _back_to(member, post_id, comment_id, **told, _anchor=None)
    return redirect(url_for("home.index", **told), 303)


@bp.post("/posts/<id:post_id>/comments/<id:comment_id>/restore")
def restore(member, post_id, comment_id):
    comments.restore(member, post_id, comment_id, clock.now())
    return _back_to(member, post_id, comment_id, "brought-back")
