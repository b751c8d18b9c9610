"""People who are not in the course: staff invite them by mail, until a day."""

from flask import redirect, render_template, request, url_for
from flask_babel import get_locale
from marshmallow import ValidationError

from lti_tool import clock, settings
from lti_tool.access import community_blueprint
from lti_tool.errors import Unfit
from lti_tool.schemas.guests import GuestSchema, LastDaySchema
from lti_tool.services import guests

bp = community_blueprint("guests", __name__)


@bp.get("/members/guests")
def index(member):
    return _page(member)


@bp.post("/members/guests")
def invite(member):
    try:
        wanted = GuestSchema().load(request.form)
        guests.invite(member, wanted, settings.current().base_url, clock.now())
    except ValidationError as err:
        return _page(member, request.form, err.messages), 422
    except Unfit as err:
        return _page(member, request.form, err.problems), 422
    return redirect(url_for(".index", done="guest-invited"), 303)


def _page(member, values=None, problems=None):
    return render_template(
        "guests/index.html",
        guests=guests.invited(member, clock.now()),
        roles=guests.AS,
        by_mail=settings.current().mail_url is not None,
        values=values or {"language": str(get_locale())},
        problems=problems or {},
    )


@bp.get("/members/guests/<id:guest_id>")
def show(member, guest_id):
    return _one(member, guest_id)


@bp.post("/members/guests/<id:guest_id>/link")
def send_again(member, guest_id):
    try:
        last_day = LastDaySchema().load(request.form)["last_day"]
        guests.send_again(member, guest_id, last_day, settings.current().base_url, clock.now())
    except ValidationError as err:
        return _one(member, guest_id, request.form, err.messages), 422
    except Unfit as err:
        return _one(member, guest_id, request.form, err.problems), 422
    return redirect(url_for(".index", done="guest-invited-again"), 303)


def _one(member, guest_id, values=None, problems=None):
    return render_template(
        "guests/show.html",
        guest=guests.one(member, guest_id, clock.now()),
        now=clock.now(),
        by_mail=settings.current().mail_url is not None,
        values=values or {},
        problems=problems or {},
    )


@bp.post("/members/guests/<id:guest_id>/withdrawal")
def withdraw(member, guest_id):
    guests.withdraw(member, guest_id, clock.now())
    return redirect(url_for(".index", done="guest-withdrawn"), 303)
