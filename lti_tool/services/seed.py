"""Fills a database with communities, as large as somebody wants to see them.

For trying out how an installation does before a thousand courses are there. Rows are written past the
services that people use; what those keep right (counts, the full-text index, numbers that rise with time) is
right here, too. The same seed says the same things, at moments counted back from now.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import exists, select

from lti_tool.errors import NotFound, Unfit
from lti_tool.extensions import db
from lti_tool.models import Community, DeploymentPolicy, DeploymentState, PlatformState, Post
from lti_tool.services import bulk, search_index
from lti_tool.services.seed_life import LIFETIME, TABLES, Life, Numbers, Place

Transaction = Callable[[], AbstractContextManager[None]]
# How many contributions go into one transaction, about.
PER_TRANSACTION = 20_000
# So many at once are put into a table without its index, which is then made in one go: PostgreSQL alone.
WORTH_A_NEW_INDEX = 50_000
FEWEST_MEMBERS = 5


@dataclass(frozen=True)
class Plan:
    """How much there is to be. `into`: a community that is there already and becomes the largest one."""

    communities: int
    contributions: int
    largest: int
    members: int = 0  # of the largest; 0: as many as such a community has
    seed: int = 1
    into: int | None = None
    time_zone: str = "Europe/Paris"

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        :raises Unfit: fewer contributions than communities, or a largest one that is not the largest.
        """
        others = self.communities - 1
        if not 0 < self.largest <= self.contributions or self.communities < 1:
            raise Unfit({"largest": ["impossible"]})
        if (others == 0) != (
            self.contributions == self.largest
        ) or self.contributions - self.largest < others:
            raise Unfit({"contributions": ["impossible"]})
        if self.largest * others < self.contributions - self.largest:
            raise Unfit({"largest": ["too-small"]})


@dataclass(frozen=True)
class Progress:
    """How far it is."""

    communities: int
    contributions: int
    largest_community: int | None = None


def is_in_use() -> bool:
    """Tell whether people have written anything in this database."""
    return bool(db.session.scalar(select(exists().where(Post.id.is_not(None)))))


def fill(plan: Plan, now: datetime, transaction: Transaction) -> Iterator[Progress]:
    """Let it all happen, a part of it in each transaction; tell after each how far it is.

    :raises NotFound: there is no community to fill by this number.
    """
    random = Random(plan.seed)
    sizes = _sizes(plan, random)
    with transaction():
        numbers = bulk.numbers_after(TABLES)
        where = _Where(plan, numbers, now)
        if plan.contributions > WORTH_A_NEW_INDEX:
            search_index.drop_index()
    done, place = 0, 0
    try:
        while place < len(sizes):
            with transaction():
                until = done + PER_TRANSACTION
                while place < len(sizes) and done < until:
                    Life(where.next(place, sizes[place]), numbers, random, now).write()
                    done += sizes[place]
                    place += 1
                bulk.numbers_taken(TABLES)
            yield Progress(place, done, where.largest)
    finally:
        with transaction():
            search_index.make_index()
    with transaction():
        bulk.sizes_known()


def _sizes(plan: Plan, random: Random) -> list[int]:
    """Return how many contributions each community has: the largest first, the others very different."""
    others = plan.communities - 1
    weights = [random.paretovariate(1.2) for _ in range(others)]
    left = plan.contributions - plan.largest
    sizes = [1] * others
    left -= others
    total = sum(weights)
    for place, weight in enumerate(weights):
        more = min(int(left * weight / total), plan.largest - 1)
        sizes[place] += more
    # What rounding and the limit left over goes to whoever has room for it.
    rest = left - sum(sizes) + others
    for place in range(others):
        more = min(rest, plan.largest - sizes[place])
        more = min(more, rest // (others - place) + 1) if place < others - 1 else more
        sizes[place] += more
        rest -= more
    return [plan.largest, *sizes]


class _Where:
    """Makes the places: one organisation with an LMS whose courses they are."""

    def __init__(self, plan: Plan, numbers: Numbers, now: datetime) -> None:
        self._plan, self._numbers, self._began = plan, numbers, now - LIFETIME - timedelta(days=1)
        self.largest: int | None = plan.into
        if plan.into is not None and db.session.get(Community, plan.into) is None:
            raise NotFound()
        self._organisation, self._platform, self._deployment = (
            next(numbers[name]) for name in ("organisation", "platform", "deployment")
        )
        self._make_an_lms()

    def _make_an_lms(self) -> None:
        number, began = self._platform, self._began
        bulk.write(
            "organisation",
            ("id", "name", "created_at"),
            [(self._organisation, f"Seeded organisation {self._organisation}", began)],
        )
        columns = (
            "id organisation_id name issuer client_id auth_url token_url jwks_url deployment_policy state"
        )
        addresses = [f"https://lms-{number}.invalid{path}" for path in ("", "/auth", "/token", "/keys")]
        policy, state = next(iter(DeploymentPolicy)).value, PlatformState.SUSPENDED.value
        named = (number, self._organisation, f"Seeded LMS {number}", addresses[0], "seeded")
        row = (*named, *addresses[1:], policy, state, 0.0, began)
        bulk.write("platform", f"{columns} clock_offset created_at".split(), [row])
        columns = ("id", "platform_id", "organisation_id", "deployment_id", "state", "created_at")
        known = DeploymentState.ACCEPTED.value
        bulk.write("deployment", columns, [(self._deployment, number, self._organisation, "1", known, began)])

    def next(self, place: int, contributions: int) -> Place:
        """Return the community of this place in the order of size, made unless it is there."""
        language = "en" if place % 2 else "fr"
        community, course = self._community(place, language)
        if place == 0:
            self.largest = community
        usual = max(FEWEST_MEMBERS, round(3 * contributions**0.5))
        members = self._plan.members if place == 0 and self._plan.members else usual
        return Place(community, course, self._platform, language, members, contributions)

    def _community(self, place: int, language: str) -> tuple[int, int]:
        plan, course = self._plan, next(self._numbers["course"])
        community = plan.into if place == 0 and plan.into is not None else next(self._numbers["community"])
        name = f"{'Communauté' if language == 'fr' else 'Community'} {community}"
        if community != plan.into:
            columns = [
                "id",
                "organisation_id",
                "name",
                "state",
                "time_zone",
                "time_zone_confirmed_at",
                "created_at",
            ]
            row = (community, self._organisation, name, "open", plan.time_zone, self._began, self._began)
            bulk.write("community", columns, [row])
        columns = ("id", "deployment_id", "community_id", "context_id", "title", "created_at")
        row = (course, self._deployment, community, f"seeded-{course}", name, self._began)
        bulk.write("course", columns, [row])
        return community, course
