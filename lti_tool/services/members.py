"""The members of a community: who is here, where each role came from, appointments."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.lti.roles import parse
from lti_tool.models import Course, Enrolment, Membership, MembershipState, Role
from lti_tool.permissions import Act
from lti_tool.services import audit, people, roles
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person

MAY_BE_APPOINTED = frozenset({Role.COMMUNITY_MANAGER, Role.SPONSOR})


@dataclass(frozen=True)
class Origin:
    """Where a role came from: an appointment, a launch, the roster, a launch that said less, a test user."""

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
    joined_at: datetime
    lowered: Lowered | None
    may_appoint: bool
    appointed: bool


def members_of(member: ActingMember, now: datetime) -> list[MemberRow]:
    """Return everybody in the member's community, staff first, then by name. Four statements.

    Test users ("student view") are not listed.
    """
    member.must(Act.READ)
    memberships = _memberships(member.community.id)
    enrolments = people.enrolments_of(member.community.id)
    titles = _course_titles(member.community.id)
    rows = []
    for membership in memberships:
        theirs = enrolments.get(membership.user_id, [])
        role = roles.in_force(membership, theirs, now)
        test_user = any(one.test_user for one in theirs)
        if role is None or test_user:
            continue
        rows.append(_row(member, membership, theirs, role, titles, now))
    return sorted(rows, key=_staff_first)


def _memberships(community_id: int) -> list[Membership]:
    wanted = (
        select(Membership)
        .where(Membership.community_id == community_id)
        .options(joinedload(Membership.user), joinedload(Membership.appointed_by).joinedload(Membership.user))
    )
    return list(db.session.scalars(wanted))


def _course_titles(community_id: int) -> dict[int, str]:
    wanted = select(Course.id, Course.title, Course.label).where(Course.community_id == community_id)
    return {row.id: row.title or row.label or "" for row in db.session.execute(wanted)}


def _row(member, membership, enrolments, role, titles, now) -> MemberRow:
    lowered = next((one for one in enrolments if one.active and one.lower_role), None)
    appointed = roles.appointed(membership, now) is not None
    return MemberRow(
        person=people.shown(membership, membership.user, role),
        origin=_origin(membership, enrolments, titles, now),
        scored=roles.is_scored(enrolments, now),
        last_seen_at=membership.last_seen_at if member.may(Act.SEE_VISITS) else None,
        joined_at=membership.joined_at,
        lowered=Lowered(lowered.lower_role.value, lowered.lowered_at) if lowered else None,
        may_appoint=member.may(Act.APPOINT) and role not in roles.STAFF,
        appointed=appointed,
    )


def _origin(membership: Membership, enrolments: list[Enrolment], titles: dict, now: datetime) -> Origin:
    if roles.appointed(membership, now) is not None:
        by = membership.appointed_by
        return Origin(
            code="appointed",
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
    if enrolment.roster_role == role and enrolment.launch_role != role:
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


def _staff_first(row: MemberRow) -> tuple:
    order = [Role.TRAINER, Role.PEDAGOGICAL_LEAD, Role.COMMUNITY_MANAGER, Role.SPONSOR]
    rank = order.index(row.person.role) if row.person.role in order else len(order)
    return rank, (row.person.name or "￿").casefold(), row.person.number


def appoint(member: ActingMember, membership_id: int, wanted: str, now: datetime) -> Membership:
    """Appoint a member community manager or sponsor (`wanted`: the role's word).

    Their enrolment, and whether they are graded, stays.

    :raises NotFound: no such member here. :raises Stale: staff cannot be appointed to less.
    """
    member.must(Act.APPOINT)
    role = next((one for one in MAY_BE_APPOINTED if one == wanted), None)
    if role is None:
        raise NotFound("no-such-role")
    membership, enrolments = _member_here(member, membership_id)
    if roles.highest(enrolments, now) in roles.STAFF:
        raise Stale("staff-already")
    before = roles.in_force(membership, enrolments, now)
    membership.appointed_role = role
    membership.appointed_by_id = member.id
    membership.appointed_at, membership.appointed_until = now, None
    audit.record(
        member, "member.appointed", f"membership:{membership.id}", now, role=role.value, before=before.value
    )
    return membership


def end_appointment(member: ActingMember, membership_id: int, now: datetime) -> Membership:
    """End an appointment: the role goes back to what the LMS says."""
    member.must(Act.APPOINT)
    membership, _ = _member_here(member, membership_id)
    ended = roles.appointed(membership, now)
    if ended is not None:
        membership.appointed_until = now
        subject = f"membership:{membership.id}"
        audit.record(member, "member.appointment-ended", subject, now, role=ended.value)
    return membership


def confirm_role(member: ActingMember, membership_id: int, now: datetime) -> None:
    """Let a launch that said less count for the enrolment: staff confirm that it was no role switch."""
    member.must(Act.APPOINT)
    membership, enrolments = _member_here(member, membership_id)
    for enrolment in enrolments:
        if enrolment.lower_role is not None:
            before = enrolment.launch_role
            enrolment.launch_role, enrolment.launch_roles = enrolment.lower_role, enrolment.lower_roles
            enrolment.launched_at = enrolment.lowered_at
            enrolment.lower_role = enrolment.lower_roles = enrolment.lowered_at = None
            audit.record(
                member,
                "enrolment.role-confirmed",
                f"membership:{membership.id}",
                now,
                before=before.value,
                after=enrolment.launch_role.value,
            )


def staff_of(member: ActingMember, now: datetime) -> list[Person]:
    """Return the trainers, leads and managers whose space this is; an observer may see these names."""
    memberships = _memberships(member.community.id)
    enrolments = people.enrolments_of(member.community.id)
    staff = roles.STAFF | {Role.COMMUNITY_MANAGER}
    shown = []
    for membership in memberships:
        role = roles.in_force(membership, enrolments.get(membership.user_id, ()), now)
        if role in staff:
            shown.append(people.shown(membership, membership.user, role))
    return shown


def _member_here(member: ActingMember, membership_id: int) -> tuple[Membership, list[Enrolment]]:
    wanted = select(Membership).where(
        Membership.id == membership_id, Membership.community_id == member.community.id
    )
    membership = db.session.scalars(wanted.with_for_update(of=Membership)).one_or_none()
    if membership is None or membership.state == MembershipState.REMOVED:
        raise NotFound()
    enrolments = people.enrolments_of(member.community.id, [membership.user_id])
    return membership, enrolments.get(membership.user_id, [])
