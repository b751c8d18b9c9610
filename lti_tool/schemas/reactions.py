"""What a member says to a contribution of somebody else."""

from dataclasses import dataclass

from marshmallow import fields, post_load
from marshmallow.validate import OneOf

from lti_tool.knowledge.cleaning import clean_text
from lti_tool.schemas.fields import Form, Text, row_number
from lti_tool.services.endorsing import Endorsement

NOTE_LIMIT = 280
KINDS = ("helped", "met")


class Line(Text):
    """A line that may be left empty: then it is None."""

    def __init__(self, **kwargs) -> None:
        super().__init__(limit=NOTE_LIMIT, one_line=True, **kwargs)
        self.required = False
        self.load_default = None

    def _deserialize(self, value, attr, data, **kwargs) -> str | None:
        if isinstance(value, str) and not clean_text(value).strip():
            return None
        return super()._deserialize(value, attr, data, **kwargs)


@dataclass(frozen=True)
class Wanted:
    """A reaction to be given (`on`) or taken back. `note`: None where no line was sent."""

    kind: str
    on: bool
    note: str | None


class ReactionSchema(Form):
    """A button that was pressed, or the line that goes with it."""

    kind = fields.String(
        required=True,
        validate=OneOf(KINDS, error="unknown"),
        error_messages={"required": "unknown"},
    )
    on = fields.Boolean(load_default=True, error_messages={"invalid": "unknown"})
    note = Line()

    @post_load(pass_original=True)
    def make(self, data, original, **kwargs) -> Wanted:
        # A line that was emptied is taken away; a button says nothing of it.
        note = (data["note"] or "") if "note" in original else None
        return Wanted(data["kind"], data["on"], note)


class EndorsementSchema(Form):
    """Somebody's help is recognised, on a topic, with a sentence."""

    topic = fields.Function(deserialize=lambda number: row_number(number) or None, load_default=None)
    note = Line()

    @post_load
    def make(self, data, **kwargs) -> Endorsement:
        return Endorsement(**data)
