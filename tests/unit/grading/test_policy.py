import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.grading.facts import Kind
from lti_tool.grading.policy import POINTS_AND_PACE, KindRule, Part, Policy, PolicyInvalid

shares = st.fractions(min_value=Fraction(1, 100), max_value=1)
rules = st.builds(
    KindRule,
    base=st.fractions(min_value=0, max_value=1000),
    min_words=st.none() | st.integers(0, 5000),
    per_period=st.integers(0, 1000),
)
policies = st.builds(
    Policy,
    version=st.integers(1, 10**9),
    preset=st.text(min_size=1, max_size=60),
    goal_per_period=st.fractions(min_value=1, max_value=10_000),
    buffer=st.fractions(min_value=1, max_value=10),
    daily_limit=st.integers(1, 1000),
    copy_threshold=shares,
    rules=st.dictionaries(st.sampled_from(Kind), rules),
    weights=st.fixed_dictionaries({Part.ACTIVITY: st.integers(1, 100)}),
)


class TestPointsAndPace:
    def test_holds_the_models_defaults(self):
        table = {
            kind.value: (rule.base, rule.min_words, rule.per_period)
            for kind, rule in POINTS_AND_PACE.rules.items()
        }
        assert table == {
            "question": (10, 20, 2),
            "answer": (8, 15, 4),
            "experience": (20, 80, 1),
            "resource": (6, 20, 2),
            "article": (8, 30, 2),
            "accepted": (6, None, 3),
            "recognition": (3, None, 4),
            "distinction": (10, None, 2),
        }
        assert (POINTS_AND_PACE.goal_per_period, POINTS_AND_PACE.cap_per_period) == (40, 50)
        assert POINTS_AND_PACE.weights == {Part.ACTIVITY: 100}
        assert (POINTS_AND_PACE.daily_limit, POINTS_AND_PACE.copy_threshold) == (4, Fraction(4, 5))


class TestSettings:
    @settings(deadline=None)
    @given(policies)
    def test_are_read_back_as_the_same_policy(self, policy):
        assert Policy.from_settings(json.loads(json.dumps(policy.as_settings()))) == policy

    def test_may_write_numbers_as_decimals(self):
        settings_ = {**POINTS_AND_PACE.as_settings(), "buffer": "1.25", "goal_per_period": 40}
        assert Policy.from_settings(settings_) == POINTS_AND_PACE

    @pytest.mark.parametrize(
        ("name", "value", "field"),
        [
            ("goal_per_period", "0", "goal_per_period"),
            ("goal_per_period", "abc", "goal_per_period"),
            ("goal_per_period", "1e999999999", "goal_per_period"),
            ("goal_per_period", None, "goal_per_period"),
            ("buffer", "0.5", "buffer"),
            ("buffer", 1.25, "buffer"),
            ("daily_limit", "4", "daily_limit"),
            ("daily_limit", 0, "daily_limit"),
            ("daily_limit", True, "daily_limit"),
            ("copy_threshold", "0", "copy_threshold"),
            ("copy_threshold", "1.1", "copy_threshold"),
            ("version", 0, "version"),
            ("preset", "", "preset"),
            ("preset", 3, "preset"),
            ("rules", [], "rules"),
            ("rules", {"poem": {}}, "rules.poem"),
            ("rules", {"answer": 3}, "rules.answer"),
            ("rules", {"answer": {"base": "8", "min_words": 15}}, "rules.answer.per_period"),
            ("rules", {"answer": {"base": "-8", "min_words": 15, "per_period": 4}}, "rules.answer.base"),
            ("rules", {"answer": {"base": "8", "min_words": -1, "per_period": 4}}, "rules.answer.min_words"),
            ("weights", {}, "weights"),
            ("weights", {"activity": 0}, "weights"),
            ("weights", {"activity": "100"}, "weights.activity"),
            ("weights", {"charm": 10}, "weights.charm"),
            ("surplus", 1, "surplus"),
        ],
    )
    def test_that_are_wrong_are_named(self, name, value, field):
        with pytest.raises(PolicyInvalid) as refusal:
            Policy.from_settings({**POINTS_AND_PACE.as_settings(), name: value})
        assert refusal.value.field == field

    @pytest.mark.parametrize("name", POINTS_AND_PACE.as_settings())
    def test_that_are_missing_are_named(self, name):
        settings_ = POINTS_AND_PACE.as_settings()
        del settings_[name]
        with pytest.raises(PolicyInvalid) as refusal:
            Policy.from_settings(settings_)
        assert refusal.value.field == name

    @pytest.mark.parametrize("settings_", [None, [], "text", 3])
    def test_that_are_no_table_are_refused(self, settings_):
        with pytest.raises(PolicyInvalid):
            Policy.from_settings(settings_)
