"""Runs the migrations over the tool's own engine, whose transactions begin as ours do."""

from alembic import context
from flask import current_app

import lti_tool.models  # noqa: F401  (the tables must be known before they are compared)
from lti_tool.extensions import UTCDateTime

database = current_app.extensions["migrate"].db


def include(thing, name, kind, reflected, compare_to) -> bool:
    """Leave out what other libraries keep in the same database, such as a queue in PostgreSQL.

    The full-text index (0013), which has no model, is left out by this as well.
    """
    return not (kind == "table" and reflected and compare_to is None)


def render(kind, item, autogen_context):
    """Write our moment type as what the database sees: a migration must not change when our code does."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Bring the schema from where it is to where it was asked to go, all or nothing."""
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=True,
            compare_type=True,
            include_object=include,
            render_item=render,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
