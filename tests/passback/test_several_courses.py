"""One community, two courses of one LMS: every column stands in both gradebooks, each with its own people."""

import pytest
from sqlalchemy import select

from demo_lms.people import LEARNER
from lti_tool.extensions import db
from lti_tool.models import (
    Course,
    DeliveryState,
    Enrolment,
    LineItem,
    LineItemState,
    ResourceLink,
    ScoreDelivery,
    User,
)
from lti_tool.transactions import transaction
from tests.support.classroom import COLUMN, ONE_QUESTION
from tests.support.world import ENGLISH, FRENCH

COURSES = (FRENCH, ENGLISH)
# Of the French course, of the English one, of both.
HERE, THERE, BOTH = "ines", "omar", "awa"


@pytest.fixture
def shared(classroom):
    """A classroom whose community is that of the English course, too; its column is made."""
    share_the_space(classroom)
    return classroom.ready()


def share_the_space(classroom) -> None:
    lms, world = classroom.lms, classroom.world
    world.enter("grace", ENGLISH)  # makes the course known
    with world.app.app_context(), transaction():
        courses = {one.context_id: one for one in db.session.scalars(select(Course))}
        courses[ENGLISH].community_id = courses[FRENCH].community_id
    for course in COURSES:
        for key in (HERE, THERE, BOTH):
            lms.enrol(key, course)
    for key, taken in ((HERE, (FRENCH,)), (THERE, (ENGLISH,)), (BOTH, COURSES)):
        for course in taken:
            lms.enrol(key, course, LEARNER)
            classroom.pages[key] = world.enter(key, course)


def items(classroom) -> dict[str, LineItem]:
    """Return our line items by the course in the LMS."""
    with classroom.world.database() as session:
        found = session.execute(select(Course.context_id, LineItem).join_from(LineItem, Course)).all()
        session.expunge_all()
    return dict(tuple(row) for row in found)


def there(classroom, course: str) -> list:
    """Return the columns of our name in a course of the LMS."""
    return [item for item in classroom.lms.lineitems(course) if item.label == COLUMN]


def grade(classroom, key: str, course: str):
    (column,) = there(classroom, course)
    return classroom.lms.score_of(course, f"u-{key}", column.id)


def states(classroom, key: str) -> dict[str, DeliveryState]:
    """Return what became of a learner's score, by course."""
    with classroom.world.database() as session:
        found = session.execute(
            select(Course.context_id, ScoreDelivery.state)
            .join_from(ScoreDelivery, LineItem)
            .join(Course, Course.id == LineItem.course_id)
            .join(Enrolment, Enrolment.id == ScoreDelivery.enrolment_id)
            .join(User, User.id == Enrolment.user_id)
            .where(User.sub == f"u-{key}")
        ).all()
    return dict(tuple(row) for row in found)


class TestAColumn:
    def test_is_made_in_each_course(self, shared):
        assert {course: len(there(shared, course)) for course in COURSES} == dict.fromkeys(COURSES, 1)
        assert {course: item.state for course, item in items(shared).items()} == dict.fromkeys(
            COURSES, LineItemState.BOUND
        )

    def test_of_an_activity_is_adopted_in_its_course_and_made_in_the_other(self, classroom):
        classroom.lms.quirks.lineitem_in_launch = True
        share_the_space(classroom)
        classroom.trainer = classroom.world.enter("claire")
        with classroom.world.database() as session:
            here = select(ResourceLink.id).join(Course).where(Course.context_id == FRENCH)
            link = session.scalars(here).one()
        classroom.switch_on(line_item=str(link))
        classroom.make_columns()
        assert {course: item.ours for course, item in items(classroom).items()} == {
            FRENCH: False,
            ENGLISH: True,
        }
        assert {item.state for item in items(classroom).values()} == {LineItemState.BOUND}
        assert (len(there(classroom, FRENCH)), len(there(classroom, ENGLISH))) == (0, 1)


class TestAScore:
    def test_goes_to_the_gradebooks_of_the_courses_that_one_takes(self, shared):
        for key in (HERE, THERE, BOTH):
            shared.ask(key, about=key)
        shared.send()
        shared.deliver()
        assert {
            key: (grade(shared, key, FRENCH), grade(shared, key, ENGLISH)) for key in (HERE, THERE, BOTH)
        } == {
            HERE: (ONE_QUESTION, None),
            THERE: (None, ONE_QUESTION),
            BOTH: (ONE_QUESTION, ONE_QUESTION),
        }

    def test_changed_in_one_gradebook_is_held_there_and_sent_to_the_other(self, shared):
        shared.ask(BOTH, about="one")
        shared.send()
        shared.deliver()
        (column,) = there(shared, ENGLISH)
        shared.lms.teacher_sets_grade(ENGLISH, f"u-{BOTH}", 17, column.id)
        shared.ask(BOTH, about="two")
        shared.send()
        shared.deliver()
        assert (grade(shared, BOTH, FRENCH), grade(shared, BOTH, ENGLISH)) == (2 * ONE_QUESTION, 17)
        assert states(shared, BOTH) == {FRENCH: DeliveryState.CONFIRMED, ENGLISH: DeliveryState.HELD}

    def test_for_a_column_that_is_gone_in_one_course_still_arrives_in_the_other(self, shared):
        shared.lms.gradebook.items.pop(there(shared, FRENCH)[0].id)
        shared.ask(BOTH, about="one")
        shared.send()
        shared.deliver()
        assert items(shared)[FRENCH].problem == "line-item-gone"
        assert (items(shared)[ENGLISH].state, grade(shared, BOTH, ENGLISH)) == (
            LineItemState.BOUND,
            ONE_QUESTION,
        )
        page = shared.trainer.get("grading").text
        assert "La colonne n’existe plus dans la plateforme" in page


class TestTheTrainersPage:
    def test_names_each_course_with_its_column(self, shared):
        text = shared.trainer.get("grading").text
        assert "First-line leaders" in text
        assert "Manager de proximité" in text
