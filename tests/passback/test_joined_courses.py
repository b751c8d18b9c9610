"""A course joins a space that is graded: its gradebook has the columns, its own space sends nothing more."""

import pytest
from sqlalchemy import select

from demo_lms.people import INSTRUCTOR, LEARNER
from lti_tool.models import Course, GradeColumn, LineItem, LineItemState
from tests.functional.test_courses import fields
from tests.passback.test_several_courses import grade, items, there
from tests.support.classroom import COLUMN, ONE_QUESTION
from tests.support.world import ENGLISH, FRENCH


def number_of(classroom, context: str) -> int:
    with classroom.world.database() as session:
        return session.scalars(select(Course.id).where(Course.context_id == context)).one()


def brought_in(classroom) -> None:
    """Let the trainer of both bring the English course into the French one's space."""
    course = number_of(classroom, ENGLISH)
    page = classroom.trainer.get(f"courses/{course}/joining")
    assert COLUMN in page.text
    page = classroom.trainer.post(f"courses/{course}/joining", **fields(page))
    assert "course-joined" in page.path
    classroom.make_columns()


def let_go(classroom) -> None:
    course = number_of(classroom, ENGLISH)
    page = classroom.trainer.get(f"courses/{course}/parting")
    assert classroom.trainer.post(f"courses/{course}/parting", **fields(page)).status == 200
    classroom.make_columns()


@pytest.fixture
def graded(classroom):
    """A graded French course; the English one has a space of its own, with the same trainer."""
    classroom.ready()
    for key, course, role in (
        ("claire", ENGLISH, INSTRUCTOR),
        ("omar", ENGLISH, LEARNER),
        ("ines", FRENCH, LEARNER),
        ("awa", FRENCH, LEARNER),
        ("awa", ENGLISH, LEARNER),
    ):
        classroom.lms.enrol(key, course, role)
    classroom.world.enter("claire", ENGLISH)
    for key, course in (("omar", ENGLISH), ("ines", FRENCH), ("awa", FRENCH)):
        classroom.pages[key] = classroom.world.enter(key, course)
    classroom.world.enter("awa", ENGLISH)
    return classroom


class TestAJoinedCourse:
    def test_has_the_columns_in_its_own_gradebook(self, graded):
        brought_in(graded)
        assert {course: len(there(graded, course)) for course in (FRENCH, ENGLISH)} == {FRENCH: 1, ENGLISH: 1}
        assert {item.state for item in items(graded).values()} == {LineItemState.BOUND}

    def test_gets_the_scores_of_its_own_people(self, graded):
        graded.ask("awa", about="before")
        brought_in(graded)
        graded.pages["omar"] = graded.world.enter("omar", ENGLISH)
        for key in ("omar", "ines"):
            graded.ask(key, about=key)
        graded.send()
        graded.deliver()
        assert {
            key: (grade(graded, key, FRENCH), grade(graded, key, ENGLISH)) for key in ("omar", "ines", "awa")
        } == {
            "omar": (None, ONE_QUESTION),
            "ines": (ONE_QUESTION, None),
            "awa": (ONE_QUESTION, ONE_QUESTION),
        }

    def test_that_goes_its_own_way_is_sent_nothing_more(self, graded):
        brought_in(graded)
        graded.pages["omar"] = graded.world.enter("omar", ENGLISH)
        graded.ask("omar", about="one")
        graded.send()
        graded.deliver()
        graded.ask("omar", about="two")
        graded.send()
        let_go(graded)
        graded.deliver()
        item = items(graded)[ENGLISH]
        assert (item.state, item.problem) == (LineItemState.REFUSED, "course-elsewhere")
        assert grade(graded, "omar", ENGLISH) == ONE_QUESTION
        graded.trainer.post(f"grading/line-items/{item.id}/again")
        assert items(graded)[ENGLISH].state is LineItemState.REFUSED

    def test_that_comes_again_uses_its_column_again(self, graded):
        brought_in(graded)
        let_go(graded)
        brought_in(graded)
        assert items(graded)[ENGLISH].state is LineItemState.BOUND
        assert len(there(graded, ENGLISH)) == 1


class TestTheSpaceOfBefore:
    @pytest.fixture
    def also_graded(self, graded):
        """The space of the English course is graded, too; Omar asked something there."""
        french, graded.trainer = graded.trainer, graded.world.enter("claire", ENGLISH)
        graded.switch_on()
        graded.make_columns()
        graded.ask("omar")
        graded.trainer = french
        return graded

    def test_sends_nothing_more_and_goes_on_when_the_course_is_back(self, also_graded):
        world = also_graded.world
        with world.database() as session:
            wanted = (
                select(LineItem.id)
                .join(Course, Course.id == LineItem.course_id)
                .join(GradeColumn, GradeColumn.id == LineItem.column_id)
                .where(Course.context_id == ENGLISH, GradeColumn.community_id == Course.community_id)
            )
            own = session.scalars(wanted).one()
        brought_in(also_graded)
        assert _item(world, own) == (LineItemState.REFUSED, "course-elsewhere")
        let_go(also_graded)
        assert _item(world, own) == (LineItemState.BOUND, None)

    def test_still_shows_everybody_their_own_score(self, also_graded):
        brought_in(also_graded)
        page = also_graded.pages["omar"].get("participation")
        assert page.status == 200 and "5 of 20" in page.text


def _item(world, number: int) -> tuple:
    with world.database() as session:
        item = session.get_one(LineItem, number)
        return item.state, item.problem
