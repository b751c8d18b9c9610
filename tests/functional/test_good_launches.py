"""Good launches of the certification list, and which deployments are let in."""

import pytest
from sqlalchemy import select

from demo_lms.people import FRENCH_COURSE, INSTRUCTOR, LEARNER, MENTOR, VOCABULARY
from lti_tool import clock
from lti_tool.models import Deployment, DeploymentState, ResourceLink, User
from lti_tool.services import platforms
from lti_tool.transactions import transaction
from tests.functional.launches import (
    CLAIM,
    PERSONAL,
    altered,
    assert_calmly_refused,
    launch_with,
    records,
    role_of,
    seconds_from_now,
    setting,
    without,
)
from tests.functional.space import id_of
from tests.support.world import ENGLISH, FRENCH, TOOL, World

pytestmark = pytest.mark.slow_on_postgresql

ROLES = {
    "21 several roles": ([INSTRUCTOR, f"{VOCABULARY}/institution/person#Staff"], "trainer"),
    "22 a short role": (["Instructor"], "trainer"),
    "23 an unknown role": ([f"{VOCABULARY}/unknown/unknown#Helper"], "observer"),
    "24 an empty role": ([""], "observer"),
    "24 no role": ([], "observer"),
    "30 several roles of a learner": (
        [LEARNER, f"{VOCABULARY}/institution/person#Student", MENTOR],
        "learner",
    ),
    "31 a short role": (["Learner"], "learner"),
    "an administrator of the institution": ([f"{VOCABULARY}/institution/person#Administrator"], "observer"),
}


class TestGoodLaunches:
    def test_20_and_29_full(self, world):
        assert role_of(world.enter("claire")) == "trainer"
        assert role_of(world.enter("ines")) == "learner"
        assert {record.outcome for record in records(world)} == {"admitted"}

    def test_give_the_role_that_the_context_roles_say(self, world):
        for number, (name, (roles, expected)) in enumerate(ROLES.items()):
            home = launch_with(world.browser("ines"), setting(roles=roles, sub=f"u-{number}"))
            assert (home.status, role_of(home)) == (200, expected), name

    def test_25_to_27_and_34_to_37_work_with_little_or_nothing_personal(self, world):
        for role in (INSTRUCTOR, LEARNER):
            for number, kept in enumerate((("email",), PERSONAL[:3], ("given_name",), ())):
                change = without(*(name for name in PERSONAL if name not in kept))
                sub = f"u-{role[-4:]}-{number}"
                home = launch_with(
                    world.browser("ines"),
                    lambda claims, change=change, sub=sub, role=role: (
                        change(claims),
                        setting(sub=sub, roles=[role])(claims),
                    ),
                )
                assert home.status == 200, (role, kept)
                assert home.soup.select_one(".own-name").text.strip()

    def test_28_and_38_without_a_course_get_a_page_that_says_so(self, world):
        for person in ("claire", "ines"):
            page = launch_with(world.browser(person), without("context"))
            assert page.status == 200
            assert page.soup.select_one("a.primary")["href"].startswith(world.lms.settings.issuer)
            assert records(world)[-1].code == "no-course"
        with world.database() as session:
            assert session.scalars(select(User)).all() == []

    def test_from_a_group_or_an_account_get_the_same_page(self, world):
        for kind in ("Group", f"{VOCABULARY}/course#Group", "Account"):
            page = launch_with(world.browser("ines"), setting(context={"id": "g", "type": [kind]}))
            assert (page.status, records(world)[-1].code) == (200, "no-course"), kind

    def test_18_expired_within_what_clocks_may_differ(self, world):
        home = launch_with(world.browser("ines"), lambda claims: claims.update(exp=seconds_from_now(-50)))
        assert home.status == 200

    def test_ignore_what_they_do_not_know(self, world):
        odd = {
            CLAIM + "lti1p1": {"user_id": "1", "errors": {}},
            CLAIM + "custom": None,
            CLAIM + "lis": [],
            "https://unknown.example/claim": {"a": ["b"] * 100},
            "picture": "javascript:alert(1)",
        }
        assert launch_with(world.browser("ines"), lambda claims: claims.update(odd)).status == 200

    def test_speak_the_language_of_the_launch(self, world):
        for locale, language in (("en-US", "en"), ("fr_CA", "fr"), ("de", "en")):
            presentation = {"locale": locale, "document_target": "iframe"}
            home = launch_with(world.browser("ines"), setting(launch_presentation=presentation))
            assert home.soup.html["lang"] == language

    def test_lead_back_to_where_they_came_from(self, world):
        home = world.enter("ines")
        ways = {link["href"] for link in home.soup.select("a[target=_top]")}
        assert len(ways) == 1
        expected = f"{world.lms.settings.issuer}/lti/return?course=2&lti_msg=You%20have%20left"
        assert ways.pop().startswith(expected)

    def test_go_to_the_target_of_the_link(self, space):
        thread = space.write("ines", title="The target")
        target = f"{TOOL}/communities/1/posts/{id_of(thread)}"
        page = launch_with(space.world.browser("karim"), setting(target_link_uri=target))
        assert page.soup.select_one("h1").text == "The target"
        assert records(space.world)[-1].code == "target-differs"

    def test_whose_target_is_in_another_community_go_home(self, space):
        thread = space.write("ines")
        target = f"{TOOL}/communities/1/posts/{id_of(thread)}"
        browser = space.world.browser("omar")
        form = altered(browser, setting(target_link_uri=target), ENGLISH)
        home = browser.launch(form)
        assert home.path.partition("?")[0] == "/communities/2/"

    def test_remember_a_line_item_and_bind_nothing(self, world):
        world.lms.quirks.lineitem_in_launch = True
        world.enter("claire")
        with world.database() as session:
            assert session.scalars(select(ResourceLink.line_item_url)).one().startswith("http")
        assert [item for item in world.lms.lineitems(FRENCH) if not item.own] == []


class TestTheCourse:
    def test_is_one_community_however_it_is_called_later(self, world):
        first = world.enter("ines")
        again = launch_with(
            world.browser("karim"), setting(context={"id": FRENCH_COURSE.id, "title": "New", "type": []})
        )
        assert again.community == first.community


class TestDeployments:
    @pytest.fixture
    def lms_with(self, tool, lms_signing_key):
        worlds = []

        def open_world(**settings) -> World:
            opened = World(tool, lms_signing_key)
            opened.open_lms(**settings)
            worlds.append(opened)
            return opened

        yield open_world
        for world in worlds:
            world.close()

    def launch_from(self, world, deployment: str):
        world.lms.settings.deployment_id = deployment
        browser = world.browser("ines")
        return browser.launch(browser.launch_form())

    def state_of(self, world, deployment: str) -> DeploymentState | None:
        with world.database() as session:
            wanted = select(Deployment.state).where(Deployment.deployment_id == deployment)
            return session.scalars(wanted).one_or_none()

    def test_17_that_were_not_named_are_refused_where_some_were(self, lms_with):
        world = lms_with(deployment_ids=("1",))
        assert self.launch_from(world, "1").status == 200
        assert_calmly_refused(world, self.launch_from(world, "2"), "deployment-unknown")
        assert self.state_of(world, "2") is None

    def test_after_the_first_one_wait_until_somebody_approves(self, world):
        assert self.launch_from(world, "1").status == 200
        assert_calmly_refused(world, self.launch_from(world, "2"), "deployment-waiting")
        assert_calmly_refused(world, self.launch_from(world, "2"), "deployment-waiting")
        assert self.state_of(world, "2") == DeploymentState.WAITING
        with world.app.app_context(), transaction():
            platforms.approve(world.platform_id, "2", clock.now())
        assert self.launch_from(world, "2").status == 200

    def test_with_odd_names_wait_too(self, world):
        self.launch_from(world, "1")
        for odd in (" ", "  a  b", "x" * 255):
            assert_calmly_refused(world, self.launch_from(world, odd), "deployment-waiting")
            assert self.state_of(world, odd) == DeploymentState.WAITING

    def test_are_all_accepted_where_it_was_decided_so(self, lms_with):
        world = lms_with(accept_deployments=True)
        for deployment in ("1", "2", "3"):
            assert self.launch_from(world, deployment).status == 200

    def test_keep_courses_of_the_same_id_apart(self, lms_with):
        world = lms_with(accept_deployments=True)
        addresses = {self.launch_from(world, deployment).community for deployment in ("1", "2")}
        assert len(addresses) == 2
