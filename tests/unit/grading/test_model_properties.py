"""What holds under every preset, for any learner of a living course: prompts, thanks, excuses, rubrics."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.grading.decided import decided_from
from lti_tool.grading.entries import placed
from lti_tool.grading.exact import exact, round_half_up
from lti_tool.grading.facts import Act, Fact, Kind, Praise, known_at
from lti_tool.grading.items import items_from
from lti_tool.grading.lateness import after_deadlines
from lti_tool.grading.policy import Part, Policy
from lti_tool.grading.presets import BALANCED, CHECKLIST, PRESETS
from lti_tool.grading.rules import Milestone
from lti_tool.grading.score import Statement, statement
from tests.unit.grading.builders import FOUR_WEEKS, ZONE

START = FOUR_WEEKS[0].starts_at
STEP = timedelta(minutes=30)
LAST = 4 * 7 * 48 - 3  # the clock changes in none of these weeks
RECEIVED = [kind for kind in Kind if not kind.is_contribution]
MARKS = st.sampled_from([None, Fraction(0), Fraction(1, 2), Fraction(5, 4)])

POLICIES = [
    *(policy for policy in PRESETS.values() if policy.preset != "points-and-pace"),
    replace(BALANCED, buffer=Fraction(1), daily_limit=2),
    replace(
        CHECKLIST,
        weights={Part.MILESTONES: 60, Part.ACTIVITY: 20, Part.HELP: 20},
        milestones=(Milestone(Kind.QUESTION, 1, by_period=1), Milestone(Kind.ANSWER, 3, Fraction(2))),
    ),
]
policies = st.sampled_from(POLICIES)


def at(half_hours: int) -> datetime:
    return START + half_hours * STEP


praises = st.builds(
    Praise,
    giver=st.integers(1, 3),
    about=st.sampled_from([None, "s:1", "s:2", "s:3"]),
    by_staff=st.sampled_from([False, False, False, True]),
)


@st.composite
def contributions(draw: st.DrawFn, number: int, moments: st.SearchStrategy[int]) -> Fact:
    kind = draw(st.sampled_from([*Kind, Kind.ANSWER, Kind.ANSWER, Kind.RECOGNITION, Kind.RECOGNITION]))
    received = kind in RECEIVED
    when = at(draw(moments))
    returns = draw(st.none() | st.integers(0, 96).map(lambda half_hours: when - half_hours * STEP))
    return Fact(
        id=number,
        act=Act.WRITTEN,
        subject=f"s:{number}",
        kind=kind,
        at=when,
        words=None if received else draw(st.sampled_from([90, 90, 90, 16])),
        copied=draw(st.sampled_from([None, None, Fraction(9, 10)])),
        helped=draw(st.integers(1, 5)) if kind is Kind.ANSWER else None,
        prompt=draw(st.sampled_from([None, "prompt:1", "prompt:2"])),
        praise=replace(draw(praises), returns=returns) if received else None,
    )


@st.composite
def learners(draw: st.DrawFn, last: int = LAST) -> list[Fact]:
    """Facts of one learner, up to a half hour of the course; crowded ones fall on few days."""
    moments = st.integers(0, last) if draw(st.booleans()) else st.integers(max(0, last - 100), last)
    written = [draw(contributions(number, moments)) for number in range(1, draw(st.integers(1, 25)))]
    facts = list(written)

    def around(act: Act, subject: str, **more: object) -> None:
        facts.append(
            Fact(id=500 + len(facts), act=act, subject=subject, kind=None, at=at(draw(moments)), **more)
        )

    for subject in draw(st.lists(st.sampled_from(["prompt:1", "prompt:2"]), max_size=3)):
        around(Act.SCHEDULED, subject, deadline=draw(st.none() | moments.map(at)))
    for week in draw(st.lists(st.integers(1, 4), max_size=2)):
        around(draw(st.sampled_from([Act.EXCUSED, Act.EXCUSED, Act.EXPECTED])), f"period:{week}", period=week)
    if draw(st.booleans()):
        around(Act.RUBRIC, "rubric", rubric=draw(st.sampled_from([None, Fraction(1, 3), Fraction(1)])))
    for number in range(draw(st.integers(0, 4)) if written else 0):
        first = draw(st.sampled_from(written))
        act = draw(st.sampled_from([Act.MARKED, Act.HIDDEN, Act.RESTORED, Act.EDITED]))
        later = {"act": act, "at": first.at + STEP, "quality": draw(MARKS), "words": 90}
        facts.append(replace(first, id=900 + number, **later))
    return facts


half_hours = st.integers(0, LAST)
quick = settings(deadline=None, max_examples=80)


def score(facts: list[Fact], policy: Policy, as_of: datetime = FOUR_WEEKS[-1].ends_at) -> Statement:
    return statement(facts, policy, FOUR_WEEKS, as_of, Decimal(20), zone=ZONE)


@st.composite
def running(draw: st.DrawFn) -> tuple[list[Fact], int]:
    """A learner, and a half hour after everything that is known of them."""
    now = draw(half_hours)
    facts = [fact for fact in draw(learners(now)) if fact.at <= at(now)]
    return facts, now


class TestAnyStatementUnderAnyPreset:
    @quick
    @given(learners(), policies, half_hours, st.randoms())
    def test_does_not_depend_on_the_order_in_which_facts_are_read(self, facts, policy, now, random):
        shuffled = list(facts)
        random.shuffle(shuffled)
        assert score(shuffled, policy, at(now)) == score(facts, policy, at(now))

    @quick
    @given(learners(), policies, half_hours)
    def test_stays_within_its_bounds(self, facts, policy, now):
        stands = score(facts, policy, at(now))
        assert 0 <= stands.at_close <= stands.score <= 20
        assert all(0 <= share <= 1 for share in stands.parts.values())
        assert all(0 <= period.kept <= policy.cap_per_period for period in stands.periods)

    @quick
    @given(learners(), policies)
    def test_keeps_the_limits_between_two_people(self, facts, policy):
        given_by = {fact.subject: fact.praise for fact in facts if fact.praise}
        counted = [
            line for line in score(facts, policy).lines if line.counted and line.kind is Kind.RECOGNITION
        ]
        rule = policy.recognitions
        pairs = Counter(given_by[line.subject].giver for line in counted)
        in_period = Counter((given_by[line.subject].giver, line.period) for line in counted)
        items = Counter(
            (given_by[line.subject].giver, given_by[line.subject].about)
            for line in counted
            if given_by[line.subject].about
        )
        assert all(number <= rule.per_pair for number in pairs.values())
        assert all(number <= rule.per_giver for number in in_period.values())
        assert all(number == 1 for number in items.values())
        assert not any(given_by[line.subject].by_staff for line in counted)

    @quick
    @given(learners(), policies)
    def test_keeps_the_ceiling_of_the_reply_window(self, facts, policy):
        known = known_at(facts, FOUR_WEEKS[-1].ends_at)
        deadlines = decided_from(known).deadlines
        entries = after_deadlines(
            placed(items_from(known), policy, FOUR_WEEKS, frozenset()), policy, deadlines
        )
        window = timedelta(hours=policy.deadlines.reply_hours)
        for prompt, deadline in deadlines.items():
            mine = [(entry, entry.item.at - deadline) for entry in entries if entry.item.prompt == prompt]
            replies = [
                entry.value
                for entry, delay in mine
                if entry.item.kind is Kind.ANSWER and timedelta() < delay <= window
            ]
            assert sum(replies) <= sum(entry.value for entry, delay in mine if delay <= timedelta())

    @quick
    @given(learners(), policies, st.integers(1, 9))
    def test_is_the_same_once_a_policy_is_changed_back(self, facts, policy, version):
        score(facts, replace(BALANCED, version=version))
        again = Policy.from_settings(json.loads(json.dumps(policy.as_settings())))
        assert score(facts, again) == score(facts, policy)


class TestMoreWork:
    @settings(deadline=None, max_examples=250)
    @given(running(), policies, st.data())
    def test_never_lowers_a_running_score(self, learner, policy, data):
        facts, now = learner
        more = [*facts, data.draw(contributions(1000, st.just(now)))]
        before, after = score(facts, policy, at(now)), score(more, policy, at(now))
        assert after.share >= before.share
        assert after.at_close >= before.at_close
        assert after.points >= before.points

    @quick
    @given(learners(), policies, st.integers(0, 3), st.integers(0, 335), st.integers(0, 335))
    def test_done_inside_a_period_never_lets_the_score_fall(self, facts, policy, week, one, other):
        """Decisions of trainers may lower a score at any time; what members do may not."""
        done = [replace(fact, at=START) if fact.kind is None else fact for fact in facts]
        done = [fact for fact in done if fact.kind is None or fact.act is Act.WRITTEN]
        earlier, later = (FOUR_WEEKS[week].starts_at + STEP * step for step in sorted((one, other)))
        assert score(done, policy, earlier).share <= score(done, policy, later).share


class TestTheScoreAtTheClose:
    @quick
    @given(running(), policies)
    def test_is_what_it_is_when_nothing_is_added(self, learner, policy):
        facts, now = learner
        stands = score(facts, policy, at(now))
        close = next(period.ends_at for period in FOUR_WEEKS if period.holds(at(now)))
        assert stands.at_close == score(facts, policy, close).score


class TestAFrozenStatement:
    @quick
    @given(learners(), policies, half_hours)
    def test_is_read_back_and_computed_anew_to_the_cent(self, facts, policy, now):
        stands = score(facts, policy, at(now))
        record = json.loads(json.dumps(stands.as_record()))
        assert Statement.from_record(record) == stands
        assert score(facts, policy, datetime.fromisoformat(record["as_of"])).as_record() == record

    @quick
    @given(learners(), policies, half_hours)
    def test_adds_up_from_what_it_says_of_itself_alone(self, facts, policy, now):
        record = json.loads(json.dumps(score(facts, policy, at(now)).as_record()))
        for period in record["periods"]:
            mine = [exact(line["value"]) for line in record["lines"] if line["period"] == period["number"]]
            assert sum(mine) == exact(period["kept"])
        assert sum(exact(period["kept"]) for period in record["periods"]) == exact(record["points"])
        share, weights = Fraction(0), 0
        for measure in record.get("measures", []):
            share += measure["weight"] * min(1, exact(measure["have"]) / exact(measure["target"]))
            weights += measure["weight"]
        worth = share / weights * exact(record["maximum"]) if weights else Fraction(0)
        assert str(round_half_up(worth)) == record["score"]
