"""Deadlines of prompts: how points lessen, and what replies in the window after one may bring."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from lti_tool.grading.facts import Act, Kind
from lti_tool.grading.lateness import share_on_time
from lti_tool.grading.policy import POINTS_AND_PACE
from lti_tool.grading.rules import DeadlineRule
from lti_tool.grading.score import Reason
from tests.unit.grading.builders import Learner, moment

DEADLINE = moment(2, 0, 12)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def learner() -> Learner:
    learner = Learner()
    learner.prompt(DEADLINE)
    return learner


def answered(learner: Learner, delay: timedelta, kind: Kind = Kind.EXPERIENCE, **more: object) -> str:
    return learner.write(kind, DEADLINE + delay, prompt="prompt:1", **more)


class TestTheShareOnTime:
    @pytest.mark.parametrize(
        ("delay", "share"),
        [
            (timedelta(days=-3), 1),
            (timedelta(), 1),
            (INSTANT, 1 - Fraction(1, 604_800_000_000)),
            (timedelta(hours=84), Fraction(1, 2)),
            (timedelta(days=7) - INSTANT, Fraction(1, 604_800_000_000)),
            (timedelta(days=7), 0),
            (timedelta(days=70), 0),
        ],
    )
    def test_falls_evenly_over_a_week(self, delay, share):
        assert share_on_time(delay, 7) == share

    def test_falls_at_once_where_the_policy_gives_no_day(self):
        assert (share_on_time(timedelta(), 0), share_on_time(INSTANT, 0)) == (1, 0)


class TestALateContribution:
    def test_brings_in_proportion_and_says_so(self, learner):
        line = learner.line(answered(learner, timedelta(hours=84)))
        assert (line.value, line.reason, line.detail) == (10, Reason.LATE, {"base": "20", "factor": "0.5"})

    def test_brings_nothing_after_a_week(self, learner):
        line = learner.line(answered(learner, timedelta(days=7)))
        assert (line.value, line.counted, line.reason) == (0, False, Reason.LATE)

    def test_is_multiplied_with_its_mark(self, learner):
        subject = answered(learner, timedelta(hours=84))
        learner.act(Act.MARKED, subject, moment(4), quality=Fraction(5, 4))
        line = learner.line(subject)
        assert (line.value, line.detail) == (
            Fraction(25, 2),
            {"base": "20", "quality": "1.25", "factor": "0.5"},
        )

    def test_is_multiplied_with_a_share_fixed_by_hand(self, learner):
        line = learner.line(answered(learner, timedelta(hours=84), lateness=Fraction(1, 2)))
        assert (line.value, line.detail["factor"]) == (5, "0.25")

    def test_keeps_its_first_date_when_edited(self, learner):
        subject = answered(learner, -INSTANT, words=3)
        learner.act(Act.EDITED, subject, moment(4), words=100)
        assert learner.line(subject).reason is Reason.COUNTED

    def test_loses_as_many_days_as_the_policy_says(self, learner):
        subject = answered(learner, timedelta(hours=84))
        policy = replace(POINTS_AND_PACE, deadlines=DeadlineRule(late_days=14))
        assert learner.line(subject, policy=policy).value == 15

    def test_is_late_only_for_its_own_prompt(self, learner):
        other = learner.write(Kind.EXPERIENCE, moment(3), prompt="prompt:2")
        none = learner.write(Kind.EXPERIENCE, moment(4))
        assert [learner.line(one).reason for one in (other, none)] == [Reason.COUNTED] * 2

    def test_follows_a_deadline_that_is_moved_or_taken_back(self, learner):
        subject = answered(learner, timedelta(hours=84))
        learner.prompt(DEADLINE + timedelta(hours=42), moment(3))
        assert learner.line(subject).value == 15
        assert learner.line(subject, as_of=moment(2, 6)).value == 10
        learner.prompt(None, moment(4))
        assert learner.line(subject).value == 20


class TestTheReplyWindow:
    def test_lets_replies_count_in_full(self, learner):
        answered(learner, -timedelta(hours=1))
        reply = learner.line(answered(learner, timedelta(hours=48), Kind.ANSWER))
        assert (reply.value, reply.reason) == (8, Reason.COUNTED)

    def test_closes_after_48_hours(self, learner):
        answered(learner, -timedelta(hours=1))
        reply = learner.line(answered(learner, timedelta(hours=48) + INSTANT, Kind.ANSWER))
        assert reply.reason is Reason.LATE
        assert reply.value == 8 * share_on_time(timedelta(hours=48) + INSTANT, 7)

    def test_is_for_replies_alone(self, learner):
        answered(learner, -timedelta(hours=1))
        assert learner.line(answered(learner, timedelta(hours=42), Kind.QUESTION)).value == Fraction(15, 2)

    def test_brings_no_more_than_was_earned_before_the_deadline(self, learner):
        answered(learner, -timedelta(hours=1), Kind.QUESTION)
        replies = [answered(learner, timedelta(hours=hour), Kind.ANSWER) for hour in (1, 2, 3)]
        lines = [learner.line(reply) for reply in replies]
        assert [line.value for line in lines] == [8, 2, 0]
        assert [line.reason for line in lines[1:]] == [Reason.OVER_REPLY_WINDOW] * 2
        assert lines[1].detail == {"value": "8", "kept": "2"}
        assert [line.counted for line in lines] == [True, True, False]

    def test_brings_nothing_to_somebody_who_had_earned_nothing(self, learner):
        learner.write(Kind.QUESTION, DEADLINE - timedelta(hours=1))  # on no prompt
        answered(learner, -timedelta(hours=1), Kind.QUESTION, words=3)
        reply = learner.line(answered(learner, timedelta(hours=1), Kind.ANSWER))
        assert (reply.value, reply.reason) == (0, Reason.OVER_REPLY_WINDOW)

    def test_takes_what_was_earned_with_its_mark(self, learner):
        subject = answered(learner, -timedelta(hours=1), Kind.QUESTION)
        learner.act(Act.MARKED, subject, moment(4), quality=Fraction(1, 2))
        assert learner.line(answered(learner, timedelta(hours=1), Kind.ANSWER)).value == 5

    def test_has_a_ceiling_for_each_prompt(self, learner):
        answered(learner, -timedelta(hours=1), Kind.QUESTION)
        learner._add(Act.SCHEDULED, "prompt:2", moment(1, 0, 0), deadline=DEADLINE)
        other = learner.write(Kind.ANSWER, DEADLINE + timedelta(hours=1), prompt="prompt:2")
        assert learner.line(other).value == 0
        assert learner.line(answered(learner, timedelta(hours=1), Kind.ANSWER)).value == 8

    def test_may_be_switched_off(self, learner):
        answered(learner, -timedelta(hours=1))
        reply = answered(learner, timedelta(hours=42), Kind.ANSWER)
        policy = replace(POINTS_AND_PACE, deadlines=DeadlineRule(reply_hours=0))
        line = learner.line(reply, policy=policy)
        assert (line.value, line.reason) == (6, Reason.LATE)
