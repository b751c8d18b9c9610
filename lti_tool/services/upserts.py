"""Uniqueness by constraint and upsert, on both databases; never look-then-insert."""

from typing import TypeVar

from sqlalchemy.dialects import postgresql, sqlite

from lti_tool.extensions import Base, db

Row = TypeVar("Row", bound=Base)


def upsert(
    model: type[Row], key: dict, values: dict, update: tuple[str, ...], computed: dict | None = None
) -> Row:
    """Insert a row or update the columns named by `update` of the one that has this key; return it.

    The row stays locked until the transaction ends, so that a second writer waits and then sees what the
    first one made of it. One statement.

    :param computed: columns of a row that is there, by name, and the SQL expressions they become.
    """
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(model).values(**key, **values)
    changes = {name: statement.excluded[name] for name in update or tuple(key)[:1]} | (computed or {})
    statement = statement.on_conflict_do_update(index_elements=list(key), set_=changes).returning(model)
    return db.session.scalars(statement, execution_options={"populate_existing": True}).one()


def insert_unless_there(model: type[Base], key: dict, values: dict) -> bool:
    """Insert a row unless its key is taken; tell whether it was inserted. One statement."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    inserted = getattr(model, next(iter(key)))
    statement = dialect.insert(model).values(**key, **values).on_conflict_do_nothing().returning(inserted)
    return db.session.execute(statement).first() is not None
