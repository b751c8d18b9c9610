"""A community that has been lived in, and a storage folder that no other test has written into."""

import shutil

import pytest

from tests.erasure.lived_in import LivedIn, Visited


@pytest.fixture(autouse=True)
def empty_storage(app):
    """The journal of erasures outlives a database: here it ends with the test."""
    folder = app.extensions["settings"].storage_dir
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def lived(world):
    return LivedIn(world)


@pytest.fixture
def visited(world):
    return Visited(world)
