"""Which role is in force: computed from what the LMS said and what staff decided, never stored."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from lti_tool.lti.roles import higher
from lti_tool.models import Enrolment, Membership, MembershipState, Role

# A launch that says less becomes the enrolment's when no higher one came for this long after it (DESIGN 3).
LOWER_LAUNCH_WAITS = timedelta(days=30)
STAFF = frozenset({Role.TRAINER, Role.PEDAGOGICAL_LEAD})


def of_enrolment(enrolment: Enrolment, now: datetime) -> Role:
    """Return the higher of the roster's role and of the last launch's that counts."""
    launched = enrolment.launch_role
    if enrolment.lower_role and not lower_launch_waits(enrolment, now):
        launched = enrolment.lower_role
    return higher(launched, enrolment.roster_role) if enrolment.roster_role else launched


def lower_launch_waits(enrolment: Enrolment, now: datetime) -> bool:
    """Tell whether a later launch said less and does not count yet: staff may confirm it."""
    return enrolment.lower_role is not None and now - enrolment.lowered_at < LOWER_LAUNCH_WAITS


def appointed(membership: Membership, now: datetime) -> Role | None:
    """Return the appointed role while the appointment is valid."""
    if membership.appointed_role is None:
        return None
    if membership.appointed_until is not None and membership.appointed_until <= now:
        return None
    return membership.appointed_role


def in_force(membership: Membership, enrolments: Iterable[Enrolment], now: datetime) -> Role | None:
    """Return a member's role in a community, or None for somebody who is not (or no longer) a member."""
    if membership.state == MembershipState.REMOVED:
        return None
    return appointed(membership, now) or highest(enrolments, now)


def muted_until(membership: Membership, now: datetime) -> datetime | None:
    """Return until when staff let a member read only, None when they do not, or no longer."""
    until = membership.muted_until if membership.state == MembershipState.MUTED else None
    return until if until is not None and until > now else None


def highest(enrolments: Iterable[Enrolment], now: datetime) -> Role | None:
    """Return the highest role over the active enrolments, None when there is none."""
    role = None
    for enrolment in enrolments:
        if enrolment.active:
            mine = of_enrolment(enrolment, now)
            role = mine if role is None else higher(role, mine)
    return role


def of_seat(
    seat_role: Role, membership: Membership, enrolments: Iterable[Enrolment], now: datetime
) -> Role | None:
    """Return the role in which a seat acts: a launch that said less lowers its own seat (DESIGN 6)."""
    if membership.state == MembershipState.REMOVED:
        return None
    enrolled = highest(enrolments, now)
    by_appointment = appointed(membership, now)
    if by_appointment is not None:
        return by_appointment
    if enrolled is None:
        return None
    return seat_role if higher(seat_role, enrolled) == enrolled else enrolled


def is_scored(enrolments: Iterable[Enrolment], now: datetime) -> bool:
    """Tell whether somebody is graded: the enrolments decide, not an appointment (DESIGN 6).

    Nobody with a staff role in an active enrolment is scored; neither is a test user.
    """
    active = [enrolment for enrolment in enrolments if enrolment.active]
    roles = {of_enrolment(enrolment, now) for enrolment in active}
    if any(enrolment.test_user for enrolment in active) or roles & STAFF:
        return False
    return Role.LEARNER in roles
