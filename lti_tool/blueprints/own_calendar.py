"""The private link by which a member's own calendar follows the dates of the community."""

from flask import redirect, render_template, url_for

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.services import calendar_feeds

bp = community_blueprint("own_calendar", __name__)


@bp.get("/calendar")
def index(member):
    return render_template("prompts/calendar.html", address=calendar_feeds.address_of(member))


@bp.post("/calendar")
def make(member):
    calendar_feeds.make(member, clock.now())
    return redirect(url_for(".index", done="calendar-made"), 303)


@bp.post("/calendar/end")
def end(member):
    calendar_feeds.end(member)
    return redirect(url_for(".index", done="calendar-ended"), 303)
