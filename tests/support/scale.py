"""A tool on a database that was seeded, and what its pages cost there: statements, plans, rows that are read.

The pages are walked whatever is on them: home and its next page, the longest thread, the search and what is
offered while one asks.
"""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event, select, update

from lti_tool import clock, create_app
from lti_tool.extensions import db
from lti_tool.models import Membership, Post
from lti_tool.services import search_index, seed, signing
from lti_tool.services.seed import Plan
from lti_tool.transactions import reading, transaction
from tests.support.databases import Databases
from tests.support.world import Page, World

# Virtual-machine steps of SQLite between two looks at the counter: what is counted is exact to these.
STEPS = 100
# A member who was away for long: what is new to them is most of what there is.
AWAY = timedelta(days=400)

SEARCHES = {
    "search, a word of nearly every contribution": "search?q=équipe",
    "search, two words": "search?q=réunion+planning+",
    "search, a beginning": "search?q=entret",
    "search, a phrase": "search?q=%22mon+équipe%22",
    "search, only what is solved": "search?q=équipe&solved=1&order=newest",
    "search, what nobody wrote": "search?q=introuvable",
}
SIMILAR = {"similar, while asking": "questions/similar?title=Comment+préparer+la+réunion+du+lundi"}
PAGES = ("home", "home, older", "thread", "changes", "compose")


# The values of an IN (…), however many, or what stands there for none.
_VALUE = r"(?:\?|%\(\w+\)s)(?:::\w+)?"
_NONE = r"\(SELECT [^()]*(?:\(SELECT 1\))? WHERE 1!=1\)|\(NULL\) AND \(1 != 1\)"
_SEVERAL = re.compile(rf"\({_VALUE}(?:, {_VALUE})*\)|{_NONE}")


@dataclass
class Statement:
    """One statement of a page; `steps` as SQLite counts them."""

    sql: str
    parameters: object
    steps: int = 0


@dataclass
class Cost:
    """What a page took."""

    statements: list[Statement] = field(default_factory=list)
    seconds: float = 0.0  # of CPU

    @property
    def steps(self) -> int:
        return sum(statement.steps for statement in self.statements)

    @property
    def heaviest(self) -> list[tuple[int, str]]:
        """The statements that took most steps."""
        by_steps = sorted(self.statements, key=lambda statement: statement.steps, reverse=True)
        return [(one.steps, one.sql[-600:]) for one in by_steps[:3]]

    def shape(self) -> list[str]:
        """The statements without how many values they were asked for at once."""
        return [_SEVERAL.sub("(…)", one.sql) for one in self.statements]


def compared(few: Cost, many: Cost) -> str:
    """Put two costs of a page beside each other, for people to read."""
    steps = f", {few.steps} and {many.steps} steps" if many.steps else ""
    return (
        f"{len(few.statements)} and {len(many.statements)} statements{steps};"
        f" CPU {many.seconds / few.seconds:.2f} ({1000 * many.seconds:.0f} ÷ {1000 * few.seconds:.0f} ms)"
    )


class Place:
    """A seeded database behind a tool, as Inès sees it who was away for a year."""

    def __init__(self, app: Flask, lms_key, plan: Plan) -> None:
        self.app = app
        self._world = World(app, lms_key)
        self._world.open_lms()
        self.home = self._world.enter("ines")
        prompt = {"title": "Tell of a meeting", "body": "What did you try?"}
        self._world.enter("claire").post("prompts", **prompt)  # empty tables are planned as if scanned
        self.community = int(self.home.community.strip("/").split("/")[-1])
        started = time.monotonic()
        with app.app_context():
            for _ in seed.fill(_into(plan, self.community), clock.now(), transaction):
                pass
            with transaction():
                long_ago = clock.now() - AWAY
                mine = update(Membership).where(Membership.community_id == self.community)
                db.session.execute(mine.values(joined_at=long_ago, last_visit_at=long_ago))
        self.seconds = time.monotonic() - started
        self.addresses = self._addresses()

    def close(self) -> None:
        self._world.close()

    def _addresses(self) -> dict[str, str]:
        with self._world.database() as session:
            solved = select(Post.id).where(
                Post.community_id == self.community,
                Post.solved_at.is_not(None),
                Post.created_at > clock.now() - AWAY,  # what of a thread is new is looked for only if any is
            )
            longest = session.scalars(solved.order_by(Post.comment_count.desc())).first()
        found = {
            "home": "",
            "thread": f"posts/{longest}",
            "changes": "changes?after=0",
            "compose": "posts/new",
        }
        older = self.home.get("").soup.select_one("a[href*='before=']")
        if older is not None:
            found["home, older"] = older["href"].partition(f"/{self.community}/")[2]
        return found | SEARCHES | SIMILAR

    def open(self, name: str) -> Page:
        """Open one of the pages."""
        page = self.home.browser.get(self.home.community + self.addresses[name])
        if page.status != 200:
            raise AssertionError(f"{self.addresses[name]} answered {page.status}: {page.text[:300]}")
        return page

    def open_front_page(self) -> Page:
        """Open the page of those who come by the address: nobody signed in, no statement."""
        return self.home.browser.get("/")

    def cost(self, name: str) -> Cost:
        """Open a page for the second time and tell what it takes."""
        self.open(name)
        with self.app.app_context(), counted() as cost:
            started = time.process_time()
            self.open(name)
            cost.seconds = time.process_time() - started
        return cost


def _into(plan: Plan, community: int) -> Plan:
    return Plan(plan.communities, plan.contributions, plan.largest, plan.members, plan.seed, community)


@contextmanager
def seeded(databases: Databases, folder: Path, lms_key, *plans: Plan) -> Iterator[list[Place]]:
    """Open a tool on a seeded database of its own for each plan."""
    with ExitStack() as resources:
        places = []
        for number, plan in enumerate(plans):
            address = databases.create(f"scale_{number}")
            resources.callback(databases.drop, address)
            app = create_app("testing", {"DATABASE_URL": address, "VAR_DIR": str(folder / str(number))})
            resources.callback(_dispose, app)
            with app.app_context():
                upgrade()
                with transaction():
                    signing.make_first_key(clock.now())
            places.append(Place(app, lms_key, plan))
            resources.callback(places[-1].close)
        yield places


def _dispose(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@contextmanager
def counted() -> Iterator[Cost]:
    """Collect what a block sends, on SQLite with the steps it takes; needs an application context."""
    cost = Cost()

    def begin(connection, cursor, statement, parameters, context, executemany):
        if statement.lstrip().upper().startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")):
            cost.statements.append(Statement(statement, parameters))
            if connection.dialect.name == "sqlite":
                connection.connection.driver_connection.set_progress_handler(step, STEPS)

    def step() -> None:
        cost.statements[-1].steps += STEPS

    event.listen(db.engine, "before_cursor_execute", begin)
    try:
        yield cost
    finally:
        event.remove(db.engine, "before_cursor_execute", begin)


@dataclass(frozen=True)
class Read:
    """What PostgreSQL read for a statement: rows of tables, those thrown away again included, and pages."""

    rows: int
    pages: int


def read_for(app: Flask, statement: Statement) -> Read:
    """Let PostgreSQL do a statement once more and tell what it read."""
    with app.app_context(), reading(), search_index.one_by_one():
        told = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement.sql}"
        plan = db.session.connection().exec_driver_sql(told, statement.parameters).scalar_one()[0]["Plan"]
    rows = sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in nodes_of(plan)
        if "Relation Name" in node or node["Node Type"] == "Bitmap Index Scan"
    )
    return Read(int(rows), plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def nodes_of(node: dict) -> Iterator[dict]:
    """Go through the nodes of a plan of PostgreSQL."""
    yield node
    for below in node.get("Plans", ()):
        yield from nodes_of(below)
