"""What a trainer may type on the grading pages."""

from datetime import date
from decimal import Decimal

import pytest
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from lti_tool.schemas.grading import ColumnDraftSchema, DecisionSchema, SendingSchema
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
