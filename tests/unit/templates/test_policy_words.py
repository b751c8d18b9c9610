"""The rules in words: a name and a sentence for every number, and sentences that are true for any policy."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from lti_tool.grading.catalogue import settings_for
from lti_tool.grading.columns import PromptDates, prompt_alone
from lti_tool.grading.facts import Kind
from lti_tool.grading.policy import POINTS_AND_PACE, Part
from lti_tool.grading.presets import BALANCED, CHECKLIST, PRESETS, TRAINER_ONLY, UNGRADED
from lti_tool.grading.rules import DeadlineRule, Milestone, Targets
from tests.unit.templates.sheets import macros

SETTINGS = [setting.name for setting in settings_for(tuple(Kind))]


def words(macro, *arguments) -> str:
    return " ".join(str(macro(*arguments)).split())


def sentences(policy) -> str:
    return words(macros("components/rules.html").rules_sentences, policy)


class TestASetting:
    def test_has_a_name_of_its_own(self):
        sheet = macros("policies/_settings.html")
        names = [words(sheet.setting_name, name) for name in [*SETTINGS, "preset", "graded", "marks"]]
        assert all(names)
        assert len(set(names)) == len(names)

    @pytest.mark.parametrize("name", [*SETTINGS, "marks"])
    def test_is_explained(self, name):
        assert words(macros("policies/_settings.html").setting_hint, name)

    def test_is_told_in_words(self):
        value_text = macros("policies/_settings.html").value_text
        assert words(value_text, "rules.answer.min_words", None) == "any length"
        assert words(value_text, "graded", False) == "no"
        assert words(value_text, "preset", "balanced") == "Balanced"
        assert words(value_text, "milestones", ()) == "none"
        line = Milestone(Kind.ANSWER, 4, Fraction(2), 3)
        assert "Reply given: 4 by the end of week 3 (weighs 2)" in words(value_text, "milestones", (line,))


class TestAPreset:
    @pytest.mark.parametrize("preset", list(PRESETS))
    def test_has_a_name_and_a_sentence(self, preset):
        sheet = macros("policies/_settings.html")
        assert words(sheet.preset_name, preset) != preset
        assert words(sheet.preset_sentence, preset)


class TestTheRulesInWords:
    def test_of_points_and_pace_speak_of_the_pace_alone(self):
        said = sentences(POINTS_AND_PACE)
        assert "The pace is 40 points a week." in said
        assert "A week brings 50 points at most" in said
        assert "of the score" not in said
        assert "person" not in said

    def test_of_balanced_name_every_part_with_its_share(self):
        said = sentences(BALANCED)
        for part, share in (
            ("Activity", "50.0"),
            ("Mutual help", "15.0"),
            ("Regularity", "15.0"),
            ("Trainer’s assessment", "20.0"),
        ):
            assert f"{part}, {share} % of the score." in said
        assert "4 different people" in said
        assert "75 % of the closed weeks had at least 10 points" in said
        assert "the other parts make the score" in said

    def test_tell_shares_of_weights_that_do_not_make_a_hundred(self):
        said = sentences(replace(BALANCED, weights={Part.ACTIVITY: 2, Part.HELP: 1}))
        assert "Activity, 66.7 % of the score." in said
        assert "Mutual help, 33.3 % of the score." in said

    def test_of_a_checklist_list_its_lines_and_no_pace(self):
        said = sentences(CHECKLIST)
        assert "Checklist makes the whole score." in said
        assert "Question or discussion: 2 by the end of the course" in said
        assert "pace" not in said and "A week brings" not in said
        assert "of a kind count in a day" in said

    def test_of_the_trainer_alone_say_that_points_make_no_score(self):
        said = sentences(TRAINER_ONLY)
        assert "there is no score before it" in said
        assert "they do not make the score" in said
        assert "pace" not in said and "deadline" not in said and "in a day" not in said

    def test_of_ungraded_say_that_nothing_is_sent(self):
        said = sentences(UNGRADED)
        assert "There is no score, and nothing is sent" in said
        assert "pace" not in said

    def test_tell_what_deadlines_cost(self):
        assert "within 7 days" in sentences(POINTS_AND_PACE)
        assert "Replies within 48 hours" in sentences(POINTS_AND_PACE)
        strict = sentences(replace(POINTS_AND_PACE, deadlines=DeadlineRule(0, 0)))
        assert "What comes after the deadline of a prompt brings nothing." in strict
        assert "Replies within" not in strict

    def test_tell_that_without_room_nothing_is_caught_up(self):
        assert "cannot be caught up" in sentences(replace(POINTS_AND_PACE, buffer=Fraction(1)))

    def test_name_the_targets_as_they_are(self):
        other = replace(BALANCED, targets=Targets(2, Fraction(5), Fraction(1, 2)))
        assert "2 different people" in sentences(other)
        assert "50 % of the closed weeks had at least 5 points" in sentences(other)


class TestAChecklistInWords:
    """It counts contributions: points, their limits and what multiplies them mean nothing under it."""

    def test_shows_no_points_and_no_limits_per_week(self):
        table = words(macros("components/rules.html").rules_table, CHECKLIST)
        assert "1000" not in table
        assert "Points" not in table
        assert "20 words" in table

    def test_speaks_of_what_counts_and_not_of_points(self):
        said = sentences(CHECKLIST)
        assert "mark a contribution with 0: then it does not count" in said
        assert "more than 7 days after the deadline of a prompt no longer counts" in said
        assert "points" not in said
        assert "Replies within 48 hours after it count as far as contributions before it make room" in said

    def test_beside_points_leaves_them_as_they_are(self):
        both = replace(CHECKLIST, weights={Part.ACTIVITY: 50, Part.MILESTONES: 50})
        assert "1000" in words(macros("components/rules.html").rules_table, both)
        assert "multiplied" in sentences(both)

    @pytest.mark.parametrize(
        "name", ["daily_limit", "deadlines.late_days", "deadlines.reply_hours", "marks", "copy_threshold"]
    )
    def test_explains_its_settings_without_points(self, name):
        hint = words(macros("policies/_settings.html").setting_hint, name, False)
        assert hint
        assert "points" not in hint


class TestAPromptInWords:
    def test_has_no_weeks_and_no_pace(self):
        dates = PromptDates(*(datetime(2026, 9, day, tzinfo=UTC) for day in (7, 11, 13, 18)))
        sheet = macros("components/rules.html")
        said = words(sheet.rules_sentences, prompt_alone(POINTS_AND_PACE), dates)
        said += words(sheet.rules_table, prompt_alone(POINTS_AND_PACE), dates)
        assert "full with 26 points" in said
        assert "week" not in said
        assert "pace" not in said
