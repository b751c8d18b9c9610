"""Whatever comes in whatever order: lists never take away what a launch gave, nor whom they never had."""

from contextlib import contextmanager
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.lti.launch import Context, Launch
from lti_tool.lti.roles import higher, role_of
from lti_tool.lti.rosters import RosterMember
from lti_tool.models import Course, Enrolment, Membership, Role, Roster, RosterState, User
from lti_tool.services import enrolment, roles, rosters
from lti_tool.services.acting import ActingMember
from lti_tool.transactions import transaction

PEOPLE = "abcdefghij"
SAID = ("Learner", "Instructor", "Mentor", "ContentDeveloper")
NUMBERS = count(100)

launches = st.tuples(st.just("launch"), st.sampled_from(PEOPLE), st.sampled_from(SAID))
lines = st.dictionaries(st.sampled_from(PEOPLE), st.tuples(st.sampled_from(SAID), st.booleans()))
lists = st.tuples(st.just("list"), lines, st.sampled_from([rosters.TAKE_OVER, rosters.KEEP]))
steps = st.lists(st.one_of(launches, lists), min_size=3, max_size=12)


class Story:
    """A course of its own; a clock that moves on with every step."""

    def __init__(self, platform_id: int) -> None:
        self.context = str(next(NUMBERS))
        self.platform_id = platform_id
        self.now = clock.now()
        self.last_launch: dict[str, Role] = {}
        self.named: set[str] = set()

    def launch(self, person: str, said: str) -> None:
        with transaction():
            there = enrolment.enrol(self._launch(person, said), "Europe/Paris", self.now)
            self.course_id = there.course.id
        self.last_launch[person] = role_of([said])

    def list(self, named: dict[str, tuple[str, bool]], decision: str) -> None:
        """Read a list; where it is held, staff decide."""
        with transaction():
            staff = self._staff()
            rosters.ask(staff, self.now)
        self.now += timedelta(seconds=1)
        rosters.read_due_rosters(lambda: self.now, transaction, connect=lambda *_: self._answering(named))
        if self._state() is RosterState.HELD:
            with transaction():
                held = self._roster()
                rosters.decide(self._staff(), held.id, held.read_id, decision, self.now)
            if decision == rosters.KEEP:
                return
        self.named |= set(named)

    def enrolments(self) -> dict[str, Enrolment]:
        with transaction():
            found = db.session.execute(
                select(User.sub, Enrolment)
                .join(Enrolment, Enrolment.user_id == User.id)
                .where(Enrolment.course_id == self.course_id)
                .execution_options(populate_existing=True)
            ).all()
        return {sub.partition("-")[2]: row for sub, row in found}

    def sub(self, person: str) -> str:
        return f"{self.context}-{person}"

    def member(self, person: str, said: str, gone: bool) -> RosterMember:
        return RosterMember(self.sub(person), None, None, None, (said,), role_of([said]), gone)

    @contextmanager
    def _answering(self, named: dict[str, tuple[str, bool]]):
        yield Pages([self.member(person, said, gone) for person, (said, gone) in named.items()])

    def _roster(self) -> Roster:
        wanted = select(Roster).where(Roster.course_id == self.course_id)
        return db.session.scalars(wanted.execution_options(populate_existing=True)).one()

    def _state(self) -> RosterState:
        with transaction():
            return self._roster().state

    def _staff(self) -> ActingMember:
        course = db.session.get(Course, self.course_id)
        one = db.session.scalars(
            select(Membership).where(Membership.community_id == course.community_id)
        ).first()
        return ActingMember(one, one.user, one.community, Role.TRAINER, scored=False)

    def _launch(self, person: str, said: str) -> Launch:
        empty = dict.fromkeys(Launch.__dataclass_fields__)
        return Launch(
            **empty
            | {
                "platform_id": self.platform_id,
                "deployment_id": "1",
                "sub": self.sub(person),
                "roles": (said,),
                "role": role_of([said]),
                "test_user": False,
                "context": Context(self.context, "Course", None, ()),
                "roster_url": "https://lms.example/memberships",
                "issuer": "x",
                "client_id": "x",
                "frame_origins": (),
                "masked_claims": {},
            }
        )


class Pages:
    """What an LMS answers: the lines in pages of four."""

    def __init__(self, members: list[RosterMember]) -> None:
        self._members = members

    def pages(self, url: str):
        for start in range(0, max(len(self._members), 1), 4):
            yield self._members[start : start + 4]


@pytest.fixture
def platform_id(world):
    """A platform whose first deployment is accepted."""
    return world.platform_id


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(steps=steps)
def test_nobody_falls_below_their_last_launch_and_nobody_unlisted_is_ended(platform_id, world, steps):
    with world.app.app_context():
        story = Story(platform_id)
        story.launch("a", "Instructor")
        for what, *details in steps:
            story.now += timedelta(minutes=1)
            if what == "launch":
                story.launch(*details)
            else:
                named, decision = details
                story.list(named, decision)
            _holds(story)


def _holds(story: Story) -> None:
    for person, row in story.enrolments().items():
        launched = story.last_launch.get(person)
        if launched is not None:
            in_force = roles.of_enrolment(row, story.now)
            assert higher(in_force, launched) == in_force, person
        if person not in story.named:
            assert row.active, person
