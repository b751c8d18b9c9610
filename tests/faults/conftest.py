"""The installation that fault tests break, started once."""

import pytest

from tests.faults.site import Site


@pytest.fixture(scope="module")
def site(databases, tmp_path_factory, lms_signing_key):
    """Two web servers, two workers, PostgreSQL, Redis and an LMS, all of them running."""
    address = databases.create("faults")
    opened = Site(address, tmp_path_factory.mktemp("site"), lms_signing_key)
    yield opened
    opened.close()
    databases.drop(address)
