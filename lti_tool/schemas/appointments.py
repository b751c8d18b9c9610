"""What staff fill in to appoint somebody."""

from marshmallow import fields

from lti_tool.schemas.fields import Day, Form


class AppointmentSchema(Form):
    """A role, by its word, and the last day on which it holds; without one it holds until it is ended."""

    role = fields.String(load_default="")
    last_day = Day(load_default=None)
