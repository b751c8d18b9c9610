"""Keeping step with the course: who asks for its roster when, the worker that reads it, what staff decide.

Claim, read, lay aside, take over: each a transaction of its own, none open while an LMS thinks (DESIGN 5,
Roster). A worker may be killed at any instant; nothing is taken over but a complete list, at once.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, literal, null, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from lti_tool.errors import NotFound, PlatformUnavailable, ServiceProblem, ServiceRefused, Stale
from lti_tool.extensions import db
from lti_tool.lti.access_tokens import PlatformAccess
from lti_tool.lti.groups import GroupConnection
from lti_tool.lti.host_slots import HOST_BUSY
from lti_tool.lti.rosters import RosterConnection
from lti_tool.models import (
    Community,
    CommunityState,
    Course,
    Deployment,
    DeploymentState,
    Membership,
    Platform,
    PlatformState,
    ResourceLink,
    Roster,
    RosterState,
)
from lti_tool.permissions import Act
from lti_tool.services import audit, last_use, outbox, roster_groups, roster_reads, roster_takeover
from lti_tool.services.acting import ActingMember
from lti_tool.services.line_items import Clock, Pause, Transaction, no_pause
from lti_tool.services.nights import NIGHT_LASTS, minutes_into, night_before
from lti_tool.services.roster_reads import Read

Connect = Callable[[PlatformAccess, Clock, Transaction], RosterConnection]
ConnectGroups = Callable[[PlatformAccess, Clock, Transaction], GroupConnection]

OLD_AFTER = timedelta(days=1)
# A list that the LMS refused is not asked for again with every click of a trainer.
VISITS_WAIT = timedelta(hours=1)

# The night's readings begin at this hour of the installation and are spread over so many minutes.
ALIVE_WHEN_OPENED_WITHIN = timedelta(days=30)

# Of an archived community nothing changes any more, and of an emptied one nobody is to be known again.
AT_REST = (CommunityState.ARCHIVED, CommunityState.PURGING, CommunityState.PURGED)

TAKE_OVER, KEEP = "take-over", "keep"


def ask_on_visit(course: Course, asked_by: Membership, now: datetime) -> None:
    """Have the roster read when the last complete reading is older than a day; at most one statement.

    To be called when staff open the course; what is under way, held, or was just refused stays as it is.
    """
    if course.roster_url is None or _rests(course):
        return
    if course.roster_read_at is None or now - course.roster_read_at > OLD_AFTER:
        at_rest = Roster.state.in_((RosterState.IDLE, RosterState.REFUSED))
        _make_due([course.id], asked_by.id, now, unless=~and_(at_rest, Roster.asked_at <= now - VISITS_WAIT))


def ask(member: ActingMember, now: datetime) -> int:
    """Have the rosters of all courses of a member's community read now; return how many there are.

    One that is being read is not begun again; one that is held is read anew; those of paused and replaced
    connections are left alone.

    :raises NotFound: no LMS with an active connection offers one here.
    """
    member.must(Act.READ_ROSTER)
    offered = (
        select(Course.id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(
            Course.community_id == member.community.id,
            Course.roster_url.is_not(None),
            Platform.state == PlatformState.ACTIVE,
            Deployment.state == DeploymentState.ACCEPTED,
        )
    )
    courses = list(db.session.scalars(offered))
    if not courses:
        raise NotFound("no-roster")
    under_way = and_(Roster.state == RosterState.READING, Roster.lease_until > now)
    _make_due(courses, member.id, now, unless=under_way)
    return len(courses)


def _rests(course: Course) -> bool:
    """Tell whether the community of a course, which a launch has read already, is archived or emptied."""
    return course.community is not None and course.community.state in AT_REST


def ask_nightly(now: datetime, zone: str) -> None:
    """Have every course that was opened lately read once a night, a few at a time; one statement.

    To be called every few minutes. A night that the workers slept through is made up for when they wake.

    :param zone: the installation's IANA time zone.
    """
    begun = night_before(now, zone)
    minutes = minutes_into(begun, now)
    opened = exists().where(
        ResourceLink.course_id == Course.id, ResourceLink.launched_at >= now - ALIVE_WHEN_OPENED_WITHIN
    )
    at_rest = Roster.state.in_((RosterState.IDLE, RosterState.HELD, RosterState.REFUSED))
    at_rest_for_good = exists().where(Community.id == Course.community_id, Community.state.in_(AT_REST))
    wanted = (
        _due_rows(None, now)
        .outerjoin(Roster, Roster.course_id == Course.id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(
            Course.roster_url.is_not(None),
            Platform.state == PlatformState.ACTIVE,
            Deployment.state == DeploymentState.ACCEPTED,
            Course.id * 37 % NIGHT_LASTS <= minutes,
            ~at_rest_for_good,
            or_(Roster.id.is_(None), and_(at_rest, Roster.asked_at < begun)),
            opened,
        )
        .order_by(Course.id)
    )
    _insert_or_make_due(wanted, unless=~at_rest)


def _make_due(course_ids: list[int], asked_by_id: int, now: datetime, *, unless: ColumnElement[bool]) -> None:
    wanted = _due_rows(asked_by_id, now).where(Course.id.in_(course_ids)).order_by(Course.id)
    _insert_or_make_due(wanted, unless)


_DUE = ("course_id", "state", "asked_by_id", "asked_at", "due_at", "attempts", "pages", "people")


def _due_rows(asked_by_id: int | None, now: datetime) -> Select:
    """The columns of `_DUE` for courses: what a roster that nobody read yet begins with."""
    moment = literal(now, Roster.asked_at.type)
    return select(
        Course.id,
        literal(RosterState.DUE, Roster.state.type),
        null() if asked_by_id is None else literal(asked_by_id),
        moment,
        moment,
        *(literal(0) for _ in range(5)),
    ).select_from(Course)


def _insert_or_make_due(wanted: Select, unless: ColumnElement[bool]) -> None:
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Roster).from_select([*_DUE, "departures", "arrivals"], wanted)
    again = {name: statement.excluded[name] for name in ("state", "asked_by_id", "asked_at", "due_at")}
    again |= {"attempts": 0, "lease": None, "lease_until": None, "problem": None, "problem_detail": None}
    made = db.session.execute(
        statement.on_conflict_do_update(index_elements=["course_id"], set_=again, where=~unless)
    )
    if made.rowcount:
        outbox.wake(outbox.ROSTERS)


def read_due_rosters(
    now: Clock,
    transaction: Transaction,
    connect: Connect = RosterConnection,
    pause: Pause = no_pause,
    connect_groups: ConnectGroups = GroupConnection,
) -> None:
    """Read every roster that is due, one after the other, until none is.

    What another worker took over while an LMS was slow is left to others for the rest of this run.
    """
    lost: set[int] = set()
    while True:
        with transaction():
            read = roster_reads.claim(now(), passing_by=lost)
            given_up = read is not None and roster_reads.is_given_up(read)
        if read is None:
            return
        if given_up:
            continue
        pause("claimed")
        if not _Reading(read, now, transaction, pause).run(connect, connect_groups):
            lost.add(read.roster_id)


class _Reading:
    """One roster on its way in."""

    def __init__(self, read: Read, now: Clock, transaction: Transaction, pause: Pause) -> None:
        self._read, self._now, self._transaction, self._pause = read, now, transaction, pause

    def run(self, connect: Connect, connect_groups: ConnectGroups) -> bool:
        """Read all pages, then take them over or hold them; False when another worker has the roster.

        Groups are read once the people are there: whatever becomes of them, the people are taken over.
        """
        try:
            with connect(self._read.access, self._now, self._transaction) as lms:
                kept = self._lay_aside(lms)
        except PlatformUnavailable as problem:
            with self._transaction():
                roster_reads.put_off(self._read, problem, self._now())
                self._note(problem.code)
        except ServiceRefused as problem:
            with self._transaction():
                roster_reads.refuse(self._read, problem.code, problem.words)
                self._note(problem.code)
        else:
            return kept and self._read_groups(connect_groups) and self._finish()
        return True

    def _note(self, problem: str | None) -> None:
        if problem == HOST_BUSY:  # it was not our turn
            return
        last_use.of_roster(self._read.access.platform_id, problem, self._now())

    def _lay_aside(self, lms: RosterConnection) -> bool:
        for page, members in enumerate(lms.pages(self._read.url), start=1):
            with self._transaction():
                kept = roster_reads.lay_aside(self._read, members, page, self._now())
            if not kept:
                return False
            self._pause("page-stored")
        return True

    def _read_groups(self, connect: ConnectGroups) -> bool:
        if self._read.groups_url is None:
            return True
        try:
            with connect(self._read.access, self._now, self._transaction) as lms:
                return self._lay_groups_aside(lms)
        except ServiceProblem as problem:
            with self._transaction():
                return roster_groups.leave(self._read, problem, self._now())

    def _lay_groups_aside(self, lms: GroupConnection) -> bool:
        for groups in lms.pages(self._read.groups_url, self._read.group_sets_url):
            with self._transaction():
                kept = roster_groups.lay_aside(self._read, groups, self._now())
            if not kept:
                return False
            self._pause("groups-stored")
        with self._transaction():
            return roster_groups.complete(self._read, self._now())

    def _finish(self) -> bool:
        self._pause("complete")
        with self._transaction():
            finished = _taken_over_or_held(self._read, self._now())
            if finished:
                self._note(None)
        self._pause("taken-over")
        return finished


def _taken_over_or_held(read: Read, now: datetime) -> bool:
    complete = roster_takeover.locked(read.roster_id)
    if not roster_reads.renewed(read, now):
        return False
    tally = complete.tally()
    if tally.is_suspicious:
        roster_takeover.hold(complete, tally, now)
    else:
        roster_takeover.take_over(complete, tally, now)
    return True


def decide(member: ActingMember, roster_id: int, read_id: str, decision: str, now: datetime) -> None:
    """Settle a list that would end many enrolments: take it over as it is, or keep everybody.

    :param read_id: the list that was shown: a newer one may lack other people, and many more.
    :param decision: TAKE_OVER or KEEP; whoever keeps everybody is asked again by the next reading.
    :raises NotFound: no such roster in this community, no such decision.
    :raises Stale: there is nothing to decide any more, or about another list than was shown.
    """
    member.must(Act.READ_ROSTER)
    here = (
        select(Roster.id)
        .join(Course, Course.id == Roster.course_id)
        .where(Roster.id == roster_id, Course.community_id == member.community.id)
    )
    if decision not in (TAKE_OVER, KEEP) or db.session.scalar(here) is None:
        raise NotFound()
    complete = roster_takeover.locked(roster_id)
    if complete.roster.state is not RosterState.HELD:
        raise Stale("nothing-to-decide")
    if complete.roster.read_id != read_id:
        raise Stale("another-list")
    tally = complete.tally()
    if decision == TAKE_OVER:
        roster_takeover.take_over(complete, tally, now)
    else:
        roster_takeover.keep_everybody(complete)
    act = "roster.taken-over" if decision == TAKE_OVER else "roster.kept-everybody"
    audit.record(member, act, f"course:{complete.course.id}", now, departures=tally.departures)
