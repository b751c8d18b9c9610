"""The role rules of a deployment: what others would change, and other ones coming into force.

What the LMS said of everybody is kept with its source (`Enrolment`), so that it can be read anew. Rules reach
launches with the platform (`lti.store`), rosters when they are taken over, and everybody who is here
already by one transaction.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Row, bindparam, select, update

from lti_tool.errors import NotFound, Stale, Unfit
from lti_tool.extensions import db
from lti_tool.lti.launch import Launch
from lti_tool.lti.role_rules import (
    MOST_PARAMETERS,
    MOST_RULES,
    RoleRule,
    RuleKind,
    Rules,
    is_parameter_name,
    problems_of,
    rules_of,
    stored,
)
from lti_tool.lti.roles import RANKING
from lti_tool.models import Course, Deployment, Enrolment, Membership, Role, Seat
from lti_tool.services import audit, role_effects, running_scores
from lti_tool.services.role_effects import Effect, Reader

# Launches that were read under the rules of before have ended by then.
SETTLES_AFTER = timedelta(minutes=1)
# What a rule may give, from the highest; all else is by appointment.
MAY_BE_GIVEN = tuple(reversed(RANKING))


@dataclass(frozen=True)
class TypedRule:
    """One rule as somebody typed it; `parameter` None: it looks at roles."""

    parameter: str | None
    match: str
    role: str


@dataclass(frozen=True)
class TypedRules:
    """What a form holds, in its order."""

    rules: tuple[TypedRule, ...]
    parameters: tuple[str, ...]


def draft_of(typed: TypedRules) -> Rules:
    """Return typed rules as rules; an unknown role is the lowest. Nothing of them is checked yet."""
    return Rules(tuple(map(_rule_of, typed.rules)), typed.parameters)


def _rule_of(typed: TypedRule) -> RoleRule:
    role = next((role for role in MAY_BE_GIVEN if role == typed.role), Role.OBSERVER)
    kind = RuleKind.ROLE if typed.parameter is None else RuleKind.PARAMETER
    return RoleRule(kind, typed.match, role, typed.parameter)


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
    return role_effects.effect_of(deployment.id, role_effects.enrolled(deployment.id), draft, now)


def adopt(
    deployment_id: int, draft: Rules, version: int, agreed: str, now: datetime, by: int | None = None
) -> Effect:
    """Let rules come into force, for everybody who is here and everybody who comes. One transaction.

    :param version: of the rules that were seen with the preview; :param agreed: its effect's seal.
    :param by: the administrator who decided.
    :raises Stale: other rules came into force meanwhile, or they would do more than was said.
    :raises NotFound: no such deployment. :raises Unfit: see `checked`.
    """
    checked(draft)
    deployment = _locked(deployment_id)
    if deployment.role_rules_version != version:
        raise Stale("rules-changed")
    rows = role_effects.enrolled(deployment_id)
    effect = role_effects.effect_of(deployment_id, rows, draft, now)
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
        _bring_into_line(role_effects.enrolled(deployment_id), in_force(deployment), now)
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


_ROLES_READ = (
    update(Enrolment.__table__)
    .where(Enrolment.id == bindparam("row"))
    .values({name: bindparam(name) for name in (*role_effects.READ, "lowered_at", "roster_role")})
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
    role_of, connection = role_effects.reader(rules), db.session.connection()
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
    after = role_effects.read_anew(row, role_of)
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
