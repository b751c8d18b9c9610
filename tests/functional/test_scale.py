"""A large community among many costs what a small one does: statements, plans, rows that are read.

Beside it on the machine: twenty thousand contributions in the largest of a hundred communities, a thousand in
the small database. `make bench` measures a million (benchmarks/scale.py).
"""

import pytest

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Community, Membership, Role
from lti_tool.services import search
from lti_tool.services.acting import ActingMember
from lti_tool.services.search import Asked
from lti_tool.services.seed import Plan
from tests.functional.test_plans import PREPARED
from tests.support import scale
from tests.support.databases import chosen

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

# Of as many members: what a page says of them is another matter.
SMALL = Plan(communities=2, contributions=1_000, largest=800, members=200)
LARGE = Plan(communities=100, contributions=100_000, largest=20_000, members=200)
# What a page may take more than in the small community: longer texts, more people.
TIMES, STEPS, ROWS = 3, 60_000, 3_000
# What a search may: each of the ranked matches is looked at, and those that a filter leaves out.
STEPS_A_MATCH, ROWS_A_MATCH = 80, 8


@pytest.fixture(scope="module")
def places(databases, tmp_path_factory, lms_signing_key):
    folder = tmp_path_factory.mktemp("scale")
    with scale.seeded(databases, folder, lms_signing_key, SMALL, LARGE) as (small, large):
        yield small, large


@pytest.fixture(scope="module")
def costs(places):
    """What each page costs in both places, asked once."""
    small, large = places
    names = [name for name in large.addresses if name in small.addresses]
    found = {name: (small.cost(name), large.cost(name)) for name in names}
    for name, (few, many) in found.items():
        print(f"{name}: {scale.compared(few, many)}")  # noqa: T201
    return found


def rows_of(place, cost) -> int:
    return sum(scale.read_for(place.app, one).rows for one in cost.statements)


class TestALargeCommunity:
    def test_is_as_large_as_it_was_to_be(self, places):
        _, large = places
        with large.app.app_context():
            documents = db.session.scalar(db.text("SELECT count(*) FROM search_document"))
            indexed = db.session.scalar(db.text("SELECT count(*) FROM search_index"))
            assert documents == indexed == LARGE.contributions + 1  # and the prompt

    def test_is_asked_with_the_same_statements(self, costs):
        for name, (few, many) in costs.items():
            assert many.shape() == few.shape(), name

    def test_is_found_by_indexes(self, places, costs):
        _, large = places
        found = []
        with large.app.app_context():
            connection = db.session.connection()
            scans = PREPARED[chosen()](connection)
            for name, (_, many) in costs.items():
                for one in many.statements:
                    steps = scans(connection, one.sql, one.parameters)
                    found += [(name, steps, one.sql)] if steps else []
            db.session.rollback()
        assert not found, found

    @pytest.mark.sqlite
    def test_takes_hardly_more_steps(self, costs):
        for name, (few, many) in costs.items():
            if name not in scale.SEARCHES:
                assert many.steps <= TIMES * few.steps + STEPS, (name, many.heaviest)

    @pytest.mark.postgresql
    def test_reads_hardly_more_rows(self, places, costs):
        small, large = places
        for name, (few, many) in costs.items():
            if name not in scale.SEARCHES:
                assert rows_of(large, many) <= TIMES * rows_of(small, few) + ROWS, name


class TestTheSearch:
    def matches(self, place, name: str) -> int:
        """Return how many contributions of the community have the words."""
        address = place.addresses[name]
        with place.app.app_context():
            text = address.partition("q=")[2].partition("&")[0].replace("+", " ").replace("%22", '"')
            query = search.searching.query_of(text)
            said = search.search_index.all_wanted(place.community, query)
            number = search.search_index.matching(said, search.SearchDocument.id).subquery()
            count = db.session.scalar(db.select(db.func.count()).select_from(number))
            db.session.rollback()
        return count

    @pytest.mark.sqlite
    def test_takes_steps_by_the_matches_alone(self, places, costs):
        small, large = places
        for name in scale.SEARCHES:
            few, many = costs[name]
            matches = self.matches(large, name)
            looked_at = matches if "solved" in name else min(matches, search.RANKED)
            bound = TIMES * few.steps + STEPS + STEPS_A_MATCH * looked_at
            assert many.steps <= bound, (name, many.steps, bound, matches)

    @pytest.mark.postgresql
    def test_reads_rows_by_the_matches_alone(self, places, costs):
        small, large = places
        for name in scale.SEARCHES:
            few, many = costs[name]
            matches = self.matches(large, name)
            bound = TIMES * rows_of(small, few) + ROWS + ROWS_A_MATCH * matches
            print(f"{name}: {matches} matches, {rows_of(large, many)} rows")  # noqa: T201
            assert rows_of(large, many) <= bound, (name, rows_of(large, many), bound)

    def test_does_not_feel_the_other_communities(self, places):
        """A community of some hundreds, among two and among a hundred, costs as much."""
        few, many = (self._cost_of_one_like(place, 300, 900) for place in places)
        assert many.steps <= TIMES * few.steps + STEPS
        if chosen() == "postgresql":
            assert rows_of(places[1], many) <= TIMES * rows_of(places[0], few) + ROWS

    def _cost_of_one_like(self, place, fewest: int, most: int) -> scale.Cost:
        """Search in the community of a size as somebody who may see all of it."""
        with place.app.app_context():
            member = self._member_of_one_like(fewest, most)
            with scale.counted() as cost:
                for word in ("équipe", "team"):
                    search.search(member, Asked(word), clock.now())
            db.session.rollback()
        return cost

    def _member_of_one_like(self, fewest: int, most: int) -> ActingMember:
        counts = db.session.execute(
            db.text("SELECT community_id, count(*) FROM search_document GROUP BY community_id ORDER BY 2")
        )
        community = next(number for number, count in counts if fewest <= count <= most)
        member = (
            db.session.query(Membership).filter_by(community_id=community).order_by(Membership.id).first()
        )
        return ActingMember(member, member.user, db.session.get(Community, community), Role.LEARNER, True)
