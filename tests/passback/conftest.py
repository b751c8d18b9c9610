"""A classroom beside a demo LMS with Moodle's strict rules."""

import pytest

from tests.support.classroom import Classroom


@pytest.fixture
def classroom(world):
    """A trainer and a learner in the French course; grading is off."""
    return Classroom(world)


@pytest.fixture
def graded(classroom):
    """The same with grading on and the column made."""
    return classroom.ready()
