"""Links out of mails by which somebody wants none any more; whoever has the link is believed.

Mail scanners open links: a GET changes nothing. A mail program's own button posts by itself (RFC 8058),
without a cookie, without an Origin.
"""

from flask import Blueprint, render_template, request

from lti_tool import clock
from lti_tool.services import mail_choices, mail_links

bp = Blueprint("mail_links", __name__, url_prefix=mail_links.PATH.rstrip("/"))

_DOING = {
    "go-on": mail_choices.go_on,
    "weekly": mail_choices.weekly_only,
}


@bp.get("/<token>")
def look(token: str):
    """Say whose mails would stop, with the button that does it."""
    return render_template("mail_links/stop.html", whose=mail_links.recipient(token))


@bp.post("/<token>")
def stop(token: str):
    """Send no mail any more; or, for a button of our own page, what it says."""
    whose = mail_links.recipient(token)
    wanted = request.form.get("what", "")
    _DOING.get(wanted, mail_choices.stop)(whose.member_id, clock.now())
    return render_template(
        "mail_links/stopped.html", whose=whose, done=wanted if wanted in _DOING else "stop"
    )
