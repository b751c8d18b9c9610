"""Exact numbers: reading, rounding and writing fractions without ever passing through a float."""

import re
from decimal import Decimal
from fractions import Fraction

# Exponents are refused on purpose: Fraction("1e999999999") would build a number of a billion digits.
_WRITTEN_NUMBER = re.compile(r"-?[0-9]{1,400}(?:/[0-9]{1,400}|\.[0-9]{1,400})?", re.ASCII)


def exact(value: object) -> Fraction:
    """Return ``value`` (int, Fraction, Decimal, or text such as ``5/4`` or ``1.25``) as a Fraction.

    Raises ValueError for anything else, floats and booleans included: a float is already rounded.
    """
    if isinstance(value, str):
        if not _WRITTEN_NUMBER.fullmatch(value) or re.search(r"/0+$", value):
            raise ValueError(f"not an exact number: {value[:40]!r}")
        return Fraction(value)
    if isinstance(value, bool) or not isinstance(value, int | Fraction | Decimal):
        raise ValueError(f"not an exact number: {type(value).__name__}")
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError("not a finite number")
    return Fraction(value)


def round_half_up(value: Fraction, places: int = 2) -> Decimal:
    """Round to ``places`` decimals, halves upwards: 9.625 gives 9.63, where a binary float gives 9.62."""
    units = (2 * 10**places * value.numerator + value.denominator) // (2 * value.denominator)
    return Decimal(units).scaleb(-places)


def short_text(value: Fraction) -> str:
    """Write a number for a sentence: at most two decimals, no trailing zeros, a point (``12.5``, ``8``)."""
    return f"{round_half_up(value):f}".rstrip("0").rstrip(".")
