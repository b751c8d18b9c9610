"""A complete roster becomes who is enrolled: a constant number of statements, however many people it names.

Nobody loses a role that a launch gave, and nobody's enrolment ends whom no complete roster ever listed
(DESIGN 5, Roster): Moodle lists tutors as learners and site administrators not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from lti_tool.extensions import Base, db
from lti_tool.lti.role_rules import USUAL, Rules, rules_of
from lti_tool.models import (
    Course,
    Deployment,
    Enrolment,
    Membership,
    MembershipState,
    Role,
    Roster,
    RosterGroup,
    RosterLine,
    RosterState,
    Seat,
    User,
)
from lti_tool.services import erasure_journal, parts, roster_groups, running_scores

# A list that lacks more people than this, and more than this share of those it had, is more often broken
# than true: staff look at it first.
MOST_DEPARTURES = 5
LARGEST_SHARE = 3  # one in so many

_NAMES = ("name", "given_name", "family_name")


@dataclass(frozen=True)
class Tally:
    """What a complete roster would change. `listed`: active people whom the list had, or ends now."""

    people: int
    arrivals: int
    departures: int
    listed: int

    @property
    def is_suspicious(self) -> bool:
        """Whether so many would leave that staff decide first."""
        return self.departures > MOST_DEPARTURES and self.departures * LARGEST_SHARE > self.listed


@dataclass(frozen=True)
class CompleteRoster:
    """A roster all of whose lines are there. Taken over only as `locked` returns it: launches then wait."""

    roster: Roster
    course: Course
    platform_id: int
    rules: Rules = USUAL  # of the deployment: from the LMS's words to a role

    @property
    def lines(self) -> ColumnElement[bool]:
        """The lines of those who are in the course."""
        return and_(RosterLine.read_id == self.roster.read_id, RosterLine.gone.is_(False))

    @property
    def leaving(self) -> ColumnElement[bool]:
        """Which enrolments it ends: of those listed before and absent now, and of those listed as gone.

        Whoever opened the course after the list was asked for was there later than the list is old.
        """
        came_since = or_(
            Enrolment.launched_at >= self.roster.asked_at,
            # A launch that says less leaves the enrolment's own time as it was.
            exists().where(
                Seat.user_id == Enrolment.user_id,
                Seat.course_id == Enrolment.course_id,
                Seat.launched_at >= self.roster.asked_at,
            ),
        )
        named_as_gone = and_(RosterLine.read_id == self.roster.read_id, RosterLine.gone)
        return and_(
            Enrolment.course_id == self.course.id,
            Enrolment.active,
            or_(
                and_(Enrolment.listed, Enrolment.user_id.not_in(self.listed_users)),
                Enrolment.user_id.in_(self._users(named_as_gone)),
            ),
            ~came_since,
        )

    @property
    def listed_users(self) -> Select:
        """The accounts of those who are in the course."""
        return self._users(self.lines)

    def _users(self, lines: ColumnElement[bool]) -> Select:
        named = aliased(User)  # whoever asks may have users of their own in the same statement
        return (
            select(named.id)
            .join(RosterLine, RosterLine.sub == named.sub)
            .where(named.platform_id == self.platform_id, lines)
        )

    def tally(self) -> Tally:
        """Count what it would change; one statement."""
        people = select(func.count()).select_from(RosterLine).where(self.lines).scalar_subquery()
        known = and_(Enrolment.active, Enrolment.user_id.in_(self.listed_users))
        listed = and_(Enrolment.active, or_(Enrolment.listed, self.leaving))
        counts = [func.count().filter(condition) for condition in (known, self.leaving, listed)]
        row = db.session.execute(select(people, *counts).where(Enrolment.course_id == self.course.id)).one()
        return Tally(people=row[0], arrivals=row[0] - row[1], departures=row[2], listed=row[3])


def complete(roster: Roster, course: Course) -> CompleteRoster:
    """Return a roster to look at; nothing is locked."""
    platform_id, *ruled = db.session.execute(
        select(Deployment.platform_id, Deployment.role_rules, Deployment.role_parameters).where(
            Deployment.id == course.deployment_id
        )
    ).one()
    return CompleteRoster(roster, course, platform_id, rules_of(*ruled))


def locked(roster_id: int) -> CompleteRoster:
    """Return a roster with its course's row locked, then its own: the order in which a launch locks them.

    Before both the journal of erasures is locked, and who was erased is no longer among the lines: a list
    brings nobody back.
    """
    erasure_journal.lock(to_erase=False)
    course = db.session.scalars(
        select(Course)
        .join(Roster, Roster.course_id == Course.id)
        .where(Roster.id == roster_id)
        # Not the key: whoever comes in meanwhile makes rows that name the course, and must not wait for us
        # with a row in hand that we want.
        .with_for_update(of=Course, key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    wanted = select(Roster).where(Roster.id == roster_id).with_for_update(of=Roster)
    roster = db.session.scalars(wanted.execution_options(populate_existing=True)).one()
    whole = complete(roster, course)
    _leave_out_the_erased(whole)
    return whole


def _leave_out_the_erased(whole: CompleteRoster) -> None:
    if not erasure_journal.has_lines():
        return
    here = RosterLine.read_id == whole.roster.read_id
    named = db.session.scalars(select(RosterLine.sub).where(here)).all()
    barred = erasure_journal.barred(whole.platform_id, named)
    if barred:
        _run(delete(RosterLine).where(here, RosterLine.sub.in_(barred)))


def hold(held: CompleteRoster, tally: Tally, now: datetime) -> None:
    """Leave everything as it is until staff decide; the lines stay."""
    _settle(held, RosterState.HELD, tally, now)
    held.roster.held_at = now
    db.session.flush()


def take_over(whole: CompleteRoster, tally: Tally, now: datetime) -> None:
    """Bring users, enrolments and memberships into line with a complete roster."""
    _read_by_rules(whole)
    _end_enrolments(whole, now)
    _know_users(whole, now)
    returning = _returning(whole)
    _renew_enrolments(whole, now)
    _add_enrolments(whole, now)
    _add_memberships(whole, now)
    if returning:  # a score that is final is fixed of those alone who are here
        running_scores.mark_stale(whole.course.community_id, returning, now)
    if whole.roster.groups_read_id == whole.roster.read_id:
        roster_groups.take_over(whole.roster, whole.platform_id, now)
    if whole.course.divided:
        db.session.flush()
        parts.align(whole.course.id, now)
    _settle(whole, RosterState.IDLE, tally, now)
    whole.roster.completed_at, whole.roster.held_at = now, None
    _forget_lines(whole)


def keep_everybody(whole: CompleteRoster) -> None:
    """Let go of a list that was held; nobody comes by it and nobody goes.

    `held_at` stays, and tells until the next list is taken over that this one was not.
    """
    roster = whole.roster
    roster.state, roster.arrivals, roster.departures = RosterState.IDLE, 0, 0
    _forget_lines(whole)


def _forget_lines(whole: CompleteRoster) -> None:
    for table in (RosterLine, RosterGroup):
        _run(delete(table).where(table.course_id == whole.course.id))
    whole.roster.read_id = None
    db.session.flush()


def _settle(whole: CompleteRoster, state: RosterState, tally: Tally, now: datetime) -> None:
    roster = whole.roster
    roster.state, roster.due_at, roster.lease, roster.lease_until = state, None, None, None
    roster.people, roster.arrivals, roster.departures = tally.people, tally.arrivals, tally.departures
    roster.attempts, roster.problem, roster.problem_detail = 0, None, None
    whole.course.roster_read_at = now


def _read_by_rules(whole: CompleteRoster) -> None:
    """Read the roles of the lines by the rules of now: they were laid aside with what usual rules say."""
    if whole.rules == USUAL:
        return
    lines = select(RosterLine.id, RosterLine.roles, RosterLine.role).where(whole.lines)
    read = [
        {"line": line.id, "read": role}
        for line in db.session.execute(lines)
        if (role := whole.rules.role_of(line.roles)) != line.role
    ]
    if read:
        table = RosterLine.__table__
        by_rules = update(table).where(table.c.id == bindparam("line")).values(role=bindparam("read"))
        db.session.connection().execute(by_rules, read)


def _end_enrolments(whole: CompleteRoster, now: datetime) -> None:
    ended = {"active": False, "listed": False, "left_at": now, "roster_role": null(), "roster_roles": null()}
    _run(update(Enrolment).where(whole.leaving).values(**ended))


def _know_users(whole: CompleteRoster, now: datetime) -> None:
    """Insert whom nobody knew and correct names, in one order for all: two courses may share people.

    A name that a launch gave stays when the roster has none; unchanged rows are not touched.
    """
    differs = [
        and_(line.is_not(None), line.is_distinct_from(known))
        for line, known in ((getattr(RosterLine, name), getattr(User, name)) for name in _NAMES)
    ]
    here = and_(User.platform_id == whole.platform_id, User.sub == RosterLine.sub)
    source = (
        select(
            literal(whole.platform_id),
            RosterLine.sub,
            *(getattr(RosterLine, name) for name in _NAMES),
            literal(now, User.created_at.type),
        )
        .outerjoin(User, here)
        .where(whole.lines, or_(User.id.is_(None), *differs))
        .order_by(RosterLine.sub)
    )
    statement = _insert(User).from_select(["platform_id", "sub", *_NAMES, "created_at"], source)
    said = {name: func.coalesce(statement.excluded[name], getattr(User, name)) for name in _NAMES}
    _run(statement.on_conflict_do_update(index_elements=["platform_id", "sub"], set_=said))


def _returning(whole: CompleteRoster) -> Sequence[int]:
    """Return the members whose enrolment had ended and who are listed again."""
    wanted = (
        select(Membership.id)
        .join(Enrolment, Enrolment.user_id == Membership.user_id)
        .where(
            Membership.community_id == whole.course.community_id,
            Enrolment.course_id == whole.course.id,
            Enrolment.active.is_(False),
            Enrolment.user_id.in_(whole.listed_users),
        )
    )
    return db.session.scalars(wanted).all()


def _renew_enrolments(whole: CompleteRoster, now: datetime) -> None:
    """Whoever is listed is in the course, with the roster's role beside the launch's."""
    said = {
        "roster_role": RosterLine.role,
        "roster_roles": RosterLine.roles,
        "rostered_at": now,
        "listed": True,
        "active": True,
        "left_at": None,
    }
    _run(
        update(Enrolment)
        .where(
            Enrolment.course_id == whole.course.id,
            User.id == Enrolment.user_id,
            User.platform_id == whole.platform_id,
            RosterLine.sub == User.sub,
            whole.lines,
        )
        .values(**said)
    )


def _add_enrolments(whole: CompleteRoster, now: datetime) -> None:
    """Enrol whom only the roster names: without a launch, so that the roster's role is the higher one."""
    values = {
        "user_id": User.id,
        "course_id": literal(whole.course.id),
        "launch_roles": literal([], Enrolment.launch_roles.type),
        "launch_role": literal(Role.OBSERVER, Enrolment.launch_role.type),
        "launched_at": literal(now, Enrolment.launched_at.type),
        "roster_role": RosterLine.role,
        "roster_roles": RosterLine.roles,
        "rostered_at": literal(now, Enrolment.rostered_at.type),
        "listed": literal(True),
        "active": literal(True),
        "test_user": literal(False),
        "created_at": literal(now, Enrolment.created_at.type),
    }
    there = and_(Enrolment.user_id == User.id, Enrolment.course_id == whole.course.id)
    _insert_missing(Enrolment, values, whole, there)


def _add_memberships(whole: CompleteRoster, now: datetime) -> None:
    """Let new people into the community; whom staff removed stays removed."""
    if whole.course.community_id is None:
        return
    values = {
        "community_id": literal(whole.course.community_id),
        "user_id": User.id,
        "state": literal(MembershipState.ACTIVE, Membership.state.type),
        "joined_at": literal(now, Membership.joined_at.type),
    }
    there = and_(Membership.user_id == User.id, Membership.community_id == whole.course.community_id)
    _insert_missing(Membership, values, whole, there)


def _insert_missing(
    table: type[Base], values: dict, whole: CompleteRoster, there: ColumnElement[bool]
) -> None:
    source = (
        select(*values.values())
        .select_from(RosterLine)
        .join(User, and_(User.platform_id == whole.platform_id, User.sub == RosterLine.sub))
        .outerjoin(table, there)
        .where(whole.lines, table.id.is_(None))
        .order_by(User.id)
    )
    _run(_insert(table).from_select(list(values), source).on_conflict_do_nothing())


def _insert(table: type[Base]):
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def _run(statement) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})
