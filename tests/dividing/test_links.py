"""What links of a divided course open, and what becomes of addresses, columns and seats."""

import pytest
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.models import Course, GradeColumn, LineItem
from tests.functional.test_launch_groups import Moodle
from tests.support.statements import counted
from tests.support.world import FRENCH

pytestmark = pytest.mark.slow_on_postgresql


def at(course, name: str, below: str = "") -> str:
    part = course.common() if name == "common" else course.part(name)
    return f"/communities/{part.community_id}/{below}"


def link_opens(course, key: str) -> None:
    """Have the link in the course of the LMS open this activity."""
    course.lms.settings.custom = {**(course.lms.settings.custom or {}), "activity": key}


def set_prompt(course, page, key: str) -> None:
    answer = page.post(f"activities/{key}", title="What did you try?", body="Tell us.")
    assert answer.status == 200, answer.text


class TestALinkWithAnActivity:
    def test_leads_to_the_prompt_of_ones_own_space(self, course):
        course.divide()
        lyon = course.trainer.post(f"spaces/{course.part('lyon').id}/enter")
        set_prompt(course, lyon, "week-1")
        set_prompt(course, course.trainer, "week-1")
        link_opens(course, "week-1")
        home = course.world.enter("ines")
        assert home.path.startswith(at(course, "lyon", "activities/week-1"))
        assert home.status == 302

    def test_that_the_common_space_alone_has_leads_there(self, course):
        course.divide()
        set_prompt(course, course.trainer, "week-1")
        link_opens(course, "week-1")
        home = course.world.enter("ines")
        assert home.path.startswith(at(course, "common", "activities/week-1"))
        assert home.status == 302

    def test_that_nothing_has_leads_to_the_home_of_ones_space(self, course):
        course.divide()
        link_opens(course, "week-9")
        home = course.world.enter("ines")
        assert home.path.partition("?")[0] == at(course, "lyon")

    def test_leads_staff_where_they_can_set_it(self, course):
        course.divide()
        link_opens(course, "week-9")
        assert course.world.enter("claire").path.startswith(at(course, "common", "activities/week-9"))

    def test_of_another_group_is_not_told(self, course):
        course.divide()
        nantes = course.trainer.post(f"spaces/{course.part('nantes').id}/enter")
        set_prompt(course, nantes, "week-1")
        link_opens(course, "week-1")
        assert course.world.enter("ines").path.partition("?")[0] == at(course, "lyon")


class TestAnAddressAskedForBefore:
    @pytest.mark.parametrize("name", ["lyon", "common"])
    def test_of_a_space_of_ones_own_is_where_the_launch_leads(self, course, name):
        course.divide()
        browser = course.world.browser("ines")
        assert browser.answer_of(at(course, name, "members")).status_code == 401
        page = browser.open_community()
        assert page.path.partition("?")[0] == at(course, name, "members")
        assert page.status == 200

    def test_of_another_group_is_not(self, course):
        course.divide()
        browser = course.world.browser("ines")
        browser.answer_of(at(course, "nantes", "members"))
        assert browser.open_community().path.partition("?")[0] == at(course, "lyon")


class TestAColumn:
    def test_in_the_space_of_a_group_is_called_after_it_and_wanted_in_the_same_gradebook(self, course):
        course.divide()
        fields = {"name": "Participation", "maximum": "20", "weeks": "8", "line_item": "new"}
        fields["confirmed"] = "1"
        fields["starts_on"] = clock.now().date().isoformat()
        for name in ("lyon", "nantes"):
            page = course.trainer.post(f"spaces/{course.part(name).id}/enter")
            assert page.post("grading", **fields).status == 200
        with course.world.database() as session:
            names = set(session.scalars(select(GradeColumn.name)))
            places = set(
                session.scalars(select(Course.line_items_url).join(LineItem, LineItem.course_id == Course.id))
            )
            assert names == {"Participation · Lyon", "Participation · Nantes"}
            assert places == {course.common().line_items_url} != {None}

    def test_has_its_gradebook_where_the_last_launch_said(self, course):
        course.divide("lyon")
        course.write(update(Course).where(Course.context_id == FRENCH).values(line_items_url="https://new"))
        course.sweep()
        assert course.part("lyon").line_items_url == "https://new"


class TestGroupsThatLaunchesTell:
    def test_move_somebody_at_the_launch(self, space, world):

        moodle = Moodle(world)
        moodle.puts("ines", "21")
        moodle.puts("karim", "22")
        for person in ("ines", "karim", "claire"):
            world.enter(person)
        trainer = world.enter("claire")
        with world.database() as session:
            from lti_tool.models import CourseGroup

            known = dict(map(tuple, session.execute(select(CourseGroup.group_id, CourseGroup.id))))
        fields = {f"name-{known[one]}": f"Team {one}" for one in ("21", "22")}
        fields["chosen"] = [str(known[one]) for one in ("21", "22")]
        shown = trainer.post("spaces/preview", **fields)
        seen = shown.soup.select_one("input[name=seen]")["value"]
        assert trainer.post("spaces", seen=seen, **fields).status == 200
        first = world.enter("ines")
        moodle.puts("ines", "22")
        second = world.enter("ines")
        assert first.path != second.path
        assert first.browser.answer_of(first.path).status_code == 404
        moodle.puts("ines")
        third = world.enter("ines")
        assert third.path not in (first.path, second.path)


class TestWhatItCosts:
    def test_a_launch_costs_the_same_however_many_spaces_there_are(self, course):
        course.divide("lyon")
        few = self._statements(course)
        course.divide("nantes")
        assert self._statements(course) == few

    def test_a_list_costs_the_same_however_many_spaces_there_are(self, course):
        course.divide("lyon")
        few = self._read(course)
        course.divide("nantes")
        assert self._read(course) == few

    def _statements(self, course) -> int:
        browser = course.world.enter("claire").browser
        form = browser.launch_form()
        with course.world.app.app_context(), counted() as sent:
            assert browser.launch(form, follow=False).status == 303
        return len(sent)

    def _read(self, course) -> int:
        course.list.ask()
        with course.world.app.app_context(), counted() as sent:
            course.list.read()
        return len(sent)
