"""Databases as earlier releases left them: tests/schemas, written by tools/keep_schema.py."""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy import Engine, inspect, text, update

from lti_tool.extensions import db
from lti_tool.knowledge.folding import folded
from lti_tool.models import Platform
from lti_tool.transactions import transaction
from tests.support.databases import chosen
from tests.support.world import World

SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"
RELEASES = sorted(folder.name for folder in SCHEMAS.iterdir() if folder.is_dir())


def fill(address: str, release: str) -> None:
    """Bring the schema and rows of a release into an empty database."""
    _execute(address, _text(release, ""))


def go_on_as(address: str, release: str) -> None:
    """Send what the release sent while somebody launched, wrote, replied and was graded."""
    strict = "PRAGMA foreign_keys=ON;\n" if chosen() == "sqlite" else ""
    _execute(address, strict + _text(release, ".statements"))


def counts(engine: Engine) -> dict[str, int]:
    """Return how many rows each table has; Alembic's own is left out."""
    names = [name for name in inspect(engine).get_table_names() if name != "alembic_version"]
    with engine.connect() as connection:
        return {name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) for name in names}


def beside_an_lms(app, signing_key) -> World:
    """Return a world whose new LMS takes the place of the one that the kept rows came from.

    The kept one is gone, and with it its address and its keys; its courses and people are the same.
    """
    world = World(app, signing_key)
    world.open_lms()
    issuer = world.lms.settings.issuer
    with app.app_context(), transaction():
        away = update(Platform).where(Platform.id == world.platform_id).values(issuer="https://moved.test")
        here = update(Platform).where(Platform.id != world.platform_id)
        db.session.execute(away)
        db.session.execute(
            here.values(
                issuer=issuer,
                auth_url=f"{issuer}/lti/auth",
                token_url=f"{issuer}/lti/token",
                jwks_url=f"{issuer}/lti/certs",
                key_set=None,
                key_set_fetched_at=None,
            )
        )
    return world


def _text(release: str, part: str) -> str:
    return gzip.decompress((SCHEMAS / release / f"{chosen()}{part}.sql.gz").read_bytes()).decode()


def _execute(address: str, script: str) -> None:
    """Run a script in a connection of its own, as another program would."""
    if chosen() == "postgresql":
        plain = address.replace("postgresql+psycopg://", "postgresql://", 1)
        with psycopg.connect(plain) as connection:
            connection.execute(script)
        return
    with closing(sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        # What every connection of the tool has.
        connection.create_function("folded", 1, lambda text: text and folded(text), deterministic=True)
        connection.executescript(script)
