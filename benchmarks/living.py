"""What a living community costs: its pages, those that are open while others write, news for a thousand.

Each beside the front page of the same application: same frame, nobody signed in, no statement.
"""

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from benchmarks.communities import Community, Size, opened
from benchmarks.measuring import REQUESTS, Act, Spread, Taken, spread

OPEN_PAGES = 2_000
ROUNDS = 3  # each of them asks so often
BETWEEN = 20  # so many ask between two contributions
ANNOUNCEMENTS = 40
CROWD = Size(members=1_000, posts=200, replies=500)
FEW = Size(members=5, posts=5, replies=20)


def figures() -> Iterator[str]:
    """Measure and say, line by line, for the database that TEST_DATABASE names."""
    with (
        tempfile.TemporaryDirectory(prefix="cv-bench-") as folder,
        opened(Path(folder), CROWD, FEW) as (crowd, few),
    ):
        pages = {
            "the charter": Community.opens_charter,
            f"home, {CROWD.posts} posts of {CROWD.members:,} members": Community.opens_home,
            f"thread of {CROWD.replies} comments": Community.opens_long_thread,
            "discussions": Community.opens_discussions,
            "a poll, nothing new": Community.asks_for_changes,
        }
        for what, page in pages.items():
            yield _beside(what, crowd, lambda page=page: page(crowd), few, lambda page=page: page(few))
        announced = f"an announcement to {CROWD.members:,} members"
        yield _beside(announced, crowd, _announcing(crowd), few, _announcing(few), ANNOUNCEMENTS)
        yield _while_contributions_arrive(crowd)


def _beside(
    what: str, crowd: Community, act: Act, few: Community, same: Act, requests: int = REQUESTS
) -> str:
    """Measure an act in the large community beside its front page; count statements in both."""
    took = spread(act, crowd.opens_front_page, requests)
    same()  # after a pause it is noted, too, that the session is in use
    return f"{what} ÷ the front page: {took}; {_statements(crowd.statements(act), few.statements(same))}"


def _statements(many: int, few: int) -> str:
    among_few = "as among few" if many == few else f"{few} among few"
    return f"{many} SQL statements, {among_few}"


def _announcing(community: Community) -> Act:
    """Return what publishes an announcement, each time another one."""
    numbers = count(1)
    return lambda: community.writes(f"Announcement {next(numbers)}", kind="announcement")


def _while_contributions_arrive(crowd: Community) -> str:
    """Let every open page ask and now and then somebody write, beside an empty page."""
    cursors = [crowd.newest_change()] * OPEN_PAGES
    polls, front, numbers, statements = Taken(), Taken(), count(1), set()
    for turn in range(ROUNDS * OPEN_PAGES):
        page = turn % OPEN_PAGES
        if turn % BETWEEN == 0:
            crowd.writes(f"Written meanwhile {next(numbers)}")
            statements.add(crowd.statements(lambda here=cursors[page]: crowd.changes_after(here)))
            front.time(crowd.opens_front_page)
        cursors[page] = polls.time(lambda here=cursors[page]: crowd.changes_after(here))
    return (
        f"{OPEN_PAGES:,} open pages polling while contributions arrive ÷ the front page: "
        f"{Spread.of(polls, front)}; {' or '.join(map(str, sorted(statements)))} SQL statements"
    )
