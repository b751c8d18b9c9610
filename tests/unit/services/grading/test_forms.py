"""What a trainer may type on the grading pages."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from lti_tool.schemas.assessment import ExcuseSchema
from lti_tool.schemas.grading import ColumnDraftSchema, DecisionSchema, SendingSchema
from lti_tool.schemas.marking import SeveralMarksSchema, UndoSchema, acted_from
from lti_tool.services.columns import ColumnDraft

GOOD = {
    "name": " Participation ",
    "maximum": "20",
    "line_item": "new",
    "starts_on": "2026-11-02",
    "weeks": "8",
    "confirmed": "1",
    "seat_token": "1.abc",
}


class TestTheColumnForm:
    def test_it_becomes_a_draft(self):
        draft = ColumnDraftSchema().load(MultiDict(GOOD))
        assert draft == ColumnDraft("Participation", Decimal(20), None, date(2026, 11, 2), 8)

    @pytest.mark.parametrize(("typed", "points"), [("12,5", "12.5"), (" 100 ", "100"), ("0.01", "0.01")])
    def test_points_are_read_as_people_write_them(self, typed, points):
        assert ColumnDraftSchema().load({**GOOD, "maximum": typed}).maximum == Decimal(points)

    def test_a_column_of_the_lms_is_named_by_its_activity(self):
        assert ColumnDraftSchema().load({**GOOD, "line_item": "17"}).adopt == 17

    @pytest.mark.parametrize(
        ("field", "typed", "code"),
        [
            ("name", "   ", "empty"),
            ("name", "x" * 201, "too-long"),
            ("maximum", "", "not-a-number"),
            ("maximum", "twenty", "not-a-number"),
            ("maximum", "NaN", "not-a-number"),
            ("maximum", "1e9", "not-a-number"),
            ("maximum", "-5", "not-a-number"),
            ("maximum", "٢٠", "not-a-number"),
            ("maximum", "0", "out-of-range"),
            ("maximum", "1000.01", "out-of-range"),
            ("maximum", "1.005", "out-of-range"),
            ("line_item", "", "unknown"),
            ("line_item", "-1", "unknown"),
            ("line_item", "9" * 30, "unknown"),
            ("starts_on", "tomorrow", "not-a-date"),
            ("starts_on", "0001-01-01", "out-of-range"),
            ("starts_on", "9999-12-31", "out-of-range"),
            ("weeks", "0", "out-of-range"),
            ("weeks", "105", "out-of-range"),
            ("weeks", "eight", "not-a-number"),
            ("confirmed", "", "confirm"),
        ],
    )
    def test_what_cannot_be_is_named_by_a_code(self, field, typed, code):
        with pytest.raises(ValidationError) as refused:
            ColumnDraftSchema().load({**GOOD, field: typed})
        assert refused.value.messages == {field: [code]}

    def test_an_empty_form_names_every_field(self):
        with pytest.raises(ValidationError) as refused:
            ColumnDraftSchema().load({})
        assert set(refused.value.messages) == {
            "name",
            "maximum",
            "line_item",
            "starts_on",
            "weeks",
            "confirmed",
        }


class TestTheOtherForms:
    def test_members_are_named_by_number(self):
        assert SendingSchema().load({"member": ["3", "5"]}) == [3, 5]

    def test_everyone_is_everyone(self):
        assert SendingSchema().load({"everyone": ["1"]}) is None

    def test_nobody_is_nobody(self):
        assert SendingSchema().load({}) == []

    @pytest.mark.parametrize("member", ["x", "0", "-1", str(10**12)])
    def test_a_number_that_no_member_has_is_refused(self, member):
        with pytest.raises(ValidationError):
            SendingSchema().load({"member": [member]})

    @pytest.mark.parametrize("decision", ["", "delete", "KEEP"])
    def test_there_are_two_decisions(self, decision):
        with pytest.raises(ValidationError):
            DecisionSchema().load({"decision": decision})


class TestFormsOfSeveralValues:
    """A page shows the codes of a field: were they told by value, it would show the number of a value."""

    MARKS = {"pick": ["post:1=", "post:2=1/2"], "mark": ["1/2"]}
    EXCUSE = {"act": ["excuse"], "period": ["1"], "reason": ["Ill"]}

    @pytest.mark.parametrize(
        ("schema", "good", "wrong", "code"),
        [
            (SeveralMarksSchema, MARKS, {"mark": ["x"]}, "unknown"),
            (SeveralMarksSchema, MARKS, {"pick": ["post:1=", "x", "y"]}, "unknown"),
            (SeveralMarksSchema, MARKS, {"reason": ["x" * 1001]}, "too-long"),
            (ExcuseSchema, EXCUSE, {"reason": ["x" * 1001]}, "too-long"),
            (ExcuseSchema, EXCUSE, {"period": ["1", "x", "0"]}, "unknown"),
        ],
    )
    def test_say_what_is_wrong_by_field(self, schema, good, wrong, code):
        schema().load(good)
        with pytest.raises(ValidationError) as refused:
            schema().load(good | wrong)
        assert refused.value.messages == dict.fromkeys(wrong, [code])


class TestTheMomentOfAnAct:
    def test_is_read_as_it_was_written(self):
        assert UndoSchema().load({"at": "2026-11-02T12:00:00+02:00"})["at"] == datetime(
            2026, 11, 2, 10, tzinfo=UTC
        )

    @pytest.mark.parametrize(
        "at", ["", "x", "2026-11-02T10:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
    )
    def test_that_cannot_be_is_none(self, at):
        with pytest.raises(ValidationError) as refused:
            UndoSchema().load({"at": at})
        assert refused.value.messages == {"at": ["unknown"]}
        assert acted_from(MultiDict({"acted": at})) is None
