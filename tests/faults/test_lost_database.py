"""PostgreSQL crashes and comes back while people write and grades are sent: nothing is half-done."""

import time

import pytest

from tests.faults.site import Site, until
from tests.faults.test_killed_web import VISITORS, Crowd, kept_of
from tests.faults.test_killed_workers import Run
from tests.faults.whole import halves
from tests.support.databases import PostgreSQLDatabases
from tools.throwaway_postgres import throwaway_server

CRASHES, AWAY = 2, 0.7  # seconds

pytestmark = [pytest.mark.processes, pytest.mark.postgresql, pytest.mark.timeout(150)]


@pytest.fixture
def server():
    """A server of our own, which keeps what it promised: others may not be cut off with it."""
    with throwaway_server(synchronous_commit="on") as started:
        yield started


@pytest.fixture
def site(server, tmp_path, lms_signing_key):
    """An installation on that server."""
    opened = Site(PostgreSQLDatabases(server.address).create("lost"), tmp_path, lms_signing_key)
    yield opened
    opened.close()


class TestADatabaseThatCrashesUnderLoad:
    def test_is_said_calmly_and_loses_nothing_that_was_promised(self, site, server):
        grades = Run(site, chance=None)
        grades.prepare()
        grades.wait_for_the_column()
        course = site.open_course(VISITORS)
        with Crowd(site, course) as crowd:
            for _ in range(CRASHES):
                before = len(crowd.promised)
                until(lambda seen=before: len(crowd.promised) > seen + 3, crowd.odd)
                grades.trainer.post("grading/send", everyone="1")
                server.stop()
                time.sleep(AWAY)
                server.start()
            after = len(crowd.promised)
            until(lambda: len(crowd.promised) > after + 3, crowd.odd)
        assert crowd.odd == []
        assert set(crowd.promised) <= kept_of(site, course)
        assert halves(site.rows) == {}
        grades.lost = CRASHES  # an answer that could not be recorded is an answer lost
        site.restart_a_worker(0)
        grades.settle()
        grades.check()
