"""The settings of a policy one by one: complete, within the ranges of the model, compared and changed."""

from dataclasses import fields, replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.grading.catalogue import (
    Difference,
    Setting,
    differences,
    plays_a_part,
    settings_for,
    value_of,
    with_values,
    written,
)
from lti_tool.grading.facts import Kind
from lti_tool.grading.hints import WRITABLE
from lti_tool.grading.policy import POINTS_AND_PACE, Part, PolicyInvalid
from lti_tool.grading.presets import BALANCED, CHECKLIST, PRESETS, UNGRADED
from lti_tool.grading.rules import DeadlineRule, Milestone, RecognitionRule, Targets
from tests.unit.grading.builders import Learner, moment

ALL = settings_for(tuple(Kind))
NAMES = {setting.name for setting in ALL}
WITH_LINES = replace(BALANCED, milestones=CHECKLIST.milestones)


class TestTheCatalogue:
    def test_names_every_number_of_the_model(self):
        groups = {"deadlines": DeadlineRule, "recognitions": RecognitionRule, "targets": Targets}
        for name, group in groups.items():
            assert {f"{name}.{member.name}" for member in fields(group)} <= NAMES
        for kind in Kind:
            assert {f"rules.{kind}.base", f"rules.{kind}.per_period"} <= NAMES
        assert {f"weights.{part}" for part in Part} <= NAMES
        assert {"goal_per_period", "buffer", "daily_limit", "copy_threshold"} <= NAMES

    def test_names_each_once(self):
        assert len(NAMES) == len(ALL)

    def test_leaves_out_what_nobody_can_contribute(self):
        names = [setting.name for setting in settings_for(WRITABLE)]
        assert "rules.answer.base" in names
        assert not [name for name in names if "article" in name or "recognition" in name]

    @pytest.mark.parametrize("setting", ALL, ids=lambda setting: setting.name)
    def test_has_the_ranges_of_the_model(self, setting):
        for value in (setting.lowest, setting.highest):
            changed = with_values(WITH_LINES, {setting.name: typed(setting, value)})
            assert value_of(changed, setting.name) == value
        step = 1 if setting.whole else Fraction(1, 1000)
        for value in (setting.lowest - step, setting.highest + step):
            with pytest.raises(PolicyInvalid) as refusal:
                with_values(WITH_LINES, {setting.name: typed(setting, value)})
            assert refusal.value.field == setting.name


def typed(setting: Setting, value: Fraction) -> Fraction | int:
    return int(value) if setting.whole else value


class TestChangingSettings:
    def test_leaves_all_others_as_they_are(self):
        changed = with_values(BALANCED, {"rules.answer.base": Fraction(25, 2), "deadlines.late_days": 9})
        assert changed.rules[Kind.ANSWER].base == Fraction(25, 2)
        assert changed.rules[Kind.ANSWER].per_period == BALANCED.rules[Kind.ANSWER].per_period
        assert changed.rules[Kind.EXPERIENCE] == BALANCED.rules[Kind.EXPERIENCE]
        assert changed.deadlines == DeadlineRule(late_days=9)

    def test_to_weigh_nothing_takes_a_part_out(self):
        changed = with_values(BALANCED, {"weights.help": 0})
        assert changed.weights == {Part.ACTIVITY: 50, Part.REGULARITY: 15, Part.ASSESSMENT: 20}

    def test_of_a_kind_without_a_rule_gives_it_one(self):
        bare = replace(BALANCED, rules={Kind.ANSWER: BALANCED.rules[Kind.ANSWER]})
        assert value_of(bare, "rules.question.base") == 0
        changed = with_values(
            bare,
            {"rules.question.base": 5, "rules.question.min_words": None, "rules.question.per_period": 1},
        )
        assert changed.rules[Kind.QUESTION].base == 5


class TestDifferences:
    def test_of_a_policy_with_itself_are_none(self):
        for policy in PRESETS.values():
            assert differences(policy, replace(policy, version=7)) == ()

    def test_are_named_with_both_values(self):
        changed = with_values(POINTS_AND_PACE, {"buffer": Fraction(3, 2), "rules.answer.base": 9})
        assert differences(POINTS_AND_PACE, changed) == (
            Difference("buffer", Fraction(5, 4), Fraction(3, 2)),
            Difference("rules.answer.base", Fraction(8), Fraction(9)),
        )

    def test_of_kinds_that_are_not_shown_are_left_out(self):
        names = [one.name for one in differences(POINTS_AND_PACE, CHECKLIST, WRITABLE)]
        assert "rules.question.base" in names
        assert not [name for name in names if name.startswith("rules.article")]

    def test_tell_of_preset_grading_marks_and_checklist(self):
        names = [one.name for one in differences(UNGRADED, replace(CHECKLIST, marks=(Fraction(1),)))]
        assert {"preset", "graded", "marks", "milestones"} <= set(names)

    def test_a_part_that_is_stored_with_no_weight_is_none(self):
        stored = replace(POINTS_AND_PACE, weights={Part.ACTIVITY: 100, Part.HELP: 0})
        assert differences(POINTS_AND_PACE, stored) == ()

    @settings(deadline=None)
    @given(st.sampled_from(list(PRESETS.values())), st.sampled_from(list(PRESETS.values())))
    def test_taken_back_one_by_one_give_the_first_policy_again(self, first, second):
        taken_back = {
            one.name: [_as_line(line) for line in one.before] if one.name == "milestones" else one.before
            for one in differences(first, second)
        }
        again = with_values(second, taken_back)
        assert differences(first, again) == ()

    @settings(deadline=None, max_examples=40)
    @given(
        st.sampled_from(list(PRESETS.values())),
        st.lists(st.tuples(st.sampled_from(list(WRITABLE)), st.integers(1, 4), st.integers(0, 6))),
    )
    def test_changed_and_changed_back_give_the_same_score(self, other, contributions):
        learner = Learner()
        for kind, week, day in contributions:
            learner.write(kind, moment(week, day))
        before = learner.statement(policy=POINTS_AND_PACE)
        there = with_values(other, {"daily_limit": 3})
        learner.statement(policy=there)
        back = with_values(
            there,
            {
                one.name: [_as_line(line) for line in one.before] if one.name == "milestones" else one.before
                for one in differences(POINTS_AND_PACE, there)
            },
        )
        assert learner.statement(policy=back) == before


def _as_line(milestone: Milestone) -> dict:
    return {member.name: getattr(milestone, member.name) for member in fields(milestone)}


class TestWritingANumber:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (8, "8"),
            (1000, "1000"),
            (Fraction(5, 4), "1.25"),
            (Fraction(1, 8), "0.125"),
            (Fraction(25, 2), "12.5"),
            (Fraction(0), "0"),
            (Fraction(1, 3), "1/3"),
            (Fraction(1, 100), "0.01"),
        ],
    )
    def test_is_exact_and_short(self, value, text):
        assert written(value) == text
        assert Fraction(text) == value


class TestWhatPlaysAPart:
    """Some settings change no score under the weights of a policy: they would only be in the way."""

    def test_of_a_checklist_is_what_makes_a_contribution_count(self):
        of_checklist = {name for name in NAMES if plays_a_part(name, [Part.MILESTONES])}
        assert {
            "rules.answer.min_words",
            "daily_limit",
            "copy_threshold",
            "deadlines.late_days",
        } <= of_checklist
        assert {f"weights.{part}" for part in Part} <= of_checklist
        idle = {"rules.answer.base", "rules.answer.per_period", "goal_per_period", "buffer"}
        assert not of_checklist & (idle | {f"targets.{one.name}" for one in fields(Targets)})

    def test_of_everything_together_is_everything(self):
        assert all(plays_a_part(name, list(Part)) for name in NAMES)

    @pytest.mark.parametrize("weighed", [[], [Part.ASSESSMENT]])
    def test_where_contributions_make_no_part_points_are_there_to_be_read(self, weighed):
        assert all(plays_a_part(name, weighed) for name in NAMES)

    @pytest.mark.parametrize("part", [Part.HELP, Part.MILESTONES, Part.REGULARITY])
    def test_is_all_that_changes_the_score(self, part):
        """What plays no part may be set to anything: the score stays."""
        learner = Learner()
        for day in range(4):
            learner.write(Kind.QUESTION, moment(1, day))
            learner.write(Kind.ANSWER, moment(1, day), helped=7 + day)
        policy = replace(WITH_LINES, weights={part: 100})
        for setting in ALL:
            if plays_a_part(setting.name, [part]) or setting.name.endswith(".base"):
                continue
            for value in (setting.lowest, setting.highest):
                changed = with_values(policy, {setting.name: typed(setting, value)})
                before, after = (learner.statement(moment(2), policy=one) for one in (policy, changed))
                assert after.share == before.share, setting.name
