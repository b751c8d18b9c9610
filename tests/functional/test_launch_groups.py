"""The numbers of groups that Moodle says of whoever launches: each launch replaces those of the last."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from demo_lms import Group
from lti_tool.extensions import db
from lti_tool.models import CourseGroup, CourseGroupMember, Enrolment, GroupSource, User
from tests.functional.test_coming_again import AGAIN
from tests.functional.test_plans import PREPARED, forget_earlier_tests, noted
from tests.support.statements import counted
from tests.support.world import FRENCH, World

ASKED = {"user_group_ids": "$Moodle.Person.userGroupIds"}


class Moodle:
    """An LMS without a service for groups, which replaces the variable in what we ask for."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.lms.quirks.groups_in_launch = False
        world.lms.settings.custom = dict(ASKED)

    def puts(self, person: str, *numbers: str) -> None:
        """Have the LMS put somebody into these groups, and into no other."""
        others = [
            Group(one.id, one.name, one.members - {f"u-{person}"}) for one in self.world.lms.groups[FRENCH]
        ]
        theirs = [Group(number, "?", frozenset({f"u-{person}"})) for number in numbers]
        self.world.lms.groups[FRENCH] = [one for one in others if one.id not in numbers] + theirs

    def groups_of(self, person: str) -> set[str]:
        """What we know of somebody's groups, by their numbers."""
        with self.world.database() as session:
            return set(
                session.scalars(
                    select(CourseGroup.group_id)
                    .join(CourseGroupMember, CourseGroupMember.course_group_id == CourseGroup.id)
                    .join(Enrolment, Enrolment.id == CourseGroupMember.enrolment_id)
                    .join(User, User.id == Enrolment.user_id)
                    .where(User.sub == f"u-{person}")
                )
            )


@pytest.fixture
def moodle(world):
    return Moodle(world)


class TestALaunch:
    @pytest.mark.parametrize("person", ["ines", "claire"])
    def test_says_the_groups_of_who_comes_first_and_again(self, moodle, person):
        moodle.puts(person, "3", "12")
        browser = moodle.world.enter(person).browser
        assert moodle.groups_of(person) == {"3", "12"}
        moodle.puts(person, "12", "40")
        browser.open_community()
        assert moodle.groups_of(person) == {"12", "40"}
        moodle.puts(person)
        browser.open_community()
        assert moodle.groups_of(person) == set()

    def test_into_a_known_course_says_them_on_the_short_way(self, moodle):
        moodle.world.enter("claire")
        moodle.puts("ines", "3")
        moodle.world.enter("ines")
        assert moodle.groups_of("ines") == {"3"}

    def test_knows_numbers_without_names(self, moodle):
        moodle.world.enter("ines")
        with moodle.world.database() as session:
            (group,) = session.scalars(select(CourseGroup))
            assert (group.group_id, group.name, group.source) == ("21", None, GroupSource.LAUNCH)

    def test_leaves_others_where_they_are(self, moodle):
        moodle.world.enter("karim")
        moodle.puts("ines", "21")
        moodle.world.enter("ines")
        moodle.puts("ines")
        moodle.world.enter("ines")
        assert (moodle.groups_of("karim"), moodle.groups_of("ines")) == ({"21"}, set())

    @pytest.mark.parametrize("custom", [{}, {"user_group_ids": "$Moodle.Person.unknown"}])
    def test_that_says_nothing_changes_nothing(self, moodle, custom):
        browser = moodle.world.enter("ines").browser
        moodle.world.lms.settings.custom = custom
        browser.open_community()
        assert moodle.groups_of("ines") == {"21"}

    def test_with_the_same_groups_again_costs_no_more_than_without_any(self, moodle):
        browser = moodle.world.enter("ines").browser
        form = browser.launch_form()
        with moodle.world.app.app_context(), counted() as sent:
            assert browser.launch(form, follow=False).status == 303
        assert len(sent) <= AGAIN

    def test_that_says_other_groups_scans_no_table_that_grows(self, moodle):
        browser = moodle.world.enter("ines").browser
        moodle.puts("ines", "3", "12")
        form = browser.launch_form()
        with moodle.world.app.app_context():
            forget_earlier_tests()
            with noted() as sent:
                assert browser.launch(form, follow=False).status == 303
            ours = {one: values for one, values in sent.items() if "course_group" in one}
            connection = db.session.connection()
            scans = PREPARED[connection.dialect.name](connection)
            scanned = {one: scans(connection, one, values) for one, values in ours.items()}
            db.session.rollback()
        assert len(ours) == 1
        assert {one: steps for one, steps in scanned.items() if steps} == {}

    def test_counts_for_nothing_where_a_service_lists_the_groups(self, moodle):
        moodle.world.lms.quirks.groups_in_launch = True
        moodle.world.enter("ines")
        assert moodle.groups_of("ines") == set()

    def test_of_many_into_the_same_new_groups_at_once(self, moodle):
        people = moodle.world.lms.fill_course(FRENCH, 6)
        moodle.world.lms.groups[FRENCH] = [
            Group(number, "?", frozenset(person.sub for person in people)) for number in ("5", "6", "7")
        ]
        moodle.world.enter("claire")
        browsers = [moodle.world.browser(person.key) for person in people]
        forms = [browser.launch_form() for browser in browsers]
        with ThreadPoolExecutor(6) as pool:
            pages = list(pool.map(lambda browser, form: browser.launch(form, follow=False), browsers, forms))
        assert {page.status for page in pages} == {303}
        assert all(moodle.groups_of(person.key) == {"5", "6", "7"} for person in people)
