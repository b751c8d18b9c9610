"""Marks that were looked at, as the form that confirms them carries them."""

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError, fields, post_load

from lti_tool.grading.exact import exact
from lti_tool.grading.rubric import HIGHEST_LEVEL, RUBRIC
from lti_tool.schemas.fields import Form
from lti_tool.services.mark_tables import MOST_LINES
from lti_tool.services.rubric_import import CRITERIA, Change, Judgement

_NOTHING, _LEVELS = "-", "l"
_JUDGEMENT = rf"[0-9]{{1,20}}(?:[./][0-9]{{1,20}})?|{_LEVELS}[0-{HIGHEST_LEVEL}]{{{len(CRITERIA)}}}"
_CHANGE = re.compile(rf"([1-9][0-9]{{0,8}})_({_JUDGEMENT}|{_NOTHING})_({_JUDGEMENT})", re.ASCII)


def carried(changes: Iterable[Change]) -> str:
    """Write changes for a form: learner, assessment before and after, as levels ("l4320") or in per cent."""
    return " ".join(f"{one.member_id}_{_told(one.before)}_{_told(one.after)}" for one in changes)


def _told(judgement: Judgement | None) -> str:
    if judgement is None:
        return _NOTHING
    if judgement.levels is not None:
        return _LEVELS + "".join(str(judgement.levels[key]) for key in CRITERIA)
    percent = judgement.share * 100
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
        return Change(int(number), None if before == _NOTHING else _judgement(before), _judgement(after))
    except ValueError:
        raise ValidationError({"marks": ["out-of-range"]}) from None


def _judgement(told: str) -> Judgement:
    if told.startswith(_LEVELS):
        levels = {key: int(level) for key, level in zip(CRITERIA, told.removeprefix(_LEVELS), strict=True)}
        return Judgement(RUBRIC.share(levels), levels)
    return Judgement(_share(told))


def _share(percent: str) -> Fraction:
    share = exact(percent) / 100
    if share > 1:
        raise ValueError("more than all of it")
    return share
