"""Which items of one period count: the n best of each kind, at most so many contributions a day.

Both limits hold together and the choice is the one that brings the member most ("weak items never
subtract"); among equal choices the items written earliest win. Taking the first four of a day
instead would let a short early answer push out the report of the evening, and would let a restored
or improved contribution lower a score.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import lcm

from .facts import Kind


@dataclass(frozen=True)
class Candidate:
    """An item that would count; ``day`` (in the community's zone) is None where no daily limit applies."""

    kind: Kind
    day: date | None
    value: Fraction


def best_within_limits(
    candidates: Sequence[Candidate], per_kind: Mapping[Kind, int], per_day: int
) -> frozenset[int]:
    """Return the indices of the candidates that count. They must be given in order of writing."""
    weights = _unmistakable_weights(candidates)
    chosen = _best_of_each_kind(candidates, weights, per_kind)
    days = Counter(candidates[index].day for index in chosen if candidates[index].day is not None)
    if all(count <= per_day for count in days.values()):
        return chosen
    # Received kinds know no day: what each kind's best n gives is already right for them.
    received = {index for index in chosen if candidates[index].day is None}
    written = [index for index, candidate in enumerate(candidates) if candidate.day is not None]
    return frozenset(received | _best_under_both(candidates, weights, written, per_kind, per_day))


def _unmistakable_weights(candidates: Sequence[Candidate]) -> list[int]:
    """Whole numbers in proportion to the values, plus a bonus too small to matter but for ties.

    The bonus halves with each later item, so that no two different choices ever weigh the same and
    of two choices of equal value the one with the earlier items weighs more.
    """
    scale = lcm(*(candidate.value.denominator for candidate in candidates)) << len(candidates)
    return [
        int(candidate.value * scale) + (1 << (len(candidates) - 1 - index))
        for index, candidate in enumerate(candidates)
    ]


def _best_of_each_kind(
    candidates: Sequence[Candidate], weights: Sequence[int], per_kind: Mapping[Kind, int]
) -> frozenset[int]:
    room = Counter(per_kind)
    chosen = set()
    for index in sorted(range(len(candidates)), key=weights.__getitem__, reverse=True):
        if room[candidates[index].kind] > 0:
            room[candidates[index].kind] -= 1
            chosen.add(index)
    return frozenset(chosen)


def _best_under_both(
    candidates: Sequence[Candidate],
    weights: Sequence[int],
    written: Sequence[int],
    per_kind: Mapping[Kind, int],
    per_day: int,
) -> set[int]:
    """Heaviest choice by successive augmentation: kinds and days are places, each item joins two."""
    chosen: set[int] = set()
    while True:
        kinds = Counter(candidates[index].kind for index in chosen)
        days = Counter(candidates[index].day for index in chosen)
        start = {c.kind for c in (candidates[i] for i in written) if kinds[c.kind] < per_kind[c.kind]}
        goal = {c.day for c in (candidates[i] for i in written) if days[c.day] < per_day}
        exchange = _most_gainful_exchange(candidates, weights, written, chosen, start, goal)
        if not exchange:
            return chosen
        chosen ^= exchange


def _most_gainful_exchange(
    candidates: Sequence[Candidate],
    weights: Sequence[int],
    written: Sequence[int],
    chosen: set[int],
    start: set[Kind],
    goal: set[date | None],
) -> set[int]:
    """Return the items to take in and to let go that gain most, from a kind with room to a day with room."""
    gain: dict[Kind | date | None, int] = dict.fromkeys(start, 0)
    arrived_by: dict[Kind | date | None, int] = {}
    moved = True
    while moved:
        moved = False
        for index in written:
            kind, day = candidates[index].kind, candidates[index].day
            here, there, step = (
                (day, kind, -weights[index]) if index in chosen else (kind, day, weights[index])
            )
            if here in gain and (there not in gain or gain[here] + step > gain[there]):
                gain[there] = gain[here] + step
                arrived_by[there] = index
                moved = True
    ends = [day for day in goal if gain.get(day, 0) > 0]
    if not ends:
        return set()
    return _way_back(candidates, arrived_by, max(ends, key=gain.__getitem__))


def _way_back(
    candidates: Sequence[Candidate], arrived_by: Mapping[Kind | date | None, int], end: date | None
) -> set[int]:
    way: set[int] = set()
    place: Kind | date | None = end
    while place in arrived_by:
        index = arrived_by[place]
        way.add(index)
        place = candidates[index].kind if place == candidates[index].day else candidates[index].day
    return way
