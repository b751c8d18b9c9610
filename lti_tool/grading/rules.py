"""The groups of numbers that a policy is made of, each with its defaults and its ranges.

The defaults are those of the model (peers F.2). Settings stored before a number existed are read
with its default, so a default is never changed: another number is another policy.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .exact import exact
from .facts import Kind


class PolicyInvalid(ValueError):
    """A policy setting is missing or out of its range; ``field`` names it, ``problem`` says what."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True)
class KindRule:
    """What one kind brings: base points, least number of words (None: no minimum), how many per period."""

    base: Fraction
    min_words: int | None
    per_period: int

    def __post_init__(self) -> None:
        """Hold the points exactly and every number within its range. Raises PolicyInvalid."""
        hold_number(self, "base", 0, 1000)
        if self.min_words is not None:
            check_whole(self.min_words, "min_words", 0, 5000)
        check_whole(self.per_period, "per_period", 0, 1000)


@dataclass(frozen=True)
class DeadlineRule:
    """What coming after a prompt's deadline costs (peers F.2, *lateness* and *reply window*).

    Points fall evenly to nothing within ``late_days``; replies within ``reply_hours`` lose nothing,
    but are bounded by what was earned before the deadline (0: no such window).
    """

    late_days: int = 7
    reply_hours: int = 48

    def __post_init__(self) -> None:
        """Keep every number within its range. Raises PolicyInvalid."""
        check_whole(self.late_days, "late_days", 0, 60)
        check_whole(self.reply_hours, "reply_hours", 0, 24 * 60)


@dataclass(frozen=True)
class RecognitionRule:
    """How much of the recognition between two people counts (peers F.1 and F.2, *anti-gaming*).

    ``per_giver`` of one giver count in a period and ``per_pair`` over the whole community; one that
    returns another within ``return_hours`` counts ``returned_share`` of its points. ``allowance`` is
    what a member may give in a period: whoever takes recognitions in holds people to it.
    """

    per_giver: int = 1
    per_pair: int = 2
    return_hours: int = 24
    returned_share: Fraction = Fraction(1, 2)
    allowance: int = 5

    def __post_init__(self) -> None:
        """Hold the share exactly and every number within its range. Raises PolicyInvalid."""
        check_whole(self.per_giver, "per_giver", 1, 1000)
        check_whole(self.per_pair, "per_pair", 1, 1000)
        check_whole(self.return_hours, "return_hours", 0, 24 * 60)
        hold_number(self, "returned_share", 0, 1)
        check_whole(self.allowance, "allowance", 0, 1000)


@dataclass(frozen=True)
class Targets:
    """What is a full part (peers F.2, H and R).

    ``helped_members`` distinct people over a whole course, in proportion over a part of it; and
    ``active_share`` of the periods with at least ``active_points``.
    """

    helped_members: int = 4
    active_points: Fraction = Fraction(10)
    active_share: Fraction = Fraction(3, 4)

    def __post_init__(self) -> None:
        """Hold every number exactly and within its range. Raises PolicyInvalid."""
        check_whole(self.helped_members, "helped_members", 1, 1000)
        hold_number(self, "active_points", Fraction(1, 100), 1000)
        hold_number(self, "active_share", Fraction(1, 100), 1)


@dataclass(frozen=True)
class Milestone:
    """A line of a checklist, reached whole or not at all (peers F.1, preset *Checklist*).

    ``count`` contributions of ``kind``, until the end of period ``by_period`` (None: of the course),
    worth ``points`` among the milestones.
    """

    kind: Kind
    count: int
    points: Fraction = Fraction(1)
    by_period: int | None = None

    def __post_init__(self) -> None:
        """Hold every number exactly and within its range. Raises PolicyInvalid."""
        if self.kind not in list(Kind):
            raise PolicyInvalid("kind", "is unknown")
        object.__setattr__(self, "kind", Kind(self.kind))
        check_whole(self.count, "count", 1, 1000)
        hold_number(self, "points", Fraction(1, 100), 1000)
        if self.by_period is not None:
            check_whole(self.by_period, "by_period", 1, 1000)


def hold_number(group: object, name: str, lowest: Fraction | int, highest: Fraction | int) -> None:
    """Replace a number of a frozen group by the exact Fraction. Raises PolicyInvalid."""
    object.__setattr__(group, name, exact_between(getattr(group, name), name, lowest, highest))


def exact_between(value: Any, field: str, lowest: Fraction | int, highest: Fraction | int) -> Fraction:
    """Return ``value`` as a Fraction within the range. Raises PolicyInvalid naming ``field``."""
    try:
        number = exact(value)
    except ValueError as problem:
        raise PolicyInvalid(field, str(problem)) from problem
    if not lowest <= number <= highest:
        raise PolicyInvalid(field, f"must lie between {lowest} and {highest}")
    return number


def check_whole(value: Any, field: str, lowest: int, highest: int) -> None:
    """Refuse what is no whole number within the range. Raises PolicyInvalid naming ``field``."""
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise PolicyInvalid(field, f"must be a whole number between {lowest} and {highest}")
