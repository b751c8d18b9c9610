"""Tables for spreadsheets, in which no text of anybody can become a formula.

CSV has no types: a program that opens it takes text that begins with a sign of a formula for one, and so
does one that splits at another separator than ours. An apostrophe before the sign makes it text again.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

Cell = str | int | Decimal | datetime | None

BYTE_ORDER_MARK = "\ufeff"  # spreadsheets read UTF-8 as UTF-8 when it stands first
# At the beginning, and after anything at which some program may split a line: the full-width signs, too.
_FORMULA = re.compile('(^|[,;\t\r\n"|])([ \u00a0]*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r])')
LONGEST_CELL = 32_000
WIDEST_COLUMN, NARROWEST_COLUMN = 40, 10


@dataclass(frozen=True)
class Dialect:
    """How spreadsheets of a language write: what stands between cells, and before decimals."""

    separator: str
    decimal_sign: str


# What spreadsheet programs expect of CSV on a machine of that language.
DIALECTS = {"en": Dialect(",", "."), "fr": Dialect(";", ",")}


def csv_pieces(rows: Iterable[Sequence[Cell]], language: str) -> Iterator[str]:
    """Write rows, the headings first, as CSV for spreadsheets of this language, a row at a time."""
    dialect = DIALECTS.get(language, DIALECTS["en"])
    yield BYTE_ORDER_MARK
    for row in rows:
        line = io.StringIO()
        csv.writer(line, delimiter=dialect.separator).writerow([_written(cell, dialect) for cell in row])
        yield line.getvalue()


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return _FORMULA.sub(r"\1'\2", text)


def _written(cell: Cell, dialect: Dialect) -> str | int:
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", dialect.decimal_sign)
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return harmless(cell) if isinstance(cell, str) else "" if cell is None else cell


def write_workbook(rows: Iterable[Sequence[Cell]], title: str, file: BinaryIO) -> None:
    """Write rows, the headings first, as a workbook with one sheet; texts are stored as texts."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    for number, row in enumerate(rows):
        if number == 0:
            for place, heading in enumerate(row, 1):
                width = min(max(len(str(heading)) + 2, NARROWEST_COLUMN), WIDEST_COLUMN)
                sheet.column_dimensions[_letters(place)].width = width
        sheet.append([_typed(sheet, cell, bold=number == 0) for cell in row])
    book.save(file)


def _typed(sheet: object, cell: Cell, *, bold: bool) -> WriteOnlyCell:
    if not isinstance(cell, str):
        return WriteOnlyCell(sheet, cell)
    made = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", cell)[:LONGEST_CELL])
    made.data_type = "s"  # what begins with "=" would be stored as a formula
    if bold:
        made.font = Font(bold=True)
    return made


def _letters(place: int) -> str:
    return chr(ord("A") + place - 1)
