"""French and English of the LMS's own pages: English texts are the keys, French comes from `french.py`."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask, request, session

from demo_lms.french import FRENCH
from demo_lms.web import the_lms

LANGUAGES = ("en", "fr")
MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
}


def language() -> str:
    """The language of this page: the one chosen in this browser, else the browser's own, else English."""
    chosen = session.get("language")
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES, "en")


def translate(text: str, **values: object) -> str:
    """An interface text in the language of the page, its %(names)s filled in."""
    told = FRENCH[text] if language() == "fr" and text in FRENCH else text
    return told % values if values else told


def shown_number(number: float) -> str:
    """A grade as people write it: at most two decimals, none when it is whole, French comma."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if language() == "fr" else text


def shown_moment(moment: datetime) -> str:
    """Day and time in the zone of the LMS."""
    local = moment.astimezone(ZoneInfo(the_lms().settings.time_zone))
    month = MONTHS[language()][local.month - 1]
    return f"{local.day} {month} {local.year}, {local:%H:%M:%S}"


def install_language(app: Flask) -> None:
    """Give the templates `_`, `language` and the filters `number` and `moment`."""
    app.jinja_env.globals.update(_=translate, language=language)
    app.jinja_env.filters.update(number=shown_number, moment=shown_moment)
