"""Reading a table of marks that somebody uploads: CSV as spreadsheets write it, or a workbook.

Nothing in a file is trusted: not its name, its size once unpacked, its encoding or its separators.
"""

import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from xml.parsers import expat

from openpyxl import load_workbook

from lti_tool.grading.rubric import HIGHEST_LEVEL
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

# The criteria of the rubric, in both languages.
_CRITERIA = {
    "relevance": frozenset({"relevance", "pertinence"}),
    "substance": frozenset({"substance"}),
    "care": frozenset({"care for others", "attention aux autres"}),
    "progress": frozenset({"progress", "progression"}),
}
# The column of the whole assessment; the others are called by their criterion's key.
MARK = "mark"

_LEARNER_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?", re.ASCII)
_WHOLE = re.compile(r"([0-9]{1,3})(\.0{1,6})?", re.ASCII)
_ANY_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)


class MarksUnreadable(Exception):
    """The file is no table of marks; `code` says what is wrong with it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class WrongCell:
    """A cell that cannot be taken: its column (MARK or a criterion), what stands there, and why not.

    `problem`: not-a-number, out-of-range (a mark); level-not-a-number, level-not-whole, level-out-of-range;
    twice (the column stands there several times).
    """

    column: str
    typed: str
    problem: str


@dataclass(frozen=True)
class MarkLine:
    """One line of the file: whom it names, by number or by name, and what was given.

    `share` (0..1) is the whole mark, `levels` those by criterion; a line may have either or both. `problem`
    says why neither counts: empty, or that of the first cell of `wrong`. `typed` is the mark as it stands in
    the file, trimmed for showing.
    """

    line: int
    number: int | None
    name: str
    typed: str
    share: Fraction | None = None
    problem: str | None = None
    levels: Mapping[str, int] = field(default_factory=dict)
    wrong: tuple[WrongCell, ...] = ()


@dataclass(frozen=True)
class MarkTable:
    """The lines of a file, and the headings of the columns that nothing was read from."""

    lines: list[MarkLine]
    unread: tuple[str, ...]


def read_marks(content: bytes) -> MarkTable:
    """Read a file of marks, one line a learner: out of 100, or levels by criterion; empty lines are left out.

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
    unread = _unread(filled[0][1], columns) if headed else ()
    return MarkTable([_mark_line(line, row, columns) for line, row in filled[headed:]], unread)


def _mark_line(line: int, row: Sequence[str], columns: "_Columns") -> MarkLine:
    number = _cell(row, columns.number)
    given = {name: _typed(row, places) for name, places in columns.judged.items()}
    share, levels, wrong = _judgement(given, columns)
    typed = next((text for text in given.values() if text), "")
    problem = wrong[0].problem if wrong else "empty" if share is None and not levels else None
    return MarkLine(
        line=line,
        number=int(number) if _LEARNER_NUMBER.fullmatch(number) else None,
        name=_cell(row, columns.name)[:LONGEST_SHOWN],
        typed=typed[:LONGEST_SHOWN],
        share=None if wrong else share,
        problem=problem,
        levels={} if wrong else levels,
        wrong=tuple(wrong),
    )


def _typed(row: Sequence[str], places: Sequence[int]) -> str:
    return " / ".join(text for place in places if (text := _cell(row, place)))


def _judgement(
    given: Mapping[str, str], columns: "_Columns"
) -> tuple[Fraction | None, dict[str, int], list[WrongCell]]:
    """Read the filled cells of a line by column: the whole mark, the levels, and what is wrong."""
    share, levels, wrong = None, {}, []
    for name, typed in given.items():
        if not typed:
            continue
        value, problem = share_of(typed) if name == MARK else level_of(typed)
        if len(columns.judged[name]) > 1:
            problem = "twice"
        if problem is not None:
            wrong.append(WrongCell(name, typed[:LONGEST_SHOWN], problem))
        elif name == MARK:
            share = value
        else:
            levels[name] = value
    return share, levels, wrong


def level_of(typed: str) -> tuple[int | None, str | None]:
    """Read a level of a criterion ("3", "3,0"), or say what is wrong with it."""
    text = typed.replace(",", ".")
    whole = _WHOLE.fullmatch(text)
    if whole is not None and int(whole[1]) <= HIGHEST_LEVEL:
        return int(whole[1]), None
    if _ANY_NUMBER.fullmatch(text) is None:
        return None, "level-not-a-number"
    inside = 0 <= Fraction(text) <= HIGHEST_LEVEL
    return None, "level-not-whole" if inside else "level-out-of-range"


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
    """Where in a row what is wanted stands; `judged` has the places of MARK and of criteria."""

    number: int | None
    name: int | None
    judged: Mapping[str, Sequence[int]]


def _columns(first: Sequence[str]) -> tuple[_Columns, int]:
    """Find the columns by their headings, else take number and mark; with 1 when there are headings."""
    headings = [_heading(cell) for cell in first]
    number, name = (next(iter(_places(headings, wanted)), None) for wanted in (_NUMBER, _NAME))
    judged = {MARK: _places(headings, _ASSESSMENT) or _places(headings, _MARK)}
    judged |= {key: _places(headings, called) for key, called in _CRITERIA.items()}
    judged = {key: places for key, places in judged.items() if places}
    if judged and (number is not None or name is not None):
        return _Columns(number, name, judged), 1
    if _LEARNER_NUMBER.fullmatch(_cell(first, 0)) and share_of(_cell(first, 1))[0] is not None:
        return _Columns(0, None, {MARK: [1]}), 0
    raise MarksUnreadable("no-columns")


def _unread(first: Sequence[str], columns: _Columns) -> tuple[str, ...]:
    read = {columns.number, columns.name, *(place for places in columns.judged.values() for place in places)}
    unread = (_cell(first, place) for place in range(len(first)) if place not in read)
    return tuple(heading[:LONGEST_SHOWN] for heading in unread if heading)


def _places(headings: Sequence[str], wanted: frozenset[str]) -> list[int]:
    return [place for place, heading in enumerate(headings) if heading in wanted]


def _heading(cell: str) -> str:
    return " ".join(folded(re.sub(r"\([^)]*\)", "", cell).replace("’", "'")).split()).strip("'")


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
