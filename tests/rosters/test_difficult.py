"""Lists that LMSs and hosts make difficult, and people who are here for more than one reason."""

from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

from sqlalchemy import event, select

from demo_lms.people import INSTRUCTOR, LEARNER, Course
from lti_tool import clock
from lti_tool.errors import PlatformUnavailable
from lti_tool.extensions import db
from lti_tool.lti.host_slots import HOST_BUSY
from lti_tool.lti.roles import role_of
from lti_tool.lti.rosters import RosterMember
from lti_tool.models import Course as CourseRow
from lti_tool.models import Membership, MembershipState, Platform, PlatformState, Role, RosterState, User
from lti_tool.services import roles, roster_reads
from lti_tool.transactions import transaction
from tests.support.world import FRENCH

MINUTE = timedelta(minutes=1)


def line(sub: str, role: str, *, name: str | None = None, gone: bool = False) -> RosterMember:
    return RosterMember(sub, name, None, None, (role,), role_of([role]), gone)


def answering(*pages: list[RosterMember]):
    """Return how to connect to an LMS that sends these pages."""

    @contextmanager
    def connect(*_):
        yield SimpleNamespace(pages=lambda url: iter(pages))

    return connect


class TestAList:
    def test_unites_what_several_pages_say_of_one_person(self, course, monkeypatch):
        monkeypatch.setattr(roster_reads, "_MOST_ASKED_FOR", 2)
        pages = [
            [line("u-ines", "Learner"), line("u-hugo", "Learner", gone=True), line("u-awa", "Learner")],
            [
                line("u-karim", "Learner"),
                line("u-ines", "Instructor", name="Inès"),
                line("u-hugo", "Learner"),
            ],
            [line("u-awa", "Learner", gone=True), line("u-ines", "Learner")],
        ]
        roster = course.read(connect=answering(*pages))
        assert (roster.state, roster.people) == (RosterState.IDLE, 4)
        ines = course.enrolment("ines")
        assert (ines.roster_roles, ines.roster_role) == (["Learner", "Instructor"], Role.TRAINER)
        assert course.user("ines").name == "Inès"
        assert {"hugo", "awa", "karim"} <= course.active()

    def test_of_more_people_than_a_statement_takes_values_is_read(self, course, monkeypatch):
        assert roster_reads._MOST_ASKED_FOR < 65_535
        monkeypatch.setattr(roster_reads, "_MOST_ASKED_FOR", 30)
        page = [line(f"x{number}", "Learner") for number in range(70)]
        largest = []

        def note(connection, cursor, statement, parameters, context, executemany):
            largest.append(0 if executemany else len(parameters))

        with course.world.app.app_context():
            event.listen(db.engine, "before_cursor_execute", note)
            course.read(connect=answering(page))
            event.remove(db.engine, "before_cursor_execute", note)
        assert len(course.active()) == len(page) + 1
        assert 30 <= max(largest) < 70


class TestAHost:
    def test_that_is_busy_with_our_other_calls_is_no_failed_try(self, course):
        @contextmanager
        def busy(*_):
            raise PlatformUnavailable(HOST_BUSY, "other calls are under way there", retry_after=15.0)
            yield

        for number in range(roster_reads.MOST_TRIES + 1):
            roster = course.read(connect=busy, after=number * MINUTE)
            assert (roster.state, roster.attempts, roster.problem) == (RosterState.DUE, 0, None)
        assert roster.due_at > clock.now()
        assert course.read(after=20 * MINUTE).state is RosterState.IDLE

    def test_of_a_suspended_platform_is_not_called(self, course):
        course.change(Platform, state=PlatformState.SUSPENDED)
        assert (course.read().state, course.lms.roster_requests) == (RosterState.DUE, [])
        course.change(Platform, state=PlatformState.ACTIVE)
        assert course.read().state is RosterState.IDLE


class TestAMember:
    def test_leaves_muted_members_muted_and_appointments_as_they_are(self, course):
        course.world.enter("ines")
        appointment = {"appointed_role": Role.COMMUNITY_MANAGER, "state": MembershipState.MUTED}
        with course.world.app.app_context(), transaction():
            ines = db.session.scalars(select(Membership).join(User).where(User.sub == "u-ines")).one()
            for name, value in appointment.items():
                setattr(ines, name, value)
        course.read()
        with course.world.database() as session:
            ines = session.scalars(select(Membership).join(User).where(User.sub == "u-ines")).one()
            assert {name: getattr(ines, name) for name in appointment} == appointment

    def test_whose_launches_say_less_for_a_month_stays_what_the_list_says(self, course):
        course.lms.enrol("claire", FRENCH, LEARNER)
        course.world.enter("claire")
        later = clock.now() + timedelta(days=40)
        assert roles.of_enrolment(course.enrolment("claire"), later) is Role.LEARNER
        course.lms.enrol("claire", FRENCH, INSTRUCTOR)
        course.read()
        claire = course.enrolment("claire")
        assert (claire.lower_role, claire.roster_role) == (Role.LEARNER, Role.TRAINER)
        assert roles.of_enrolment(claire, later) is Role.TRAINER

    def test_stays_in_a_community_that_another_of_their_courses_shares(self, course):
        course.lms.add_course(Course("8", "L", "New", "en", "88", "Link"))
        course.lms.enrol("ines", "8", LEARNER)
        home = course.world.enter("ines")
        with course.world.app.app_context(), transaction():
            shared = db.session.scalars(select(CourseRow.community_id)).one()
        course.world.enter("ines", "8")
        course.change(CourseRow, community_id=shared)
        course.read()
        for left, status in ((FRENCH, 200), ("8", 404)):
            course.lms.leave("ines", left)
            course.ask_and_read()
            assert home.get("").status == status
