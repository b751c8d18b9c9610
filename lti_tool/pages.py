"""What every page knows and how values are put into words: context, filters, language."""

import hashlib
import re
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal, get_decimal_symbol
from babel.support import Translations
from flask import Flask, current_app, g, render_template, request, url_for
from flask_babel import get_locale, get_translations, gettext
from markupsafe import escape

from lti_tool import act_words, audit_words, clock, file_words, form_drafts, help_topics, mentioned, settings
from lti_tool.extensions import babel
from lti_tool.grading.catalogue import written
from lti_tool.grading.exact import round_half_up
from lti_tool.group_names import group_name
from lti_tool.knowledge import markdown
from lti_tool.notices import NOTICES
from lti_tool.permissions import Act
from lti_tool.release import release
from lti_tool.schemas.fields import row_number
from lti_tool.services import calendar, life, nav, people
from lti_tool.services.preferences import LANGUAGES
from lti_tool.way_back import way_back

# The rooms of the console, in the order of its navigation: key, end point, for operators only.
# Their names and icons stand in templates/admin.html.
CONSOLE_SECTIONS = (
    ("home", "admin.index", False),
    ("platforms", "platforms.index", False),
    ("launches", "launch_log.index", False),
    ("people", "admin_people.index", False),
    ("audit", "admin_audit.index", False),
    ("keys", "keys.index", True),
    ("administrators", "admin_administrators.index", True),
    ("account", "admin_account.index", False),
)
# The pages about one platform: key and end point, which takes `platform_id`. Their names stand in
# templates/admin/_platform_sections.html.
PLATFORM_SECTIONS = (
    ("health", "platforms.show"),
    ("launches", "launch_log.of_platform"),
    ("deployments", "deployments.index"),
    ("origins", "origins.index"),
    ("life", "platform_life.index"),
)
LANGUAGE_NAMES = [("fr", "Français"), ("en", "English")]
# What a notice offers to take back, by its code: the end point its form is sent to, and which numbers that
# takes. They stand in ?of= beside ?done=, joined by hyphens: `url_for(…, done="deleted", of=post.id)`.
UNDO: dict[str, tuple[str, tuple[str, ...]]] = {
    "draft-discarded": ("drafts.restore", ("draft_id",)),
    "reminders-rest": ("helping.remind_again", ()),
    "deleted": ("posts.restore", ("post_id",)),
    "comment-deleted": ("comments.restore", ("post_id", "comment_id")),
}


def install(app: Flask) -> None:
    """Wire language, context and filters into an application."""
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    babel.init_app(app, locale_selector=choose_language, timezone_selector=lambda: _zone())
    app.jinja_env.install_gettext_callables(
        gettext=lambda words: _catalogue().ugettext(words),
        ngettext=lambda one, many, number: _catalogue().ungettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_context)
    app.jinja_env.filters |= {
        "moment": moment,
        "day": day,
        "calendar_day": calendar_day,
        "time_of_day": time_of_day,
        "iso": lambda value: value.isoformat().replace("+00:00", "Z"),
        "points": points,
        "exact": exactly,
        "excerpt": lambda text, length=280: mentioned.read_aloud(markdown.excerpt(text, length)),
        "named": mentioned.read_aloud,
        "written_out": mentioned.written_out,
        "group_name": group_name,
        "way_back": way_back,
    }
    app.jinja_env.globals |= {
        "static_url": static_url,
        "new_draft_place": form_drafts.new_place,
        "help_here": help_topics.here,
        "area_name": audit_words.area_name,
        "audit_area_of": audit_words.area_of,
        "is_page": lambda endpoint: endpoint in app.view_functions,
    }
    file_words.install(app)
    act_words.install(app)


# Stand where a kept page will hold the addresses of one login; no address has these characters.
_PLACES = {"auth_url": "\ue000", "same_login_url": "\ue001"}
_ANY_PLACE = re.compile("[\ue000\ue001]")


def login_page(auth_url: str, same_login_url: str, check_url: str, storage_url: str) -> str:
    """Render the page between a login and the LMS, which nobody sees for longer than a moment.

    All of it but two addresses is the same for everybody of one language: the rest is rendered once.
    """
    seen_as = (choose_language(), _in_frame(), check_url)
    kept = current_app.extensions.setdefault("login_pages", {})
    if seen_as not in kept or current_app.jinja_env.auto_reload:
        kept[seen_as] = render_template(
            "lti/login.html", **_PLACES, check_url=check_url, storage_url=storage_url
        )
    addresses = {_PLACES["auth_url"]: escape(auth_url), _PLACES["same_login_url"]: escape(same_login_url)}
    return _ANY_PLACE.sub(lambda place: addresses[place[0]], kept[seen_as])


def _in_frame() -> bool:
    return request.headers.get("Sec-Fetch-Dest") == "iframe"


def choose_language() -> str:
    """Choose a language we speak: the member's own, then the launch's, then the browser's."""
    admission = _admission()
    console = g.get("console") or g.get("refused_console")
    wishes = [g.get("launch_locale"), console.admin.locale if console is not None else None]
    if admission is not None:
        wishes = [admission.member.membership.locale, admission.seat.locale, *wishes]
    for wish in wishes:
        language = (wish or "").replace("_", "-").split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return request.accept_languages.best_match(LANGUAGES) or "en"


def _catalogue() -> Translations:
    """Return the words of this request's language: a page asks often, Babel looks each time."""
    if "catalogue" not in g:
        g.catalogue = get_translations()
    return g.catalogue


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
    return admission.member.community.time_zone if admission else g.get("zone", "UTC")


def _context() -> dict:
    language = str(get_locale())
    shared = {
        "language": language,
        "languages": LANGUAGE_NAMES,
        "in_frame": _in_frame(),
        "notice": request.args.get("done") if request.args.get("done") in NOTICES else None,
        "can": lambda act: False,
        "me": None,
        "community": None,
        "theme": None,
        "return_url": None,
    }
    console = g.get("console") or g.get("refused_console")
    if console is not None:
        shared |= {
            "admin": console.admin,
            "admin_token": console.token,
            "console_sections": CONSOLE_SECTIONS,
            "platform_sections": PLATFORM_SECTIONS,
            "release": release(),
        }
    admission = _admission()
    return shared | _context_of(admission) if admission is not None else shared


def _undo_address() -> str | None:
    """Return where the form of the notice is sent that takes back what was done, None when it offers none."""
    endpoint, names = UNDO.get(request.args.get("done", ""), ("", ()))
    said = request.args.get("of")
    numbers = said.split("-") if said else []
    if not endpoint or len(numbers) != len(names) or not all(map(row_number, numbers)):
        return None
    return url_for(endpoint, **dict(zip(names, numbers, strict=True)))


def _context_of(admission) -> dict:
    member = admission.member
    return {
        "me": people.shown(member.membership, member.user, member.role),
        "community": member.community,
        "can": lambda act: member.may(Act(act)),
        "seat": admission.seat.id,
        "seat_token": admission.token,
        "week": calendar.week_of(member.community, clock.now()),
        "life": life.notice(member.community, clock.now()),
        "return_url": admission.seat.return_url,
        "theme": member.membership.theme,
        "scored": member.scored,
        "shortcuts": member.membership.shortcuts,
        "lms_administrator": member.lms_administrator,
        "muted_until": member.muted_until,
        "frame_origins": admission.seat.frame_origins,
        "notice_undo": _undo_address(),
        "nav_counts": cache(lambda: nav.counts(member, clock.now())),  # once, whatever parts of a page ask
    }


def moment(value: datetime) -> str:
    """Put a moment into words in the community's zone: "today, 14:05", "12 November, 09:00"."""
    zone = ZoneInfo(_zone())
    # Without its zone: two zones' names for one moment are equal, and what is kept is of one of them.
    local = value.astimezone(zone).replace(tzinfo=None)
    return _moment(local, clock.now().astimezone(zone).date(), get_locale())


# Kept, like `_day`: a page says the same moments again and again, and Babel takes its time for each.
@lru_cache(maxsize=4096)
def _moment(local: datetime, today: date, locale: Locale) -> str:
    time = format_time(local, "short", locale=locale)
    if local.date() == today:
        return gettext("today, %(time)s", time=time)
    if (today - local.date()).days == 1:
        return gettext("yesterday, %(time)s", time=time)
    return gettext("%(day)s, %(time)s", day=_day(local.date(), today.year, locale), time=time)


def time_of_day(value: datetime) -> str:
    """Put the time of a moment into words in the community's zone: "10:42"."""
    return format_time(value.astimezone(ZoneInfo(_zone())).replace(tzinfo=None), "short", locale=get_locale())


def day(value: datetime) -> str:
    """Put the day of a moment into words in the community's zone; the year only when it is another one."""
    zone = ZoneInfo(_zone())
    return _day(value.astimezone(zone).date(), clock.now().astimezone(zone).year, get_locale())


def calendar_day(value: date) -> str:
    """Put a day of the calendar into words."""
    return _day(value, clock.now().astimezone(ZoneInfo(_zone())).year, get_locale())


@lru_cache(maxsize=1024)
def _day(local: date, this_year: int, locale: Locale) -> str:
    is_french = locale.language == "fr"
    pattern = "medium" if local.year != this_year else "d MMMM" if is_french else "d MMM"
    said = format_date(local, pattern, locale=locale)
    # Babel knows no ordinals, and French counts the first of a month by one.
    return f"1er{said.removeprefix('1')}" if is_french and local.day == 1 else said


def points(value: Decimal | Fraction | int) -> str:
    """Write a number of points as people of this language do, with two decimals at most."""
    if isinstance(value, Fraction):
        value = round_half_up(value, 2)
    return format_decimal(value, format="#,##0.##", locale=get_locale())


def exactly(value: Fraction | int) -> str:
    """Write a number of the rules as people of this language do, without rounding it."""
    return written(value).replace(".", get_decimal_symbol(get_locale()))
