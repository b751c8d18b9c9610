"""The audit log as administrators read it: what concerns their organisations; operators: everything.

Nothing of marks and scores is in it, and nobody of a community is named: that is for the community's staff.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.models import AuditEntry, Organisation
from lti_tool.services import audit_names, audit_reading
from lti_tool.services.administrators import ActingAdministrator, LookedAfter
from lti_tool.services.audit import Area
from lti_tool.services.audit_reading import Page, Part, Search

AREAS = tuple(one for one in Area if one is not Area.GRADING)
# The clock of the console.
ZONE = "UTC"


@dataclass(frozen=True)
class Filters:
    """What is looked for: an area, an organisation by its number (0: any), days, both included."""

    area: Area | None = None
    organisation: int = 0
    since: date | None = None
    until: date | None = None


def organisations(admin: ActingAdministrator) -> Sequence[LookedAfter]:
    """Return the organisations that an administrator may choose from, by name."""
    wanted = select(Organisation.id, Organisation.name).order_by(Organisation.name, Organisation.id)
    if not admin.operator:
        wanted = wanted.where(Organisation.id.in_(admin.organisation_ids))
    return [LookedAfter(row.id, row.name) for row in db.session.execute(wanted)]


def page_of(admin: ActingAdministrator, filters: Filters, before: str | None) -> Page:
    """Return a page of what this administrator may see.

    :raises NotFound: the organisation is not theirs.
    """
    return _search(admin, filters).page(before, audit_reading.PER_PAGE)


def everything(admin: ActingAdministrator, filters: Filters) -> Iterator[Page]:
    """Go through all that is looked for, a bounded part at a time. Raises as `page_of`, at once."""
    return _search(admin, filters).pages()


def _search(admin: ActingAdministrator, filters: Filters) -> Search:
    if filters.organisation:
        admin.must_see(filters.organisation)
    return Search(
        parts=_looked_for(admin, filters),
        span=audit_reading.days(filters.since, filters.until, ZONE),
        names_of=audit_names.of_console,
    )


def _looked_for(admin: ActingAdministrator, filters: Filters) -> list[Part]:
    areas = [one for one in AREAS if filters.area in (None, one)]
    if admin.operator and not filters.organisation:
        return audit_reading.by_area(areas)
    theirs = [filters.organisation] if filters.organisation else sorted(admin.organisation_ids)
    return [
        part
        for number in theirs
        for part in audit_reading.by_area(areas, AuditEntry.organisation_id == number)
    ]
