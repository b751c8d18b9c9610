"""How a member is shown: name, initials, hue, role."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import contains_eager

from lti_tool.extensions import db
from lti_tool.models import Enrolment, Membership, Role, User
from lti_tool.services import former_spaces, roles

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
    picture: str | None = None  # which of theirs, for its address; None: initials


def shown(membership: Membership, user: User, role: Role | None, *, test_user: bool = False) -> Person:
    """Describe a member for a page."""
    name = membership.pseudonym or name_in_lms(user)
    return Person(
        number=membership.id,
        name=name,
        initials=_initials(name),
        hue=membership.id % HUES + 1,
        role=(role or Role.OBSERVER).value,
        pseudonym=bool(membership.pseudonym),
        test_user=test_user,
        former=user.erased_at is not None,
        picture=picture_version(picture_key(membership, user)),
    )


def name_in_lms(user: User) -> str | None:
    """Return what the LMS calls somebody, None when it sends no name."""
    return user.name or _joined(user.given_name, user.family_name)


def picture_key(membership: Membership, user: User) -> str | None:
    """Return which picture stands for somebody, by its key in the storage: their own, else the LMS's."""
    return membership.picture_key or (None if membership.initials_only else user.picture_key)


def picture_version(key: str | None) -> str | None:
    """Return what tells a picture from the one before it; its key in the storage is nobody's business."""
    return hashlib.sha256(key.encode()).hexdigest()[:12] if key else None


def enrolments_of(community_id: int, user_ids: Iterable[int] | None = None) -> dict[int, list[Enrolment]]:
    """Return the enrolments in a community's courses by user id, in one statement."""
    wanted = select(Enrolment).where(Enrolment.course_id.in_(former_spaces.courses_of(community_id)))
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


def described_in_one(
    numbers: Select | Sequence[int], now: datetime, *order: ColumnElement
) -> dict[int, Person]:
    """Describe the members with these numbers, in an order; one statement, whether there are any or not."""
    courses = former_spaces.courses_of(Membership.community_id)
    wanted = (
        select(Membership, Enrolment)
        .join(Membership.user)
        .outerjoin(Enrolment, and_(Enrolment.user_id == Membership.user_id, Enrolment.course_id.in_(courses)))
        .where(Membership.id.in_(numbers))
        .order_by(*order, Membership.id, Enrolment.id)
        .options(contains_eager(Membership.user))
    )
    found: dict[Membership, list[Enrolment]] = {}
    for membership, enrolment in db.session.execute(wanted):
        found.setdefault(membership, []).extend([enrolment] if enrolment else [])
    return {member.id: _described(member, enrolments, now) for member, enrolments in found.items()}


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
