"""Databases of earlier releases go on: nothing is lost, and both releases can run during the change."""

import re
from collections.abc import Collection

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, select, text

from lti_tool import create_app
from lti_tool.extensions import db
from lti_tool.models import Post
from tests.support import kept

ASKED_MEANWHILE = "Asked by the release before"


# The gate goes on from the first release and from the last one; `make test-long` from those between, too.
BETWEEN = kept.RELEASES[1:-1]


@pytest.fixture(
    params=[pytest.param(one, marks=pytest.mark.long if one in BETWEEN else ()) for one in kept.RELEASES]
)
def release(request):
    return request.param


@pytest.fixture
def old(release, databases, tmp_path):
    """The tool on a database of an earlier release, not upgraded yet; its address is in the settings."""
    address = databases.create("kept")
    kept.fill(address, release)
    app = create_app("testing", {"DATABASE_URL": address, "VAR_DIR": str(tmp_path)})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    databases.drop(address)


@pytest.fixture
def world(old, lms_signing_key):
    """The upgraded tool with an LMS of the same courses and people."""
    upgrade()
    opened = kept.beside_an_lms(old, lms_signing_key)
    yield opened
    opened.close()


def shape_of(table):
    """What a table promises to those who write: its columns, and everything that a row must obey."""
    looked_at = inspect(db.engine)
    unique = [tuple(rule["column_names"]) for rule in looked_at.get_unique_constraints(table)]
    unique += [tuple(index["column_names"]) for index in looked_at.get_indexes(table) if index["unique"]]
    foreign = [(*rule["constrained_columns"],) for rule in looked_at.get_foreign_keys(table)]
    checks = {(rule["name"], rule["sqltext"]) for rule in looked_at.get_check_constraints(table)}
    return {
        "columns": {column["name"]: column for column in looked_at.get_columns(table)},
        "rules over columns": {*unique, *foreign},
        "checks": checks,
    }


def narrowed(before, after):
    """Name what a writer of the release before could stumble over."""
    added = {name: column for name, column in after["columns"].items() if name not in before["columns"]}
    found = [f"{name} is gone" for name in before["columns"] if name not in after["columns"]]
    found += [
        f"{name} must be given"
        for name, column in added.items()
        if not column["nullable"] and column["default"] is None
    ]
    found += [
        f"{name} is another type or may not be empty any more"
        for name, column in before["columns"].items()
        if name in after["columns"]
        and (
            str(column["type"]) != str(after["columns"][name]["type"])
            or (column["nullable"] and not after["columns"][name]["nullable"])
        )
    ]
    new_rules = after["rules over columns"] - before["rules over columns"]
    found += [
        f"a new rule over {rule}"
        for rule in new_rules
        if not set(rule) <= set(added) and not is_implied(rule, before, added)
    ]
    new_checks = {(name, said) for name, said in after["checks"] - before["checks"]}
    known = dict(before["checks"])
    return found + [
        f"a new check {check}"
        for check in new_checks
        if not only_about(check, before, added) and not is_widened(known.get(check[0]), check[1])
    ]


def is_implied(rule, before, added):
    """Tell whether an old rule, stricter by the columns that are new, has been kept by all rows anyway."""
    return bool(set(rule) & set(added)) and tuple(set(rule) - set(added)) in before["rules over columns"]


def is_widened(before, after):
    """Tell whether a check that names the words of a column allows all that it allowed, and more."""
    return before is not None and set(re.findall(r"'\w+'", before)) < set(re.findall(r"'\w+'", after))


def only_about(check, before, added):
    """Tell whether a check names columns that are new, which old writers leave alone, and none other."""
    named = set(re.findall(r"\w+", check[1]))
    return bool(named & set(added)) and not named & set(before["columns"])


def a_few_values(leaving: Collection[int] = ()):
    """What people would miss first: words, and grades with what stands behind them.

    :param leaving: numbers of posts that are not looked at.
    """
    left = ", ".join(map(str, {0, *leaving}))
    posts = text(
        f"SELECT id, title, body, comment_count, created_at FROM post WHERE id NOT IN ({left}) ORDER BY id"
    )
    grades = text("SELECT id, state, confirmed_value, enrolment_id FROM score_delivery ORDER BY id")
    statements = text("SELECT id, digest FROM score_statement ORDER BY id")
    with db.engine.connect() as connection:
        return [connection.execute(wanted).all() for wanted in (posts, grades, statements)]


class TestUpgrading:
    def test_nothing_is_lost(self, old):
        before, values = kept.counts(db.engine), a_few_values()
        upgrade()
        after = kept.counts(db.engine)
        assert {name: after.get(name) for name in before} == before
        assert before["post"] > 20 and before["score_statement"] > 1
        assert a_few_values() == values

    def test_one_step_back_keeps_the_rows_too(self, old):
        before, values = kept.counts(db.engine), a_few_values()
        upgrade()
        downgrade()
        after = kept.counts(db.engine)
        assert {name: number for name, number in before.items() if name in after} == {
            name: number for name, number in after.items() if name in before
        }
        assert a_few_values() == values

    def test_back_before_groups_leaves_them_out_and_nothing_else(self, old):
        upgrade()
        closed = self.posts_of_subgroups()  # going back deletes them, lest they be shown to everybody
        before, values = self.all_but_groups(), a_few_values(closed)
        with db.engine.begin() as connection:
            course, enrolment = connection.execute(
                text("SELECT course_id, id FROM enrolment ORDER BY id LIMIT 1")
            ).one()
            groups = "INSERT INTO course_group (id, course_id, group_id, hidden, source) VALUES"
            members = "INSERT INTO course_group_member (course_group_id, enrolment_id) VALUES"
            said = "UPDATE enrolment SET launch_groups = '[\"12\"]' WHERE id ="
            read = "UPDATE roster SET groups_read_id = 'x', groups_problem = 'groups-gone'"
            for statement in (
                f"{groups} (999, {course}, 'of the test', false, 'launch')",
                f"{members} (999, {enrolment})",
                f"{said} {enrolment}",
                read,
            ):
                connection.execute(text(statement))
        downgrade(revision="0003")
        assert a_few_values(closed) == values
        older = self.all_but_groups().keys()
        upgrade()
        after = self.all_but_groups()
        # What came after groups went with them: there was no place for it.
        assert {name: after[name] for name in older} == {name: before[name] for name in older}
        with db.engine.connect() as connection:
            assert connection.scalar(text("SELECT count(launch_groups) FROM enrolment")) == 0
            assert connection.scalar(text("SELECT count(*) FROM course_group")) == 0

    def posts_of_subgroups(self) -> list[int]:
        with db.engine.connect() as connection:
            wanted = text("SELECT id FROM post WHERE subgroup_id IS NOT NULL")
            return list(connection.scalars(wanted))

    def all_but_groups(self) -> dict[str, int]:
        return {name: rows for name, rows in kept.counts(db.engine).items() if "group" not in name}

    def test_people_find_their_community_as_it_was(self, world):
        home = world.enter("ines")
        with world.database() as session:
            community = int(home.community.split("/")[2])
            post = session.scalars(select(Post).where(Post.community_id == community)).first()
            title, number = " ".join(post.title.split()), post.id
        trainer = world.enter("claire")
        shown = {below: trainer.get(below) for below in ("", "members", "grading", f"posts/{number}")}
        assert {below: page.status for below, page in shown.items()} == dict.fromkeys(shown, 200)
        assert title in shown[f"posts/{number}"].text
        assert "Inès Lefèvre" in shown["members"].text
        assert home.get("participation").status == 200
        assert (
            home.post("posts", kind="question", title="After the upgrade?", body="Still here?").status == 200
        )


class TestOldAndNewTogether:
    def test_the_schema_only_grows(self, old):
        tables = [name for name in inspect(db.engine).get_table_names() if name != "alembic_version"]
        before = {table: shape_of(table) for table in tables}
        upgrade()
        assert set(tables) <= set(inspect(db.engine).get_table_names())
        found = {table: narrowed(before[table], shape_of(table)) for table in tables}
        assert {table: problems for table, problems in found.items() if problems} == {}

    def test_what_the_old_release_sends_works_on_the_new_schema_and_the_new_one_shows_it(
        self, old, release, lms_signing_key
    ):
        upgrade()
        before = kept.counts(db.engine)
        db.engine.dispose()
        kept.go_on_as(old.config["DATABASE_URL"], release)
        after = kept.counts(db.engine)
        for table in ("post", "comment", "enrolment", "launch_record", "score_statement", "change"):
            assert after[table] > before[table], table
        world = kept.beside_an_lms(old, lms_signing_key)
        try:
            assert ASKED_MEANWHILE in world.enter("karim").text
        finally:
            world.close()


class TestTheRuleItself:
    """A table that does not only grow would be found."""

    BEFORE = {
        "columns": {"title": {"type": "VARCHAR(140)", "nullable": True, "default": None}},
        "rules over columns": set(),
        "checks": set(),
    }

    @pytest.mark.parametrize(
        "change",
        [
            {"columns": {}},
            {"columns": {"title": {"type": "VARCHAR(80)", "nullable": True, "default": None}}},
            {"columns": {"title": {"type": "VARCHAR(140)", "nullable": False, "default": None}}},
            {"columns": {**BEFORE["columns"], "new": {"type": "INT", "nullable": False, "default": None}}},
            {"rules over columns": {("title",)}},
            {"checks": {("short", "length(title) < 9")}},
        ],
    )
    def test_what_narrows_is_named(self, change):
        assert len(narrowed(self.BEFORE, self.BEFORE | change)) == 1

    def test_what_grows_is_fine(self):
        grown = {
            "new": {"type": "INT", "nullable": False, "default": "0"},
            "more": {"type": "INT", "nullable": True, "default": None},
        }
        assert narrowed(self.BEFORE, self.BEFORE | {"columns": self.BEFORE["columns"] | grown}) == []

    NEW = {"new": {"type": "INT", "nullable": False, "default": "0"}}

    @pytest.mark.parametrize(
        ("rules", "checks", "problems"),
        [
            ({("title", "new")}, set(), 0),  # the old one over the title alone was stricter
            ({("other", "new")}, set(), 1),
            (set(), {("some", "new IN (0, 1)")}, 0),
            (set(), {("some", "new > length(title)")}, 1),
        ],
    )
    def test_a_rule_about_what_is_new_narrows_only_what_was_free_before(self, rules, checks, problems):
        before = self.BEFORE | {"rules over columns": {("title",)}}
        after = {"columns": self.BEFORE["columns"] | self.NEW, "rules over columns": rules, "checks": checks}
        assert len(narrowed(before, after)) == problems
