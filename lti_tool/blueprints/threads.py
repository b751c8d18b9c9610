"""Staff move a thread, split it, or merge it into another one: what would come of it first, then why."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.errors import Stale, Unfit
from lti_tool.permalinks import moved_to
from lti_tool.permissions import Act
from lti_tool.schemas.arranging import (
    DestinationSchema,
    MergeSchema,
    MoveSchema,
    SplitSchema,
    TargetSchema,
)
from lti_tool.services import merging, moving, splitting

bp = community_blueprint("threads", __name__)


def _carried_out(do, page):
    """Do what a form asks; else show its page again, with what was typed and why it was not done.

    Whoever comes second reads that somebody decided before them.
    """
    try:
        return do()
    except ValidationError as err:
        return page(request.form, err.messages), 422
    except Unfit as err:
        return page(request.form, err.problems), 422
    except Stale:
        return page(request.form, {"act": ["decided-meanwhile"]}), 409


@bp.get("/posts/<id:post_id>/move")
def move(member, post_id):
    return _move_page(member, post_id, request.args, {})


@bp.post("/posts/<id:post_id>/move")
def do_move(member, post_id):
    member.must(Act.MODERATE)

    def do():
        moving.move(member, post_id, MoveSchema().load(request.form), clock.now())
        return redirect(url_for("posts.show", post_id=post_id, done="thread-moved"), 303)

    return _carried_out(do, lambda values, problems: _move_page(member, post_id, values, problems))


def _move_page(member, post_id, values, problems):
    now = clock.now()
    thread = moving.to_move(member, post_id, now)
    preview = None
    if "subgroup" in values:
        try:
            preview = moving.preview(member, post_id, DestinationSchema().load(values), now)
        except ValidationError as err:
            problems = problems | err.messages
    if preview is not None:
        problems = problems | preview.problems
    return render_template(
        "threads/move.html",
        thread=thread,
        preview=preview,
        values=values,
        problems=problems,
        shown_at=now,
    )


@bp.get("/posts/<id:post_id>/split")
def split(member, post_id):
    return _split_page(member, post_id, {}, {})


@bp.post("/posts/<id:post_id>/split")
def do_split(member, post_id):
    member.must(Act.MODERATE)

    def do():
        made = splitting.split(member, post_id, SplitSchema().load(request.form), clock.now())
        shown = made.id if made is not None else post_id
        return redirect(url_for("posts.show", post_id=shown, done="thread-split"), 303)

    return _carried_out(do, lambda values, problems: _split_page(member, post_id, values, problems))


def _split_page(member, post_id, values, problems):
    now = clock.now()
    chosen = values.getlist("chosen") if values else request.args.getlist("chosen")
    return render_template(
        "threads/split.html",
        thread=splitting.to_split(member, post_id, now),
        kinds=splitting.KINDS,
        values=values,
        chosen=set(chosen),
        problems=problems,
        shown_at=now,
    )


@bp.get("/posts/<id:post_id>/merge")
def merge(member, post_id):
    return _merge_page(member, post_id, request.args, {})


@bp.post("/posts/<id:post_id>/merge")
def do_merge(member, post_id):
    member.must(Act.MODERATE)

    def do():
        merging.merge(member, post_id, MergeSchema().load(request.form), clock.now())
        return redirect(moved_to(member, post_id, None, clock.now(), done="thread-merged"), 303)

    return _carried_out(do, lambda values, problems: _merge_page(member, post_id, values, problems))


def _merge_page(member, post_id, values, problems):
    now = clock.now()
    thread = merging.to_merge(member, post_id, now)
    target = None
    if "into" in values:
        try:
            into = TargetSchema().load(values)["into"]
            target = merging.target(member, post_id, into, now)
        except ValidationError as err:
            problems = problems | err.messages
        except Unfit as err:
            problems = problems | err.problems
    return render_template(
        "threads/merge.html",
        thread=thread,
        target=target,
        values=values,
        problems=problems,
        shown_at=now,
    )
