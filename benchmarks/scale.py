"""A large community among many beside a small one, on seeded databases: what pages and the search take.

CV_SCALE=full makes it a thousand communities with a million contributions, the largest of a hundred thousand;
without, a tenth of that.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from joserfc.jwk import RSAKey

from benchmarks.measuring import spread
from lti_tool.services.seed import Plan
from tests.support import databases, scale

SMALL = Plan(communities=2, contributions=1_000, largest=800, members=500)
LARGE = {
    "": Plan(communities=100, contributions=100_000, largest=20_000, members=500),
    "full": Plan(communities=1_000, contributions=1_000_000, largest=100_000, members=500),
}
# Also told as proportions to the front page of the same application, of so many requests each.
BESIDE_AN_EMPTY_PAGE, REQUESTS = ("home", "thread", *scale.SEARCHES), 60


def figures() -> Iterator[str]:
    """Measure and say, line by line, for the database that TEST_DATABASE names."""
    plan = LARGE[os.environ.get("CV_SCALE", "")]
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
    with databases.prepared_server(), tempfile.TemporaryDirectory(prefix="cv-bench-") as folder:
        made, where = databases.databases(Path(folder)), Path(folder)
        with scale.seeded(made, where, key, SMALL, plan) as (small, large):
            yield (
                f"seeding {plan.contributions:,} contributions in {plan.communities:,} communities: "
                f"{large.seconds:.0f} s"
            )
            sizes = f"{plan.largest:,} of {plan.contributions:,} contributions and {SMALL.largest:,}"
            for name in large.addresses:
                if name in small.addresses:
                    few, many = small.cost(name), large.cost(name)
                    yield f"{name}, {sizes}: {scale.compared(few, many)}{_read(large, many)}"
            for name in BESIDE_AN_EMPTY_PAGE:
                took = spread(lambda name=name: large.open(name), large.open_front_page, REQUESTS)
                yield f"{name}, {plan.largest:,} contributions ÷ the front page: {took}"


def _read(place: scale.Place, cost: scale.Cost) -> str:
    if databases.chosen() == "sqlite":
        return ""
    read = [scale.read_for(place.app, statement) for statement in cost.statements]
    return f"; {sum(one.rows for one in read):,} rows, {sum(one.pages for one in read):,} pages"
