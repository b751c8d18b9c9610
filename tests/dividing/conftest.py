"""The French course, whose groups the LMS knows, before anything is divided."""

import pytest

from tests.dividing.course import DividedCourse
from tests.functional.space import Space


@pytest.fixture
def space(world):
    return Space(world)


@pytest.fixture
def course(space):
    """Claire its trainer, Inès of Lyon and Karim of Nantes, who have been here; the list was read."""
    return DividedCourse(space)
