"""The checklist: what is asked for, what is reached, and how it stands meanwhile."""

from dataclasses import replace
from fractions import Fraction

import pytest

from lti_tool.grading.facts import Kind
from lti_tool.grading.ledger import Measure
from lti_tool.grading.policy import Part
from lti_tool.grading.presets import CHECKLIST
from lti_tool.grading.rules import Milestone
from tests.unit.grading.builders import Learner, moment

NEARLY_OVER = moment(4, 6)
BY_WEEKS = replace(
    CHECKLIST,
    milestones=(
        Milestone(Kind.QUESTION, 1, Fraction(1), by_period=1),
        Milestone(Kind.ANSWER, 2, Fraction(2), by_period=2),
        Milestone(Kind.EXPERIENCE, 1, Fraction(3)),
    ),
)


@pytest.fixture
def learner() -> Learner:
    return Learner()


def reached(learner: Learner, as_of=NEARLY_OVER, policy=BY_WEEKS) -> tuple[Fraction, Fraction] | None:
    """The points of the milestones reached and of those asked for; None when none is asked for yet."""
    measures = learner.statement(policy=policy, as_of=as_of).measures
    return next(((one.have, one.target) for one in measures if one.part is Part.MILESTONES), None)


class TestAMilestone:
    def test_is_reached_whole_or_not_at_all(self, learner):
        learner.write(Kind.ANSWER, moment(1))
        assert reached(learner) == (0, 3)
        learner.write(Kind.ANSWER, moment(2))
        assert reached(learner) == (2, 3)

    def test_is_missed_when_its_period_is_over(self, learner):
        learner.write(Kind.QUESTION, moment(2))
        assert reached(learner) == (0, 3)

    def test_is_asked_for_when_its_period_closes(self, learner):
        assert reached(learner, moment(1, 6)) is None
        assert reached(learner, moment(2)) == (0, 1)
        assert reached(learner, moment(3)) == (0, 3)

    def test_without_a_period_is_asked_for_when_the_course_is_over(self, learner):
        assert learner.statement(policy=BY_WEEKS).measures == (Measure(Part.MILESTONES, 100, 0, 6),)

    def test_counts_as_soon_as_it_is_reached(self, learner):
        learner.write(Kind.EXPERIENCE, moment(1))
        stands = learner.statement(policy=BY_WEEKS, as_of=moment(1, 6))
        assert (stands.score, stands.at_close) == (20, 15)

    @pytest.mark.parametrize("how", [{"words": 19}, {"copied": Fraction(1)}, {"lateness": Fraction(0)}])
    def test_is_not_reached_by_what_does_not_stand(self, learner, how):
        learner.write(Kind.QUESTION, moment(1), **how)
        assert reached(learner) == (0, 3)

    def test_counts_at_most_four_of_a_kind_in_a_day(self, learner):
        policy = replace(CHECKLIST, milestones=(Milestone(Kind.ANSWER, 5, by_period=1),))
        for hour in range(5):
            learner.write(Kind.ANSWER, moment(1, 0, 8 + hour))
        assert reached(learner, policy=policy) == (0, 1)
        learner.write(Kind.ANSWER, moment(1, 1))
        assert reached(learner, policy=policy) == (1, 1)

    def test_may_be_of_what_others_give(self, learner):
        policy = replace(CHECKLIST, milestones=(Milestone(Kind.RECOGNITION, 2, by_period=1),))
        for day in range(2):
            learner.thanked(moment(1, day), 7, f"post:{day}")
        assert reached(learner, policy=policy) == (0, 1)
        learner.thanked(moment(1, 3), 8, "post:1")
        assert reached(learner, policy=policy) == (1, 1)

    def test_knows_no_day_of_what_others_give(self, learner):
        policy = replace(CHECKLIST, milestones=(Milestone(Kind.ACCEPTED, 5, by_period=1),))
        for hour in range(5):
            learner.write(Kind.ACCEPTED, moment(1, 0, 8 + hour), words=None)
        assert reached(learner, policy=policy) == (1, 1)

    def test_of_an_excused_period_is_not_asked_for(self, learner):
        learner.excused(1)
        assert reached(learner, moment(2)) is None
        assert reached(learner, moment(3)) == (0, 2)


class TestLateReplies:
    """In their window they count as far as what came in time makes room: by points, also for a checklist."""

    @pytest.mark.parametrize(("points_of_a_question", "counted"), [(1, 1), (10, 2)])
    def test_count_by_the_points_that_came_before_the_deadline(self, learner, points_of_a_question, counted):
        rules = {
            **CHECKLIST.rules,
            Kind.QUESTION: replace(CHECKLIST.rules[Kind.QUESTION], base=Fraction(points_of_a_question)),
            Kind.ANSWER: replace(CHECKLIST.rules[Kind.ANSWER], base=Fraction(min(points_of_a_question, 5))),
        }
        prompt = learner.prompt(moment(1, 2))
        learner.write(Kind.QUESTION, moment(1, 1), prompt=prompt)
        late = [learner.write(Kind.ANSWER, moment(1, 3), prompt=prompt) for _ in range(3)]
        policy = replace(CHECKLIST, rules=rules)
        assert sum(learner.line(one, policy=policy).counted for one in late) == counted


class TestThePreset:
    def test_is_complete_with_two_questions_four_answers_and_a_report(self, learner):
        for week in (1, 2):
            learner.write(Kind.QUESTION, moment(week))
            learner.write(Kind.ANSWER, moment(week, 1))
        assert learner.statement(policy=CHECKLIST).share == Fraction(1, 3)
        for day in (0, 1):
            learner.write(Kind.ANSWER, moment(3, day))
        learner.write(Kind.EXPERIENCE, moment(3, 2))
        stands = learner.statement(policy=CHECKLIST)
        assert (stands.score, stands.points) == (20, 7)
