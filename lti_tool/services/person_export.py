"""Everything that is held about one person, for that person (what the law asks for).

Found by what the tables say themselves: every column that points to an account or a membership. A table made
later is in it without a word here. Other people stand in it as numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, func, or_, select

from lti_tool.errors import NotFound
from lti_tool.extensions import Base, db
from lti_tool.models import (
    AuditEntry,
    BrowserSession,
    Community,
    Course,
    CourseGroup,
    CourseGroupMember,
    Deployment,
    Enrolment,
    Membership,
    Platform,
    PollBallot,
    PollChoice,
    RosterLine,
    Seat,
    User,
)
from lti_tool.services.erasure_traces import acts_on_several, audit_about

FORMAT, VERSION = "community-value-person", 1
# Of whom a row is: these rows are theirs, whole. Columns of other names say who did something to it.
OWNERS = ("user_id", "member_id", "membership_id", "author_id", "replaced_by_id", "giver_id")
# What others are to somebody who helped or thanked them is told by the row of the one who did.
COUNTERPARTS = ("helped_id", "receiver_id")
# What somebody wrote in a row that is about others.
OWN_WORDS = ("reason", "answer")
# Secrets of a session, of no use to anybody but a thief, and what a worker notes for itself.
LEFT_OUT = {
    *(("browser_session", "token_hash"), ("seat", "return_url")),
    *(("message", "about_encrypted"), ("message", "lease"), ("calendar_feed", "key")),
    *(("push_device", name) for name in ("endpoint", "digest", "public", "secret", "lease")),
}


def of_person(user_id: int, now: datetime) -> dict[str, Any]:
    """Return what is held about an account, as JSON-safe values; read in the caller's transaction.

    :raises NotFound: `no-such-person`.
    """
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound("no-such-person", id=user_id)
    members = list(db.session.scalars(select(Membership.id).where(Membership.user_id == user_id)))
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": now.isoformat(),
        "person": _rows(User.__table__, User.id == user_id)[0],
        "platform": _platform_of(user),
        "communities": _communities_of(members),
        "courses": _courses_of(user_id),
        "groups": _groups_of(user_id),
        "held": _held(user_id, members),
        "sessions": _rows(BrowserSession.__table__, BrowserSession.id.in_(_sessions_of(user_id))),
        "lists_being_read": _rows(RosterLine.__table__, _names_them(user)),
        "acts": list(_acts(members)),
        "audit": [*_rows(AuditEntry.__table__, _tells_of(user_id, members)), *_acts_on_several(members)],
    }


def _held(user_id: int, members: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that are theirs, by table; tables without any are left out."""
    held = {}
    for table in Base.metadata.sorted_tables:
        conditions = [column == user_id for column in _owners(table, User)]
        conditions += [column.in_(members) for column in _owners(table, Membership)]
        rows = _rows(table, or_(*conditions)) if conditions else []
        if rows:
            held[table.name] = rows
    if choices := _rows(PollChoice.__table__, PollChoice.ballot_id.in_(_ballots_of(members))):
        held[PollChoice.__tablename__] = choices
    return held


def _ballots_of(members: Sequence[int]) -> Select:
    """Select the numbers of their ballots. What was chosen on one points to it, not to a person."""
    return select(PollBallot.id).where(PollBallot.member_id.in_(members))


def counts(user_id: int, members: Sequence[int]) -> dict[str, int]:
    """Return how many rows are theirs, by table; one statement. Tables without any are left out.

    :param members: the memberships that count, all of theirs or some.
    """
    numbers = []
    for table in Base.metadata.sorted_tables:
        conditions = [column == user_id for column in _owners(table, User)]
        conditions += [column.in_(members) for column in _owners(table, Membership)]
        if conditions:
            rows = select(func.count()).select_from(table).where(or_(*conditions))
            numbers.append(rows.scalar_subquery().label(table.name))
    found = db.session.execute(select(*numbers)).mappings().one()
    return {table: number for table, number in found.items() if number}


def _acts(members: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Go through what they did that is about others: which row, as what, when, and in which own words."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            is_theirs = column.name in OWNERS or column.name in COUNTERPARTS
            if is_theirs or _target(column) != Membership.__tablename__:
                continue
            own = [table.c[name] for name in OWN_WORDS if name in table.c]
            moments = [one for one in table.columns if one.name in ("at", f"{column.name[:-5]}at")]
            others = [or_(one.is_(None), one.not_in(members)) for one in _owners(table, Membership)]
            wanted = select(table.c.id, *moments, *own).where(column.in_(members), *others)
            for row in db.session.execute(wanted.order_by(table.c.id)).mappings():
                yield {"table": table.name, "as": column.name, **_safe(row.items())}


def _acts_on_several(members: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Go through the audit entries about several people, with what they say of this one."""
    columns = [column.name for column in AuditEntry.__table__.columns]
    for entry, name, theirs in acts_on_several(members):
        yield _safe((one, getattr(entry, one)) for one in columns) | {"detail": {name: theirs}}


def _target(column: Column) -> str | None:
    """The table of people that a column points to, if it does."""
    targets = {key.column.table.name for key in column.foreign_keys}
    people = {User.__tablename__, Membership.__tablename__}
    return next(iter(targets & people), None)


def _owners(table: Table, kind: type[User] | type[Membership]) -> list[Column]:
    """The columns of a table that say whose a row is, as an account or as a membership."""
    return [one for one in table.columns if one.name in OWNERS and _target(one) == kind.__tablename__]


def _rows(table: Table, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    columns = [column for column in table.columns if (table.name, column.name) not in LEFT_OUT]
    order = list(table.primary_key.columns)
    found = db.session.execute(select(*columns).where(which).order_by(*order)).mappings()
    return [_safe(row.items()) for row in found]


def _safe(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {str(name): _as_json(value) for name, value in items}


def _as_json(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Decimal) else value


def _platform_of(user: User) -> dict[str, Any]:
    platform = db.session.get_one(Platform, user.platform_id)
    names = ("id", "name", "issuer", "client_id")
    return {name: getattr(platform, name) for name in names}


def _communities_of(members: Sequence[int]) -> list[dict[str, Any]]:
    here = select(Membership.community_id).where(Membership.id.in_(members))
    wanted = select(Community.id, Community.name).where(Community.id.in_(here)).order_by(Community.id)
    return [_safe(row.items()) for row in db.session.execute(wanted).mappings()]


def _courses_of(user_id: int) -> list[dict[str, Any]]:
    theirs = select(Enrolment.course_id).where(Enrolment.user_id == user_id)
    wanted = select(Course.id, Course.title, Course.label, Course.community_id).where(Course.id.in_(theirs))
    return [_safe(row.items()) for row in db.session.execute(wanted.order_by(Course.id)).mappings()]


def _groups_of(user_id: int) -> list[dict[str, Any]]:
    theirs = select(Enrolment.id).where(Enrolment.user_id == user_id)
    here = select(CourseGroupMember.course_group_id).where(CourseGroupMember.enrolment_id.in_(theirs))
    return _rows(CourseGroup.__table__, CourseGroup.id.in_(here))


def _sessions_of(user_id: int):
    return select(Seat.browser_session_id).where(Seat.user_id == user_id)


def _names_them(user: User) -> ColumnElement[bool]:
    courses = (
        select(Course.id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Deployment.platform_id == user.platform_id)
    )
    return (RosterLine.sub == user.sub) & RosterLine.course_id.in_(courses)


def _tells_of(user_id: int, members: Sequence[int]) -> ColumnElement[bool]:
    by_them = or_(
        (AuditEntry.actor_kind == "member") & AuditEntry.actor_id.in_(members),
        (AuditEntry.actor_kind == "account") & (AuditEntry.actor_id == user_id),
    )
    return or_(by_them, AuditEntry.subject == f"user:{user_id}", audit_about(members))
