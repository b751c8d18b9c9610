"""Reading a table of marks that somebody uploads: CSV as spreadsheets write it, or a workbook.

Nothing in a file is trusted: not its name, its size once unpacked, its encoding or its separators.
"""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from xml.parsers import expat

from openpyxl import load_workbook

from lti_tool.knowledge.folding import folded

LARGEST_FILE = 1_000_000
LARGEST_UNPACKED = 20_000_000
MOST_PARTS = 200
MOST_LINES = 20_000
MOST_COLUMNS = 60
LONGEST_SHOWN = 80

_ZIP = b"PK\x03\x04"
_SEPARATORS = ";,\t"
# Headings as our exports and people write them, in small letters without accents.
_NUMBER = frozenset({"number", "learner number", "no", "no.", "n°", "numero", "numero d'apprenant"})
_NAME = frozenset({"name", "learner", "nom", "apprenant", "apprenante", "nom affiche"})
_ASSESSMENT = frozenset({"assessment", "rubric", "appreciation", "evaluation"})
_MARK = frozenset({"mark", "grade", "note", "percent", "pourcentage", "%"})

_LEARNER_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?", re.ASCII)
_ANY_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)


class MarksUnreadable(Exception):
    """The file is no table of marks; `code` says what is wrong with it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class MarkLine:
    """One line of the file: whom it names, by number or by name, and the mark.

    `share` (0..1) is None when there is none that counts: `problem` then says why (empty, not-a-number,
    out-of-range). `typed` is the mark as it stands in the file, trimmed for showing.
    """

    line: int
    number: int | None
    name: str
    typed: str
    share: Fraction | None = None
    problem: str | None = None


def read_marks(content: bytes) -> list[MarkLine]:
    """Read a file of marks out of 100, one line a learner; empty lines are left out.

    :raises MarksUnreadable: empty-file, file-too-large, not-a-table, too-many-lines, no-columns.
    """
    if len(content) > LARGEST_FILE:
        raise MarksUnreadable("file-too-large")
    rows = _rows_of_workbook(content) if content.startswith(_ZIP) else _rows_of_text(content)
    filled = [(line, row) for line, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if not filled:
        raise MarksUnreadable("empty-file")
    if len(filled) > MOST_LINES + 1:
        raise MarksUnreadable("too-many-lines")
    columns, headed = _columns(filled[0][1])
    return [_mark_line(line, row, columns) for line, row in filled[headed:]]


def _mark_line(line: int, row: Sequence[str], columns: "_Columns") -> MarkLine:
    number = _cell(row, columns.number)
    typed = _cell(row, columns.mark)
    share, problem = share_of(typed)
    return MarkLine(
        line=line,
        number=int(number) if _LEARNER_NUMBER.fullmatch(number) else None,
        name=_cell(row, columns.name)[:LONGEST_SHOWN],
        typed=typed[:LONGEST_SHOWN],
        share=share,
        problem=problem,
    )


def share_of(typed: str) -> tuple[Fraction | None, str | None]:
    """Read a mark of 100 ("85", "85,5", "85 %") as a share (0..1), or say what is wrong with it."""
    text = typed.removesuffix("%").strip().replace(",", ".")
    if not text:
        return None, "empty"
    if _PERCENT.fullmatch(text) and Fraction(text) <= 100:
        return Fraction(text) / 100, None
    return None, "out-of-range" if _ANY_NUMBER.fullmatch(text) else "not-a-number"


def name_key(name: str) -> str:
    """Return what two ways of writing a name have in common, the apostrophe of an export left out."""
    return folded(" ".join(name.replace("'", "").replace("’", "").split()))


@dataclass(frozen=True)
class _Columns:
    """Where in a row what is wanted stands."""

    number: int | None
    name: int | None
    mark: int


def _columns(first: Sequence[str]) -> tuple[_Columns, int]:
    """Find the columns by their headings, else take number and mark; with 1 when there are headings."""
    headings = [_heading(cell) for cell in first]
    number, name = _first_of(headings, _NUMBER), _first_of(headings, _NAME)
    mark = _first_of(headings, _ASSESSMENT)
    mark = _first_of(headings, _MARK) if mark is None else mark
    if mark is not None and (number is not None or name is not None):
        return _Columns(number, name, mark), 1
    if _LEARNER_NUMBER.fullmatch(_cell(first, 0)) and share_of(_cell(first, 1))[0] is not None:
        return _Columns(0, None, 1), 0
    raise MarksUnreadable("no-columns")


def _heading(cell: str) -> str:
    return " ".join(folded(re.sub(r"\([^)]*\)", "", cell).replace("’", "'")).split()).strip("'")


def _first_of(headings: Sequence[str], wanted: frozenset[str]) -> int | None:
    return next((place for place, heading in enumerate(headings) if heading in wanted), None)


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip().strip("\0") if place is not None and place < len(row) else ""


def _rows_of_text(content: bytes) -> list[list[str]]:
    text = _decoded(content)
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r"sep=(.)\s*", first)  # what spreadsheets write to say it
    separator = told[1] if told else max(_SEPARATORS, key=first.count)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(rest if told else text, newline=""), delimiter=separator):
            rows.append(row[:MOST_COLUMNS])
            if len(rows) > 2 * MOST_LINES:
                raise MarksUnreadable("too-many-lines")
    except (csv.Error, TypeError, ValueError) as problem:
        raise MarksUnreadable("not-a-table") from problem
    return rows


def _decoded(content: bytes) -> str:
    """Read the encodings that spreadsheets write: UTF-8, UTF-16 with its mark, else Windows' western one."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _rows_of_workbook(content: bytes) -> list[list[str]]:
    """Read the first sheet. Whatever goes wrong in the library, the file was the reason."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_bombs(archive)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        cells = sheet.iter_rows(max_row=MOST_LINES + 100, max_col=MOST_COLUMNS)
        return [[_as_text(cell) for cell in row] for row in cells]
    except MarksUnreadable:
        raise
    except Exception as problem:
        raise MarksUnreadable("not-a-table") from problem


def _refuse_bombs(archive: zipfile.ZipFile) -> None:
    """Refuse what would grow beyond measure: packed tightly, or written as XML entities.

    zipfile never unpacks more of a part than its entry says.
    """
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise MarksUnreadable("file-too-large")
    for part in parts:
        with archive.open(part) as file:
            _refuse_document_type(file.read())


def _refuse_document_type(content: bytes) -> None:
    """Whatever a part is called: only a document type can make XML grow, and it stands at its beginning."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    with suppress(expat.ExpatError):  # a picture
        parser.Parse(content, True)


def _refuse(*_declared: object) -> None:
    raise MarksUnreadable("not-a-table")


def _as_text(cell: object) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)[:1000]
    number = Decimal(repr(value))
    if "%" in (getattr(cell, "number_format", "") or ""):  # 0.85, shown as 85 %
        number = number * 100
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
