"""What staff fill in to set a prompt, to change it and to withdraw it."""

import re
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, post_load

from lti_tool.schemas.contributions import BODY_LIMIT, TITLE_LIMIT, version_field
from lti_tool.schemas.fields import Form, Text
from lti_tool.services.prompts import PromptDraft, PromptEdit

REASON_LIMIT = 500
# Nobody means a year that a calendar cannot hold.
FIRST_YEAR, LAST_YEAR = 2000, 2100
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?", re.ASCII)


class LocalTime(fields.Field):
    """Day and time as a clock on the wall shows them, without a zone, to the minute; empty for none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime | None:
        text = str(value).strip()
        if not text:
            return None
        try:
            local = datetime.fromisoformat(text) if _LOCAL.fullmatch(text) else None
        except ValueError:
            local = None
        if local is None:
            raise ValidationError("not-a-moment")
        if not FIRST_YEAR <= local.year <= LAST_YEAR:
            raise ValidationError("out-of-range")
        return local.replace(second=0, microsecond=0)


class _Reason(Text):
    """A sentence that may be left out."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | None:
        return super()._deserialize(value, attr, data, **kwargs) if str(value).strip() else None


def _reason() -> _Reason:
    reason = _Reason(limit=REASON_LIMIT)
    reason.required, reason.load_default = False, None
    return reason


class PromptDraftSchema(Form):
    """A new prompt."""

    title = Text(limit=TITLE_LIMIT, one_line=True)
    body = Text(limit=BODY_LIMIT)
    opens_at = LocalTime(load_default=None)
    deadline = LocalTime(load_default=None)

    @post_load
    def make_draft(self, data: dict[str, Any], **kwargs: Any) -> PromptDraft:
        return PromptDraft(**data)


class PromptEditSchema(PromptDraftSchema):
    """New words and dates for a prompt."""

    version = version_field()
    reason = _reason()

    @post_load
    def make_draft(self, data: dict[str, Any], **kwargs: Any) -> PromptEdit:
        return PromptEdit(**data)


class WithdrawalSchema(Form):
    """Why a prompt is withdrawn."""

    reason = _reason()

    @post_load
    def make_reason(self, data: dict[str, Any], **kwargs: Any) -> str | None:
        return data["reason"]
