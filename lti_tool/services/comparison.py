"""The rules of a delivery without a database: what counts as ours, which stamp may go, what is put back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from lti_tool.grading.exact import round_half_up

# Half of the last decimal that we send: what an LMS does to a value by rounding or scaling stays below it.
TOLERANCE = Fraction(5, 1000)
ONE_SECOND = timedelta(seconds=1)
# Further ahead of the LMS's clock a stamp may be refused, or block every later score (Moodle).
FURTHEST_AHEAD = timedelta(seconds=2)
# What is stamped later than this was stamped by a clock that was wrong: waiting for it helps nobody.
LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True)
class Mark:
    """A value of a maximum, ours or theirs."""

    value: Decimal
    maximum: Decimal


@dataclass(frozen=True)
class PutBack:
    """What is sent when a value of theirs is put back: of our maximum, and whether theirs was more."""

    value: Decimal
    capped: bool


def put_back(replaced: Mark, maximum: Decimal) -> PutBack:
    """Return what can be sent of a value that ours went over: converted, rounded half up, at most all."""
    share = Fraction(replaced.value) / Fraction(replaced.maximum)
    return PutBack(min(round_half_up(share * Fraction(maximum)), maximum), capped=share > 1)


def is_same(one: Mark, other: Mark) -> bool:
    """Tell whether two marks are the same grade: |a ÷ A − b ÷ B| ≤ 0.005 ÷ min(A, B) (DESIGN 5)."""
    shares = Fraction(one.value) / Fraction(one.maximum) - Fraction(other.value) / Fraction(other.maximum)
    return abs(shares) <= TOLERANCE / Fraction(min(one.maximum, other.maximum))


def is_ours(theirs: Mark | None, confirmed: Mark | None, others_of_ours: Iterable[Mark | None]) -> bool:
    """Tell whether what the LMS has may be written over without asking anybody.

    :param theirs: what the LMS has, None when the cell is empty.
    :param confirmed: the last value that the LMS said yes to: an empty cell after it is a difference.
    :param others_of_ours: the last attempted value, whose fate may be unknown, and the one to be sent now.
    """
    if theirs is None:
        return confirmed is None
    ours = (confirmed, *others_of_ours)
    return any(mark is not None and is_same(theirs, mark) for mark in ours)


def is_still(theirs: Mark | None, seen: Mark | None) -> bool:
    """Tell whether the LMS still has exactly what a trainer decided about (None: an empty cell)."""
    if theirs is None or seen is None:
        return theirs is seen
    return is_same(theirs, seen)


def whole_second(moment: datetime) -> datetime:
    """Return the moment without its fraction of a second, as Moodle compares them."""
    return moment.replace(microsecond=0)


def stamp(now: datetime, offset: float, last: datetime | None) -> datetime | None:
    """Return the time stamp of a score to be sent at `now`, None when it is too early to send one.

    :param now: by our clock; :param offset: the LMS's clock minus ours, in seconds.
    :param last: the last stamp that the LMS may have stored: the new one is at least a second later.

    It is the LMS's present second, or the one after `last`, never more than 2 s ahead of its clock.
    """
    theirs = now + timedelta(seconds=offset)
    present = whole_second(theirs)
    chosen = present if last is None else max(present, whole_second(last) + ONE_SECOND)
    return chosen if chosen <= theirs + FURTHEST_AHEAD else None


def is_out_of_reach(now: datetime, offset: float, last: datetime | None) -> bool:
    """Tell whether the last stamp is more than a day ahead of the LMS's clock; arguments as for `stamp`."""
    return last is not None and last - (now + timedelta(seconds=offset)) > LONGEST_WAIT


def earliest_sending(offset: float, last: datetime) -> datetime:
    """Return the moment, by our clock, from which `stamp` has an answer after `last`."""
    return whole_second(last) + ONE_SECOND - FURTHEST_AHEAD - timedelta(seconds=offset)
