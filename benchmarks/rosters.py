"""A large roster, in proportion to a small one and to reading the same JSON without keeping it.

The LMS is a process of its own that answers 500 members a page; the tool reads with the service that its
worker runs. BENCHMARK_PEOPLE measures with another number of people than ten thousand.
"""

import json
import multiprocessing
import os
import tempfile
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from time import process_time
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from flask_migrate import upgrade
from joserfc.jwk import RSAKey
from sqlalchemy import func, select, update

from lti_tool import clock, create_app
from lti_tool.extensions import db
from lti_tool.lti.rosters import PAGE_SIZE
from lti_tool.models import Course, Enrolment, Membership, Platform
from lti_tool.services import member_list, rosters, signing
from lti_tool.transactions import reading, transaction
from tests.support import databases
from tests.support.statements import counted
from tests.support.world import FRENCH, Page, World

PEOPLE = int(os.environ.get("BENCHMARK_PEOPLE", "10000"))
FEW = max(PEOPLE // 10, PAGE_SIZE)
ROUNDS = 3


def figures() -> Iterator[str]:
    """Measure on the database that TEST_DATABASE names; a sentence each."""
    with _course_of_a_large_lms() as course:
        few = course.cost(FEW)
        page_of_few = course.members_page()
        many = course.cost(PEOPLE)
        page_of_many = course.members_page()
        yield _beside_json(course, f"{PEOPLE:,} people whom nobody knew", many.new)
        yield _beside_json(course, "the same once more", many.again)
        yield (
            f"Most memory in use while reading {PEOPLE:,} people ÷ {FEW:,}: {many.peak / few.peak:.2f} "
            f"({many.peak / 1e6:.1f} ÷ {few.peak / 1e6:.1f} MB above where it began)"
        )
        per_page = (many.statements - few.statements) / ((PEOPLE - FEW) / PAGE_SIZE)
        yield (
            f"Statements for each page of {PAGE_SIZE}: {per_page:.2f}; for everything else, "
            f"{few.statements - per_page * FEW / PAGE_SIZE:.0f}"
        )
        yield (
            f"Page of members of {page_of_many.members:,} people ÷ {page_of_few.members:,}: "
            f"{page_of_many.cpu / page_of_few.cpu:.2f} ({page_of_many.cpu * 1000:.0f} ÷ "
            f"{page_of_few.cpu * 1000:.0f} ms of CPU); "
            f"{page_of_many.statements} ÷ {page_of_few.statements} SQL statements"
        )


@dataclass(frozen=True)
class Cost:
    """Of one roster: seconds of CPU when all are new and when nobody is; bytes; statements of the second."""

    new: float
    again: float
    peak: int
    statements: int


@dataclass(frozen=True)
class MembersPage:
    """Of the first part of the list of members: how many there are; seconds of CPU; statements."""

    members: int
    cpu: float
    statements: int


class LargeCourse:
    """A course whose trainer is here and whose LMS lists as many people as one wants."""

    def __init__(self, app: Flask, lms: str, trainer: Page) -> None:
        self._app, self._lms, self._trainer = app, lms, trainer
        self._round = 0

    def cost(self, people: int) -> Cost:
        """Read so many people whom nobody knew, and the same again, a few times; the least of each counts."""
        new, again = [], []
        for _ in range(ROUNDS):
            self._round += 1
            self._list(people)
            new.append(self._cpu())
            again.append(self._cpu())
        self._ask()
        with self._app.app_context(), counted() as sent:
            rosters.read_due_rosters(clock.now, transaction)
        return Cost(min(new), min(again), self._peak(), len(sent))

    def members_page(self) -> MembersPage:
        """Look at the list of members a few times; the least of the CPU counts."""
        with self._app.app_context(), reading():
            members = db.session.scalar(select(func.count()).select_from(Membership))
        taken = []
        for _ in range(ROUNDS):
            began = process_time()
            page = self._trainer.get("members")
            taken.append(process_time() - began)
        if len(page.soup.select("tbody tr")) != member_list.PAGE:
            raise RuntimeError(f"The page does not show {member_list.PAGE} members: {page.text[:300]}")
        with self._app.app_context(), counted() as sent:
            self._trainer.get("members")
        return MembersPage(members, min(taken), len(sent))

    def cpu_of_json(self) -> float:
        """Return the seconds of CPU that parsing every page of the large list takes, and nothing else."""
        pages = [json.dumps(page_of("x", PEOPLE, start)).encode() for start in range(0, PEOPLE, PAGE_SIZE)]
        taken = []
        for _ in range(ROUNDS):
            began = process_time()
            for page in pages:
                json.loads(page)
            taken.append(process_time() - began)
        return min(taken)

    def _list(self, people: int) -> None:
        address = f"{self._lms}/memberships?round={self._round}&people={people}"
        with self._app.app_context(), transaction():
            db.session.execute(update(Enrolment).values(listed=False))
            db.session.execute(update(Course).where(Course.context_id == FRENCH).values(roster_url=address))
            self._listed = people

    def _ask(self) -> None:
        page = self._trainer.post("members/roster", follow=False)
        if page.status != 303:
            raise RuntimeError(f"The roster was not asked for: {page.text[:300]}")

    def _read(self) -> None:
        with self._app.app_context():
            rosters.read_due_rosters(clock.now, transaction)

    def _cpu(self) -> float:
        self._ask()
        began = process_time()
        self._read()
        taken = process_time() - began
        self._all_are_here()
        return taken

    def _peak(self) -> int:
        self._ask()
        tracemalloc.start()
        began, _ = tracemalloc.get_traced_memory()
        self._read()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak - began

    def _all_are_here(self) -> None:
        listed = select(func.count()).where(Enrolment.listed, Enrolment.active)
        with self._app.app_context(), reading():
            found = db.session.scalar(listed)
        if found != self._listed:
            raise RuntimeError(f"{found} people are listed, not {self._listed}")


def _beside_json(course: LargeCourse, what: str, seconds: float) -> str:
    alone = course.cpu_of_json()
    return (
        f"Roster of {what} ÷ parsing its JSON alone: {seconds / alone:.1f} "
        f"({seconds * 1000:.0f} ÷ {alone * 1000:.0f} ms of CPU, {seconds / PEOPLE * 1e6:.0f} µs a person)"
    )


def page_of(label: str, people: int, start: int) -> dict:
    """Return what an LMS answers from this member on."""
    members = [
        {
            "status": "Active",
            "roles": ["Learner"],
            "user_id": f"{label}-{number}",
            "lis_person_sourcedid": f"SIS-{number}",
            "name": f"Person {number}",
            "given_name": "Person",
            "family_name": str(number),
            "email": f"person{number}@example.org",
            "ext_user_username": f"person{number}",
        }
        for number in range(start, min(start + PAGE_SIZE, people))
    ]
    return {"id": "x", "context": {"id": FRENCH, "label": "L", "title": "T"}, "members": members}


@contextmanager
def _course_of_a_large_lms() -> Iterator[LargeCourse]:
    with tempfile.TemporaryDirectory(prefix="cv-rosters-") as folder, databases.prepared_server():
        made = databases.databases(Path(folder))
        address = made.create("bench_rosters")
        app = create_app("testing", {"DATABASE_URL": address, "VAR_DIR": folder})
        with app.app_context():
            upgrade()
            with transaction():
                signing.make_first_key(clock.now())
        world = World(app, RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True))
        world.open_lms()
        try:
            with _large_lms() as lms:
                trainer = world.enter("claire")
                with app.app_context(), transaction():
                    db.session.execute(update(Platform).values(token_url=f"{lms}/token"))
                yield LargeCourse(app, lms, trainer)
        finally:
            world.close()
            with app.app_context():
                db.engine.dispose()
            made.drop(address)


@contextmanager
def _large_lms() -> Iterator[str]:
    """Run the LMS in a process of its own, so that its work is not taken for the tool's."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _answer(parent: Connection) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer({"access_token": "a-token", "token_type": "Bearer", "expires_in": 3600})

        def do_GET(self) -> None:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            people, start = int(asked["people"]), int(asked.get("from", 0))
            link = {}
            if start + PAGE_SIZE < people:
                asked["from"] = str(start + PAGE_SIZE)
                query = "&".join(f"{name}={value}" for name, value in asked.items())
                link["Link"] = f'</memberships?{query}>; rel="next"'
            self.answer(page_of(asked["round"], people, start), **link)

        def answer(self, content: object, **headers: str) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            for name, value in ({"Content-Type": "application/json"} | headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    parent.send(server.server_address[1])
    server.serve_forever()
