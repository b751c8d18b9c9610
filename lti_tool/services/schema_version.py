"""Whether the database has the schema that this release of the tool knows."""

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
    there, known = _there(), _known()
    if there == known:
        return None
    if there is None:
        return "The database is empty. Run: lti-tool db upgrade"
    return (
        f"The database has schema {there}, this release knows {known}. Run: lti-tool db upgrade "
        "(or install the release that the database was made with)."
    )


def _there() -> str | None:
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _known() -> str:
    config = Config()
    config.set_main_option("script_location", str(directory("migrations")))
    return ScriptDirectory.from_config(config).get_current_head()
