"""Forms that are filled in again: from a draft, from a text that was kept, or to be corrected."""

import re
from collections.abc import Callable
from uuid import uuid4

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from lti_tool.knowledge import typed_fields
from lti_tool.schemas.fields import row_number
from lti_tool.services import drafts, kept_texts
from lti_tool.services.drafts import Place, ToKeep

_PAGE = re.compile(r"[0-9a-zA-Z-]{1,40}", re.ASCII)


def new_place() -> str:
    """Return a place of its own for a contribution that is begun."""
    return f"new-{uuid4().hex}"


def sent(form: MultiDict) -> ToKeep:
    """Return what the form of this request sends to be kept."""
    return ToKeep(
        place=form.get("draft", ""),
        fields=typed_fields.typed(form.items(multi=True)),
        version=row_number(form.get("draft_version")),
        page=_page(),
    )


def _page() -> str | None:
    page = request.form.get("draft_page", "")
    return page if _PAGE.fullmatch(page) else None


def is_asked_by_script() -> bool:
    """Tell whether the page itself asks, to go on where it is, and not somebody who pressed a button."""
    return request.accept_mimetypes.best == "application/json"


def settle(member) -> None:
    """Forget the draft and the kept text that were just published: in the same transaction."""
    version = row_number(request.form.get("draft_version"))
    drafts.published(member, request.form.get("draft", ""), version, _page())
    kept_texts.discard(member, row_number(request.form.get("kept")))


def begun(member, place: str, values: dict) -> MultiDict | dict:
    """Return what the form at a place holds: the draft that was begun there, else these values."""
    draft = drafts.at(member, place)
    return filled_with(draft) if draft is not None else values


def to_go_on_with(member) -> MultiDict | dict:
    """Return what the form of a new contribution holds: a draft, or what the address of the page says.

    The draft is the one that the address names, or the one of the answer to the prompt that it names.
    """
    draft = drafts.one(member, row_number(request.args.get("draft")))
    if draft is not None:
        return filled_with(draft)
    asked = {name: request.args.get(name) for name in ("prompt", "subgroup", "title", "topic")}
    prompt = row_number(asked["prompt"])
    return begun(member, f"answer-{prompt}", asked) if prompt else asked


def again(kept: kept_texts.Kept) -> MultiDict:
    """Return a kept text as the values of its form."""
    return MultiDict(kept.fields)


def changed_by(change: Callable[[dict[str, str]], dict[str, str]]) -> MultiDict:
    """Return what the form of this request holds, after a change of its first values by name."""
    values = MultiDict(request.form)
    for name, text in change(request.form.to_dict()).items():
        if values.get(name) != text:
            values[name] = text
    return values


def filled_with(draft) -> MultiDict:
    """Return a draft as the values of its form, with what the form says of it."""
    about = {"draft": draft.place, "draft_version": draft.version, "draft_at": draft.updated_at}
    return MultiDict({**draft.fields, **{name: [value] for name, value in about.items()}})


def address_of(place: str, draft_id: int | None = None, done: str | None = None) -> str:
    """Return where the form of a place is; the list of drafts for what has none."""
    told = {"done": done} if done else {}
    match Place.read(place):
        case Place("new"):
            return url_for("posts.compose", draft=draft_id, **told)
        case Place("answer", prompt):
            return url_for("posts.compose", prompt=prompt, draft=draft_id, **told)
        case Place("reply", post, comment):
            anchor = "reply" if comment is None else f"comment-{comment}"
            return url_for("posts.show", post_id=post, **told, _anchor=anchor)
        case Place("edit", post):
            return url_for("posts.edit", post_id=post, **told)
        case Place("edit-reply", post, comment):
            return url_for("comments.edit", post_id=post, comment_id=comment, **told)
        case Place("prompt", None):
            return url_for("prompts.compose", **told)
        case Place("prompt", prompt):
            return url_for("prompts.edit", prompt_id=prompt, **told)
    return url_for("drafts.index", **told)
