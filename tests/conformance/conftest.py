"""The tool at the address that the examples name."""

import pytest

from tests.conformance.replay import Replay, payload_of
from tests.unit.lti.simulator import TOOL


@pytest.fixture(scope="session")
def site_app(app, database_url, tmp_path_factory):
    """The same tool on the same database, at another address."""
    from lti_tool import create_app
    from lti_tool.extensions import db

    folder = tmp_path_factory.mktemp("site")
    made = create_app("testing", {"DATABASE_URL": database_url, "BASE_URL": TOOL, "VAR_DIR": str(folder)})
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def site(site_app, tool):
    """The same with empty tables."""
    return site_app


@pytest.fixture
def replay(site):
    """Opens a platform that sends one example."""

    def open_one(kind: str, name: str, **registration) -> Replay:
        return Replay(site, payload_of(kind, name), **registration)

    return open_one
