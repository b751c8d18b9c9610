"""Every version of a community's rules: who decided it, when, why, what it changed, what was foreseen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.grading.catalogue import Difference, differences
from lti_tool.grading.policy import Policy
from lti_tool.models import GradingPolicy, Membership
from lti_tool.permissions import Act
from lti_tool.services import people
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person
from lti_tool.services.policies import SHOWN_KINDS, Calendar


@dataclass(frozen=True)
class Foreseen:
    """What the preview said when a version was confirmed."""

    learners: int
    moved: int
    gained: int
    lost: int
    lowest: Decimal
    highest: Decimal
    before: tuple[int, ...]
    after: tuple[int, ...]
    maximum: Decimal


@dataclass(frozen=True)
class Version:
    """One version of the rules; `differences` are to the version before it, none for the first."""

    number: int
    by: Person
    at: datetime
    reason: str | None
    policy: Policy
    differences: tuple[Difference, ...]
    weeks_before: Calendar | None  # where the weeks were laid out anew
    weeks: Calendar | None
    foreseen: Foreseen | None
    in_force: bool


def history(member: ActingMember, now: datetime) -> list[Version]:
    """Return the versions of the rules, the latest first; two statements.

    :raises NotFound: grading is off.
    """
    member.must(Act.MANAGE_GRADES)
    rows = list(
        db.session.scalars(
            select(GradingPolicy)
            .where(GradingPolicy.community_id == member.community.id)
            .options(joinedload(GradingPolicy.decided_by).joinedload(Membership.user))
            .order_by(GradingPolicy.version)
        )
    )
    if not rows:
        raise NotFound("grading-off")
    deciders = people.described([row.decided_by for row in rows], now)
    read = [Policy.from_settings(row.settings) for row in rows]
    versions = [
        _version(row, policy, before, deciders[row.decided_by_id], in_force=row is rows[-1])
        for row, policy, before in zip(rows, read, [None, *read], strict=False)
    ]
    return versions[::-1]


def _version(
    row: GradingPolicy, policy: Policy, before: Policy | None, by: Person, *, in_force: bool
) -> Version:
    weeks = row.calendar
    return Version(
        number=row.version,
        by=by,
        at=row.decided_at,
        reason=row.reason,
        policy=policy,
        differences=() if before is None else differences(before, policy, SHOWN_KINDS),
        weeks_before=_calendar(weeks["was"]) if weeks else None,
        weeks=_calendar(weeks) if weeks else None,
        foreseen=_foreseen(row.foreseen) if row.foreseen else None,
        in_force=in_force,
    )


def _calendar(record: Mapping[str, Any]) -> Calendar:
    return Calendar(date.fromisoformat(record["starts_on"]), record["weeks"], record["zone"])


def _foreseen(record: Mapping[str, Any]) -> Foreseen:
    return Foreseen(
        learners=record["learners"],
        moved=record["moved"],
        gained=record["gained"],
        lost=record["lost"],
        lowest=Decimal(record["lowest"]),
        highest=Decimal(record["highest"]),
        before=tuple(record["before"]),
        after=tuple(record["after"]),
        maximum=Decimal(record["maximum"]),
    )
