"""One reading of a roster: claimed for the time of a lease, its pages laid aside until all of them are there.

Nothing here touches who is enrolled. A worker that was killed leaves lines that the next one throws away.
"""

import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy import CTE, ColumnElement, Row, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lti_tool.errors import PlatformUnavailable
from lti_tool.extensions import db
from lti_tool.lti.host_slots import HOST_BUSY
from lti_tool.lti.roles import role_of
from lti_tool.lti.rosters import PlatformAccess, RosterMember, access_to, with_groups
from lti_tool.models import (
    Course,
    Deployment,
    DeploymentState,
    Platform,
    PlatformState,
    Roster,
    RosterGroup,
    RosterLine,
    RosterState,
)
from lti_tool.services import erasure_journal, outbox
from lti_tool.services.problems import Problem, code_of, code_of_outage, detail_of
from lti_tool.services.retries import MOST_TRIES, next_try

# Longer than one page with its token can take; it is renewed with every page.
LEASE = timedelta(minutes=4)
# Our question for groups is no part of the standard: an LMS that breaks on it still gives its list of people.
TRIES_WITH_GROUPS = MOST_TRIES // 2
LINES_ARE_KEPT_WHILE = (RosterState.READING, RosterState.HELD)
# PostgreSQL takes 65,535 values in one statement; an LMS may send more people than that on one page.
_MOST_ASKED_FOR = 10_000


@dataclass(frozen=True)
class Read:
    """A claimed reading, with everything the calls need; nothing of it lives in a session."""

    roster_id: int
    course_id: int
    read_id: str
    lease: str
    url: str
    groups_url: str | None
    group_sets_url: str | None
    access: PlatformAccess
    attempts: int


def claim(now: datetime, passing_by: Collection[int] = ()) -> Read | None:
    """Take the roster that has waited longest, or was left by a worker that died; it is read from its start.

    :param passing_by: rosters to be left to others, by their ids.
    """
    picked = _picked(now, passing_by)
    claimed = (
        update(Roster)
        .where(Roster.id.in_(select(picked.c.id)))
        .values(
            state=RosterState.READING,
            lease=str(uuid.uuid4()),
            lease_until=now + LEASE,
            attempts=Roster.attempts + 1,
            read_id=str(uuid.uuid4()),
            pages=0,
            people=0,
        )
        .returning(Roster)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    roster = db.session.scalars(claimed).one_or_none()
    if roster is None:
        return None
    _forget_lines(lambda table: table.course_id == roster.course_id)
    return _as_read(roster)


def _picked(now: datetime, passing_by: Collection[int]) -> CTE:
    """Choose the row to claim. On PostgreSQL workers pass by what another one is claiming."""
    waits = outbox.to_be_done(Roster, RosterState.DUE, RosterState.READING, now)
    return (
        select(Roster.id)
        .join(Course, Course.id == Roster.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(
            waits,
            Roster.id.not_in(passing_by),
            Course.roster_url.is_not(None),
            Platform.state == PlatformState.ACTIVE,
            Deployment.state == DeploymentState.ACCEPTED,
        )
        .order_by(Roster.due_at, Roster.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Roster)
        .cte("picked")
    )


def _as_read(roster: Roster) -> Read:
    url, groups_url, group_sets_url, platform = db.session.execute(
        select(Course.roster_url, Course.groups_url, Course.group_sets_url, Platform)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(Course.id == roster.course_id)
    ).one()
    return Read(
        roster_id=roster.id,
        course_id=roster.course_id,
        read_id=roster.read_id,
        lease=roster.lease,
        url=with_groups(url) if groups_url and roster.attempts <= TRIES_WITH_GROUPS else url,
        groups_url=groups_url,
        group_sets_url=group_sets_url,
        access=access_to(platform),
        attempts=roster.attempts,
    )


def renewed(read: Read, now: datetime, **progress: object) -> bool:
    """Renew the lease and note how far the reading is; False when another worker has it, or will have it.

    Who gets False stores nothing any more. A lapsed lease that nobody took is renewed as well.
    """
    mine = (
        update(Roster)
        .where(Roster.id == read.roster_id, Roster.lease == read.lease, Roster.state == RosterState.READING)
        .values(lease_until=now + LEASE, **progress)
        .execution_options(synchronize_session=False)
    )
    return db.session.execute(mine).rowcount == 1


def lay_aside(read: Read, members: Iterable[RosterMember], page: int, now: datetime) -> bool:
    """Keep the people of one page until the roster is complete: four statements, unless they are thousands.

    Who was erased is left out; `roster_takeover.locked` looks again, when nobody can be erased meanwhile.

    :param page: its number, from 1. :returns: False when the lease is lost, and nothing was kept.
    """
    named = _united(members)
    for erased in erasure_journal.barred(read.access.platform_id, named):
        del named[erased]
    known = _known(read, named)
    if not renewed(read, now, pages=page, people=Roster.people + len(named) - len(known)):
        return False
    rows = [_row(read, _both(known[sub], one) if sub in known else one) for sub, one in named.items()]
    if rows:
        table = RosterLine.__table__
        dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(table)
        again = {name: statement.excluded[name] for name in rows[0] if name not in ("read_id", "sub")}
        db.session.execute(
            statement.on_conflict_do_update(index_elements=["read_id", "sub"], set_=again), rows
        )
    return True


def _united(members: Iterable[RosterMember]) -> dict[str, RosterMember]:
    named: dict[str, RosterMember] = {}
    for member in members:
        before = named.get(member.sub)
        named[member.sub] = member if before is None else _both(before, member)
    return named


def _known(read: Read, named: Collection[str]) -> dict[str, RosterMember]:
    """Return whom earlier pages named already: an LMS whose list shifts while it is read names some twice."""
    columns = [getattr(RosterLine, name) for name in RosterMember.__dataclass_fields__]
    subs, known = list(named), {}
    for start in range(0, len(subs), _MOST_ASKED_FOR):
        asked = subs[start : start + _MOST_ASKED_FOR]
        found = db.session.execute(
            select(*columns).where(RosterLine.read_id == read.read_id, RosterLine.sub.in_(asked))
        )
        known |= {row.sub: _as_member(row) for row in found}
    return known


def _as_member(row: Row) -> RosterMember:
    groups = None if row.group_ids is None else tuple(row.group_ids)
    return RosterMember(**row._asdict() | {"roles": tuple(row.roles), "group_ids": groups})


def _both(one: RosterMember, other: RosterMember) -> RosterMember:
    """Unite what two lines say of one person; who is active on one of them is active."""
    if one.gone != other.gone:
        return other if one.gone else one
    roles = tuple(dict.fromkeys(one.roles + other.roles))
    told = [member.group_ids for member in (one, other) if member.group_ids is not None]
    return replace(
        one,
        name=one.name or other.name,
        given_name=one.given_name or other.given_name,
        family_name=one.family_name or other.family_name,
        roles=roles,
        role=role_of(roles),
        group_ids=tuple(dict.fromkeys(chain(*told))) if told else None,
    )


def _row(read: Read, member: RosterMember) -> dict:
    return vars(member) | {
        "course_id": read.course_id,
        "read_id": read.read_id,
        "roles": list(member.roles),
        "group_ids": None if member.group_ids is None else list(member.group_ids),
    }


def put_off(read: Read, problem: PlatformUnavailable, now: datetime) -> None:
    """Read it again later, from its start; after many tries only when somebody or the night asks.

    A host that is busy with other calls of ours is no failed try: it was not our turn.
    """
    if problem.code == HOST_BUSY:
        soon = now + timedelta(seconds=problem.facts["retry_after"])
        _give_back(read, state=RosterState.DUE, due_at=soon, attempts=read.attempts - 1)
        return
    if read.attempts >= MOST_TRIES:
        refuse(read, Problem.GIVEN_UP, problem.words)
        return
    _give_back(
        read,
        state=RosterState.DUE,
        due_at=next_try(now, read.attempts, problem.facts.get("retry_after")),
        problem=code_of_outage(problem.code).value,
        problem_detail=detail_of(problem.words or problem.code),
    )


def is_given_up(read: Read) -> bool:
    """Whether this list has killed so many workers that it is left alone until somebody or the night asks."""
    if read.attempts <= MOST_TRIES:
        return False
    refuse(read, Problem.GIVEN_UP, "")
    return True


def refuse(read: Read, code: str, words: str) -> None:
    """Record that the LMS said no, or gave no whole list: nothing of it is taken over."""
    _give_back(
        read,
        state=RosterState.REFUSED,
        due_at=None,
        problem=code_of(code),
        problem_detail=detail_of(words),
    )


def _give_back(read: Read, **values: object) -> None:
    """Record an outcome and give the lease back; without the lease nothing is recorded."""
    changed = db.session.execute(
        update(Roster)
        .where(Roster.id == read.roster_id, Roster.lease == read.lease, Roster.state == RosterState.READING)
        .values(lease=None, lease_until=None, read_id=None, **values)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount:
        _forget_lines(lambda table: table.read_id == read.read_id)


def forget_dead_lines() -> None:
    """Delete the lines of readings that nobody goes on with."""
    _forget_lines(
        lambda table: (
            ~exists().where(
                Roster.course_id == table.course_id,
                Roster.read_id == table.read_id,
                Roster.state.in_(LINES_ARE_KEPT_WHILE),
            )
        )
    )


def _forget_lines(which: Callable[[type[RosterLine] | type[RosterGroup]], ColumnElement[bool]]) -> None:
    """Delete what was laid aside of people and of groups."""
    for table in (RosterLine, RosterGroup):
        db.session.execute(delete(table).where(which(table)).execution_options(synchronize_session=False))
