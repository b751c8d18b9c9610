"""Many rows at once, past the layers that make each of them an object: for what fills whole databases."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count

from sqlalchemy import func, select, text

from lti_tool.extensions import Base, db

Row = Sequence[object]


def write(table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert rows in the present transaction; moments are aware, enumerations their words."""
    names = ", ".join(columns)
    driver = db.session.connection().connection.driver_connection
    if db.engine.dialect.name == "postgresql":
        with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    places = ", ".join("?" * len(columns))
    driver.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", map(_as_sqlite_has_it, rows))


def _as_sqlite_has_it(row: Row) -> list[object]:
    return [_moment(value) if isinstance(value, datetime) else value for value in row]


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def numbers_after(tables: Iterable[str]) -> dict[str, Iterator[int]]:
    """Return for each table the numbers that its rows do not have yet, rising."""
    found = {}
    for name in tables:
        table = Base.metadata.tables[name]
        found[name] = count((db.session.scalar(select(func.max(table.c.id))) or 0) + 1)
    return found


def numbers_taken(tables: Iterable[str]) -> None:
    """Let PostgreSQL go on after the numbers that were given to rows by us; SQLite does so by itself."""
    if db.engine.dialect.name == "postgresql":
        for name in tables:
            highest = f"(SELECT greatest(max(id), 1) FROM {name})"
            db.session.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {highest})"))


def sizes_known() -> None:
    """Let PostgreSQL look at how many rows there are now, which it plans by; SQLite plans without."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ANALYZE"))
