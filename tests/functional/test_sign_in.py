"""Coming into the console by a one-use link, and being let in no more."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.errors import Unfit
from lti_tool.extensions import db
from lti_tool.models import AuditEntry
from lti_tool.services import administrators, housekeeping, sign_in
from lti_tool.transactions import transaction
from tests.support.administrators import AdministratorBrowser, administrator
from tests.support.world import TOOL

EMAIL = "ruth@school.test"


@pytest.fixture
def link(world):
    """A sign-in link for a new operator."""
    return link_of(world, timedelta(minutes=15))


def link_of(world, lifetime: timedelta) -> str:
    with world.app.app_context(), transaction():
        now = clock.now()
        account = administrators.add(EMAIL, None, True, TOOL, now)
        return sign_in.link_for(account.id, TOOL, now, lifetime)


def newcomer(world) -> AdministratorBrowser:
    return AdministratorBrowser(world, 0, EMAIL)


class TestALink:
    def test_shows_a_page_with_one_button_and_is_still_good(self, world, link):
        browser = newcomer(world)
        for _ in range(2):
            page = browser.get(link.removeprefix(TOOL))
            assert (page.status, len(page.soup.select("button"))) == (200, 1)
            assert EMAIL in page.text
        assert browser.get("/admin/").status == 401

    def test_lets_in_once(self, world, link):
        page = newcomer(world).sign_in_by(link)
        assert (page.status, page.soup.h1.text) == (200, "Administration")
        again = newcomer(world).get(link.removeprefix(TOOL))
        assert (again.status, again.soup.h1.text) == (410, "This link has been used")

    def test_leads_to_the_page_that_was_asked_for(self, world, link):
        page = newcomer(world).get("/admin/?asked=1")
        assert "next=/admin/" in page.html
        used = world.browser().post(link.removeprefix(TOOL), {"next": "/admin/platforms"}, follow=False)
        assert used.response.location == "/admin/platforms"

    @pytest.mark.parametrize(
        "elsewhere",
        [
            *(
                "https://evil.test/",
                "//evil.test/admin/",
                "/admin//evil.test",
                "/communities/1/",
                "/admin/\\x",
            ),
            *("/admin/\n/x", "/admin/\r\nSet-Cookie: a=b"),
        ],
    )
    def test_leads_nowhere_else(self, world, link, elsewhere):
        used = world.browser().post(link.removeprefix(TOOL), {"next": elsewhere}, follow=False)
        assert used.response.location == "/admin/"

    def test_is_good_for_a_while(self, world):
        page = newcomer(world).get(link_of(world, timedelta(seconds=-1)).removeprefix(TOOL))
        assert (page.status, page.soup.h1.text) == (410, "This link is no longer good")

    def test_is_not_used_up_by_another_sites_form(self, world, link):
        browser = newcomer(world)
        browser.headers = browser.headers | {"Origin": "https://evil.test"}
        assert world.browser().get("/admin/").status == 401
        answer = browser.tool.post(link.removeprefix(TOOL), base_url=TOOL, headers=browser.headers)
        assert answer.status_code == 403
        assert newcomer(world).sign_in_by(link).status == 200

    def test_of_nobody_is_not_known(self, world):
        assert world.browser().get("/o/" + "x" * 43).soup.h1.text == "This link is not known"


class TestASession:
    def test_ends_by_signing_out(self, world):
        who = administrator(world, operator=True)
        assert who.post("/admin/sign-out", follow=False).response.location == "/sign-in"
        assert who.get("/admin/").status == 401

    def test_ends_by_itself_when_nothing_is_sent_in_it(self, world, time_machine):
        who = administrator(world, operator=True)
        time_machine.move_to(clock.now() + sign_in.IDLE + timedelta(seconds=1), tick=True)
        assert who.get("/admin/").status == 401

    def test_goes_on_while_it_is_used_but_not_for_ever(self, world, time_machine):
        who, began = administrator(world, operator=True), clock.now()
        for hours in (1, 2, 3, 4, 5, 6, 7):
            time_machine.move_to(began + timedelta(hours=hours), tick=True)
            assert who.post("/admin/language", {"language": "en"}).status == 200
        time_machine.move_to(began + sign_in.SESSION - timedelta(minutes=1), tick=True)
        assert who.post("/admin/language", {"language": "en"}).status == 200
        time_machine.move_to(began + sign_in.SESSION + timedelta(minutes=1), tick=True)
        assert who.get("/admin/").status == 401

    def test_ends_everywhere_when_the_account_is_disabled(self, world, link):
        who = newcomer(world)
        who.sign_in_by(link)
        another = link_of(world, timedelta(hours=1))
        with world.app.app_context(), transaction():
            administrators.disable(EMAIL.upper(), clock.now())
        assert who.get("/admin/").status == 401
        assert who.get(another.removeprefix(TOOL)).status == 410

    def test_is_forgotten_after_a_week(self, world, link):
        who = newcomer(world)
        who.sign_in_by(link)
        later = clock.now() + sign_in.SESSION + sign_in.REMEMBERED
        with world.app.app_context(), transaction():
            housekeeping.sweep(later)
        assert who.get(link.removeprefix(TOOL)).soup.h1.text == "This link is not known"

    def test_speaks_the_language_that_was_chosen(self, world):
        who = administrator(world, operator=True)
        assert who.post("/admin/language", {"language": "fr"}).soup.html["lang"] == "fr"

    def test_is_no_seat_in_a_community(self, world):
        learner = world.enter("ines")
        who = administrator(world, operator=True)
        assert who.get(learner.community).status == 401


class TestAnAccountThatWasDisabled:
    def test_comes_back_with_what_it_is_given_then_and_nothing_of_before(self, world, link):
        with world.app.app_context(), transaction():
            now = clock.now()
            administrators.add(EMAIL, "Of before", False, TOOL, now)
            administrators.disable(EMAIL, now)
            administrators.add(EMAIL, "A school", False, TOOL, now)
        with world.app.app_context():
            (account,) = administrators.listed()
            assert (account.operator, [one.name for one in account.organisations]) == (False, ["A school"])
            told = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
            assert told.detail["operator"] is False

    def test_comes_back_as_a_new_one_where_nothing_is_said(self, world):
        with world.app.app_context(), transaction():
            now = clock.now()
            administrators.add(EMAIL, "Of before", False, TOOL, now)
            administrators.disable(EMAIL, now)
            # Nobody said whose connections it is to see, and there are several to choose from.
            with pytest.raises(Unfit) as refused:
                administrators.add(EMAIL, None, False, TOOL, now)
            assert refused.value.problems == {"organisation": ["which-organisation"]}
            administrators.add(EMAIL, "tool.test", False, TOOL, now)
        with world.app.app_context():
            (account,) = administrators.listed()
            assert [one.name for one in account.organisations] == ["tool.test"]

    def test_that_was_not_keeps_what_it_has(self, world, link):
        with world.app.app_context(), transaction():
            administrators.add(EMAIL, "A school", False, TOOL, clock.now())
        with world.app.app_context():
            (account,) = administrators.listed()
            assert account.operator
            told = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
            assert told.detail["operator"] is True
