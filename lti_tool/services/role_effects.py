"""What the LMS said of everybody in a deployment, read by other role rules: who would be what.

Writes nothing.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, or_, select

from lti_tool.extensions import db
from lti_tool.lti.role_rules import Rules
from lti_tool.models import Community, Course, Enrolment, Role, User
from lti_tool.services import roles
from lti_tool.services.roles import STAFF

# More people than this who would become trainers are seldom meant.
MANY_LIFTED = 5
MOST_NAMED = 8


@dataclass(frozen=True)
class Standing:
    """What an enrolment's role is computed from (`roles.of_enrolment`)."""

    launch_role: Role
    lower_role: Role | None
    lowered_at: datetime | None
    roster_role: Role | None


@dataclass(frozen=True)
class Move:
    """People whose role in a course would be another one. `names`: the first few, None for an unnamed one."""

    before: Role
    after: Role
    count: int
    names: tuple[str | None, ...]


@dataclass(frozen=True)
class Effect:
    """What rules would do to who is here now.

    `matches` counts, rule by rule, the enrolments that it decides; `usual` those that the usual rules do.
    `lifted` would become trainers; `staffless` are the communities that would have no staff any more.
    """

    people: int
    moves: tuple[Move, ...]
    matches: tuple[int, ...]
    usual: int
    lifted: int
    staffless: tuple[str, ...]

    @property
    def lifts_many(self) -> bool:
        """Whether so many would become trainers that it has to be said loudly."""
        return self.lifted > MANY_LIFTED

    @property
    def seal(self) -> str:
        """What somebody has agreed to: what would be said loudly, as a short text."""
        loud = json.dumps([self.lifted if self.lifts_many else 0, self.staffless])
        return hashlib.sha256(loud.encode()).hexdigest()[:16]


READ = ("launch_roles", "launch_role", "launch_custom", "lower_roles", "lower_role", "lower_custom")
_ALSO_READ = ("lowered_at", "roster_roles", "roster_role", "active", "test_user", "user_id", "course_id")


def enrolled(deployment_id: int) -> Sequence[Row]:
    """Return what the LMS said of everybody in the courses of a deployment. One statement."""
    columns = [getattr(Enrolment, name) for name in READ + _ALSO_READ]
    return db.session.execute(
        select(Enrolment.id, *columns, Course.community_id, User.name)
        .join(Course, Course.id == Enrolment.course_id)
        .join(User, User.id == Enrolment.user_id)
        .where(Course.deployment_id == deployment_id, User.erased_at.is_(None))
        .order_by(Enrolment.id)
    ).all()


Reader = Callable[[Sequence[str], Mapping[str, str] | None], Role]


def reader(rules: Rules) -> Reader:
    """Read each different thing that an LMS says once: thousands are said to be the same."""
    known: dict[tuple, Role] = {}

    def role_of(raw: Sequence[str], custom: Mapping[str, str] | None) -> Role:
        said = (tuple(raw), tuple(sorted((custom or {}).items())))
        if said not in known:
            known[said] = rules.role_of(raw, custom)
        return known[said]

    return role_of


def _before(row: Row) -> Standing:
    return Standing(row.launch_role, row.lower_role, row.lowered_at, row.roster_role)


def read_anew(row: Row, role_of: Reader) -> Standing:
    launched = role_of(row.launch_roles, row.launch_custom)
    rostered = role_of(row.roster_roles or (), None) if row.roster_role is not None else None
    if row.lower_role is None:
        return Standing(launched, None, None, rostered)
    lower = role_of(row.lower_roles or (), row.lower_custom)
    if _says_as_much(lower, launched):
        return Standing(lower, None, None, rostered)
    return Standing(launched, lower, row.lowered_at, rostered)


def _says_as_much(one: Role, other: Role) -> bool:
    return roles.higher(one, other) == one


def effect_of(deployment_id: int, rows: Iterable[Row], draft: Rules, now: datetime) -> Effect:
    here = [row for row in rows if row.active and not row.test_user]
    role_of, moved = reader(draft), defaultdict(list)
    staff_before, staff_after = set(), set()
    for row in here:
        before, after = (
            roles.of_enrolment(standing, now) for standing in (_before(row), read_anew(row, role_of))
        )
        if before != after:
            moved[before, after].append(row.name)
        staff_before |= {row.community_id} if before in STAFF else set()
        staff_after |= {row.community_id} if after in STAFF else set()
    decided = Counter(_deciding(row, draft) for row in here)
    return Effect(
        people=len(here),
        moves=tuple(
            Move(*way, len(names), tuple(sorted(names, key=lambda name: name or "~")[:MOST_NAMED]))
            for way, names in sorted(moved.items())
        ),
        matches=tuple(decided[place] for place in range(len(draft.rules))),
        usual=decided[None],
        lifted=sum(len(names) for (_, after), names in moved.items() if after is Role.TRAINER),
        staffless=_staffless(deployment_id, staff_before - staff_after - {None}),
    )


def _deciding(row: Row, draft: Rules) -> int | None:
    """The rule that decides of somebody, by the last launch, else by the roster."""
    places = [draft.deciding(row.launch_roles, row.launch_custom), draft.deciding(row.roster_roles or ())]
    return next((place for place in places if place is not None), None)


def _staffless(deployment_id: int, community_ids: set[int]) -> tuple[str, ...]:
    """The names of those of the communities that have no staff by courses of other deployments either."""
    if not community_ids:
        return ()
    kept = (
        select(Course.community_id)
        .join(Enrolment, Enrolment.course_id == Course.id)
        .where(
            Course.community_id.in_(community_ids),
            Course.deployment_id != deployment_id,
            Enrolment.active,
            or_(Enrolment.launch_role.in_(STAFF), Enrolment.roster_role.in_(STAFF)),
        )
    )
    wanted = select(Community.name).where(Community.id.in_(community_ids), Community.id.not_in(kept))
    return tuple(db.session.scalars(wanted.order_by(Community.name, Community.id)))
