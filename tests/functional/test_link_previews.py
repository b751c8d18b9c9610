"""Previews of linked pages: read by a worker, whatever the page is, and never waited for."""

from datetime import timedelta

import pytest

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.lti.http import OutboundClient
from lti_tool.models import Post
from lti_tool.services import link_previews
from lti_tool.transactions import transaction
from tests.functional.space import id_of
from tests.unit.lti.simulator import LocalServer, Reply

pytestmark = pytest.mark.slow_on_postgresql

HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = (
    b"<title>A page</title><meta property=og:site_name content=Example><meta name=description content=Words>"
)


@pytest.fixture
def server():
    with LocalServer(lambda received: Reply(200, PAGE, HTML)).running() as running:
        yield running


@pytest.fixture
def resource(space, server):
    page = space.home("ines").post(
        "posts", kind="resource", title="Worth it", body="Ten minutes.", link=f"{server.url}/page"
    )
    return id_of(page)


def work(space, *, later=timedelta(0)):
    """Let a worker that may call this machine read what is wanted."""
    with space.world.app.app_context():
        link_previews.read_wanted(
            lambda: clock.now() + later,
            transaction,
            lambda: OutboundClient(("127.0.0.1",), 2, 2, 300_000, 3, elsewhere=True),
        )


def kept(space, post_id) -> Post:
    with space.world.app.app_context():
        post = db.session.get(Post, post_id, populate_existing=True)
        db.session.refresh(post)
        db.session.expunge(post)
        return post


class TestAWorker:
    def test_reads_what_the_page_says_of_itself_once(self, space, server, resource):
        for _ in range(2):
            work(space)
        assert kept(space, resource).link_preview == {
            "title": "A page",
            "description": "Words",
            "site": "Example",
        }
        (received,) = server.received
        assert "Authorization" not in received.headers and "Cookie" not in received.headers
        card = space.home("karim").get(f"posts/{resource}").soup.select_one("a.linked")
        assert card.select_one(".told").text == "Words"

    def test_leaves_the_host_name_to_a_page_that_says_nothing(self, space, server, resource):
        server.answer = lambda received: Reply(
            200, b"%PDF-1.7" * 100_000, {"Content-Type": "application/pdf"}
        )
        work(space)
        post = kept(space, resource)
        assert (post.link_preview, post.link_wanted_at) == (None, None)
        assert "127.0.0.1" in space.home("karim").get(f"posts/{resource}").soup.select_one("a.linked").text

    def test_tries_again_later_and_gives_up_in_the_end(self, space, server, resource):
        server.answer = lambda received: Reply(503)
        for hours in (0, 0, 1, 3, 9, 27):
            work(space, later=timedelta(hours=hours))
        assert len(server.received) == link_previews.MOST_TRIES
        assert kept(space, resource).link_wanted_at is None

    def test_that_dies_while_it_reads_leaves_it_to_another(self, space, server, resource, monkeypatch):
        def dies(*told):
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(link_previews, "_read", dies)
            with pytest.raises(KeyboardInterrupt):
                work(space)
        work(space)  # not yet: it might still be reading
        assert not server.received
        work(space, later=timedelta(minutes=3))
        assert kept(space, resource).link_preview["title"] == "A page"

    def test_records_nothing_of_a_page_that_the_post_no_longer_leads_to(self, space, server, resource):
        def meanwhile(received):
            if received.path != "/page":
                return Reply(200, b"<title>Another</title>", HTML)
            form = {"title": "Worth it", "body": "Ten minutes.", "version": "0"}
            space.home("ines").post(f"posts/{resource}/edit", link=f"{server.url}/another", **form)
            return Reply(200, PAGE, HTML)

        server.answer = meanwhile
        work(space)
        assert kept(space, resource).link_preview == {"title": "Another"}


class TestTheSearch:
    def test_finds_a_page_by_its_words_once_it_was_read(self, space, resource):
        assert not space.home("ines").get("search", q="Example").soup.select(".results a")
        work(space)
        assert "Worth it" in space.home("ines").get("search", q="Words").text
