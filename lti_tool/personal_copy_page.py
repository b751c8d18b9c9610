"""The readable page of a copy of somebody's data: written by a worker in their language, whole in itself."""

from flask import current_app, g
from flask_babel import force_locale

from lti_tool.services import held_kinds
from lti_tool.services.preferences import LANGUAGES
from lti_tool.settings import directory

# What is read as a text of its own, and not as a row of values.
_WRITTEN = ("post", "comment")
# Numbers that say something to the database alone.
_LEFT_OUT = frozenset({"id", "user_id", "member_id", "membership_id", "author_id", "lease"})


def written(told: dict, locale: str) -> dict[str, str]:
    """Return the page and its style by the names of their files; `told` comes from `person_export`."""
    language = locale if locale in LANGUAGES else "en"
    with force_locale(language):
        g.pop("catalogue", None)
        page = current_app.jinja_env.get_template("my_data/copy.html").render(
            told=told,
            language=language,
            posts=told["held"].get("post", []),
            comments=told["held"].get("comment", []),
            others=[
                (held_kinds.KINDS.get(table, held_kinds.OTHER).key, [_said(row) for row in rows])
                for table, rows in told["held"].items()
                if table not in _WRITTEN
            ],
            account=_said(told["person"]),
        )
    g.pop("catalogue", None)
    style = (directory("static") / "css" / "copy.css").read_text(encoding="utf-8")
    return {"index.html": page, "style.css": style}


def _said(row: dict) -> dict:
    """Leave out what is empty and what is but a number."""
    return {
        name: value
        for name, value in row.items()
        if name not in _LEFT_OUT and value not in (None, "", [], {})
    }
