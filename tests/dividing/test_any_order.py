"""Whatever changes in whatever order: at every moment each is in exactly the spaces that the rule says."""

import os
import random

import pytest
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.models import (
    Community,
    CommunityState,
    Course,
    Enrolment,
    Membership,
    MembershipState,
    Role,
    User,
)
from lti_tool.services import roles

pytestmark = pytest.mark.slow_on_postgresql

GROUPS = ("lyon", "nantes", "brest")
LEARNERS = ("ines", "karim", "awa", "thomas", "lea", "hugo")
STEPS = 14


class Changes:
    """Things that happen to a divided course, by chance; what should be known of it, kept by hand."""

    def __init__(self, course, chance: random.Random) -> None:
        self.course, self.chance = course, chance
        self.groups = {name: set() for name in GROUPS}
        self.kept: dict[str, set[str]] = {}
        self.regroup()
        course.divide(*GROUPS)

    def regroup(self) -> None:
        """The LMS puts everybody anew into none, one or several groups, and its list is read."""
        for members in self.groups.values():
            members.clear()
        for person in LEARNERS:
            for name in self.chance.sample(GROUPS, self.chance.choice((0, 1, 1, 1, 2))):
                self.groups[name].add(person)
        self.course.has(**{name: tuple(sorted(members)) for name, members in self.groups.items()})
        self.course.list.ask_and_read()

    def launch(self) -> None:
        person = self.chance.choice(LEARNERS)
        if self._is_here(person):
            self.course.world.enter(person)

    def close_or_open(self) -> None:
        name = self.chance.choice(GROUPS)
        part = self.course.part(name)
        act = "close" if self._state(part) is CommunityState.OPEN else "open"
        assert self.course.trainer.post(f"spaces/{part.id}/{act}").status == 200

    def leave_or_return(self) -> None:
        """Somebody's enrolment in the course ends, or goes on; the clock comes by."""
        user, common = self.course.list.user(self.chance.choice(LEARNERS)), self.course.common()
        theirs = (Enrolment.user_id == user.id, Enrolment.course_id == common.id)
        with self.course.world.database() as session:
            active = session.scalar(select(Enrolment.active).where(*theirs))
        self.course.write(update(Enrolment).where(*theirs).values(active=not active))
        self.course.sweep()

    def remove_or_readmit(self) -> None:
        user, common = self.course.list.user(self.chance.choice(LEARNERS)), self.course.common()
        theirs = (Membership.user_id == user.id, Membership.community_id == common.community_id)
        with self.course.world.database() as session:
            state = session.scalar(select(Membership.state).where(*theirs))
        removed = state is MembershipState.REMOVED
        after = MembershipState.ACTIVE if removed else MembershipState.REMOVED
        self.course.write(update(Membership).where(*theirs).values(state=after))
        self.course.sweep()

    def promote_or_not(self) -> None:
        """The LMS makes somebody a trainer, or a learner again; the clock comes by."""
        user, common = self.course.list.user(self.chance.choice(LEARNERS)), self.course.common()
        theirs = (Enrolment.user_id == user.id, Enrolment.course_id == common.id)
        with self.course.world.database() as session:
            role = session.scalar(select(Enrolment.roster_role).where(*theirs))
        after = Role.LEARNER if role is Role.TRAINER else Role.TRAINER
        self.course.write(update(Enrolment).where(*theirs).values(roster_role=after))
        self.course.sweep()

    def _is_here(self, person: str) -> bool:
        return person in self._right()[0]

    def _state(self, part: Course) -> CommunityState:
        with self.course.world.database() as session:
            return session.get(Community, part.community_id).state

    def _right(self) -> tuple[set[str], set[str]]:
        """Who is in the course and was not removed; who of them is staff: as rows of the common space say."""
        common, now = self.course.common(), clock.now()
        with self.course.world.database() as session:
            found = session.execute(
                select(User.sub, Enrolment)
                .join(Enrolment, Enrolment.user_id == User.id)
                .join(Membership, Membership.user_id == User.id)
                .where(
                    Enrolment.course_id == common.id,
                    Enrolment.active,
                    Membership.community_id == common.community_id,
                    Membership.state != MembershipState.REMOVED,
                )
            ).all()
            here = {sub.removeprefix("u-") for sub, _ in found}
            staff = {
                sub.removeprefix("u-") for sub, one in found if roles.of_enrolment(one, now) in roles.STAFF
            }
        return here, staff

    def check(self) -> None:
        here, staff = self._right()
        for name in GROUPS:
            part = self.course.part(name)
            if self._state(part) is CommunityState.OPEN:
                wanted = (self.groups[name] & here) | staff
            else:
                wanted = (self.kept[name] & here) | staff
            assert self.course.enrolled(part.id) == wanted, name
            self.kept[name] = wanted
            with self.course.world.database() as session:
                theirs = select(User.sub).join(Membership, Membership.user_id == User.id)
                members = set(session.scalars(theirs.where(Membership.community_id == part.community_id)))
            assert {f"u-{key}" for key in wanted} <= members


FIRST_SEED = int(os.environ.get("TEST_SEED", "3"))


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 3))
def test_everybody_is_where_the_rule_says(course, seed):
    chance = random.Random(seed)
    changes = Changes(course, chance)
    changes.check()
    happenings = (
        *(changes.regroup, changes.launch, changes.close_or_open),
        *(changes.leave_or_return, changes.remove_or_readmit, changes.promote_or_not),
    )
    for _ in range(STEPS):
        chance.choice(happenings)()
        changes.check()
