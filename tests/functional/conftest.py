"""What the functional tests share."""

import pytest

from tests.functional.space import Space


@pytest.fixture
def space(world):
    """The French course's community; nobody has entered yet."""
    return Space(world)
