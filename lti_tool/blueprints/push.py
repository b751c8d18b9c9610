"""Telling a member's own browser what is new: switched on and off by them, on the page of their mails."""

from flask import jsonify, redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.errors import Unfit
from lti_tool.permissions import Act
from lti_tool.schemas.push import SubscriptionSchema
from lti_tool.services import push_devices

bp = community_blueprint("push", __name__)


@bp.post("/push/key")
def key(member):
    """Tell a browser our public key, with which it subscribes."""
    return jsonify(key=push_devices.public_key(member, clock.now()))


@bp.post("/push/devices")
def switch_on(member):
    """Take a browser's subscription; answer with the list of all of them, for its page."""
    member.must(Act.KEEP)
    try:
        said = SubscriptionSchema().load(request.form)
        push_devices.switch_on(member, said, clock.now())
    except (ValidationError, Unfit):
        return "", 422
    return render_template("push/devices.html", devices=push_devices.of(member)), 201


@bp.post("/push/devices/<id:device_id>/off")
def switch_off(member, device_id):
    push_devices.switch_off(member, device_id)
    return redirect(url_for("mails.index", done="push-off", _anchor="push"), 303)
