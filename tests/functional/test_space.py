"""A first visit, the charter, the settings of a space, and what is new for one."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    AuditEntry,
    Comment,
    Community,
    Membership,
    Post,
    Role,
)
from lti_tool.transactions import transaction
from tests.functional.space import id_of

pytestmark = pytest.mark.slow_on_postgresql


def card(page, name: str):
    return page.soup.select_one(f"section[aria-labelledby={name}]")


class TestAFirstVisit:
    def test_says_whose_space_it_is_who_reads_it_and_what_came_along(self, space):
        space.home("claire")
        welcome = card(space.home("ines"), "welcome")
        assert "Claire" in card(space.home("ines"), "readers").text
        assert "Inès" in card(space.home("ines"), "from-lms").text
        assert len(welcome.select(".stepper > li")) == 3

    def test_ticks_what_was_done(self, space):
        space.home("karim")
        thread = space.write("karim")
        home = space.home("ines")
        home.post("posts", kind="discussion", title="Hello", body="It is me.")
        assert len(card(home.get(""), "welcome").select(".stepper > li.done")) == 1
        space.reply("ines", thread)
        done = card(home.get(""), "welcome")
        assert len(done.select(".stepper > li.done")) == 3
        assert done.select_one("form button.primary")

    def test_is_put_away_for_good_and_found_again(self, space):
        home = space.home("ines").post("welcome")
        assert card(home, "welcome") is None
        assert card(space.home("ines").get("welcome"), "welcome")
        first = self.welcomed_at(space)
        space.home("ines").post("welcome")
        assert self.welcomed_at(space) == first is not None

    def welcomed_at(self, space):
        with space.world.database() as session:
            return session.scalars(select(Membership.welcomed_at)).one()

    def test_begins_the_hello(self, space):
        page = space.home("ines").get("posts/new", kind="discussion", start="hello")
        assert "Inès" in page.soup.select_one("input[name=title]")["value"]
        assert page.soup.select_one("textarea[name=body]").text.strip()

    def test_is_no_wall(self, space):
        home = space.home("ines")
        assert home.post("posts", kind="question", title="Straight", body="away").status == 200


class TestADayOne:
    def test_shows_who_looks_after_the_space_what_to_prepare(self, space):
        home = space.home("claire")
        assert [link.text for link in card(home, "prepare").select(".stepper b a")]
        assert card(space.home("ines"), "prepare") is None
        home.post("topics", name="Delegating", description="")
        home.post("charter/edit", body="We help each other.", language="en", number="0")
        assert len(card(home.get(""), "prepare").select(".stepper > li.done")) == 2
        space.write("claire")
        assert card(home.get(""), "prepare") is None

    def test_promises_nothing_that_is_not_there(self, space):
        space.home("claire")
        steps = card(space.home("ines"), "welcome").select(".stepper > li")
        assert steps[1].select_one("a") is None


class TestTheSettings:
    VALUES = {"name": "Leaders", "answer_target_hours": "48", "file_limit": "20", "storage_limit": ""}

    WRONG = (
        {"name": " "},
        {"name": "x" * 500},
        {"answer_target_hours": "0"},
        {"answer_target_hours": "1e9"},
        {"answer_target_hours": "9" * 30},
        {"answer_target_hours": ""},
        {"file_limit": "-1"},
        {"file_limit": "900000"},  # more than the installation takes
        {"storage_limit": "many"},
        {"time_zone": "Mars/Olympus"},
    )

    def stored(self, space) -> tuple:
        columns = (Community.name, Community.answer_target_hours, Community.file_limit)
        with space.world.database() as session:
            return tuple(session.execute(select(*columns, Community.time_zone)).one())

    def test_are_saved_and_noted(self, space):
        page = space.home("claire").post("space", **self.VALUES, time_zone="Europe/Berlin")
        assert self.stored(space) == ("Leaders", 48, 20_000_000, "Europe/Berlin")
        assert page.soup.select_one(".brand b").text == "Leaders"
        assert page.soup.select_one("input[name=file_limit]")["value"] == "20"
        assert space.count(AuditEntry, AuditEntry.act == "community.arranged") == 1
        space.home("claire").post("space", **self.VALUES)
        assert space.count(AuditEntry, AuditEntry.act == "community.arranged") == 1

    def test_that_make_no_sense_come_back_as_they_were_typed(self, space):
        home = space.home("claire")
        before = self.stored(space)
        for wrong in self.WRONG:
            answer = home.post("space", **self.VALUES | wrong)
            assert answer.status == 422 and answer.soup.select_one(".error"), wrong
            assert answer.soup.select_one("input[name=answer_target_hours]")["value"] == (
                self.VALUES | wrong
            ).get("answer_target_hours")
        assert self.stored(space) == before

    def test_leave_the_zone_to_those_who_may_set_it(self, space):
        manager = space.home_of(Role.COMMUNITY_MANAGER)
        zone = self.stored(space)[-1]
        assert manager.get("space").soup.select_one("select[name=time_zone]") is None
        assert manager.post("space", **self.VALUES, time_zone="Asia/Tokyo").status == 200
        assert self.stored(space)[-1] == zone


class TestTheShortcuts:
    def test_are_listed_and_can_be_switched_off(self, space):
        home = space.home("ines")
        assert home.soup.body["data-shortcuts"] == "on"
        assert home.soup.select_one("dialog#shortcuts a[data-key=new]")
        home = home.post("preferences/shortcuts", shortcuts="off", next=f"{home.community}members")
        assert home.soup.body["data-shortcuts"] == "off" and "/members" in home.path
        assert home.soup.select_one("#announce").text.strip()


class TestWhatIsNewForOne:
    """Each line leads to its place."""

    @pytest.fixture
    def thread(self, space):
        space.home("karim")
        return space.write("ines", title="How do you begin?")

    def lines(self, space, person="ines"):
        found = card(space.home(person).get(""), "for-me")
        return found.select("li") if found else []

    def test_is_nothing_at_first(self, space, thread):
        assert self.lines(space) == self.lines(space, "karim") == []

    def test_is_a_reply_to_a_question_once_for_each_thread(self, space, thread):
        space.reply("karim", thread, body="First")
        space.reply("karim", thread, body="Second")
        (line,) = self.lines(space)
        with space.world.database() as session:
            first = session.scalars(select(Comment.id).order_by(Comment.id)).first()
        assert line.a["href"].endswith(f"#comment-{first}")
        assert "Karim" in line.text and "2" in line.text

    def test_is_a_mention_thanks_and_an_acceptance(self, space, thread):
        replied = space.reply("karim", thread)
        comment = replied.soup.select_one("article[id^=comment-]")["id"].partition("-")[2]
        reply, ines = f"posts/{id_of(thread)}/comments/{comment}", space.home("ines")
        ines.post(f"{reply}/acceptance", on="true")
        ines.post(f"{reply}/reactions", kind="helped", note="I tried it.", on="true")
        space.reply("ines", thread, f"Thank you, @{space.name('karim')}")
        lines = self.lines(space, "karim")
        assert len(lines) == 3 and "I tried it." in lines[1].text

    def test_is_nothing_that_was_read(self, space, thread):
        space.reply("karim", thread)
        page = space.home("ines").get(f"posts/{id_of(thread)}")
        page.post(
            f"posts/{id_of(thread)}/read", until=page.soup.select_one("[data-read-until]")["data-read-until"]
        )
        assert self.lines(space) == []


class TestTheHomeOfStaff:
    def test_tells_what_waits_for_them(self, space):
        home = space.home("claire")
        space.home("karim")
        thread = space.write("ines")
        with space.world.app.app_context(), transaction():
            late = clock.now() - timedelta(hours=30)
            db.session.execute(update(Post).where(Post.id == id_of(thread)).values(waits_since=late))
        home.post("prompts", title="Coming", body="Do it.", opens_at="2090-01-01T10:00")
        today = card(home.get(""), "today").text
        assert "Coming" in today and "Karim" in today and "Inès" not in today
        assert card(space.home("ines").get(""), "today") is None
