"""How much recognition from the same people counts, with the reason for each that does not."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from lti_tool.grading.facts import Act, Kind, Praise
from lti_tool.grading.policy import POINTS_AND_PACE
from lti_tool.grading.rules import RecognitionRule
from lti_tool.grading.score import Reason
from tests.unit.grading.builders import Learner, moment


@pytest.fixture
def learner() -> Learner:
    return Learner()


def reasons(learner: Learner, *subjects: str, **how: object) -> list[Reason]:
    return [learner.line(subject, **how).reason for subject in subjects]


class TestTheSameGiver:
    def test_counts_once_for_the_same_contribution(self, learner):
        first = learner.thanked(moment(1), 7, "post:1")
        again = learner.thanked(moment(2), 7, "post:1")
        other = learner.thanked(moment(3), 7, "post:2")
        assert reasons(learner, first, again, other) == [
            Reason.COUNTED,
            Reason.SAME_GIVER_AND_ITEM,
            Reason.COUNTED,
        ]

    def test_counts_once_in_a_period(self, learner):
        thanks = [learner.thanked(moment(1, day), 7, f"post:{day}") for day in range(2)]
        assert reasons(learner, *thanks) == [Reason.COUNTED, Reason.OVER_GIVER_LIMIT]
        assert learner.line(thanks[1]).detail == {"limit": 1}

    def test_counts_twice_in_the_whole_community(self, learner):
        thanks = [learner.thanked(moment(week), 7, f"post:{week}") for week in (1, 2, 3, 4)]
        assert reasons(learner, *thanks) == [Reason.COUNTED] * 2 + [Reason.OVER_PAIR_LIMIT] * 2
        assert learner.line(thanks[3]).detail == {"limit": 2}
        assert learner.statement().points == 6

    def test_takes_no_place_with_what_does_not_count(self, learner):
        early = learner.thanked(moment(1) - timedelta(days=3), 7, "post:0")
        learner.excused(1)
        excused = learner.thanked(moment(1), 7, "post:1")
        taken_back = learner.thanked(moment(2), 7, "post:2")
        learner.act(Act.DELETED, taken_back, moment(2, 1))
        counted = [learner.thanked(moment(week, 3), 7, f"post:{week}") for week in (2, 3)]
        assert reasons(learner, early, excused, taken_back) == [
            Reason.OUTSIDE_PERIOD,
            Reason.EXCUSED_PERIOD,
            Reason.REMOVED,
        ]
        assert reasons(learner, *counted) == [Reason.COUNTED] * 2

    def test_may_count_more_often_when_the_policy_says_so(self, learner):
        thanks = [learner.thanked(moment(1, day), 7, f"post:{day}") for day in range(4)]
        policy = replace(POINTS_AND_PACE, recognitions=RecognitionRule(per_giver=3, per_pair=3))
        assert reasons(learner, *thanks, policy=policy) == [Reason.COUNTED] * 3 + [Reason.OVER_GIVER_LIMIT]


class TestDistinctGivers:
    def test_are_counted_up_to_four_in_a_period(self, learner):
        thanks = [learner.thanked(moment(1, giver), giver, "post:1") for giver in range(5)]
        assert reasons(learner, *thanks) == [Reason.COUNTED] * 4 + [Reason.OVER_KIND_LIMIT]

    def test_that_are_not_known_know_no_limit_between_two_people(self, learner):
        for day in range(4):
            learner.write(Kind.RECOGNITION, moment(1, day), words=None)
        assert learner.statement().points == 12


class TestOneThatReturnsAnother:
    @pytest.mark.parametrize(
        ("hours", "value", "reason"),
        [
            (1, Fraction(3, 2), Reason.RETURNED),
            (24, Fraction(3, 2), Reason.RETURNED),
            (25, 3, Reason.COUNTED),
        ],
    )
    def test_counts_half_within_a_day(self, learner, hours, value, reason):
        at = moment(2)
        subject = learner.thanked(at, 7, "post:1", returns=at - timedelta(hours=hours))
        line = learner.line(subject)
        assert (line.value, line.reason) == (value, reason)

    def test_names_its_numbers(self, learner):
        line = learner.line(learner.thanked(moment(2), 7, "post:1", returns=moment(2)))
        assert line.detail == {"base": "3", "factor": "0.5"}

    def test_gives_way_to_whole_ones_under_the_limit_of_its_kind(self, learner):
        half = learner.thanked(moment(1), 9, "post:1", returns=moment(1))
        for giver in range(4):
            learner.thanked(moment(1, 1 + giver), giver, "post:1")
        assert learner.line(half).reason is Reason.OVER_KIND_LIMIT
        assert learner.statement().points == 12


class TestStaff:
    def test_recognitions_count_nothing_and_take_no_place(self, learner):
        staff = learner.thanked(moment(1), 7, "post:1", by_staff=True)
        later = learner.thanked(moment(1, 1), 7, "post:1")
        assert reasons(learner, staff, later) == [Reason.BY_STAFF, Reason.COUNTED]

    @pytest.mark.parametrize("kind", [Kind.ACCEPTED, Kind.DISTINCTION])
    def test_acceptances_and_distinctions_count(self, learner, kind):
        given = [
            learner.write(kind, moment(1, day), words=None, praise=Praise(7, "post:1", by_staff=True))
            for day in range(2)
        ]
        assert reasons(learner, *given) == [Reason.COUNTED] * 2


class TestWhatWasReceivedForSomethingRemoved:
    @pytest.mark.parametrize("kind", [Kind.ACCEPTED, Kind.DISTINCTION, Kind.RECOGNITION])
    def test_goes_with_it_and_comes_back_with_it(self, learner, kind):
        answer = learner.write(Kind.ANSWER, moment(1))
        received = learner.write(kind, moment(1, 1), words=None, praise=Praise(7, answer))
        learner.act(Act.HIDDEN, answer, moment(1, 2))
        assert learner.line(received).reason is Reason.REMOVED
        learner.act(Act.RESTORED, answer, moment(1, 3))
        assert learner.line(received).reason is Reason.COUNTED
