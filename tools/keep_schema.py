"""Keep schema, rows and statements of a release, so that later releases prove that they can take over.

`python -m tools.keep_schema issue-3` writes tests/schemas/issue-3/ with the code as it is; another folder
for the schemas may follow. For each database: `<kind>.sql.gz`, the schema with four weeks of a living course,
launches and grades that were sent; `<kind>.statements.sql.gz`, what this release sends to its database while
somebody new comes in, writes, replies, and is graded. tests/test_upgrades.py reads them.
"""

import gzip
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

import psycopg
import pyotp
from joserfc.jwk import RSAKey
from sqlalchemy import event, select

from demo_lms import COURSES, PEOPLE, LmsSettings
from demo_lms.claims import container_address
from demo_lms.people import LEARNER
from lti_tool import __version__, clock, create_app
from lti_tool.cli import application
from lti_tool.extensions import db
from lti_tool.lti.role_rules import RoleRule, RuleKind, stored
from lti_tool.models import Deployment, GradeColumn, Platform, Role
from lti_tool.services import (
    heartbeats,
    invitations,
    kept_texts,
    messages,
    notice_handlers,
    platforms,
    rosters,
    sample_course,
    sign_in,
    signing,
    succession,
)
from lti_tool.services.platforms import Registration
from lti_tool.transactions import transaction
from tests.support.administrators import administrator
from tests.support.classroom import Classroom
from tests.support.world import FRENCH, TOOL, Page, World
from tools.programs import find_postgresql
from tools.throwaway_postgres import throwaway_postgres

SCHEMAS = Path(__file__).resolve().parent.parent / "tests" / "schemas"
LARGEST = 300_000
# What Python's dump says of the full-text index of SQLite.
OF_THE_INDEX = re.compile(
    r"""(PRAGMA writable_schema|INSERT INTO sqlite_master|(CREATE TABLE|INSERT INTO) ['"]?search_index)"""
)
# Lines for psql alone, and settings of the session that a reader may not know.
NOT_FOR_EVERYBODY = re.compile(r"^(\\|SET transaction_timeout)")


def main(release: str, folder: str = str(SCHEMAS)) -> None:
    """Write the files of a release; says how large they are and which tables stayed empty."""
    kept = Path(folder) / release
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        address = f"sqlite:///{work}/kept.sqlite"
        _keep(address, Path(work), kept / "sqlite", _sqlite_dump, _sqlite_recorded)
        with throwaway_postgres() as server:
            plain = server.replace("postgresql+psycopg://", "postgresql://", 1)
            with psycopg.connect(f"{plain}/postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE kept TEMPLATE template0")
            _keep(f"{server}/kept", Path(work), kept / "postgresql", _postgresql_dump, _postgresql_recorded)
    for file in sorted(kept.glob("*.gz")):
        print(f"{file.stat().st_size:>8} bytes  {file.name}")
        if file.stat().st_size > LARGEST:
            raise SystemExit(f"{file.name} is larger than {LARGEST} bytes")


def _keep(address: str, work: Path, stem: Path, dump: Callable, recorded: Callable) -> None:
    app = create_app("testing", {"DATABASE_URL": address, "VAR_DIR": str(work)})
    application.upgraded(app)
    with app.app_context(), transaction():
        signing.make_first_key(clock.now())
    world = World(app, RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True))
    world.open_lms(deployment_ids=(LmsSettings().deployment_id,))
    try:
        classroom = _live(world)
        _write(stem.with_name(f"{stem.name}.sql.gz"), dump(address))
        with app.app_context(), recorded(db.engine) as statements:
            _go_on(world, classroom)
        _write(stem.with_name(f"{stem.name}.statements.sql.gz"), ";\n".join([*statements, ""]))
        print(f"{stem.name}: empty tables: {', '.join(_empty_tables(world)) or 'none'}")
    finally:
        world.close()
        with app.app_context():
            db.engine.dispose()


def _live(world: World) -> Classroom:
    """Let four weeks pass, then let people come in and the trainer send grades."""
    with world.app.app_context(), transaction():
        platform = db.session.get(Platform, world.platform_id)
        lms = world.lms.settings
        columns = partial(container_address, lms)
        zone = "Europe/Paris"
        sample_course.fill(platform, lms.deployment_id, COURSES, PEOPLE, zone, clock.now(), columns)
    _operate(world)
    classroom = Classroom(world)
    _read_rosters(world)
    classroom.make_columns()
    classroom.send("ines", "karim")
    classroom.deliver()
    _administer(world)
    _judge(classroom)
    _share(classroom)
    return classroom


def _operate(world: World) -> None:
    """Leave behind what an operator and a running installation leave behind."""
    now = clock.now()
    with world.app.app_context(), transaction():
        heartbeats.beat("kept:1", __version__, now, now)
        invitations.invite("Another campus", None, TOOL, now, timedelta(days=7))
        first = db.session.get(Platform, world.platform_id)
        addresses = {"auth_url": first.auth_url, "token_url": first.token_url, "jwks_url": first.jwks_url}
        again = Registration(
            name="Registered anew",
            issuer=first.issuer,
            client_id="registered-anew",
            deployment_ids=(world.lms.settings.deployment_id,),
            **addresses,
        )
        second = platforms.add(again, None, TOOL, now)
        succession.succeed(first.id, second.id, None, now)
        succession.undo(first.id, second.id, now)
        kept_texts.keep(1, 1, "/communities/1/posts", {"title": "A draft", "body": "Not lost."}, now)


def _administer(world: World) -> None:
    """Leave behind what administrators do in the console, and what an LMS tells of itself."""
    operator = administrator(world, operator=True)
    tenant = administrator(world, organisation="A school")
    secret = operator.post("/admin/account/factor").soup.select_one("#secret")["value"]
    _well(operator.post("/admin/account/factor/on", {"code": pyotp.TOTP(secret).now()}))
    platform = f"/admin/platforms/{world.platform_id}"
    _well(operator.post(f"{platform}/origins", {"origin": "https://portal.school.test"}))
    _well(operator.post(f"{platform}/check"))
    now = clock.now()
    with world.app.app_context(), transaction():
        rule = RoleRule(RuleKind.ROLE, "Mentor", Role.OBSERVER)
        here = select(Deployment).where(Deployment.platform_id == world.platform_id)
        db.session.scalars(here).one().role_rules = stored([rule])
        link = sign_in.link_for(tenant.id, TOOL, now, timedelta(hours=1))
        about = {"link": link, "minutes": 15}
        subject = f"administrator:{tenant.id}"
        messages.ask_for(messages.SIGN_IN, tenant.email, "fr", about, now, subject=subject)
    world.lms.quirks.notices_in_launch = True
    world.enter("claire")
    with world.app.app_context():
        notice_handlers.register_wanted(clock.now, transaction)


def _judge(classroom: Classroom) -> None:
    """Leave behind what trainers decide about a learner, what that learner asks, and a prompt."""
    trainer, learner, number = classroom.trainer, classroom.learner("ines"), classroom.number("ines")
    with classroom.world.database() as session:
        column = session.scalars(select(GradeColumn.id).order_by(GradeColumn.id)).first()
    below = f"grading/learners/{number}"
    _well(trainer.post("prompts", title="A prompt", body="Do this.", deadline="2090-01-01T10:00"))
    _well(trainer.post(f"{below}/excuses", act="excuse", period="1", reason="Was ill"))
    _well(trainer.post(f"{below}/feedback", column=column, body="Well asked."))
    _well(trainer.post(f"{below}/decisions", column=column, decision="override", value="12", reason="Agreed"))
    _well(learner.post("participation/questions", subject="score", body="Why?"))


def _share(classroom: Classroom) -> None:
    """Leave behind what members keep for themselves, whom they mention, and a file."""
    learner = classroom.learner("ines")
    thread = f"posts/{re.search(r'/posts/([0-9]+)', classroom.ask('ines').path)[1]}"
    _well(learner.post("topics/1/attention", attention="followed"))
    begun = learner.post("drafts", draft=f"new-{'a' * 32}", draft_version="0", body="Not published.")
    _well(begun)
    brought = learner.browser.tool.post(
        f"{learner.community}files",
        data={"seat_token": learner.seat_token, "files": (BytesIO(b"What was said."), "notes.txt")},
        base_url=TOOL,
        headers={"Accept": "application/json"},
    )
    number = str(brought.json["files"][0]["id"])
    _well(learner.post(f"{thread}/comments", body="Look, @Claire Dubois", attachment=number))


def _well(page: Page) -> None:
    assert page.status == 200, page.text


def _read_rosters(world: World) -> None:
    with world.app.app_context():
        rosters.read_due_rosters(clock.now, transaction)


def _go_on(world: World, classroom: Classroom) -> None:
    """Do what people do in an hour: a newcomer launches, writes and replies; the trainer sends the grades."""
    world.lms.enrol("grace", FRENCH, LEARNER)
    newcomer = world.enter("grace")
    asked = newcomer.post(
        "posts", kind="question", title="Asked by the release before", body="Is it still there?"
    )
    assert asked.status == 200, asked.text
    post = re.search(r"/posts/(\d+)", asked.path)[1]
    replied = classroom.learner("ines").post(
        f"posts/{post}/comments", body="It is, and it stays where it was."
    )
    assert replied.status == 200, replied.text
    for page in ("", "members", "grading", "participation"):
        classroom.trainer.get(page)
    classroom.trainer.post("members/roster")
    _read_rosters(world)
    classroom.send()
    classroom.deliver()


def _empty_tables(world: World) -> list[str]:
    with world.database() as session:
        tables = db.metadata.sorted_tables
        return [table.name for table in tables if session.execute(select(table).limit(1)).first() is None]


def _write(file: Path, text: str) -> None:
    """Write it so that the same text gives the same file."""
    file.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def _sqlite_dump(address: str) -> str:
    with closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as connection:
        plain = [line for line in connection.iterdump() if not OF_THE_INDEX.match(line)]
        return "\n".join([*plain, *_index_anew(connection)])


def _index_anew(connection: sqlite3.Connection) -> Iterator[str]:
    """Write the full-text index as what makes it: its own tables cannot be filled from outside."""
    made = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'search_index'").fetchone()
    if made is not None:
        yield f"{made[0]};"
        for number, terms in connection.execute(
            "SELECT rowid, quote(terms) FROM search_index ORDER BY rowid"
        ):
            yield f"INSERT INTO search_index (rowid, terms) VALUES ({number}, {terms});"


def _postgresql_dump(address: str) -> str:
    program = find_postgresql() / "pg_dump"
    plain = address.replace("postgresql+psycopg://", "postgresql://", 1)
    command = [program, "--inserts", "--rows-per-insert=100", "--no-owner", "--no-privileges", plain]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in text.splitlines() if not NOT_FOR_EVERYBODY.match(line))


@contextmanager
def _sqlite_recorded(engine) -> Iterator[list[str]]:
    """Collect what SQLite is told, values written out, transactions included."""
    statements: list[str] = []

    def listen(connection, record) -> None:
        connection.set_trace_callback(statements.append)

    engine.dispose()
    event.listen(engine, "connect", listen)
    try:
        yield statements
    finally:
        event.remove(engine, "connect", listen)
        engine.dispose()


@contextmanager
def _postgresql_recorded(engine) -> Iterator[list[str]]:
    """Collect what PostgreSQL is told, values written out, without how transactions begin and end."""
    statements: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany) -> None:
        if statement.startswith("SET TRANSACTION"):
            return
        with psycopg.ClientCursor(cursor.connection) as written_out:
            for values in parameters if executemany else [parameters]:
                statements.append(written_out.mogrify(statement, values or None))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


if __name__ == "__main__":
    main(*sys.argv[1:])
