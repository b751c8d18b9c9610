"""The life of a community: where it is, the dates set in advance, and what the clock does about them.

Draft, preparing, open, closed, archived, purged. Trainers and leads move it by hand or set dates; a worker
carries these out. `Community.due_at` says when it has to look next: one index, however many there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from lti_tool.errors import NotFound, Stale, Unfit
from lti_tool.extensions import db
from lti_tool.models import Community, CommunityState, NotificationKind, OpenOrClosed
from lti_tool.permissions import Act, allows
from lti_tool.services import audit, former_spaces, telling
from lti_tool.services.acting import ActingMember
from lti_tool.services.line_items import Clock, Transaction

DRAFT, PREPARING, OPEN = CommunityState.DRAFT, CommunityState.PREPARING, CommunityState.OPEN
CLOSED, ARCHIVED, PURGING = CommunityState.CLOSED, CommunityState.ARCHIVED, CommunityState.PURGING

# Members are told so long before it closes, and before it is emptied; nothing is emptied unannounced.
CLOSING_IS_TOLD, PURGE_IS_TOLD = timedelta(days=7), timedelta(days=30)
LEAST_NOTICE = timedelta(days=14)
# Requests that began before have ended by then: nobody writes while a community is emptied.
REQUESTS_END = timedelta(minutes=2)
# Which date ends a state, and what comes after it. A draft knows no clock: it is moved by hand.
NEXT = {
    PREPARING: ("opens_at", OPEN),
    OPEN: ("closes_at", CLOSED),
    CLOSED: ("archives_at", ARCHIVED),
    ARCHIVED: ("purges_at", PURGING),
}
DATES = ("opens_at", "closes_at", "archives_at", "purges_at")
# Which dates still lie ahead in a state; those before have been, and stay as they are.
AHEAD = {
    DRAFT: DATES,
    PREPARING: DATES,
    OPEN: DATES[1:],
    CLOSED: DATES[2:],
    ARCHIVED: DATES[3:],
}
MOVES = {
    DRAFT: (PREPARING, OPEN),
    PREPARING: (OPEN, DRAFT),
    OPEN: (CLOSED, PREPARING),
    CLOSED: (ARCHIVED, OPEN),
    ARCHIVED: (CLOSED,),
}


@dataclass(frozen=True)
class LifeDates:
    """When a community opens, closes, is archived and emptied; None: not by the clock."""

    opens_at: datetime | None = None
    closes_at: datetime | None = None
    archives_at: datetime | None = None
    purges_at: datetime | None = None


@dataclass(frozen=True)
class Notice:
    """What every page says of the life of its community: a code, and the moment that it names."""

    code: str
    at: datetime | None = None


def notice(community: Community, now: datetime) -> Notice | None:
    """Return what is to be said on every page, None while it is simply open. No statement."""
    match community.state:
        case CommunityState.OPEN:
            closes_at = community.closes_at
            soon = closes_at is not None and closes_at - CLOSING_IS_TOLD <= now
            return Notice("closing-soon", closes_at) if soon else None
        case CommunityState.PREPARING:
            return Notice("preparing", community.opens_at)
        case CommunityState.ARCHIVED:
            return Notice("archived", community.purges_at)
        case state:
            return Notice(state.value)


def waits_outside(member: ActingMember) -> bool:
    """Tell whether somebody may not read here for no other reason than where the community is in its life."""
    return not member.may(Act.READ) and allows(member.role, Act.READ, OPEN)


def dates_of(community: Community) -> LifeDates:
    """Return the dates of a community as they are set."""
    return LifeDates(**{name: getattr(community, name) for name in DATES})


def set_dates(member: ActingMember, wanted: LifeDates, now: datetime) -> None:
    """Set dates in advance; those that have been stay as they are, whatever is wanted for them.

    :raises Unfit: one is over, or before the one that it follows; or members could not be told of a purge.
    """
    community = _locked(member)
    ahead = AHEAD.get(community.state, ())
    values = {name: getattr(wanted, name) for name in ahead}
    changed = {name: at for name, at in values.items() if at != getattr(community, name)}
    _check(community, values, changed, now)
    if not changed:
        return
    before = {name: _written(getattr(community, name)) for name in changed}
    for name, at in changed.items():
        setattr(community, name, at)
    _forget_what_was_told(community, changed)
    _wind(community)
    after = {name: _written(at) for name, at in changed.items()}
    audit.record(member, "community.dates-set", f"community:{community.id}", now, before=before, after=after)


def _check(
    community: Community,
    values: dict[str, datetime | None],
    changed: dict[str, datetime | None],
    now: datetime,
) -> None:
    problems = {name: ["date-over"] for name, at in changed.items() if at is not None and at <= now}
    purge = changed.get("purges_at")
    if purge is not None and now < purge < now + LEAST_NOTICE:
        problems["purges_at"] = ["purge-too-soon"]
    latest = None
    for name in DATES:
        at = values.get(name)
        if at is not None and latest is not None and at <= latest:
            problems.setdefault(name, ["date-out-of-order"])
        latest = at or latest
    if problems:
        raise Unfit(problems)


def _forget_what_was_told(community: Community, changed: dict[str, datetime | None]) -> None:
    """Take back what members were told of dates that hold no longer."""
    if "closes_at" in changed:
        telling.no_longer_of_space(community.id, NotificationKind.CLOSING_SOON)
    if "purges_at" in changed:
        telling.no_longer_of_space(community.id, NotificationKind.PURGE_SOON)


def moves_of(community: Community) -> tuple[CommunityState, ...]:
    """Return where a community can be moved by hand; one statement for an archive.

    One whose course meets elsewhere stays an archive: people would write where nobody looks.
    """
    if community.state is ARCHIVED and former_spaces.is_left(community.id):
        return ()
    return MOVES.get(community.state, ())


def move(member: ActingMember, to: str, seen: str, now: datetime) -> None:
    """Move a community by hand into another state, at once.

    A date that is over and would undo the move at once is dropped.

    :param seen: the state that whoever decides was shown.
    :raises NotFound: there is no such move. :raises Stale: it is in another state by now.
    """
    community = _locked(member)
    if community.state.value != seen:
        raise Stale("community-moved")
    if to not in {state.value for state in moves_of(community)}:
        raise NotFound()
    before, after = community.state, CommunityState(to)
    for name in AHEAD[after]:
        at = getattr(community, name)
        if at is not None and at <= now:
            setattr(community, name, None)
    if before is ARCHIVED:
        telling.no_longer_of_space(community.id, NotificationKind.PURGE_SOON)
        community.purge_told_for = None
    _enter(community, after, now, member.id)
    detail = {"before": before.value, "after": after.value}
    audit.record(member, "community.moved", f"community:{community.id}", now, **detail)


def begin_beside(community: Community, common: Community) -> None:
    """Let a space that is made beside another open with it: at once, or when that one does."""
    if common.state in (DRAFT, PREPARING):
        community.state, community.open_or_closed = common.state, OpenOrClosed.CLOSED
        community.opens_at = common.opens_at
        _wind(community)


def move_part(community_id: int, to: CommunityState, now: datetime, by_id: int | None) -> bool:
    """Open or close the space of a group by who leads the course's; tell whether anything moved.

    :param by_id: their membership in the space of the group, if they have one: who is not told of it.
    :raises Stale: it is in a state from which it is moved on its own page alone.
    """
    wanted = select(Community).where(Community.id == community_id)
    locked = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    community = db.session.scalars(locked).one()
    if community.state is to:
        return False
    if to not in MOVES.get(community.state, ()):
        raise Stale("community-moved")
    for name in AHEAD[to]:
        at = getattr(community, name)
        if at is not None and at <= now:
            setattr(community, name, None)
    _enter(community, to, now, by_id)
    return True


def _locked(member: ActingMember) -> Community:
    """Return the member's community as it is now, with whoever else would move it waiting."""
    member.must(Act.LEAD_LIFE)
    wanted = select(Community).where(Community.id == member.community.id)
    locked = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    return db.session.scalars(locked).one()


def set_aside(community: Community, now: datetime) -> None:
    """Archive a community whose course meets elsewhere from now on. The caller holds its row.

    Dates set in advance fall away: nothing is emptied that somebody reads from elsewhere unless staff decide
    it anew. Its members are told otherwise.
    """
    for name in DATES:
        setattr(community, name, None)
    community.purge_told_for = None
    telling.no_longer_of_space(community.id, NotificationKind.PURGE_SOON)
    _enter(community, ARCHIVED, now, None)


def bring_back(community: Community, state: CommunityState, now: datetime) -> None:
    """Put a community that was set aside where it was in its life; the caller holds its row, and tells."""
    community.purges_at = community.purge_told_for = None
    telling.no_longer_of_space(community.id, NotificationKind.PURGE_SOON)
    _put(community, state, now)
    _wind(community)


def carry_out_what_is_due(now: Clock, transaction: Transaction) -> int:
    """Carry out the dates that have come, and tell members of those that are near; return how many acts.

    Each community in a transaction of its own, in which it is locked and moves on: a worker that dies has
    done a step whole or not at all, and of two workers one does it.
    """
    with transaction():
        due = select(Community.id).where(Community.due_at <= now(), Community.state.in_(NEXT))
        waiting = list(db.session.scalars(due.order_by(Community.due_at)))
    count = 0
    for community_id in waiting:
        with transaction():
            count += _carry_out(community_id, now())
    return count


def _carry_out(community_id: int, now: datetime) -> int:
    wanted = select(Community).where(
        Community.id == community_id, Community.due_at <= now, Community.state.in_(NEXT)
    )
    locked = wanted.with_for_update(skip_locked=True, key_share=True)
    community = db.session.scalars(locked.execution_options(populate_existing=True)).one_or_none()
    count = 0
    while community is not None and _is_due(community, now):
        _do_next(community, now)
        db.session.flush()
        count += 1
    return count


def _is_due(community: Community, now: datetime) -> bool:
    return community.state in NEXT and community.due_at is not None and community.due_at <= now


def _do_next(community: Community, now: datetime) -> None:
    """Do the one thing that is due: tell what has to be told first, or enter the next state."""
    name, following = NEXT[community.state]
    at = getattr(community, name)
    if following is PURGING and community.purge_told_for != at:
        # Also where no worker ran when it should have been told: members have their time nevertheless.
        community.purges_at = community.purge_told_for = max(at, now + LEAST_NOTICE)
        telling.of_space(community, NotificationKind.PURGE_SOON, community.purges_at, now)
        _wind(community)
        if community.purges_at != at:
            audit.record_by_clock(
                community, "community.purge-put-off", now, until=_written(community.purges_at)
            )
    elif at <= now:
        before = community.state
        _enter(community, following, now, None)
        detail = {"before": before.value, "after": following.value}
        audit.record_by_clock(community, "community.moved", now, **detail)
    else:
        if following is CLOSED:
            community.closing_told_for = at
            telling.of_space(community, NotificationKind.CLOSING_SOON, at, now)
        _wind(community)


def _enter(community: Community, state: CommunityState, now: datetime, by_id: int | None) -> None:
    _put(community, state, now)
    if state is not OPEN:
        telling.no_longer_of_space(community.id, NotificationKind.CLOSING_SOON)
        community.closing_told_for = None
    told = {OPEN: NotificationKind.OPENED, CLOSED: NotificationKind.CLOSED}.get(state)
    if told is not None:
        telling.of_space(community, told, now, now, by_id)
    _wind(community)


def _put(community: Community, state: CommunityState, now: datetime) -> None:
    community.state, community.state_since = state, now
    community.open_or_closed = OpenOrClosed.OPEN if state is OPEN else OpenOrClosed.CLOSED


def _wind(community: Community) -> None:
    """Set the clock of a community to the moment when something is to be done next."""
    community.due_at = min(_moments(community), default=None)


def _moments(community: Community) -> Iterator[datetime]:
    if community.state is PURGING:
        yield community.state_since + REQUESTS_END
    name, following = NEXT.get(community.state, (None, None))
    at = getattr(community, name) if name else None
    if at is None:
        return
    yield at
    if following is CLOSED and community.closing_told_for != at:
        yield at - CLOSING_IS_TOLD
    if following is PURGING and community.purge_told_for != at:
        yield at - PURGE_IS_TOLD


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
