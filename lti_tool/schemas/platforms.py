"""What the forms of the console send about platforms; `services.connecting` says what is to be corrected."""

from dataclasses import fields as fields_of

from marshmallow import fields, post_load

from lti_tool.schemas.fields import Form, row_number
from lti_tool.services.connecting import Typed, Wish

# A form never holds more than this of one field; the rest is no address and no id.
_LONGEST = 20_000


class _Text(fields.String):
    """A field that may be missing or empty."""

    def __init__(self) -> None:
        super().__init__(load_default="")

    def _deserialize(self, value, attr, data, **kwargs) -> str:
        return str(super()._deserialize(value, attr, data, **kwargs))[:_LONGEST]


class WishSchema(Form):
    """Whose the platform is to be."""

    organisation = _Text()
    new_organisation = _Text()

    @post_load
    def make(self, values: dict, **kwargs) -> Wish:
        """Make the dataclass of the service."""
        return Wish(**values)


TypedSchema = Form.from_dict({field.name: _Text() for field in fields_of(Typed)}, name="TypedSchema")


def typed_in(form) -> Typed:
    """Return what was typed of an LMS."""
    return Typed(**TypedSchema().load(form))


def wish_in(form) -> Wish:
    """Return whose it is to be."""
    return WishSchema().load(form)


def days_in(form) -> int:
    """Return how long an invitation is to last; 0 for anything that is no number."""
    return row_number(form.get("days"))
