"""Copies of the database made and put back as docs/operate.md says, on SQLite and on PostgreSQL."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from lti_tool import create_app
from lti_tool.cli import application
from lti_tool.extensions import db
from lti_tool.services import backups
from tests.support.databases import Databases, chosen
from tests.support.world import World
from tools.programs import find_postgresql


def copy(app: Flask, file: Path) -> None:
    """Copy the database of a running tool into a file."""
    if chosen() == "postgresql":
        _run("pg_dump", "--format=custom", f"--file={file}", f"--dbname={_address(app)}")
        return
    with app.app_context():
        backups.copy_to(file)


@contextmanager
def restored(file: Path, databases: Databases, folder: Path) -> Iterator[Flask]:
    """Put a copy back into a database of its own, upgrade it, and have a tool on it."""
    address = databases.create("restored")
    app = create_app("testing", {"DATABASE_URL": address, "VAR_DIR": str(folder)})
    try:
        if chosen() == "postgresql":
            _run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={_address(app)}", str(file))
        else:
            with app.app_context():
                backups.restore_from(file)
        application.upgraded(app)
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        databases.drop(address)


def beside(world: World, app: Flask) -> World:
    """Return the same LMS with the restored tool in the place of the one that was copied."""
    other = World(app, None)
    other.lms_app, other.lms = world.lms_app, world.lms
    return other


def _address(app: Flask) -> str:
    return app.config["SQLALCHEMY_DATABASE_URI"].replace("postgresql+psycopg://", "postgresql://", 1)


def _run(program: str, *words: str) -> None:
    done = subprocess.run(
        [find_postgresql() / program, *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
