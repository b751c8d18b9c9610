"""Facts that came with the whole model: what they hold, what they refuse, and what their digest tells."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from lti_tool.grading.facts import Act, Fact, FactInvalid, Kind, Praise, digest_of, known_at
from lti_tool.grading.hints import next_steps
from lti_tool.grading.ledger import Reason
from lti_tool.grading.policy import POINTS_AND_PACE
from lti_tool.grading.presets import BALANCED, CHECKLIST, TRAINER_ONLY, UNGRADED
from tests.unit.grading.builders import Learner, moment

AT = datetime(2026, 9, 7, 12, tzinfo=UTC)
NO_ZONE = datetime(2026, 9, 7)  # noqa: DTZ001 - the naive moment is the point
WRITTEN = Fact(id=1, act=Act.WRITTEN, subject="recognition:1", kind=Kind.RECOGNITION, at=AT)
RUBRIC = Fact(id=1, act=Act.RUBRIC, subject="rubric", kind=None, at=AT, rubric=Fraction(1, 2))


class TestAFact:
    @pytest.mark.parametrize(
        ("fact", "wrong"),
        [
            (WRITTEN, {"kind": None}),
            (WRITTEN, {"praise": Praise(1, returns=NO_ZONE)}),
            (WRITTEN, {"praise": Praise(1, returns=AT + timedelta(seconds=1))}),
            (RUBRIC, {"kind": Kind.ANSWER}),
            (RUBRIC, {"rubric": Fraction(3, 2)}),
            (RUBRIC, {"rubric": 0.5}),
            (RUBRIC, {"act": Act.EXCUSED}),
            (RUBRIC, {"act": Act.EXPECTED}),
            (RUBRIC, {"act": Act.SCHEDULED, "deadline": NO_ZONE}),
        ],
    )
    def test_that_cannot_be_true_is_refused(self, fact, wrong):
        with pytest.raises(FactInvalid):
            replace(fact, **wrong)

    @pytest.mark.parametrize(
        ("fact", "more"),
        [
            (WRITTEN, {"prompt": "prompt:1"}),
            (WRITTEN, {"praise": Praise(1)}),
            (WRITTEN, {"praise": Praise(1, "post:1")}),
            (WRITTEN, {"praise": Praise(1, by_staff=True)}),
            (WRITTEN, {"praise": Praise(1, returns=AT)}),
            (RUBRIC, {"rubric": None}),
            (RUBRIC, {"rubric": Fraction(1)}),
            (replace(RUBRIC, act=Act.EXCUSED, period=1), {"period": 2}),
            (replace(RUBRIC, act=Act.SCHEDULED), {"deadline": AT}),
        ],
    )
    def test_has_another_digest_for_whatever_it_says(self, fact, more):
        assert digest_of([replace(fact, **more)]) != digest_of([fact])

    def test_says_the_same_in_every_zone(self):
        there = replace(RUBRIC, act=Act.SCHEDULED, deadline=moment(1).astimezone(UTC))
        assert digest_of([there]) == digest_of([replace(there, deadline=moment(1).astimezone())])


class TestHints:
    @pytest.mark.parametrize("policy", [TRAINER_ONLY, CHECKLIST, UNGRADED])
    def test_are_silent_where_points_weigh_nothing(self, policy):
        assert next_steps(Learner().statement(policy=policy, as_of=moment(1)), policy) == ()

    def test_are_the_same_under_balanced(self):
        hints = [
            next_steps(Learner().statement(policy=policy, as_of=moment(1)), policy)
            for policy in (BALANCED, POINTS_AND_PACE)
        ]
        assert hints[0] == hints[1] != ()

    def test_are_silent_in_an_excused_week(self):
        learner = Learner()
        learner.excused(1)
        assert next_steps(learner.statement(policy=BALANCED, as_of=moment(1, 2)), BALANCED) == ()


class TestAPromptThatHasNotOpened:
    """Nobody can answer it yet: it plays no part, and no digest gives it away."""

    def test_leaves_no_trace_in_a_statement(self):
        told, untold = Learner(), Learner()
        for learner in (told, untold):
            learner.write(Kind.QUESTION, moment(1, 1))
        told.prompt(moment(2, 4), at=moment(1, 2), opens=moment(2))
        before = moment(1, 6)
        assert told.statement(as_of=before) == untold.statement(as_of=before)

    def test_is_in_the_digest_from_its_opening_on(self):
        learner = Learner()
        learner.prompt(moment(2, 4), at=moment(1, 2), opens=moment(2))
        nothing = digest_of([])
        assert learner.statement(as_of=moment(2) - timedelta(microseconds=1)).digest == nothing
        assert learner.statement(as_of=moment(2)).digest == digest_of(learner.facts) != nothing

    def test_may_be_moved_without_any_change_to_what_was_known_before(self):
        first, moved = Learner(), Learner()
        first.prompt(moment(2, 4), at=moment(1, 2), opens=moment(2))
        moved.prompt(moment(2, 4), at=moment(1, 2), opens=moment(2, 2))
        as_of = moment(1, 6)
        assert known_at(first.facts, as_of) == known_at(moved.facts, as_of) == []

    def test_binds_from_its_opening_on(self):
        learner = Learner()
        prompt = learner.prompt(moment(2, 4), at=moment(1, 2), opens=moment(2))
        late = learner.write(Kind.QUESTION, moment(2, 6), prompt=prompt)
        assert learner.line(late, as_of=moment(3)).reason is Reason.LATE

    def test_has_a_moment_with_a_zone(self):
        with pytest.raises(FactInvalid):
            Fact(1, Act.SCHEDULED, "prompt:1", None, moment(1), opens=NO_ZONE)
