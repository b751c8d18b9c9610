import json
from decimal import Decimal
from fractions import Fraction

import pytest

from lti_tool.grading.facts import Kind
from lti_tool.grading.score import RecordUnreadable, Statement
from tests.unit.grading.builders import Learner, moment


@pytest.fixture
def record() -> dict:
    learner = Learner()
    learner.write(Kind.QUESTION, moment(1), title="Où commencer ?")
    learner.write(Kind.EXPERIENCE, moment(1), lateness=Fraction(1, 3))
    return learner.statement(as_of=moment(2)).as_record()


class TestAFrozenStatement:
    def test_holds_no_number_that_json_could_round(self, record):
        kinds = set()

        def visit(value: object) -> None:
            kinds.add(type(value))
            for inner in (
                value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            ):
                visit(inner)

        visit(record)
        assert kinds == {dict, list, str, int, bool}

    def test_shows_what_it_showed(self, record):
        thawed = Statement.from_record(json.loads(json.dumps(record)))
        assert [(line.title, line.points) for line in thawed.lines] == [
            ("Où commencer ?", Decimal("10.00")),
            ("", Decimal("6.67")),
        ]
        assert thawed.open_period.number == 2


class TestARecordThatIsNoStatement:
    @pytest.mark.parametrize("record", [{}, {"format": 2}, {"format": 1}, [], None, "text"])
    def test_is_refused(self, record):
        with pytest.raises(RecordUnreadable):
            Statement.from_record(record)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("score", "much"),
            ("share", "1e99999999"),
            ("share", 0.5),
            ("lines", [{}]),
            ("lines", 3),
            ("periods", [{"number": 1}]),
            ("parts", {"charm": "1"}),
            ("as_of", "yesterday"),
            ("surplus", 1),
        ],
    )
    def test_is_refused_for_one_wrong_field(self, record, name, value):
        with pytest.raises(RecordUnreadable):
            Statement.from_record({**record, name: value})
