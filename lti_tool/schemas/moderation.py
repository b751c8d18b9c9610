"""What somebody reports, what staff decide about it, and what its author answers."""

from collections.abc import Sequence

from marshmallow import ValidationError, fields, post_load
from marshmallow.validate import OneOf, Range

from lti_tool.schemas.fields import Form, Moment, OptionalText, Text
from lti_tool.services.measures import DAYS, MEASURES, Measure
from lti_tool.services.moderation import DECISIONS, TOLD_WHY, Decision
from lti_tool.services.moderation_settings import HIGHEST_LIMIT, ModerationSettings
from lti_tool.services.reports import OTHER, REASONS, Report

NOTE_LIMIT = 1000
WORDS_LIMIT = 6000
REASON_LIMIT = 2000
ANSWER_LIMIT = 4000


def _choice(choices: Sequence[str]) -> fields.String:
    unknown = dict.fromkeys(("required", "null", "invalid"), "unknown")
    return fields.String(required=True, validate=OneOf(choices, error="unknown"), error_messages=unknown)


def state_field() -> fields.Integer:
    """Return the field that says which state of a case somebody saw."""
    return fields.Integer(
        required=True,
        validate=Range(0, 10**9, error="stale"),
        error_messages=dict.fromkeys(("required", "null", "invalid", "too_large"), "stale"),
    )


class ReportSchema(Form):
    """A report: one of the reasons, and words where none of them says it."""

    reason = _choice(REASONS)
    body = OptionalText(limit=NOTE_LIMIT)

    @post_load
    def make_report(self, data, **kwargs) -> Report:
        if data["reason"] == OTHER and data["body"] is None:
            raise ValidationError("empty", "body")
        return Report(data["reason"], note=data["body"])


class DecisionSchema(Form):
    """A decision, with the state of things that it was taken on."""

    act = _choice(DECISIONS)
    body = OptionalText(limit=REASON_LIMIT)
    version = state_field()
    until = Moment(required=True)

    @post_load
    def make_decision(self, data, **kwargs) -> Decision:
        if data["act"] in TOLD_WHY and data["body"] is None:
            raise ValidationError("empty", "body")
        return Decision(data["act"], data["body"] or "", data["version"], data["until"])


class MeasureSchema(Form):
    """What is decided about a member: always with a reason, to mute them for some days."""

    act = _choice(MEASURES)
    body = Text(limit=REASON_LIMIT)
    days = fields.Integer(
        load_default=None,
        validate=OneOf(DAYS, error="unknown"),
        error_messages=dict.fromkeys(("null", "invalid", "too_large"), "unknown"),
    )

    @post_load
    def make_measure(self, data, **kwargs) -> Measure:
        if data["act"] == "muted" and data["days"] is None:
            raise ValidationError("unknown", "days")
        return Measure(data["act"], data["body"], data["days"])


def _limit() -> fields.Integer:
    within = Range(0, HIGHEST_LIMIT, error="out-of-range")
    told = dict.fromkeys(("required", "null", "invalid", "too_large"), "not-a-number")
    return fields.Integer(required=True, validate=within, error_messages=told)


class ModerationSettingsSchema(Form):
    """What a community sets against too much at once, and the words that its staff watch for."""

    hourly_limit = _limit()
    first_day_limit = _limit()
    watched_words = OptionalText(limit=WORDS_LIMIT)

    @post_load
    def make_settings(self, data, **kwargs) -> ModerationSettings:
        return ModerationSettings(**data)


class AnswerSchema(Form):
    """What the author of a contribution says to it."""

    body = Text(limit=ANSWER_LIMIT)

    @post_load
    def make_answer(self, data, **kwargs) -> str:
        return data["body"]
