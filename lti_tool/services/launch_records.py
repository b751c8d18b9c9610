"""The launch log as administrators read it: their launches, one after the other, newest first."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import Course, Deployment, LaunchRecord, Platform
from lti_tool.services import administered
from lti_tool.services.administrators import ActingAdministrator

PER_PAGE = 50
OUTCOMES = ("admitted", "refused")
_REFERENCE = re.compile(r"(?:CV-?)?([0-9A-Z]{4})-?([0-9A-Z]{4})")


@dataclass(frozen=True)
class Filters:
    """What is looked for: a platform's number, an outcome, a code. None: any."""

    platform_id: int | None = None
    outcome: str | None = None
    code: str | None = None


@dataclass(frozen=True)
class Line:
    """One launch as the list shows it."""

    reference: str
    at: datetime
    outcome: str
    code: str | None
    platform: str | None
    deployment: str | None
    course: str | None


@dataclass(frozen=True)
class Page:
    """A page of the log, newest first; `older` is what to ask for to go on, None at its end."""

    lines: tuple[Line, ...]
    older: int | None


@dataclass(frozen=True)
class Entry:
    """One launch with everything that is kept of it."""

    record: LaunchRecord
    platform: Platform | None
    course: str | None


def page_of(admin: ActingAdministrator, filters: Filters, before: int | None) -> Page:
    """Return a page of the launches that this administrator may see. One statement.

    :param before: the number that the page before this one ended with.
    """
    wanted = _theirs(
        select(
            LaunchRecord.id,
            LaunchRecord.reference,
            LaunchRecord.at,
            LaunchRecord.outcome,
            LaunchRecord.code,
            Platform.name,
            LaunchRecord.deployment,
            Course.title,
        ),
        admin,
    )
    for column, value in (
        (LaunchRecord.platform_id, filters.platform_id),
        (LaunchRecord.outcome, filters.outcome),
        (LaunchRecord.code, filters.code),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if before is not None:
        wanted = wanted.where(LaunchRecord.id < before)
    found = db.session.execute(wanted.order_by(LaunchRecord.id.desc()).limit(PER_PAGE + 1)).all()
    lines = tuple(Line(*row[1:]) for row in found[:PER_PAGE])
    return Page(lines, found[PER_PAGE - 1].id if len(found) > PER_PAGE else None)


def entry(admin: ActingAdministrator, reference: str) -> Entry:
    """Return one launch by its reference, as people pass it on: in any case, with or without its dashes.

    :raises NotFound: there is none, or it is not theirs.
    """
    written = as_written(reference)
    wanted = _theirs(select(LaunchRecord, Platform, Course.title), admin)
    row = (
        db.session.execute(wanted.where(LaunchRecord.reference == written)).one_or_none() if written else None
    )
    if row is None:
        raise NotFound("no-such-launch")
    return Entry(*row)


def spelt(admin: ActingAdministrator, typed: str) -> str | None:
    """Return the reference that somebody typed as it stands in the log; None when none of theirs has it."""
    try:
        return entry(admin, typed).record.reference
    except NotFound:
        return None


def as_written(typed: str) -> str | None:
    """Return a reference as it stands in the log; None when it cannot be one."""
    letters = _REFERENCE.fullmatch("".join(typed.split()).upper())
    return f"CV-{letters[1]}-{letters[2]}" if letters else None


def last_of(deployment: Deployment, most: int) -> list[LaunchRecord]:
    """Return the last launches of one deployment, newest first. One statement."""
    return list(
        db.session.scalars(
            select(LaunchRecord)
            .where(
                LaunchRecord.platform_id == deployment.platform_id,
                LaunchRecord.deployment == deployment.deployment_id,
            )
            .order_by(LaunchRecord.id.desc())
            .limit(most)
        )
    )


def is_theirs(admin: ActingAdministrator) -> ColumnElement[bool]:
    """Whether a launch names a deployment of theirs, or one that nobody has at a platform wholly theirs.

    To be used beside `LaunchRecord` and `Platform`.
    """
    if admin.operator:
        return true()
    if not admin.organisation_ids:
        return false()
    named = and_(
        Deployment.platform_id == LaunchRecord.platform_id,
        Deployment.deployment_id == LaunchRecord.deployment,
        Deployment.organisation_id.in_(admin.organisation_ids),
    )
    return or_(exists().where(named).correlate(LaunchRecord), administered.is_whole_of(admin))


def _theirs(wanted: Select, admin: ActingAdministrator) -> Select:
    joined = (
        wanted.select_from(LaunchRecord)
        .outerjoin(Platform, Platform.id == LaunchRecord.platform_id)
        .outerjoin(Course, Course.id == LaunchRecord.course_id)
    )
    return joined.where(is_theirs(admin))
