"""What staff fill in to invite somebody by mail."""

from typing import Any

from marshmallow import fields, post_load

from lti_tool.schemas.fields import Day, Form, Text
from lti_tool.services.guests import LONGEST_NAME, Wanted


class GuestSchema(Form):
    """Name, mail address, role and language by their words, and the last day."""

    name = Text(limit=LONGEST_NAME, one_line=True)
    email = Text(limit=320, one_line=True)
    role = fields.String(load_default="")
    last_day = Day(load_default=None)
    language = fields.String(load_default="")

    @post_load
    def wanted(self, data: dict[str, Any], **_: Any) -> Wanted:
        """Return it as the service takes it."""
        return Wanted(**data)


class LastDaySchema(Form):
    """The last day of an invitation that is sent again."""

    last_day = Day(load_default=None)
