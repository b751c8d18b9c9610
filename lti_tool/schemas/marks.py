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

_NOTHING, _LEVELS, _KEPT = "-", "l", "-"
_SHARE = r"[0-9]{1,20}(?:[./][0-9]{1,20})?"
_BEFORE = rf"{_SHARE}|{_LEVELS}[0-{HIGHEST_LEVEL}]{{{len(CRITERIA)}}}|{_NOTHING}"
_AFTER = rf"{_SHARE}|{_LEVELS}(?=.*[0-9])[0-{HIGHEST_LEVEL}{_KEPT}]{{{len(CRITERIA)}}}"
_CHANGE = re.compile(rf"([1-9][0-9]{{0,8}})_({_BEFORE})_({_AFTER})", re.ASCII)


def carried(changes: Iterable[Change]) -> str:
    """Write changes for a form: learner, assessment before and after, as levels ("l4320") or in per cent.

    A level that the file leaves as it was is written "-" after: it stays one of before.
    """
    return " ".join(f"{one.member_id}_{_told(one.before)}_{_told_after(one)}" for one in changes)


def _told_after(change: Change) -> str:
    if change.after.levels is None:
        return _told(change.after)
    return _LEVELS + "".join(str(change.given.get(key, _KEPT)) for key in CRITERIA)


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
    number, told_before, told_after = found.groups()
    try:
        before = None if told_before == _NOTHING else _judgement(_levels_in(told_before), told_before)
        given = _levels_in(told_after)
        kept = (before.levels if before else None) or {}
        after = _judgement({**kept, **given} if given else {}, told_after)
        return Change(int(number), before, after, given)
    except ValueError:  # more than all of it, or a level stays that never was
        raise ValidationError({"marks": ["out-of-range"]}) from None


def _levels_in(told: str) -> dict[str, int]:
    if not told.startswith(_LEVELS):
        return {}
    each = zip(CRITERIA, told.removeprefix(_LEVELS), strict=True)
    return {key: int(level) for key, level in each if level != _KEPT}


def _judgement(levels: dict[str, int], told: str) -> Judgement:
    return Judgement(RUBRIC.share(levels), levels) if levels else Judgement(_share(told))


def _share(percent: str) -> Fraction:
    share = exact(percent) / 100
    if share > 1:
        raise ValueError("more than all of it")
    return share
