"""Mails to a member: what they choose, and every one that was sent to them, with the reason why."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.permissions import Act
from lti_tool.schemas.mails import MailChoiceSchema
from lti_tool.services import local_times, mail_choices, push_devices, sent_mails

bp = community_blueprint("mails", __name__)


@bp.get("/mails")
def index(member):
    return _page(member)


@bp.post("/mails")
def save(member):
    member.must(Act.KEEP)
    try:
        wishes = MailChoiceSchema(member.community.time_zone).load(request.form)
    except ValidationError as err:
        return _page(member, problems=err.messages), 422
    mail_choices.save(member, wishes, clock.now())
    return redirect(url_for(".index", done="mails-chosen"), 303)


@bp.post("/mails/again")
def try_again(member):
    mail_choices.try_again(member)
    return redirect(url_for(".index", done="mails-again"), 303)


@bp.get("/mails/sent")
def sent(member):
    before = request.args.get("before")
    return render_template("mail_choices/sent.html", page=sent_mails.page(member, before), before=before)


def _page(member, problems=None):
    """Render the form: what holds, or what was sent when it has to be corrected."""
    page = mail_choices.page(member, clock.now())
    return render_template(
        "mail_choices/index.html",
        page=page,
        devices=push_devices.of(member),
        values=_values(page.wishes) if problems is None else request.form,
        zones=local_times.zones(),
        problems=problems or {},
    )


def _values(wishes) -> dict:
    """Return what holds as the fields of the form have it."""
    hours = wishes.hours
    kinds = {f"kind-{kind.value}": how.value for kind, how in wishes.frequencies.items()}
    return kinds | {
        "zone": wishes.own_zone or "",
        "quiet_from": str(hours.quiet_from),
        "quiet_until": str(hours.quiet_until),
        "quiet_weekends": "true" if hours.quiet_weekends else "",
        "digest_hour": str(hours.digest_hour),
        "digest_day": str(hours.digest_day),
        "off": "true" if wishes.off else "",
    }
