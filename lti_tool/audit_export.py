"""The audit log as files: what is looked for, all of it, an entry a row."""

import json
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from flask import Response
from flask_babel import get_locale

from lti_tool import audit_words
from lti_tool.downloads import CSV, JSON, download
from lti_tool.services import evidence_tables
from lti_tool.services.audit_reading import Page

# In this order; the headings of the table are the words of the JSON.
COLUMNS = (
    "number", "at", "area", "act", "actor_kind", "actor_number", "who", "sentence", "notes", "reason",
    "subject", "community", "organisation", "detail",
)  # fmt: skip


def as_csv(pages: Iterable[Page], name: str, zone: str, *, in_console: bool = False) -> Response:
    """Return a table for spreadsheets of the reader's language; nothing in it is taken for a formula."""
    rows = (list(_in_cells(entry)) for entry in _entries(pages, zone, in_console))
    return download(evidence_tables.csv_pieces(_below(COLUMNS, rows), str(get_locale())), CSV, f"{name}.csv")


def as_json(pages: Iterable[Page], name: str, zone: str, *, in_console: bool = False) -> Response:
    """Return the same as JSON, for programs."""
    head = {"language": str(get_locale()), "time_zone": zone}
    return download(_json_pieces(head, _entries(pages, zone, in_console)), JSON, f"{name}.json")


def _below(headings: Iterable[str], rows: Iterable[list]) -> Iterator[list]:
    yield list(headings)
    yield from rows


def _json_pieces(head: dict, entries: Iterable[dict]) -> Iterator[str]:
    yield json.dumps(head, ensure_ascii=False).removesuffix("}") + ', "entries": ['
    separator = "\n"
    for entry in entries:
        yield separator + json.dumps(entry, ensure_ascii=False)
        separator = ",\n"
    yield "\n]}\n"


def _in_cells(entry: dict) -> Iterator[object]:
    for name in COLUMNS:
        value = entry[name]
        if name == "notes":
            yield "; ".join(value)
        elif name == "detail":
            yield json.dumps(value, ensure_ascii=False) if value else None
        else:
            yield value


def _entries(pages: Iterable[Page], zone: str, in_console: bool) -> Iterator[dict]:
    local = ZoneInfo(zone)
    for page in pages:
        tell = audit_words.tell(page, in_console=in_console)
        for entry in page.entries:
            yield _written(entry, tell(entry), local)


def _written(entry, told: audit_words.Told, local: ZoneInfo) -> dict:
    return {
        "number": entry.id,
        "at": entry.at.astimezone(local).isoformat(),
        "area": audit_words.area_of(entry),
        "act": entry.act,
        "actor_kind": entry.actor_kind,
        "actor_number": entry.actor_id,
        "who": str(told.sentence.values["who"]),
        "sentence": str(told.sentence),
        "notes": [str(note) for note in told.notes],
        "reason": told.reason,
        "subject": entry.subject,
        "community": entry.community_id,
        "organisation": entry.organisation_id,
        "detail": entry.detail,
    }
