"""The dates of a community as a calendar program reads them (iCalendar, RFC 5545)."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask_babel import gettext
from icalendar import Calendar, Event

from lti_tool.access import SPACE
from lti_tool.services.calendar_feeds import Entry, Feed

# How soon a calendar program should ask again (RFC 7986).
ASKED_AGAIN = timedelta(hours=4)


def written(feed: Feed, base_url: str, now: datetime) -> bytes:
    """Write a feed, in the language that holds where this is called."""
    calendar = Calendar()
    calendar.add("prodid", "-//Community Value//Community Value//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", feed.community)
    calendar.add("x-wr-calname", feed.community)
    calendar.add("refresh-interval", ASKED_AGAIN, parameters={"value": "DURATION"})
    for entry in feed.entries:
        calendar.add_component(_event(entry, feed, base_url, now))
    return calendar.to_ical()


def _event(entry: Entry, feed: Feed, base_url: str, now: datetime) -> Event:
    address = f"{base_url}{SPACE}/{feed.community_id}/{entry.path}"
    event = Event()
    event.add("uid", f"{entry.uid}@{urlsplit(base_url).hostname}")
    event.add("dtstamp", now)
    event.add("dtstart", entry.at)
    event.add("summary", _summary(entry))
    event.add("description", f"{feed.community}\n{address}")
    event.add("url", address)
    # It takes nobody's time.
    event.add("transp", "TRANSPARENT")
    return event


def _summary(entry: Entry) -> str:
    if entry.what == "deadline":
        return gettext("Deadline: %(title)s", title=entry.title)
    return gettext("Opens: %(title)s", title=entry.title)
