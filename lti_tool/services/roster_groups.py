"""The groups of a course, read beside its roster: laid aside, then taken over with it, all of them or none.

What goes wrong with groups leaves the groups as they were, and the roster untouched.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, and_, delete, exists, func, literal, select, true
from sqlalchemy.dialects import postgresql, sqlite

from lti_tool.errors import PlatformUnavailable, ServiceProblem
from lti_tool.extensions import Base, db
from lti_tool.lti.groups import CourseGroupSeen
from lti_tool.models import (
    CourseGroup,
    CourseGroupMember,
    Enrolment,
    GroupSource,
    Roster,
    RosterGroup,
    RosterLine,
    User,
)
from lti_tool.services import roster_reads, subgroups
from lti_tool.services.problems import code_of, code_of_outage, detail_of
from lti_tool.services.roster_reads import Read

_SAID = ("name", "set_name", "hidden")


def lay_aside(read: Read, groups: Iterable[CourseGroupSeen], now: datetime) -> bool:
    """Keep the groups of one page until the roster is taken over; False when the lease is lost."""
    if not roster_reads.renewed(read, now):
        return False
    of_the_read = {"course_id": read.course_id, "read_id": read.read_id}
    rows = [vars(one) | of_the_read for one in {group.group_id: group for group in groups}.values()]
    if rows:
        statement = _insert(RosterGroup)
        again = {name: statement.excluded[name] for name in _SAID}
        db.session.execute(
            statement.on_conflict_do_update(index_elements=["read_id", "group_id"], set_=again), rows
        )
    return True


def complete(read: Read, now: datetime) -> bool:
    """Note that all groups are laid aside; False when the lease is lost."""
    return roster_reads.renewed(
        read, now, groups_read_id=read.read_id, groups_problem=None, groups_problem_detail=None
    )


def leave(read: Read, problem: ServiceProblem, now: datetime) -> bool:
    """Leave the groups as they are, and note why; False when the lease is lost."""
    outage = isinstance(problem, PlatformUnavailable)
    code = code_of_outage(problem.code).value if outage else code_of(problem.code)
    kept = roster_reads.renewed(
        read, now, groups_problem=code, groups_problem_detail=detail_of(problem.words)
    )
    if kept:
        _run(delete(RosterGroup).where(RosterGroup.read_id == read.read_id))
    return kept


def take_over(roster: Roster, platform_id: int, now: datetime) -> None:
    """Bring the course's groups, and who is in them, into line with what is laid aside; seven statements.

    Those that are not listed go; sub-groups made of them keep who is in them. Whose line does not say
    anything of groups, although it is there, stays in theirs; where no line says anything, everybody does.
    """
    here = RosterGroup.read_id == roster.read_id
    listed = select(RosterGroup.group_id).where(here)
    going = and_(CourseGroup.course_id == roster.course_id, CourseGroup.group_id.not_in(listed))
    subgroups.keep_members_of(going, now)
    _run(delete(CourseGroup).where(going))
    _know_groups(roster)
    lines = and_(RosterLine.read_id == roster.read_id, RosterLine.gone.is_(False))
    if not db.session.scalar(select(exists().where(lines, RosterLine.group_ids.is_not(None)))):
        return
    of_the_course = select(CourseGroup.id).where(CourseGroup.course_id == roster.course_id)
    is_told = _told(roster, platform_id).where(
        CourseGroup.id == CourseGroupMember.course_group_id, Enrolment.id == CourseGroupMember.enrolment_id
    )
    _run(
        delete(CourseGroupMember).where(
            CourseGroupMember.course_group_id.in_(db.session.scalars(of_the_course).all()),
            ~is_told.correlate(CourseGroupMember).exists(),
            ~_silent(roster, platform_id).correlate(CourseGroupMember).exists(),
        )
    )
    pairs = (
        _told(roster, platform_id)
        .with_only_columns(CourseGroup.id, Enrolment.id, maintain_column_froms=True)
        .where(CourseGroup.course_id == roster.course_id)
        .order_by(CourseGroup.id, Enrolment.id)
    )
    source = _insert(CourseGroupMember).from_select(["course_group_id", "enrolment_id"], pairs)
    _run(source.on_conflict_do_nothing())


def _know_groups(roster: Roster) -> None:
    source = (
        select(
            RosterGroup.course_id,
            RosterGroup.group_id,
            *(getattr(RosterGroup, name) for name in _SAID),
            literal(GroupSource.SERVICE, CourseGroup.source.type),
        )
        .where(RosterGroup.read_id == roster.read_id)
        .order_by(RosterGroup.group_id)
    )
    names = ["course_id", "group_id", *_SAID, "source"]
    statement = _insert(CourseGroup).from_select(names, source)
    said = {name: statement.excluded[name] for name in (*_SAID, "source")}
    _run(statement.on_conflict_do_update(index_elements=["course_id", "group_id"], set_=said))


def _told(roster: Roster, platform_id: int) -> Select:
    """The lines that say a group, by its id in the LMS, of somebody who is enrolled in the course."""
    elements = func.json_array_elements_text if _is_postgresql() else func.json_each
    said = elements(RosterLine.group_ids).table_valued("value")
    return (
        select(literal(1))
        .select_from(Enrolment)
        .join(User, and_(User.id == Enrolment.user_id, User.platform_id == platform_id))
        .join(RosterLine, and_(RosterLine.read_id == roster.read_id, RosterLine.sub == User.sub))
        .join(said, true())
        .where(
            Enrolment.course_id == roster.course_id,
            RosterLine.gone.is_(False),
            CourseGroup.group_id == said.c.value,
        )
    )


def _silent(roster: Roster, platform_id: int) -> Select:
    """The line that says nothing of groups, of the person whose enrolment is in a group."""
    return (
        select(literal(1))
        .select_from(Enrolment)
        .join(User, and_(User.id == Enrolment.user_id, User.platform_id == platform_id))
        .join(RosterLine, and_(RosterLine.read_id == roster.read_id, RosterLine.sub == User.sub))
        .where(
            Enrolment.id == CourseGroupMember.enrolment_id,
            RosterLine.gone.is_(False),
            RosterLine.group_ids.is_(None),
        )
    )


def _is_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


def _insert(table: type[Base]):
    return (postgresql if _is_postgresql() else sqlite).insert(table)


def _run(statement) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})
