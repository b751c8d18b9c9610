"""The audit log of a community, as those read it who look after the community."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from lti_tool.models import AuditEntry
from lti_tool.permissions import Act
from lti_tool.services import audit_names, audit_reading
from lti_tool.services.acting import ActingMember
from lti_tool.services.audit import Area
from lti_tool.services.audit_reading import Page, Part, Search

# What happens inside communities; the rest is for administrators.
_INSIDE = (
    *(Area.PEOPLE, Area.SPACE, Area.CONTRIBUTIONS, Area.MODERATION),
    *(Area.GRADING, Area.CONNECTION),
)


@dataclass(frozen=True)
class Filters:
    """What is looked for. `person` is the number of a member who acted, or whom an act is about; 0: anybody.

    The days are those of the community's calendar, both included.
    """

    area: Area | None = None
    person: int = 0
    since: date | None = None
    until: date | None = None


def areas_for(member: ActingMember) -> tuple[Area, ...]:
    """Return the areas that a member may read: marks and scores are for those who give them."""
    return tuple(one for one in _INSIDE if one is not Area.GRADING or member.may(Act.MANAGE_GRADES))


def page_of(member: ActingMember, filters: Filters, before: str | None) -> Page:
    """Return a page of the log. A number of statements that does not depend on its length.

    :raises NotAllowed: for whoever may not read it.
    """
    search = _search(member, filters)
    page = search.page(before, audit_reading.PER_PAGE)
    if not filters.person:
        return page
    here = member.community.id
    person = page.names.get("membership", filters.person) or audit_names.member(filters.person, here)
    return replace(page, person=person)


def everything(member: ActingMember, filters: Filters) -> Iterator[Page]:
    """Go through all that is looked for, a bounded part at a time. Raises as `page_of`, at once."""
    return _search(member, filters).pages()


def _search(member: ActingMember, filters: Filters) -> Search:
    member.must(Act.READ_AUDIT)
    number = member.community.id
    return Search(
        parts=_looked_for(member, filters),
        span=audit_reading.days(filters.since, filters.until, member.community.time_zone),
        names_of=lambda entries: audit_names.of_community(entries, number),
    )


def _looked_for(member: ActingMember, filters: Filters) -> list[Part]:
    """Return what is looked for in parts, each with an index that brings its rows in their order."""
    here = AuditEntry.community_id == member.community.id
    theirs = areas_for(member)
    areas = [one for one in theirs if filters.area in (None, one)]
    if filters.person:
        acted = (AuditEntry.actor_kind == "member", AuditEntry.actor_id == filters.person)
        about = AuditEntry.subject == f"membership:{filters.person}"
        return [
            *audit_reading.by_area(areas, here, *acted),
            *audit_reading.by_area(areas, here, about),
        ]
    # Whoever may read all of it reads what a later release noted, too.
    return [(here,)] if set(areas) == set(_INSIDE) else audit_reading.by_area(areas, here)
