"""The page of a thread, which is also the answer to a reply that has to be corrected."""

from flask import render_template, request

from lti_tool import clock, form_drafts
from lti_tool.permissions import Act
from lti_tool.schemas.fields import row_number
from lti_tool.services import charters, feed, kinds, participation, threads
from lti_tool.services.thread_order import View


def render(member, post_id: int, values=None, problems=None, kind_values=None, kind_problems=None) -> str:
    """Render a thread with its reply form, and what was typed there when it has to be corrected.

    :param kind_values: what was typed in a form of its kind; :param kind_problems: what to correct there.
    """
    values = values or _begun(member, post_id)
    shown = threads.thread(member, post_id, clock.now(), _view(values))
    answers_self = shown.post.author.number == member.id  # which counts for nobody's score
    may_comment = (
        member.may(Act.WRITE_COMMENT)
        and not shown.post.coming
        and shown.takes_replies
        and shown.locked is None
    )
    return render_template(
        "posts/show.html",
        thread=shown,
        values=values,
        problems=problems or {},
        minimum=None if answers_self else participation.word_minimums(member).get("answer"),
        may_comment=may_comment,
        charter=charters.to_accept(member) if may_comment else None,
        cursor=feed.cursor_of(member),
        beside=kinds.beside(member, [shown.post], clock.now()),
        kind_values=kind_values or {},
        kind_problems=kind_problems or {},
    )


def _begun(member, post_id: int):
    """Return the reply that this member has begun at the place where they are about to reply."""
    answers = row_number(request.args.get("reply"))
    place = f"reply-{post_id}-{answers}" if answers else f"reply-{post_id}"
    return form_drafts.begun(member, place, {}) if member.may(Act.WRITE_COMMENT) else {}


def _view(typed) -> View:
    """Return what of the thread the address asks for; a form that comes back answers what it answered."""
    asked = request.args
    return View(
        order=asked.get("order"),
        page=row_number(asked.get("page")) or 1,
        under=row_number(asked.get("under")) or None,
        reply=row_number(typed.get("parent") or asked.get("reply")) or None,
        quote="quote" in asked and not typed,
    )
