"""The list of members: a part of it at a time, however many people the LMS sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Subquery, and_, func, not_, select, true, tuple_
from sqlalchemy.orm import joinedload

from lti_tool.extensions import db
from lti_tool.knowledge.cleaning import clean_name
from lti_tool.knowledge.folding import folded
from lti_tool.lti.roles import parse
from lti_tool.models import Course, Enrolment, Membership, Role
from lti_tool.permissions import Act
from lti_tool.services import course_groups, people, roles, subgroups, topic_help
from lti_tool.services.acting import ActingMember
from lti_tool.services.course_groups import CourseGroupView
from lti_tool.services.people import Person
from lti_tool.services.standings import listed_in, order_of, perhaps_staff, place_of

PAGE = 100
# What staff are asked to check, and who is named to those who only pass by: the first few.
MOST_TO_CHECK, MOST_STAFF = 20, 50
LONGEST_SEARCH = 100

EVERYBODY = "everybody"
# What the list can be narrowed to, in the order of the page; what nobody is in is not offered.
GROUPS: Mapping[str, frozenset[Role]] = {
    "learners": frozenset({Role.LEARNER}),
    "staff": roles.STAFF | {Role.COMMUNITY_MANAGER},
    "sponsors": frozenset({Role.SPONSOR}),
    "others": frozenset({Role.GUEST_EXPERT, Role.OBSERVER}),
}


@dataclass(frozen=True)
class Origin:
    """Where a role came from.

    An appointment, an invitation, a launch, the roster, a launch that said less, a test user.
    """

    code: str
    raw_roles: list[str]
    by: Person | None
    at: datetime | None
    until: datetime | None
    course: str | None


@dataclass(frozen=True)
class Lowered:
    """A later launch said less than the role in force; staff may confirm it."""

    role: str
    at: datetime


@dataclass(frozen=True)
class MemberRow:
    """One line of the members page."""

    person: Person
    origin: Origin
    scored: bool
    last_seen_at: datetime | None  # None for those who may not see it
    awaited: bool  # only a roster names them: they never came; False for those who may not see it
    joined_at: datetime
    lowered: Lowered | None
    may_appoint: bool
    appointed: bool
    invited: bool  # by mail: no LMS knows them
    groups: Sequence[CourseGroupView]  # of the LMS; none for those who do not look after the list
    asks_about: str | None  # what they like to be asked
    helps: Sequence[str]  # the topics that they chose to show


@dataclass(frozen=True)
class MemberPage:
    """A part of the list.

    `counts` are of everybody, by group and EVERYBODY; `matching` counts what was asked for. `following` is
    the number of the member after whom the next part begins, None at the end.
    """

    rows: Sequence[MemberRow]
    to_check: Sequence[MemberRow]
    counts: Mapping[str, int]
    matching: int
    group: str
    search: str
    following: int | None


def page_of(
    member: ActingMember,
    group: str,
    search: str,
    after: int,
    now: datetime,
    subgroup: int = 0,
    outside: bool = False,
) -> MemberPage:
    """Return a part of the members of a member's community: staff first, then everybody by name.

    Test users ("student view") are not listed. A constant number of statements.

    :param group: one of GROUPS, or anything else for everybody; :param search: part of a name.
    :param after: the number of the member after whom it begins; 0, and whom nobody knows, for the beginning.
    :param subgroup: a sub-group that they are in, 0 for any; `outside`: that they could be in and are not.
    """
    member.must(Act.READ)
    group = group if group in GROUPS else EVERYBODY
    search = clean_name(search, LONGEST_SEARCH)
    listed = listed_in(member.community.id, now)
    wanted = and_(_in_group(listed, group), _is_called(listed, search))
    if subgroup:
        inside = listed.c.id.in_(subgroups.members_of(subgroup))
        wanted = and_(wanted, and_(not_(inside), subgroups.may_be_in(member, listed)) if outside else inside)
    counts = _counts(listed, wanted)
    found = db.session.scalars(
        select(listed.c.id)
        .where(wanted, _is_after(listed, after))
        .order_by(*order_of(listed))
        .limit(PAGE + 1)
    ).all()
    shown, rest = found[:PAGE], found[PAGE:]
    to_check = _to_check(member, listed, now) if member.may(Act.APPOINT) else []
    rows = _rows(member, {*shown, *to_check}, now)
    return MemberPage(
        rows=[rows[number] for number in shown],
        to_check=[rows[number] for number in to_check],
        counts=counts.by_group,
        matching=counts.matching,
        group=group,
        search=search,
        following=shown[-1] if rest else None,
    )


def staff_of(member: ActingMember, now: datetime) -> list[Person]:
    """Return the trainers, leads and managers whose space this is; an observer may see these names.

    One statement, in which learners are not looked at.
    """
    found = people.described_in_one(perhaps_staff(member.community.id), now).values()
    staff = [one for one in found if one.role in GROUPS["staff"] and not one.test_user]
    shown = sorted(staff, key=place_of)[:MOST_STAFF]
    # Pictures are for those who may read here.
    return shown if member.may(Act.READ) else [replace(person, picture=None) for person in shown]


def called(member: ActingMember, search: str, at_most: int, now: datetime) -> list[Person]:
    """Return the members with this in their names, the first of the list. Three statements."""
    search = clean_name(search, LONGEST_SEARCH)
    if not search:
        return []
    listed = listed_in(member.community.id, now)
    wanted = select(listed.c.id).where(_is_called(listed, search)).order_by(*order_of(listed)).limit(at_most)
    numbers = db.session.scalars(wanted).all()
    persons = people.described(_memberships(numbers), now)
    return [persons[number] for number in numbers]


def _in_group(listed: Subquery, group: str) -> ColumnElement[bool]:
    return listed.c.role.in_(GROUPS[group]) if group in GROUPS else true()


def _is_called(listed: Subquery, search: str) -> ColumnElement[bool]:
    return listed.c.name.contains(folded(search), autoescape=True) if search else true()


def _is_after(listed: Subquery, after: int) -> ColumnElement[bool]:
    """What comes after a member in the order of the list, wherever in it they are now."""
    place = db.session.execute(select(*order_of(listed)).where(listed.c.id == after)).one_or_none()
    return tuple_(*order_of(listed)) > tuple_(*place) if after and place else true()


@dataclass(frozen=True)
class _Counts:
    by_group: Mapping[str, int]
    matching: int


def _counts(listed: Subquery, wanted: ColumnElement[bool]) -> _Counts:
    counted = select(
        func.count(),
        func.count().filter(wanted),
        *(func.count().filter(_in_group(listed, group)) for group in GROUPS),
    ).select_from(listed)
    everybody, matching, *in_groups = db.session.execute(counted).one()
    by_group = {EVERYBODY: everybody} | dict(zip(GROUPS, in_groups, strict=True))
    return _Counts(by_group, matching)


def _to_check(member: ActingMember, listed: Subquery, now: datetime) -> Sequence[int]:
    """Return about whom a later launch said less that does not count yet: the first few of the list."""
    wanted = (
        select(listed.c.id)
        .join(Membership, Membership.id == listed.c.id)
        .join(Enrolment, Enrolment.user_id == Membership.user_id)
        .join(Course, Course.id == Enrolment.course_id)
        .where(
            Course.community_id == member.community.id,
            Enrolment.active,
            Enrolment.lower_role.is_not(None),
            Enrolment.lowered_at > now - roles.LOWER_LAUNCH_WAITS,
        )
        .group_by(*order_of(listed))
        .order_by(*order_of(listed))
        .limit(MOST_TO_CHECK)
    )
    return db.session.scalars(wanted).all()


def _rows(member: ActingMember, numbers: set[int], now: datetime) -> dict[int, MemberRow]:
    memberships = _memberships(numbers)
    users = [membership.user_id for membership in memberships]
    enrolments = people.enrolments_of(member.community.id, users)
    titles = _course_titles(member.community.id)
    groups = _groups(member, numbers)
    helps = topic_help.names_of(member.community.id, numbers)
    rows = (
        _row(member, one, enrolments.get(one.user_id, []), titles, groups.get(one.id, ()), now)
        for one in memberships
    )
    return {row.person.number: replace(row, helps=helps.get(row.person.number, ())) for row in rows}


def _groups(member: ActingMember, numbers: set[int]) -> dict[int, list[CourseGroupView]]:
    """Return the groups in which these members are in the LMS, for staff: learners are told of none."""
    if not member.may(Act.READ_ROSTER):
        return {}
    here = course_groups.of_community(member.community.id)
    are_in = course_groups.of_members(member.community.id, numbers)
    return {number: [group for group in here if group.id in theirs] for number, theirs in are_in.items()}


def _memberships(numbers: Sequence[int] | set[int]) -> list[Membership]:
    wanted = (
        select(Membership)
        .where(Membership.id.in_(numbers))
        .options(joinedload(Membership.user), joinedload(Membership.appointed_by).joinedload(Membership.user))
    )
    return list(db.session.scalars(wanted))


def _course_titles(community_id: int) -> dict[int, str]:
    wanted = select(Course.id, Course.title, Course.label).where(Course.community_id == community_id)
    return {row.id: row.title or row.label or "" for row in db.session.execute(wanted)}


def _row(
    member: ActingMember,
    membership: Membership,
    enrolments: list[Enrolment],
    titles: dict,
    groups: Sequence[CourseGroupView],
    now: datetime,
) -> MemberRow:
    role = roles.in_force(membership, enrolments, now)
    waiting = (one for one in enrolments if one.active and roles.lower_launch_waits(one, now))
    lowered = next(waiting, None)
    sees_visits = member.may(Act.SEE_VISITS)
    return MemberRow(
        person=people.shown(membership, membership.user, role),
        origin=_origin(membership, enrolments, titles, now),
        scored=roles.is_scored(enrolments, now),
        last_seen_at=membership.last_seen_at if sees_visits else None,
        awaited=sees_visits and membership.last_seen_at is None,
        joined_at=membership.joined_at,
        lowered=Lowered(lowered.lower_role.value, lowered.lowered_at) if lowered else None,
        may_appoint=member.may(Act.APPOINT) and role not in roles.STAFF,
        appointed=roles.appointed(membership, now) is not None,
        invited=membership.user.invited,
        groups=groups,
        asks_about=membership.asks_about,
        helps=(),
    )


def _origin(membership: Membership, enrolments: list[Enrolment], titles: dict, now: datetime) -> Origin:
    if roles.appointed(membership, now) is not None:
        by = membership.appointed_by
        return Origin(
            code="invited" if membership.user.invited else "appointed",
            raw_roles=_names(enrolments[0].launch_roles) if enrolments else [],
            by=people.shown(by, by.user, None) if by else None,
            at=membership.appointed_at,
            until=membership.appointed_until,
            course=None,
        )
    decisive = max(
        (one for one in enrolments if one.active),
        key=lambda one: roles.of_enrolment(one, now) == roles.highest(enrolments, now),
    )
    return _origin_of(decisive, titles, now)


def _origin_of(enrolment: Enrolment, titles: dict, now: datetime) -> Origin:
    role = roles.of_enrolment(enrolment, now)
    only_listed = enrolment.listed and not enrolment.launch_roles
    if enrolment.roster_role == role and (enrolment.launch_role != role or only_listed):
        code, raw, at = "roster", enrolment.roster_roles, enrolment.rostered_at
    elif enrolment.lower_role == role and enrolment.launch_role != role:
        code, raw, at = "lowered", enrolment.lower_roles, enrolment.lowered_at
    else:
        code, raw, at = "launch", enrolment.launch_roles, enrolment.launched_at
    title = titles.get(enrolment.course_id) if len(titles) > 1 else None
    return Origin(code=code, raw_roles=_names(raw), by=None, at=at, until=None, course=title)


def _names(raw_roles: list[str] | None) -> list[str]:
    """Return the short names of the context roles that the LMS sent, for people to read."""
    parsed = map(parse, raw_roles or [])
    return list(dict.fromkeys(one.sub or one.base for one in parsed if one.scope == "context"))
