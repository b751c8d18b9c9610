"""What people type into the forms of the LMS."""

import math


def typed_number(text: str) -> tuple[float | None, bool]:
    """A number as people type it (comma or point), None for nothing; and whether it could be read."""
    text = text.strip().replace(",", ".")
    if not text:
        return None, True
    try:
        number = float(text)
    except ValueError:
        return None, False
    return number, math.isfinite(number) and number >= 0
