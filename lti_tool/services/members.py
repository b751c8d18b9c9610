"""What staff decide about members: appointments, and what a launch that said less means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select

from lti_tool.errors import NotFound, Stale, Unfit
from lti_tool.extensions import Base, db
from lti_tool.models import Course, Enrolment, Membership, MembershipState, Role
from lti_tool.permissions import Act
from lti_tool.services import audit, parts, people, roles
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person

MAY_BE_APPOINTED = (Role.COMMUNITY_MANAGER, Role.GUEST_EXPERT, Role.SPONSOR)
# Who came by an invitation stays what they were invited for, always to the end of a day.
GUESTS_MAY_BE = (Role.GUEST_EXPERT, Role.SPONSOR)
# Whom the LMS lets in to look on takes part when staff admit them: without a grade, which enrolments decide.
OBSERVER_IS_ADMITTED_AS = Role.LEARNER
LONGEST = timedelta(days=5 * 366)


@dataclass(frozen=True)
class Appointable:
    """Somebody whom staff may appoint, and to what. `until`: the last day of the appointment in force.

    `invited`: they came by an invitation, not from the LMS.
    """

    person: Person
    roles: Sequence[Role]
    appointed: Role | None
    until: date | None
    invited: bool


def appointable(member: ActingMember, membership_id: int, now: datetime) -> Appointable:
    """Return what a member may be appointed to.

    :raises NotFound: no such member here. :raises Stale: staff cannot be appointed to less.
    """
    member.must(Act.APPOINT)
    membership, enrolments = member_here(member, membership_id, locked=False)
    until = membership.appointed_until
    return Appointable(
        person=people.shown(membership, membership.user, roles.in_force(membership, enrolments, now)),
        roles=_may_become(membership, enrolments, now),
        appointed=roles.appointed(membership, now),
        until=until.astimezone(ZoneInfo(member.community.time_zone)).date() if until else None,
        invited=membership.user.invited,
    )


def appoint(
    member: ActingMember, membership_id: int, wanted: str, now: datetime, last_day: date | None = None
) -> Membership:
    """Appoint a member (`wanted`: the role's word), for good or to the end of a day in the community's zone.

    Their enrolment, and whether they are graded, stays.

    :raises NotFound: no such member here, or no role that they may have. :raises Stale: staff cannot be
        appointed to less. :raises Unfit: `last_day`: `in-the-past`, `too-far`, `guests-until`.
    """
    member.must(Act.APPOINT)
    membership, enrolments = member_here(member, membership_id)
    role = next((one for one in _may_become(membership, enrolments, now) if one == wanted), None)
    if role is None:
        raise NotFound("no-such-role")
    if last_day is None and membership.user.invited:
        raise Unfit({"last_day": ["guests-until"]})
    until = end_of_day(last_day, member.community.time_zone, now) if last_day else None
    before = roles.in_force(membership, enrolments, now)
    membership.appointed_role = role
    membership.appointed_by_id = member.id
    membership.appointed_at, membership.appointed_until = now, until
    told = {"role": role.value, "before": before.value if before else None}
    if last_day:
        told["until"] = last_day.isoformat()
    audit.record(member, "member.appointed", f"membership:{membership.id}", now, **told)
    return membership


def _may_become(membership: Membership, enrolments: Sequence[Enrolment], now: datetime) -> Sequence[Role]:
    if membership.user.invited:
        return GUESTS_MAY_BE
    highest = roles.highest(enrolments, now)
    if highest in roles.STAFF:
        raise Stale("staff-already")
    if highest is Role.OBSERVER:
        return (OBSERVER_IS_ADMITTED_AS, *MAY_BE_APPOINTED)
    return MAY_BE_APPOINTED


def end_of_day(day: date, zone: str, now: datetime) -> datetime:
    """Return the last second of a day by the clock of a zone.

    :raises Unfit: `last_day`: `in-the-past`, `too-far`.
    """
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)
    if end <= now:
        raise Unfit({"last_day": ["in-the-past"]})
    if end > now + LONGEST:
        raise Unfit({"last_day": ["too-far"]})
    return end - timedelta(seconds=1)


def end_appointment(member: ActingMember, membership_id: int, now: datetime) -> Membership:
    """End an appointment: the role goes back to what the LMS says."""
    member.must(Act.APPOINT)
    membership, _ = member_here(member, membership_id)
    ended = roles.appointed(membership, now)
    if ended is not None:
        membership.appointed_until = now
        subject = f"membership:{membership.id}"
        audit.record(member, "member.appointment-ended", subject, now, role=ended.value)
    return membership


def confirm_role(member: ActingMember, membership_id: int, now: datetime) -> None:
    """Let a launch that said less count for the enrolment: staff confirm that it was no role switch.

    Of a divided course it is confirmed for all its spaces, in whichever it is said.
    """
    member.must(Act.APPOINT)
    if member.whole_course_id is not None:
        parts.locked(member.whole_course_id)
    membership, enrolments = member_here(member, membership_id)
    if member.is_in_part:
        theirs = (Enrolment.user_id == membership.user_id, Enrolment.course_id == member.whole_course_id)
        enrolments = db.session.scalars(select(Enrolment).where(*theirs)).all()
    for enrolment in enrolments:
        if enrolment.lower_role is not None:
            before = enrolment.launch_role
            enrolment.launch_role, enrolment.launch_roles = enrolment.lower_role, enrolment.lower_roles
            enrolment.launch_custom, enrolment.launched_at = enrolment.lower_custom, enrolment.lowered_at
            enrolment.lower_role = enrolment.lower_custom = enrolment.lower_roles = enrolment.lowered_at = (
                None
            )
            audit.record(
                member,
                "enrolment.role-confirmed",
                f"membership:{membership.id}",
                now,
                before=before.value,
                after=enrolment.launch_role.value,
            )
    if member.whole_course_id is not None:
        db.session.flush()
        parts.align(member.whole_course_id, now, membership.user_id)


def member_here(
    member: ActingMember, membership_id: int, *, removed: bool = False, locked: bool = True
) -> tuple[Membership, list[Enrolment]]:
    """Return a member and their enrolments here, locked in the order in which a launch locks them.

    :param removed: also somebody whom staff removed. :param locked: False for a page that only shows.
    :raises NotFound: no such member here.
    """
    read = _locked if locked else _read
    wanted = select(Membership).where(
        Membership.id == membership_id, Membership.community_id == member.community.id
    )
    enrolments = read(
        select(Enrolment)
        .join(Course, Course.id == Enrolment.course_id)
        .where(
            Course.community_id == member.community.id,
            Enrolment.user_id == wanted.with_only_columns(Membership.user_id).scalar_subquery(),
        )
        .order_by(Enrolment.id),
        Enrolment,
    )
    found = read(wanted, Membership)
    if not found or (found[0].state == MembershipState.REMOVED and not removed):
        raise NotFound()
    return found[0], enrolments


def _read(wanted: Select, table: type[Base]) -> list:
    return list(db.session.scalars(wanted))


def _locked(wanted: Select, table: type[Base]) -> list:
    """Return the rows as they are now: a launch may have changed them a moment ago."""
    locked = wanted.with_for_update(of=table).execution_options(populate_existing=True)
    return list(db.session.scalars(locked))
