"""What the list of the course changes on pages: members who never came, grading, progress."""

from sqlalchemy import func, select

from lti_tool.models import Platform, PlatformState, RosterState, ScoreDelivery
from tests.support.classroom import Classroom
from tests.support.statements import counted
from tests.support.world import FRENCH


def row_of(page, name: str):
    return next(row for row in page.soup.select("tbody tr") if name in row.select_one("th").text)


class TestTheMembersPage:
    def test_says_to_staff_who_has_not_come(self, course):
        course.world.enter("karim")
        course.read()
        page = course.trainer.get("members")
        ines, karim = row_of(page, "Inès Lefèvre"), row_of(page, "Karim Haddad")
        assert ines.select_one("time") is None
        assert karim.select_one("time") is not None
        assert [code.text for code in ines.select("code")] == ["Learner"]

    def test_says_nothing_of_it_to_learners(self, course):
        learner = course.world.enter("karim")
        course.read()
        page = learner.get("members")
        assert "Inès Lefèvre" in page.soup.select_one("main").text
        assert page.soup.select_one("td.minor") is None
        assert page.soup.select_one("#roster") is None

    def test_asks_again_while_the_list_is_read_and_then_no_more(self, course):
        polled = "/members/roster?"
        assert polled in course.trainer.get("members").soup.select_one("#roster")["hx-get"]
        course.read()
        part = course.trainer.get("members/roster")
        assert part.soup.select_one("#roster").get("hx-get") is None
        assert "15" in part.soup.select_one(".callout.ok").text

    def test_shows_how_far_a_reading_is(self, course):
        course.lms.quirks.roster_page_size = 4
        seen = []

        def looks(step: str) -> None:
            if step == "page-stored":
                seen.append(course.trainer.get("members/roster").soup.select_one("[role=status]").text)

        course.read(pause=looks)
        assert [number in text for number, text in zip(("4", "8", "12", "15"), seen, strict=True)] == [
            True
        ] * 4

    def test_waits_for_no_list_of_a_connection_that_is_paused(self, course):
        course.read()
        course.change(Platform, state=PlatformState.SUSPENDED)
        page = course.trainer.get("members")
        assert "en pause" in page.soup.select_one("#roster").text
        assert page.soup.select_one("form[action*='/members/roster']") is None
        assert course.ask().status == 404
        assert course.state is RosterState.IDLE

    def test_costs_the_same_when_many_are_missing(self, course):
        def cost() -> int:
            with course.world.app.app_context(), counted() as sent:
                course.trainer.get("members")
            return len(sent)

        course.lms.fill_course(FRENCH, 10)
        course.read()
        for person in course.lms.people_in(FRENCH)[-10:]:
            course.lms.leave(person.key, FRENCH)
        course.ask_and_read()
        few = cost()
        course.decide("keep")
        added = course.lms.fill_course(FRENCH, 100)
        course.ask_and_read()
        for person in added:
            course.lms.leave(person.key, FRENCH)
        course.ask_and_read()
        assert cost() == few


class TestGrading:
    def test_lists_who_never_came_and_sends_them_nothing(self, course):
        room = Classroom(course.world).ready()
        room.ask("ines")
        course.read()
        table = room.trainer.get("grading").soup
        assert "Hugo Perrin" in table.text
        room.send()
        room.deliver()
        with course.world.database() as session:
            assert session.scalar(select(func.count()).select_from(ScoreDelivery)) == 1
        assert room.grade("ines") is not None

    def test_leaves_out_who_left(self, course):
        room = Classroom(course.world).ready()
        room.ask("ines")
        course.read()
        course.lms.leave("ines", FRENCH)
        course.ask_and_read()
        assert "Inès Lefèvre" not in room.trainer.get("grading").text
        room.send()
        room.deliver()
        assert room.grade("ines") is None
