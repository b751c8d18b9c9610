"""What staff fill in about their space: its settings and its charter."""

from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, post_load, pre_load
from marshmallow.validate import OneOf, Range

from lti_tool.schemas.contributions import BODY_LIMIT
from lti_tool.schemas.fields import Form, OptionalText, Text
from lti_tool.services.charters import CharterText, other_language
from lti_tool.services.preferences import LANGUAGES
from lti_tool.services.space_settings import LONGEST_TARGET, SpaceSettings

NAME_LIMIT = 120
LARGEST_LIMIT = 1_000_000  # megabytes
_NO_NUMBER = dict.fromkeys(("required", "null", "invalid", "too_large"), "not-a-number")


def _limit() -> fields.Integer:
    within = Range(1, LARGEST_LIMIT, error="out-of-range")
    return fields.Integer(load_default=None, allow_none=True, validate=within, error_messages=_NO_NUMBER)


class SpaceSettingsSchema(Form):
    """The settings of a space; an empty limit is that of the installation."""

    name = Text(limit=NAME_LIMIT, one_line=True)
    answer_target_hours = fields.Integer(
        required=True, validate=Range(1, LONGEST_TARGET, error="out-of-range"), error_messages=_NO_NUMBER
    )
    file_limit = _limit()
    storage_limit = _limit()
    mails_off = fields.Boolean(load_default=False, error_messages={"invalid": "unknown"})
    time_zone = fields.String(load_default=None, error_messages=dict.fromkeys(("null", "invalid"), "unknown"))

    @pre_load
    def empty_is_none(self, data, **kwargs) -> dict:
        named = {name: data.get(name) for name in self.fields if name in data}
        limits = {name: named.get(name) or None for name in ("file_limit", "storage_limit")}
        return named | limits

    @post_load
    def make_settings(self, data, **kwargs) -> SpaceSettings:
        if data["time_zone"] is not None and data["time_zone"] not in available_timezones():
            raise ValidationError("unknown", "time_zone")
        return SpaceSettings(**data)


class CharterSchema(Form):
    """A charter and, when wanted, its translation; `number` is that of the one the form was made from."""

    body = Text(limit=BODY_LIMIT)
    language = fields.String(
        required=True,
        validate=OneOf(LANGUAGES, error="unknown"),
        error_messages=dict.fromkeys(("required", "null", "invalid"), "unknown"),
    )
    translation = OptionalText(limit=BODY_LIMIT)
    opens_to_sponsors = fields.Boolean(
        load_default=False, falsy={*fields.Boolean.falsy, ""}, error_messages={"invalid": "unknown"}
    )
    number = fields.Integer(
        required=True,
        validate=Range(0, 10**9, error="stale"),
        error_messages=dict.fromkeys(("required", "null", "invalid", "too_large"), "stale"),
    )

    @post_load
    def make_charter(self, data, **kwargs) -> tuple[CharterText, int]:
        language, translation = data["language"], data["translation"]
        others = {other_language(language): translation} if translation else {}
        return CharterText(data["body"], language, others, data["opens_to_sponsors"]), data["number"]
