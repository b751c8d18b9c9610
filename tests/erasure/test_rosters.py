"""A roster never brings back who was erased; a launch of their own makes them somebody new."""

import pytest
from sqlalchemy import func, select, text

from demo_lms.people import LEARNER
from lti_tool import clock
from lti_tool.errors import DatabaseUnavailable
from lti_tool.extensions import db
from lti_tool.models import Membership, MembershipState, Role, RosterLine, User
from lti_tool.services import erasure, erasure_journal
from lti_tool.transactions import transaction
from tests.rosters.course import RosterCourse
from tests.support.world import FRENCH


@pytest.fixture
def course(world):
    """The French course, whose list has been read once."""
    opened = RosterCourse(world)
    opened.read()
    return opened


def erase(course, key="ines"):
    number = course.user(key).id
    with course.world.app.app_context():
        assert erasure.erase(number, clock.now(), transaction)


class TestTheNextList:
    def test_brings_her_back_neither_as_a_member_nor_as_a_line(self, course):
        before, people = course.active(), course.roster().people
        erase(course)
        roster = course.ask_and_read()
        assert course.active() == before - {"ines"}
        assert (roster.people, roster.arrivals, roster.departures) == (people - 1, 0, 0)
        assert course.enrolment("ines") is None

    def test_still_brings_the_others(self, course):
        erase(course)
        course.lms.enrol("grace", FRENCH, LEARNER)
        assert course.ask_and_read().arrivals == 1
        assert "grace" in course.active()

    @pytest.mark.parametrize("step", ["page-stored", "complete"])
    def test_that_is_being_read_in_that_moment_does_not_either(self, course, step):
        done = []

        def meanwhile(at):
            if at == step and not done:
                done.append(at)
                erase(course)

        course.ask()
        course.read(pause=meanwhile)
        assert done and course.enrolment("ines") is None
        assert course.lines() == 0

    @pytest.mark.postgresql
    def test_that_is_being_taken_over_is_waited_for_also_by_the_first_erasure(self, world):
        """Nobody was ever erased, so that there is no line and no key yet."""
        with world.app.app_context(), transaction():
            erasure_journal.lock(to_erase=False)
            with world.app.app_context(), pytest.raises(DatabaseUnavailable), transaction():
                db.session.execute(text("SET LOCAL lock_timeout = '100ms'"))
                erasure_journal.lock(to_erase=True)

    def test_line_that_slipped_in_beside_the_erasure_is_left_out_when_the_list_is_taken_over(self, course):
        """Two transactions at once: the page was looked through before, and stored after."""

        def slip_in(at):
            if at != "complete":
                return
            with course.world.app.app_context(), transaction():
                read = db.session.scalars(select(RosterLine).limit(1)).one()
                named = {
                    "course_id": read.course_id,
                    "read_id": read.read_id,
                    "roles": [],
                    "role": Role.LEARNER,
                }
                db.session.add(RosterLine(sub="u-ines", name="Inès Lefèvre", **named))

        erase(course)
        course.ask()
        course.read(pause=slip_in)
        assert course.enrolment("ines") is None


class TestALaunchOfHerOwn:
    def test_admits_somebody_new_of_whom_nothing_is_known(self, course):
        old = course.world.enter("ines")
        old.post("posts", kind="question", title="From her first life", body="Who wrote this?")
        number = course.user("ines").id
        erase(course)
        home = course.world.enter("ines")
        assert home.status == 200
        assert course.user("ines").id != number
        assert "Encore rien de vous" in home.get("", filter="mine").text
        with course.world.database() as session:
            wanted = select(Membership.state).join(User).order_by(Membership.id)
            states = session.scalars(wanted.where((User.id == number) | (User.sub == "u-ines"))).all()
        assert states == [MembershipState.REMOVED, MembershipState.ACTIVE]

    def test_and_the_lists_know_her_again_from_then_on(self, course):
        erase(course)
        course.world.enter("ines")
        course.ask_and_read()
        assert course.enrolment("ines").listed
        with course.world.database() as session:
            assert session.scalar(select(func.count(User.id)).where(User.sub == "u-ines")) == 1
