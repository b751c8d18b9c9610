"""The two installations, started once for the run; every test has a course and a connection of its own."""

import pytest

from tests.independent import installations
from tests.independent.people import Person


def pytest_collection_modifyitems(items):
    """These tests need what only `python -m tools.independent` brings: they are a suite of their own."""
    for item in items:
        if "tests/independent/" in item.path.as_posix():
            item.add_marker("independent")
            item.add_marker("long")
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def lms(tmp_path_factory):
    """Open edX's LTI consumer in a process of its own."""
    with installations.platform(tmp_path_factory.mktemp("platform")) as opened:
        yield opened


@pytest.fixture(scope="session")
def community_tool(tmp_path_factory):
    """The tool with web server and worker."""
    opened = installations.Tool(tmp_path_factory.mktemp("tool"))
    yield opened
    opened.close()


@pytest.fixture
def connected(lms, community_tool):
    """Open a course with a block for our tool and register it; options as `open_course` takes them."""

    def connect(mode: str = "programmatic", **options):
        fields = community_tool.for_studio | {"lti_advantage_ags_mode": mode} | options.pop("fields", {})
        block = lms.open_course(**options, **fields)
        printed = community_tool.add(block)
        assert "added: Open edX" in printed, printed
        return block

    return connect


@pytest.fixture
def person(community_tool):
    """A browser of somebody: `person(block, username)`."""
    return lambda block, username: Person(block, community_tool, username)
