"""Scores kept up by what changed, and the trainer's table of them.

One new fact among very many against all scores computed from scratch, and against one new fact where there
are ten learners; the table of thousands of learners against that of fifty. BENCHMARK_LEARNERS measures the
first with another number of learners than ten thousand, who have a hundred facts each.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.learners import Graded, Size, opened
from benchmarks.measuring import always, cpu_time, ratio
from lti_tool.services.upkeep import PER_TRANSACTION

FACTS = 100
MANY = Size(learners=int(os.environ.get("BENCHMARK_LEARNERS", "10000")), facts=FACTS)
TEN = Size(learners=10, facts=FACTS)
LARGE_TABLE = Size(learners=5000, facts=8)
SMALL_TABLE = Size(learners=50, facts=8)
ROUNDS = 3


def figures() -> Iterator[str]:
    """Measure on the database that TEST_DATABASE names; a sentence each."""
    with (
        tempfile.TemporaryDirectory(prefix="cv-grading-") as folder,
        opened(Path(folder), MANY, TEN) as (many, ten),
    ):
        yield from _one_fact(many, ten)
    with (
        tempfile.TemporaryDirectory(prefix="cv-grading-") as folder,
        opened(Path(folder), LARGE_TABLE, SMALL_TABLE) as (large, small),
    ):
        yield from _tables(large, small)


def _one_fact(many: Graded, ten: Graded) -> Iterator[str]:
    yield f"{many.facts():,} facts of {MANY.learners:,} learners, filled in {many.seconds_to_fill:.0f} s"
    began = time.perf_counter()
    from_scratch = cpu_time(always(many.keep_everything), 1)
    seconds = time.perf_counter() - began
    yield (
        f"all from scratch: {from_scratch:.1f} s of CPU, {seconds:.1f} s; "
        f"{1000 * from_scratch / many.kept():.2f} ms of CPU a learner; "
        f"{_statements_from_scratch(ten)} SQL statements for ten learners, as for each {PER_TRANSACTION}"
    )
    ten.keep_everything()
    beside_ten = ratio(always(many.note_and_keep), always(ten.note_and_keep))
    told = f"{many.statements(many.note_and_keep)} ÷ {ten.statements(ten.note_and_keep)} SQL statements"
    yield f"one new fact, its score kept, {MANY} ÷ {TEN}: {beside_ten}; {told}"
    yield f"all from scratch ÷ one new fact: {1000 * from_scratch / beside_ten.one:,.0f}"
    alone = ratio(always(many.note_a_fact), always(many.note_and_keep))
    yield (
        f"one new fact, its own transaction's part ÷ with its score kept: {alone}; "
        f"{many.statements(many.note_a_fact)} SQL statements"
    )


def _tables(large: Graded, small: Graded) -> Iterator[str]:
    sizes = f"{LARGE_TABLE.learners:,} learners ÷ {SMALL_TABLE.learners}"
    yield f"trainer's table, nothing kept yet, {sizes}: {_compared(large, small)}"
    large.keep_everything(), small.keep_everything()
    yield f"trainer's table, {sizes}: {_compared(large, small)}"


def _compared(large: Graded, small: Graded) -> str:
    measured = ratio(always(large.opens_console), always(small.opens_console), rounds=ROUNDS, repeats=1)
    statements = f"{large.statements(large.opens_console)} ÷ {small.statements(small.opens_console)}"
    return f"{measured}; {statements} SQL statements"


def _statements_from_scratch(community: Graded) -> int:
    return community.statements(community.keep_everything)
