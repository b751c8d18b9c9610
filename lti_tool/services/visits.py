"""Visits: what came since a member's last one is new to them."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, case

from lti_tool.extensions import UTCDateTime
from lti_tool.models import Membership

# A launch after this much silence begins a new visit: what came since the last one is new.
VISIT_ENDS_AFTER = timedelta(minutes=30)
# What `begin_visit` says, in SQL: a launch costs one statement for a member, new or not.
VISIT_ENDED = (
    (
        "last_visit_at",
        case(
            (Membership.last_seen_at < bindparam("silent_since", type_=UTCDateTime), Membership.last_seen_at),
            else_=Membership.last_visit_at,
        ),
    ),
)


def visiting(now: datetime) -> dict[str, datetime]:
    """Return what `VISIT_ENDED` has to be told."""
    return {"silent_since": now - VISIT_ENDS_AFTER}


def begin_visit(membership: Membership, now: datetime) -> None:
    """Note that the member is here; after a silence, what came since their last visit counts as new."""
    seen = membership.last_seen_at
    if seen is not None and now - seen > VISIT_ENDS_AFTER:
        membership.last_visit_at = seen
    membership.last_seen_at = now
