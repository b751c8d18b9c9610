"""A disk that is full: said calmly, nothing half-done, nothing typed is lost, and life goes on afterwards."""

import pytest
from sqlalchemy import event, func, select

from lti_tool.extensions import db
from lti_tool.models import Change, ContributionFact, Post

# A full disk under PostgreSQL is the server's own affair: tests/faults takes that one away altogether.
pytestmark = pytest.mark.sqlite

TITLE, WORDS = "A question that found no room", "Kept words " + "and many more of them " * 900


@pytest.fixture
def full_disk(world):
    """SQLite refuses to grow, with the error it has for a full disk, until this is called with False."""
    with world.app.app_context():
        engine = db.engine

    def no_page_more(connection):
        # Fewer pages than there are cannot be asked for: this means those that there are.
        connection.exec_driver_sql("PRAGMA max_page_count=1")

    def switch(full: bool) -> None:
        if full:
            give_free_pages_back(world)
            event.listen(engine, "begin", no_page_more)
        else:
            event.remove(engine, "begin", no_page_more)
            engine.dispose()

    return switch


def give_free_pages_back(world) -> None:
    """Let the file be full to its last page: what earlier tests deleted would leave room."""
    with world.app.app_context():
        connection = db.engine.raw_connection()
        try:
            connection.execute("VACUUM")
            assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
        finally:
            connection.close()


def written(world) -> list[int]:
    with world.database() as session:
        return [
            session.scalar(select(func.count()).select_from(of)) for of in (Post, ContributionFact, Change)
        ]


class TestAFullDisk:
    def test_loses_nothing_and_leaves_nothing_half_done(self, world, full_disk):
        home = world.enter("ines")
        token = home.get("posts/new").seat_token
        fields = {"seat_token": token, "kind": "question", "title": TITLE, "body": WORDS}
        address = f"{home.community}posts?seat={home.seat}"
        full_disk(True)
        try:
            page = home.browser.post(address, fields, follow=False)
        finally:
            full_disk(False)
        assert page.status == 503
        assert page.response.headers["Retry-After"]
        assert "Kept words" in page.text
        assert written(world) == [0, 0, 0]
        assert home.browser.post(address, fields, follow=False).status == 303
        assert written(world) == [1, 1, 1]

    def test_still_lets_people_read(self, world, full_disk):
        home = world.enter("ines")
        full_disk(True)
        try:
            assert home.get("").status == 200
        finally:
            full_disk(False)
