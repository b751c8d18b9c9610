"""Marking several contributions at once: what is chosen, and which ones a page shows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError, fields, post_load
from werkzeug.datastructures import MultiDict

from lti_tool.grading.exact import exact
from lti_tool.grading.facts import Kind
from lti_tool.schemas.assessment import UNKNOWN, Mark, Words
from lti_tool.schemas.fields import Form, Moment, Values, row_number
from lti_tool.services.graded import REASON_LIMIT
from lti_tool.services.marking import MOST_AT_ONCE, Choice
from lti_tool.services.to_mark import Asked

_CHOICE = re.compile(r"((?:post|comment):[1-9][0-9]{0,8})=([0-9./]{0,40})", re.ASCII)


class _Chosen(fields.Field):
    """A contribution with the mark beside it, as the page writes them: "post:12=1/2"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Choice:
        found = _CHOICE.fullmatch(str(value))
        try:
            if found is not None:
                return Choice(found[1], exact(found[2]) if found[2] else None)
        except ValueError as problem:
            raise ValidationError("unknown") from problem
        raise ValidationError("unknown")


@dataclass(frozen=True)
class SeveralMarks:
    """One mark for several contributions, None takes theirs back."""

    choices: Sequence[Choice]
    quality: Fraction | None
    reason: str


class SeveralMarksSchema(Form):
    """Marking several contributions. Reads a form as lists of values; problems are codes, by field."""

    pick = Values(_Chosen(), load_default=list)
    shown = Values(_Chosen(), load_default=list)
    all = Values(fields.String(), load_default=list)
    mark = Values(Mark(), required=True, error_messages=UNKNOWN)
    reason = Values(Words(limit=REASON_LIMIT), load_default=lambda: [""])

    @post_load
    def make_marks(self, data: dict[str, Any], **kwargs: Any) -> SeveralMarks:
        """Take what was chosen: each by itself, or everything that was shown."""
        chosen = data["shown"] if any(data["all"]) else data["pick"]
        if not chosen:
            raise ValidationError("no-contribution", "pick")
        if len(chosen) > MOST_AT_ONCE:
            raise ValidationError("too-many", "pick")
        return SeveralMarks(chosen, data["mark"][0], data["reason"][0])


class UndoSchema(Form):
    """Undoing what was marked at a moment."""

    at = Moment(required=True)


@dataclass(frozen=True)
class Acted:
    """What an address says of the act that led there: when it was, and what it left as it was."""

    at: datetime
    undone: bool
    kept: int
    gone: int


def acted_from(values: MultiDict) -> Acted | None:
    """Read what an address says of an act, None when it says nothing."""
    try:
        at = UndoSchema().load({"at": values.get("acted", "")})["at"]
    except ValidationError:
        return None
    return Acted(at, "undone" in values, row_number(values.get("kept")), row_number(values.get("gone")))


def asked_from(values: MultiDict) -> Asked:
    """Read which contributions an address asks for; what is no choice is left aside."""
    members = dict.fromkeys(row_number(value) for value in values.getlist("member"))
    return Asked(
        week=row_number(values.get("week")) or None,
        prompt=row_number(values.get("prompt")) or None,
        kind=next((kind for kind in Kind if kind.value == values.get("kind")), None),
        members=tuple(number for number in members if number),
        before=values.get("before"),
    )


def address_of(asked: Asked) -> dict[str, Any]:
    """Write what is asked for as the values of an address."""
    return {
        "week": asked.week,
        "prompt": asked.prompt,
        "kind": asked.kind.value if asked.kind else None,
        "member": list(asked.members) or None,
        "before": asked.before,
    }
