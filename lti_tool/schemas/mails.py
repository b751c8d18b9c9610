"""What members choose about the mails that they get."""

from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, post_load, pre_load
from marshmallow.validate import OneOf, Range

from lti_tool.schemas.fields import Form
from lti_tool.services.mail_choices import FREQUENCIES, KINDS, Wishes
from lti_tool.services.quiet_hours import Hours

_UNKNOWN = dict.fromkeys(("required", "null", "invalid", "too_large"), "unknown")


def _whole(least: int, most: int) -> fields.Integer:
    within = Range(least, most, error="unknown")
    return fields.Integer(required=True, strict=False, validate=within, error_messages=_UNKNOWN)


class MailChoiceSchema(Form):
    """The form: how soon each kind is told, and when. `zone` empty: that of the community, which is given."""

    zone = fields.String(load_default="", error_messages=_UNKNOWN)
    quiet_from = _whole(0, 23)
    quiet_until = _whole(0, 23)
    quiet_weekends = fields.Boolean(load_default=False, error_messages=_UNKNOWN)
    digest_hour = _whole(0, 23)
    digest_day = _whole(0, 6)
    off = fields.Boolean(load_default=False, error_messages=_UNKNOWN)
    frequencies = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=OneOf(FREQUENCIES, error="unknown"), error_messages=_UNKNOWN),
        required=True,
    )

    def __init__(self, community_zone: str) -> None:
        super().__init__()
        self.community_zone = community_zone

    @pre_load
    def gather(self, data, **kwargs) -> dict:
        """A field for each kind, named after it, becomes one of all kinds."""
        named = {name: data[name] for name in self.fields if name in data}
        return named | {"frequencies": {kind: data.get(f"kind-{kind}", "") for kind in KINDS}}

    @post_load
    def make_wishes(self, data, **kwargs) -> Wishes:
        zone = data.pop("zone") or None
        if zone is not None and zone not in available_timezones():
            raise ValidationError("unknown", "zone")
        off, frequencies = data.pop("off"), data.pop("frequencies")
        chosen = {KINDS[kind]: FREQUENCIES[frequency] for kind, frequency in frequencies.items()}
        return Wishes(chosen, Hours(zone or self.community_zone, **data), zone, off)
