"""Private links that calendar programs ask again and again; whoever has the link is believed."""

from flask import Blueprint, Response

from lti_tool import calendar_file, clock, mailing, settings
from lti_tool.services import calendar_feeds

bp = Blueprint("calendar_links", __name__, url_prefix=calendar_feeds.PATH.rstrip("/"))


@bp.get("/<token>.ics")
def read(token: str):
    """Tell a calendar the dates of the community behind the link."""
    now = clock.now()
    feed = calendar_feeds.read(token, now)
    with mailing.in_words_of(feed.locale):
        written = calendar_file.written(feed, settings.current().base_url, now)
    return Response(written, mimetype="text/calendar")
