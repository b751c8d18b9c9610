"""Carrying a succession out: rows change places by a constant number of statements, each of them noted.

A unique row cannot take the place of another while that one is there, and neither database can put the
question off: those that make room wait in a place of their own, which exists inside the transaction only.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Subquery, delete, insert, literal, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from lti_tool.errors import Stale
from lti_tool.extensions import db
from lti_tool.models import (
    Course,
    Deployment,
    DeploymentPolicy,
    DeploymentState,
    Enrolment,
    KeptText,
    Membership,
    MovedKind,
    Platform,
    PlatformState,
    Seat,
    Succession,
    SuccessionMove,
    User,
)
from lti_tool.services.succession_plan import TAKEN, Verdict

# What moves, by which column it belongs somewhere, and by which it is known there.
_TABLES = (
    (MovedKind.COURSE, Course, "deployment_id", "context_id"),
    (MovedKind.USER, User, "platform_id", "sub"),
)


@dataclass(frozen=True)
class Moved:
    """How many rows changed their place, those that made room included."""

    courses: int
    people: int


# Whom and what a succession looks at, among tens of thousands.
_LOOKED_AT = (Course, Deployment, Enrolment, KeptText, Membership, Seat, SuccessionMove, User)


def let_the_planner_look() -> None:
    """Have PostgreSQL count the tables of a succession: its figures may be of another time.

    What was noted a moment ago is in none of them. A plan made for empty tables goes through tens of
    thousands of people for each one of them, and does not come to an end.
    """
    if db.engine.dialect.name == "postgresql":
        names = ", ".join(table.__tablename__ for table in _LOOKED_AT)
        db.session.execute(text(f"ANALYZE {names}"))


def note_moves(succession_id: int, kind: MovedKind, plan: Subquery) -> None:
    """Write down every row that goes, and every one that makes room for it."""
    going = select(plan.c.id, plan.c.before_id, plan.c.after_id).where(plan.c.verdict.in_(TAKEN))
    making_room = select(plan.c.partner_id, plan.c.after_id, plan.c.before_id).where(
        plan.c.verdict == Verdict.EXCHANGED.value
    )
    insert_moves(succession_id, kind, going)
    insert_moves(succession_id, kind, making_room)


def insert_moves(succession_id: int, kind: MovedKind, rows) -> None:
    """Write down the rows of a SELECT: row, where it belongs before, where after."""
    found = rows.subquery()
    columns = ("succession_id", "kind", "row_id", "before_id", "after_id")
    values = select(literal(succession_id), literal(kind, SuccessionMove.kind.type), *found.c)
    db.session.execute(insert(SuccessionMove).from_select(columns, values))


def note_late_arrivals(succession: Succession) -> None:
    """Have those make room who came by the old registration in the moment of the change."""
    for kind, table, place, key in _TABLES:
        there, late = aliased(table), aliased(table)
        rows = (
            select(late.id, SuccessionMove.after_id, SuccessionMove.before_id)
            .join(there, there.id == SuccessionMove.row_id)
            .join(
                late,
                (getattr(late, key) == getattr(there, key))
                & (getattr(late, place) == SuccessionMove.before_id)
                & (late.id != there.id),
            )
            .where(*_moves(succession, kind), late.id.not_in(rows_of(succession, kind)))
        )
        insert_moves(succession.id, kind, rows)


def carry_out(succession: Succession, goal: ColumnElement, now: datetime) -> Moved:
    """Bring every noted row to its goal: `after_id`, or back to `before_id`.

    :raises Stale: `overtaken`, a launch took one of the places meanwhile.
    """
    waiting_room = _open_waiting_room(succession, now)
    try:
        courses, people = (
            _exchange(succession, goal, waiting_room[kind], kind, table, place)
            for kind, table, place, _ in _TABLES
        )
    except IntegrityError as overtaken:
        raise Stale("overtaken") from overtaken
    db.session.execute(delete(Deployment).where(Deployment.id == waiting_room[MovedKind.COURSE]))
    db.session.execute(delete(Platform).where(Platform.id == waiting_room[MovedKind.USER]))
    for table in (Course, User, Enrolment):
        forget_loaded(table)
    return Moved(courses, people)


def end_duplicates(succession: Succession) -> None:
    """End the enrolments of those who made room where the person they made it for is a member as well.

    Otherwise a community that both registrations share would list, and grade, everybody twice. They may come
    again only by the old registration, which takes no launches; `left_at` is how `undo` finds them.
    """
    aside, person = aliased(User), aliased(User)
    twice = (
        select(Enrolment.id)
        .join(Course, Course.id == Enrolment.course_id)
        .join(aside, aside.id == Enrolment.user_id)
        .join(person, (person.platform_id == succession.new_platform_id) & (person.sub == aside.sub))
        .join(
            Membership,
            (Membership.user_id == person.id) & (Membership.community_id == Course.community_id),
        )
        .where(Enrolment.user_id.in_(made_room(succession)), Enrolment.active, Enrolment.left_at.is_(None))
        .scalar_subquery()
    )
    ended = update(Enrolment).where(Enrolment.id.in_(twice)).values(active=False, left_at=succession.at)
    db.session.execute(ended.execution_options(synchronize_session=False))


def begin_duplicates_again(succession: Succession) -> None:
    """Undo `end_duplicates`."""
    begun = (
        update(Enrolment)
        .where(Enrolment.user_id.in_(made_room(succession)), Enrolment.left_at == succession.at)
        .values(active=True, left_at=None)
    )
    db.session.execute(begun.execution_options(synchronize_session=False))


def made_room(succession: Succession):
    """The people of the new registration in whose places others are now."""
    return rows_of(succession, MovedKind.USER, SuccessionMove.before_id == succession.new_platform_id)


def _exchange(
    succession: Succession, goal: ColumnElement, room: int, kind: MovedKind, table: type, place: str
) -> int:
    """Three updates: out of the way, over, and into what became free. Returns the number of rows."""
    makes_room = SuccessionMove.before_id.in_(_places_of(succession.new_platform_id, kind))
    at_goal = goal_of(succession, goal, kind, table)
    put(table, place, room, rows_of(succession, kind, makes_room))
    moved = put(table, place, at_goal, rows_of(succession, kind, ~makes_room))
    return moved + put(table, place, at_goal, rows_of(succession, kind, makes_room))


def goal_of(succession: Succession, goal: ColumnElement, kind: MovedKind, table: type):
    """Where each row of a table goes, as it was written down."""
    return (
        select(goal)
        .where(*_moves(succession, kind), SuccessionMove.row_id == table.id)
        .correlate(table)
        .scalar_subquery()
    )


def put(table: type, place: str, goal, rows) -> int:
    """Have these rows belong elsewhere; one statement, returns how many there are."""
    changed = update(table).where(table.id.in_(rows)).values({place: goal})
    return db.session.execute(changed.execution_options(synchronize_session=False)).rowcount


def _places_of(platform_id: int, kind: MovedKind):
    """The platform itself for people, its deployments for courses."""
    if kind is MovedKind.USER:
        return (platform_id,)
    return select(Deployment.id).where(Deployment.platform_id == platform_id).scalar_subquery()


def _moves(succession: Succession, kind: MovedKind) -> tuple[ColumnElement[bool], ...]:
    return (SuccessionMove.succession_id == succession.id, SuccessionMove.kind == kind)


def rows_of(succession: Succession, kind: MovedKind, *conditions: ColumnElement[bool]):
    """The rows of a kind that this succession moves."""
    return select(SuccessionMove.row_id).where(*_moves(succession, kind), *conditions).scalar_subquery()


def _open_waiting_room(succession: Succession, now: datetime) -> dict[MovedKind, int]:
    """A platform and a deployment that nobody can launch; gone again before the transaction ends."""
    organisation_id = db.session.scalar(
        select(Platform.organisation_id).where(Platform.id == succession.old_platform_id)
    )
    platform = Platform(
        organisation_id=organisation_id,
        name="waiting room",
        issuer="waiting-room",
        client_id=str(uuid.uuid4()),
        auth_url="",
        token_url="",
        jwks_url="",
        deployment_policy=DeploymentPolicy.STRICT,
        state=PlatformState.SUSPENDED,
        clock_offset=0.0,
        created_at=now,
    )
    db.session.add(platform)
    db.session.flush()
    deployment = Deployment(
        platform_id=platform.id,
        organisation_id=organisation_id,
        deployment_id="waiting-room",
        state=DeploymentState.WAITING,
        created_at=now,
    )
    db.session.add(deployment)
    db.session.flush()
    room = {MovedKind.COURSE: deployment.id, MovedKind.USER: platform.id}
    db.session.expunge(deployment)
    db.session.expunge(platform)
    return room


def forget_loaded(table: type) -> None:
    """Have rows of this table that are loaded already read again: they may belong elsewhere now."""
    for row in list(db.session.identity_map.values()):
        if isinstance(row, table):
            db.session.expire(row)
