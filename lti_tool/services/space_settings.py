"""How a community is arranged, as far as one page of settings goes."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lti_tool import settings
from lti_tool.errors import Unfit
from lti_tool.permissions import Act
from lti_tool.services import audit, preferences
from lti_tool.services.acting import ActingMember

MEGABYTE = 1_000_000  # as pages write sizes
LONGEST_TARGET = 24 * 14  # hours


@dataclass(frozen=True)
class SpaceSettings:
    """What staff set; limits in megabytes, None: as the settings of the installation say."""

    name: str
    answer_target_hours: int
    file_limit: int | None
    storage_limit: int | None
    time_zone: str | None = None
    mails_off: bool = False


def current(member: ActingMember) -> SpaceSettings:
    """Return the settings in force, for those who may change them."""
    member.must(Act.ARRANGE)
    community = member.community
    return SpaceSettings(
        name=community.name,
        answer_target_hours=community.answer_target_hours,
        file_limit=_in_megabytes(community.file_limit),
        storage_limit=_in_megabytes(community.storage_limit),
        time_zone=community.time_zone,
        mails_off=community.mails_off,
    )


@dataclass(frozen=True)
class Limits:
    """The highest value of each number, files in whole megabytes as far as the installation goes."""

    target_hours: int
    file: int
    storage: int


def limits() -> Limits:
    """Return how far the settings of a space can go."""
    chosen = settings.current()
    return Limits(
        target_hours=LONGEST_TARGET,
        file=max(1, chosen.file_limit // MEGABYTE),
        storage=max(1, chosen.storage_limit // MEGABYTE),
    )


def change(member: ActingMember, wanted: SpaceSettings, now: datetime) -> None:
    """Put other settings in force; what stays as it was is not noted.

    The time zone is for those who may set it; from others it is left aside.

    :raises Unfit: a limit beyond that of the installation, which would hold all the same.
    """
    member.must(Act.ARRANGE)
    most = limits()
    beyond = {
        "file_limit": (wanted.file_limit, most.file),
        "storage_limit": (wanted.storage_limit, most.storage),
    }
    problems = {name: ["out-of-range"] for name, (value, limit) in beyond.items() if (value or 0) > limit}
    if problems:
        raise Unfit(problems)
    community = member.community
    values = {
        "name": wanted.name,
        "answer_target_hours": wanted.answer_target_hours,
        "file_limit": _in_bytes(wanted.file_limit),
        "storage_limit": _in_bytes(wanted.storage_limit),
        "mails_off": wanted.mails_off,
    }
    changed = {name: value for name, value in values.items() if getattr(community, name) != value}
    if changed:
        before = {name: getattr(community, name) for name in changed}
        for name, value in changed.items():
            setattr(community, name, value)
        audit.record(
            member, "community.arranged", f"community:{community.id}", now, before=before, after=changed
        )
    if wanted.time_zone and member.may(Act.SET_ZONE) and wanted.time_zone != community.time_zone:
        preferences.set_time_zone(member, wanted.time_zone, now)


def used_megabytes(member: ActingMember) -> Decimal:
    """Return how much the files of the community take."""
    return Decimal(member.community.stored_bytes) / MEGABYTE


def _in_megabytes(limit: int | None) -> int | None:
    return None if limit is None else limit // MEGABYTE


def _in_bytes(limit: int | None) -> int | None:
    return None if limit is None else limit * MEGABYTE
