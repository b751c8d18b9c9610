"""The rules in force, and what others would do: looked at as often as one likes, nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from lti_tool.errors import NotFound
from lti_tool.grading import periods
from lti_tool.grading.catalogue import Difference, differences
from lti_tool.grading.effects import Effect, effect_of
from lti_tool.grading.facts import Kind
from lti_tool.grading.hints import WRITABLE
from lti_tool.grading.ledger import Reason, Statement
from lti_tool.grading.policy import Policy, PolicyInvalid
from lti_tool.grading.presets import PRESETS
from lti_tool.permissions import Act
from lti_tool.services import facts, participation, people, roles, rules
from lti_tool.services.acting import ActingMember
from lti_tool.services.participation import ScoredMember
from lti_tool.services.people import Person
from lti_tool.services.previews import mark_of
from lti_tool.services.rules import Rules

# The kinds that can be contributed or received today: settings of the others are kept, but not shown.
SHOWN_KINDS: Sequence[Kind] = (*WRITABLE, Kind.ACCEPTED, Kind.RECOGNITION)


@dataclass(frozen=True)
class Calendar:
    """The weeks that count: the Monday of the first one, how many, and the zone of their midnights."""

    starts_on: date
    weeks: int
    zone: str


@dataclass(frozen=True)
class PolicyDraft:
    """What a trainer considers: rules, any day of the first week, and the number of weeks."""

    policy: Policy
    starts_on: date
    weeks: int

    def __post_init__(self) -> None:
        """Refuse a milestone that would never be due. Raises PolicyInvalid."""
        for number, milestone in enumerate(self.policy.milestones, 1):
            if milestone.by_period is not None and milestone.by_period > self.weeks:
                raise PolicyInvalid(f"milestones.{number}.by_period", "lies after the last week")

    @property
    def fingerprint(self) -> str:
        """What tells this draft from any other: what is adopted is what was previewed."""
        told = [replace(self.policy, version=1).as_settings(), self.first_monday.isoformat(), self.weeks]
        return mark_of(told)

    @property
    def first_monday(self) -> date:
        return self.starts_on - timedelta(days=self.starts_on.weekday())


@dataclass(frozen=True)
class InForce:
    """The rules as they are: `version` is what a decision on other rules must have seen."""

    draft: PolicyDraft
    version: int
    maximum: Decimal
    column: str
    zone: str
    begun_weeks: int
    total_weeks: int


@dataclass(frozen=True)
class NewWeeks:
    """Weeks laid out anew. `begun` of those that have begun get other bounds; `left_out` contributions
    that lie in a week now would lie in none, `taken_in` the other way round."""

    before: Calendar
    after: Calendar
    begun: int
    left_out: int
    taken_in: int
    over: bool  # every week would be closed


@dataclass(frozen=True)
class MovedLearner:
    """Somebody whose score would change; None where nothing is measured of them."""

    person: Person
    before: Decimal | None
    after: Decimal | None
    change: Decimal | None


@dataclass(frozen=True)
class Preview:
    """What a draft would do on the facts as they are now."""

    draft: PolicyDraft
    version: int  # in force
    differences: tuple[Difference, ...]
    weeks: NewWeeks | None
    effect: Effect
    largest: tuple[MovedLearner, ...]
    maximum: Decimal

    @property
    def changes_rules(self) -> bool:
        """Whether the draft is another set of rules at all."""
        return bool(self.differences) or self.weeks is not None


@dataclass(frozen=True)
class Comparison:
    """The same learners under two sets of rules."""

    before: Rules
    after: Rules
    members: Sequence[ScoredMember]
    stood: Mapping[int, Statement]
    stands: Mapping[int, Statement]

    @property
    def effect(self) -> Effect:
        """The difference that it makes to their scores."""
        return effect_of(
            {member_id: _score_of(one) for member_id, one in self.stood.items()},
            {member_id: _score_of(one) for member_id, one in self.stands.items()},
            self.before.maximum,
        )

    @property
    def affected(self) -> list[int]:
        """The members of whom an LMS may have something else: a score moves, or what a line brings.

        A column for one task adds up lines, and may move where the whole score does not.
        """
        return [
            member_id
            for member_id, stood in self.stood.items()
            if _told(stood) != _told(self.stands[member_id])
        ]


def current(member: ActingMember, now: datetime) -> InForce:
    """Return the rules in force for those who may change them; one statement.

    :raises NotFound: grading is off.
    """
    by = _in_force(member)
    weeks = calendar_of(by)
    return InForce(
        draft=PolicyDraft(by.policy, weeks.starts_on, weeks.weeks),
        version=by.policy.version,
        maximum=by.maximum,
        column=by.name,
        zone=member.community.time_zone,
        begun_weeks=sum(1 for period in by.periods if period.starts_at <= now),
        total_weeks=len(by.periods),
    )


def starting_point(preset: str) -> Policy | None:
    """Return a preset as a trainer starts from it, None when there is no such one.

    Its checklist asks for nothing that cannot be contributed yet: nobody could have all of it.
    """
    policy = PRESETS.get(preset)
    if policy is None:
        return None
    possible = tuple(milestone for milestone in policy.milestones if milestone.kind in SHOWN_KINDS)
    return replace(policy, milestones=possible)


def base_of(preset: str, policy: Policy) -> Policy | None:
    """Return what a form starting from `preset` leaves as it is: of the rules in force, else the preset's."""
    return policy if preset == policy.preset else starting_point(preset)


def preview(member: ActingMember, draft: PolicyDraft, now: datetime) -> Preview:
    """Return what a draft would do if it were adopted now; four statements, nothing is written.

    :raises NotFound: grading is off.
    """
    return previewed(compared(member, draft, now), draft, now)


def compared(member: ActingMember, draft: PolicyDraft, now: datetime) -> Comparison:
    """Compute everybody's statement under the rules in force and under the draft."""
    by = _in_force(member)
    other = _rules_of(member, by, draft)
    members = participation.scored_members(by.community_id, now)
    known = facts.facts_of(by.community_id, [one.membership.id for one in members])
    return Comparison(
        before=by,
        after=other,
        members=members,
        stood={number: participation.statement_for(by, theirs, now) for number, theirs in known.items()},
        stands={number: participation.statement_for(other, theirs, now) for number, theirs in known.items()},
    )


def previewed(comparison: Comparison, draft: PolicyDraft, now: datetime) -> Preview:
    """Put a comparison into figures and names."""
    by, effect = comparison.before, comparison.effect
    members = {one.membership.id: one for one in comparison.members}
    return Preview(
        draft=draft,
        version=by.policy.version,
        differences=differences(by.policy, draft.policy, SHOWN_KINDS),
        weeks=_new_weeks(comparison, now),
        effect=effect,
        largest=tuple(
            MovedLearner(_person(members[move.member], now), move.before, move.after, move.change)
            for move in effect.largest
        ),
        maximum=by.maximum,
    )


def calendar_of(by: Rules) -> Calendar:
    """Return the weeks of rules as a trainer decided them."""
    return Calendar(periods.monday_of(by.periods[0].starts_at, by.zone), len(by.periods), by.zone)


def _in_force(member: ActingMember) -> Rules:
    member.must(Act.MANAGE_GRADES)
    by = rules.in_force(member.community.id)
    if by is None:
        raise NotFound("grading-off")
    return by


def _rules_of(member: ActingMember, by: Rules, draft: PolicyDraft) -> Rules:
    """Return the rules as they would be: the community's zone is frozen into each version anew."""
    zone = member.community.time_zone
    return replace(
        by,
        policy=replace(draft.policy, version=by.policy.version + 1),
        zone=zone,
        periods=periods.weekly_periods(draft.first_monday, draft.weeks, zone),
    )


def _score_of(statement: Statement) -> Decimal | None:
    """Return a score, None while none of its parts is measured: nothing is sent then either."""
    return statement.score if statement.parts else None


def _told(statement: Statement) -> tuple[Decimal, dict[str, Fraction]]:
    return statement.score, {line.subject: line.value for line in statement.lines}


def _new_weeks(comparison: Comparison, now: datetime) -> NewWeeks | None:
    before, after = calendar_of(comparison.before), calendar_of(comparison.after)
    if before == after:
        return None
    kept = set(comparison.after.periods)
    stood, stands = _outside(comparison.stood), _outside(comparison.stands)
    return NewWeeks(
        before=before,
        after=after,
        begun=sum(
            1 for period in comparison.before.periods if period.starts_at <= now and period not in kept
        ),
        left_out=len(stands - stood),
        taken_in=len(stood - stands),
        over=all(period.ends_at <= now for period in comparison.after.periods),
    )


def _outside(statements: Mapping[int, Statement]) -> set[str]:
    """Return what lies in no week, of what would otherwise count."""
    return {
        line.subject
        for statement in statements.values()
        for line in statement.lines
        if line.reason is Reason.OUTSIDE_PERIOD
    }


def _person(one: ScoredMember, now: datetime) -> Person:
    role = roles.in_force(one.membership, one.enrolments, now)
    return people.shown(one.membership, one.membership.user, role)
