"""Staff let a member read only for a time, or end a membership; both are taken back by staff, too.

A roster or a launch brings nobody back whom staff removed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, literal_column, or_, select
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotAllowed, NotFound
from lti_tool.extensions import db
from lti_tool.models import Enrolment, MeasureAct, MemberMeasure, Membership, MembershipState, Role, User
from lti_tool.permissions import Act, who_may
from lti_tool.services import audit, cells, members, parts, people, roles, telling
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person

DAYS = (1, 3, 7, 14, 30)
MOST_SHOWN = 100
# The act of the table that each takes.
_TAKES = {
    MeasureAct.MUTED: Act.MUTE,
    MeasureAct.UNMUTED: Act.MUTE,
    MeasureAct.REMOVED: Act.EXCLUDE,
    MeasureAct.READMITTED: Act.EXCLUDE,
}
# As the index of those few says it.
_NOT_ACTIVE = Membership.state != literal_column("'active'", Membership.state.type)
MEASURES = tuple(one.value for one in MeasureAct)


@dataclass(frozen=True)
class Measure:
    """What somebody fills in: a MeasureAct value, why, and for how many days of a muting."""

    act: str
    reason: str
    days: int | None = None


@dataclass(frozen=True)
class MeasureView:
    """A decision about a member as they and staff read it."""

    act: str
    by: Person
    at: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True)
class Standing:
    """A member with what was decided about them; `possible` is what the reader may decide now."""

    person: Person
    mine: bool
    removed: bool
    muted_until: datetime | None
    measures: Sequence[MeasureView] = ()
    possible: Sequence[str] = ()


def decide(member: ActingMember, number: int, wanted: Measure, now: datetime) -> None:
    """Mute a member, end that, remove them from the community, or let them in again.

    To decide what holds already changes nothing, but for how long somebody is muted.

    :raises NotFound: there is no such member here, or they were erased.
    :raises NotAllowed: it is oneself, or somebody on whom staff of this role do not decide.
    """
    act = MeasureAct(wanted.act)
    member.must(_TAKES[act])
    membership, enrolments = members.member_here(member, number, removed=True)
    if membership.user.erased_at is not None:
        raise NotFound()
    _must_be_theirs_to_decide(member, membership, enrolments, now)
    until = now + timedelta(days=wanted.days or 0) if act is MeasureAct.MUTED else None
    if not _carry_out(membership, act, until, now):
        return
    if act in (MeasureAct.REMOVED, MeasureAct.READMITTED):
        db.session.flush()
        parts.align_in(member.community.id, membership.user_id, now)
    measure = MemberMeasure(
        community_id=member.community.id,
        member_id=membership.id,
        act=act,
        done_by_id=member.id,
        at=now,
        until=until,
        reason=wanted.reason,
    )
    db.session.add(measure)
    db.session.flush()
    if act is not MeasureAct.REMOVED:  # who is removed reads nothing here: their next launch says so
        telling.of_measure(member, measure, now)
    more = {"until": until.isoformat()} if until is not None else {}
    subject = f"membership:{membership.id}"
    audit.record(member, f"moderation.member-{act.value}", subject, now, reason=wanted.reason, **more)


def _must_be_theirs_to_decide(
    member: ActingMember, membership: Membership, enrolments: list[Enrolment], now: datetime
) -> None:
    """Refuse about oneself, about trainers and leads, and to community managers about one another."""
    if membership.id == member.id:
        raise NotAllowed("own-measure", who=["others"])
    if roles.highest(enrolments, now) in roles.STAFF:
        raise NotAllowed("measure-of-staff", who=[])
    appointed = roles.appointed(membership, now)
    if appointed is Role.COMMUNITY_MANAGER and not member.may(Act.EXCLUDE):
        raise NotAllowed(who=who_may(Act.EXCLUDE, member.community.state))


def _carry_out(membership: Membership, act: MeasureAct, until: datetime | None, now: datetime) -> bool:
    """Change what holds; tell whether anything did."""
    muted = roles.muted_until(membership, now) is not None
    is_removed = membership.state == MembershipState.REMOVED
    if act is MeasureAct.MUTED and not is_removed:
        membership.state, membership.muted_until = MembershipState.MUTED, until
        return True
    if act is MeasureAct.UNMUTED and muted:
        membership.state, membership.muted_until = MembershipState.ACTIVE, None
        return True
    if act is MeasureAct.REMOVED and not is_removed:
        membership.state, membership.muted_until = MembershipState.REMOVED, None
        return True
    if act is MeasureAct.READMITTED and is_removed:
        membership.state = MembershipState.ACTIVE
        db.session.flush()
        # Nothing was kept up of somebody who was not here.
        cells.mark_ready(membership.community_id, membership.id, now)
        return True
    return False


def standing(member: ActingMember, number: int, now: datetime) -> Standing:
    """Return what was decided about a member: for themselves, and for staff. Five statements.

    :raises NotFound: there is no such member here, or they were erased. :raises NotAllowed: for others.
    """
    member.must(Act.READ)
    if number != member.id:
        member.must(Act.MUTE)
    wanted = select(Membership).where(Membership.id == number, Membership.community_id == member.community.id)
    membership = db.session.scalars(wanted.options(joinedload(Membership.user))).one_or_none()
    if membership is None or membership.user.erased_at is not None:
        raise NotFound()
    found = _measures_of(number)
    persons = people.described([membership, *(one.done_by for one in found)], now)
    return Standing(
        person=persons[number],
        mine=number == member.id,
        removed=membership.state == MembershipState.REMOVED,
        muted_until=roles.muted_until(membership, now),
        measures=[
            MeasureView(one.act.value, persons[one.done_by_id], one.at, one.until, one.reason)
            for one in found
        ],
        possible=_possible(member, membership, now),
    )


def _measures_of(number: int) -> list[MemberMeasure]:
    wanted = select(MemberMeasure).where(MemberMeasure.member_id == number)
    with_names = joinedload(MemberMeasure.done_by).joinedload(Membership.user)
    latest = wanted.order_by(MemberMeasure.id.desc()).limit(MOST_SHOWN)
    return list(db.session.scalars(latest.options(with_names)))


def _possible(member: ActingMember, membership: Membership, now: datetime) -> tuple[MeasureAct, ...]:
    enrolments = people.enrolments_of(member.community.id, [membership.user_id]).get(membership.user_id, [])
    try:
        _must_be_theirs_to_decide(member, membership, enrolments, now)
    except NotAllowed:
        return ()
    if membership.state == MembershipState.REMOVED:
        acts = (MeasureAct.READMITTED,)
    elif roles.muted_until(membership, now) is not None:
        acts = (MeasureAct.UNMUTED, MeasureAct.MUTED, MeasureAct.REMOVED)
    else:
        acts = (MeasureAct.MUTED, MeasureAct.REMOVED)
    return tuple(act for act in acts if member.may(_TAKES[act]))


def restricted(member: ActingMember, now: datetime) -> list[Standing]:
    """Return who may read only, or was removed, for staff. Two statements.

    Whoever was erased is among neither.
    """
    member.must(Act.MUTE)
    muted = and_(Membership.state == MembershipState.MUTED, Membership.muted_until > now)
    wanted = (
        select(Membership)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.community_id == member.community.id,
            _NOT_ACTIVE,
            User.erased_at.is_(None),
            or_(muted, Membership.state == MembershipState.REMOVED),
        )
        .order_by(Membership.id)
        .limit(MOST_SHOWN)
        .options(joinedload(Membership.user))
    )
    found = list(db.session.scalars(wanted))
    persons = people.described(found, now)
    return [
        Standing(
            person=persons[one.id],
            mine=False,
            removed=one.state == MembershipState.REMOVED,
            muted_until=roles.muted_until(one, now),
        )
        for one in found
    ]
