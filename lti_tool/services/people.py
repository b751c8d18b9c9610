"""How a member is shown: name, initials, hue, role."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.models import Course, Enrolment, Membership, Role, User
from lti_tool.services import roles

HUES = 6


@dataclass(frozen=True)
class Person:
    """A member as others see them. `name` is None when the LMS sends none: the page then says "Member 12".

    `former`: they were erased; the page says "A former member" of all of them.
    """

    number: int
    name: str | None
    initials: str
    hue: int
    role: str
    pseudonym: bool = False
    test_user: bool = False  # the LMS's "student view": marked wherever it writes
    former: bool = False


def shown(membership: Membership, user: User, role: Role | None, *, test_user: bool = False) -> Person:
    """Describe a member for a page."""
    name = membership.pseudonym or user.name or _joined(user.given_name, user.family_name)
    return Person(
        number=membership.id,
        name=name,
        initials=_initials(name),
        hue=membership.id % HUES + 1,
        role=(role or Role.OBSERVER).value,
        pseudonym=bool(membership.pseudonym),
        test_user=test_user,
        former=user.erased_at is not None,
    )


def enrolments_of(community_id: int, user_ids: Iterable[int] | None = None) -> dict[int, list[Enrolment]]:
    """Return the enrolments in a community's courses by user id, in one statement."""
    wanted = (
        select(Enrolment)
        .join(Course, Course.id == Enrolment.course_id)
        .where(Course.community_id == community_id)
    )
    if user_ids is not None:
        wanted = wanted.where(Enrolment.user_id.in_(set(user_ids)))
    found: dict[int, list[Enrolment]] = {}
    for enrolment in db.session.scalars(wanted):
        found.setdefault(enrolment.user_id, []).append(enrolment)
    return found


def described(memberships: Iterable[Membership], now: datetime) -> dict[int, Person]:
    """Describe members of one community, whose users are loaded, by membership id; one statement."""
    members = list({membership.id: membership for membership in memberships}.values())
    if not members:
        return {}
    enrolments = enrolments_of(members[0].community_id, [member.user_id for member in members])
    return {member.id: _described(member, enrolments.get(member.user_id, []), now) for member in members}


def _described(member: Membership, enrolments: list[Enrolment], now: datetime) -> Person:
    role = roles.in_force(member, enrolments, now)
    return shown(member, member.user, role, test_user=any(one.test_user for one in enrolments))


def _joined(given: str | None, family: str | None) -> str | None:
    return " ".join(part for part in (given, family) if part) or None


def _initials(name: str | None) -> str:
    """Take two letters: of the first two words, or the first two of a single word."""
    if not name:
        return ""
    letters = ["".join(filter(str.isalnum, word)) for word in name.split()]
    letters = [word for word in letters if word]
    if len(letters) > 1:
        return (letters[0][0] + letters[1][0]).upper()
    return letters[0][:2].capitalize() if letters else ""
