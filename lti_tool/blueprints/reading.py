"""What a member keeps for themselves: read, followed, muted, bookmarked. Nobody else learns of it."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.schemas.filing import ReadSchema
from lti_tool.services import following, kinds
from lti_tool.way_on import back_to

bp = community_blueprint("reading", __name__)


@bp.post("/posts/<id:post_id>/read")
def read(member, post_id):
    try:
        shown = ReadSchema().load(request.form)
    except ValidationError:
        return "", 422
    following.read_until(member, post_id, shown["until"], clock.now())
    return "", 204


@bp.post("/read")
def read_all(member):
    try:
        shown = ReadSchema().load(request.form)
    except ValidationError:
        return "", 422
    following.read_all(member, shown["until"], clock.now())
    return redirect(back_to(url_for("discussions.index"), done="all-read"), 303)


@bp.post("/posts/<id:post_id>/attention")
def attention(member, post_id):
    choice = request.form.get("attention", "")
    following.choose_for_thread(member, post_id, choice, clock.now())
    return _done(url_for("posts.show", post_id=post_id), f"thread-{choice}")


@bp.post("/posts/<id:post_id>/bookmark")
def bookmark(member, post_id):
    wanted = request.form.get("bookmark") == "on"
    following.bookmark(member, post_id, wanted, clock.now())
    return _done(url_for("posts.show", post_id=post_id), "bookmarked" if wanted else "bookmark-gone")


@bp.post("/topics/<id:topic_id>/attention")
def topic_attention(member, topic_id):
    choice = request.form.get("attention", "")
    following.choose_for_topic(member, topic_id, choice)
    return _done(url_for("topics.index"), f"topic-{choice}")


@bp.get("/bookmarks")
def bookmarks(member):
    now, before = clock.now(), request.args.get("before")
    page = following.bookmarks(member, before, now)
    beside = kinds.beside(member, page.posts, now)
    return render_template("reading/bookmarks.html", page=page, beside=beside, before=before)


def _done(otherwise: str, done: str):
    """Answer a script that shows by itself what it did, else go back to the page of the form."""
    if request.accept_mimetypes.best == "application/json":
        return "", 204
    return redirect(back_to(otherwise, done=done), 303)
