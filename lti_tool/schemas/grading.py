"""What a trainer fills in on the grading pages."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, validates
from marshmallow.validate import OneOf, Range

from lti_tool.schemas.fields import Form, Points, Text
from lti_tool.services.column_settings import ColumnKind, NewColumn
from lti_tool.services.columns import ColumnDraft
from lti_tool.services.gradebook import ALL, Asked
from lti_tool.services.passback import DECISIONS

NAME_LIMIT = 200
LARGEST_MAXIMUM = Decimal(1000)
MOST_WEEKS = 104
NEW_COLUMN = "new"
LONGEST_SEARCH = 100
# Numbers of members that every database can hold.
LARGEST_NUMBER = 10**9
# Nobody means a year that a calendar of weeks cannot hold.
FIRST_YEAR, LAST_YEAR = 2000, 2100


def _coded(code: str) -> dict[str, str]:
    """Return a field's messages: one code for everything that is wrong with it, said in words by the page."""
    return dict.fromkeys(("required", "null", "invalid", "special", "too_large"), code)


class _Column(fields.Field):
    """ "new", or the number of the activity whose own column is to be used."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | None:
        text = str(value)
        if text == NEW_COLUMN:
            return None
        if not (text.isascii() and text.isdecimal() and 0 < len(text) <= 9):
            raise ValidationError("unknown")
        return int(text)


class ColumnDraftSchema(Form):
    """Switching grading on. Problems are codes, by field."""

    name = Text(limit=NAME_LIMIT, one_line=True)
    maximum = Points(required=True, error_messages=_coded("not-a-number"))
    line_item = _Column(required=True, allow_none=False, error_messages=_coded("unknown"))
    starts_on = fields.Date(required=True, error_messages=_coded("not-a-date"))
    weeks = fields.Integer(
        required=True,
        validate=Range(1, MOST_WEEKS, error="out-of-range"),
        error_messages=_coded("not-a-number"),
    )
    confirmed = fields.String(
        required=True,
        validate=OneOf(["1", "on", "true"], error="confirm"),
        error_messages=_coded("confirm"),
    )

    @validates("maximum")
    def check_maximum(self, value: Decimal, data_key: str) -> None:
        """A column without points is never used; more than two decimals cannot be stored."""
        if not 0 < value <= LARGEST_MAXIMUM or value != round(value, 2):
            raise ValidationError("out-of-range")

    @validates("starts_on")
    def check_first_day(self, value: date, data_key: str) -> None:
        """A year that a calendar can hold."""
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise ValidationError("out-of-range")

    @post_load
    def make_draft(self, data: dict[str, Any], **kwargs: Any) -> ColumnDraft:
        return ColumnDraft(
            name=data["name"],
            maximum=data["maximum"],
            adopt=data["line_item"],
            starts_on=data["starts_on"],
            weeks=data["weeks"],
        )


class ColumnNameSchema(Form):
    """Another name for a column."""

    name = Text(limit=NAME_LIMIT, one_line=True)

    @post_load
    def make_name(self, data: dict[str, Any], **kwargs: Any) -> str:
        return data["name"]


class DecisionSchema(Form):
    """What becomes of a grade that differs in the LMS."""

    decision = fields.String(required=True, validate=OneOf(DECISIONS))

    @post_load
    def make_decision(self, data: dict[str, Any], **kwargs: Any) -> str:
        return data["decision"]


class SendingSchema(Form):
    """Whose scores are to be sent: members by number, or everybody. Reads a form as lists of values."""

    member = fields.List(fields.Integer(validate=Range(min=1, max=LARGEST_NUMBER)))
    everyone = fields.List(fields.String())

    @post_load
    def make_choice(self, data: dict[str, Any], **kwargs: Any) -> list[int] | None:
        """Return the members' numbers, None for everybody."""
        return None if data.get("everyone") else data.get("member", [])


class ColumnNumberSchema(Form):
    """Which column an act is about; without one, that of the whole score."""

    column = fields.Integer(load_default=None, validate=Range(min=1, max=LARGEST_NUMBER))

    @post_load
    def make_number(self, data: dict[str, Any], **kwargs: Any) -> int | None:
        return data["column"]


class GroupNumberSchema(Form):
    """Which group of the LMS an act is about; without one, everybody."""

    group = fields.Integer(load_default=None, validate=Range(min=1, max=LARGEST_NUMBER))

    @post_load
    def make_number(self, data: dict[str, Any], **kwargs: Any) -> int | None:
        return data["group"]


class AskedSchema(Form):
    """Which column, rows and order the trainer's table is asked for; what nobody could mean is the usual."""

    column = fields.Integer(load_default=None)
    show = fields.String(load_default=ALL)
    sort = fields.String(load_default="name")
    order = fields.String(load_default="up")
    search = fields.String(load_default="")
    group = fields.Integer(load_default=None)
    page = fields.Integer(load_default=1)

    @post_load
    def make_asked(self, data: dict[str, Any], **kwargs: Any) -> Asked:
        return Asked(
            column_id=data["column"],
            show=data["show"],
            sort=data["sort"],
            descending=data["order"] == "down",
            search=data["search"][:LONGEST_SEARCH],
            group_id=data["group"],
            page=data["page"],
        )


def asked_from(values: Mapping[str, str]) -> Asked:
    """Read the address of the trainer's table; an address that was tampered with shows the usual table."""
    known = AskedSchema().fields
    try:
        # A form sends what was left open as "".
        return AskedSchema().load({name: value for name, value in values.items() if name in known and value})
    except ValidationError:
        return Asked()


class NewColumnSchema(Form):
    """A column beside the whole score: "assessment", or "prompt-12" for a prompt."""

    measures = fields.String(required=True, error_messages=_coded("unknown"))
    name = Text(limit=NAME_LIMIT, one_line=True)
    maximum = Points(required=True, error_messages=_coded("not-a-number"))
    line_item = _Column(load_default=None, allow_none=True, error_messages=_coded("unknown"))

    @validates("measures")
    def check_measures(self, value: str, data_key: str) -> None:
        kind, _, number = value.partition("-")
        if kind == ColumnKind.PROMPT.value and number.isascii() and number.isdecimal() and len(number) < 10:
            return
        if value != ColumnKind.ASSESSMENT.value:
            raise ValidationError("unknown")

    @validates("maximum")
    def check_maximum(self, value: Decimal, data_key: str) -> None:
        if not 0 < value <= LARGEST_MAXIMUM or value != round(value, 2):
            raise ValidationError("out-of-range")

    @post_load
    def make_column(self, data: dict[str, Any], **kwargs: Any) -> NewColumn:
        kind, _, number = data["measures"].partition("-")
        return NewColumn(
            kind=ColumnKind(kind),
            name=data["name"],
            maximum=data["maximum"],
            prompt_id=int(number) if number else None,
            adopt=data["line_item"],
        )


class SwitchSchema(Form):
    """Something that is switched on or off."""

    on = fields.Boolean(required=True)

    @post_load
    def make_choice(self, data: dict[str, Any], **kwargs: Any) -> bool:
        return data["on"]
