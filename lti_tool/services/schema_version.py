"""Whether the database has the schema that this release of the tool knows."""

from functools import lru_cache
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from lti_tool.extensions import db
from lti_tool.settings import directory


def problem() -> str | None:
    """Return a sentence that says what is wrong with the schema and how to mend it, None when all is well."""
    url = db.engine.url
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        return f"There is no database at {url.database} yet. Run: lti-tool db upgrade"
    with db.engine.connect() as connection:
        there = there_on(connection)
    if there == known():
        return None
    if there is None:
        return "The database is empty. Run: lti-tool db upgrade"
    return (
        f"The database has schema {there}, this release knows {known()}. Run: lti-tool db upgrade "
        "(or install the release that the database was made with)."
    )


def usable(there: str | None) -> bool:
    """Tell whether a running process can work with this schema: its own, or that of the release after it.

    A migration expands first and contracts a release later, so that the processes of the old release go on
    serving while those of the new one start (docs/architecture.md). Revisions are numbered.
    """
    return there == known() or (there is not None and there.isdigit() and int(there) == int(known()) + 1)


def there_on(connection) -> str | None:
    """Return the revision of the database behind a connection, None when it has no schema."""
    return MigrationContext.configure(connection).get_current_revision()


@lru_cache(maxsize=1)
def known() -> str:
    """Return the revision that this release was written for."""
    config = Config()
    config.set_main_option("script_location", str(directory("migrations")))
    return ScriptDirectory.from_config(config).get_current_head()
