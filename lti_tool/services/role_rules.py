"""The role rules of a deployment: what others would change, and other ones coming into force.

What the LMS said of everybody is kept with its source (`Enrolment`), so that it can be read anew. Rules reach
launches with the platform (`lti.store`), rosters when they are taken over, and everybody who is here
already by one transaction.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Row, bindparam, or_, select, update

from lti_tool.errors import NotFound, Stale, Unfit
from lti_tool.extensions import db
from lti_tool.lti.launch import Launch
from lti_tool.lti.role_rules import (
    MOST_PARAMETERS,
    MOST_RULES,
    RoleRule,
    Rules,
    is_parameter_name,
    problems_of,
    rules_of,
    stored,
)
from lti_tool.models import Community, Course, Deployment, Enrolment, Membership, Role, Seat, User
from lti_tool.services import audit, roles, running_scores
from lti_tool.services.roles import STAFF

# Launches that were read under the rules of before have ended by then.
SETTLES_AFTER = timedelta(minutes=1)
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


def in_force(deployment: Deployment) -> Rules:
    """Return the rules of a deployment."""
    return rules_of(deployment.role_rules, deployment.role_parameters)


def checked(draft: Rules) -> Rules:
    """Return the draft when it may come into force.

    :raises Unfit: `problems` by place of the rule ("rule-0" …) and "parameters".
    """
    problems = {
        f"rule-{place}": problems_of(rule, draft.parameters) for place, rule in enumerate(draft.rules)
    }
    if len(draft.rules) > MOST_RULES:
        problems["rules"] = ["too-many-rules"]
    if len(draft.parameters) > MOST_PARAMETERS:
        problems["parameters"] = ["too-many-parameters"]
    elif not all(map(is_parameter_name, draft.parameters)):
        problems["parameters"] = ["not-a-parameter"]
    found = {place: codes for place, codes in problems.items() if codes}
    if found:
        raise Unfit(found)
    return draft


def preview(deployment: Deployment, draft: Rules, now: datetime) -> Effect:
    """Say what rules would change for everybody who is here; writes nothing. At most three statements."""
    return _effect(deployment.id, _enrolled(deployment.id), draft, now)


def adopt(
    deployment_id: int, draft: Rules, version: int, agreed: str, now: datetime, by: int | None = None
) -> Effect:
    """Let rules come into force, for everybody who is here and everybody who comes. One transaction.

    :param version: of the rules that were seen with the preview; :param agreed: its effect's seal.
    :param by: the administrator who decided.
    :raises Stale: other rules came into force meanwhile, or they would do more than was said.
    :raises NotFound: no such deployment. :raises Unfit: see `checked`.
    """
    deployment = _locked(deployment_id)
    if deployment.role_rules_version != version:
        raise Stale("rules-changed")
    rows = _enrolled(deployment_id)
    effect = _effect(deployment_id, rows, checked(draft), now)
    if effect.seal != agreed:
        raise Stale("rules-would-do-more")
    before = in_force(deployment)
    deployment.role_rules = stored(draft.rules) or None
    deployment.role_parameters = list(draft.parameters) or None
    deployment.role_rules_version = version + 1
    deployment.roles_settle_at = now + SETTLES_AFTER
    _bring_into_line(rows, draft, now)
    _note(deployment, before, draft, effect, now, by)
    return effect


def settle(now: datetime) -> None:
    """Look through once more those who came by a launch that was read under the rules of before."""
    due = select(Deployment.id).where(Deployment.roles_settle_at <= now).order_by(Deployment.id)
    for deployment_id in db.session.scalars(due).all():
        deployment = _locked(deployment_id)
        _bring_into_line(_enrolled(deployment_id), in_force(deployment), now)
        deployment.roles_settle_at = None
    db.session.flush()


def read_anew(launch: Launch) -> Launch:
    """Return a launch that waited in a form, with the role that the rules of now give it."""
    known = db.session.execute(
        select(Deployment.role_rules, Deployment.role_parameters).where(
            Deployment.platform_id == launch.platform_id, Deployment.deployment_id == launch.deployment_id
        )
    ).one_or_none()
    rules = rules_of(*known) if known else Rules()
    role = rules.role_of(launch.roles, launch.custom)
    return replace(launch, role=role, deciding_custom=rules.kept_of(launch.custom))


def _locked(deployment_id: int) -> Deployment:
    """Lock a deployment and its courses: lists are taken over before or after, under one set of rules."""
    deployment = db.session.scalars(
        select(Deployment)
        .where(Deployment.id == deployment_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if deployment is None:
        raise NotFound("no-such-deployment")
    courses = select(Course.id).where(Course.deployment_id == deployment_id).order_by(Course.id)
    db.session.execute(courses.with_for_update(key_share=True)).all()
    return deployment


_READ = ("launch_roles", "launch_role", "launch_custom", "lower_roles", "lower_role", "lower_custom")
_ALSO_READ = ("lowered_at", "roster_roles", "roster_role", "active", "test_user", "user_id", "course_id")


def _enrolled(deployment_id: int) -> Sequence[Row]:
    """Return what the LMS said of everybody in the courses of a deployment. One statement."""
    columns = [getattr(Enrolment, name) for name in _READ + _ALSO_READ]
    return db.session.execute(
        select(Enrolment.id, *columns, Course.community_id, User.name)
        .join(Course, Course.id == Enrolment.course_id)
        .join(User, User.id == Enrolment.user_id)
        .where(Course.deployment_id == deployment_id, User.erased_at.is_(None))
        .order_by(Enrolment.id)
    ).all()


Reader = Callable[[Sequence[str], Mapping[str, str] | None], Role]


def _reader(rules: Rules) -> Reader:
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


def _after(row: Row, role_of: Reader) -> Standing:
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


def _effect(deployment_id: int, rows: Iterable[Row], draft: Rules, now: datetime) -> Effect:
    here = [row for row in rows if row.active and not row.test_user]
    role_of, moved = _reader(draft), defaultdict(list)
    staff_before, staff_after = set(), set()
    for row in here:
        before, after = (
            roles.of_enrolment(standing, now) for standing in (_before(row), _after(row, role_of))
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


_ROLES_READ = (
    update(Enrolment.__table__)
    .where(Enrolment.id == bindparam("row"))
    .values({name: bindparam(name) for name in (*_READ, "lowered_at", "roster_role")})
)
# A seat is ruled by the role of its own launch: the one that said what the enrolment's launch said.
_SEATS_READ = (
    update(Seat.__table__)
    .where(
        Seat.user_id == bindparam("person"),
        Seat.course_id == bindparam("course"),
        Seat.role == bindparam("before"),
    )
    .values(role=bindparam("after"))
)


def _bring_into_line(rows: Iterable[Row], rules: Rules, now: datetime) -> None:
    """Write the roles that rules give to everybody, to the rows where that differs."""
    role_of, connection = _reader(rules), db.session.connection()
    read = [(row, values) for row in rows if (values := _values(row, rules, role_of)) is not None]
    if not read:
        return
    connection.execute(_ROLES_READ, [values | {"row": row.id} for row, values in read])
    seats = [seat for row, values in read for seat in _seats(row, values)]
    if seats:
        connection.execute(_SEATS_READ, seats)
    _have_scores_computed([row for row, _ in read], now)
    db.session.expire_all()


def _values(row: Row, rules: Rules, role_of: Reader) -> dict | None:
    """What the enrolment's row becomes, or None when it stays as it is."""
    after = _after(row, role_of)
    taken = row.lower_role is not None and after.lower_role is None
    values = {
        "launch_roles": row.lower_roles if taken else row.launch_roles,
        "launch_role": after.launch_role,
        "launch_custom": rules.kept_of((row.lower_custom if taken else row.launch_custom) or {}),
        "lower_roles": None if taken else row.lower_roles,
        "lower_role": after.lower_role,
        "lower_custom": None if taken else rules.kept_of(row.lower_custom or {}),
        "lowered_at": after.lowered_at,
        "roster_role": after.roster_role,
    }
    same = all(getattr(row, name) == value for name, value in values.items())
    return None if same else values


def _seats(row: Row, values: dict) -> list[dict]:
    """Which seats follow. One that was lower on purpose keeps its own role."""
    ways = {row.launch_role: values["launch_role"]}
    if row.lower_role is not None:
        ways.setdefault(row.lower_role, values["lower_role"] or values["launch_role"])
    whose = {"person": row.user_id, "course": row.course_id}
    return [whose | {"before": one, "after": other} for one, other in ways.items() if one != other]


def _have_scores_computed(rows: Iterable[Row], now: datetime) -> None:
    """Who is graded may have changed: what is kept of the members is computed anew."""
    people: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        if row.community_id is not None:
            people[row.community_id].add(row.user_id)
    for community_id, users in sorted(people.items()):
        for some in _in_parts(sorted(users)):
            members = select(Membership.id).where(
                Membership.community_id == community_id, Membership.user_id.in_(some)
            )
            running_scores.mark_stale(community_id, db.session.scalars(members).all(), now)


def _in_parts(users: list[int]) -> Iterable[list[int]]:
    return (
        users[start : start + running_scores.MOST_NAMED]
        for start in range(0, len(users), running_scores.MOST_NAMED)
    )


def _note(
    deployment: Deployment, before: Rules, after: Rules, effect: Effect, now: datetime, by: int | None
) -> None:
    audit.record_administration(
        by,
        "deployment.role-rules",
        f"deployment:{deployment.id}",
        now,
        deployment.organisation_id,
        version=deployment.role_rules_version,
        before=_told(before),
        after=_told(after),
        moves=[[move.before.value, move.after.value, move.count] for move in effect.moves],
    )
    db.session.flush()


def _told(rules: Rules) -> dict:
    return {"rules": stored(rules.rules), "parameters": list(rules.parameters)}


def draft_of(rules: Iterable[RoleRule], parameters: Iterable[str]) -> Rules:
    """Return rules that somebody typed; nothing of them is checked yet."""
    return Rules(tuple(rules), tuple(dict.fromkeys(name.strip() for name in parameters if name.strip())))
