"""What goes to the LMS, and what does not: nobody there, a zero at closing, provisional and final."""

from decimal import Decimal
from fractions import Fraction

import pytest

from lti_tool.grading.facts import Act, Kind
from lti_tool.grading.policy import POINTS_AND_PACE
from lti_tool.grading.presets import BALANCED, CHECKLIST, TRAINER_ONLY, UNGRADED
from lti_tool.grading.sending import Sending, Verdict, verdict
from tests.unit.grading.builders import COURSE_OVER, Learner, moment

RUNNING = moment(2, 3)


def judged(learner: Learner, policy=BALANCED, as_of=COURSE_OVER, **how: bool) -> Verdict:
    return verdict(learner.statement(policy=policy, as_of=as_of), policy, **how)


@pytest.fixture
def learner() -> Learner:
    """Somebody with one contribution."""
    learner = Learner()
    learner.write(Kind.QUESTION, moment(1))
    return learner


class TestSomebodyWhoNeverCame:
    @pytest.mark.parametrize("policy", [BALANCED, POINTS_AND_PACE, TRAINER_ONLY, CHECKLIST])
    @pytest.mark.parametrize("as_of", [moment(1), RUNNING, COURSE_OVER])
    def test_is_sent_nothing(self, policy, as_of):
        assert judged(Learner(), policy, as_of) == Verdict(Sending.NEVER_CAME)

    def test_nor_for_what_does_not_count(self):
        learner = Learner()
        learner.write(Kind.QUESTION, moment(1), words=3)
        assert judged(learner).sending is Sending.NEVER_CAME

    @pytest.mark.parametrize("policy", [BALANCED, POINTS_AND_PACE, TRAINER_ONLY, CHECKLIST])
    def test_is_sent_a_zero_when_a_trainer_decides_it_at_the_close(self, policy):
        assert judged(Learner(), policy, zero_decided=True) == Verdict(
            Sending.ZERO, Decimal("0.00"), final=True
        )

    def test_is_sent_no_zero_before_the_close(self):
        assert judged(Learner(), as_of=RUNNING, zero_decided=True).sending is Sending.NEVER_CAME


class TestAProvisionalScore:
    def test_goes_without_the_assessment_and_says_so(self, learner):
        answer = judged(learner, as_of=RUNNING)
        score = learner.statement(policy=BALANCED, as_of=RUNNING).score
        assert answer == Verdict(Sending.PROVISIONAL, score, final=False, without_assessment=True)
        assert score > 0

    def test_goes_whole_once_there_is_one(self, learner):
        learner.assessed(Fraction(1, 2))
        assert not judged(learner, as_of=RUNNING).without_assessment
        assert not judged(learner, POINTS_AND_PACE, RUNNING).without_assessment

    def test_follows_what_was_sent_before_down_to_zero(self, learner):
        learner.act(Act.DELETED, "question:1", moment(1, 1))
        assert judged(learner, POINTS_AND_PACE, RUNNING).sending is Sending.NEVER_CAME
        assert judged(learner, POINTS_AND_PACE, RUNNING, sent_before=True) == Verdict(
            Sending.PROVISIONAL, Decimal("0.00")
        )

    def test_is_not_there_before_anything_is_measured(self, learner):
        assert judged(learner, TRAINER_ONLY, RUNNING).sending is Sending.NOTHING_MEASURED
        assert judged(learner, CHECKLIST, RUNNING).sending is Sending.NOTHING_MEASURED

    def test_of_the_trainer_alone_needs_no_contribution(self):
        learner = Learner()
        learner.assessed(Fraction(3, 4))
        assert judged(learner, TRAINER_ONLY, RUNNING) == Verdict(Sending.PROVISIONAL, Decimal("15.00"))


class TestAFinalScore:
    def test_is_refused_without_the_assessment(self, learner):
        assert judged(learner) == Verdict(Sending.ASSESSMENT_MISSING, without_assessment=True)
        assert judged(learner, sent_before=True).value is None

    def test_goes_when_the_assessment_is_there_or_waived(self, learner):
        waived = judged(learner, assessment_waived=True)
        assert (waived.sending, waived.final, waived.without_assessment) == (Sending.FINAL, True, True)
        learner.assessed(Fraction(1))
        answer = judged(learner)
        assert (answer.sending, answer.final, answer.without_assessment) == (Sending.FINAL, True, False)
        assert answer.value == learner.statement(policy=BALANCED).score

    def test_needs_no_assessment_where_none_is_weighed(self, learner):
        assert judged(learner, POINTS_AND_PACE).sending is Sending.FINAL

    def test_of_the_trainer_alone_cannot_go_without(self, learner):
        assert judged(learner, TRAINER_ONLY).sending is Sending.ASSESSMENT_MISSING
        assert judged(learner, TRAINER_ONLY, assessment_waived=True).sending is Sending.NOTHING_MEASURED


class TestSomebodyWhoIsWhollyExcused:
    @pytest.fixture
    def absent(self, learner) -> Learner:
        for week in (1, 2, 3, 4):
            learner.excused(week)
        return learner

    @pytest.mark.parametrize("as_of", [RUNNING, COURSE_OVER])
    def test_is_sent_nothing_not_even_a_zero(self, absent, as_of):
        absent.assessed(Fraction(1))
        for how in ({}, {"zero_decided": True}, {"sent_before": True}):
            assert judged(absent, as_of=as_of, **how) == Verdict(Sending.EXCUSED)

    def test_is_still_graded_by_the_trainer_alone(self, absent):
        absent.assessed(Fraction(1))
        assert judged(absent, TRAINER_ONLY).value == 20


class TestAnUngradedCommunity:
    def test_sends_nothing_whatever_happens(self, learner):
        learner.assessed(Fraction(1))
        for how in ({}, {"zero_decided": True}, {"sent_before": True}, {"assessment_waived": True}):
            assert judged(learner, UNGRADED, **how) == Verdict(Sending.NOT_GRADED)

    def test_still_lists_what_was_contributed(self, learner):
        stands = learner.statement(policy=UNGRADED)
        assert (stands.score, stands.parts, len(stands.lines)) == (0, {}, 1)
