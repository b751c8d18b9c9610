"""Facts that came with the whole model: what they hold, what they refuse, and what their digest tells."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from lti_tool.grading.facts import Act, Fact, FactInvalid, Kind, Praise, digest_of
from lti_tool.grading.hints import next_steps
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
