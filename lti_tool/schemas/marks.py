"""Marks that were looked at, as the form that confirms them carries them."""

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError, fields, post_load

from lti_tool.grading.exact import exact
from lti_tool.schemas.fields import Form
from lti_tool.services.mark_tables import MOST_LINES
from lti_tool.services.rubric_import import Change

_NOTHING = "-"
_NUMBER = r"[0-9]{1,20}(?:[./][0-9]{1,20})?"
_CHANGE = re.compile(rf"([1-9][0-9]{{0,8}})_({_NUMBER}|{_NOTHING})_({_NUMBER})", re.ASCII)


def carried(changes: Iterable[Change]) -> str:
    """Write changes for a form: learner, mark before and mark after, in per cent."""
    return " ".join(f"{one.member_id}_{_percent(one.before)}_{_percent(one.after)}" for one in changes)


def _percent(share: Fraction | None) -> str:
    if share is None:
        return _NOTHING
    percent = share * 100
    millionths = percent * 1_000_000
    if millionths.denominator > 1:
        return str(percent)
    whole, rest = divmod(millionths.numerator, 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


class MarksSchema(Form):
    """What `carried` wrote, read back; anything else is refused as a whole."""

    marks = fields.String(required=True, error_messages={"required": "empty"})

    @post_load
    def make_changes(self, data: dict[str, Any], **kwargs: Any) -> list[Change]:
        told = data["marks"].split()
        if not 0 < len(told) <= MOST_LINES:
            raise ValidationError({"marks": ["empty" if not told else "too-many-lines"]})
        return [_change(text) for text in told]


def _change(text: str) -> Change:
    found = _CHANGE.fullmatch(text)
    if found is None:
        raise ValidationError({"marks": ["unknown"]})
    number, before, after = found.groups()
    try:
        return Change(int(number), None if before == _NOTHING else _share(before), _share(after))
    except ValueError:
        raise ValidationError({"marks": ["out-of-range"]}) from None


def _share(percent: str) -> Fraction:
    share = exact(percent) / 100
    if share > 1:
        raise ValueError("more than all of it")
    return share
