"""What is known of somebody, for themselves: from where, who can read it, and until when it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.models import Course, Enrolment, Membership, Platform
from lti_tool.services import erasure_requests, person_export, personal_copies
from lti_tool.services.acting import ActingMember
from lti_tool.services.held_kinds import KINDS, OTHER, Group, Kind
from lti_tool.services.personal_copies import CopyView

# What the LMS may say of a person, by its names in LTI, in the order of a page.
_TOLD_BY_THE_LMS = ("name", "given_name", "family_name", "email", "picture", "locale")


@dataclass(frozen=True)
class Line:
    """How many of a kind are held."""

    kind: Kind
    number: int


@dataclass(frozen=True)
class MyData:
    """Everything of an account, whatever community it is opened from.

    `told`: what the LMS said, by its name there. `sub`: what the LMS calls the account. `invited`: they came
    by an invitation, which told it instead.
    """

    platform: str
    sub: str
    invited: bool
    told: Mapping[str, str]
    courses: Sequence[str]
    communities: int
    held: Mapping[Group, Sequence[Line]]
    copy: CopyView | None
    erasure_asked_at: datetime | None


def of(member: ActingMember, now: datetime) -> MyData:
    """Say what is held about a member's account. Eight statements at most."""
    user = member.user
    members = list(db.session.scalars(select(Membership.id).where(Membership.user_id == user.id)))
    theirs = db.session.scalars(select(Enrolment.course_id).where(Enrolment.user_id == user.id)).all()
    wanted = select(Course.title, Course.label, Course.context_id).where(Course.id.in_(theirs))
    courses = [
        row.title or row.label or row.context_id for row in db.session.execute(wanted.order_by(Course.id))
    ]
    return MyData(
        platform=db.session.scalar(select(Platform.name).where(Platform.id == user.platform_id)),
        sub=user.sub,
        invited=user.invited,
        told={name: value for name in _TOLD_BY_THE_LMS if (value := getattr(user, name)) is not None},
        courses=courses,
        communities=len(members),
        held=_held(user.id, members),
        copy=personal_copies.of(user.id, now),
        erasure_asked_at=erasure_requests.asked_at(user.id),
    )


def _held(user_id: int, members: Sequence[int]) -> dict[Group, list[Line]]:
    numbers: dict[Kind, int] = {}
    for table, rows in person_export.counts(user_id, members).items():
        kind = KINDS.get(table, OTHER)
        numbers[kind] = numbers.get(kind, 0) + rows
    lines = [Line(kind, numbers[kind]) for kind in dict.fromkeys([*KINDS.values(), OTHER]) if kind in numbers]
    held = {group: [line for line in lines if line.kind.group is group] for group in Group}
    return {group: found for group, found in held.items() if found}
