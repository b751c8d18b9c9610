"""What every page knows and how values are put into words: context, filters, language."""

import hashlib
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone
from babel.numbers import format_decimal
from flask import Flask, g, render_template, request, url_for
from flask_babel import get_locale, gettext
from markupsafe import Markup

from lti_tool import clock, settings
from lti_tool.extensions import babel
from lti_tool.grading.exact import round_half_up
from lti_tool.knowledge import markdown
from lti_tool.permissions import Act
from lti_tool.services import calendar, feed, participation, people, posts
from lti_tool.services.preferences import LANGUAGES

LANGUAGE_NAMES = [("fr", "Français"), ("en", "English")]
# What a redirect may say was done; anything else in ?done= is ignored.
NOTICES = frozenset(
    [
        "written",
        "edited",
        "deleted",
        "comment-written",
        "comment-edited",
        "comment-deleted",
        "appointed",
        "appointment-ended",
        "role-confirmed",
        "grading-on",
        "sending",
        "kept-theirs",
        "sending-ours",
        "zone-set",
        "language-set",
        "kept-discarded",
        "making-again",
    ]
)


def install(app: Flask) -> None:
    """Wire language, context and filters into an application."""
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    babel.init_app(app, locale_selector=choose_language, timezone_selector=lambda: _zone())
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_context)
    app.jinja_env.filters |= {
        "moment": moment,
        "day": day,
        "iso": lambda value: value.isoformat().replace("+00:00", "Z"),
        "points": points,
        "markdown": lambda text: Markup(markdown.render(text)),
        "excerpt": markdown.excerpt,
    }
    app.jinja_env.globals["static_url"] = static_url


def thread(member, post_id: int, values=None, problems=None) -> str:
    """Render a thread with its reply form, and what was typed there when it has to be corrected."""
    return render_template(
        "posts/show.html",
        thread=posts.thread(member, post_id, clock.now()),
        values=values or {},
        problems=problems or {},
        minimum=participation.word_minimums(member).get("answer"),
        may_comment=member.may(Act.WRITE_COMMENT),
        cursor=feed.cursor_of(member),
    )


def choose_language() -> str:
    """Choose a language we speak: the member's own, then the launch's, then the browser's."""
    admission = _admission()
    wishes = [g.get("launch_locale")]
    if admission is not None:
        wishes = [admission.member.membership.locale, admission.seat.locale, *wishes]
    for wish in wishes:
        language = (wish or "").replace("_", "-").split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return request.accept_languages.best_match(LANGUAGES) or "en"


def static_url(path: str) -> str:
    """Return the address of one of our own files, which changes when the file does."""
    return url_for("static", filename=path, v=_fingerprint(path))


@lru_cache
def _fingerprint(path: str) -> str:
    return hashlib.sha256((settings.directory("static") / Path(path)).read_bytes()).hexdigest()[:12]


def _admission():
    return g.get("admission") or g.get("refused_admission")


def _zone() -> str:
    admission = _admission()
    return admission.member.community.time_zone if admission else "UTC"


def _context() -> dict:
    language = str(get_locale())
    shared = {
        "language": language,
        "languages": LANGUAGE_NAMES,
        "in_frame": request.headers.get("Sec-Fetch-Dest") == "iframe",
        "notice": request.args.get("done") if request.args.get("done") in NOTICES else None,
        "can": lambda act: False,
        "me": None,
        "community": None,
        "theme": None,
        "return_url": None,
    }
    admission = _admission()
    return shared | _context_of(admission) if admission is not None else shared


def _context_of(admission) -> dict:
    member = admission.member
    return {
        "me": people.shown(member.membership, member.user, member.role),
        "community": member.community,
        "can": lambda act: member.may(Act(act)),
        "seat": admission.seat.id,
        "seat_token": admission.token,
        "week": calendar.week_of(member.community, clock.now()),
        "return_url": admission.seat.return_url,
        "theme": member.membership.theme,
        "scored": member.scored,
        "frame_origins": admission.seat.frame_origins,
    }


def moment(value: datetime) -> str:
    """Put a moment into words in the community's zone: "today, 14:05", "12 November, 09:00"."""
    zone, locale = get_timezone(_zone()), get_locale()
    local, today = value.astimezone(zone), clock.now().astimezone(zone).date()
    time = format_time(local, "short", locale=locale)
    if local.date() == today:
        return gettext("today, %(time)s", time=time)
    if (today - local.date()).days == 1:
        return gettext("yesterday, %(time)s", time=time)
    return gettext("%(day)s, %(time)s", day=day(value), time=time)


def day(value: datetime) -> str:
    """Put the day of a moment into words in the community's zone; the year only when it is another one."""
    local = value.astimezone(ZoneInfo(_zone()))
    same_year = local.year == clock.now().year
    locale = get_locale()
    if same_year:
        return format_date(local, "d MMMM" if locale.language == "fr" else "d MMM", locale=locale)
    return format_date(local, "medium", locale=locale)


def points(value: Decimal | Fraction | int) -> str:
    """Write a number of points as people of this language do, with two decimals at most."""
    if isinstance(value, Fraction):
        value = round_half_up(value, 2)
    return format_decimal(value, format="#,##0.##", locale=get_locale())
