"""Replies: write, edit, history, delete."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock, pages
from lti_tool.access import community_blueprint
from lti_tool.errors import Stale
from lti_tool.permissions import Act
from lti_tool.schemas.contributions import CommentDraftSchema, CommentEditSchema
from lti_tool.schemas.fields import row_number
from lti_tool.services import comments, kept_texts

bp = community_blueprint("comments", __name__)


@bp.post("/posts/<id:post_id>/comments")
def write(member, post_id):
    member.must(Act.WRITE_COMMENT)
    try:
        draft = CommentDraftSchema().load(request.form)
    except ValidationError as err:
        return pages.thread(member, post_id, request.form, err.messages), 422
    comment = comments.write(member, post_id, draft, clock.now())
    kept_texts.discard(member, row_number(request.form.get("kept")))
    return _back_to(post_id, "comment-written", comment.id)


def _back_to(post_id, done, comment_id=None):
    anchor = f"comment-{comment_id}" if comment_id else None
    return redirect(url_for("posts.show", post_id=post_id, done=done, _anchor=anchor), 303)


@bp.get("/posts/<id:post_id>/comments/<id:comment_id>/edit")
def edit(member, post_id, comment_id):
    post, comment = comments.to_edit(member, post_id, comment_id, clock.now())
    return _edit_page(post, comment, {"body": comment.body}, {}, comment.edit_count)


@bp.post("/posts/<id:post_id>/comments/<id:comment_id>/edit")
def save(member, post_id, comment_id):
    post, comment = comments.to_edit(member, post_id, comment_id, clock.now())
    try:
        draft = CommentEditSchema().load(request.form)
        comments.edit(member, post_id, comment_id, draft, clock.now())
    except ValidationError as err:
        return _edit_page(post, comment, request.form, err.messages, request.form.get("version", 0)), 422
    except Stale:
        return _edit_page(post, comment, request.form, {"body": ["stale"]}, comment.edit_count), 409
    return _back_to(post_id, "comment-edited", comment_id)


def _edit_page(post, comment, values, problems, version):
    return render_template(
        "comments/edit.html", post=post, comment=comment, values=values, problems=problems, version=version
    )


@bp.get("/posts/<id:post_id>/comments/<id:comment_id>/history")
def history(member, post_id, comment_id):
    post, versions = comments.history(member, post_id, comment_id, clock.now())
    return render_template(
        "posts/history.html", post=post, versions=versions, title=post.title, comment=comment_id
    )


@bp.post("/posts/<id:post_id>/comments/<id:comment_id>/delete")
def delete(member, post_id, comment_id):
    if comments.delete(member, post_id, comment_id, clock.now()):
        return _back_to(post_id, "comment-deleted")
    return redirect(url_for("home.index", done="comment-deleted"), 303)
