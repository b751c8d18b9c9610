"""Where a page of a list ends, and the next one begins: the moment and the number of a row."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Tuple, literal, true, tuple_

from lti_tool.extensions import UTCDateTime

LARGEST_ID = 2**31


def cursor(at: datetime, number: int) -> str:
    """Write the place after a row."""
    return f"{at.timestamp():.6f}-{number}"


def place(written: str | None) -> tuple[datetime, int] | None:
    """Read a cursor; one that was tampered with is None: such a list begins at the newest."""
    moment, _, number = (written or "").rpartition("-")
    try:
        found = datetime.fromtimestamp(float(moment), UTC), int(number)
    except (ValueError, OverflowError, OSError):
        return None
    return found if 0 < found[1] < LARGEST_ID else None


def older(written: str | None, at: ColumnElement, number: ColumnElement) -> ColumnElement[bool]:
    """Select what follows a cursor in a list that begins with the newest; without one, everything.

    :param at: the column of the moment. :param number: the column that tells rows of one moment apart.
    """
    found = place(written)
    return true() if found is None else tuple_(at, number) < _row(found)


def newer(written: str | None, at: ColumnElement, number: ColumnElement) -> ColumnElement[bool]:
    """Select what follows a cursor in a list that begins with the oldest; without one, everything."""
    found = place(written)
    return true() if found is None else tuple_(at, number) > _row(found)


def _row(found: tuple[datetime, int]) -> Tuple:
    return tuple_(literal(found[0], UTCDateTime), found[1])
