"""What staff fill in about the life of their space."""

from marshmallow import ValidationError, post_load

from lti_tool.schemas.fields import Form
from lti_tool.schemas.prompts import LocalTime
from lti_tool.services.life import LifeDates
from lti_tool.services.local_times import moment_of


class LifeDatesSchema(Form):
    """The dates set in advance, by the clock of the community; empty: not by the clock."""

    opens_at = LocalTime(load_default=None)
    closes_at = LocalTime(load_default=None)
    archives_at = LocalTime(load_default=None)
    purges_at = LocalTime(load_default=None)

    def __init__(self, zone: str) -> None:
        super().__init__()
        self._zone = zone

    @post_load
    def make_dates(self, data, **kwargs) -> LifeDates:
        moments = {name: local and moment_of(local, self._zone, later=False) for name, local in data.items()}
        gaps = {name: ["no-such-time"] for name, local in data.items() if local and moments[name] is None}
        if gaps:
            raise ValidationError(gaps)
        return LifeDates(**moments)
