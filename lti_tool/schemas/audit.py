"""What an address says that somebody looks for in the audit log. What nobody understands narrows nothing."""

from collections.abc import Mapping
from datetime import date

from lti_tool.schemas.fields import row_number
from lti_tool.services import audit_console, audit_log
from lti_tool.services.audit import Area

# The next day's midnight of every zone is still a day that can be written.
_FIRST, _LAST = date(1970, 1, 2), date(9999, 12, 29)


def filters_of(told: Mapping[str, str]) -> audit_log.Filters:
    """Read what is looked for in a community."""
    return audit_log.Filters(
        _area(told), row_number(told.get("person")), _day(told, "from"), _day(told, "to")
    )


def console_filters_of(told: Mapping[str, str]) -> audit_console.Filters:
    """Read what an administrator looks for."""
    organisation = row_number(told.get("organisation"))
    return audit_console.Filters(_area(told), organisation, _day(told, "from"), _day(told, "to"))


def asked_in(filters: audit_log.Filters | audit_console.Filters) -> dict[str, str | int]:
    """Return the query of an address that asks for this: what narrows nothing is left out."""
    named = {"since": "from", "until": "to"}
    told = {named.get(name, name): value for name, value in vars(filters).items() if value}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in told.items()}


def _area(told: Mapping[str, str]) -> Area | None:
    return next((one for one in Area if one.value == told.get("area")), None)


def _day(told: Mapping[str, str], name: str) -> date | None:
    try:
        found = date.fromisoformat(told.get(name, ""))
    except ValueError:
        return None
    return found if _FIRST <= found <= _LAST else None
