"""A space as an archive to be taken along: pages that any browser reads, the same as JSON, and its files.

Made while it is sent, from one short reading after the other: it may be larger than what fits in memory.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from io import RawIOBase
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo
from zoneinfo import ZoneInfo

from flask import Response, render_template
from flask_babel import get_locale
from markupsafe import Markup

from lti_tool import settings
from lti_tool.downloads import ZIP, download
from lti_tool.knowledge import markdown, mentions
from lti_tool.knowledge.mentions import Mentioned
from lti_tool.mentioned import name_of
from lti_tool.services import space_export, storage
from lti_tool.services.people import Person
from lti_tool.services.space_export import KeptFile, Page, Thread
from lti_tool.transactions import reading

FORMAT, VERSION = "community-value-space", 1
Entry = tuple[str, Iterable[bytes]]


def archive(member, now: datetime) -> Response:
    """Return everything that was written in the space of a member as a ZIP archive."""
    name = f"space-{member.community.id}-{now:%Y-%m-%d}.zip"
    return download(_zipped(_entries(member, now), now), ZIP, name)


class _Outlet(RawIOBase):
    """What the archive is written into, and taken out of again, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _zipped(entries: Iterator[Entry], now: datetime) -> Iterator[bytes]:
    outlet = _Outlet()
    with ZipFile(outlet, "w", ZIP_DEFLATED) as made:
        for name, pieces in entries:
            about = ZipInfo(name, now.timetuple()[:6])
            about.compress_type = ZIP_DEFLATED
            with made.open(about, "w", force_zip64=True) as entry:
                for piece in pieces:
                    entry.write(piece)
                    yield outlet.taken()
    yield outlet.taken()


def _entries(member, now: datetime) -> Iterator[Entry]:
    with reading():
        name, zone = member.community.name, member.community.time_zone
        charters = space_export.charters(member)
    about = {"name": name, "zone": zone, "now": now, "language": str(get_locale())}
    listed, last = [], 0
    while last is not None:
        with reading():
            page = space_export.page_after(member, last)
        for thread in page.threads:
            listed.append(thread)
            shown = _in_html(page)
            yield f"threads/{thread.number}.html", [_page("thread", thread=thread, html=shown, **about)]
            yield f"threads/{thread.number}.json", [_json(_as_json(thread, page))]
            yield from _files_of(thread)
        last = page.last
    head = {"format": FORMAT, "version": VERSION, "exported_at": now, "name": name, "time_zone": zone}
    threads = [{"number": one.number, "kind": one.kind, "title": one.title} for one in listed]
    versions = [asdict(one) for one in charters]
    yield "space.json", [_json(head | {"charter": versions, "threads": threads})]
    yield "index.html", [_page("index", threads=listed, charters=charters, html=_plainly, **about)]
    yield "style.css", [(settings.directory("static") / "css" / "archive.css").read_bytes()]


def _page(template: str, **values: object) -> bytes:
    local = ZoneInfo(str(values["zone"]))
    words = values | {"local": lambda at: at.astimezone(local), "name_of": name_of, "file_name": file_name}
    return render_template(f"life/archive/{template}.html", **words).encode()


def _in_html(page: Page) -> Callable[[str], Markup]:
    """Return what makes safe HTML of a text in which people of these threads are mentioned."""
    people = {number: Mentioned(name_of(person)) for number, person in page.mentioned.items()}
    return lambda text: Markup(markdown.render(text, people))


def _plainly(text: str) -> Markup:
    return Markup(markdown.render(text))


def _as_json(thread: Thread, page: Page) -> dict[str, object]:
    """Return a thread with people by number and name, and mentions by name."""
    names = {number: name_of(person) for number, person in page.mentioned.items()}
    told = asdict(thread) | {"author": _who(thread.author), "files": [_file(one) for one in thread.files]}
    told |= {"body": mentions.read_aloud(thread.body, names)}
    told["parts"] = {part: mentions.read_aloud(text, names) for part, text in thread.parts.items()}
    told["replies"] = [
        asdict(reply)
        | {"author": _who(reply.author), "files": [_file(one) for one in reply.files]}
        | {"body": mentions.read_aloud(reply.body, names)}
        for reply in thread.replies
    ]
    return told


def _who(person: Person) -> dict[str, object]:
    return {"number": person.number, "name": None if person.former else person.name}


def _file(file: KeptFile) -> dict[str, object]:
    return {"path": file_name(file), "name": file.name, "alt": file.alt}


def file_name(file: KeptFile) -> str:
    """Return where a file stands in the archive; its name was made harmless when it was brought."""
    return f"files/{file.number}-{file.name}"


def _files_of(thread: Thread) -> Iterator[Entry]:
    for file in (*thread.files, *(one for reply in thread.replies for one in reply.files)):
        size = storage.size(file.key)
        if size is not None:  # taken away since
            yield file_name(file), storage.pieces(file.key, 0, size)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=datetime.isoformat).encode()
