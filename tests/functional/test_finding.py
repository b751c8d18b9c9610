"""Topics, tags, what one follows and has read, and the page of discussions."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.models import Post, PostTag, Revision, Tag, ThreadReader, Topic
from tests.functional.filling import fill
from tests.functional.space import id_of
from tests.functional.test_thread import replied
from tests.support.samples import samples
from tests.support.world import ENGLISH

pytestmark = pytest.mark.slow_on_postgresql


def titles(page) -> list[str]:
    """Return the titles of a list, in order."""
    return [link.text for link in page.soup.select("#posts h3 a")]


def topics_on(page) -> list[str]:
    return [link.text for link in page.soup.select("section[aria-labelledby=offered] a.title")]


def cursor_of(page) -> str:
    return page.soup.select_one("#news")["data-cursor"]


def later(time_machine, **how):
    time_machine.move_to(clock.now() + timedelta(**how), tick=True)


@pytest.fixture
def room(space):
    """The space with two topics, made by its trainer."""
    for name in ("Entretiens", "Feedback"):
        assert space.home("claire").post("topics", name=name, description="").status == 200
    return space


def topic(space, name: str = "Entretiens") -> int:
    with space.world.database() as session:
        return session.scalars(select(Topic.id).where(Topic.name == name)).one()


def filed(space, title: str, *, by: str = "ines", under: str = "Entretiens", **more):
    """Let somebody write something under a topic; return its page."""
    return space.write(by, title=title, topic=str(topic(space, under)), **more)


class TestTopics:
    def test_are_kept_by_staff_and_read_by_everybody(self, room):
        assert topics_on(room.home("ines").get("topics")) == ["Entretiens", "Feedback"]
        assert room.home("ines").post("topics", name="Mine").status == 403
        claire, first = room.home("claire"), topic(room)
        claire.post(f"topics/{first}", name="Difficult talks", description="One at a time")
        claire.post(f"topics/{first}/place", way="down")
        page = room.home("ines").get("topics")
        assert topics_on(page) == ["Feedback", "Difficult talks"]
        assert "One at a time" in page.text

    @pytest.mark.parametrize("name", samples("Éntretiens", "entretiens", "  ENTRETIENS ", gate=1))
    def test_have_a_name_once_however_it_is_written(self, room, name):
        page = room.home("claire").post("topics", name=name, description="Kept")
        assert page.status == 422
        assert page.soup.select_one("#name-new-error")
        assert page.soup.select_one("#description-new")["value"] == "Kept"
        other = room.home("claire").post(f"topics/{topic(room, 'Feedback')}", name=name)
        assert other.status == 422

    @pytest.mark.long
    def test_that_are_archived_are_offered_no_more_and_lose_nothing(self, room):
        filed(room, "Stays there")
        room.home("claire").post(f"topics/{topic(room)}/archive")
        assert topics_on(room.home("ines").get("topics")) == ["Feedback"]
        offered = [one.text for one in room.home("ines").get("posts/new").soup.select("#topic option")]
        assert offered == ["Aucun thème", "Feedback"]
        page = room.home("ines").get("discussions", topic=topic(room))
        assert titles(page) == ["Stays there"]
        room.home("claire").post(f"topics/{topic(room)}/back")
        assert topics_on(room.home("ines").get("topics")) == ["Feedback", "Entretiens"]

    def test_of_another_community_are_none(self, room):
        english = room.world.enter("omar", ENGLISH)
        foreign = topic(room)
        assert english.get("discussions", topic=foreign).status == 404
        assert english.post(f"topics/{foreign}/attention", attention="muted").status == 404
        page = english.post("posts", kind="question", title="T", body="Typed", topic=str(foreign))
        assert page.status == 422
        assert "Typed" in page.soup.select_one("textarea[name=body]").text
        assert room.count(Post) == 0


class TestFiling:
    @pytest.mark.long
    def test_shows_topic_and_tags_as_ways_to_what_else_stands_there(self, room):
        page = filed(room, "One", tags="Écoute, #retard,écoute")
        chips = [chip.text for chip in page.soup.select("article .filed a")]
        assert chips == ["Entretiens", "#retard", "#Écoute"]
        filed(room, "Two", by="karim", under="Feedback", tags="ECOUTE")
        found = page.browser.get(page.soup.select("article .filed a")[-1]["href"])
        assert titles(found) == ["Two", "One"]
        with room.world.database() as session:
            assert dict(session.execute(select(Tag.name, Tag.post_count)).all()) == {"Écoute": 2, "retard": 1}

    @pytest.mark.parametrize("tags", samples("a,b,c,d,e,f", "x" * 41, gate=1))
    def test_refuses_what_does_not_fit_and_loses_nothing(self, room, tags):
        page = room.home("ines").post("posts", kind="question", title="T", body="B", tags=tags)
        assert page.status == 422
        assert page.soup.select_one("#tags")["value"] == tags
        assert page.soup.select_one("#tags-error")

    @pytest.mark.parametrize(
        "tags", samples("🙂, العربية, \u202ex", "", " , ,#, \u0000", "<script>, \"'", gate=1)
    )
    def test_takes_whatever_can_be_shown(self, room, tags):
        page = room.write("ines", tags=tags)
        for chip in page.soup.select("article .filed a"):
            assert titles(page.browser.get(chip["href"])) == ["How do you begin?"]

    def test_follows_edits_and_deletions(self, room):
        thread = filed(room, "One", tags="a, b")
        place = f"posts/{id_of(thread)}"
        thread.post(f"{place}/edit", title="One", body="Tell me.", tags="b, c", topic="", version="0")
        assert room.count(Revision) == 0
        assert room.count(Tag, Tag.post_count == 1) == 2
        assert room.count(PostTag) == 2
        thread.post(f"{place}/delete")
        assert room.count(Tag, Tag.post_count == 1) == 0
        thread.post(f"{place}/restore")
        assert room.count(Tag, Tag.post_count == 1) == 2

    def test_may_be_changed_by_staff_without_touching_the_words(self, room):
        place = f"posts/{id_of(room.write('ines', title='Lost'))}"
        assert room.home("karim").post(f"{place}/filing", tags="x").status == 403
        form = room.home("claire").get(f"{place}/filing")
        assert form.soup.select_one("#tags")
        page = room.home("claire").post(f"{place}/filing", topic=str(topic(room)), tags="x")
        assert page.soup.select_one(".filed .topic").text == "Entretiens"
        assert room.home("claire").get(f"{place}/edit").status == 403
        assert room.count(Revision) == 0
        room.home("claire").post(f"{place}/filing", tags="x, zebramarkt")
        assert "Lost" in room.home("karim").get("search", q="zebramarkt").text


class TestFollowing:
    def read(self, space, person: str, thread) -> ThreadReader:
        with space.world.database() as session:
            return session.scalars(
                select(ThreadReader).where(
                    ThreadReader.member_id == space.number(person), ThreadReader.post_id == id_of(thread)
                )
            ).one_or_none()

    def test_comes_by_itself_from_writing(self, space):
        thread = space.write("ines")
        space.write("ines", title="Another")
        space.reply("karim", thread)
        assert titles(space.home("karim").get("", filter="followed")) == ["How do you begin?"]
        assert len(titles(space.home("ines").get("", filter="followed"))) == 2

    def test_is_kept_muted_though_one_writes(self, space):
        thread = space.write("ines", title="Loud")
        space.home("karim").post(f"posts/{id_of(thread)}/attention", attention="muted")
        space.reply("karim", thread)
        home = space.home("karim")
        assert titles(home.get("")) == []
        assert titles(home.get("discussions", show="muted")) == ["Loud"]
        assert titles(home.get("discussions")) == []

    def test_a_topic_brings_or_hides_all_that_stands_in_it(self, room):
        filed(room, "Inside")
        room.write("ines", title="Outside")
        home = room.home("karim")
        home.post(f"topics/{topic(room)}/attention", attention="followed")
        assert titles(home.get("discussions", show="followed")) == ["Inside"]
        home.post(f"topics/{topic(room)}/attention", attention="muted")
        assert titles(home.get("")) == ["Outside"]
        assert titles(home.get("discussions", topic=topic(room))) == ["Inside"]
        home.post(f"topics/{topic(room)}/attention", attention="none")
        assert len(titles(home.get(""))) == 2

    @pytest.mark.long
    def test_refuses_what_nobody_offers(self, space):
        place = f"posts/{id_of(space.write('ines'))}"
        assert space.home("karim").post(f"{place}/attention", attention="loud").status == 422
        assert space.home("karim").post("posts/77/bookmark", bookmark="on").status == 404

    @pytest.mark.long
    def test_leads_back_to_the_page_it_was_asked_on(self, space):
        place = f"posts/{id_of(space.write('ines'))}"
        home = space.home("karim").get("discussions", kind="question")
        form = home.soup.select_one("form[data-toggle=bookmark]")
        page = home.post(f"{place}/bookmark", bookmark="on", next=form.select_one("[name=next]")["value"])
        assert page.path.partition("?")[0].endswith("/discussions")
        assert "kind=question" in page.path
        assert page.soup.select_one("form[data-toggle=bookmark][data-on]")

    @pytest.mark.long
    def test_bookmarks_stand_in_the_order_in_which_they_were_kept(self, space, time_machine):
        home, kept = space.home("karim"), []
        for number in range(23):
            kept.append(id_of(space.write("ines", title=f"T{number}", body=f"{number}")))
        for number in reversed(kept):
            later(time_machine, seconds=1)
            home.post(f"posts/{number}/bookmark", bookmark="on")
        page = home.get("bookmarks")
        seen = titles(page)
        page = page.browser.get(page.soup.select_one("a[href*='before=']")["href"])
        assert seen + titles(page) == [f"T{number}" for number in range(23)]
        home.post(f"posts/{kept[0]}/bookmark", bookmark="off")
        assert titles(home.get("bookmarks"))[0] == "T1"
        assert titles(space.home("ines").get("bookmarks")) == []


class TestReading:
    @pytest.fixture
    def thread(self, space, time_machine):
        """A question that Karim has read when it had one reply."""
        space.home("karim")
        thread = space.write("ines", title="Read")
        later(time_machine, hours=2)
        space.home("karim").post("seen")
        later(time_machine, minutes=5)
        space.reply("claire", thread, "First")
        self.look(space, thread)
        later(time_machine, minutes=5)
        return thread

    def look(self, space, thread) -> None:
        """What the page sends once it was looked at."""
        page = space.home("karim").get(f"posts/{id_of(thread)}")
        mark = page.soup.select_one("[data-read-url]")
        page.browser.post(
            mark["data-read-url"], {"until": mark["data-read-until"], "seat_token": page.seat_token}
        )

    def test_is_never_told_by_looking(self, space, thread):
        space.reply("claire", thread, "Second")
        for _ in range(2):
            page = space.home("karim").get(f"posts/{id_of(thread)}")
            assert len(page.soup.select("article.unread[id^=comment-]")) == 1

    def test_says_how_many_replies_are_new_and_where_they_begin(self, space, thread):
        for words in ("Second", "Third"):
            space.reply("claire", thread, words)
        card = space.home("karim").get("").soup.select_one("#posts article")
        assert [badge.text for badge in card.select(".badge.new")] == ["2 nouvelles réponses"]
        page = space.home("karim").get(f"posts/{id_of(thread)}", order="date")
        first = page.soup.select_one("[data-first-new]")["href"].removeprefix("#")
        assert "Second" in page.soup.find(id=first).text
        assert "Second" in page.soup.select_one(".day.fresh").find_next("article").text
        self.look(space, thread)
        page = space.home("karim").get(f"posts/{id_of(thread)}")
        assert page.soup.select("article.unread") == []
        assert page.soup.select_one("[data-read-url]") is None

    def test_shows_only_what_is_new_under_unread(self, space, thread):
        space.write("ines", title="New")
        home = space.home("karim")
        assert titles(home.get("discussions", show="unread")) == ["New"]
        space.reply("claire", thread, "Second")
        assert titles(home.get("discussions", show="unread")) == ["New", "Read"]

    @pytest.mark.long
    def test_of_everything_is_told_at_once(self, space, thread):
        space.reply("claire", thread, "Second")
        page = space.home("karim").get("discussions")
        until = page.soup.select_one("form[action*='/read'] input[name=until]")["value"]
        space.write("ines", title="After the page was made")
        page = page.post("read", until=until)
        assert [one.text for one in page.soup.select("article.unread h3 a")] == ["After the page was made"]

    @pytest.mark.parametrize(
        "until", samples("99999-01-01T00:00:00Z", "", "yesterday", "2026-01-01T00:00:00", gate=1)
    )
    def test_of_no_moment_is_nothing(self, space, thread, until):
        assert space.home("karim").post(f"posts/{id_of(thread)}/read", until=until).status == 422

    def test_reaches_no_further_than_now_and_never_goes_back(self, space, thread):
        karim, place = space.home("karim"), f"posts/{id_of(thread)}/read"
        for until in ("2999-01-01T00:00:00Z", "2001-01-01T00:00:00Z"):
            karim.post(place, until=until)
        with space.world.database() as session:
            read = session.scalars(
                select(ThreadReader.read_at).where(ThreadReader.member_id == space.number("karim"))
            ).one()
        assert clock.now() - timedelta(minutes=1) < read <= clock.now()


class TestDiscussions:
    def test_narrow_by_what_the_address_says(self, room):
        filed(room, "Open", tags="x")
        answered = room.write("ines", title="Answered", body="Other words")
        room.reply("karim", answered)
        room.write("ines", title="Told", kind="discussion")
        home = room.home("karim")
        for asked, found in (
            ({}, ["Told", "Answered", "Open"]),
            ({"kind": "question"}, ["Answered", "Open"]),
            ({"state": "open"}, ["Open"]),
            ({"state": "answered"}, ["Answered"]),
            ({"state": "solved"}, []),
            ({"topic": topic(room), "kind": "question", "order": "helpful"}, ["Open"]),
            ({"tag": "X", "state": "open"}, ["Open"]),
            ({"tag": "unheard-of"}, []),
            ({"show": "mine"}, ["Answered"]),
            ({"order": "activity"}, ["Told", "Answered", "Open"]),
            ({"kind": "nonsense", "state": "?", "order": "up", "topic": "x", "before": "y"}, 3),
        ):
            page = home.get("discussions", **asked)
            assert (titles(page) if isinstance(found, list) else len(titles(page))) == found, asked
            if not found:
                assert page.soup.select_one(".empty a.btn")

    def test_offer_no_tag_of_a_prompt_that_has_not_opened(self, room, time_machine):
        opens = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        form = {"title": "Soon", "body": "Tell.", "opens_at": opens, "deadline": "2089-01-01T10:00"}
        assert room.home("claire").post("prompts", **form).status == 200
        prompt = room.home("claire").get("discussions").soup.select_one("#posts h3 a")["href"]
        number = prompt.split("/posts/")[1].partition("?")[0]
        room.home("claire").post(
            f"posts/{number}/edit", title="Soon", body="Tell.", tags="secret", version="0"
        )
        room.write("ines", title="Known", tags="known")

        def offered(person):
            page = room.world.enter(person).get("discussions")
            return [one["value"] for one in page.soup.select("#known-tags option")]

        assert offered("claire") == ["known", "secret"]
        assert offered("karim") == ["known"]
        later(time_machine, days=2)
        assert offered("karim") == ["known", "secret"]

    def test_put_the_thread_first_whose_post_and_replies_helped_most(self, room):
        older, newer = (room.write("karim", title=title, body=title) for title in ("Older", "Newer"))
        reply = f"posts/{id_of(older)}/comments/{replied(room, 'hugo', older, 'Try this.')}"
        ines = room.home("ines")
        ines.post(f"posts/{id_of(newer)}/reactions", kind="helped", on="true")

        for person, act, more, first in (
            ("ines", "reactions", {"kind": "helped"}, "Newer"),  # each helped once
            ("karim", "reactions", {"kind": "helped"}, "Older"),
            ("hugo", "delete", {}, "Newer"),
            ("hugo", "restore", {}, "Older"),
            ("karim", "reactions", {"kind": "helped", "on": "false"}, "Newer"),
        ):
            assert room.home(person).post(f"{reply}/{act}", **more).status == 200
            assert titles(ines.get("discussions", order="helpful")) == [
                first,
                "Older" if first == "Newer" else "Newer",
            ], (person, act)

    @pytest.mark.parametrize("order", samples("activity", "newest", "helpful", gate=1))
    @pytest.mark.parametrize("asked", samples({"state": "open"}, {}, {"show": "unread"}, gate=1), ids=str)
    def test_go_on_page_by_page_without_gap_or_repetition(self, space, order, asked, time_machine):
        page = space.home("ines")
        later(time_machine, hours=2)
        page.post("seen")
        later(time_machine, hours=2)
        fill(space.world, members=2, posts=45, comments=20)
        page, seen = page.get("discussions", order=order, **asked), []
        while True:
            seen += titles(page)
            older = page.soup.select_one("a[href*='before=']")
            if older is None:
                break
            page = page.browser.get(older["href"])
        assert len(seen) == len(set(seen)) == (22 if asked.get("state") else 45)

    def test_of_a_rare_kind_are_found_behind_thousands(self, space, monkeypatch, time_machine):
        monkeypatch.setattr("lti_tool.services.discussions.WINDOW", 10)
        thread = space.write("ines", title="Rare")
        space.reply("karim", thread)
        for _ in range(2):
            later(time_machine, hours=2)
            space.home("ines").post("seen")
        fill(space.world, members=2, posts=45, comments=1)
        page, turns = space.home("ines").get("discussions", state="answered"), 0
        while not titles(page):
            turns += 1
            page = page.browser.get(page.soup.select_one(".empty a[href*='before=']")["href"])
        assert titles(page) == ["Rare"]
        assert 1 < turns < 6

    def test_of_a_sub_group_are_for_those_who_are_in_it(self, space):
        assert space.home("ines").get("discussions", group=77).status == 404


class TestAnnouncing:
    @pytest.mark.long
    def test_says_of_which_kind_the_new_is(self, space):
        home = space.home("ines").get("")
        space.write("karim", title="Q")
        space.write("karim", title="D", kind="discussion")
        answer = home.get("changes", after=cursor_of(home)).response.json
        assert answer["kinds"] == {"question": 1, "discussion": 1}

    def test_leaves_out_what_was_muted(self, room):
        thread = room.write("karim", title="Loud")
        home = room.home("ines")
        home.post(f"posts/{id_of(thread)}/attention", attention="muted")
        home.post(f"topics/{topic(room)}/attention", attention="muted")
        home = home.get("")
        room.reply("claire", thread)
        filed(room, "In a muted topic", by="karim")
        assert home.get("changes", after=cursor_of(home)).status == 304
        room.write("karim", title="Elsewhere", body="Other words")
        answer = home.get("changes", after=cursor_of(home)).response.json
        assert (answer["new_posts"], answer["new_comments"]) == (1, 0)

    def test_counts_no_muted_thing_as_new(self, room, time_machine):
        thread = room.write("karim", title="Loud")
        room.home("ines").post(f"posts/{id_of(thread)}/attention", attention="muted")
        later(time_machine, hours=2)
        room.reply("claire", thread)
        home = room.home("ines").browser.open_community()
        assert home.soup.select(".page-head .meta b") == []
