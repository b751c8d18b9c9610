"""What pages cost in proportion to each other: CPU time of this process, and SQL statements."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.communities import EMPTY, LARGE, SMALL, Community, opened
from benchmarks.measuring import Act, Prepared, always, ratio
from benchmarks.statements import statement_of

LEARNERS = {LARGE: 60, SMALL: 6}


def figures() -> Iterator[str]:
    """Measure and say, line by line, for the database that TEST_DATABASE names."""
    with (
        tempfile.TemporaryDirectory(prefix="cv-bench-") as folder,
        opened(Path(folder), LARGE, SMALL, EMPTY) as (large, small, empty),
    ):
        yield from _beside_an_empty_page(large, empty)
        yield from _beside_fewer(large, small)
    many, few = always(statement_of(100)), always(statement_of(10))
    measured = ratio(many, few, repeats=20)
    yield f"statement of 100 facts ÷ 10 facts: {measured}"


def _beside_an_empty_page(large: Community, empty: Community) -> Iterator[str]:
    """The front page is the empty one: the same application and frame, nobody signed in, nothing read."""
    front = empty.opens_front_page
    home = f"home, {LARGE.posts} posts and {LARGE.members} members ÷ the front page"
    yield _compared(home, large, large.opens_home, empty, front)
    yield _compared("home without posts ÷ the front page", empty, empty.opens_home, empty, front)
    thread = f"thread of {LARGE.replies} replies ÷ the front page"
    yield _compared(thread, large, large.opens_long_thread, empty, front)
    poll = "changes, nothing new ÷ home without posts, signed in"
    yield _compared(poll, large, large.asks_for_changes, empty, empty.opens_home)


def _beside_fewer(large: Community, small: Community) -> Iterator[str]:
    home = f"home, {LARGE.posts} posts and {LARGE.members} members ÷ {SMALL.posts} and {SMALL.members}"
    yield _compared(home, large, large.opens_home, small, small.opens_home)
    thread = f"thread, {LARGE.replies} replies ÷ {SMALL.replies}"
    yield _compared(thread, large, large.opens_long_thread, small, small.opens_long_thread)
    yield _prepared("launch ÷ home", small, small.about_to_launch, small, always(small.opens_home))
    for community, size in ((large, LARGE), (small, SMALL)):
        community.add_learners(LEARNERS[size] - (size.members - 1))
    grading = f"grading page, {LEARNERS[LARGE]} learners ÷ {LEARNERS[SMALL]}"
    yield _compared(grading, large, large.opens_grading, small, small.opens_grading)


def _compared(what: str, one: Community, act: Act, other: Community, against: Act) -> str:
    return _prepared(what, one, always(act), other, always(against))


def _prepared(what: str, one: Community, act: Prepared, other: Community, against: Prepared) -> str:
    measured = ratio(act, against)
    return f"{what}: {measured}; {one.statements(act())} ÷ {other.statements(against())} SQL statements"
