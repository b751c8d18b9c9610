"""Tables for spreadsheets: no text of anybody becomes a formula, numbers stay numbers."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from lti_tool.services.evidence_tables import BYTE_ORDER_MARK, csv_pieces, harmless, write_workbook

SIGNS = "=+-@\t\r＝＋－＠"
HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1+1", "＝1+1", "\n=1", '"=1']


def read_back(text: str, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline=""), delimiter=separator))


def cells_of_workbook(rows) -> list[list]:
    file = io.BytesIO()
    write_workbook(rows, "Scores: [2026]", file)
    book = load_workbook(file)
    return [list(row) for row in book.worksheets[0].iter_rows()]


class TestCsv:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_text_that_looks_like_a_formula_gets_an_apostrophe(self, text):
        assert harmless(text).lstrip('"\n').startswith("'")
        assert harmless(text).replace("'", "") == text

    @given(st.text() | st.text(alphabet='=+-@\t\r\n;,"| a'))
    def test_no_program_finds_a_formula_whatever_separator_it_splits_at(self, text):
        line = "".join(csv_pieces([[1, text]], "en"))
        for separator in (",", ";", "\t", "|"):
            for row in read_back(line, separator):
                assert not any(cell.lstrip(" \u00a0").startswith(tuple("=+-@＝＋－＠")) for cell in row)
        assert not harmless(text).startswith(tuple(SIGNS))

    def test_numbers_stay_numbers_and_moments_are_read_as_such(self):
        row = [12, Decimal("-3.50"), datetime(2026, 11, 28, 9, 5, tzinfo=UTC), None, "Inès"]
        english, french = ("".join(csv_pieces([row], language)) for language in ("en", "fr"))
        assert read_back(english, ",") == [["12", "-3.50", "2026-11-28 09:05", "", "Inès"]]
        assert read_back(french, ";") == [["12", "-3,50", "2026-11-28 09:05", "", "Inès"]]
        assert english.startswith(BYTE_ORDER_MARK)

    def test_an_ordinary_text_is_left_as_it_is(self):
        for text in ("Inès Martin", "est-ce que", "a = b", "12 + 3", "me@example.org", "«; »"):
            assert harmless(text) == text


class TestWorkbook:
    @pytest.mark.parametrize("text", HOSTILE[:4])
    def test_keeps_text_as_text(self, text):
        cell = cells_of_workbook([["Name"], [text]])[1][0]
        assert (cell.data_type, cell.value) == ("s", text)

    def test_keeps_numbers_as_numbers_and_drops_what_no_cell_can_hold(self):
        cells = cells_of_workbook([["a", "b", "c"], [12, Decimal("3.50"), "a\x00b"]])[1]
        assert [cell.value for cell in cells] == [12, 3.5, "ab"]
        assert cells[0].data_type == "n"
