"""Every rule of the model, one by one, with the reason that the learner reads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from lti_tool.grading.facts import Act, Fact, FactInvalid, Kind
from lti_tool.grading.periods import Period, PeriodInvalid
from lti_tool.grading.policy import POINTS_AND_PACE
from lti_tool.grading.score import MaximumInvalid, Reason, statement
from tests.unit.grading.builders import COURSE_OVER, FOUR_WEEKS, Learner, moment


@pytest.fixture
def learner() -> Learner:
    return Learner()


class TestACountedContribution:
    def test_brings_its_base_points(self, learner):
        line = learner.line(learner.write(Kind.QUESTION, moment(1), words=20))
        assert (line.points, line.counted, line.reason, line.period) == (10, True, Reason.COUNTED, 1)
        assert line.detail == {"base": "10"}

    def test_opens_the_way_to_sending(self, learner):
        learner.write(Kind.QUESTION, moment(1), words=19)
        assert not learner.statement().has_contributions
        learner.write(Kind.QUESTION, moment(1), words=20)
        assert learner.statement().has_contributions

    def test_counts_already_in_the_open_period(self, learner):
        learner.write(Kind.QUESTION, moment(1))
        learner.write(Kind.QUESTION, moment(2))
        assert learner.statement(as_of=moment(2, 1)).score == Decimal("10.00")

    def test_shows_the_title_last_given(self, learner):
        subject = learner.write(Kind.QUESTION, moment(1), title="First")
        learner.act(Act.EDITED, subject, moment(1, 1), title="Second")
        learner.act(Act.MARKED, subject, moment(1, 2), quality=Fraction(1))
        assert learner.line(subject).title == "Second"


class TestTheWordMinimum:
    @pytest.mark.parametrize(
        ("kind", "minimum"), [(Kind.QUESTION, 20), (Kind.ANSWER, 15), (Kind.EXPERIENCE, 80)]
    )
    def test_is_reached_by_the_last_word(self, learner, kind, minimum):
        short = learner.write(kind, moment(1), words=minimum - 1)
        enough = learner.write(kind, moment(1), words=minimum)
        assert learner.line(short).reason is Reason.TOO_SHORT
        assert learner.line(short).detail == {"words": minimum - 1, "minimum": minimum}
        assert learner.line(enough).counted

    def test_is_not_reached_by_a_text_that_was_never_measured(self, learner):
        assert learner.line(learner.write(Kind.ANSWER, moment(1), words=None)).detail["words"] == 0

    def test_does_not_concern_what_others_give(self, learner):
        assert learner.line(learner.write(Kind.DISTINCTION, moment(1), words=None)).points == 10


class TestANearCopy:
    def test_counts_nothing_from_four_fifths_on(self, learner):
        copy = learner.write(Kind.ANSWER, moment(1), copied=Fraction(4, 5))
        own = learner.write(Kind.ANSWER, moment(1), copied=Fraction(79, 100))
        assert learner.line(copy).reason is Reason.NEAR_COPY
        assert learner.line(copy).detail == {"overlap": 80, "limit": 80}
        assert learner.line(own).counted


class TestAnsweringOneself:
    def test_never_counts(self, learner):
        line = learner.line(learner.write(Kind.ANSWER, moment(1), answers_self=True))
        assert (line.points, line.reason) == (0, Reason.OWN_THREAD)


class TestAnEdit:
    def test_is_measured_anew_and_keeps_the_first_date(self, learner):
        subject = learner.write(Kind.QUESTION, moment(1), words=3)
        learner.act(Act.EDITED, subject, moment(2), words=25)
        line = learner.line(subject)
        assert (line.counted, line.period, line.at) == (True, 1, moment(1))

    def test_may_lose_the_points(self, learner):
        subject = learner.write(Kind.QUESTION, moment(1), words=25)
        learner.act(Act.EDITED, subject, moment(1, 1), words=3)
        assert learner.line(subject).reason is Reason.TOO_SHORT

    def test_may_become_a_copy(self, learner):
        subject = learner.write(Kind.QUESTION, moment(1), copied=Fraction(0))
        learner.act(Act.EDITED, subject, moment(1, 1), words=25, copied=Fraction(1))
        assert learner.line(subject).reason is Reason.NEAR_COPY

    def test_keeps_a_measure_that_it_does_not_give(self, learner):
        subject = learner.write(Kind.QUESTION, moment(1), words=25, copied=Fraction(1, 2))
        learner.act(Act.EDITED, subject, moment(1, 1), title="New title")
        assert learner.line(subject).counted


class TestRemoving:
    @pytest.mark.parametrize("act", [Act.HIDDEN, Act.DELETED])
    def test_leaves_a_line_that_brings_nothing(self, learner, act):
        subject = learner.write(Kind.QUESTION, moment(1))
        learner.act(act, subject, moment(1, 1))
        line = learner.line(subject)
        assert (line.points, line.counted, line.reason) == (0, False, Reason.REMOVED)

    @pytest.mark.parametrize("act", [Act.HIDDEN, Act.DELETED])
    def test_is_undone_by_restoring(self, learner, act):
        subject = learner.write(Kind.QUESTION, moment(1))
        before = learner.statement()
        learner.act(act, subject, moment(1, 1))
        learner.act(Act.RESTORED, subject, moment(1, 2))
        assert learner.statement().lines == before.lines

    def test_was_not_yet_so_before_it_happened(self, learner):
        subject = learner.write(Kind.QUESTION, moment(1))
        learner.act(Act.HIDDEN, subject, moment(2))
        assert learner.line(subject, as_of=moment(1, 3)).counted


class TestATrainersMark:
    @pytest.mark.parametrize(("quality", "points"), [("1/2", "4"), ("5/4", "10")])
    def test_multiplies_the_points(self, learner, quality, points):
        line = learner.line(learner.rated(Kind.ANSWER, moment(1), Fraction(quality)))
        assert (line.points, line.reason) == (Decimal(points), Reason.RATED)
        assert Fraction(line.detail["quality"]) == Fraction(quality)

    def test_of_zero_counts_nothing_and_frees_the_place(self, learner):
        nothing = learner.rated(Kind.EXPERIENCE, moment(1), Fraction(0))
        other = learner.write(Kind.EXPERIENCE, moment(1, 1))
        assert learner.line(nothing).reason is Reason.RATED_ZERO
        assert learner.line(other).counted

    def test_is_replaced_by_a_later_one_and_taken_back_by_none(self, learner):
        subject = learner.rated(Kind.ANSWER, moment(1), Fraction(0))
        learner.act(Act.MARKED, subject, moment(1, 1), quality=Fraction(5, 4))
        assert learner.line(subject).points == 10
        learner.act(Act.MARKED, subject, moment(1, 2), quality=None)
        assert learner.line(subject).points == 8

    @pytest.mark.parametrize("kind", [Kind.ACCEPTED, Kind.RECOGNITION, Kind.DISTINCTION])
    def test_does_not_touch_what_others_gave(self, learner, kind):
        subject = learner.write(kind, moment(1), words=None)
        learner.act(Act.MARKED, subject, moment(1, 1), quality=Fraction(0))
        assert learner.line(subject).reason is Reason.COUNTED


class TestLateness:
    def test_lessens_the_points(self, learner):
        line = learner.line(learner.write(Kind.EXPERIENCE, moment(1), lateness=Fraction(1, 2)))
        assert (line.points, line.counted, line.reason) == (10, True, Reason.LATE)
        assert line.detail == {"base": "20", "factor": "0.5"}

    def test_of_the_whole_window_counts_nothing(self, learner):
        line = learner.line(learner.write(Kind.EXPERIENCE, moment(1), lateness=Fraction(0)))
        assert (line.points, line.counted, line.reason) == (0, False, Reason.LATE)


class TestTheLimitPerKind:
    def test_keeps_the_first_of_equal_ones(self, learner):
        subjects = [learner.write(Kind.QUESTION, moment(1, day)) for day in range(3)]
        assert [learner.line(subject).counted for subject in subjects] == [True, True, False]
        assert learner.line(subjects[2]).reason is Reason.OVER_KIND_LIMIT
        assert learner.line(subjects[2]).detail == {"limit": 2, "value": "10"}

    def test_keeps_the_best_so_that_a_weak_item_never_subtracts(self, learner):
        weak = learner.rated(Kind.QUESTION, moment(1, 0), Fraction(1, 2))
        strong = [learner.write(Kind.QUESTION, moment(1, day)) for day in (1, 2)]
        assert not learner.line(weak).counted
        assert all(learner.line(subject).counted for subject in strong)

    def test_begins_anew_with_each_period(self, learner):
        for week in (1, 2):
            for day in range(2):
                learner.write(Kind.QUESTION, moment(week, day))
        assert learner.statement().points == 40


class TestTheDailyLimit:
    def test_counts_the_earliest_four_of_equal_contributions(self, learner):
        subjects = [
            learner.write(Kind.RESOURCE, moment(1, 0, 8)),
            learner.write(Kind.RESOURCE, moment(1, 0, 9)),
        ]
        subjects += [
            learner.write(Kind.ARTICLE, moment(1, 0, 10)),
            learner.write(Kind.ARTICLE, moment(1, 0, 11)),
        ]
        fifth = learner.write(Kind.RESOURCE, moment(1, 1, 8))
        assert all(learner.line(subject).counted for subject in subjects)
        assert learner.line(fifth).reason is Reason.OVER_KIND_LIMIT

    def test_names_itself_to_the_fifth(self, learner):
        for hour in range(4):
            learner.write(Kind.ANSWER, moment(1, 0, 8 + hour))
        fifth = learner.write(Kind.RESOURCE, moment(1, 0, 18))
        assert learner.line(fifth).reason is Reason.OVER_DAILY_LIMIT
        assert learner.line(fifth).detail == {"limit": 4, "value": "6"}

    def test_lets_the_evenings_report_take_the_place_of_a_short_answer(self, learner):
        answers = [learner.write(Kind.ANSWER, moment(1, 0, 8 + hour)) for hour in range(4)]
        report = learner.write(Kind.EXPERIENCE, moment(1, 0, 18))
        assert learner.line(report).points == 20
        assert [learner.line(answer).counted for answer in answers] == [True, True, True, False]

    def test_is_not_used_up_by_what_its_kind_no_longer_counts(self, learner):
        for hour in range(5):
            learner.write(Kind.QUESTION, moment(1, 0, 8 + hour))
        answers = [learner.write(Kind.ANSWER, moment(1, 0, 14 + hour)) for hour in range(2)]
        assert all(learner.line(answer).counted for answer in answers)

    def test_is_not_used_up_by_what_others_give(self, learner):
        for hour in range(4):
            learner.write(Kind.ANSWER, moment(1, 0, 8 + hour))
            learner.write(Kind.RECOGNITION, moment(1, 0, 8 + hour, 30), words=None)
        assert learner.statement().points == 44

    def test_follows_the_calendar_of_the_community(self, learner):
        """23:30 and 00:30 in Paris are two days there and one in UTC."""
        for minute in range(4):
            learner.write(Kind.ANSWER, moment(1, 0, 23, 30 + minute))
        after_midnight = learner.write(Kind.RESOURCE, moment(1, 1, 0, 30))
        assert learner.line(after_midnight).counted
        in_utc = statement(learner.facts, POINTS_AND_PACE, FOUR_WEEKS, COURSE_OVER, Decimal(20))
        assert in_utc.lines[-1].reason is Reason.OVER_DAILY_LIMIT


class TestTheCapOfAPeriod:
    @pytest.fixture
    def full_week(self, learner) -> Learner:
        learner.write(Kind.EXPERIENCE, moment(1, 0))
        for day in range(2):
            learner.write(Kind.QUESTION, moment(1, day, 12))
        learner.write(Kind.ANSWER, moment(1, 2))
        return learner

    def test_counts_the_line_that_crosses_it_in_part(self, full_week):
        crossing = full_week.line(full_week.write(Kind.ANSWER, moment(1, 3)))
        assert (crossing.points, crossing.counted, crossing.reason) == (2, True, Reason.OVER_PERIOD_CAP)
        assert crossing.detail == {"cap": "50", "value": "8", "kept": "2"}

    def test_counts_nothing_of_those_after_it(self, full_week):
        full_week.write(Kind.ANSWER, moment(1, 3))
        beyond = full_week.line(full_week.write(Kind.ANSWER, moment(1, 4)))
        assert (beyond.points, beyond.counted, beyond.reason) == (0, False, Reason.OVER_PERIOD_CAP)
        [week, *_] = full_week.statement().periods
        assert (week.earned, week.kept, week.cap) == (64, 50, 50)

    def test_says_nothing_when_it_is_just_reached(self, full_week):
        line = full_week.line(full_week.rated(Kind.ANSWER, moment(1, 3), Fraction(1, 4)))
        assert (line.points, line.reason) == (2, Reason.RATED)


class TestTheBounds:
    def test_leave_out_what_was_written_before_and_after_the_course(self, learner):
        early = learner.write(Kind.QUESTION, moment(1) - timedelta(days=1))
        late = learner.write(Kind.QUESTION, COURSE_OVER)
        lines = {
            line.subject: line for line in learner.statement(as_of=COURSE_OVER + timedelta(days=1)).lines
        }
        assert {lines[subject].reason for subject in (early, late)} == {Reason.OUTSIDE_PERIOD}
        assert lines[early].period is None

    def test_give_the_first_instant_to_the_period_that_begins(self, learner):
        line = learner.line(learner.write(Kind.QUESTION, FOUR_WEEKS[1].starts_at))
        assert line.period == 2

    def test_show_only_the_periods_that_have_begun(self, learner):
        begun = learner.statement(as_of=moment(2, 3)).periods
        assert [(period.number, period.open) for period in begun] == [(1, False), (2, True)]

    def test_leave_the_score_at_zero_before_the_course(self, learner):
        before = learner.statement(as_of=moment(1) - timedelta(days=3))
        assert (before.score, before.at_close, before.periods, before.final) == (0, 0, (), False)


class TestAKindThatThePolicyDoesNotKnow:
    def test_brings_nothing_and_says_so(self, learner):
        rules = {kind: rule for kind, rule in POINTS_AND_PACE.rules.items() if kind is not Kind.ARTICLE}
        policy = replace(POINTS_AND_PACE, rules=rules)
        article = learner.write(Kind.ARTICLE, moment(1))
        assert learner.line(article, policy=policy).reason is Reason.NOT_IN_POLICY


class TestTheBufferSwitchedOff:
    def test_caps_a_period_at_its_goal(self, learner):
        policy = replace(POINTS_AND_PACE, buffer=Fraction(1))
        for day in range(2):
            learner.write(Kind.QUESTION, moment(1, day))
            learner.write(Kind.ANSWER, moment(1, day))
        learner.write(Kind.EXPERIENCE, moment(1, 3))
        assert learner.statement(policy=policy).points == 40


class TestFactsOutOfPlace:
    def test_on_something_never_written_make_no_line(self, learner):
        subject = learner.write(Kind.QUESTION, moment(1))
        learner.act(Act.MARKED, subject, moment(1, 1), quality=Fraction(0))
        learner.facts.pop(0)
        assert learner.statement().lines == ()

    def test_told_twice_count_once(self, learner):
        learner.write(Kind.QUESTION, moment(1))
        once = learner.statement()
        learner.facts *= 2
        assert learner.statement() == once

    def test_written_twice_keep_the_first(self, learner):
        subject = learner.write(Kind.QUESTION, moment(1))
        learner.act(Act.WRITTEN, subject, moment(2), words=1)
        assert learner.line(subject).period == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"at": datetime(2026, 9, 7)},  # noqa: DTZ001 - the naive moment is the point
            {"words": -1},
            {"copied": Fraction(3, 2)},
            {"copied": 0.5},
            {"quality": Fraction(-1)},
            {"quality": 1.25},
            {"lateness": Fraction(2)},
            {"lateness": None},
        ],
    )
    def test_are_refused_when_they_cannot_be_true(self, wrong):
        fields = {"id": 1, "act": Act.WRITTEN, "subject": "post:1", "kind": Kind.QUESTION}
        with pytest.raises(FactInvalid):
            Fact(**{**fields, "at": datetime(2026, 9, 7, tzinfo=UTC), **wrong})


class TestImpossibleQuestions:
    @pytest.mark.parametrize("maximum", [Decimal(0), Decimal(-1), Decimal("NaN"), Decimal("Infinity"), 20.0])
    def test_about_an_unusable_maximum_are_refused(self, maximum):
        with pytest.raises(MaximumInvalid):
            statement([], POINTS_AND_PACE, FOUR_WEEKS, COURSE_OVER, maximum)

    @pytest.mark.parametrize(
        "periods",
        [
            [],
            [FOUR_WEEKS[0], FOUR_WEEKS[0]],
            [FOUR_WEEKS[0], Period(9, FOUR_WEEKS[0].starts_at, FOUR_WEEKS[1].ends_at)],
        ],
    )
    def test_about_periods_that_clash_are_refused(self, periods):
        with pytest.raises(PeriodInvalid):
            statement([], POINTS_AND_PACE, periods, COURSE_OVER, Decimal(20))

    def test_about_a_moment_without_a_zone_are_refused(self):
        with pytest.raises(PeriodInvalid):
            statement([], POINTS_AND_PACE, FOUR_WEEKS, datetime(2026, 9, 7), Decimal(20))  # noqa: DTZ001
