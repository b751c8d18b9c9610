"""Looking through the audit log: the newest entries of what somebody may read, each by an index of its own.

What is looked for falls into parts, one for each area and each index that brings its rows in their order; of
each part no more is read than one page, however large the log.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, select, true, union

from lti_tool.extensions import db
from lti_tool.models import AuditEntry
from lti_tool.services import audit, cursors
from lti_tool.services.audit import Area
from lti_tool.services.audit_names import Named, Names

PER_PAGE = 50
# Entries of an export that are in memory at once.
AT_ONCE = 500
# SQLite joins five hundred parts at most.
_MOST_PARTS = 300

Part = Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class Span:
    """The moments that are looked at, from the first until just before the second; None: without an end."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Page:
    """Entries of the log, newest first, with the names of whatever they mention.

    `older` is the cursor of what comes after them, None at the end; `person` is who is looked for, if any.
    """

    entries: Sequence[AuditEntry]
    names: Names
    older: str | None
    person: Named | None = None


@dataclass(frozen=True)
class Search:
    """What is looked for, by somebody who may: it holds no row, and outlives the request's transaction."""

    parts: Sequence[Part]
    span: Span
    names_of: Callable[[Sequence[AuditEntry]], Names]

    def page(self, before: str | None, most: int) -> Page:
        """Return the entries after a cursor, with what they mention."""
        found = newest(self.parts, self.span, before, most)
        return Page(found.entries, self.names_of(found.entries), found.older)

    def pages(self) -> Iterator[Page]:
        """Go through all entries, a bounded part at a time."""
        page = self.page(None, AT_ONCE)
        yield page
        while page.older is not None:
            page = self.page(page.older, AT_ONCE)
            yield page


@dataclass(frozen=True)
class Found:
    """Entries, newest first; `older` is the cursor of what comes after them, None at the end."""

    entries: Sequence[AuditEntry]
    older: str | None


def days(first: date | None, last: date | None, zone: str) -> Span:
    """Return the moments from the beginning of a day to the end of another, as the clocks of a zone say."""
    return Span(_midnight(first, zone), _midnight(last + timedelta(days=1) if last else None, zone))


def _midnight(day: date | None, zone: str) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC) if day else None


def by_area(areas: Iterable[Area], *conditions: ColumnElement[bool]) -> list[Part]:
    """Return the parts of these areas. The last is of entries that an old process wrote without one."""
    wanted = tuple(areas)
    if not wanted:
        return []
    told: list[Part] = [(*conditions, AuditEntry.area == area.value) for area in wanted]
    untold = (*conditions, AuditEntry.area == audit.UNTOLD, audit.begins_in(wanted))
    return [*told, untold]


def newest(parts: Sequence[Part], span: Span, before: str | None, most: int) -> Found:
    """Return the newest entries of these parts. One statement, but for an administrator of many schools."""
    ends = [*range(0, len(parts), _MOST_PARTS), len(parts)]
    found = [
        entry for first, end in pairwise(ends) for entry in _newest(parts[first:end], span, before, most + 1)
    ]
    found.sort(key=lambda entry: (entry.at, entry.id), reverse=True)
    shown = found[:most]
    return Found(shown, cursors.cursor(shown[-1].at, shown[-1].id) if len(found) > most else None)


def _newest(parts: Sequence[Part], span: Span, before: str | None, most: int) -> Sequence[AuditEntry]:
    when = and_(_inside(span), cursors.older(before, AuditEntry.at, AuditEntry.id))
    newest_first = (AuditEntry.at.desc(), AuditEntry.id.desc())
    each = (
        select(AuditEntry.at, AuditEntry.id).where(*part, when).order_by(*newest_first).limit(most).subquery()
        for part in parts
    )
    # Not UNION ALL: what somebody did to themselves is in two parts.
    together = union(*(select(part.c.at, part.c.id) for part in each)).subquery()
    page = select(together.c.id).order_by(together.c.at.desc(), together.c.id.desc()).limit(most).subquery()
    wanted = select(AuditEntry).join(page, page.c.id == AuditEntry.id).order_by(*newest_first)
    return db.session.scalars(wanted).all()


def _inside(span: Span) -> ColumnElement[bool]:
    since = AuditEntry.at >= span.since if span.since else true()
    return and_(since, AuditEntry.at < span.until if span.until else true())
