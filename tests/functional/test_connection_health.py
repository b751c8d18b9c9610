"""The health of a deployment, for those whom its LMS names as its administrators, and for nobody else."""

import pytest

from demo_lms.people import INSTRUCTOR, LEARNER, VOCABULARY
from lti_tool import clock
from lti_tool.models import Platform
from lti_tool.services import platform_checks, platforms
from lti_tool.transactions import transaction
from tests.functional.launches import launch_with, records, setting, without
from tests.support.statements import counted
from tests.support.world import ENGLISH, TOOL

pytestmark = pytest.mark.slow_on_postgresql

ADMINISTRATORS = (
    f"{VOCABULARY}/institution/person#Administrator",
    f"{VOCABULARY}/system/person#Administrator",
    f"{VOCABULARY}/person#Administrator",
    "urn:lti:sysrole:ims/lis/SysAdmin",
)
IN_ENGLISH = {"locale": "en"}


def enter(world, *roles, sub="u-admin", **claims):
    said = {"roles": list(roles), "sub": sub, "launch_presentation": IN_ENGLISH}
    return launch_with(world.browser("ines"), setting(**said | claims))


def enter_without_a_course(world, *roles):
    """Launch from a menu of the LMS rather than from a course."""

    def change(claims):
        without("context")(claims)
        setting(roles=list(roles), launch_presentation=IN_ENGLISH)(claims)

    return launch_with(world.browser("ines"), change)


class TestAnAdministratorOfTheLms:
    @pytest.mark.parametrize("role", ADMINISTRATORS)
    def test_finds_the_health_page_from_the_lobby_with_no_role_in_the_course(self, world, role):
        lobby = enter(world, role)
        assert "belongs to the people of the course" in lobby.text
        page = lobby.browser.get(lobby.soup.select_one("main a[href*='/connection']")["href"])
        assert page.status == 200
        assert "Last launches of this deployment" in page.text

    def test_finds_it_in_the_navigation_and_keeps_the_role(self, world):
        home = enter(world, LEARNER, ADMINISTRATORS[0])
        assert home.soup.select_one("nav.nav a[href*='/participation']")
        page = home.browser.get(home.soup.select_one("nav.nav a[href*='/connection']")["href"])
        assert page.soup.select_one("nav.nav a[aria-current]").text.strip() == "Connection"

    def test_sees_checks_and_launches_and_nobodys_data(self, world):
        world.enter("claire")
        refused = launch_with(world.browser("karim"), setting(version="1.1"))
        with world.app.app_context():
            platform_checks.check(world.platform_id, clock.now(), transaction)
        text = enter(world, ADMINISTRATORS[0]).get("connection").text
        assert "The public keys of the LMS can be read." in text
        assert "People on its first page" in text
        assert "version-wrong" in text
        assert refused.soup.select_one("input#reference")["value"] in text
        for personal in ("Claire", "Dubois", "Karim", "u-karim", "@"):
            assert personal not in text

    def test_sees_this_deployment_alone(self, world):
        enter(world, ADMINISTRATORS[0])
        with world.app.app_context(), transaction():
            platforms.approve(world.platform_id, "2", clock.now(), "Another school", TOOL)
        with world.app.app_context():
            platform_checks.check(world.platform_id, clock.now(), transaction)
        world.lms.settings.deployment_id = "2"
        theirs = enter(world, ADMINISTRATORS[0], sub="u-other").get("connection").text
        ours, other = (record.reference for record in records(world))
        assert other in theirs
        assert ours not in theirs
        # Of the platform as a whole alone: what was tried by a course of the other school stays untold.
        with world.database() as session:
            report = session.get_one(Platform, world.platform_id).check_report
        assert {"keys-found", "roster-read"} <= {finding["code"] for finding in report}
        assert "The public keys of the LMS can be read." in theirs
        assert "People on its first page" not in theirs
        assert "deployments:" not in theirs

    def test_sees_it_where_no_course_came_with_the_launch(self, world):
        page = enter_without_a_course(world, ADMINISTRATORS[1])
        assert "No course came with this link" in page.text
        assert "Last launches of this deployment" in page.text
        assert "Times are UTC." in page.text, "no community tells the zone"

    def test_costs_as_many_statements_for_many_launches_as_for_few(self, world):
        home = enter(world, ADMINISTRATORS[0])

        def cost():
            with world.app.app_context(), counted() as sent:
                assert home.get("connection").status == 200
            return len(sent)

        few = cost()
        for _ in range(5):
            world.enter("ines")
        assert cost() == few <= 6


class TestEverybodyElse:
    @pytest.mark.parametrize(
        "roles", [[LEARNER], [INSTRUCTOR], [f"{VOCABULARY}/membership#Administrator"], []]
    )
    def test_is_told_that_it_is_not_for_them(self, world, roles):
        home = enter(world, *roles)
        assert not home.soup.select("a[href*='/connection']")
        page = home.get("connection")
        assert (page.status, "Administrators of the LMS" in page.text) == (403, True)

    def test_is_who_was_an_administrator_at_an_earlier_launch(self, world):
        home = enter(world, ADMINISTRATORS[0], LEARNER)
        assert home.get("connection").status == 200
        again = launch_with(home.browser, setting(roles=[LEARNER], sub="u-admin"))
        assert again.get("connection").status == 403
        assert home.get("connection").status == 403

    def test_is_the_administrator_of_another_course_or_lms(self, world):
        stranger = launch_with(world.browser("ines"), setting(roles=[ADMINISTRATORS[0]], sub="u-stranger"))
        elsewhere = world.enter("grace", ENGLISH)
        assert stranger.browser.get(f"{elsewhere.community}connection").status == 404

    def test_sees_nothing_of_it_without_a_course(self, world):
        page = enter_without_a_course(world, LEARNER)
        assert "No course came with this link" in page.text
        assert "Last launches" not in page.text
