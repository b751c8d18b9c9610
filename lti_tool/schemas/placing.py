"""What staff choose when the LMS asks what to place in a course."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load

from lti_tool.schemas.contributions import BODY_LIMIT, TITLE_LIMIT
from lti_tool.schemas.fields import Form, Points, Text
from lti_tool.schemas.grading import LARGEST_MAXIMUM
from lti_tool.schemas.prompts import LocalTime
from lti_tool.services.placing import Chosen
from lti_tool.services.prompts import PromptDraft

SPACE, NEW, PROMPT = "space", "new", "prompt"
_PROMPT = re.compile(r"prompt-([1-9][0-9]{0,8})", re.ASCII)
LINK_TITLE_LIMIT = 200


@dataclass(frozen=True)
class _Details:
    title: str
    maximum: Decimal | None


class _DetailsSchema(Form):
    """Title of the link and the column that goes along with it."""

    title = Text(limit=LINK_TITLE_LIMIT, one_line=True)
    column = fields.String(load_default="")
    maximum = fields.String(load_default="")

    @post_load
    def make_details(self, data: dict[str, Any], **kwargs: Any) -> _Details:
        return _Details(data["title"], _maximum(data["maximum"]) if data["column"] else None)


class _NewPromptSchema(Form):
    """A prompt that is written right here; it opens at once."""

    title = Text(limit=TITLE_LIMIT, one_line=True)
    body = Text(limit=BODY_LIMIT)
    deadline = LocalTime(load_default=None)

    @post_load
    def make_draft(self, data: dict[str, Any], **kwargs: Any) -> PromptDraft:
        return PromptDraft(data["title"], data["body"], None, data["deadline"])


def chosen_in(form: Mapping[str, str], what: Sequence[str], several: bool) -> list[Chosen]:
    """Read what was chosen; the fields of a choice are named after it: `title-prompt-12`, `maximum-space`.

    :param what: the choices: "space", "new", "prompt-12".
    :raises ValidationError: problems by field name.
    """
    wanted = list(dict.fromkeys(what))
    # Placing only the rest would throw the written text away.
    if NEW not in wanted and any(form.get(f"{field}-{NEW}", "").strip() for field in ("title", "body")):
        raise ValidationError({"what": ["prompt-not-chosen"]})
    if not wanted:
        raise ValidationError({"what": ["no-content"]})
    if len(wanted) > 1 and not several:
        raise ValidationError({"what": ["one-content"]})
    chosen: list[Chosen] = []
    problems: dict[str, list[str]] = {}
    for one in wanted:
        try:
            chosen.append(_chosen(form, one))
        except ValidationError as err:
            problems |= err.normalized_messages()
    if problems:
        raise ValidationError(problems)
    return chosen


def _chosen(form: Mapping[str, str], one: str) -> Chosen:
    named = {
        name: form.get(f"{name}-{one}", "") for name in ("title", "column", "maximum", "body", "deadline")
    }
    number = _PROMPT.fullmatch(one)
    if number is None and one not in (SPACE, NEW):
        raise ValidationError({"what": ["unknown"]})
    problems, details, draft = {}, None, None
    try:
        details = _DetailsSchema().load(named)
    except ValidationError as err:
        problems |= err.normalized_messages()
    if one == NEW:
        try:
            draft = _NewPromptSchema().load(named)
        except ValidationError as err:
            problems |= err.normalized_messages()
    if problems:
        raise ValidationError({f"{field}-{one}": codes for field, codes in problems.items()})
    return Chosen(details.title, int(number[1]) if number else None, draft, details.maximum)


def _maximum(typed: str) -> Decimal:
    """A column without points is never used; more than two decimals cannot be stored."""
    try:
        value = Points().deserialize(typed)
    except ValidationError:
        raise ValidationError({"maximum": ["not-a-number"]}) from None
    if not 0 < value <= LARGEST_MAXIMUM or value != round(value, 2):
        raise ValidationError({"maximum": ["out-of-range"]})
    return value
