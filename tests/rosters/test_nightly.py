"""Every night, a few courses at a time; and what is swept."""

import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Course, Platform, PlatformState, ResourceLink, Roster, RosterLine, RosterState
from lti_tool.services import housekeeping, rosters
from lti_tool.transactions import transaction
from tests.support.world import FRENCH

PARIS = "Europe/Paris"
ONE_AM_IN_PARIS = datetime(2027, 1, 15, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ask(course, now: datetime) -> None:
    with course.world.app.app_context(), transaction():
        rosters.ask_nightly(now, PARIS)


class TestTheNight:
    def test_has_a_course_read_once(self, course, time_machine):
        course.read()
        time_machine.move_to(ONE_AM_IN_PARIS - 2 * HOUR, tick=True)
        course.world.enter("claire")
        course.read()
        for hours, state in ((-1, RosterState.IDLE), (5, RosterState.DUE)):
            ask(course, ONE_AM_IN_PARIS + hours * HOUR)
            assert (hours, course.state) == (hours, state)
        course.read(now=lambda: ONE_AM_IN_PARIS + 5 * HOUR)
        ask(course, ONE_AM_IN_PARIS + 6 * HOUR)
        assert course.state is RosterState.IDLE
        ask(course, ONE_AM_IN_PARIS + 29 * HOUR)
        assert course.state is RosterState.DUE
        assert course.roster().asked_by_id is None

    def test_begins_with_a_few_courses_and_ends_with_all(self, course):
        with course.world.app.app_context(), transaction():
            here = db.session.scalars(select(Course).where(Course.context_id == FRENCH)).one()
            copied = {
                "deployment_id": here.deployment_id,
                "roster_url": here.roster_url,
                "created_at": clock.now(),
            }
            rows = [copied | {"context_id": f"c{number}"} for number in range(60)]
            added = list(db.session.scalars(insert(Course).returning(Course.id), rows))
            moment = ONE_AM_IN_PARIS - HOUR
            links = [{"course_id": one, "resource_link_id": "1", "launched_at": moment} for one in added]
            db.session.execute(insert(ResourceLink), links)
        asked = []
        for minutes in (0, 60, 120, 240):
            ask(course, ONE_AM_IN_PARIS + timedelta(minutes=minutes))
            with course.world.database() as session:
                asked.append(len(session.scalars(select(Roster).where(Roster.course_id.in_(added))).all()))
        assert asked == sorted(asked)
        assert (asked[0] < 5, asked[-1]) == (True, 60)

    def test_passes_by_courses_that_nobody_opens(self, course):
        course.read()
        ask(course, clock.now() + 40 * 24 * HOUR)
        assert course.state is RosterState.IDLE

    def test_passes_by_suspended_platforms(self, course):
        course.read()
        with course.world.app.app_context(), transaction():
            db.session.execute(update(Platform).values(state=PlatformState.SUSPENDED))
        ask(course, clock.now() + 29 * HOUR)
        assert course.state is RosterState.IDLE


class TestSweeping:
    def test_forgets_the_lines_of_dead_readings_alone(self, course):
        course.lms.quirks.roster_page_size = 4
        seen = []
        course.read(pause=lambda step: seen.append(self.swept(course)) if step == "page-stored" else None)
        assert seen == [4, 8, 12, 15]

    def swept(self, course) -> int:
        """Leave a dead line, sweep, and return how many lines are there."""
        with course.world.app.app_context():
            with transaction():
                number = db.session.scalars(select(Course.id).where(Course.context_id == FRENCH)).one()
                dead = {
                    "course_id": number,
                    "read_id": str(uuid.uuid4()),
                    "sub": "x",
                    "roles": [],
                    "gone": False,
                }
                db.session.execute(insert(RosterLine).values(role="learner", **dead))
            with transaction():
                housekeeping.sweep(clock.now())
        return course.lines()
