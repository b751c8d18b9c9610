"""What a trainer fills in about one learner: marks, the rubric, excuses, decisions, feedback."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validates_schema
from marshmallow.validate import Length, OneOf, Range

from lti_tool.grading.exact import exact
from lti_tool.grading.rubric import HIGHEST_LEVEL, RUBRIC
from lti_tool.knowledge.cleaning import clean_text
from lti_tool.schemas.fields import Form, Points, Text, Values
from lti_tool.services.decisions import Decision
from lti_tool.services.feedback import LIMIT as FEEDBACK_LIMIT
from lti_tool.services.graded import REASON_LIMIT

EXCUSE, EXPECT = "excuse", "expect"
LEVEL = "level-"
MOST_PERIODS = 1000
# Numbers of members that every database can hold.
LARGEST_NUMBER = 10**9
UNKNOWN = dict.fromkeys(("required", "null", "invalid"), "unknown")


class Words(fields.String):
    """Words that may be missing: cleaned and trimmed like a text that may not."""

    def __init__(self, limit: int) -> None:
        super().__init__(load_default="")
        self.limit = limit

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = clean_text(super()._deserialize(value, attr, data, **kwargs)).strip()
        if len(text) > self.limit:
            raise ValidationError("too-long")
        return text


class Mark(fields.Field):
    """A mark as the page writes it ("1/2"), nothing for none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Fraction | None:
        try:
            return exact(str(value)) if value else None
        except ValueError as problem:
            raise ValidationError("unknown") from problem


@dataclass(frozen=True)
class MarkDraft:
    """A mark on one contribution, None to take it back."""

    subject: str
    quality: Fraction | None
    reason: str


class MarkSchema(Form):
    """Marking a contribution. Problems are codes, by field."""

    subject = fields.String(required=True, validate=Length(max=60, error="unknown"), error_messages=UNKNOWN)
    mark = Mark(required=True, error_messages=UNKNOWN)
    reason = Words(limit=REASON_LIMIT)

    @post_load
    def make_draft(self, data: dict[str, Any], **kwargs: Any) -> MarkDraft:
        return MarkDraft(data["subject"], data["mark"], data["reason"])


class RubricSchema(Form):
    """The rubric: a level for each criterion, or all of it taken back."""

    take_back = fields.String(load_default="")

    @post_load(pass_original=True)
    def make_levels(self, data: dict[str, Any], sent: Any, **kwargs: Any) -> dict[str, int] | None:
        """Return level by criterion, None when the assessment is taken back."""
        if data["take_back"]:
            return None
        levels = {one.key: sent.get(LEVEL + one.key, "") for one in RUBRIC.criteria}
        known = {str(level) for level in range(HIGHEST_LEVEL + 1)}
        wrong = {LEVEL + key: ["level"] for key, level in levels.items() if level not in known}
        if wrong:
            raise ValidationError(wrong)
        return {key: int(level) for key, level in levels.items()}


@dataclass(frozen=True)
class ExcuseDraft:
    """Periods in which nothing is asked (or, by the other act, is asked again), of which members."""

    act: str
    periods: list[int]
    reason: str
    members: list[int]


class ExcuseSchema(Form):
    """Excusing from weeks. Reads a form as lists of values."""

    act = Values(fields.String(validate=OneOf([EXCUSE, EXPECT], error="unknown")), required=True)
    period = Values(
        fields.Integer(validate=Range(1, MOST_PERIODS, error="unknown"), error_messages=UNKNOWN),
        required=True,
        validate=Length(min=1, max=MOST_PERIODS, error="no-week"),
        error_messages={"required": "no-week"},
    )
    reason = Values(Words(limit=REASON_LIMIT), load_default=lambda: [""])

    @validates_schema
    def check_reason(self, data: dict[str, Any], **kwargs: Any) -> None:
        """To excuse somebody needs a reason; to ask again needs none."""
        if data.get("act") == [EXCUSE] and not "".join(data.get("reason", [""])):
            raise ValidationError("empty", "reason")

    @post_load
    def make_draft(self, data: dict[str, Any], **kwargs: Any) -> ExcuseDraft:
        return ExcuseDraft(data["act"][0], data["period"], data["reason"][0], data.get("member", []))


class ExcuseSeveralSchema(ExcuseSchema):
    """The same of several learners at once."""

    member = Values(
        fields.Integer(validate=Range(1, LARGEST_NUMBER, error="unknown"), error_messages=UNKNOWN),
        required=True,
        validate=Length(min=1, error="no-learner"),
        error_messages={"required": "no-learner"},
    )


@dataclass(frozen=True)
class DecisionDraft:
    """A decision about the score of one member in one column; `value` belongs to an override."""

    decision: Decision
    value: Decimal | None
    reason: str


class ScoreDecisionSchema(Form):
    """Deciding about a score. Problems are codes, by field."""

    decision = fields.Enum(Decision, by_value=True, required=True, error_messages=UNKNOWN)
    value = Points(error_messages={"invalid": "not-a-number", "special": "not-a-number"})
    reason = Text(limit=REASON_LIMIT)

    @validates_schema(skip_on_field_errors=False)
    def check_value(self, data: dict[str, Any], **kwargs: Any) -> None:
        """A score that is set by hand needs its number."""
        if data.get("decision") is Decision.OVERRIDE and "value" not in data:
            raise ValidationError("not-a-number", "value")

    @post_load
    def make_draft(self, data: dict[str, Any], **kwargs: Any) -> DecisionDraft:
        return DecisionDraft(data["decision"], data.get("value"), data["reason"])


class FeedbackSchema(Form):
    """Feedback to one learner; nothing written takes back what stood."""

    take_back = fields.String(load_default="")
    body = Words(limit=FEEDBACK_LIMIT)
    to_lms = fields.String(load_default="")

    @pre_load
    def leave_out_what_is_taken_back(self, data: Mapping[str, str], **kwargs: Any) -> dict[str, str]:
        """Whatever stands in the field when feedback is taken back is not wanted any more."""
        return {name: data[name] for name in data if name != "body" or not data.get("take_back")}
