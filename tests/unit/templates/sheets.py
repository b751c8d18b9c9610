"""Templates rendered by themselves: no application, no translation, filters that only show their value."""

from functools import cache
from pathlib import Path

import jinja2

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"


@cache
def environment() -> jinja2.Environment:
    """Return an environment in which the macro files can be called."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    made.install_null_translations(newstyle=True)
    made.filters |= {
        "points": str,
        "exact": str,
        "moment": str,
        "day": str,
        "calendar_day": str,
        "iso": str,
        "markdown": str,
        "excerpt": lambda text, length=280: text[:length],
        "group_name": str,
        "way_back": lambda url, **said: url,
        "named": lambda text: text,
        "time_of_day": str,
        "written_out": lambda text: text or "",
        "file_size": str,
        "below_text": lambda files, text: files,
    }
    made.globals["new_draft_place"] = lambda: "new-1"
    made.globals["static_url"] = lambda path: f"/static/{path}"
    return made


def macros(name: str):
    """Return a template as a module: its macros are attributes."""
    return environment().get_template(name).module


def sources() -> dict[str, str]:
    """Return the text of every template by its path below templates/."""
    found = sorted(TEMPLATES.rglob("*.html"))
    return {str(path.relative_to(TEMPLATES)): path.read_text(encoding="utf-8") for path in found}
