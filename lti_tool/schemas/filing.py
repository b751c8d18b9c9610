"""What a member fills in about where a post is filed, and staff about topics."""

from typing import Any

from marshmallow import ValidationError, fields, post_load
from marshmallow.validate import Range

from lti_tool.knowledge.cleaning import clean_name, clean_text
from lti_tool.knowledge.folding import folded
from lti_tool.schemas.fields import Form, Moment, Text
from lti_tool.services.tags import LONGEST, MOST_ON_A_POST
from lti_tool.services.topics import TopicDraft

TOPIC_NAME_LIMIT = 80
DESCRIPTION_LIMIT = 500
# Numbers of rows that every database can hold.
LARGEST_NUMBER = 10**9


class ChosenNumber(fields.Integer):
    """The number of a row that a list offers; nothing chosen is None."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            load_default=None,
            validate=Range(1, LARGEST_NUMBER, error=problem),
            error_messages=dict.fromkeys(("invalid", "null", "too_large"), problem),
        )

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int | None:
        """Read a choice; the empty one of a list is none."""
        return None if value == "" else super().deserialize(value, *args, **kwargs)


def topic_field() -> ChosenNumber:
    """Return the field that says under which topic a post stands."""
    return ChosenNumber("unknown-topic")


class Tags(fields.Field):
    """Tags as people type them: between commas, with or without #, each once however it is written.

    Problems are codes: `too-many-tags`, `tag-too-long`.
    """

    def __init__(self) -> None:
        super().__init__(load_default=())

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        typed = clean_text(str(value)).replace("\n", ",").split(",")
        names = [clean_name(one.strip().lstrip("#"), LONGEST + 1) for one in typed[: 10 * MOST_ON_A_POST]]
        found = {folded(name): name for name in reversed(names) if folded(name)}
        if len(found) > MOST_ON_A_POST:
            raise ValidationError("too-many-tags")
        if any(len(folding) > LONGEST or len(name) > LONGEST for folding, name in found.items()):
            raise ValidationError("tag-too-long")
        return tuple(reversed(found.values()))


class FilingSchema(Form):
    """Topic and tags of a post that is there."""

    topic = topic_field()
    tags = Tags()


class ReadSchema(Form):
    """Until which moment somebody was shown something."""

    until = Moment(required=True)


class TopicSchema(Form):
    """A topic, as staff describe it."""

    name = Text(limit=TOPIC_NAME_LIMIT, one_line=True)
    description = fields.String(load_default="")

    @post_load
    def make_draft(self, data, **kwargs) -> TopicDraft:
        description = " ".join(clean_text(data["description"]).split())
        if len(description) > DESCRIPTION_LIMIT:
            raise ValidationError({"description": ["too-long"]})
        return TopicDraft(data["name"], description or None)
