"""What the release before computed under *Points and pace* is computed to the letter, and stays readable.

``tests/data/points-and-pace.json`` was written by that release. It is never changed.
"""

import gzip
import json
import re
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from lti_tool.grading.facts import Act, Kind
from lti_tool.grading.policy import POINTS_AND_PACE, Policy
from lti_tool.grading.score import Reason, Statement
from tests.unit.grading.builders import COURSE_OVER, Learner, moment
from tests.unit.grading.test_vectors import amina, bruno, chloe

TESTS = Path(__file__).resolve().parents[2]
GOLDEN = json.loads((TESTS / "data" / "points-and-pace.json").read_text(encoding="utf-8"))
KEPT_ROWS = gzip.decompress((TESTS / "schemas" / "issue-2" / "sqlite.sql.gz").read_bytes()).decode()
MOMENTS = {"over": COURSE_OVER, "running": moment(3, 2, 12), "not begun": moment(1) - timedelta(days=9)}


def of_every_reason() -> Learner:
    """Whoever meets every rule of that release once."""
    learner = Learner()
    learner.write(Kind.QUESTION, moment(1) - timedelta(days=2), title="Too early")
    learner.write(Kind.QUESTION, moment(1, 0), words=19)
    learner.write(Kind.ANSWER, moment(1, 0), copied=Fraction(17, 20), helped=5)
    learner.write(Kind.ANSWER, moment(1, 0), answers_self=True)
    learner.act(Act.DELETED, learner.write(Kind.RESOURCE, moment(1, 1)), moment(2, 1))
    learner.rated(Kind.ANSWER, moment(1, 1), Fraction(0), helped=6)
    learner.rated(Kind.ANSWER, moment(1, 1), Fraction(5, 4), helped=6)
    learner.write(Kind.EXPERIENCE, moment(1, 2), lateness=Fraction(1, 3), title="Après l’échéance")
    for day in range(3):
        learner.write(Kind.QUESTION, moment(2, day))
    for hour in range(5):
        learner.write(Kind.ANSWER, moment(2, 3, 8 + hour), helped=hour)
        learner.write(Kind.RECOGNITION, moment(2, 4, 8 + hour), words=None)
    learner.write(Kind.EXPERIENCE, moment(2, 6), words=80)
    for hour in range(4):
        learner.write(Kind.ANSWER, moment(4, 0, 8 + hour))
    learner.write(Kind.RESOURCE, moment(4, 0, 20))
    return learner


LEARNERS = {"amina": amina, "bruno": bruno, "chloe": chloe, "of every reason": of_every_reason}


def told(name: str, when: str) -> dict:
    return LEARNERS[name]().statement(as_of=MOMENTS[when], maximum=Decimal(20)).as_record()


def kept_statements() -> list[dict]:
    """The records of frozen statements in the database that issue 2 left."""
    rows = re.findall(r'INSERT INTO "score_statement" VALUES\(.*', KEPT_ROWS)
    return [json.loads(re.search(r"'(\{.*\})'", row)[1].replace("''", "'")) for row in rows]


class TestPointsAndPace:
    @pytest.mark.parametrize("when", MOMENTS)
    @pytest.mark.parametrize("name", LEARNERS)
    def test_says_what_it_said(self, name, when):
        assert json.loads(json.dumps(told(name, when))) == GOLDEN["statements"][f"{name}, {when}"]

    def test_says_it_of_every_reason_of_that_release(self):
        lines = GOLDEN["statements"]["of every reason, over"]["lines"]
        assert {line["reason"] for line in lines} == set(GOLDEN["reasons"]) - {Reason.NOT_IN_POLICY}

    def test_is_written_as_it_was(self):
        assert json.dumps(POINTS_AND_PACE.as_settings()) == json.dumps(GOLDEN["settings"])
        assert Policy.from_settings(GOLDEN["settings"]) == POINTS_AND_PACE


class TestWhatIssue2Left:
    def test_are_statements_that_are_read_and_written_back_as_they_were(self):
        records = kept_statements()
        assert len(records) > 1
        assert [Statement.from_record(record).as_record() for record in records] == records

    def test_are_rules_that_are_read(self):
        [settings] = re.findall(r"'(\{\"version\".*?\})'", KEPT_ROWS.split('INTO "grading_policy"')[1])
        assert Policy.from_settings(json.loads(settings)) == POINTS_AND_PACE
