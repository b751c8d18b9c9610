"""Reading a file of marks: however it was written, and whatever it is."""

import io
import zipfile
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from lti_tool.grading.rubric import LEVELS
from lti_tool.services import mark_tables
from lti_tool.services.mark_tables import MarksUnreadable, name_key, read_marks

CRITERIA = b"Learner number;Relevance;Substance;Care for others;Progress;Assessment\n"
USUAL = "Learner number;Learner;Assessment (0 to 100)\r\n12;Inès Martin;85,5\r\n13;Hugo;\r\n"
READ = [(12, "Inès Martin", Fraction(855, 1000), None), (13, "Hugo", None, "empty")]


def told(content: bytes) -> list[tuple]:
    return [(mark.number, mark.name, mark.share, mark.problem) for mark in read_marks(content).lines]


def refusal(content: bytes) -> str:
    with pytest.raises(MarksUnreadable) as refused:
        read_marks(content)
    return refused.value.code


def workbook(*rows, number_format: str | None = None) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if number_format:
        book.active.cell(2, 2).number_format = number_format
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_part(content: bytes, name: str, data: bytes) -> bytes:
    """The same archive with one part replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part.filename, old.read(part.filename))
        new.writestr(name, data)
    return file.getvalue()


# Made once: it holds the moment of its making.
WHOLE = workbook(["number", "mark"], [12, 50])


class TestText:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    @pytest.mark.parametrize("separator", [";", "\t"])
    def test_is_read_in_the_encodings_and_separators_of_spreadsheets(self, encoding, separator):
        assert told(USUAL.replace(";", separator).encode(encoding)) == READ

    def test_is_read_with_commas_between_and_points_in_numbers(self):
        assert told(USUAL.replace(",", ".").replace(";", ",").encode()) == READ

    def test_may_say_its_separator(self):
        assert told(b"sep=;\r\n" + USUAL.encode()) == READ

    def test_needs_no_headings_when_it_has_a_number_and_a_mark(self):
        assert told(b"12,85\n13,90\n") == [
            (12, "", Fraction(17, 20), None),
            (13, "", Fraction(9, 10), None),
        ]

    def test_is_read_in_french_with_the_scores_left_aside(self):
        content = "Numéro;Apprenant;Score;Appréciation (0 à 100)\n12;Inès;5;70 %\n"
        assert told(content.encode()) == [(12, "Inès", Fraction(7, 10), None)]

    @pytest.mark.parametrize(
        ("mark", "problem"),
        [
            ("100,1", "out-of-range"),
            ("-1", "out-of-range"),
            ("1000", "out-of-range"),
            ("1e2", "not-a-number"),
            ("nan", "not-a-number"),
            ("Very good", "not-a-number"),
            ("٩", "not-a-number"),
            ("", "empty"),
        ],
    )
    def test_says_what_is_wrong_with_a_mark(self, mark, problem):
        assert told(f"number;mark\n12;{mark}\n".encode()) == [(12, "", None, problem)]

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "empty-file"),
            (b"\n \n;;\n", "empty-file"),
            (b"first,second\n1,2\n", "no-columns"),
            (b"number\n12\n", "no-columns"),
            (b"\0" * 50, "no-columns"),
            (b"number;mark\n" + b"1;2\n" * (mark_tables.MOST_LINES + 1), "too-many-lines"),
            (b"x" * (mark_tables.LARGEST_FILE + 1), "file-too-large"),
            (b'number;mark\n12;"' + b"x" * 200_000, "not-a-table"),
        ],
    )
    def test_is_refused_when_it_is_no_table_of_marks(self, content, code):
        assert refusal(content) == code


class TestCriteria:
    @pytest.mark.parametrize(
        "headings",
        [
            "Relevance;Substance;Care for others;Progress",
            "Pertinence (0 à 4);Substance (0 à 4);Attention aux autres (0 à 4);PROGRESSION",
        ],
    )
    def test_are_read_by_their_names_in_both_languages(self, headings):
        content = f"Number;{headings}\n12;4;3,0;0;1.0\n13;;2;;\n14;;;;\n"
        lines = read_marks(content.encode()).lines
        assert [dict(one.levels) for one in lines] == [
            {"relevance": 4, "substance": 3, "care": 0, "progress": 1},
            {"substance": 2},
            {},
        ]
        assert [one.problem for one in lines] == [None, None, "empty"]

    @pytest.mark.parametrize(
        ("typed", "problem"),
        [
            ("5", "level-out-of-range"),
            ("-1", "level-out-of-range"),
            ("2,5", "level-not-whole"),
            ("3.01", "level-not-whole"),
            ("strong", "level-not-a-number"),
            ("٣", "level-not-a-number"),
            ("3 %", "level-not-a-number"),
            ("=1+1", "level-not-a-number"),
        ],
    )
    def test_say_cell_by_cell_what_is_wrong(self, typed, problem):
        content = f"number;care for others;progress;mark\n12;{typed};3;\n13;{typed};4;101\n"
        first, second = read_marks(content.encode()).lines
        assert [(one.column, one.typed, one.problem) for one in first.wrong] == [("care", typed, problem)]
        assert (first.problem, dict(first.levels)) == (problem, {})
        assert [(one.column, one.problem) for one in second.wrong] == [
            ("mark", "out-of-range"),
            ("care", problem),
        ]

    def test_that_stand_there_twice_are_read_of_neither(self):
        content = b"number;progress;progression;mark;grade\n12;3;3;;\n13;;;80;70\n14;;;80;\n15;;;;\n"
        lines = read_marks(content).lines
        assert [[(cell.column, cell.problem) for cell in one.wrong] for one in lines] == [
            [("progress", "twice")],
            [("mark", "twice")],
            [("mark", "twice")],
            [],
        ]

    def test_are_read_and_other_columns_are_named(self):
        table = read_marks(b"number;Progress;Effort;;Score\n12;3;4;;5\n")
        assert table.unread == ("Effort", "Score")
        assert dict(table.lines[0].levels) == {"progress": 3}


class TestWorkbook:
    def test_is_read_with_numbers_and_texts(self):
        rows = [
            ["Learner number", "Assessment"],
            [12, 85.5],
            [13.0, "70"],
            [14, date(2026, 1, 1)],
            [15, True],
        ]
        assert [one[2:] for one in told(workbook(*rows))] == [
            (Fraction(171, 200), None),
            (Fraction(7, 10), None),
            (None, "not-a-number"),
            (None, "not-a-number"),
        ]
        assert told(workbook(*rows))[1][0] == 13

    def test_a_share_shown_in_per_cent_is_read_as_it_is_shown(self):
        content = workbook(["number", "mark"], [12, 0.855], number_format="0.0%")
        assert told(content) == [(12, "", Fraction(171, 200), None)]

    def test_that_would_unpack_to_too_much_is_refused(self):
        large = b" " * (mark_tables.LARGEST_UNPACKED + 1)
        assert refusal(with_part(workbook(["number", "mark"]), "xl/media/x.png", large)) == "file-too-large"

    def test_with_entities_is_refused_before_they_are_read(self):
        laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 9))
        sheet = b'<!DOCTYPE x [<!ENTITY l0 "ha">' + laughs + b"]><worksheet>&l8;</worksheet>"
        content = with_part(workbook(["number", "mark"], [1, 2]), "xl/worksheets/sheet1.xml", sheet)
        assert refusal(content) == "not-a-table"
        assert refusal(with_part(workbook(["number", "mark"]), "xl/other.bin", sheet)) == "not-a-table"

    def test_whose_last_cell_is_far_away_is_read_soon(self):
        book = Workbook()
        book.active.append(["number", "mark"])
        book.active.append([12, 50])
        book.active["XFD1048576"] = 1
        file = io.BytesIO()
        book.save(file)
        assert told(file.getvalue()) == [(12, "", Fraction(1, 2), None)]

    def test_that_is_torn_is_refused(self):
        content = workbook(["number", "mark"], [12, 50])
        for length in (4, 100, len(content) // 2, len(content) - 10):
            assert refusal(content[:length]) == "not-a-table"


class TestAnything:
    @settings(deadline=None, max_examples=200)
    @given(
        st.binary(max_size=400)
        | st.text(alphabet='12;,\t"\n\r\0é%=', max_size=80).map(lambda text: text.encode("utf-16"))
        | st.text(alphabet='12;,\t"\n\r\0é%=', max_size=80).map(lambda text: b"number;mark\n" + text.encode())
        | st.text(alphabet="12345;,.\n-", max_size=80).map(lambda text: CRITERIA + text.encode())
    )
    def test_is_read_or_refused(self, content):
        self.read_or_refuse(content)

    @settings(deadline=None, max_examples=80)
    @given(st.data())
    def test_a_damaged_workbook_is_read_or_refused(self, data):
        content = bytearray(WHOLE)
        for _ in range(data.draw(st.integers(1, 6))):
            content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
        self.read_or_refuse(bytes(content))

    def read_or_refuse(self, content: bytes):
        try:
            marks = read_marks(content).lines
        except MarksUnreadable:
            return
        for mark in marks:
            assert (mark.share is None and not mark.levels) == (mark.problem is not None)
            assert not mark.wrong or mark.problem == mark.wrong[0].problem
            assert set(mark.levels.values()) <= set(LEVELS)
        assert all(mark.share is None or 0 <= mark.share <= 1 for mark in marks)


class TestNames:
    def test_are_the_same_however_they_are_typed(self):
        assert name_key("Inès  MARTIN ") == name_key("'ines martin")
        assert name_key("Jeanne d’Arc") == name_key("Jeanne d'Arc")
