"""What a trainer may type on the page of the rules."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from marshmallow import ValidationError

from lti_tool.grading.facts import Kind
from lti_tool.grading.policy import POINTS_AND_PACE, PolicyInvalid
from lti_tool.grading.presets import BALANCED, CHECKLIST, PRESETS
from lti_tool.grading.rules import Milestone, RecognitionRule
from lti_tool.schemas.policies import MOST_LINES, PolicySchema, as_form, lines_offered, number_of, typed_lines
from lti_tool.services.policies import PolicyDraft, starting_point

MONDAY = date(2026, 11, 2)


def draft(policy) -> PolicyDraft:
    return PolicyDraft(policy, MONDAY, 8)


def loaded(in_force=POINTS_AND_PACE, start=None, **typed) -> PolicyDraft:
    form = as_form(draft(start or in_force)) | {name.replace("__", "."): text for name, text in typed.items()}
    return PolicySchema(in_force).load(form)


def problems(**typed) -> dict:
    with pytest.raises(ValidationError) as refusal:
        loaded(**typed)
    return refusal.value.messages


class TestANumber:
    @pytest.mark.parametrize(
        ("text", "number"),
        [("1.25", "5/4"), ("1,25", "5/4"), (" 40 ", "40"), ("1/3", "1/3"), ("0", "0"), ("007", "7")],
    )
    def test_is_read_as_people_write_it(self, text, number):
        assert number_of(text) == Fraction(number)

    @pytest.mark.parametrize("text", ["", "ten", "1e3", "-1", "1.2.3", "1/0", "NaN", "٤", "1 000", "9" * 40])
    def test_that_is_none_is_refused(self, text):
        with pytest.raises(ValidationError):
            number_of(text)


class TestTheForm:
    @pytest.mark.parametrize("preset", list(PRESETS))
    def test_untouched_is_the_policy_again(self, preset):
        policy = starting_point(preset)
        assert loaded(policy) == draft(policy)

    def test_keeps_what_it_does_not_show(self):
        own = replace(POINTS_AND_PACE, recognitions=RecognitionRule(allowance=9))
        changed = loaded(own, buffer="1,5").policy
        assert changed.recognitions.allowance == 9
        assert changed.rules[Kind.EXPERIENCE] == own.rules[Kind.EXPERIENCE]
        assert changed.buffer == Fraction(3, 2)

    def test_of_another_preset_takes_what_it_does_not_show_from_there(self):
        changed = loaded(POINTS_AND_PACE, start=starting_point("checklist")).policy
        assert changed.rules[Kind.EXPERIENCE] == CHECKLIST.rules[Kind.EXPERIENCE]

    def test_without_a_least_number_of_words_asks_for_none(self):
        assert loaded(rules__answer__min_words=" ").policy.rules[Kind.ANSWER].min_words is None

    def test_every_problem_is_told_at_its_field(self):
        assert problems(
            buffer="x",
            daily_limit="2.5",
            weeks="0",
            milestones__3__kind="answer",
            milestones__3__count="none",
        ) == {
            "buffer": ["not-a-number"],
            "daily_limit": ["not-whole"],
            "weeks": ["out-of-range"],
            "milestones.3.count": ["not-a-number"],
        }

    def test_a_field_that_was_not_sent_is_missing(self):
        form = as_form(draft(POINTS_AND_PACE))
        del form["goal_per_period"]
        with pytest.raises(ValidationError) as refusal:
            PolicySchema(POINTS_AND_PACE).load(form)
        assert refusal.value.messages == {"goal_per_period": ["not-a-number"]}

    def test_marks_are_put_in_order(self):
        assert loaded(marks="1,5;1 ; 0").policy.marks == (0, 1, Fraction(3, 2))

    @pytest.mark.parametrize("marks", ["", "0; 2", "1; 1", "1; x", "1; 3", "; ".join(map(str, range(11)))])
    def test_marks_that_are_none_are_refused(self, marks):
        assert list(problems(marks=marks)) == ["marks"]

    def test_what_only_the_whole_can_be_wrong_about(self):
        assert problems(weights__activity="0") == {"weights": ["nothing-weighs"]}
        assert problems(weights__milestones="5") == {"milestones": ["no-line"]}
        assert loaded(weights__activity="0", graded="").policy.graded is False


class TestLinesOfAChecklist:
    def test_are_read_in_their_order_and_empty_ones_left_out(self):
        found = loaded(
            milestones__2__kind="answer",
            milestones__2__count="4",
            milestones__4__kind="question",
            milestones__4__count="1",
            milestones__4__points="2,5",
            milestones__4__by_period="8",
            milestones__5__kind="question",
        ).policy.milestones
        assert found == (Milestone(Kind.ANSWER, 4), Milestone(Kind.QUESTION, 1, Fraction(5, 2), 8))

    @pytest.mark.parametrize(
        ("name", "typed", "code"),
        [
            ("count", "0", "out-of-range"),
            ("count", "1.5", "not-whole"),
            ("points", "0", "out-of-range"),
            ("by_period", "9", "after-last-week"),
            ("by_period", "soon", "not-a-number"),
            ("kind", "poem", "unknown"),
            ("kind", "article", "unknown"),
        ],
    )
    def test_that_are_wrong_are_named(self, name, typed, code):
        line = {"kind": "answer", "count": "2", "points": "1", "by_period": ""} | {name: typed}
        form = {f"milestones__1__{member}": text for member, text in line.items()}
        assert problems(**form) == {f"milestones.1.{name}": [code]}

    def test_of_a_kind_that_is_asked_for_already_may_stay(self):
        kept = replace(POINTS_AND_PACE, milestones=(Milestone(Kind.EXPERIENCE, 1),))
        assert loaded(kept).policy.milestones == kept.milestones

    def test_that_is_due_after_the_last_week_is_no_draft(self):
        never = replace(BALANCED, milestones=(Milestone(Kind.ANSWER, 1, by_period=9),))
        with pytest.raises(PolicyInvalid):
            PolicyDraft(never, MONDAY, 8)

    def test_are_offered_with_some_to_spare_up_to_a_limit(self):
        assert list(lines_offered({})) == [1, 2, 3, 4]
        assert max(lines_offered({"milestones.7.count": "1"})) == 9
        assert max(lines_offered({f"milestones.{MOST_LINES}.count": "1"})) == MOST_LINES
        assert typed_lines({"milestones.99.count": "1", "milestones.x.count": "1"}) == {}


class TestAFingerprint:
    def test_tells_drafts_apart(self):
        prints = {
            draft(policy).fingerprint
            for policy in (POINTS_AND_PACE, BALANCED, replace(BALANCED, buffer=Fraction(2)))
        }
        assert len(prints) == 3
        assert PolicyDraft(BALANCED, MONDAY, 9).fingerprint not in prints

    def test_does_not_depend_on_version_or_day_of_the_week(self):
        later = PolicyDraft(replace(BALANCED, version=5), date(2026, 11, 8), 8)
        assert later.fingerprint == draft(BALANCED).fingerprint


class TestAStartingPoint:
    def test_asks_for_nothing_that_nobody_can_contribute(self):
        asked = {one.kind for one in starting_point("checklist").milestones}
        assert asked == {Kind.QUESTION, Kind.ANSWER, Kind.EXPERIENCE}

    def test_that_does_not_exist_is_none(self):
        assert starting_point("made-up") is None
