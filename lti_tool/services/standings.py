"""Everybody who is in a community, in SQL: the role in force of many at once, and what a list is sorted by.

The same rules as `roles` has for one person; a test compares the two. A list of ten thousand cannot be
sorted and counted by what only Python knows.
"""

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    SelectBase,
    String,
    Subquery,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    text,
    union,
)

from lti_tool.extensions import db
from lti_tool.knowledge import folding
from lti_tool.lti.roles import RANKING
from lti_tool.models import Enrolment, Membership, MembershipState, Role, User
from lti_tool.models.person import SAID_TO_BE_STAFF
from lti_tool.services import former_spaces, roles
from lti_tool.services.people import Person

_STAFF_FIRST = (Role.TRAINER, Role.PEDAGOGICAL_LEAD, Role.COMMUNITY_MANAGER, Role.SPONSOR)


def listed_in(community_id: int, now: datetime) -> Subquery:
    """Return the members of a community: `id`, `role` in force, and what `order_of` sorts them by.

    Whoever was removed or has left is not among them, nor is a test user ("student view").
    """
    enrolled = enrolled_in(former_spaces.courses_of(community_id), now)
    role = _role_in_force(enrolled, now).label("role")
    name = _name().label("name")
    return (
        select(
            Membership.id,
            role,
            case(*((role == one, place) for place, one in enumerate(_STAFF_FIRST)), else_=9).label("rank"),
            case((name.is_(None), 1), else_=0).label("nameless"),
            func.coalesce(folded_column(name), "").label("name"),
        )
        .join(User, User.id == Membership.user_id)
        .outerjoin(enrolled, enrolled.c.user_id == Membership.user_id)
        .where(
            Membership.community_id == community_id,
            Membership.state != MembershipState.REMOVED,
            func.coalesce(enrolled.c.test_user, 0) == 0,
            role.is_not(None),
        )
        .subquery("listed")
    )


def order_of(listed: Subquery) -> tuple[ColumnElement, ...]:
    """Staff first, then by name; who has none comes last."""
    return listed.c.rank, listed.c.nameless, listed.c.name, listed.c.id


def place_of(person: Person) -> tuple:
    """Say of somebody who was read what `order_of` says in SQL."""
    rank = _STAFF_FIRST.index(person.role) if person.role in _STAFF_FIRST else 9
    return rank, person.name is None, folding.folded(person.name or ""), person.number


def perhaps_staff(community_id: int) -> CompoundSelect:
    """Return the numbers of the members who may be staff: who was appointed, and whom the LMS said to be.

    Found on indexes of their own, however many learners there are; the role in force is to be looked at.
    """
    appointed = select(Membership.id).where(
        Membership.community_id == community_id, Membership.appointed_role.is_not(None)
    )
    courses = former_spaces.courses_of(community_id)
    said = select(Enrolment.user_id).where(
        Enrolment.course_id.in_(courses), Enrolment.active, text(SAID_TO_BE_STAFF)
    )
    enrolled = select(Membership.id).where(
        Membership.community_id == community_id, Membership.user_id.in_(said)
    )
    return union(appointed, enrolled)


def enrolled_in(courses: SelectBase, now: datetime) -> Subquery:
    """The highest role over the active enrolments of each user in these courses.

    `place`: its place in the ranking from 1, 0 of whoever has left; `test_user`: whether the LMS plays them.
    """
    counts = and_(Enrolment.lower_role.is_not(None), Enrolment.lowered_at <= now - roles.LOWER_LAUNCH_WAITS)
    launched = case((counts, _place(Enrolment.lower_role)), else_=_place(Enrolment.launch_role))
    rostered = _place(Enrolment.roster_role)
    highest = case((launched >= rostered, launched), else_=rostered)
    return (
        select(
            Enrolment.user_id,
            func.max(case((Enrolment.active, highest), else_=0)).label("place"),
            func.max(case((Enrolment.test_user, 1), else_=0)).label("test_user"),
        )
        .where(Enrolment.course_id.in_(courses))
        .group_by(Enrolment.user_id)
        .subquery("enrolled")
    )


def role_at(place: int) -> Role:
    """Return the role at a place in the ranking, from 1."""
    return RANKING[place - 1]


def _place(role: ColumnElement) -> ColumnElement[int]:
    """The place of a role in the ranking, from 1; 0 where there is none."""
    return case(*((role == one, place) for place, one in enumerate(RANKING, start=1)), else_=0)


def _role_in_force(enrolled: Subquery, now: datetime) -> ColumnElement:
    appointed = and_(
        Membership.appointed_role.is_not(None),
        or_(Membership.appointed_until.is_(None), Membership.appointed_until > now),
    )
    role = Membership.appointed_role.type
    by_place = ((enrolled.c.place == place, literal(one, role)) for place, one in enumerate(RANKING, start=1))
    return case((appointed, Membership.appointed_role), *by_place, else_=literal(None, role))


def folded_column(name: ColumnElement) -> ColumnElement:
    """Return a name as `folding.folded` has it (on SQLite by that function, which `transactions` lends it).

    PostgreSQL's `lower` knows what the locale of its database knows, its `unaccent` must be installed, and
    going through a name letter by letter takes time: it is done for names with letters beyond ASCII.
    """
    if db.engine.dialect.name != "postgresql":
        return func.folded(name, type_=String)
    is_ascii = func.octet_length(name) == func.char_length(name)
    small = func.lower(name)
    return case((is_ascii, small), else_=func.lower(func.translate(name, folding.MARKED, folding.PLAIN)))


def _name() -> ColumnElement:
    """What somebody is called, as `people.shown` says it."""
    whole = func.trim(func.coalesce(User.given_name, "") + " " + func.coalesce(User.family_name, ""))
    names = (Membership.pseudonym, User.name, whole)
    return func.coalesce(*(func.nullif(name, "") for name in names))


def called(community_id: int, key: str) -> Select:
    """Select the members of a community, whoever left included, whose name is this one when it is folded."""
    return (
        select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.community_id == community_id, folded_column(_name()) == key)
    )
