"""What somebody sent or asked for when their session was gone: kept for them alone, and given back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.models import KeptText, Post
from tests.functional.space import id_of, named
from tests.support.world import ENGLISH, TOOL, Page

pytestmark = pytest.mark.slow_on_postgresql


def kept_in(page: Page) -> list[str]:
    """Return the texts that a home page offers back, newest first."""
    return [text.text.strip() for text in page.soup.select("section[aria-labelledby^=kept-] textarea")]


class TestATextSentWhenSignedOut:
    WORDS = {"kind": "question", "title": "A title", "body": "Half an hour of work."}

    @pytest.fixture
    def ines(self, space):
        """A page of somebody whose session ended while they wrote."""
        home = space.home("ines")
        self.sign_out(home)
        return home

    def sign_out(self, home):
        home.browser.post(f"{home.community}sign-out", {"seat_token": home.seat_token})

    def test_is_shown_to_be_copied(self, ines):
        page = ines.post("posts", **self.WORDS)
        assert page.status == 401
        shown = [area.text.strip() for area in page.soup.select("textarea[readonly]")]
        assert shown == ["A title", "Half an hour of work."]
        assert "24 hours" in page.text

    def test_is_offered_after_the_next_launch_and_published_from_there(self, space, ines):
        ines.post("posts", **self.WORDS)
        home = ines.browser.open_community()
        assert kept_in(home) == ["Half an hour of work."]
        compose = home.browser.get(home.soup.select_one("a[href*='kept=']")["href"])
        assert compose.soup.select_one("input[name=title]")["value"] == "A title"
        assert compose.soup.select_one("textarea[name=body]").text.strip() == "Half an hour of work."
        kept = compose.soup.select_one("input[name=kept]")["value"]
        assert home.post("posts", **self.WORDS, kept=kept).status == 200
        assert kept_in(home.get("")) == []

    def test_is_not_pushed_out_by_previews_of_half_written_states(self, ines):
        ines.post("posts", **self.WORDS)
        for state in range(6):
            ines.post("preview", body=f"Half an h{state}")
        home = ines.browser.open_community()
        assert kept_in(home) == ["Half an hour of work."]

    def test_is_kept_when_the_browser_is_signed_in_elsewhere_meanwhile(self, ines):
        ines.browser.be("claire").open_community(ENGLISH)
        page = ines.post("posts", **self.WORDS)
        assert page.status == 404
        assert "24 hours" in page.text
        assert kept_in(ines.browser.be("ines").open_community()) == ["Half an hour of work."]

    def test_is_offered_in_any_browser_of_that_person(self, space, ines):
        ines.post("posts", **self.WORDS)
        assert kept_in(space.world.enter("ines")) == ["Half an hour of work."]

    def test_is_offered_to_nobody_else_at_this_browser(self, ines):
        ines.post("posts", **self.WORDS)
        other = ines.browser.be("karim").open_community()
        assert kept_in(other) == []
        number = self.first_kept(ines)
        assert "Half an hour" not in other.get("posts/new", kept=number).html
        other.post(f"kept/{number}/discard")
        assert kept_in(ines.browser.be("ines").open_community()) == ["Half an hour of work."]

    def first_kept(self, page) -> int:
        with page.browser.world.database() as session:
            return session.scalars(select(KeptText.id)).one()

    def test_can_be_discarded(self, ines):
        ines.post("posts", **self.WORDS)
        home = ines.browser.open_community()
        home.post(f"kept/{self.first_kept(ines)}/discard")
        assert kept_in(home.get("")) == []

    def test_is_kept_five_times_at_most(self, ines):
        for number in range(7):
            ines.post("posts", **self.WORDS | {"body": f"Text {number}"})
        assert kept_in(ines.browser.open_community()) == [f"Text {number}" for number in (6, 5, 4, 3, 2)]

    def test_sent_twice_is_kept_once(self, ines):
        for _ in range(3):
            assert "24 hours" in ines.post("posts", **self.WORDS).text
        assert len(kept_in(ines.browser.open_community())) == 1

    def test_is_forgotten_after_a_day(self, ines, time_machine):
        ines.post("posts", **self.WORDS)
        time_machine.move_to(clock.now() + timedelta(hours=24, minutes=1), tick=True)
        assert kept_in(ines.browser.open_community()) == []

    def test_is_not_kept_for_a_made_up_token(self, space, ines):
        for token in ("", "1.0000", ines.seat_token[:-1] + "x"):
            page = ines.post("posts", **self.WORDS, seat_token=token)
            assert (page.status, "24 hours" in page.text) == (401, False)
            assert "Half an hour of work." in page.html
        assert space.count(KeptText) == 0

    def test_is_not_kept_in_another_community(self, space, ines):
        english = space.world.enter("claire", ENGLISH)
        page = ines.browser.post(f"{english.community}posts", self.WORDS | {"seat_token": ines.seat_token})
        assert page.status == 401
        assert space.count(KeptText) == 0

    def test_of_a_reply_leads_back_to_its_discussion(self, space, ines):
        ines.browser.open_community()
        home = ines.browser.get(ines.path)
        thread = home.post("posts", **self.WORDS)
        page = home.browser.get(thread.path)
        self.sign_out(home)
        assert page.post(f"posts/{id_of(thread)}/comments", body="A long reply").status == 401
        again = home.browser.open_community()
        assert kept_in(again) == ["A long reply"]
        link = again.soup.select_one("section[aria-labelledby^=kept-] a.primary")["href"]
        back = again.browser.get(link)
        assert back.status == 200
        assert back.soup.select_one("h1").text == "A title"
        assert named(back) == "Inès Lefèvre"

    def test_leads_back_as_its_author_when_somebody_else_came_last(self, space, ines):
        home = ines.browser.open_community()
        thread = home.post("posts", **self.WORDS)
        self.sign_out(home)
        home.post(f"posts/{id_of(thread)}/comments", body="A long reply")
        again = home.browser.open_community()
        home.browser.be("karim").open_community()
        link = again.get("").soup.select_one("section[aria-labelledby^=kept-] a.primary")["href"]
        assert named(again.browser.get(link)) == "Inès Lefèvre"

    def test_of_a_tab_that_outlived_its_session_is_refused_and_kept(self, space, ines):
        again = ines.browser.open_community()
        page = ines.post("posts", **self.WORDS)
        assert page.status == 403
        assert "Half an hour of work." in page.html
        assert kept_in(again.get("")) == ["Half an hour of work."]
        assert space.count(Post) == 0

    def test_is_not_kept_when_somebody_was_only_asking(self, space, ines):
        assert ines.post("seen").status == 401
        assert ines.post("preferences/theme", theme="dark").status == 401
        assert space.count(KeptText) == 0


class TestAPageAskedForWhenSignedOut:
    @pytest.fixture
    def thread(self, space):
        return space.write("ines", title="Where I wanted to go")

    def test_is_where_the_next_launch_goes(self, space, thread):
        browser = space.world.browser("karim")
        assert browser.get(thread.path.partition("?")[0]).status == 401
        page = browser.open_community()
        assert page.soup.select_one("h1").text == "Where I wanted to go"
        assert browser.open_community().path.partition("?")[0] == page.community

    def test_is_left_aside_by_a_launch_into_another_community(self, space, thread):
        browser = space.world.browser("claire")
        browser.get(thread.path.partition("?")[0])
        page = browser.open_community(ENGLISH)
        assert page.path.partition("?")[0] == page.community

    @pytest.mark.parametrize(
        "wish",
        ["https://evil.example/", "//evil.example/", "/communities/\\evil", "/lti/launch", "/communities/1x"],
    )
    def test_made_up_by_somebody_is_not_followed(self, world, wish):
        browser = world.browser("ines")
        browser.tool.set_cookie("__Host-cv_next", wish, domain="tool.test", secure=True)
        page = browser.open_community()
        assert page.path.partition("?")[0] == page.community

    def test_is_not_one_that_a_script_fetched(self, space, thread):
        browser = space.world.browser("karim")
        headers = {"Sec-Fetch-Dest": "empty"}
        response = browser.tool.get(f"{thread.community}changes", base_url=TOOL, headers=headers)
        assert response.status_code == 401
        assert "Set-Cookie" not in response.headers
