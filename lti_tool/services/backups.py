"""A copy of the SQLite database while everything runs, and the way back. PostgreSQL has its own programs."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from lti_tool.extensions import db

WITH_POSTGRESQL = {
    "backup": "pg_dump --format=custom --file=FILE",
    "restore": "pg_restore --clean --if-exists --no-owner --dbname=ADDRESS FILE",
}
# How long the copy waits for somebody who is writing, in seconds.
PATIENCE = 30


class BackupImpossible(Exception):
    """The copy was not made or not put back; the message says why and what helps, for the operator."""


def copy_to(file: Path) -> None:
    """Write the database as it is at this moment into `file`; one that is there is replaced once all is well.

    Nobody waits meanwhile: SQLite's online backup reads one state, whatever is written beside it
    (https://www.sqlite.org/backup.html). The copy is one file, readable by this account only.

    :raises BackupImpossible: the database is not SQLite, is not there, or the file cannot be written.
    """
    database = _sqlite_file("backup")
    if not database.is_file():
        raise BackupImpossible(f"There is no database at {database} yet.")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _draft_of(file) as draft, _opened(database, "ro") as source, _opened(draft, "rw") as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            _refuse_damaged(copy, draft)
            draft.replace(file)
    except (OSError, sqlite3.Error) as problem:
        raise BackupImpossible(f"{file} could not be written: {problem}.") from problem


def restore_from(file: Path) -> None:
    """Put a copy that `copy_to` made in the place of the database, in one transaction.

    No process of the tool may run meanwhile: it would go on with what it remembers of the other database.

    :raises BackupImpossible: the database is not SQLite, or the file is none of ours, or damaged, or in use.
    """
    database = _sqlite_file("restore")
    if not file.is_file():
        raise BackupImpossible(f"There is no file {file}.")
    if database.exists() and os.path.samefile(file, database):
        raise BackupImpossible(f"{file} is the database itself.")
    db.session.remove()
    db.engine.dispose()
    try:
        with _opened(file, "ro") as copy, _opened(database, "rwc") as target:
            _refuse_damaged(copy, file)
            copy.backup(target)
    except (OSError, sqlite3.Error) as problem:
        raise BackupImpossible(f"{file} could not be put back: {problem}.") from problem


@contextmanager
def _draft_of(file: Path) -> Iterator[Path]:
    """Make an empty file beside `file`, for this account only; what was not renamed is gone afterwards."""
    draft = file.with_name(f"{file.name}.part")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _sqlite_file(act: str) -> Path:
    url = db.engine.url
    if url.get_backend_name() != "sqlite" or not url.database:
        raise BackupImpossible(
            f"This is for SQLite. PostgreSQL has a program of its own: {WITH_POSTGRESQL[act]}"
        )
    return Path(url.database)


def _opened(file: Path, mode: str) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode={mode}", timeout=PATIENCE, uri=True))


def _refuse_damaged(connection: sqlite3.Connection, file: Path) -> None:
    (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    ours = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    if state != "ok" or ours is None:
        raise BackupImpossible(f"{file} is damaged, or no database of this tool.")
