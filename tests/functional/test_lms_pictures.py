"""The picture that the LMS has of somebody: fetched once by a worker, never by a browser."""

from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.models import Membership, User
from lti_tool.services import erasure, lms_pictures, storage
from lti_tool.transactions import transaction
from tests.functional.test_people import image, picture_of, send_picture, set_to

pytestmark = pytest.mark.slow_on_postgresql


class Gallery:
    """An LMS's place for pictures: what it answers, and which addresses it was asked for."""

    def __init__(self) -> None:
        self.answers, self.asked = {"/ines.png": (200, image((90, 70)))}, []
        gallery = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self):
                gallery.asked.append(self.path)
                status, body = gallery.answers.get(self.path, (404, b""))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *told):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def gallery():
    opened = Gallery()
    yield opened
    opened.close()


def says(space, address: str | None) -> None:
    """Have the LMS say where the picture of Inès is, as a launch does."""
    space.home("ines")
    set_to(space, User, User.sub == "u-ines", picture=address)


def work(space, after: timedelta = timedelta(), **how) -> None:
    with space.world.app.app_context():
        lms_pictures.take_due(lambda: clock.now() + after, transaction, **how)


def kept(space) -> list[str]:
    """The names of what is kept of Inès's pictures."""
    with space.world.database() as session:
        number = session.scalars(select(User.id).where(User.sub == "u-ines")).one()
        return storage.names_in(f"{lms_pictures.FOLDER}/{number}")


class TestThePictureOfTheLms:
    def test_is_fetched_once_and_shown_from_here(self, space, gallery):
        says(space, f"{gallery.url}/ines.png")
        for _ in range(2):
            work(space)
        assert gallery.asked == ["/ines.png"]
        space.home("karim")
        assert picture_of(space, "karim", "ines").mimetype == "image/webp"
        page = space.home("karim").get("members")
        assert gallery.url not in page.html and page.soup.select("img[src*='/picture?']")

    def test_gives_way_to_one_s_own_and_to_initials(self, space, gallery):
        says(space, f"{gallery.url}/ines.png")
        work(space)
        theirs = picture_of(space, "ines", "ines").data
        send_picture(space, "ines", image(colour="teal"))
        assert picture_of(space, "ines", "ines").data != theirs
        space.home("ines").post("profile/picture/remove")
        assert picture_of(space, "ines", "ines").data == theirs
        space.home("ines").post("profile/picture/lms", show="false")
        assert picture_of(space, "ines", "ines").status_code == 404
        space.home("ines").post("profile/picture/lms", show="true")
        assert picture_of(space, "ines", "ines").data == theirs

    def test_follows_the_lms_a_day_later_and_keeps_one_file(self, space, gallery):
        says(space, None)
        others = kept(space)  # of people with this number in other tests
        says(space, f"{gallery.url}/ines.png")
        work(space)
        gallery.answers["/new.png"] = (200, image((5, 5), "GIF"))
        says(space, f"{gallery.url}/new.png")
        work(space)
        assert gallery.asked == ["/ines.png"]
        work(space, timedelta(days=1, minutes=1))
        assert gallery.asked == ["/ines.png", "/new.png"] and len(kept(space)) == len(others) + 1
        says(space, None)
        work(space, timedelta(days=3))
        assert kept(space) == others and picture_of(space, "ines", "ines").status_code == 404

    def test_that_is_none_leaves_initials_and_one_that_is_late_is_asked_for_again(self, space, gallery):
        gallery.answers |= {"/page": (200, b"<html>Sign in</html>"), "/late.png": (503, b"")}
        for address in ("/page", "/gone.png", "/theme/image.php/u/f1", "javascript:alert(1)"):
            says(space, address if ":" in address else gallery.url + address)
            work(space, timedelta(days=len(gallery.asked) * 2 + 2))
            work(space, timedelta(days=40))
        assert gallery.asked == ["/page", "/gone.png"]
        says(space, f"{gallery.url}/late.png")
        work(space, timedelta(days=50))
        gallery.answers["/late.png"] = (200, image())
        work(space, timedelta(days=52))
        assert picture_of(space, "ines", "ines").status_code == 200

    @pytest.mark.parametrize("step", ["claimed", "kept"])
    def test_of_somebody_who_is_erased_meanwhile_is_not_kept(self, space, gallery, step):
        says(space, f"{gallery.url}/ines.png")
        with space.world.database() as session:
            number = session.scalars(select(User.id).where(User.sub == "u-ines")).one()

        def meanwhile(at):
            if at == step:
                with space.world.app.app_context():
                    erasure.erase(number, clock.now(), transaction)

        work(space, pause=meanwhile)
        with space.world.database() as session:
            assert session.scalars(select(User.picture_key).where(User.id == number)).one() is None
            assert storage.names_in(f"{lms_pictures.FOLDER}/{number}") == []
        assert space.count(Membership, Membership.picture_key.is_not(None)) == 0
