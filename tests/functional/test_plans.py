"""Every query of the pages and of a launch stands on an index: the databases' own plans are read."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from lti_tool.extensions import db
from tests.functional.filling import fill
from tests.functional.space import id_of
from tests.support.classroom import Classroom
from tests.support.content import Dialog, open_link

# Tables that hold a handful of rows in the largest installation.
SMALL = frozenset({"platform", "organisation", "succession", "tool_key"})


@contextmanager
def noted() -> Iterator[dict[str, object]]:
    """Collect what a block sends that looks for rows, with the parameters of the first time."""
    sent: dict[str, object] = {}

    def note(connection, cursor, statement, parameters, context, executemany):
        if statement.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE")) and not executemany:
            sent.setdefault(statement, parameters)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def walk(classroom: Classroom, number: int) -> None:
    """Do everything that pages offer, as a learner and as a trainer; `number` is another member's."""
    learner, trainer = classroom.learner("ines"), classroom.trainer
    thread = f"posts/{id_of(classroom.ask('ines'))}"
    first = learner.post(f"{thread}/comments", body="First reply")
    reply = f"{thread}/comments/{first.soup.select_one('article[id^=comment-]')['id'].partition('-')[2]}"
    learner.post(f"{thread}/edit", title="New title", body="New words", version="0")
    learner.post(f"{reply}/edit", body="New reply", version="0")
    pages = ["", "?filter=mine", "?filter=unanswered", "changes", "members", thread, f"{thread}/edit"]
    pages += [f"{thread}/history", f"{reply}/edit", f"{reply}/history", "posts/new?kept=1"]
    for page in (*pages, "participation"):
        learner.browser.get(learner.community + page)
    older = learner.soup.select_one("a[href*='before=']")
    learner.browser.get(older["href"] if older else f"{learner.community}?before=1700000000.0-5")
    learner.post("seen")
    learner.post("kept/1/discard")
    learner.post("posts", body="Lost", seat_token="1.0")
    prompts(trainer, learner)
    trainer.post(f"members/{number}/appointment", role="community_manager")
    trainer.post(f"members/{number}/appointment/end")
    trainer.post(f"members/{number}/role")
    for page in (
        "",
        "members",
        "grading",
        "grading?show=to-send",
        "grading/progress",
        "grading/policy",
        "grading/policy/history",
        f"grading/learners/{number}",
        "grading/to-mark",
        f"grading/to-mark?week=1&prompt=1&kind=question&member={number}&before=1700000000.0-5",
    ):
        trainer.browser.get(trainer.community + page)
    marked = trainer.post("grading/to-mark", pick=["post:1=", "comment:1="], mark="0")
    trainer.post("grading/to-mark/undo", at=marked.soup.select_one("input[name=at]")["value"])
    classroom.send()
    trainer.post("grading/send", member=str(number))
    placed(classroom, number)
    learner.post(f"{reply}/delete")
    learner.post(f"{thread}/delete")
    lost_in_the_middle(classroom)


def prompts(trainer, learner) -> None:
    """Set two prompts, answer and move one, withdraw the other. (Empty tables are planned as if scanned.)"""
    for title in ("Stays", "Goes"):
        trainer.post("prompts", title=title, body="Do this.", deadline="2090-01-01T10:00")
    learner.post("posts", kind="discussion", title="Done", body="I did it.", prompt="1")
    for page in ("", "prompts", "posts/new?prompt=1", "prompts/1/edit"):
        for home in (trainer, learner):
            home.browser.get(home.community + page)
    moved = {"version": "0", "deadline": "2091-01-01T10:00", "reason": "Holidays"}
    trainer.post("prompts/1/edit", title="Stays", body="Do that.", **moved)
    trainer.post("prompts/2/withdraw")


def placed(classroom: Classroom, number: int) -> None:
    """Place links with and without columns, open them, also with keys that nobody knows, and review work."""
    trainer, learner = classroom.trainer.browser, classroom.learner("ines").browser
    graded = {"column-prompt-1": "1"}
    links = Dialog(trainer).place("space", "prompt-1", **graded)
    for link in links:
        open_link(learner, link)
    classroom.make_columns()
    for sub in ("u-ines", "u-nobody"):
        open_link(trainer, links[1], review=sub)
    unknown = "activities/nobody-knows-it"
    page = trainer.get(classroom.trainer.community + unknown)
    page = trainer.get(page.response.location) if page.status == 302 else page
    trainer.post(
        f"{classroom.trainer.community}{unknown}/bring", {"seat_token": page.seat_token, "prompt": "1"}
    )
    written = {"title": "Begun", "body": "Anew.", "seat_token": page.seat_token}
    trainer.post(f"{classroom.trainer.community}{unknown}", written)


def lost_in_the_middle(classroom: Classroom) -> None:
    """Sign out, send a text from a page that was open, come again."""
    home = classroom.learner("ines")
    home.post("sign-out")
    home.post("posts", kind="question", title="Kept", body="Kept")
    home.browser.get(home.community)
    home.browser.open_community()


@pytest.fixture
def statements(world):
    classroom = Classroom(world).ready()
    fill(world, members=30, posts=40, comments=60)
    number = classroom.number("karim")
    with world.app.app_context(), noted() as sent:
        walk(classroom, number)
    assert len(sent) > 50
    return sent


class TestThePlans:
    def test_scan_no_table_that_grows(self, world, statements):
        scanned = {}
        with world.app.app_context():
            forget_earlier_tests()
            connection = db.session.connection()
            scans = PREPARED[connection.dialect.name](connection)
            assert scans(connection, "SELECT id FROM post WHERE title = 'x'", ()), "scans are not told"
            for statement, parameters in statements.items():
                found = scans(connection, statement, parameters)
                if found:
                    scanned[" ".join(statement.split())] = found
            db.session.rollback()
        assert not scanned, "\n".join(f"{found}: {statement}" for statement, found in scanned.items())


def sqlite_scans(connection, statement: str, parameters) -> list[str]:
    """Return the steps of SQLite's plan that walk through a whole table that grows."""
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    steps = [row[3] for row in plan]
    # A table may stand there under an alias: membership_1.
    return [
        step for step in steps if step.startswith("SCAN") and grows(step.split()[1].rstrip("_0123456789"))
    ]


def postgresql_scans(connection, statement: str, parameters) -> list[str]:
    """Return the steps of PostgreSQL's plan that walk through a whole table that grows."""
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    return [
        f"{node['Node Type']} {node['Relation Name']}"
        for node in nodes_of(plan[0]["Plan"])
        if grows(node.get("Relation Name", ""))
        and node["Node Type"] in ("Seq Scan", "Index Scan", "Index Only Scan")
        and "Index Cond" not in node
    ]


def forget_earlier_tests():
    """Give tables back the pages of rows that earlier tests deleted: a planner counts pages."""
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"VACUUM FULL {', '.join(db.metadata.tables)}"))


def as_if_large(connection):
    """Let PostgreSQL plan as for millions of rows of which nothing is known: few rows are always scanned."""
    ours = "relnamespace = 'public'::regnamespace"
    # Autovacuum would tell in between how few rows there are: this lock is the one that it needs, too.
    tables = ", ".join(db.metadata.tables)
    connection.execute(text(f"LOCK TABLE {tables} IN SHARE UPDATE EXCLUSIVE MODE"))
    # A community has many members, few courses and few columns; a course has one reading of its roster.
    size = "CASE WHEN relname IN ('course', 'grade_column', 'line_item', 'roster') THEN 1e3 ELSE 1e6 END"
    connection.execute(text(f"UPDATE pg_class SET reltuples = {size}, relpages = 1 WHERE {ours}"))
    # Of a table without a page the planner guesses a size only while nobody seems to have looked at it.
    empty = "relkind = 'r' AND pg_relation_size(oid) = 0"
    connection.execute(text(f"UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE {ours} AND {empty}"))
    connection.execute(text("DELETE FROM pg_statistic"))
    for way in ("mergejoin", "hashjoin", "material"):
        connection.execute(text(f"SET LOCAL enable_{way} = off"))
    return postgresql_scans


PREPARED = {"sqlite": lambda connection: sqlite_scans, "postgresql": as_if_large}


def grows(table: str) -> bool:
    """Tell whether something in a plan is a table whose size has no bounds."""
    return table in set(db.metadata.tables) - SMALL


def nodes_of(node: dict) -> Iterator[dict]:
    yield node
    for below in node.get("Plans", ()):
        yield from nodes_of(below)
