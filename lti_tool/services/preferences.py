"""What a member chooses for themselves, and what staff are asked once about their community."""

from datetime import datetime
from zoneinfo import available_timezones

from lti_tool.errors import NotFound
from lti_tool.permissions import Act
from lti_tool.services import audit, visits
from lti_tool.services.acting import ActingMember

LANGUAGES = ("fr", "en")
THEMES = {"light": "light", "dark": "dark", "system": None}


def choose_language(member: ActingMember, language: str) -> None:
    """Show this community in a language from now on, whatever the LMS says.

    :raises NotFound: we do not speak it.
    """
    if language not in LANGUAGES:
        raise NotFound("no-such-language")
    member.membership.locale = language


def choose_theme(member: ActingMember, theme: str) -> None:
    """Show the pages light, dark, or as the system does."""
    if theme not in THEMES:
        raise NotFound("no-such-theme")
    member.membership.theme = THEMES[theme]


def choose_shortcuts(member: ActingMember, on: bool) -> None:
    """Let single keys of the keyboard do something, or not."""
    member.membership.shortcuts = on


def set_time_zone(member: ActingMember, time_zone: str, now: datetime) -> None:
    """Say in which zone the community's weeks begin and end; asked of staff on their first visit.

    A grading policy already made keeps the zone it was made with.
    """
    member.must(Act.SET_ZONE)
    if time_zone not in available_timezones():
        raise NotFound("no-such-zone")
    before = member.community.time_zone
    member.community.time_zone = time_zone
    member.community.time_zone_confirmed_at = now
    audit.record(
        member, "community.zone-set", f"community:{member.community.id}", now, before=before, after=time_zone
    )


def seen(member: ActingMember, now: datetime) -> None:
    """Note that an open page is being looked at."""
    visits.begin_visit(member.membership, now)
