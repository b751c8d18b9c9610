"""Uniqueness by constraint and upsert, on both databases; never look-then-insert."""

from functools import cache
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from lti_tool.extensions import Base, db

Row = TypeVar("Row", bound=Base)
Names = tuple[str, ...]
Computed = tuple[tuple[str, ColumnElement], ...]
INSERTS = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def upsert(
    model: type[Row],
    key: dict,
    values: dict,
    update: Names,
    computed: Computed = (),
    told: dict | None = None,
) -> Row:
    """Insert a row or update the columns named by `update` of the one that has this key; return it.

    The row stays locked until the transaction ends, so that a second writer waits and then sees what the
    first one made of it. One statement.

    :param computed: columns of a row that is there and the SQL expressions they become; the same objects at
        every call, with what differs between calls as bound parameters, whose values `told` holds.
    """
    dialect = db.session.connection().dialect.name
    statement = _upserting(model, dialect, tuple(key), tuple(values), update, computed)
    sent = key | values | (told or {})
    return db.session.scalars(statement, sent, execution_options={"populate_existing": True}).one()


def upsert_id(model: type[Base], key: dict, values: dict, update: Names) -> int:
    """Do what `upsert` does and return the number of the row alone, for whoever needs no more of it."""
    connection = db.session.connection()
    statement = _upserting_by_number(model, connection.dialect.name, tuple(key), tuple(values), update)
    return connection.execute(statement, key | values).scalar_one()


def insert_unless_there(model: type[Base], key: dict, values: dict) -> bool:
    """Insert a row unless its key is taken; tell whether it was inserted. One statement."""
    connection = db.session.connection()
    statement = _inserting(model, connection.dialect.name, tuple(key), tuple(values))
    return connection.execute(statement, key | values).first() is not None


@cache
def _upserting(
    model: type[Base], dialect: str, key: Names, values: Names, update: Names, computed: Computed
) -> Select:
    """Kept: to put the statement together costs several times what the database takes for it."""
    return select(model).from_statement(
        _either(model, dialect, key, values, update, computed).returning(model)
    )


@cache
def _upserting_by_number(model: type[Base], dialect: str, key: Names, values: Names, update: Names):
    return _either(model, dialect, key, values, update, ()).returning(model.__table__.c.id)


def _either(model: type[Base], dialect: str, key: Names, values: Names, update: Names, computed: Computed):
    insert = _insert(model, dialect, key + values)
    changes = {name: insert.excluded[name] for name in update or key[:1]} | dict(computed)
    return insert.on_conflict_do_update(index_elements=list(key), set_=changes)


@cache
def _inserting(model: type[Base], dialect: str, key: Names, values: Names):
    insert = _insert(model, dialect, key + values).on_conflict_do_nothing()
    return insert.returning(model.__table__.c[key[0]])


def _insert(model: type[Base], dialect: str, names: Names):
    return INSERTS[dialect](model.__table__).values({name: bindparam(name) for name in names})
