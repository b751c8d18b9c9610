"""The presets, and the numbers that came with them: defaults, ranges, how they are stored."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.grading.facts import Kind
from lti_tool.grading.policy import POINTS_AND_PACE, Part, Policy, PolicyInvalid
from lti_tool.grading.presets import BALANCED, CHECKLIST, PRESETS, TRAINER_ONLY, UNGRADED
from lti_tool.grading.rules import DeadlineRule, Milestone, RecognitionRule, Targets

fractions = st.fractions(min_value=Fraction(1, 100), max_value=1)
policies = st.builds(
    replace,
    st.sampled_from(list(PRESETS.values())),
    deadlines=st.builds(DeadlineRule, late_days=st.integers(0, 60), reply_hours=st.integers(0, 1440)),
    recognitions=st.builds(
        RecognitionRule,
        per_giver=st.integers(1, 1000),
        per_pair=st.integers(1, 1000),
        return_hours=st.integers(0, 1440),
        returned_share=fractions,
        allowance=st.integers(0, 1000),
    ),
    targets=st.builds(Targets, st.integers(1, 1000), fractions, fractions),
    milestones=st.lists(
        st.builds(
            Milestone,
            st.sampled_from(Kind),
            st.integers(1, 1000),
            fractions,
            st.none() | st.integers(1, 1000),
        ),
        min_size=1,
        max_size=4,
    ).map(tuple),
    marks=st.just((Fraction(1), Fraction(0), Fraction(3, 2))),
)


class TestThePresets:
    def test_are_five(self):
        assert list(PRESETS) == ["balanced", "trainer-only", "checklist", "points-and-pace", "ungraded"]
        assert all(policy.preset == name for name, policy in PRESETS.items())

    def test_balanced_holds_the_models_weights(self):
        assert BALANCED.weights == {
            Part.ACTIVITY: 50,
            Part.HELP: 15,
            Part.REGULARITY: 15,
            Part.ASSESSMENT: 20,
        }

    def test_differ_from_the_table_of_the_model_only_in_what_they_are_for(self):
        for policy in (BALANCED, TRAINER_ONLY, UNGRADED):
            same = replace(policy, preset="points-and-pace", weights={Part.ACTIVITY: 100}, graded=True)
            assert same == POINTS_AND_PACE

    def test_hold_the_models_numbers(self):
        assert (BALANCED.deadlines.late_days, BALANCED.deadlines.reply_hours) == (7, 48)
        assert Targets() == Targets(4, Fraction(10), Fraction(3, 4))
        assert RecognitionRule() == RecognitionRule(1, 2, 24, Fraction(1, 2), 5)
        assert BALANCED.marks == (0, Fraction(1, 2), 1, Fraction(5, 4))

    def test_only_ungraded_weighs_nothing(self):
        assert {name for name, policy in PRESETS.items() if not policy.weighed} == {"ungraded"}
        assert not UNGRADED.graded
        assert TRAINER_ONLY.weighed == {Part.ASSESSMENT: 100}
        assert CHECKLIST.weighed == {Part.MILESTONES: 100}


class TestSettings:
    @settings(deadline=None)
    @given(policies)
    def test_are_read_back_as_the_same_policy(self, policy):
        assert Policy.from_settings(json.loads(json.dumps(policy.as_settings()))) == policy

    def test_name_no_later_member_that_is_at_its_default(self):
        assert set(BALANCED.as_settings()) == set(POINTS_AND_PACE.as_settings())
        longer = replace(BALANCED, deadlines=DeadlineRule(late_days=14))
        assert longer.as_settings()["deadlines"] == {"late_days": 14, "reply_hours": 48}

    def test_may_name_some_numbers_of_a_group(self):
        stored = {**BALANCED.as_settings(), "targets": {"active_points": "12.5"}}
        assert Policy.from_settings(stored).targets == Targets(active_points=Fraction(25, 2))

    @pytest.mark.parametrize(
        ("name", "value", "field"),
        [
            ("deadlines", [], "deadlines"),
            ("deadlines", {"late_days": -1}, "deadlines.late_days"),
            ("deadlines", {"late_days": 61}, "deadlines.late_days"),
            ("deadlines", {"reply_hours": "48"}, "deadlines.reply_hours"),
            ("deadlines", {"grace": 1}, "deadlines.grace"),
            ("recognitions", {"per_giver": 0}, "recognitions.per_giver"),
            ("recognitions", {"per_pair": 0}, "recognitions.per_pair"),
            ("recognitions", {"return_hours": True}, "recognitions.return_hours"),
            ("recognitions", {"returned_share": 0.5}, "recognitions.returned_share"),
            ("recognitions", {"returned_share": "1.01"}, "recognitions.returned_share"),
            ("recognitions", {"allowance": -1}, "recognitions.allowance"),
            ("targets", {"helped_members": 0}, "targets.helped_members"),
            ("targets", {"active_points": "0"}, "targets.active_points"),
            ("targets", {"active_share": "3/2"}, "targets.active_share"),
            ("milestones", {}, "milestones"),
            ("milestones", [{"kind": "poem", "count": 1}], "milestones.1.kind"),
            ("milestones", [{"kind": "answer"}], "milestones.1.count"),
            (
                "milestones",
                [{"kind": "answer", "count": 1}, {"kind": "answer", "count": 0}],
                "milestones.2.count",
            ),
            ("milestones", [{"kind": "answer", "count": 1, "points": "0"}], "milestones.1.points"),
            ("milestones", [{"kind": "answer", "count": 1, "by_period": 0}], "milestones.1.by_period"),
            ("marks", ["0", "1/2"], "marks"),
            ("marks", ["1", "1"], "marks"),
            ("marks", ["1", "2.5"], "marks"),
            ("marks", [1.25, 1], "marks"),
            ("marks", "1", "marks"),
            ("graded", "yes", "graded"),
        ],
    )
    def test_that_are_wrong_are_named(self, name, value, field):
        with pytest.raises(PolicyInvalid) as refusal:
            Policy.from_settings({**BALANCED.as_settings(), name: value})
        assert refusal.value.field == field

    def test_that_weigh_a_checklist_without_lines_are_refused(self):
        with pytest.raises(PolicyInvalid) as refusal:
            replace(CHECKLIST, milestones=())
        assert refusal.value.field == "milestones"
