"""Empty databases for tests, on SQLite or on PostgreSQL, by one environment variable.

`TEST_DATABASE` is `sqlite` (default) or `postgresql`; for the latter `TEST_POSTGRESQL_URL` is the address of
a server that tests may fill, without a database (the gate gives it; by hand, `prepared_server` starts one).
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import psycopg
from psycopg import sql

from tools.suites import DATABASE_CHOICE, POSTGRESQL_ADDRESS
from tools.throwaway_postgres import throwaway_postgres

SQLITE_SIDE_FILES = ("", "-wal", "-shm")


class Databases(Protocol):
    """Makes and removes databases; every one is addressed as the setting DATABASE_URL expects it."""

    def create(self, label: str) -> str:
        """Make an empty database with `label` in its name and return its address."""

    def copy(self, address: str, label: str) -> str:
        """Make a database with the same content, which nobody may be using, and return its address."""

    def drop(self, address: str) -> None:
        """Remove a database, whoever may still be connected."""


class SQLiteDatabases:
    """One file a database, in a folder of the test run."""

    PREFIX = "sqlite:///"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, label: str) -> str:
        return f"{self.PREFIX}{self._folder / _unique(label)}.sqlite"

    def copy(self, address: str, label: str) -> str:
        made = self.create(label)
        for side in SQLITE_SIDE_FILES:
            source = Path(self._path(address) + side)
            if source.exists():
                shutil.copyfile(source, self._path(made) + side)
        return made

    def drop(self, address: str) -> None:
        for side in SQLITE_SIDE_FILES:
            Path(self._path(address) + side).unlink(missing_ok=True)

    def _path(self, address: str) -> str:
        return address.removeprefix(self.PREFIX)


class PostgreSQLDatabases:
    """Databases of one throw-away server."""

    def __init__(self, server: str) -> None:
        """:param server: its address without a database, `postgresql+psycopg://user:password@host:port`."""
        self._server = server

    def create(self, label: str) -> str:
        return self._create(label, template="template0")

    def copy(self, address: str, label: str) -> str:
        return self._create(label, template=address.rpartition("/")[2])

    def drop(self, address: str) -> None:
        name = sql.Identifier(address.rpartition("/")[2])
        self._tell(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def _create(self, label: str, template: str) -> str:
        name = _unique(label)
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._tell(command.format(sql.Identifier(name), sql.Identifier(template)))
        return f"{self._server}/{name}"

    def _tell(self, command: sql.Composed) -> None:
        server = self._server.replace("postgresql+psycopg://", "postgresql://", 1)
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(command)


def chosen() -> str:
    """Which kind of database this run uses: `sqlite` or `postgresql`. Raises ValueError for anything else."""
    choice = os.environ.get(DATABASE_CHOICE, "sqlite")
    if choice not in ("sqlite", "postgresql"):
        raise ValueError(f"{DATABASE_CHOICE} is sqlite or postgresql, not {choice!r}.")
    return choice


def databases(folder: Path) -> Databases:
    """Where this run makes its databases; `folder` is used by SQLite alone."""
    if chosen() == "postgresql":
        return PostgreSQLDatabases(os.environ[POSTGRESQL_ADDRESS])
    return SQLiteDatabases(folder)


@contextmanager
def prepared_server() -> Iterator[None]:
    """Have a PostgreSQL server for the length of the block when this run needs one and nobody gave it one."""
    if chosen() == "sqlite" or os.environ.get(POSTGRESQL_ADDRESS):
        yield
        return
    with throwaway_postgres() as address:
        os.environ[POSTGRESQL_ADDRESS] = address
        try:
            yield
        finally:
            del os.environ[POSTGRESQL_ADDRESS]


def _unique(label: str) -> str:
    return f"{label}_{uuid4().hex[:12]}"
