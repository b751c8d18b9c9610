"""The append-only audit log, as it is written. How it is read: `audit_log` and `audit_console`."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, literal, or_, select, update

from lti_tool.extensions import db
from lti_tool.models import AuditEntry, Community
from lti_tool.services.acting import ActingMember


class Area(StrEnum):
    """What an act belongs to; in the order in which pages offer them."""

    PEOPLE = "people"
    SPACE = "space"
    CONTRIBUTIONS = "contributions"
    MODERATION = "moderation"
    GRADING = "grading"
    CONNECTION = "connection"
    INSTALLATION = "installation"


# By what an act begins with: "member.appointed". Whoever writes an act of a new kind says here where it
# belongs; what is about somebody's score belongs to grading, which trainers alone read.
AREA_OF = {
    "member": Area.PEOPLE,
    "guest": Area.PEOPLE,
    "enrolment": Area.PEOPLE,
    "roster": Area.PEOPLE,
    "person": Area.PEOPLE,
    "privacy": Area.PEOPLE,
    "community": Area.SPACE,
    "charter": Area.SPACE,
    "subgroup": Area.SPACE,
    "part": Area.SPACE,
    "activity": Area.CONTRIBUTIONS,
    "moderation": Area.MODERATION,
    "grade": Area.GRADING,
    "grading": Area.GRADING,
    "question": Area.GRADING,
    "platform": Area.CONNECTION,
    "deployment": Area.CONNECTION,
    "course": Area.CONNECTION,
    "administrator": Area.INSTALLATION,
    "keys": Area.INSTALLATION,
}
# What a process of the release before writes, while both run.
UNTOLD = ""


def area_of(act: str) -> Area:
    """Return what an act belongs to.

    :raises KeyError: `AREA_OF` does not know what it begins with.
    """
    return AREA_OF[act.partition(".")[0]]


def begins_in(areas: Iterable[Area]) -> ColumnElement[bool]:
    """Whether an entry's act begins as those of these areas do; to be used where `area` says nothing."""
    wanted = set(areas)
    beginnings = [prefix for prefix, area in AREA_OF.items() if area in wanted]
    return or_(*(AuditEntry.act.like(f"{prefix}.%") for prefix in beginnings))


def tell_areas() -> None:
    """Write down the areas of entries that a process of the release before has written without."""
    untold = and_(AuditEntry.area == UNTOLD, begins_in(Area))
    if db.session.scalars(select(AuditEntry.id).where(untold).limit(1)).first() is None:
        return
    told = case(*((begins_in([area]), literal(area.value)) for area in Area))
    db.session.execute(
        update(AuditEntry).where(untold).values(area=told).execution_options(synchronize_session=False)
    )


def record(member: ActingMember, act: str, subject: str, now: datetime, **detail: object) -> None:
    """Note who did what to whom in a community. Actors and subjects by id; `detail` must be JSON."""
    community = member.community
    record_in_community(member.id, act, subject, now, community.organisation_id, community.id, **detail)


def record_in_community(
    membership_id: int,
    act: str,
    subject: str,
    now: datetime,
    organisation_id: int,
    community_id: int | None,
    **detail: object,
) -> None:
    """Note it of somebody who acts before there is an `ActingMember`: during a launch."""
    _add(now, act, "member", membership_id, organisation_id, subject, detail, community_id)


def record_administration(
    administrator_id: int | None,
    act: str,
    subject: str,
    now: datetime,
    organisation_id: int | None,
    **detail: object,
) -> None:
    """Note what somebody did in the console; `administrator_id` None: an operator, from the command line."""
    if administrator_id is None:
        record_operation(act, subject, now, organisation_id, **detail)
        return
    _add(now, act, "administrator", administrator_id, organisation_id, subject, detail)


def record_operation(
    act: str, subject: str, now: datetime, organisation_id: int | None, **detail: object
) -> None:
    """Note what an operator did from the command line."""
    _add(now, act, "operator", None, organisation_id, subject, detail)


def record_by_clock(community: Community, act: str, now: datetime, **detail: object) -> None:
    """Note what the tool itself did with a community when its time had come."""
    about = f"community:{community.id}"
    _add(now, act, "system", None, community.organisation_id, about, detail, community.id)


def record_account(
    user_id: int, act: str, subject: str | None, now: datetime, organisation_id: int | None
) -> None:
    """Note what somebody did of whom only the LMS's account is known."""
    _add(now, act, "account", user_id, organisation_id, subject, {})


def _add(
    now: datetime,
    act: str,
    actor_kind: str,
    actor_id: int | None,
    organisation_id: int | None,
    subject: str | None,
    detail: dict[str, object],
    community_id: int | None = None,
) -> None:
    db.session.add(
        AuditEntry(
            at=now,
            act=act,
            area=area_of(act).value,
            actor_kind=actor_kind,
            actor_id=actor_id,
            organisation_id=organisation_id,
            community_id=community_id,
            subject=subject,
            detail=detail or None,
        )
    )
