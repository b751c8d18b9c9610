"""What would raise the score most: every promise is kept when the step is really taken."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.grading.facts import Act, Fact, Kind
from lti_tool.grading.hints import Aim, Step, standing_of, worth_most
from lti_tool.grading.parts import share_of
from lti_tool.grading.policy import POINTS_AND_PACE, Policy
from lti_tool.grading.presets import BALANCED, CHECKLIST, PRESETS, TRAINER_ONLY, UNGRADED
from lti_tool.grading.score import Statement, statement
from tests.unit.grading.builders import COURSE_OVER, FOUR_WEEKS, ZONE, Learner, moment
from tests.unit.grading.test_model_properties import LAST, POLICIES, at, learners

NEVER_HELPED = count(10_001)
ANY_POLICY = [*POLICIES, POINTS_AND_PACE, replace(POINTS_AND_PACE, daily_limit=1, buffer=Fraction(1))]


def taken(facts: list[Fact], step: Step, policy: Policy, as_of: datetime) -> tuple[list[Fact], datetime]:
    """Take a step as it says: some today, the others on the days that follow; return when it is done."""
    found, day, left_today = list(facts), as_of, step.today
    for number in range(step.count):
        if not left_today:
            day, left_today = day + timedelta(days=1), policy.daily_limit
        left_today -= 1
        found.append(
            Fact(
                id=90_000 + number,
                act=Act.WRITTEN,
                subject=f"new:{number}",
                kind=step.kind,
                at=day,
                words=step.min_words or 0,
                helped=next(NEVER_HELPED) if step.aim is Aim.HELP else None,
            )
        )
    return found, day


def promises_kept(facts: list[Fact], policy: Policy, as_of: datetime, maximum: Decimal) -> int:
    before = statement(facts, policy, FOUR_WEEKS, as_of, maximum, zone=ZONE)
    steps = worth_most(before, policy)
    for step in steps:
        later, done_at = taken(facts, step, policy, as_of)
        after = statement(later, policy, FOUR_WEEKS, done_at, maximum, zone=ZONE)
        assert after.score - before.score == step.gain > 0, step
    return len(steps)


def known(facts: list[Fact], as_of: datetime) -> list[Fact]:
    return [fact for fact in facts if fact.at <= as_of]


class TestWhatIsPromised:
    @given(
        learners(), st.sampled_from(ANY_POLICY), st.integers(0, LAST), st.sampled_from(["20", "100", "7.5"])
    )
    @settings(max_examples=300, deadline=None)
    def test_is_what_taking_the_step_brings(self, facts, policy, half_hours, maximum):
        as_of = at(half_hours)
        promises_kept(known(facts, as_of), policy, as_of, Decimal(maximum))

    @given(learners(last=200), st.sampled_from(ANY_POLICY), st.integers(0, 200))
    @settings(max_examples=300, deadline=None)
    def test_is_kept_in_a_crowded_week_too(self, facts, policy, half_hours):
        as_of = at(half_hours)
        promises_kept(known(facts, as_of), policy, as_of, Decimal(20))

    @given(learners(), st.sampled_from(ANY_POLICY), st.integers(0, LAST))
    @settings(max_examples=100, deadline=None)
    def test_starts_from_the_standing_that_made_the_statement(self, facts, policy, half_hours):
        stands = statement(facts, policy, FOUR_WEEKS, at(half_hours), Decimal(20), zone=ZONE)
        assert share_of(standing_of(stands, policy).measures) == stands.share

    @pytest.mark.parametrize("policy", [BALANCED, CHECKLIST, POINTS_AND_PACE], ids=lambda one: one.preset)
    def test_there_is_something_at_the_beginning(self, policy):
        assert promises_kept([], policy, moment(1), Decimal(20))


def steps_of(learner: Learner, policy: Policy, as_of: datetime) -> tuple[Step, ...]:
    return worth_most(learner.statement(as_of=as_of, policy=policy), policy)


class TestTheSteps:
    def test_come_with_the_largest_gain_first(self):
        gains = [step.gain for step in steps_of(Learner(), BALANCED, moment(1))]
        assert gains == sorted(gains, reverse=True)

    def test_name_helping_somebody_new_where_help_is_weighed(self):
        assert Aim.HELP in {step.aim for step in steps_of(Learner(), BALANCED, moment(1))}
        assert Aim.HELP not in {step.aim for step in steps_of(Learner(), POINTS_AND_PACE, moment(1))}

    def test_name_an_active_week_while_it_is_none(self):
        learner = Learner()
        active = [step for step in steps_of(learner, BALANCED, moment(1)) if step.aim is Aim.ACTIVE]
        assert {(step.kind, step.count) for step in active} == {
            (Kind.QUESTION, 1),
            (Kind.ANSWER, 2),
            (Kind.EXPERIENCE, 1),
            (Kind.RESOURCE, 2),
        }
        learner.write(Kind.QUESTION, moment(1))
        assert Aim.ACTIVE not in {step.aim for step in steps_of(learner, BALANCED, moment(1, 1))}

    def test_say_what_a_milestone_still_lacks(self):
        learner = Learner()
        learner.write(Kind.QUESTION, moment(1))
        found = {step.kind: step for step in steps_of(learner, CHECKLIST, moment(1, 1))}
        assert {(step.aim, step.count) for step in found.values()} == {
            (Aim.MILESTONE, 1),
            (Aim.MILESTONE, 4),
        }
        assert found[Kind.QUESTION].gain == 20

    def test_say_how_much_of_them_counts_today(self):
        learner = Learner()
        for hour in range(4):
            learner.write(Kind.ANSWER, moment(1, 1, 9 + hour))
        found = steps_of(learner, POINTS_AND_PACE, moment(1, 1, 20))
        assert [(step.kind, step.today) for step in found] == [
            (Kind.EXPERIENCE, 0),
            (Kind.QUESTION, 0),
            (Kind.RESOURCE, 0),
        ]
        assert steps_of(learner, POINTS_AND_PACE, moment(1, 2))[0].today == 1

    def test_are_none_where_nothing_that_one_writes_counts(self):
        for policy in (TRAINER_ONLY, UNGRADED):
            assert steps_of(Learner(), policy, moment(1)) == ()

    def test_are_none_in_an_excused_week_and_after_the_last(self):
        learner = Learner()
        learner.excused(1)
        for policy in PRESETS.values():
            assert steps_of(learner, policy, moment(1, 1)) == ()
            assert steps_of(learner, policy, COURSE_OVER) == ()

    def test_leave_a_kind_out_whose_places_are_taken(self):
        learner = Learner()
        for day in range(2):
            learner.write(Kind.QUESTION, moment(1, day))
        assert {step.kind for step in steps_of(learner, POINTS_AND_PACE, moment(1, 3))} == {
            Kind.ANSWER,
            Kind.EXPERIENCE,
            Kind.RESOURCE,
        }

    def test_are_measured_on_the_statement_and_nothing_else(self):
        stands = Learner().statement(as_of=moment(1), policy=BALANCED)
        assert worth_most(Statement.from_record(stands.as_record()), BALANCED) == worth_most(stands, BALANCED)
