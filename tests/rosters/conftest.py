"""A course whose list the LMS keeps, beside the worker that reads it."""

import pytest

from tests.rosters.course import RosterCourse


@pytest.fixture
def course(world):
    """The French course; trainer Claire has opened the community, nobody else."""
    return RosterCourse(world)
