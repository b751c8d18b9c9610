"""The worked examples of the model (peers F.3), every part of the score, with all their figures."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from lti_tool.grading.facts import Act, Kind
from lti_tool.grading.policy import Part, Policy
from lti_tool.grading.presets import BALANCED, TRAINER_ONLY
from lti_tool.grading.rules import Targets
from lti_tool.grading.score import Statement
from tests.unit.grading.builders import COURSE_OVER, Learner, moment


def amina() -> Learner:
    """V1: regular, five people helped, three people who thank."""
    learner = Learner()
    first = learner.write(Kind.QUESTION, moment(1, 0))
    for day in (1, 2):
        learner.write(Kind.ANSWER, moment(1, day), helped=day)
        learner.thanked(moment(1, day, 18), giver=day, about=first)
    learner.rated(Kind.EXPERIENCE, moment(2, 0), Fraction(5, 4))
    for day in (1, 2):
        answer = learner.write(Kind.ANSWER, moment(2, day), helped=2 + day)
    learner.write(Kind.ACCEPTED, moment(2, 3), words=None)
    for day in (0, 1, 2):
        learner.write(Kind.ANSWER, moment(3, day), helped=4)
    learner.write(Kind.RESOURCE, moment(3, 3))
    learner.thanked(moment(3, 4), giver=3, about=answer)
    learner.write(Kind.QUESTION, moment(4, 0))
    learner.write(Kind.EXPERIENCE, moment(4, 1))
    for day in (2, 3, 4):
        learner.write(Kind.ANSWER, moment(4, day), helped=5)
    learner.write(Kind.DISTINCTION, moment(4, 5), words=None)
    learner.assessed(Fraction(4, 5))
    return learner


def bruno() -> Learner:
    """V2: nearly everything in the last week; two copies, one answer rated 0.5, a report 3.5 days late."""
    learner = Learner()
    prompt = learner.prompt(moment(4, 1, 8))
    learner.write(Kind.ANSWER, moment(3, 2), helped=1)
    for day, copied in ((2, True), (3, False), (4, True)):
        learner.write(Kind.QUESTION, moment(4, day, 8))
        learner.write(Kind.RESOURCE, moment(4, day, 9))
        learner.write(Kind.ANSWER, moment(4, day, 10), helped=day)
        learner.write(Kind.ANSWER, moment(4, day, 11), helped=6 if day == 4 else day)
        if copied:
            learner.write(Kind.ANSWER, moment(4, day, 12), copied=Fraction(9, 10), helped=77 + day)
    learner.write(Kind.QUESTION, moment(4, 2, 14))
    learner.write(Kind.QUESTION, moment(4, 3, 14))
    learner.rated(Kind.ANSWER, moment(4, 3, 15), Fraction(1, 2), helped=5)
    learner.write(Kind.EXPERIENCE, moment(4, 4, 20), prompt=prompt)
    learner.assessed(Fraction(1, 2))
    return learner


def chloe() -> Learner:
    """V3: halfway through, without a rubric yet."""
    learner = Learner()
    about = learner.write(Kind.QUESTION, moment(1, 0))
    learner.write(Kind.ANSWER, moment(1, 1), helped=1)
    learner.write(Kind.ANSWER, moment(2, 0), helped=2)
    learner.rated(Kind.ANSWER, moment(2, 1), Fraction(1, 2), helped=2)
    for giver in (1, 2, 3):
        learner.thanked(moment(2, 1 + giver), giver=giver, about=about)
    return learner


def periods(statement: Statement) -> list[tuple[Fraction, Fraction]]:
    return [(period.earned, period.kept) for period in statement.periods]


def measured(statement: Statement) -> dict[Part, tuple[Fraction, Fraction]]:
    return {measure.part: (measure.have, measure.target) for measure in statement.measures}


class TestAminaWhoIsRegular:
    @pytest.fixture
    def stands(self) -> Statement:
        return amina().statement(policy=BALANCED)

    def test_earns_every_period_as_the_table_says(self, stands):
        assert periods(stands) == [(32, 32), (47, 47), (33, 33), (64, 50)]
        assert (stands.points, stands.target) == (162, 160)

    def test_has_every_part_as_the_table_says(self, stands):
        assert measured(stands) == {
            Part.ACTIVITY: (162, 160),
            Part.HELP: (5, 4),
            Part.REGULARITY: (4, 3),
            Part.ASSESSMENT: (Fraction(4, 5), 1),
        }
        assert list(stands.parts.values()) == [1, 1, 1, Fraction(4, 5)]

    def test_scores(self, stands):
        assert (stands.share, stands.score, stands.final) == (Fraction(24, 25), Decimal("19.20"), True)


class TestBrunoOfTheLastWeek:
    @pytest.fixture
    def stands(self) -> Statement:
        return bruno().statement(policy=BALANCED)

    def test_earns_every_period_as_the_table_says(self, stands):
        assert periods(stands) == [(0, 0), (0, 0), (8, 8), (74, 50)]

    def test_earns_by_kind_as_the_table_says(self, stands):
        """Read from before the cap: values of counted lines, with what the cap took away."""
        found = {}
        for line in stands.lines:
            if line.period == 4:
                value = (
                    Fraction(line.detail.get("value", "0"))
                    if line.reason == "over_period_cap"
                    else line.value
                )
                found[line.kind] = found.get(line.kind, 0) + value
        assert found == {Kind.QUESTION: 20, Kind.ANSWER: 32, Kind.EXPERIENCE: 10, Kind.RESOURCE: 12}

    def test_has_every_part_as_the_table_says(self, stands):
        assert stands.parts == {
            Part.ACTIVITY: Fraction(29, 80),
            Part.HELP: 1,
            Part.REGULARITY: Fraction(1, 3),
            Part.ASSESSMENT: Fraction(1, 2),
        }
        assert measured(stands)[Part.HELP] == (6, 4)

    def test_scores_where_a_float_would_round_down(self, stands):
        assert (stands.share, stands.score) == (Fraction(77, 160), Decimal("9.63"))
        assert f"{77 / 160 * 20:.2f}" == "9.62"


class TestChloeHalfway:
    @pytest.fixture
    def stands(self) -> Statement:
        return chloe().statement(policy=BALANCED, as_of=moment(3), maximum=Decimal(100))

    def test_earns_every_period_as_the_table_says(self, stands):
        assert periods(stands) == [(18, 18), (21, 21), (0, 0)]

    def test_has_every_part_as_the_table_says(self, stands):
        assert measured(stands) == {
            Part.ACTIVITY: (39, 80),
            Part.HELP: (2, 2),
            Part.REGULARITY: (2, Fraction(3, 2)),
        }

    def test_scores_by_the_weights_of_the_parts_that_there_are(self, stands):
        assert sum(measure.weight for measure in stands.measures) == 80
        assert (stands.share, stands.score) == (Fraction(87, 128), Decimal("67.97"))
        assert not stands.final

    def test_is_told_what_it_will_be_at_the_close(self, stands):
        closed = chloe().statement(policy=BALANCED, as_of=moment(4, 0, 0), maximum=Decimal(100))
        # A 39/120, H 2/3, R 2/2.25 of 80.
        assert (
            stands.at_close
            == closed.score
            == round(Decimal(100) * (Decimal("16.25") + 10 + Decimal(40) / 3) / 80, 2)
        )


class TestTheAssessment:
    def test_of_last_is_in_force_and_may_be_taken_back(self):
        learner = amina()
        without = amina()
        without.facts.pop()
        learner.assessed(Fraction(1, 5), moment(2))
        assert learner.statement(policy=BALANCED).parts[Part.ASSESSMENT] == Fraction(1, 5)
        learner.assessed(None, moment(3))
        assert learner.statement(policy=BALANCED).score == without.statement(policy=BALANCED).score == 20

    def test_alone_is_the_score_where_only_the_trainer_grades(self):
        learner = amina()
        assert learner.statement(policy=TRAINER_ONLY).score == 16
        learner.assessed(None, moment(2))
        stands = learner.statement(policy=TRAINER_ONLY)
        assert (stands.score, stands.parts, stands.measures) == (0, {}, ())
        assert sum(line.counted for line in stands.lines) > 10


class TestMutualHelp:
    def helped(self, learner: Learner, **how: object) -> Fraction:
        return measured(learner.statement(policy=BALANCED, **how))[Part.HELP][0]

    def test_counts_people_not_answers(self):
        learner = Learner()
        for day in range(4):
            learner.write(Kind.ANSWER, moment(1, day), helped=7)
        assert self.helped(learner) == 1

    @pytest.mark.parametrize(
        "how", [{"words": 14}, {"copied": Fraction(4, 5)}, {"answers_self": True}, {"helped": None}]
    )
    def test_is_none_by_an_answer_that_does_not_stand(self, how):
        learner = Learner()
        learner.write(Kind.ANSWER, moment(1), **{"helped": 7, **how})
        assert self.helped(learner) == 0

    def test_is_taken_away_by_a_mark_of_zero_or_a_removal_alone(self):
        learner = Learner()
        learner.rated(Kind.ANSWER, moment(1), Fraction(0), helped=1)
        learner.rated(Kind.ANSWER, moment(1), Fraction(1, 2), helped=2)
        learner.act(Act.HIDDEN, learner.write(Kind.ANSWER, moment(1, 1), helped=3), moment(1, 2))
        learner.write(Kind.ANSWER, moment(1, 1), helped=4, lateness=Fraction(0))
        assert self.helped(learner) == 2

    def test_is_given_by_answers_over_the_limits_too(self):
        learner = Learner()
        for person in range(6):
            learner.write(Kind.ANSWER, moment(1, 0, 8 + person), helped=person)
        assert self.helped(learner) == 6

    def test_is_not_counted_outside_the_course(self):
        learner = Learner()
        learner.write(Kind.ANSWER, moment(1) - timedelta(days=2), helped=1)
        assert self.helped(learner) == 0


class TestRegularity:
    def test_asks_for_ten_points_a_week(self):
        learner = Learner()
        learner.write(Kind.QUESTION, moment(1))
        learner.write(Kind.ANSWER, moment(2))
        assert measured(learner.statement(policy=BALANCED))[Part.REGULARITY] == (1, 3)

    def test_asks_what_the_policy_says(self):
        learner = Learner()
        learner.write(Kind.ANSWER, moment(2))
        policy = replace(BALANCED, targets=Targets(active_points=Fraction(8), active_share=Fraction(1, 2)))
        assert measured(learner.statement(policy=policy))[Part.REGULARITY] == (1, 2)


class TestAnExcusedPeriod:
    def test_is_taken_out_of_every_target(self):
        learner = amina()
        learner.excused(2)
        stands = learner.statement(policy=BALANCED)
        assert {part: target for part, (_, target) in measured(stands).items()} == {
            Part.ACTIVITY: 120,
            Part.HELP: 3,
            Part.REGULARITY: Fraction(9, 4),
            Part.ASSESSMENT: 1,
        }
        assert (stands.closed_periods, stands.total_periods, stands.final) == (4, 4, True)

    def test_neither_gives_nor_asks(self):
        learner = amina()
        learner.excused(2)
        stands = learner.statement(policy=BALANCED)
        assert periods(stands) == [(32, 32), (0, 0), (33, 33), (64, 50)]
        assert [period.excused for period in stands.periods] == [False, True, False, False]
        reasons = {line.reason.value for line in stands.lines if line.period == 2}
        assert reasons == {"excused_period"}
        # Those of weeks 1, 3 and 4: whoever was helped in week 2 alone is not among them, but for 4.
        assert measured(stands)[Part.HELP][0] == 4

    def test_may_be_asked_for_again(self):
        learner = amina()
        learner.excused(2)
        learner.excused(2, moment(2), act=Act.EXPECTED)
        assert learner.statement(policy=BALANCED).score == amina().statement(policy=BALANCED).score

    def test_leaves_an_absence_without_trace(self):
        learner = Learner()
        for week in (1, 2, 4):
            learner.write(Kind.QUESTION, moment(week, 0))
            learner.write(Kind.EXPERIENCE, moment(week, 1))
            learner.write(Kind.QUESTION, moment(week, 2))
        assert learner.statement().score == 15
        learner.excused(3, COURSE_OVER)
        assert learner.statement().score == 20

    def test_that_is_open_changes_nothing_when_it_closes(self):
        learner = chloe()
        learner.excused(3)
        now = learner.statement(policy=BALANCED, as_of=moment(3, 2))
        then = learner.statement(policy=BALANCED, as_of=moment(4, 0, 0))
        assert now.score == now.at_close == then.score

    def test_each_and_every_one_leaves_one_period_to_measure_by(self):
        learner = Learner()
        for week in (1, 2, 3, 4):
            learner.excused(week)
        stands = learner.statement(policy=BALANCED)
        assert (stands.score, stands.target) == (0, 40)


class TestAnotherPolicy:
    @pytest.mark.parametrize("learner", [amina, bruno, chloe])
    def test_changed_and_changed_back_gives_the_same(self, learner):
        def under(policy: Policy, version: int) -> Statement:
            stored = {**policy.as_settings(), "version": version}
            return learner().statement(policy=Policy.from_settings(stored))

        first, second, third = under(BALANCED, 1), under(TRAINER_ONLY, 2), under(BALANCED, 3)
        assert second.score != first.score
        assert replace(third, policy_version=1) == first
