"""Login and launch of ours beside those of a bare PyLTI1p3 tool, without a database and with one: CPU.

All three under the same gunicorn; what counts is the CPU of the servers.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import platform, servers, shares
from benchmarks.browsers import Browser, Line
from benchmarks.platform import Lms
from benchmarks.servers import TOOL, Installation, Server
from tests.support import databases

# Short turns, many of them: what else the machine does falls upon both sides.
PEOPLE, ROUNDS = 60, 12
WARMING_UP = 30


@dataclass(frozen=True)
class Cost:
    """Milliseconds of CPU for one login and one launch, of the web server and of the database server."""

    login: float
    launch: float
    database: float

    @property
    def web(self) -> float:
        return self.login + self.launch


class Subject:
    """A server that people launch into, one after the other: what is measured is CPU, not waiting."""

    def __init__(self, server: Server, lms: Lms, database_pid: int | None = None) -> None:
        self._server, self._lms, self._line = server, lms, Line(server)
        self._database_pid = database_pid

    def warm_up(self) -> None:
        self.launches("warm", WARMING_UP)

    def launches(
        self, who: str, count: int = PEOPLE, login: Callable[[Browser], dict] = Browser.login
    ) -> Cost:
        """Let that many people log in, then sign for all of them, then let all of them launch."""
        people = [Browser(self._line, self._lms, f"{who}-{number}") for number in range(count)]
        database = self._database_cpu()
        asked, login = self._measured(people, login)
        forms = [person.signed(said) for person, said in zip(people, asked, strict=True)]
        launching = list(zip(people, forms, strict=True))
        _, launch = self._measured(launching, lambda pair: pair[0].launch(pair[1]))
        each = 1000 / count
        return Cost(login * each, launch * each, (self._database_cpu() - database) * each)

    def _measured(self, subjects: list, act: Callable) -> tuple[list, float]:
        before = self._server.cpu()
        answers = [act(subject) for subject in subjects]
        return answers, self._server.cpu() - before

    def _database_cpu(self) -> float:
        return servers.cpu_of_family(self._database_pid) if self._database_pid else 0.0


@dataclass(frozen=True)
class Sides:
    """The three servers that are compared."""

    ours: Subject
    bare: Subject
    with_database: Subject

    def warm_up(self) -> None:
        for subject in (self.ours, self.bare, self.with_database):
            subject.warm_up()


@dataclass(frozen=True)
class Round:
    """What the same people cost on all sides, in turns: new to the course, coming again, finding out more."""

    ours_new: Cost
    with_database_new: Cost
    bare: Cost
    ours_again: Cost
    with_database_again: Cost
    ours_checked: Cost
    bare_checked: Cost

    @classmethod
    def of(cls, sides: Sides, who: str) -> "Round":
        """Measure one; what stands first is done first."""
        return cls(
            ours_new=sides.ours.launches(who),
            with_database_new=sides.with_database.launches(who),
            bare=sides.bare.launches(who),
            ours_again=sides.ours.launches(who),
            with_database_again=sides.with_database.launches(who),
            ours_checked=sides.ours.launches(who, login=Browser.login_finding_out_about_cookies),
            bare_checked=sides.bare.launches(who, login=Browser.login_to_the_bare_tool_finding_out),
        )


BARE, WITH_DATABASE = "bare PyLTI1p3", "PyLTI1p3 with a database behind it"


def figures() -> Iterator[str]:
    """Measure and say, for the database that TEST_DATABASE names."""
    with _all() as (sides, installation, lms):
        sides.warm_up()
        rounds = [Round.of(sides, f"person-{number}") for number in range(ROUNDS)]
        made_of = shares.sentence(installation, lms)

    def said(who: str, ours: str, theirs: str, whose: str) -> str:
        pairs = [(getattr(one, ours), getattr(one, theirs)) for one in rounds]
        return f"login + launch of {who} ÷ {whose}: {_comparison(pairs)}"

    here, new = "somebody who was here before", "somebody new to the course"
    finding_out = "somebody who was here, both finding out about cookies,"
    yield said(here, "ours_again", "bare", BARE)
    yield said(new, "ours_new", "bare", BARE)
    yield said(finding_out, "ours_checked", "bare_checked", BARE)
    yield said(here, "ours_again", "with_database_again", WITH_DATABASE)
    yield said(new, "ours_new", "with_database_new", WITH_DATABASE)
    yield made_of


def _comparison(pairs: list[tuple[Cost, Cost]]) -> str:
    ratios = sorted(ours.web / theirs.web for ours, theirs in pairs)
    spread = f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    ours, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
    return f"{spread}; {_parts(ours)} ÷ {_parts(theirs)} ms of CPU{_beside(ours, theirs)}"


def _parts(costs: list[Cost]) -> str:
    return f"{median(cost.login for cost in costs):.2f} + {median(cost.launch for cost in costs):.2f}"


def _beside(ours: list[Cost], theirs: list[Cost]) -> str:
    """PostgreSQL's own processes; of SQLite there are none."""
    measured = [median(cost.database for cost in costs) for costs in (ours, theirs)]
    told = " ÷ ".join(f"{milliseconds:.2f}" for milliseconds in measured if milliseconds)
    return f"; PostgreSQL's own processes {told} ms beside it" if told else ""


@contextmanager
def _all() -> Iterator[tuple[Sides, Installation, Lms]]:
    with ExitStack() as resources:
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="cv-bench-")))
        resources.enter_context(databases.prepared_server())
        lms = resources.enter_context(platform.running(TOOL))
        made = databases.databases(folder)
        address, their_address = made.create("launches"), made.create("bare_launches")
        for one in (address, their_address):
            resources.callback(made.drop, one)
        installation = resources.enter_context(servers.installed(lms, address, folder / "var"))
        postgresql = servers.postgresql_pid(address)
        ours = resources.enter_context(servers.our_server(installation))
        bare = resources.enter_context(servers.bare_server(lms))
        theirs = resources.enter_context(servers.bare_server_with_database(lms, their_address))
        yield (
            Sides(Subject(ours, lms, postgresql), Subject(bare, lms), Subject(theirs, lms, postgresql)),
            installation,
            lms,
        )
