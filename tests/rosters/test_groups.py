"""Groups of the LMS beside its list of the course: taken over whole, or left as they were."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from demo_lms import Group, GroupSet
from lti_tool.lti.rosters import RosterConnection
from lti_tool.models import (
    Course,
    CourseGroup,
    CourseGroupMember,
    Enrolment,
    GroupSource,
    Roster,
    RosterGroup,
    RosterState,
    User,
)
from lti_tool.services.roster_reads import TRIES_WITH_GROUPS
from tests.rosters.course import RosterCourse
from tests.rosters.test_reading import LEASE_LAPSED
from tests.support.statements import counted
from tests.support.words import said
from tests.support.world import FRENCH

pytestmark = pytest.mark.slow_on_postgresql

LYON, NANTES = "21", "22"
# What a course that speaks French is told.
GONE = said(
    "fr",
    "The LMS has no list of groups at the address that it gave us. Open this space from the course once "
    "more, so that it gives the address of now.",
)
NOT_READ = said("fr", "The groups of the course could not be read and stay as they were.")


@pytest.fixture
def groups(course):
    """The same course, looked at for its groups."""
    return CourseWithGroups(course)


class CourseWithGroups:
    def __init__(self, course) -> None:
        self.course, self.lms, self.quirks = course, course.lms, course.lms.quirks

    def read(self) -> Roster:
        """Let the worker read the list and the groups."""
        return self.course.ask_and_read()

    def has(self, *groups: Group) -> None:
        """Give the course of the LMS these groups."""
        self.lms.groups[FRENCH] = list(groups)

    @property
    def known(self) -> dict[str, tuple]:
        """What we know of each group, by its id in the LMS."""
        with self.course.world.database() as session:
            found = session.scalars(select(CourseGroup))
            return {one.group_id: (one.name, one.set_name, one.hidden, one.source) for one in found}

    @property
    def people(self) -> dict[str, set[str]]:
        """Who is in each group, by the key of the person."""
        with self.course.world.database() as session:
            found = session.execute(
                select(CourseGroup.group_id, User.sub)
                .join(CourseGroupMember, CourseGroupMember.course_group_id == CourseGroup.id)
                .join(Enrolment, Enrolment.id == CourseGroupMember.enrolment_id)
                .join(User, User.id == Enrolment.user_id)
            )
            members: dict[str, set[str]] = {}
            for group_id, sub in found:
                members.setdefault(group_id, set()).add(sub.removeprefix("u-"))
            return members

    def laid_aside(self) -> int:
        with self.course.world.database() as session:
            return session.scalar(select(func.count()).select_from(RosterGroup))

    @property
    def calls(self) -> list[str]:
        """What was asked of the services for the list and for groups."""
        return [call.path.rsplit("/", 1)[1] for call in self.lms.requests if "/lti/courses/" in call.path]


def team(group_id: str, *keys: str, **more) -> Group:
    return Group(group_id, f"Team {group_id}", frozenset(f"u-{key}" for key in keys), **more)


class TestACompleteReading:
    def test_knows_groups_with_their_set_and_who_is_in_them(self, groups):
        roster = groups.read()
        assert groups.known == {
            LYON: ("Atelier Lyon", "Ateliers", False, GroupSource.SERVICE),
            NANTES: ("Atelier Nantes", "Ateliers", False, GroupSource.SERVICE),
        }
        assert groups.people[LYON] == {"ines", "karim", "awa", "thomas", "7f3a91"}
        assert groups.people[NANTES] == {"lea", "julien", "hugo", "sophie"}
        assert (roster.groups_problem, groups.laid_aside()) == (None, 0)

    def test_asks_for_the_groups_of_each_member_and_reads_the_lists_after_it(self, groups):
        groups.read()
        assert groups.calls == ["memberships", "groupsets", "groups"]
        assert "groups=true" in groups.lms.roster_requests[0].query

    def test_follows_all_pages(self, groups):
        groups.quirks.groups_page_size = groups.quirks.roster_page_size = 1
        groups.quirks.old_set_id = True
        groups.read()
        assert set(groups.known) == {LYON, NANTES}
        assert groups.known[LYON][1] == "Ateliers"
        assert sum(map(len, groups.people.values())) == 9

    def test_shows_staff_alone_who_is_in_which_on_the_members_page(self, groups):
        groups.lms.groups[FRENCH].append(team("30", "ines", hidden=True))
        groups.read()
        page = groups.course.trainer.get("members", name="Inès")
        (row,) = page.soup.select("tbody tr th")
        assert [group.text for group in row.select("bdi") if "·" in group.text or "Team" in group.text] == [
            "Atelier Lyon · Ateliers",
            "Team 30",
        ]
        text = groups.course.world.enter("ines").get("members").html
        assert "Atelier" not in text
        assert "Team 30" not in text

    def test_of_a_second_time_changes_nothing(self, groups):
        groups.read()
        before = groups.known, groups.people
        groups.read()
        assert (groups.known, groups.people) == before

    def test_follows_what_changed(self, groups):
        groups.read()
        groups.lms.group_sets[FRENCH] = [GroupSet("7", "Projets")]
        lyon = replace(groups.lms.groups[FRENCH][0], name="Lyon", hidden=True, members=frozenset(["u-ines"]))
        groups.has(lyon, team("30", "karim", "nadia"), team("31"))
        groups.read()
        assert groups.known == {
            LYON: ("Lyon", "Projets", True, GroupSource.SERVICE),
            "30": ("Team 30", None, False, GroupSource.SERVICE),
            "31": ("Team 31", None, False, GroupSource.SERVICE),
        }
        assert groups.people == {LYON: {"ines"}, "30": {"karim", "nadia"}}

    def test_lets_all_groups_go_when_there_are_none_any_more(self, groups):
        groups.read()
        groups.has()
        groups.read()
        assert (groups.known, groups.people) == ({}, {})

    def test_lets_those_go_who_left_the_course(self, groups):
        groups.read()
        groups.lms.leave("ines", FRENCH)
        groups.read()
        assert groups.people[LYON] == {"karim", "awa", "thomas", "7f3a91"}

    def test_keeps_people_in_their_groups_where_the_list_stops_telling_them(self, groups):
        groups.read()
        before = groups.people
        groups.quirks.groups_in_roster = False
        groups.read()
        assert groups.people == before

    def test_keeps_those_in_their_groups_whose_page_does_not_tell_them(self, groups):
        groups.read()
        before = groups.people
        groups.lms.groups[FRENCH].append(team("30", *sorted(before[LYON])))
        groups.quirks.roster_page_size, groups.quirks.groups_forgotten_on_next_page = 4, True
        groups.read()
        # Only the first page was asked for groups.
        assert set() < groups.people["30"] < before[LYON]
        assert {number: groups.people[number] for number in before} == before

    def test_knows_groups_without_anybody_where_the_list_never_tells_them(self, groups):
        groups.quirks.groups_in_roster = False
        groups.read()
        assert set(groups.known) == {LYON, NANTES}
        assert groups.people == {}

    def test_names_no_group_that_is_not_listed(self, groups):
        groups.lms.groups[FRENCH].append(team("40", "ines"))
        groups.quirks.groups_answer = b'{"groups": [{"id": "21", "name": "Lyon"}]}'
        groups.read()
        assert set(groups.known) == set(groups.people) == {LYON}

    def test_costs_as_many_statements_for_many_people_as_for_few(self, groups):
        def cost() -> int:
            with groups.course.world.app.app_context(), counted() as sent:
                groups.course.read()
            return len(sent)

        groups.read()
        groups.course.ask()
        few = cost()
        added = groups.lms.fill_course(FRENCH, 40)
        groups.has(
            *(team(str(number), *(one.sub.removeprefix("u-") for one in added)) for number in range(30))
        )
        groups.course.ask()
        assert cost() == few
        assert len(groups.people) == 30


class TestAnIncompleteReading:
    TROUBLE = [
        ({"groups_answer": b"<html>"}, "html-answer"),
        ({"groups_answer": b'{"groups": null}'}, "groups-incomplete"),
        ({"groups_page_size": 1, "groups_fail_on_page": 2}, "platform-unavailable"),
        ({"groups_fail_on_page": 1}, "platform-unavailable"),
    ]

    @pytest.mark.parametrize(("trouble", "problem"), TROUBLE)
    def test_changes_no_group_and_spoils_no_list(self, groups, trouble, problem):
        groups.read()
        before = groups.known, groups.people
        groups.has(team("30", "ines"), team("31"))
        groups.lms.leave("karim", FRENCH)
        for name, value in trouble.items():
            setattr(groups.quirks, name, value)
        roster = groups.read()
        assert (groups.known, groups.people) == before
        assert "karim" not in groups.course.active()
        assert (roster.state, roster.problem) == (RosterState.IDLE, None)
        assert (roster.groups_problem, groups.laid_aside()) == (problem, 0)

    def test_is_said_to_staff_and_forgotten_when_the_next_one_is_whole(self, groups):
        groups.quirks.groups_answer = b"[]"
        groups.read()
        assert NOT_READ in groups.course.trainer.get("members").text
        groups.quirks.groups_answer = None
        groups.read()
        assert NOT_READ not in groups.course.trainer.get("members").text
        assert groups.people[NANTES]

    def test_for_want_of_the_list_says_what_to_do(self, groups):
        address = groups.lms.settings.issuer + "/lti/courses/9/groups?type_id=1"
        groups.course.change(Course, groups_url=address, group_sets_url=None)
        assert groups.read().groups_problem == "groups-gone"
        assert GONE in groups.course.trainer.get("members").text

    def test_is_none_where_the_lms_refuses_only_the_question_for_them(self, groups):
        groups.quirks.groups_refuse_the_question = True
        roster = groups.read()
        assert (roster.state, roster.groups_problem) == (RosterState.IDLE, None)
        assert groups.course.active() == groups.course.in_the_lms() - {"testuser"}
        assert set(groups.known) == {LYON, NANTES}

    def test_of_the_list_many_times_leaves_the_question_for_them_out(self, groups):
        groups.read()
        before = groups.people
        groups.quirks.roster_fails_on_page = 1
        groups.course.ask()
        groups.course.change(Roster, attempts=TRIES_WITH_GROUPS - 1)
        groups.course.read()
        assert "groups=true" in groups.lms.roster_requests[-1].query
        groups.quirks.roster_fails_on_page = None
        groups.has(*groups.lms.groups[FRENCH], team("30", "ines"))
        roster = groups.course.read(after=timedelta(hours=2))
        assert "groups" not in groups.lms.roster_requests[-1].query
        assert (roster.state, roster.problem, roster.groups_problem) == (RosterState.IDLE, None, None)
        assert (groups.people, set(groups.known)) == (before, {LYON, NANTES, "30"})

    def test_of_the_list_reads_no_groups(self, groups):
        groups.quirks.roster_scope_refused = 403
        assert groups.read().state is RosterState.REFUSED
        assert set(groups.calls) == {"memberships"}


class TestWhereNoGroupsAreOffered:
    def test_nothing_is_asked(self, world):
        world.lms.quirks.groups_in_launch = False
        groups = CourseWithGroups(RosterCourse(world))
        groups.read()
        assert groups.calls == ["memberships"]
        assert "groups" not in groups.lms.roster_requests[0].query
        assert groups.known == {}


class TestAHeldList:
    def test_has_its_groups_taken_over_with_it_when_staff_decide(self, groups):
        groups.read()
        for key in ("ines", "karim", "awa", "thomas", "lea", "julien"):
            groups.lms.leave(key, FRENCH)
        groups.has(team("30", "hugo", "nadia"))
        assert groups.read().state is RosterState.HELD
        assert set(groups.known) == {LYON, NANTES}
        groups.course.decide("take-over")
        assert groups.people == {"30": {"hugo", "nadia"}}
        assert groups.laid_aside() == 0

    def test_leaves_groups_as_they_were_when_staff_keep_everybody(self, groups):
        groups.read()
        before = groups.people
        for key in ("ines", "karim", "awa", "thomas", "lea", "julien"):
            groups.lms.leave(key, FRENCH)
        groups.has()
        groups.read()
        groups.course.decide("keep")
        assert groups.people == before
        assert groups.laid_aside() == 0


class TestAWorkerThatLosesItsLease:
    def test_between_list_and_groups_takes_nothing_over(self, groups):
        class Overtaken(RosterConnection):
            def close(self):
                super().close()
                groups.course.change(Roster, lease="another")

        roster = groups.course.ask() and groups.course.read(connect=Overtaken)
        assert roster.state is RosterState.READING
        assert (groups.known, groups.course.active()) == ({}, {"claire"})

    @pytest.mark.parametrize("last", ["groups-stored", "complete"])
    def test_by_dying_leaves_groups_whole_and_the_next_one_reads_them_all(self, groups, last):
        groups.read()
        before = groups.known, groups.people
        groups.has(team("30", "ines"), team("31", "karim"))
        groups.quirks.groups_page_size = 1

        def dies(step: str) -> None:
            if step == last:
                raise MemoryError

        groups.course.ask()
        with pytest.raises(MemoryError):
            groups.course.read(pause=dies)
        assert groups.laid_aside() == {"groups-stored": 1, "complete": 2}[last]
        assert (groups.known, groups.people) == before
        groups.course.read(after=LEASE_LAPSED)
        assert (groups.people, groups.laid_aside()) == ({"30": {"ines"}, "31": {"karim"}}, 0)

    def test_among_the_groups_takes_nothing_over_after_the_one_that_has_it(self, groups):
        groups.read()
        groups.quirks.groups_page_size = 1
        overtaken = []

        def takes_its_time(step: str) -> None:
            if step == "groups-stored" and not overtaken:
                overtaken.append(step)
                groups.course.read(after=LEASE_LAPSED)
                groups.has(team("30", "ines"))

        groups.course.ask()
        assert groups.course.read(pause=takes_its_time).state is RosterState.IDLE
        assert set(groups.known) == {LYON, NANTES}
        assert groups.laid_aside() == 0
