"""The script that anybody may run says the same as the tool: other code, the same rules, to the cent."""

import importlib.util
import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.grading.facts import Act, Fact, Kind
from lti_tool.grading.periods import Period
from lti_tool.grading.policy import POINTS_AND_PACE, Part, Policy
from lti_tool.grading.presets import PRESETS
from lti_tool.grading.rules import DeadlineRule, RecognitionRule, Targets
from lti_tool.grading.score import Statement, statement
from lti_tool.services.evidence_records import FORMAT, VERSION, as_json, fact_record
from tests.unit.grading.builders import FOUR_WEEKS, ZONE, Learner, moment
from tests.unit.grading.test_model_properties import POLICIES, at, half_hours, learners
from tests.unit.grading.test_properties import fact_lists
from tests.unit.grading.test_properties import moments as any_moments

SCRIPT = Path(__file__).parents[3] / "docs" / "recompute.py"
COLUMN = {"uuid": "c-1", "name": "Participation", "maximum": "20.00", "kind": "participation", "prompt": None}
MAXIMA = st.sampled_from([Decimal("20.00"), Decimal("100.00"), Decimal("7.50"), Decimal("0.01")])
POLICIES_AT_THE_EDGES = [
    replace(
        POINTS_AND_PACE,
        weights={part: 20 for part in Part if part is not Part.MILESTONES},
        deadlines=DeadlineRule(late_days=0, reply_hours=0),
        recognitions=RecognitionRule(per_giver=2, per_pair=3, returned_share=Fraction(1, 3)),
        targets=Targets(helped_members=1, active_points=Fraction(1, 2), active_share=Fraction(1, 3)),
        daily_limit=1,
    ),
    replace(POINTS_AND_PACE, rules={Kind.ANSWER: POINTS_AND_PACE.rules[Kind.ANSWER]}),
]
EVERY_POLICY = [*POLICIES, *PRESETS.values(), *POLICIES_AT_THE_EDGES]


@pytest.fixture(scope="module")
def recompute():
    described = importlib.util.spec_from_file_location("recompute", SCRIPT)
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module


def stored(stands: Statement, uuid: str = "c-1", decision: dict | None = None) -> dict:
    """A frozen statement as the export writes it."""
    return {
        "column": uuid,
        "as_of": stands.as_of.isoformat(),
        "policy_version": stands.policy_version,
        "score": str(stands.score),
        "maximum": str(stands.maximum),
        "digest": stands.digest,
        "sent": True,
        "decision": decision,
        "record": stands.as_record(),
    }


def evidence(facts: list[Fact], policy: Policy, *sent: dict, column: dict = COLUMN) -> dict:
    """An export of one learner, through JSON and back."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "columns": [column],
        "policies": [{"version": policy.version, "settings": policy.as_settings()}],
        "facts_of_everybody": [fact_record(fact) for fact in facts if fact.act is Act.SCHEDULED],
    }
    own = [fact_record(fact) for fact in facts if fact.act is not Act.SCHEDULED]
    member = {"number": 7, "name": "Inès", "facts": own, "statements": list(sent)}
    return json.loads("".join(as_json(head, [member])))


def verdict(recompute, found: dict) -> tuple[str, list[str]]:
    member = found["members"][0]
    policies = {policy["version"]: policy["settings"] for policy in found["policies"]}
    facts = member["facts"] + found["facts_of_everybody"]
    return recompute.check(member["statements"][0], facts, found["columns"][0], policies)


def score(
    facts: list[Fact], policy: Policy, as_of: datetime, maximum: Decimal, periods: tuple = FOUR_WEEKS
) -> Statement:
    return statement(facts, policy, periods, as_of, maximum, zone=ZONE)


class TestAnyLearner:
    @settings(deadline=None, max_examples=300)
    @given(learners(), st.sampled_from(EVERY_POLICY), half_hours, MAXIMA)
    def test_of_a_living_course_gets_the_same_under_every_preset(
        self, recompute, facts, policy, now, maximum
    ):
        stands = score(facts, policy, at(now), maximum)
        assert verdict(recompute, evidence(facts, policy, stored(stands))) == (str(stands.score), [])

    @settings(deadline=None, max_examples=200)
    @given(fact_lists() | fact_lists(crowded=True), st.sampled_from(EVERY_POLICY), any_moments)
    def test_whose_facts_crowd_gets_the_same(self, recompute, facts, policy, as_of):
        stands = score(facts, policy, as_of, Decimal("20.00"))
        assert verdict(recompute, evidence(facts, policy, stored(stands))) == (str(stands.score), [])

    @settings(deadline=None, max_examples=60)
    @given(learners(), st.sampled_from(EVERY_POLICY), half_hours)
    def test_gets_the_same_in_the_column_of_the_rubric(self, recompute, facts, policy, now):
        alone = replace(policy, weights={Part.ASSESSMENT: 100}, milestones=())
        stands = score(facts, alone, at(now), Decimal("20.00"))
        found = evidence(facts, policy, stored(stands), column=COLUMN | {"kind": "assessment"})
        assert verdict(recompute, found) == (str(stands.score), [])

    @settings(deadline=None, max_examples=60)
    @given(learners(), half_hours)
    def test_gets_the_same_in_the_column_of_a_prompt(self, recompute, facts, now):
        """Full with a contribution of one's own and two replies, over one period of the prompt's own."""
        alone = replace(
            POINTS_AND_PACE, goal_per_period=Fraction(26), buffer=Fraction(1), weights={Part.ACTIVITY: 100}
        )
        span = (Period(1, at(0), at(600)),)
        answers = {fact.subject for fact in facts if fact.prompt == "prompt:1" and fact.at <= at(now)}
        mine = [
            fact
            for fact in facts
            if fact.subject in answers or (fact.act is Act.SCHEDULED and fact.subject == "prompt:1")
        ]
        stands = score(mine, alone, at(now), Decimal("20.00"), span)
        column = COLUMN | {"kind": "prompt", "prompt": "prompt:1"}
        found = evidence(facts, POINTS_AND_PACE, stored(stands), column=column)
        assert verdict(recompute, found) == (str(stands.score), [])


class TestTheProgram:
    @pytest.fixture
    def sent(self):
        learner = Learner()
        learner.write(Kind.QUESTION, moment(1))
        return learner

    def run(self, recompute, tmp_path, found: dict) -> int:
        file = tmp_path / "evidence.json"
        file.write_text(json.dumps(found), encoding="utf-8")
        return recompute.main([str(file)])

    def test_says_that_all_is_well(self, recompute, tmp_path, capsys, sent):
        stands = sent.statement(as_of=moment(1, 3), maximum=Decimal("20.00"))
        assert self.run(recompute, tmp_path, evidence(sent.facts, POINTS_AND_PACE, stored(stands))) == 0
        assert capsys.readouterr().out.split("\t")[4:] == ["sent 5.00 of 20.00", "here 5.00", "OK\n"]

    def test_names_what_differs(self, recompute, tmp_path, capsys, sent):
        stands = sent.statement(as_of=moment(1, 3), maximum=Decimal("20.00"))
        raised = stored(stands) | {"score": "5.01"}
        assert self.run(recompute, tmp_path, evidence(sent.facts, POINTS_AND_PACE, raised)) == 1
        assert "DIFFERENT: score" in capsys.readouterr().out
        sent.write(Kind.QUESTION, moment(1, 2))
        assert self.run(recompute, tmp_path, evidence(sent.facts, POINTS_AND_PACE, stored(stands))) == 1
        assert "facts (digest)" in capsys.readouterr().out

    def test_takes_what_a_trainer_set_by_hand_for_what_it_is(self, recompute, tmp_path, capsys, sent):
        stands = sent.statement(as_of=moment(1, 3), maximum=Decimal("20.00"))
        decision = {"decision": "override", "value": "15.00"}
        by_hand = stored(replace(stands, score=Decimal("15.00")), decision=decision)
        assert self.run(recompute, tmp_path, evidence(sent.facts, POINTS_AND_PACE, by_hand)) == 0
        assert "here 5.00, set by hand\tOK" in capsys.readouterr().out

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "x", "version": 1}', "\0"])
    def test_refuses_what_is_no_evidence(self, recompute, tmp_path, capsys, text):
        file = tmp_path / "other.json"
        file.write_text(text, encoding="utf-8")
        assert recompute.main([str(file)]) == 2
        assert recompute.main([]) == 2
        assert "cannot be read" in capsys.readouterr().err

    def test_refuses_evidence_that_lacks_something(self, recompute, tmp_path, capsys, sent):
        stands = sent.statement(as_of=moment(1, 3), maximum=Decimal("20.00"))
        whole = evidence(sent.facts, POINTS_AND_PACE, stored(stands))
        for missing in ("policies", "columns", "members", "facts_of_everybody"):
            assert self.run(recompute, tmp_path, whole | {missing: []}) in (0, 2), missing
            assert self.run(recompute, tmp_path, {k: v for k, v in whole.items() if k != missing}) == 2
        assert "cannot be read" in capsys.readouterr().err

    def test_uses_nothing_of_the_tool_and_is_short_enough_to_be_read(self):
        text = SCRIPT.read_text(encoding="utf-8")
        assert "lti_tool" not in text
        assert len(text.splitlines()) <= 300
