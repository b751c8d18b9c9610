"""Where a page of a list that begins with the newest ends, and the next one begins: moment and number."""

from datetime import UTC, datetime

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
