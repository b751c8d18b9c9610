"""The home of a community: feed, what is new, what open pages learn, what a member chooses."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.models import AuditEntry, Community, Membership, Role
from tests.functional.filling import fill
from tests.functional.space import id_of

pytestmark = pytest.mark.slow_on_postgresql


def titles(page) -> list[str]:
    """Return the titles of the feed on a home page, in order."""
    return [link.text for link in page.soup.select("#posts h3 a")]


def cursor_of(page) -> str:
    return page.soup.select_one("#news")["data-cursor"]


class TestTheFeed:
    def test_is_empty_at_first_and_says_how_to_begin(self, space):
        for person in ("ines", "claire"):
            home = space.home(person)
            assert home.soup.select_one("a[href*='posts/new']")
            assert titles(home) == []

    def test_shows_the_newest_first(self, space):
        for number in range(3):
            space.write("ines", title=f"Title {number}")
        assert titles(space.home("karim").get("")) == ["Title 2", "Title 1", "Title 0"]

    def test_narrows_to_what_nobody_answered_and_to_what_one_took_part_in(self, space):
        answered = space.write("ines", title="Answered")
        space.write("ines", title="Waiting")
        space.write("ines", title="Told", kind="discussion")
        space.reply("karim", answered)
        space.write("karim", title="Karim's")
        home = space.home("karim")
        assert titles(home.get("", filter="unanswered")) == ["Karim's", "Waiting"]
        assert titles(home.get("", filter="mine")) == ["Karim's", "Answered"]
        assert titles(space.home("ines").get("", filter="mine")) == ["Told", "Waiting", "Answered"]
        assert len(titles(home.get("", filter="unheard-of"))) == 4

    def test_asks_for_help_with_questions_of_others_that_wait_longest(self, space):
        for number in range(5):
            space.write("ines", title=f"Title {number}")
        waiting = space.home("karim").get("").soup.select("section[aria-labelledby=waiting] li a.title")
        assert [link.text for link in waiting] == ["Title 0", "Title 1", "Title 2"]
        assert space.home("ines").get("").soup.select_one("section[aria-labelledby=waiting]") is None

    def test_goes_back_page_by_page_without_gap_or_repetition(self, space):
        page = space.home("ines")
        fill(space.world, members=2, posts=45, comments=1)
        page = page.get("")
        seen = titles(page)
        while older := page.soup.select_one("a[href*='before=']"):
            space.write("karim", title=f"Written meanwhile {len(seen)}", body=f"{len(seen)}")
            page = page.browser.get(older["href"])
            seen += titles(page)
        assert seen == [f"Title {number}" for number in reversed(range(45))]


class TestSinceTheLastVisit:
    def later(self, time_machine, **how):
        time_machine.move_to(clock.now() + timedelta(**how), tick=True)

    def test_what_others_wrote_is_marked_as_new(self, space, time_machine):
        thread = space.write("ines", title="Mine")
        self.later(time_machine, hours=2)
        space.write("karim", title="Karim's")
        space.reply("karim", thread)
        home = space.home("ines").browser.open_community()
        numbers = [number.text for number in home.soup.select(".page-head .meta b")]
        assert [text.split()[0] for text in numbers] == ["1", "1"]
        unread = [one.select_one("h3 a").text for one in home.soup.select("#posts article.unread")]
        assert unread == ["Karim's", "Mine"]
        page = home.get(f"posts/{id_of(thread)}")
        assert page.soup.select_one("article.unread[id^=comment-]")

    def test_all_of_it_is_called_read_in_one_act_at_home(self, space, time_machine):
        thread = space.write("ines", title="Mine")
        self.later(time_machine, hours=2)
        space.reply("karim", thread)
        home = space.home("ines").browser.open_community()
        assert home.soup.select_one("section[aria-labelledby=for-me]")
        form = home.soup.select_one(".page-head form[action*='/read']")
        fields = {one["name"]: one["value"] for one in form.select("input")}
        self.later(time_machine, minutes=1)
        space.write("karim", title="After the page was made")
        home = home.post("read", **fields)
        assert home.soup.select_one("section[aria-labelledby=for-me]") is None
        unread = [one.select_one("h3 a").text for one in home.soup.select("#posts article.unread")]
        assert unread == ["After the page was made"]

    def test_somebody_who_only_replies_here_may_call_it_read(self, space, time_machine):
        page = space.home_of(Role.GUEST_EXPERT)
        page.post("seen")
        self.later(time_machine, hours=2)
        space.write("ines", title="Unread")
        page = page.browser.open_community()
        form = page.soup.select_one(".page-head form[action*='/read']")
        assert form and not page.soup.select(".page-head a[href*='posts/new']")
        page = page.post("read", **{one["name"]: one["value"] for one in form.select("input")})
        assert not page.soup.select(".page-head form, #posts article.unread")

    def test_nothing_new_asks_for_no_such_act(self, space):
        assert space.home("ines").soup.select_one(".page-head form") is None

    def test_the_navigation_counts_threads_with_something_new(self, space, time_machine, monkeypatch):
        def count(person):
            page = space.home(person).get("members")
            return page.soup.select_one(".nav a[href*='discussions'] .count")

        thread = space.write("ines", title="Mine")
        muted = space.write("ines", title="Muted")
        space.home("ines").post(f"posts/{id_of(muted)}/attention", attention="muted")
        assert count("ines") is None
        self.later(time_machine, hours=2)
        space.home("ines").post("seen")
        space.write("karim", title="Karim's")
        space.reply("karim", thread)
        space.reply("karim", thread, "And this.")
        space.reply("karim", muted)
        self.later(time_machine, hours=2)
        space.home("ines").browser.open_community()
        assert " ".join(count("ines").text.split()) == "2 avec du nouveau"
        with monkeypatch.context() as bounded:
            bounded.setattr("lti_tool.services.nav.MOST_COUNTED", 1)
            assert count("ines").text.split()[0] == "1+"
        space.home("ines").get(f"posts/{id_of(thread)}")
        until = clock.now().isoformat()
        space.home("ines").post(f"posts/{id_of(thread)}/read", until=until)
        assert count("ines").text.split()[0] == "1"

    def test_thanks_for_a_reply_that_was_deleted_are_no_news(self, space, time_machine):
        thread = space.write("ines", title="A question")
        space.reply("karim", thread, "Try this.")
        space.home("karim").post("seen")
        self.later(time_machine, hours=2)
        space.home("ines").post(f"posts/{id_of(thread)}/comments/1/reactions", kind="helped", note="I did.")
        told = space.home("karim").browser.open_community()
        assert "I did." in told.soup.select_one("main").text
        told.post(f"posts/{id_of(thread)}/comments/1/delete")
        assert "I did." not in told.get("").soup.select_one("main").text

    def test_one_s_own_is_never_new(self, space, time_machine):
        space.home("ines")
        self.later(time_machine, hours=2)
        space.write("ines", title="Mine")
        self.later(time_machine, minutes=5)
        home = space.home("ines").browser.open_community()
        assert home.soup.select("#posts article.unread") == []

    def test_nothing_is_new_on_the_first_visit(self, space):
        space.write("ines", title="Before you came")
        home = space.home("karim")
        assert titles(home) == ["Before you came"]
        assert home.soup.select("#posts article.unread") == []

    def test_a_visit_lasts_while_its_pages_are_looked_at(self, space, time_machine):
        home = space.home("ines")
        self.later(time_machine, hours=2)
        space.write("karim", title="Karim's")
        home = home.browser.open_community()
        for _ in range(4):
            self.later(time_machine, minutes=20)
            home.post("seen")
        assert len(home.get("").soup.select("#posts article.unread")) == 1
        self.later(time_machine, minutes=40)
        home.post("seen")
        assert home.get("").soup.select("#posts article.unread") == []

    def test_is_not_written_by_looking(self, space, time_machine):
        home = space.home("ines")
        before = self.last_seen(space)
        self.later(time_machine, minutes=10)
        home.get("")
        assert self.last_seen(space) == before
        home.post("seen")
        assert self.last_seen(space) > before

    def last_seen(self, space):
        with space.world.database() as session:
            return session.scalars(select(Membership.last_seen_at)).one()


class TestChanges:
    def test_are_none_while_nothing_happens(self, space):
        home = space.home("ines").get("")
        answer = home.get("changes", after=cursor_of(home))
        assert (answer.status, answer.response.data) == (304, b"")

    def test_say_what_others_wrote_since(self, space):
        thread = space.write("ines")
        home = space.home("ines").get("")
        space.write("karim", title="Karim's")
        space.reply("karim", thread)
        answer = home.get("changes", after=cursor_of(home)).response.json
        assert (answer["new_posts"], answer["new_comments"]) == (1, 1)
        assert id_of(thread) in answer["posts"]
        assert home.get("changes", after=answer["cursor"]).status == 304

    def test_never_announce_what_one_wrote_oneself(self, space):
        home = space.home("ines").get("")
        space.write("ines")
        answer = home.get("changes", after=cursor_of(home)).response.json
        assert (answer["new_posts"], answer["posts"]) == (0, [])
        assert answer["cursor"] > int(cursor_of(home))

    def test_tell_nothing_of_the_content(self, space):
        home = space.home("ines").get("")
        space.write("karim", title="Between us", body="Words")
        answer = home.get("changes", after=cursor_of(home))
        assert set(answer.response.json) == {"cursor", "new_posts", "new_comments", "kinds", "posts"}

    def test_of_another_community_stay_there(self, space):
        home = space.home("ines").get("")
        english = space.world.enter("omar", "3")
        english.post("posts", kind="question", title="T", body="B")
        assert home.get("changes", after=cursor_of(home)).status == 304

    def test_are_told_when_edited_or_deleted_without_being_new(self, space):
        thread = space.write("karim")
        home = space.home("ines").get("")
        thread.post(f"posts/{id_of(thread)}/edit", title="New", body="New", version="0")
        answer = home.get("changes", after=cursor_of(home)).response.json
        assert (answer["new_posts"], answer["posts"]) == (0, [id_of(thread)])


class TestTheTimeZone:
    def test_is_asked_of_staff_until_one_of_them_answers(self, space):
        assert space.home("claire").soup.select_one("select[name=time_zone]")
        assert space.home("bruno").soup.select_one("select[name=time_zone]")
        space.home("bruno").post("zone", time_zone="America/Montreal")
        assert space.home("claire").get("").soup.select_one("select[name=time_zone]") is None
        with space.world.database() as session:
            assert session.scalars(select(Community.time_zone)).one() == "America/Montreal"
            entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "community.zone-set")).one()
            assert entry.detail == {"before": "Europe/Paris", "after": "America/Montreal"}
            assert entry.actor_id == space.number("bruno")

    def test_is_nothing_that_learners_are_asked(self, space):
        assert space.home("ines").soup.select_one("select[name=time_zone]") is None


class TestChoices:
    def test_a_language_outlives_the_launch(self, space):
        home = space.home("ines")
        assert home.soup.html["lang"] == "fr"
        assert home.post("preferences/language", language="en").soup.html["lang"] == "en"
        assert home.browser.open_community().soup.html["lang"] == "en"

    @pytest.mark.parametrize(("theme", "shown"), [("dark", "dark"), ("light", "light"), ("system", None)])
    def test_an_appearance_outlives_the_session(self, space, theme, shown):
        home = space.home("ines")
        home.post("preferences/theme", theme="dark")
        home.post("preferences/theme", theme=theme)
        again = space.world.browser("ines")
        again.headers = {"Sec-Fetch-Dest": "document"}
        assert again.open_community().soup.html.get("data-theme") == shown

    def test_lead_back_to_the_page_where_they_were_made(self, space):
        home = space.home("ines")
        wanted = f"{home.community}members?seat={home.seat}"
        page = home.post("preferences/theme", follow=False, theme="dark", next=wanted)
        assert page.response.location == wanted

    def test_of_an_observer_are_theirs_too(self, space):
        lobby = space.home_of(Role.OBSERVER)
        assert lobby.post("preferences/language", language="en").soup.html["lang"] == "en"


class TestWithoutJavaScript:
    """Every page works by links and forms alone."""

    @pytest.mark.parametrize("person", ["ines", "claire", "patrick"])
    def test_every_link_leads_somewhere(self, space, person):
        thread = space.write("ines")
        page = space.reply("ines", thread)
        reply = page.soup.select_one("article[id^=comment-]")["id"].removeprefix("comment-")
        page.post(f"posts/{id_of(thread)}/edit", title="New", body="New", version="0")
        page.post(f"posts/{id_of(thread)}/comments/{reply}/edit", body="New", version="0")
        browser = space.home(person).browser
        waiting, seen = [space.home(person).path], set()
        while waiting:
            address = waiting.pop().partition("#")[0]
            if address in seen or "before=" in address:
                continue
            seen.add(address)
            found = browser.get(address)
            if found.status == 303:  # a lasting address leads to where its thing stands today
                found = browser.get(found.response.location)
            assert found.status == 200, address
            waiting += [link["href"] for link in found.soup.select("a[href^='/communities/']")]
            self.check_forms(found)
        assert len(seen) >= (1 if person == "patrick" else 10)

    def check_forms(self, page):
        for form in page.soup.select("form"):
            assert form["action"].startswith("/communities/"), page.path
            # A form that only looks for something names the seat, as links do; others carry its token.
            proof = "seat" if form["method"] == "get" else "seat_token"
            assert form.select_one(f"input[name={proof}]")["value"], page.path
            assert (form["method"] == "get") == (form.get("role") == "search"), page.path
            assert form.select_one("button[type=submit], button:not([type])"), page.path
