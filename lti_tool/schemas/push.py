"""What a browser says of itself when it is to be told what is new."""

from marshmallow import fields, post_load
from marshmallow.validate import Length, OneOf

from lti_tool.schemas.fields import Form
from lti_tool.services.push_devices import BROWSERS, LONGEST_ENDPOINT, Subscription

_UNUSABLE = dict.fromkeys(("required", "null", "invalid"), "push-keys")


def _said(longest: int) -> fields.String:
    return fields.String(
        required=True, validate=Length(1, longest, error="push-keys"), error_messages=_UNUSABLE
    )


class SubscriptionSchema(Form):
    """A subscription of a browser (Push API, `PushSubscription.toJSON`), flat."""

    endpoint = _said(LONGEST_ENDPOINT)
    public = _said(90)
    secret = _said(24)
    browser = fields.String(load_default="other", validate=OneOf((*BROWSERS, "other"), error="push-keys"))

    @post_load
    def make_subscription(self, data, **kwargs) -> Subscription:
        return Subscription(**data)
