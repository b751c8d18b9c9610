"""What members are told of, and why: once for each thing, for its weightiest reason, to nobody else."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Membership, MembershipState, Notification
from lti_tool.services import notifications
from lti_tool.transactions import transaction
from tests.functional.space import id_of
from tests.functional.test_subgroups import ASKED, Groups
from tests.support.statements import counted


def told(space, person: str) -> list[tuple[str, str]]:
    """Return what somebody is told: reason and title, the latest first."""
    page = space.home(person).get("notifications")
    assert page.status == 200
    return [
        (line.select_one(".meta span").text.strip(), line.select_one("a.title").text)
        for line in page.soup.select("main ul.rows > li")
    ]


def kinds(space, person: str) -> list[str]:
    """Return the reasons why somebody is told of something, the latest first."""
    with space.world.database() as session:
        wanted = select(Notification.kind).where(Notification.member_id == space.number(person))
        return [one.value for one in session.scalars(wanted.order_by(Notification.id.desc()))]


def bell(space, person: str) -> str:
    """Return the number beside the bell, "" where it is hidden."""
    shown = space.home(person).get("discussions").soup.select_one(".bell [data-count]")
    return "" if shown.has_attr("hidden") else shown.select_one("[data-number]").text


@pytest.fixture
def course(space):
    for person in ("ines", "karim", "hugo", "claire"):
        space.home(person)
    return space


class TestWhoIsTold:
    def test_whoever_asked_of_a_reply(self, course):
        thread = course.write("ines", title="How?")
        course.reply("karim", thread)
        assert told(course, "ines") == [("1 réponse à votre question, par Karim Haddad", "How?")]
        assert kinds(course, "karim") == []

    def test_whoever_follows_of_a_reply(self, course):
        thread = course.write("ines")
        course.home("hugo").post(f"posts/{id_of(thread)}/attention", attention="followed")
        course.reply("karim", thread)
        assert kinds(course, "hugo") == ["followed"]

    def test_whoever_wrote_the_reply_that_is_answered(self, course):
        thread = course.write("ines")
        course.reply("karim", thread)
        with course.world.database() as session:
            parent = session.scalars(select(Notification.comment_id)).one()
        course.home("hugo").post(f"posts/{id_of(thread)}/comments", body="To you.", parent=str(parent))
        assert kinds(course, "karim") == ["reply"]
        assert kinds(course, "ines") == ["reply", "reply"]

    def test_a_mention_weighs_more_than_that_it_is_a_reply(self, course):
        thread = course.write("ines")
        course.reply("karim", thread, f"For you, @{course.name('ines')} and @{course.name('hugo')}")
        assert kinds(course, "ines") == ["mention"]
        assert kinds(course, "hugo") == ["mention"]

    def test_a_mention_that_an_edit_adds_is_told_once(self, course):
        thread = course.write("karim", body="Nobody yet.")
        place = f"posts/{id_of(thread)}/edit"
        course.home("karim").post(place, title="T", body="Now @Inès Lefèvre", version="0")
        course.home("karim").post(place, title="T", body="And again @Inès Lefèvre", version="1")
        assert kinds(course, "ines") == ["mention"]

    def test_everybody_of_an_announcement(self, course):
        course.write("claire", title="Tomorrow", kind="announcement")
        for person in ("ines", "karim", "hugo"):
            assert kinds(course, person) == ["announcement"]
        assert kinds(course, "claire") == []

    def test_whoever_was_thanked_or_solved_it_until_that_is_taken_back(self, course):
        thread = course.write("ines")
        page = course.reply("karim", thread)
        reply = page.soup.select_one("[id^=comment-]")["id"].removeprefix("comment-")
        below = f"posts/{id_of(thread)}/comments/{reply}"
        asker = course.home("ines")
        asker.post(f"{below}/acceptance", on="true")
        asker.post(f"{below}/reactions", kind="helped", note="I tried it.", on="true")
        assert kinds(course, "karim") == ["thanks", "accepted"]
        shown = course.home("karim").get("notifications").text
        assert "I tried it." in shown
        asker.post(f"{below}/acceptance", on="false")
        asker.post(f"{below}/reactions", kind="helped", on="false")
        assert kinds(course, "karim") == []

    def test_nobody_who_muted_the_thread_unless_they_are_mentioned(self, course):
        thread = course.write("ines")
        course.home("ines").post(f"posts/{id_of(thread)}/attention", attention="muted")
        course.reply("karim", thread)
        assert kinds(course, "ines") == []
        course.reply("karim", thread, "Even so, @Inès Lefèvre")
        assert kinds(course, "ines") == ["mention"]

    def test_whoever_follows_a_topic_or_likes_to_be_asked_about_it(self, course):
        course.home("claire").post("topics", name="Meetings")
        course.home("hugo").post("topics/1/attention", attention="followed")
        course.write("ines", title="On meetings", topic="1")
        assert told(course, "hugo") == [
            ("Nouveau sur un thème que vous suivez, par Inès Lefèvre", "On meetings")
        ]

    def test_one_statement_tells_however_many(self, course):
        claire = course.home("claire")

        def cost() -> int:
            with course.world.app.app_context(), counted() as sent:
                claire.post("posts", kind="announcement", title="A", body=f"{clock.now()}", follow=False)
            return len([one for one in sent if "INSERT INTO notification" in one])

        assert cost() == 1


class TestAtHome:
    def test_what_stands_on_top_anyway_is_not_told_beside_it(self, course):
        course.write(
            "claire",
            title="Tomorrow",
            kind="announcement",
            pinned_until=f"{clock.now() + timedelta(days=3):%Y-%m-%d}",
        )
        home = course.home("ines").get("")
        assert home.soup.select_one("section.pinned")
        assert home.soup.select_one("section[aria-labelledby=for-me]") is None


class TestReading:
    def test_a_thread_that_was_read_is_told_no_longer_as_new(self, course):
        thread = course.write("ines")
        course.reply("karim", thread)
        assert bell(course, "ines") == "1"
        page = course.home("ines").get(f"posts/{id_of(thread)}")
        until = page.soup.select_one("[data-read-until]")["data-read-until"]
        page.post(f"posts/{id_of(thread)}/read", until=until)
        assert bell(course, "ines") == ""
        assert told(course, "ines") != []

    def test_what_came_meanwhile_stays_new(self, course, time_machine):
        first, second = course.write("ines", title="A"), course.write("ines", title="B")
        course.reply("karim", first)
        page = course.home("ines").get("notifications")
        fields = {one["name"]: one["value"] for one in page.soup.select(".page-head form input")}
        time_machine.move_to(clock.now() + timedelta(minutes=1), tick=True)
        course.reply("karim", second)
        page = page.post("notifications/read", **fields)
        assert [line.select_one("a.title").text for line in page.soup.select("li.item.unread")] == ["B"]

    def test_of_one_thread_alone(self, course):
        for title in ("A", "B"):
            course.reply("karim", course.write("ines", title=title))
        page = course.home("ines").get("notifications")
        line = page.soup.select_one("li.item.unread")
        fields = {one["name"]: one["value"] for one in line.select("form input")}
        page = page.post("notifications/read", **fields)
        assert [one.select_one("a.title").text for one in page.soup.select("li.item.unread")] == ["A"]

    @pytest.mark.parametrize("until", ["", "yesterday", "2026-01-01T00:00:00"])
    def test_of_no_moment_is_nothing(self, course, until):
        assert course.home("ines").post("notifications/read", until=until).status == 422

    def test_says_nothing_of_what_was_deleted(self, course):
        thread = course.write("ines")
        page = course.reply("karim", thread)
        reply = page.soup.select_one("[id^=comment-]")["id"].removeprefix("comment-")
        course.home("karim").post(f"posts/{id_of(thread)}/comments/{reply}/delete")
        assert (told(course, "ines"), bell(course, "ines")) == ([], "")

    def test_goes_on_page_by_page(self, course):
        for number in range(notifications.PAGE + 5):
            course.write("claire", title=f"T{number}", kind="announcement", body=f"Words {number}")
        page = course.home("ines").get("notifications")
        assert len(page.soup.select("main ul.rows > li")) == notifications.PAGE
        older = page.soup.select_one(".centred a")["href"].partition("before=")[2].partition("&")[0]
        page = page.get("notifications", before=older)
        assert [one.text for one in page.soup.select("a.title")] == ["T4", "T3", "T2", "T1", "T0"]


class TestAnOpenPage:
    def test_is_told_the_number_only_when_it_is_another(self, course):
        page = course.home("ines")
        assert page.get("notifications/count", known="0").status == 304
        course.reply("karim", course.write("ines"))
        assert page.get("notifications/count", known="0").response.json == {"count": 1}


class TestOfASubgroup:
    def test_nobody_outside_is_told_any_longer(self, space):
        groups = Groups(space)
        number = groups.make("Northerners", "ines", "karim")
        thread = space.home("ines").post("posts", **ASKED | {"subgroup": str(number)})
        space.reply("karim", thread)
        assert len(told(space, "ines")) == 1
        groups.trainer.post(f"subgroups/{number}/members/out", chosen=[str(space.number("ines"))])
        assert (told(space, "ines"), bell(space, "ines")) == ([], "")


def test_old_ones_are_forgotten(course):
    course.reply("karim", course.write("ines"))
    with course.world.app.app_context(), transaction():
        notifications.sweep(clock.now() + notifications.UNREAD_ARE_KEPT_FOR + timedelta(days=1))
    assert kinds(course, "ines") == []


def test_somebody_who_was_removed_is_told_nothing(course):
    thread = course.write("ines")
    number = course.number("ines")
    with course.world.app.app_context(), transaction():
        db.session.get(Membership, number).state = MembershipState.REMOVED
    course.reply("karim", thread)
    assert kinds(course, "ines") == []
