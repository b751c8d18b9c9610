"""What holds for any learner whatever: order, growth, bounds, sums, digests, frozen records."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.grading.exact import round_half_up
from lti_tool.grading.facts import Act, Fact, Kind
from lti_tool.grading.policy import POINTS_AND_PACE
from lti_tool.grading.score import Statement, statement
from tests.unit.grading.builders import FOUR_WEEKS, ZONE

START = FOUR_WEEKS[0].starts_at
# Half an hour each, from a day before the course to a day after it.
HALF_HOURS = st.integers(-48, 2 * 24 * 29)
MARKS = st.sampled_from([None, Fraction(0), Fraction(1, 2), Fraction(1), Fraction(5, 4)])
MAXIMA = st.sampled_from([Decimal(20), Decimal(100), Decimal(1), Decimal("7.5"), Decimal("0.01")])

written = st.tuples(
    st.sampled_from(Kind),
    HALF_HOURS,
    st.sampled_from([0, 19, 20, 90]),
    st.sampled_from([None, Fraction(0), Fraction(9, 10)]),
    st.booleans(),
    st.sampled_from([Fraction(1), Fraction(1), Fraction(2, 7)]),
)
later = st.tuples(
    st.integers(0, 200),
    st.sampled_from([Act.EDITED, Act.HIDDEN, Act.RESTORED, Act.DELETED, Act.MARKED]),
    st.integers(1, 400),
    MARKS,
    st.sampled_from([None, 3, 90]),
)


def _good(kind: Kind, half_hours: int, number: int, act: Act = Act.WRITTEN, **more: object) -> Fact:
    at = START + timedelta(minutes=30 * half_hours)
    return Fact(
        **{"id": number, "act": act, "subject": f"s:{number}", "kind": kind, "at": at, "words": 90, **more}
    )


@st.composite
def fact_lists(draw: st.DrawFn, crowded: bool = False) -> list[Fact]:
    """Facts of one learner; crowded ones fall on two days, so that limits and cap bite."""
    facts = []
    for number, (kind, at, words, copied, own, lateness) in enumerate(
        draw(st.lists(written, max_size=25)), 1
    ):
        place = at % 96 if crowded else at
        measures = {"words": 90, "lateness": lateness} if crowded else {"words": words, "copied": copied}
        facts.append(
            _good(kind, place, number, answers_self=own and not crowded, **{"lateness": lateness, **measures})
        )
    for number, (which, act, delay, quality, words) in enumerate(draw(st.lists(later, max_size=12)), 1000):
        if facts and not crowded:
            first = facts[which % len(facts)]
            at = first.at + timedelta(minutes=30 * delay)
            facts.append(replace(first, id=number, act=act, at=at, quality=quality, words=words))
    return facts


learners = fact_lists() | fact_lists(crowded=True)
moments = HALF_HOURS.map(lambda half_hours: START + timedelta(minutes=30 * half_hours))
quick = settings(deadline=None, max_examples=60)


def score(facts: list[Fact], as_of=FOUR_WEEKS[-1].ends_at, maximum: Decimal = Decimal(20)) -> Statement:
    return statement(facts, POINTS_AND_PACE, FOUR_WEEKS, as_of, maximum, zone=ZONE)


class TestAnyStatement:
    @quick
    @given(learners, moments, st.randoms())
    def test_does_not_depend_on_the_order_of_facts_and_periods(self, facts, as_of, random):
        shuffled, periods = list(facts), list(FOUR_WEEKS)
        random.shuffle(shuffled)
        random.shuffle(periods)
        told_otherwise = statement(shuffled, POINTS_AND_PACE, periods, as_of, Decimal(20), zone=ZONE)
        assert told_otherwise == score(facts, as_of)

    @quick
    @given(learners, moments, MAXIMA)
    def test_stays_between_zero_and_the_maximum(self, facts, as_of, maximum):
        answer = score(facts, as_of, maximum)
        assert 0 <= answer.at_close <= answer.score <= maximum
        assert answer.score == round_half_up(answer.share * Fraction(maximum))

    @quick
    @given(learners, moments)
    def test_adds_up_from_its_lines(self, facts, as_of):
        answer = score(facts, as_of)
        assert sum(line.value for line in answer.lines) == answer.points
        for period in answer.periods:
            mine = [line for line in answer.lines if line.period == period.number]
            assert sum(line.value for line in mine) == period.kept == min(period.earned, period.cap)
        assert all(line.counted == (line.value > 0) for line in answer.lines)

    @quick
    @given(learners, moments)
    def test_counts_no_more_of_a_kind_or_a_day_than_the_policy_allows(self, facts, as_of):
        counted = [line for line in score(facts, as_of).lines if line.counted]
        kinds = Counter((line.period, line.kind) for line in counted)
        days = Counter(
            line.at.astimezone(ZoneInfo(ZONE)).date() for line in counted if line.kind.is_contribution
        )
        assert all(number <= POINTS_AND_PACE.rules[kind].per_period for (_, kind), number in kinds.items())
        assert all(number <= POINTS_AND_PACE.daily_limit for number in days.values())

    @quick
    @given(learners, moments)
    def test_has_one_line_for_each_thing_written(self, facts, as_of):
        subjects = sorted(fact.subject for fact in facts if fact.act is Act.WRITTEN and fact.at <= as_of)
        assert sorted(line.subject for line in score(facts, as_of).lines) == subjects

    @quick
    @given(learners, fact_lists(), moments)
    def test_ignores_what_happens_later(self, facts, others, as_of):
        future = [
            replace(fact, id=fact.id + 5000, subject="z" + fact.subject) for fact in others if fact.at > as_of
        ]
        assert score(facts + future, as_of) == score(facts, as_of)

    @quick
    @given(learners, moments)
    def test_is_read_back_from_its_record(self, facts, as_of):
        answer = score(facts, as_of)
        assert Statement.from_record(json.loads(json.dumps(answer.as_record()))) == answer


class TestMoreWork:
    @quick
    @given(
        learners, moments, st.sampled_from(Kind), HALF_HOURS, st.sampled_from([Fraction(1), Fraction(1, 3)])
    )
    def test_never_lowers_a_score_whenever_it_was_written(self, facts, as_of, kind, at, lateness):
        more = [*facts, _good(kind, at, 9000, lateness=lateness)]
        before, after = score(facts, as_of), score(more, as_of)
        assert after.share >= before.share
        assert after.points >= before.points

    @quick
    @given(learners, st.integers(0, 200), MARKS, MARKS)
    def test_rated_better_never_lowers_a_score(self, facts, which, one, other):
        if not facts:
            return
        first = facts[which % len(facts)]
        scores = []
        for quality in (one, other):
            mark = replace(first, id=9000, act=Act.MARKED, at=FOUR_WEEKS[-1].ends_at, quality=quality)
            scores.append((Fraction(1) if quality is None else quality, score([*facts, mark]).points))
        (low, with_low), (high, with_high) = sorted(scores)
        assert low <= high
        assert with_low <= with_high

    @quick
    @given(learners, st.integers(0, 3), st.integers(0, 335), st.integers(0, 335))
    def test_never_lets_a_score_fall_inside_a_period(self, facts, week, one, other):
        facts = [fact for fact in facts if fact.act is Act.WRITTEN]
        earlier, later = sorted((one, other))
        start = FOUR_WEEKS[week].starts_at
        times = [start + timedelta(minutes=30 * at) for at in (earlier, later)]
        before, after = (score(facts, as_of) for as_of in times)
        assert before.score <= after.score


class TestHidingAndRestoring:
    @quick
    @given(learners, st.integers(0, 200))
    def test_leave_everything_as_it_was(self, facts, which):
        facts = [fact for fact in facts if fact.act is Act.WRITTEN]
        if not facts:
            return
        last = FOUR_WEEKS[-1].ends_at - timedelta(minutes=30)
        first = facts[which % len(facts)]
        both = [
            replace(first, id=9000 + n, act=act, at=last) for n, act in enumerate((Act.HIDDEN, Act.RESTORED))
        ]
        hidden, restored = score([*facts, both[0]]), score([*facts, *both])
        assert restored.lines == score(facts).lines
        assert hidden.points <= restored.points


class TestTheDigest:
    @quick
    @given(learners)
    def test_tells_other_facts_apart_and_the_same_ones_not(self, facts):
        same = [replace(fact, title="shown only") for fact in facts]
        assert score(same).digest == score(facts).digest
        more = [*facts, _good(Kind.ANSWER, 3, 9000)]
        assert score(more).digest != score(facts).digest

    def test_is_that_of_a_text_that_anyone_can_write(self):
        fact = _good(Kind.QUESTION, 3, 1, copied=Fraction(1, 3), helped=7, title="not in it")
        text = '[1,"written","s:1","question","2026-09-06T23:30:00+00:00",90,"1/3",false,7,null,"1"]'
        assert score([fact]).digest == sha256(text.encode()).hexdigest()
