"""Measuring two acts against each other, so that the machine and its load cancel out."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import fmean, median, quantiles
from typing import TypeVar

Answer = TypeVar("Answer")
Act = Callable[[], object]
Prepared = Callable[[], Act]

ROUNDS = 7
REPEATS = 3
# So many requests of each side show how their times are spread.
REQUESTS = 200


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


@dataclass
class Taken:
    """What requests took, one after the other: seconds by the clock and of this process's CPU."""

    clock: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def time(self, act: Callable[[], Answer]) -> Answer:
        """Do something and note what it takes."""
        began, used = time.perf_counter(), time.process_time()
        answer = act()
        self.cpu.append(time.process_time() - used)
        self.clock.append(time.perf_counter() - began)
        return answer


@dataclass(frozen=True)
class Spread:
    """What requests take, in proportion to an empty page of the same run.

    `cpu` a request of that of the empty page; the times by the clock, p50, p95 and p99, of its usual (median)
    one. `its_own` are those of the empty page itself: what lies above 1 there is the machine's.
    """

    cpu: float
    times: tuple[float, float, float]
    its_own: tuple[float, float, float]

    @classmethod
    def of(cls, one: Taken, empty: Taken) -> "Spread":
        """Put what was noted into proportion."""
        usual = median(empty.clock)
        times, its_own = ([one / usual for one in _percentiles(taken.clock)] for taken in (one, empty))
        return cls(fmean(one.cpu) / fmean(empty.cpu), tuple(times), tuple(its_own))

    def __str__(self) -> str:
        (p50, p95, p99), (_, its_p95, its_p99) = self.times, self.its_own
        return (
            f"CPU {self.cpu:.2f}; p50 {p50:.2f}, p95 {p95:.2f}, p99 {p99:.2f} of its usual time"
            f" (its own p95 {its_p95:.2f}, p99 {its_p99:.2f})"
        )


def spread(one: Act, empty: Act, requests: int = REQUESTS) -> Spread:
    """Do both in turns, as often as is needed to see how their times are spread."""
    one(), empty()  # the first time is about caches
    mine, its = Taken(), Taken()
    for _ in range(requests):
        mine.time(one)
        its.time(empty)
    return Spread.of(mine, its)


def _percentiles(times: list[float]) -> tuple[float, float, float]:
    cuts = quantiles(times, n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]
