"""The form of the rules: every number as people write it, in and out."""

import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validates, validates_schema
from marshmallow.validate import Range

from lti_tool.grading.catalogue import (
    Group,
    Setting,
    plays_a_part,
    settings_for,
    value_of,
    with_values,
    written,
)
from lti_tool.grading.exact import exact
from lti_tool.grading.policy import Part, Policy, PolicyInvalid
from lti_tool.grading.rules import Milestone
from lti_tool.schemas.fields import Form, Text
from lti_tool.schemas.grading import FIRST_YEAR, LAST_YEAR, MOST_WEEKS
from lti_tool.services.policies import SHOWN_KINDS, PolicyDraft, base_of

REASON_LIMIT = 1000
# Lines of a checklist that the form offers: those that are there and some more, up to a limit.
FREE_LINES, FEWEST_LINES, MOST_LINES = 2, 4, 20
MOST_MARKS = 10

SETTINGS = settings_for(SHOWN_KINDS)
_NUMBER = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,9}|/[0-9]{1,9})?", re.ASCII)
_LINE = re.compile(r"milestones\.([1-9][0-9]?)\.(kind|count|points|by_period)", re.ASCII)


def number_of(text: str) -> Fraction:
    """Read a number as people of both languages write it: "20", "1.25", "1,25", "1/3".

    :raises ValidationError: it is none.
    """
    typed = text.strip()
    if not _NUMBER.fullmatch(typed):
        raise ValidationError("not-a-number")
    try:
        return exact(typed.replace(",", "."))
    except ValueError:
        raise ValidationError("not-a-number") from None


class _Value(fields.Field):
    """One number of the rules within its range; None where it may be and was left empty."""

    def __init__(self, setting: Setting) -> None:
        required = dict.fromkeys(("required", "null"), "not-a-number")
        super().__init__(required=not setting.optional, data_key=setting.name, error_messages=required)
        self.setting = setting

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Fraction | int | None:
        if self.setting.optional and not str(value).strip():
            return None
        return _within(number_of(str(value)), self.setting)


def _within(number: Fraction, setting: Setting) -> Fraction | int:
    if setting.whole and number.denominator != 1:
        raise ValidationError("not-whole")
    if not setting.lowest <= number <= setting.highest:
        raise ValidationError("out-of-range")
    return int(number) if setting.whole else number


class _Marks(fields.Field):
    """Marks that a trainer may give, one beside the other."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Fraction]:
        marks = [number_of(text) for text in re.split(r"[;\s]+", str(value).strip(" ;\t"))]
        if len(marks) > MOST_MARKS or len(set(marks)) < len(marks) or 1 not in marks:
            raise ValidationError("marks")
        if max(marks) > 2:
            raise ValidationError("out-of-range")
        return sorted(marks)


_OF_LINES = {
    "count": Setting("count", Group.CHECKLIST, Fraction(1), Fraction(1000), whole=True),
    "points": Setting("points", Group.CHECKLIST, Fraction(1, 100), Fraction(1000)),
    "by_period": Setting("by_period", Group.CHECKLIST, Fraction(1), Fraction(MOST_WEEKS), whole=True),
}

# What only the rules as a whole can be wrong about.
_CODES = {"weights": "nothing-weighs", "milestones": "no-line"}


def _coded(code: str) -> dict[str, str]:
    return dict.fromkeys(("required", "null", "invalid", "too_large"), code)


# Numbers have names with points in them: a member of the class cannot be called so, a key can.
_Numbers = Form.from_dict({setting.name.replace(".", "_"): _Value(setting) for setting in SETTINGS})


class PolicySchema(_Numbers):
    """Rules that a trainer considers, on the base of those in force. Problems are codes, by field."""

    preset = fields.String(required=True, error_messages=_coded("unknown"))
    graded = fields.String(load_default="")
    marks = _Marks(required=True, error_messages=_coded("not-a-number"))
    lines = fields.Raw()
    starts_on = fields.Date(required=True, error_messages=_coded("not-a-date"))
    weeks = fields.Integer(
        required=True,
        validate=Range(1, MOST_WEEKS, error="out-of-range"),
        error_messages=_coded("not-a-number"),
    )

    def __init__(self, in_force: Policy) -> None:
        """:param in_force: the rules whose settings stay as they are where the form has none."""
        super().__init__()
        self.in_force = in_force

    @pre_load
    def gather_lines(self, data: Mapping[str, str], **kwargs: Any) -> dict[str, Any]:
        """Put the fields of the checklist together, by the number of their line."""
        return {**{name: data[name] for name in data}, "lines": typed_lines(data)}

    @validates("preset")
    def check_preset(self, value: str, data_key: str) -> None:
        """One of those that there are."""
        if base_of(value, self.in_force) is None:
            raise ValidationError("unknown")

    @validates("starts_on")
    def check_first_day(self, value: date, data_key: str) -> None:
        """A year that a calendar can hold."""
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise ValidationError("out-of-range")

    @validates_schema(skip_on_field_errors=False)
    def check_lines(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Every line of the checklist, each problem at its own field."""
        problems: dict[str, list[str]] = {}
        for number, line in data.get("lines", {}).items():
            problems |= _problems_of(number, line, data.get("weeks", MOST_WEEKS), self.in_force)
        if problems:
            raise ValidationError(problems)

    @post_load
    def make_draft(self, data: dict[str, Any], **kwargs: Any) -> PolicyDraft:
        values = {setting.name: data.get(setting.name.replace(".", "_")) for setting in SETTINGS}
        values |= {
            "preset": data["preset"],
            "graded": bool(data["graded"]),
            "marks": data["marks"],
            "milestones": [_milestone(line) for line in data["lines"].values()],
        }
        try:
            policy = with_values(base_of(data["preset"], self.in_force), values)
            return PolicyDraft(policy, data["starts_on"], data["weeks"])
        except PolicyInvalid as problem:
            raise ValidationError({problem.field: [_CODES.get(problem.field, "out-of-range")]}) from problem


def typed_lines(data: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """Return the lines of the checklist in which something was typed, by number; a kind alone is nothing."""
    lines: dict[int, dict[str, str]] = {}
    for name in data:
        found = _LINE.fullmatch(name)
        if found and int(found[1]) <= MOST_LINES:
            lines.setdefault(int(found[1]), {})[found[2]] = str(data[name]).strip()
    return {number: lines[number] for number in sorted(lines) if any(map(lines[number].get, _OF_LINES))}


def _problems_of(number: int, line: dict[str, str], weeks: int, in_force: Policy) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    kinds = {*SHOWN_KINDS, *(milestone.kind for milestone in in_force.milestones)}
    if line.get("kind") not in kinds:
        problems[f"milestones.{number}.kind"] = ["unknown"]
    for name in _OF_LINES:
        try:
            value = _value_in(line, name)
        except ValidationError as problem:
            problems[f"milestones.{number}.{name}"] = problem.messages
        else:
            if name == "by_period" and value is not None and value > weeks:
                problems[f"milestones.{number}.{name}"] = ["after-last-week"]
    return problems


def _value_in(line: dict[str, str], name: str) -> Fraction | int | None:
    """Read one number of a line: a line is worth 1 unless told otherwise, and lasts until the end."""
    text = line.get(name) or {"points": "1", "by_period": ""}.get(name, "")
    if name == "by_period" and not text:
        return None
    return _within(number_of(text), _OF_LINES[name])


def _milestone(line: dict[str, str]) -> dict[str, Any]:
    return {"kind": line["kind"], **{name: _value_in(line, name) for name in _OF_LINES}}


class AdoptionSchema(Form):
    """Why other rules come into force, and what the trainer saw when deciding it."""

    reason = Text(limit=REASON_LIMIT)
    seen_version = fields.Integer(required=True, error_messages=_coded("preview-again"))
    previewed = fields.String(required=True, error_messages=_coded("preview-again"))

    def __init__(self, draft: PolicyDraft) -> None:
        """:param draft: what would be adopted; it must be what was previewed."""
        super().__init__()
        self.draft = draft

    @validates("previewed")
    def check_preview(self, value: str, data_key: str) -> None:
        """Nothing comes into force that nobody looked at."""
        if value != self.draft.fingerprint:
            raise ValidationError("preview-again")


def as_form(draft: PolicyDraft) -> dict[str, str]:
    """Return what the form holds for a draft: numbers written exactly, with a point."""
    policy = draft.policy
    values = {
        "preset": policy.preset,
        "graded": "1" if policy.graded else "",
        "marks": "; ".join(written(mark) for mark in policy.marks),
        "starts_on": draft.starts_on.isoformat(),
        "weeks": str(draft.weeks),
    }
    for setting in SETTINGS:
        value = value_of(policy, setting.name)
        values[setting.name] = "" if value is None else written(value)
    for number, milestone in enumerate(policy.milestones, 1):
        values |= {f"milestones.{number}.{name}": text for name, text in _as_line(milestone).items()}
    return values


def _as_line(milestone: Milestone) -> dict[str, str]:
    by_period = milestone.by_period
    return {
        "kind": milestone.kind.value,
        "count": str(milestone.count),
        "points": written(milestone.points),
        "by_period": "" if by_period is None else str(by_period),
    }


def in_play(values: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the settings that play a part under the weights that the form holds."""
    weighed = [part for part in Part if _weighs(values.get(f"weights.{part}", ""))]
    return frozenset(setting.name for setting in SETTINGS if plays_a_part(setting.name, weighed))


def _weighs(typed: str) -> bool:
    """Tell whether a weight is above zero; what cannot be read may be meant to be."""
    try:
        return number_of(typed) > 0
    except ValidationError:
        return bool(typed.strip())


def by_points(values: Mapping[str, str]) -> bool:
    """Tell whether points make a part of the score that the form describes, or are shown for themselves."""
    return "goal_per_period" in in_play(values)


def lines_offered(values: Mapping[str, str]) -> range:
    """Return the numbers of the lines of the checklist that the form shows for these values."""
    last = max(typed_lines(values), default=0)
    return range(1, min(MOST_LINES, max(FEWEST_LINES, last + FREE_LINES)) + 1)
