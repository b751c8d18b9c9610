"""What other rules would do to the scores of a group: who moves, how far, and how the scores spread."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

TENTHS = 10
# How many of the largest moves are told one by one.
LARGEST = 10


@dataclass(frozen=True)
class Move:
    """The score of one member before and after, None where nothing is measured of them (yet).

    ``member`` is whatever names them.
    """

    member: int
    before: Decimal | None
    after: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """How many points are won (above zero) or lost; None where there was or would be no score."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class Effect:
    """The difference that rules make to ``learners`` people.

    ``moves`` are those whose score changes, the largest change first, then who gains or loses one.
    ``before`` and ``after`` count the scores per tenth of the maximum, the lowest tenth first; a full
    score stands in the last one.
    """

    learners: int
    moves: tuple[Move, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def moved(self) -> int:
        """How many scores change in any way."""
        return len(self.moves)

    @property
    def gained(self) -> int:
        """How many get a score who have none."""
        return sum(1 for move in self.moves if move.before is None)

    @property
    def lost(self) -> int:
        """How many would have no score, since nothing would be measured of them (yet)."""
        return sum(1 for move in self.moves if move.after is None)

    @property
    def lowest(self) -> Decimal:
        """The smallest change of points (below zero: the largest loss); 0 when there is none."""
        return min(self._changes(), default=Decimal(0))

    @property
    def highest(self) -> Decimal:
        """The largest change of points; 0 when there is none."""
        return max(self._changes(), default=Decimal(0))

    def _changes(self) -> list[Decimal]:
        return [move.change for move in self.moves if move.change is not None]

    @property
    def largest(self) -> tuple[Move, ...]:
        """The moves worth telling one by one."""
        return self.moves[:LARGEST]

    def as_record(self) -> dict[str, Any]:
        """Return the figures as JSON-safe values, with nobody's name."""
        return {
            "learners": self.learners,
            "moved": self.moved,
            "gained": self.gained,
            "lost": self.lost,
            "lowest": str(self.lowest),
            "highest": str(self.highest),
            "before": list(self.before),
            "after": list(self.after),
            "moves": [
                {"member": move.member, "before": _text(move.before), "after": _text(move.after)}
                for move in self.largest
            ],
        }


def effect_of(
    before: Mapping[int, Decimal | None], after: Mapping[int, Decimal | None], maximum: Decimal
) -> Effect:
    """Compare the scores of the same members under two sets of rules, of a ``maximum`` above zero."""
    moves = [Move(member, before[member], after[member]) for member in before]
    return Effect(
        learners=len(before),
        moves=tuple(sorted((move for move in moves if move.before != move.after), key=_largest_first)),
        before=spread_of(before.values(), maximum),
        after=spread_of(after.values(), maximum),
    )


def spread_of(scores: Iterable[Decimal | None], maximum: Decimal) -> tuple[int, ...]:
    """Count the scores that there are per tenth of the maximum."""
    counts = [0] * TENTHS
    for score in scores:
        if score is not None:
            counts[min(TENTHS - 1, int(score * TENTHS / maximum))] += 1
    return tuple(counts)


def _largest_first(move: Move) -> tuple[bool, Decimal, int]:
    return move.change is None, -abs(move.change or Decimal(0)), move.member


def _text(score: Decimal | None) -> str | None:
    return None if score is None else str(score)
