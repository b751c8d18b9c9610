"""What several forms share."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from lti_tool.knowledge import mentions
from lti_tool.knowledge.cleaning import clean_text

_ROW_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


def row_number(value: str | None) -> int:
    """Return the number of a row that a query or a form names; 0, which no row has, for anything else."""
    return int(value) if value and _ROW_NUMBER.fullmatch(value) else 0


class Form(Schema):
    """A form: what it does not know is left aside, since every form also carries the seat token."""

    class Meta:
        unknown = EXCLUDE

    def gathered(self, data: dict[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
        """Return what was loaded as the dataclass of the form takes it; `typed` is the form as it came."""
        return data


class Values(fields.List):
    """All that a form has under one name. Problems are of the name, as pages show them, not of each value."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list:
        try:
            return super()._deserialize(value, attr, data, **kwargs)
        except ValidationError as problem:
            told = problem.messages
            codes = chain.from_iterable(told.values()) if isinstance(told, dict) else told
            raise ValidationError(list(dict.fromkeys(codes))) from problem


class Attachments(fields.Field):
    """The files of a form: numbers under one name. None when the form says nothing of files.

    What is no number is a file that was refused when the form was sent (`sent_files`).
    """

    def __init__(self) -> None:
        super().__init__(data_key="attachment", load_default=None)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[int, ...]:
        values = value if isinstance(value, list) else [value]
        said = data.getlist(attr) if hasattr(data, "getlist") else values
        numbers = [row_number(str(one)) for one in said if one != ""]
        if 0 in numbers:
            raise ValidationError("file-refused")
        return tuple(numbers)


class Day(fields.Date):
    """A day; nothing for none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(error_messages=dict.fromkeys(("null", "invalid"), "not-a-date"), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date | None:
        return super()._deserialize(value, attr, data, **kwargs) if str(value).strip() else None


class Moment(fields.AwareDateTime):
    """A moment as our addresses write it, in UTC; one that UTC has no year for is none (`unknown`)."""

    def __init__(self, **kwargs) -> None:
        unknown = dict.fromkeys(("required", "null", "invalid", "invalid_awareness"), "unknown")
        super().__init__(format="iso", error_messages=unknown, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError as problem:
            raise self.make_error("invalid") from problem


class Points(fields.Decimal):
    """A number as people of both languages write it: "20", "12.5", "12,5"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        text = str(value).strip().replace(",", ".")
        if len(text) > 12 or not text.replace(".", "", 1).isdecimal() or not text.isascii():
            raise ValidationError("not-a-number")
        return super()._deserialize(text, attr, data, **kwargs)


class Text(fields.String):
    """Text as a person typed it: cleaned of what no page can show, trimmed, measured afterwards.

    Problems are codes (`empty`, `too-long`), so that the page can say them in the reader's language.
    """

    def __init__(self, *, limit: int, one_line: bool = False, **kwargs) -> None:
        super().__init__(required=True, error_messages={"required": "empty", "null": "empty"}, **kwargs)
        self.limit = limit
        self.one_line = one_line

    def _deserialize(self, value, attr, data, **kwargs) -> str:
        text = clean_text(super()._deserialize(value, attr, data, **kwargs)).strip()
        # Names of those who are mentioned are left out before it is measured: they are not kept.
        text = " ".join(text.split()) if self.one_line else mentions.stored(text)
        if not is_visible(text):
            raise ValidationError("empty")
        if len(text) > self.limit:
            raise ValidationError("too-long")
        return text


class OptionalText(Text):
    """Text that may be left empty: None then."""

    def __init__(self, *, limit: int, one_line: bool = False, **kwargs) -> None:
        super().__init__(limit=limit, one_line=one_line, **kwargs)
        self.required, self.load_default = False, None

    def _deserialize(self, value, attr, data, **kwargs) -> str | None:
        if not is_visible(clean_text(str(value))):
            return None
        return super()._deserialize(value, attr, data, **kwargs)


def is_visible(text: str) -> bool:
    """Tell whether anything of a text can be seen: spaces, invisible and lone combining marks cannot."""
    return any(unicodedata.category(character)[0] not in "CZM" for character in text)
