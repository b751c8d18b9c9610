"""What staff decide about members: appointments, and what a launch that said less means."""

from datetime import datetime

from sqlalchemy import Select, select

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import Base, db
from lti_tool.models import Course, Enrolment, Membership, MembershipState, Role
from lti_tool.permissions import Act
from lti_tool.services import audit, roles
from lti_tool.services.acting import ActingMember

MAY_BE_APPOINTED = frozenset({Role.COMMUNITY_MANAGER, Role.SPONSOR})


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


def _member_here(member: ActingMember, membership_id: int) -> tuple[Membership, list[Enrolment]]:
    """Return a member and their enrolments here, locked in the order in which a launch locks them."""
    wanted = select(Membership).where(
        Membership.id == membership_id, Membership.community_id == member.community.id
    )
    enrolments = _locked(
        select(Enrolment)
        .join(Course, Course.id == Enrolment.course_id)
        .where(
            Course.community_id == member.community.id,
            Enrolment.user_id == wanted.with_only_columns(Membership.user_id).scalar_subquery(),
        )
        .order_by(Enrolment.id),
        Enrolment,
    )
    found = _locked(wanted, Membership)
    if not found or found[0].state == MembershipState.REMOVED:
        raise NotFound()
    return found[0], enrolments


def _locked(wanted: Select, table: type[Base]) -> list:
    """Return the rows as they are now: a launch may have changed them a moment ago."""
    locked = wanted.with_for_update(of=table).execution_options(populate_existing=True)
    return list(db.session.scalars(locked))
