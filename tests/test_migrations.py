"""The migrations make exactly the tables that the code knows, and go down again."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from lti_tool import create_app
from lti_tool.extensions import db


@pytest.fixture
def fresh(databases, tmp_path):
    """An application on an empty database of its own."""
    address = databases.create("migrations")
    app = create_app("testing", {"DATABASE_URL": address, "VAR_DIR": str(tmp_path)})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    databases.drop(address)


def is_ours(thing, name, kind, reflected, compare_to) -> bool:
    """Leave out the full-text index, which has no model, and what SQLite keeps behind it."""
    table = name if kind == "table" else thing.table.name if kind == "index" else ""
    return not table.startswith("search_index")


def differences():
    with db.engine.connect() as connection:
        options = {"compare_type": True, "include_object": is_ours}
        known = MigrationContext.configure(connection, opts=options)
        return compare_metadata(known, db.metadata)


class TestMigrating:
    def test_up_makes_the_tables_that_the_code_knows(self, fresh):
        upgrade()
        assert differences() == []

    def test_down_leaves_nothing_and_up_works_again(self, fresh):
        upgrade()
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        upgrade()
        assert differences() == []

    def test_every_constraint_has_a_name(self):
        for table in db.metadata.sorted_tables:
            for constraint in table.constraints:
                assert constraint.name, f"{table.name}: {constraint}"
