"""Who can read what somebody writes, and what staff fill in about a sub-group."""

from typing import Any

from marshmallow import ValidationError, fields, post_load

from lti_tool.schemas.fields import Form, OptionalText, Text, row_number
from lti_tool.services.subgroup_care import SubgroupDraft

EVERYBODY = "everybody"
NAME_LIMIT, DESCRIPTION_LIMIT = 80, 2_000


class ReadersField(fields.Field):
    """The sub-group that alone can read something, None for everybody; a form without it is for everybody."""

    def __init__(self) -> None:
        super().__init__(load_default=None, allow_none=True)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | None:
        if value == EVERYBODY:
            return None
        if value == "":
            raise ValidationError("choose-readers")
        number = row_number(str(value))
        if not number:
            raise ValidationError("subgroup-not-open")
        return number


class SubgroupSchema(Form):
    """Name and description of a sub-group."""

    name = Text(limit=NAME_LIMIT, one_line=True)
    description = OptionalText(limit=DESCRIPTION_LIMIT)

    @post_load
    def make_draft(self, data, **kwargs) -> SubgroupDraft:
        return SubgroupDraft(**data)
