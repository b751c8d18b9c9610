"""The worked examples of the grading model (three learners, four weeks), activity alone at weight 100."""

from decimal import Decimal
from fractions import Fraction

from lti_tool.grading.facts import Kind
from lti_tool.grading.policy import Part
from tests.unit.grading.builders import COURSE_OVER, Learner, moment


def amina() -> Learner:
    """Present every week."""
    learner = Learner()
    learner.write(Kind.QUESTION, moment(1, 0))
    for day in (1, 2):
        learner.write(Kind.ANSWER, moment(1, day))
        learner.write(Kind.RECOGNITION, moment(1, day, 18), words=None)
    learner.rated(Kind.EXPERIENCE, moment(2, 0), Fraction(5, 4))
    learner.write(Kind.ANSWER, moment(2, 1))
    learner.write(Kind.ANSWER, moment(2, 2))
    learner.write(Kind.ACCEPTED, moment(2, 3), words=None)
    for day in (0, 1, 2):
        learner.write(Kind.ANSWER, moment(3, day))
    learner.write(Kind.RESOURCE, moment(3, 3))
    learner.write(Kind.RECOGNITION, moment(3, 4), words=None)
    learner.write(Kind.QUESTION, moment(4, 0))
    learner.write(Kind.EXPERIENCE, moment(4, 1))
    for day in (2, 3, 4):
        learner.write(Kind.ANSWER, moment(4, day))
    learner.write(Kind.DISTINCTION, moment(4, 5), words=None)
    return learner


def bruno() -> Learner:
    """Nearly everything in the last week, on three days, with two copies and a late report."""
    learner = Learner()
    learner.write(Kind.ANSWER, moment(3, 2))
    for day, copied in ((2, True), (3, False), (4, True)):
        learner.write(Kind.QUESTION, moment(4, day, 8))
        learner.write(Kind.RESOURCE, moment(4, day, 9))
        learner.write(Kind.ANSWER, moment(4, day, 10))
        learner.write(Kind.ANSWER, moment(4, day, 11))
        if copied:
            learner.write(Kind.ANSWER, moment(4, day, 12), copied=Fraction(9, 10))
    learner.write(Kind.QUESTION, moment(4, 2, 14))
    learner.write(Kind.QUESTION, moment(4, 3, 14))
    learner.rated(Kind.ANSWER, moment(4, 3, 15), Fraction(1, 2))
    learner.write(Kind.EXPERIENCE, moment(4, 4, 20), lateness=Fraction(1, 2))
    return learner


def chloe() -> Learner:
    """Halfway through the course."""
    learner = Learner()
    learner.write(Kind.QUESTION, moment(1, 0))
    learner.write(Kind.ANSWER, moment(1, 1))
    learner.write(Kind.ANSWER, moment(2, 0))
    learner.rated(Kind.ANSWER, moment(2, 1), Fraction(1, 2))
    for day in (2, 3, 4):
        learner.write(Kind.RECOGNITION, moment(2, day), words=None)
    return learner


def sums(statement) -> list[tuple[int, int]]:
    return [(period.earned, period.kept) for period in statement.periods]


class TestARegularLearnerAtTheEnd:
    def test_earns_every_period_as_the_table_says(self):
        assert sums(amina().statement()) == [(32, 32), (47, 47), (33, 33), (64, 50)]

    def test_scores_the_whole_maximum(self):
        statement = amina().statement()
        assert (statement.score, statement.points, statement.target) == (Decimal("20.00"), 162, 160)
        assert statement.parts == {Part.ACTIVITY: 1}
        assert statement.final


class TestALearnerOfTheLastWeek:
    def test_earns_every_period_as_the_table_says(self):
        assert sums(bruno().statement()) == [(0, 0), (0, 0), (8, 8), (74, 50)]

    def test_wrote_as_much_as_the_table_says(self):
        kinds = [line.kind for line in bruno().statement().lines if line.period == 4]
        counts = {kind: kinds.count(kind) for kind in set(kinds)}
        assert counts == {Kind.QUESTION: 5, Kind.ANSWER: 9, Kind.EXPERIENCE: 1, Kind.RESOURCE: 3}

    def test_scores_on_the_hard_cap(self):
        statement = bruno().statement()
        assert statement.score == Decimal("7.25")
        assert statement.share == Fraction(29, 80)


class TestALearnerHalfway:
    def test_is_measured_on_the_closed_periods_alone(self):
        statement = chloe().statement(as_of=moment(3), maximum=Decimal(100))
        assert sums(statement) == [(18, 18), (21, 21), (0, 0)]
        assert (statement.score, statement.share) == (Decimal("48.75"), Fraction(39, 80))
        assert (statement.closed_periods, statement.total_periods) == (2, 4)
        assert not statement.final

    def test_is_told_the_score_at_the_close_of_the_open_period(self):
        statement = chloe().statement(as_of=moment(3), maximum=Decimal(100))
        assert statement.at_close == Decimal("32.50")

    def test_falls_only_when_the_period_closes(self):
        learner = chloe()
        assert learner.statement(as_of=moment(3, 6, 23, 59), maximum=Decimal(100)).score == Decimal("48.75")
        assert learner.statement(as_of=moment(4, 0, 0), maximum=Decimal(100)).score == Decimal("32.50")


class TestNobodyThere:
    def test_scores_zero_without_a_contribution(self):
        statement = Learner().statement(as_of=COURSE_OVER)
        assert (statement.score, statement.has_contributions, statement.lines) == (Decimal("0.00"), False, ())
