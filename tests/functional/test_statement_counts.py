"""What pages and launches cost the database, whatever the number of members, posts and replies."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from demo_lms.people import INSTRUCTOR, LEARNER, Course
from lti_tool import clock
from lti_tool.models import Community, Membership, Post, Role
from lti_tool.services import rules, to_mark
from lti_tool.services.acting import ActingMember
from tests.functional.filling import fill
from tests.functional.test_subgroups import Groups
from tests.support import scale
from tests.support.classroom import Classroom
from tests.support.statements import counted
from tests.support.world import FRENCH, TOOL

# A thread: its post, three for a page of replies, two for what was said to them, one for who takes part.
LOGIN, LAUNCH, HOME, THREAD, CHANGES = 2, 14, 23, 20, 2
# The most that another page of the community takes.
BESIDE = 26
# What waits for those who look after a community: overdue questions, newcomers, prompts, marks.
FOR_STAFF = 5
SMALL = {"members": 2, "posts": 3, "comments": 3}
LARGE = {"members": 60, "posts": 100, "comments": 200}


def cost(world, act) -> int:
    """Return how many statements something takes that ends well."""
    with world.app.app_context(), counted() as sent:
        page = act()
    assert page.status in (200, 303), page.text
    return len(sent)


class TestALogin:
    def test_takes_two_statements_at_most(self, world):
        browser = world.browser("ines")
        form = browser.login_form()
        assert cost(world, lambda: browser.post("/lti/login", form)) <= LOGIN

    def test_takes_as_many_when_the_browser_is_signed_in(self, world):
        browser = world.enter("ines").browser
        form = browser.login_form()
        assert cost(world, lambda: browser.post("/lti/login", form)) <= LOGIN


class TestLookingAtTheLaunchAddress:
    def test_takes_no_statement(self, world):
        assert cost(world, lambda: world.browser().get("/lti/launch")) == 0


class TestALaunch:
    """Keys are known; the page that it leads to is not counted."""

    @pytest.fixture(autouse=True)
    def warm_keys(self, world):
        world.enter("omar", "3")

    def of(self, world, browser, course=FRENCH) -> int:
        form = browser.launch_form(course)
        return cost(world, lambda: browser.launch(form, follow=False))

    def test_of_a_new_person_into_a_new_course(self, world):
        for course, role in (("8", LEARNER), ("9", INSTRUCTOR)):
            world.lms.add_course(Course(course, "L", "New", "en", f"1{course}", "Link"))
            world.lms.enrol("ines", course, role)
            assert self.of(world, world.browser("ines"), course) <= LAUNCH

    def test_of_a_new_person_into_a_known_course(self, world):
        world.enter("claire")
        assert self.of(world, world.browser("ines")) <= LAUNCH

    def test_of_somebody_who_comes_again(self, world):
        home = world.enter("ines")
        assert self.of(world, home.browser) <= LAUNCH
        assert self.of(world, world.browser("ines")) <= LAUNCH

    def test_of_staff(self, world):
        home = world.enter("claire")
        assert self.of(world, home.browser) <= LAUNCH
        assert self.of(world, world.browser("marc")) <= LAUNCH

    def test_of_the_first_staff_in_a_browser_that_was_here(self, world):
        world.enter("ines")
        assert self.of(world, world.enter("claire", "3").browser) <= LAUNCH

    def test_of_a_lower_role_than_before(self, world):
        home = world.enter("claire")
        world.lms.enrol("claire", FRENCH, LEARNER)
        assert self.of(world, home.browser) <= LAUNCH

    def test_of_a_second_person_in_one_browser(self, world):
        browser = world.enter("ines").browser.be("karim")
        assert self.of(world, browser) <= LAUNCH

    def test_that_is_refused_for_its_deployment(self, world):
        browser = world.browser("ines")
        world.lms.settings.deployment_id = "2"
        form = browser.launch_form()
        with world.app.app_context(), counted() as sent:
            assert browser.launch(form, follow=False).status == 400
        assert len(sent) <= LAUNCH

    def test_into_a_full_course_costs_no_more(self, world):
        world.enter("claire")
        fill(world, **SMALL)
        small = self.of(world, world.browser("ines"))
        fill(world, **LARGE, label="more")
        assert self.of(world, world.browser("karim")) == small


class TestTheWayIntoATab:
    """From the frame to the page that the tab goes to, which is not counted."""

    def costs(self, world) -> list[int]:
        home, tab = world.enter("ines"), world.browser()
        tab.headers["Origin"] = TOOL
        page = home.post("tab")
        address = page.soup.select_one("a[data-tab]")["href"]
        return [
            cost(world, lambda: home.post("tab")),
            cost(world, lambda: tab.get(address)),
            cost(world, lambda: tab.post(address, {}, follow=False)),
        ]

    def test_costs_the_same_for_many_as_for_few(self, world):
        world.enter("claire")
        fill(world, **SMALL)
        small = self.costs(world)
        fill(world, **LARGE, label="more")
        assert self.costs(world) == small
        assert max(small) <= 6


class TestPages:
    @pytest.fixture(params=["grading off", "grading on"])
    def classroom(self, request, world):
        opened = Classroom(world)
        if request.param == "grading on":
            opened.ready()
            opened.ask("ines")
        return opened

    def costs(self, classroom) -> dict[str, int]:
        """Return the cost of each page, as a learner and as a trainer see it."""
        with classroom.world.database() as session:
            longest = session.scalars(select(Post.id).where(Post.title == "Title 0")).first()
        found = {}
        for who, home in (("learner", classroom.learner("ines")), ("trainer", classroom.trainer)):
            home.post("welcome")
            for below in ("", "?filter=unanswered", "?filter=mine", f"posts/{longest}", "changes", "members"):
                address = home.community + below
                found[f"{who} {below.partition('/')[0]}"] = cost(
                    classroom.world, lambda home=home, address=address: home.browser.get(address)
                )
        return found

    def test_cost_the_same_for_many_as_for_few(self, classroom):
        fill(classroom.world, **SMALL)
        small = self.costs(classroom)
        fill(classroom.world, **LARGE, label="more")
        assert self.costs(classroom) == small
        for page, limit in (("", HOME), ("?filter=mine", HOME), ("posts", THREAD), ("changes", CHANGES)):
            # Home tells learners their score and what was answered, trainers how many scores changed: those
            # that no worker has kept yet are computed.
            more = 2 if limit == HOME else 0
            assert small[f"learner {page}"] <= limit + more, page
            for_staff = FOR_STAFF if limit == HOME else 0
            assert small[f"trainer {page}"] <= limit + more + for_staff, page

    def test_show_what_is_there(self, classroom):
        """The counts above are of pages that do show everything."""
        fill(classroom.world, **LARGE)
        home = classroom.learner("ines").get("")
        assert len(home.soup.select("#posts > article")) == 20
        assert len(classroom.trainer.get("members").soup.select("tbody tr")) == 62

    def test_do_not_write(self, classroom):
        """Nothing of a page's cost is an INSERT, UPDATE or DELETE."""
        fill(classroom.world, **SMALL)
        home = classroom.learner("ines")
        for below in ("", "changes", "members", "posts/1", "participation"):
            with classroom.world.app.app_context(), counted() as sent:
                home.get(below)
            assert all(statement.lstrip().startswith(("SELECT", "WITH")) for statement in sent), below


class TestPagesOfPeopleAndOfWhatOneLooksFor:
    """Pages beside home and thread; to the first member's pages belong many posts and replies, or few."""

    def costs(self, space, subgroup: int) -> dict[str, int]:
        with space.world.database() as session:
            author = session.scalars(
                select(Post.author_id).order_by(Post.id).where(Post.title == "Title 0")
            ).first()
        below = [
            "profile",
            "subgroups",
            f"subgroups/{subgroup}",
            "to-answer",
            "search?q=Title",
            "discussions",
        ]
        for_staff = [f"subgroups/{subgroup}/members", "audit", "audit?area=space", f"audit?person={author}"]
        below += [f"members/{author}", f"members/{author}?tab=replies", *for_staff]
        found = {}
        for who in ("ines", "claire"):
            home = space.home(who)
            for one in below:
                if who == "ines" and one in for_staff:
                    continue
                address = home.community + one
                found[f"{who} {one}"] = cost(space.world, lambda a=address, h=home: h.browser.get(a))
        return found

    def test_cost_the_same_for_many_as_for_few(self, space):
        groups = Groups(space)
        first = groups.make("Group 0", "ines", "karim")
        groups.write("karim", first)
        fill(space.world, **SMALL)
        small = self.costs(space, first)
        for number in (1, 2):
            groups.make(f"Group {number}", "ines")
            groups.write("ines", first, title=f"Again {number}")
        fill(space.world, **LARGE, label="more")
        assert self.costs(space, first) == small
        assert max(small.values()) <= BESIDE, small


class TestTheHome:
    """What is read for it with grading on, however many members there are."""

    def steps(self, classroom, newcomer: str) -> dict[str, int]:
        """Return what SQLite takes for a newcomer, for somebody welcomed, and for what has no mark."""
        home, found = classroom.learner(newcomer).get(""), {}
        for what in ("first visit", "later"):
            with classroom.world.app.app_context(), scale.counted() as cost:
                assert home.get("").status == 200
            found[what] = cost.steps
            home.post("welcome")
        with classroom.world.database() as session, scale.counted() as cost:
            claire = session.get(Membership, classroom.number("claire"))
            member = ActingMember(claire, claire.user, session.get(Community, 1), Role.TRAINER, scored=False)
            to_mark.count_lately(member, rules.in_force(1), clock.now())
        return found | {"to mark": cost.steps}

    @pytest.mark.sqlite
    def test_is_no_more_among_many(self, world):
        classroom = Classroom(world).ready()
        fill(world, members=5, posts=120, comments=120)
        few = self.steps(classroom, "ines")
        fill(world, members=1_000, posts=1, comments=1, label="more")
        many = self.steps(classroom, "karim")
        # Two steps and a half for each who came is less than reading any of them would take.
        assert {what: taken for what, taken in many.items() if taken > few[what] + 2_500} == {}, (few, many)


class TestAVisitOfEveryHour:
    def test_costs_no_more_after_a_silence(self, world, time_machine):
        home = world.enter("ines")
        usual = cost(world, lambda: home.get(""))
        time_machine.move_to(clock.now() + timedelta(hours=1), tick=True)
        assert cost(world, lambda: home.get("")) == usual
