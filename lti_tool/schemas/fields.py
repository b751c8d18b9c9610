"""Field shapes that several forms share."""

from marshmallow import ValidationError, fields

from lti_tool.knowledge.cleaning import clean_text


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
        if self.one_line:
            text = " ".join(text.split())
        if not text:
            raise ValidationError("empty")
        if len(text) > self.limit:
            raise ValidationError("too-long")
        return text
