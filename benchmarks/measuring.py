"""Measuring two acts against each other, so that the machine and its load cancel out."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

Act = Callable[[], object]
Prepared = Callable[[], Act]

ROUNDS = 7
REPEATS = 3


@dataclass(frozen=True)
class Ratio:
    """CPU time of one act divided by that of another: the median of all rounds, and their range.

    `one` and `other` are the medians of both sides in milliseconds: true of this machine at that moment only.
    """

    median: float
    lowest: float
    highest: float
    one: float
    other: float

    def __str__(self) -> str:
        spread = f"{self.median:.2f} ({self.lowest:.2f} to {self.highest:.2f})"
        return f"{spread}; {self.one:.2f} ÷ {self.other:.2f} ms of CPU"


def ratio(one: Prepared, other: Prepared, rounds: int = ROUNDS, repeats: int = REPEATS) -> Ratio:
    """Measure both sides in turns.

    :param one: makes an act ready to be done once; only the act itself is measured.
    :param repeats: how often each side is done in a round, one after the other.
    """
    cpu_time(one, 1), cpu_time(other, 1)  # the first time is about caches
    pairs = [(cpu_time(one, repeats), cpu_time(other, repeats)) for _ in range(rounds)]
    found = [mine / its for mine, its in pairs]
    each = 1000 / repeats
    mine, its = (median(side) * each for side in zip(*pairs, strict=True))
    return Ratio(median(found), min(found), max(found), mine, its)


def always(act: Act) -> Prepared:
    """An act that needs nothing before it."""
    return lambda: act


def cpu_time(prepared: Prepared, repeats: int) -> float:
    """Seconds of CPU that this process spent on the acts, on all its threads."""
    acts = [prepared() for _ in range(repeats)]
    gc.collect()
    gc.disable()
    try:
        started = time.process_time()
        for act in acts:
            act()
        return time.process_time() - started
    finally:
        gc.enable()
