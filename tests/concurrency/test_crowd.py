"""People open a new course at the same moment, from four processes, and write at the same moment."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lti_tool.models import (
    Change,
    Community,
    ContributionFact,
    Course,
    Enrolment,
    LaunchRecord,
    Membership,
    Post,
    Seat,
    User,
)

PROCESSES = 4
A_COURSE = (10, 5)  # people in each process, posts of each of them
A_FACULTY = pytest.param(50, 10, marks=pytest.mark.long)
ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]


@pytest.fixture
def crowd(world, database_url, tmp_path, people_each, posts_each):
    """Run the crowd; return what went wrong in it, and what a reader with a cursor saw meanwhile."""
    world.enter("ines")  # from another course: the platform's keys are known, the crowd's course is not
    told = {
        "database_url": database_url,
        "var_dir": str(tmp_path),
        "issuer": world.lms.settings.issuer,
        "client_id": world.lms.settings.client_id,
        "deployment_id": world.lms.settings.deployment_id,
        "key": world.lms.key.private.as_dict(private=True),
        "processes": PROCESSES,
        "people_each": people_each,
        "posts_each": posts_each,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.concurrency.crowd"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdin.write(json.dumps(told))
        process.stdin.close()
        seen = _read_along(world, process)
        return json.load(process.stdout), seen


def _read_along(world, process) -> list[int]:
    """Follow the changes by a cursor while they are written, as an open page does."""
    seen, cursor, running = [], 0, True
    while running:
        running = process.poll() is None
        with world.database() as session:
            fresh = list(session.scalars(select(Change.id).where(Change.id > cursor).order_by(Change.id)))
        seen += fresh
        cursor = max([cursor, *fresh])
        time.sleep(0.02)
    return seen


@pytest.mark.parametrize(("people_each", "posts_each"), [A_COURSE, A_FACULTY])
class TestACrowd:
    def test_nobody_is_turned_away_and_nothing_is_lost(self, world, crowd, people_each, posts_each):
        troubles, seen = crowd
        people = PROCESSES * people_each
        posts = people * posts_each
        assert troubles == []
        with world.database() as session:

            def count(model, *conditions):
                return session.scalar(select(func.count()).select_from(model).where(*conditions))

            course = session.scalars(select(Course).where(Course.context_id == "crowd")).one()
            here = course.community_id
            assert count(Community) == 2  # the crowd's, and the one of the launch before it
            assert count(User, User.sub.startswith("crowd-")) == people
            assert count(Enrolment, Enrolment.course_id == course.id) == people
            assert count(Membership, Membership.community_id == here) == people
            assert count(Seat, Seat.community_id == here) == people
            assert count(LaunchRecord, LaunchRecord.course_id == course.id) == people
            assert count(Post, Post.community_id == here) == posts
            assert count(ContributionFact, ContributionFact.community_id == here) == posts
            assert count(Change, Change.community_id == here) == posts
        # A number that became visible after a higher one would have been missed by the reader's cursor.
        assert len(seen) == posts
