"""What every test may ask for. Fixtures import the tool, never this file when it loads."""

import gc
from contextlib import ExitStack

import hypothesis
import pytest
from jinja2 import FileSystemBytecodeCache

from tests.support import databases as test_databases
from tests.support.network import forbid_network
from tools import suites

LONG_SECONDS = 900
RESOURCES = pytest.StashKey[ExitStack]()


def pytest_configure(config):
    """Shut the network; by hand on PostgreSQL, start a server that all parallel workers share."""
    forbid_network()
    # How long an example takes, or the first one of a new clone to be made, says how busy the machine is.
    timed = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("house", deadline=None, suppress_health_check=timed)
    hypothesis.settings.load_profile("house")
    config.stash[RESOURCES] = ExitStack()
    if not hasattr(config, "workerinput"):
        config.stash[RESOURCES].enter_context(test_databases.prepared_server())


def pytest_unconfigure(config):
    config.stash[RESOURCES].close()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Mark what uses a database, give long tests their time, leave out what has no meaning here."""
    for item in items:
        _must_stand_where_its_suite_looks(item)
        if "database_url" in getattr(item, "fixturenames", ()):
            item.add_marker("database")
        if test_databases.chosen() == "postgresql" and item.get_closest_marker("slow_on_postgresql"):
            item.add_marker("long")
        slow = item.get_closest_marker("long") or item.get_closest_marker("packaging")
        if slow and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONG_SECONDS))
    _deselect(config, items, marker="postgresql" if test_databases.chosen() == "sqlite" else "sqlite")


def _must_stand_where_its_suite_looks(item):
    """Elsewhere, a test of this kind would run in no suite of the gate."""
    for kind, folders in suites.FOLDERS.items():
        if item.get_closest_marker(kind) and not item.nodeid.startswith(folders):
            raise pytest.UsageError(f"{item.nodeid}: a test marked {kind} stands in {', '.join(folders)}")


def pytest_collection_finish():
    """Leave what is loaded by now out of the collector's rounds, and have fewer: a twentieth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def _deselect(config, items, marker):
    unwanted = [item for item in items if item.get_closest_marker(marker)]
    if unwanted:
        items[:] = [item for item in items if item not in unwanted]
        config.hook.pytest_deselected(items=unwanted)


@pytest.fixture(scope="session")
def databases(tmp_path_factory):
    """Makes, copies and drops databases of the kind that this run is for."""
    return test_databases.databases(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def database_url(databases, worker_id):
    """The address of this worker's own database, empty until somebody brings up the schema."""
    address = databases.create(f"tests_{worker_id}")
    yield address
    databases.drop(address)


# The application's fixtures (app, client, db and what builds on them) stand below this line.


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory, worker_id):
    """A folder that all workers share: compiling every template takes one of them ten seconds."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "compiled-templates"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def app(database_url, tmp_path_factory, compiled_templates):
    """The tool on this worker's database, its schema made by the migrations, with a signing key."""
    from flask_migrate import upgrade

    from lti_tool import clock, create_app
    from lti_tool.extensions import db
    from lti_tool.services import signing
    from lti_tool.transactions import transaction

    folder = tmp_path_factory.mktemp("var")
    made = create_app("testing", {"DATABASE_URL": database_url, "VAR_DIR": str(folder)})
    made.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled_templates))
    with made.app_context():
        upgrade()
        with transaction():
            signing.make_first_key(clock.now())
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def lms_signing_key():
    """One key for every LMS of the run: making it takes longer than most tests."""
    from joserfc.jwk import RSAKey

    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


@pytest.fixture
def tool(app):
    """The tool with empty tables."""
    from tests.support.world import empty_tables

    yield app
    empty_tables(app)


@pytest.fixture
def world(tool, lms_signing_key):
    """The tool with empty tables beside an LMS of two courses that is registered with it."""
    from tests.support.world import World

    opened = World(tool, lms_signing_key)
    opened.open_lms()
    yield opened
    opened.close()
