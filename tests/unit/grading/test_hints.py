from fractions import Fraction

from lti_tool.grading.facts import Kind
from lti_tool.grading.hints import next_steps
from lti_tool.grading.policy import POINTS_AND_PACE
from tests.unit.grading.builders import COURSE_OVER, Learner, moment


def steps(learner: Learner, as_of=None, **how: object):
    found = next_steps(learner.statement(as_of=as_of or moment(1, 6)), POINTS_AND_PACE, **how)
    return {hint.kind: hint for hint in found}


class TestWhatWouldStillCount:
    def test_is_everything_writable_at_first_and_most_points_first(self):
        learner = Learner()
        found = next_steps(learner.statement(as_of=moment(1)), POINTS_AND_PACE)
        assert [(hint.kind, hint.more, hint.points, hint.min_words) for hint in found] == [
            (Kind.EXPERIENCE, 1, 20, 80),
            (Kind.QUESTION, 2, 10, 20),
            (Kind.ANSWER, 4, 8, 15),
            (Kind.RESOURCE, 2, 6, 20),
        ]
        assert {(hint.room, hint.today) for hint in found} == {(50, 4)}

    def test_lessens_with_what_counted(self):
        learner = Learner()
        learner.write(Kind.QUESTION, moment(1, 0))
        learner.write(Kind.ANSWER, moment(1, 1), words=3)
        found = steps(learner)
        assert (found[Kind.QUESTION].more, found[Kind.ANSWER].more) == (1, 4)
        assert found[Kind.QUESTION].room == 40

    def test_leaves_out_a_kind_whose_count_is_reached(self):
        learner = Learner()
        for day in range(2):
            learner.write(Kind.QUESTION, moment(1, day))
        assert set(steps(learner)) == {Kind.ANSWER, Kind.EXPERIENCE, Kind.RESOURCE}

    def test_is_true_of_the_next_contribution(self):
        learner = Learner()
        learner.rated(Kind.ANSWER, moment(1, 0), Fraction(5, 4))
        hint = steps(learner)[Kind.ANSWER]
        before = learner.statement(as_of=moment(1, 6)).points
        for number in range(hint.more):
            learner.write(Kind.ANSWER, moment(1, 1 + number))
        assert learner.statement(as_of=moment(1, 6)).points == before + hint.more * hint.points

    def test_tells_how_many_count_today(self):
        learner = Learner()
        for hour in range(3):
            learner.write(Kind.ANSWER, moment(1, 1, 9 + hour))
        assert steps(learner, as_of=moment(1, 1, 23))[Kind.ANSWER].today == 1
        assert steps(learner, as_of=moment(1, 2, 0))[Kind.ANSWER].today == 4

    def test_is_nothing_under_a_reached_cap(self):
        learner = Learner()
        learner.write(Kind.EXPERIENCE, moment(1))
        for day in range(3):
            learner.write(Kind.DISTINCTION, moment(1, day), words=None)
            learner.write(Kind.ANSWER, moment(1, day))
        assert steps(learner) == {}

    def test_is_nothing_when_no_period_is_open(self):
        assert steps(Learner(), as_of=COURSE_OVER) == {}

    def test_can_be_asked_of_other_kinds(self):
        assert set(steps(Learner(), kinds=[Kind.ARTICLE])) == {Kind.ARTICLE}
