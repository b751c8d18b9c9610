"""`python -m benchmarks` (`make bench`): print a table of ratios. Nothing is asserted.

A time alone says more about the machine than about the code, so both sides of a ratio are measured in the
same run, in turns. TEST_DATABASE=postgresql measures on PostgreSQL, whose own CPU time is not in the ratio:
there the counts of statements are the fairer half.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.communities import LARGE, SMALL, Community, opened
from benchmarks.measuring import Prepared, Ratio, always, ratio
from benchmarks.statements import statement_of
from tests.support import databases

LEARNERS = {"large": 60, "small": 6}


@dataclass(frozen=True)
class Line:
    """One comparison: what is divided by what, and the statements each side sends (None: no database)."""

    what: str
    ratio: Ratio
    statements: tuple[int, int] | None = None


def main() -> None:
    """Measure and print, line by line."""
    started = time.monotonic()
    print(f"CPU time in proportion, on {databases.chosen()}; median of the rounds (lowest to highest)\n")
    print(f"{'what':<62}{'ratio':>7}   {'range':<14}{'SQL statements':>14}")
    with tempfile.TemporaryDirectory(prefix="cv-bench-") as folder, opened(Path(folder)) as (large, small):
        for line in _measured(large, small):
            print(_as_text(line), flush=True)
    print(f"\nMeasured in {time.monotonic() - started:.0f} s.")


def _measured(large: Community, small: Community) -> Iterator[Line]:
    home = f"home, {LARGE.posts} posts and {LARGE.members} members ÷ {SMALL.posts} and {SMALL.members}"
    yield _compared(home, large, always(large.opens_home), small, always(small.opens_home))
    thread = f"thread, {LARGE.replies} replies ÷ {SMALL.replies}"
    yield _compared(thread, large, always(large.opens_long_thread), small, always(small.opens_long_thread))
    yield _compared("launch ÷ home", small, small.about_to_launch, small, always(small.opens_home))
    quiet = always(small.asks_for_changes)
    yield _compared("changes, nothing new ÷ home", small, quiet, small, always(small.opens_home))
    for community, size, name in ((large, LARGE, "large"), (small, SMALL, "small")):
        community.add_learners(LEARNERS[name] - (size.members - 1))
    grading = f"grading page, {LEARNERS['large']} learners ÷ {LEARNERS['small']}"
    yield _compared(grading, large, always(large.opens_grading), small, always(small.opens_grading))
    many, few = always(statement_of(100)), always(statement_of(10))
    yield Line("statement of 100 facts ÷ 10 facts", ratio(many, few, repeats=20))


def _compared(what: str, one: Community, act: Prepared, other: Community, against: Prepared) -> Line:
    measured = ratio(act, against)
    return Line(what, measured, (one.statements(act()), other.statements(against())))


def _as_text(line: Line) -> str:
    spread = f"{line.ratio.lowest:.2f} to {line.ratio.highest:.2f}"
    counts = "{} ÷ {}".format(*line.statements) if line.statements else "none"
    return f"{line.what:<62}{line.ratio.median:>7.2f}   {spread:<14}{counts:>14}"


if __name__ == "__main__":
    main()
