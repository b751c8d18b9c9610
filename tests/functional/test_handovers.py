"""Links into a tab of its own, and launches that the LMS's page proves: what is let in, what is refused."""

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import BrowserSession, Handover, LaunchRecord, Membership, MembershipState, Seat
from lti_tool.services import housekeeping
from lti_tool.transactions import transaction
from tests.support.world import TOOL, hidden_fields

pytestmark = pytest.mark.slow_on_postgresql

OURS = {"Origin": TOOL}
SESSION = "cv_session"


def link_from(home, **fields) -> str:
    """Press *Open in a new tab* as the script does; return the link's address."""
    browser = home.browser
    fields = {"seat_token": home.seat_token, "next": home.path} | fields
    answer = browser.tool.post(
        f"{home.community}tab?seat={home.seat}",
        base_url=TOOL,
        headers=browser.headers | {"Accept": "application/json"},
        data=fields,
    )
    assert answer.status_code == 200
    return answer.json["address"]


def presses(browser, address: str, follow: bool = True, **headers):
    """Press the one button of a link's page."""
    browser.headers |= OURS | headers
    return browser.post(address, {}, follow=follow)


def last_refusal(world) -> str:
    with world.database() as session:
        wanted = select(LaunchRecord.code).where(LaunchRecord.outcome == "refused")
        return session.scalars(wanted.order_by(LaunchRecord.id.desc())).first()


class TestALinkIntoATab:
    def test_shows_who_goes_on_and_signs_in_nobody_by_itself(self, world):
        home, tab = world.enter("ines"), world.browser()
        page = tab.get(link_from(home))
        assert page.status == 200 and "Inès Lefèvre" in page.text
        assert "Set-Cookie" not in page.response.headers
        assert "frame-ancestors 'none'" in page.response.headers["Content-Security-Policy"]
        assert tab.get(home.community).status == 401

    def test_gives_the_tab_the_same_seat_on_the_same_page(self, world):
        home, tab = world.enter("ines"), world.browser()
        arrived = presses(tab, link_from(home, next=home.community + "members"), follow=False)
        assert arrived.status == 303
        assert arrived.response.location.startswith(f"{home.community}members?seat=")
        page = tab.get(arrived.response.location)
        assert page.status == 200
        thread = page.browser.post(
            home.community + "posts",
            {
                "kind": "question",
                "title": "T",
                "body": "B",
                "seat_token": page.soup.select_one("input[name=seat_token]")["value"],
            },
        )
        assert "Inès Lefèvre" in thread.text
        assert home.get("").status == 200

    def test_works_once(self, world):
        home = world.enter("ines")
        address = link_from(home)
        assert presses(world.browser(), address).status == 200
        for browser in (world.browser(), home.browser):
            refused = presses(browser, address, follow=False)
            assert refused.status == 400 and "Set-Cookie" not in refused.response.headers
            assert last_refusal(world) == "handover-used"
            assert refused.soup.select_one("#reference")["value"].startswith("CV-")

    def test_ends_after_a_minute(self, world, time_machine):
        address = link_from(world.enter("ines"))
        time_machine.move_to(clock.now() + timedelta(seconds=61), tick=True)
        assert presses(world.browser(), address).status == 400
        assert last_refusal(world) == "handover-expired"
        assert world.browser().get(address).status == 400

    def test_ends_with_the_session_it_came_from(self, world):
        home = world.enter("ines")
        address = link_from(home)
        home.post("sign-out")
        assert presses(world.browser(), address).status == 400
        assert last_refusal(world) == "handover-ended"

    def test_is_for_members_alone(self, world):
        address = link_from(world.enter("ines"))
        with world.app.app_context(), transaction():
            db.session.execute(update(Membership).values(state=MembershipState.REMOVED))
        assert presses(world.browser(), address).status == 400
        assert last_refusal(world) == "handover-ended"

    def test_is_not_pressed_by_another_site(self, world):
        address = link_from(world.enter("ines"))
        for origin in ("https://evil.test", "null", ""):
            refused = presses(world.browser(), address, follow=False, Origin=origin)
            assert refused.status == 400 and "Set-Cookie" not in refused.response.headers
        assert presses(world.browser(), address).status == 200

    def test_that_was_never_made_leads_nowhere(self, world):
        assert world.browser().get("/o/tab/made-up").status == 400
        assert presses(world.browser(), "/o/tab/made-up").status == 400
        assert last_refusal(world) == "handover-unknown"

    def test_is_kept_as_a_hash_and_forgotten(self, world):
        address = link_from(world.enter("ines"))
        with world.database() as session:
            (made,) = session.scalars(select(Handover))
            assert address.rpartition("/")[2] not in str(vars(made))
        with world.app.app_context(), transaction():
            housekeeping.sweep(clock.now() + timedelta(minutes=2))
            assert db.session.scalar(select(Handover.id)) is None

    def test_joins_the_session_of_a_tab_where_somebody_else_is(self, world):
        tab = world.enter("karim")
        arrived = presses(tab.browser, link_from(world.enter("ines")))
        assert arrived.status == 200
        assert "Inès Lefèvre" in arrived.text
        assert tab.post("posts", kind="question", title="T", body="B").status == 200
        assert "Karim Haddad" in tab.get("").text

    def test_never_makes_a_session_last_longer(self, world):
        home = world.enter("ines")
        ends = clock.now() + timedelta(hours=1)
        with world.app.app_context(), transaction():
            db.session.execute(update(BrowserSession).values(expires_at=ends))
        presses(world.browser(), link_from(home))
        with world.database() as session:
            assert set(session.scalars(select(BrowserSession.expires_at))) == {ends}

    @pytest.mark.parametrize(
        "wish",
        ["https://evil.test/", "//evil.test/communities/1/", "/communities/77/", "/communities/1/\\x", ""],
    )
    def test_leads_into_its_own_community_only(self, world, wish):
        home = world.enter("ines")
        arrived = presses(world.browser(), link_from(home, next=wish), follow=False)
        assert arrived.response.location.startswith(home.community + "?seat=")


class Unproven:
    """A browser that keeps no cookie in the frame, and an LMS's page that keeps a value for it."""

    def __init__(self, world, person="ines"):
        self.browser = world.browser(person)
        login = self.browser.login_form() | {"cv_storage_frame": "_parent"}
        self.bound = self.browser.get("/lti/login/storage?" + urlencode(login)).response.json

    def launch(self):
        return self.browser.launch(self.browser.signed_answer(self.bound["auth_url"]), follow=False)

    def prove(self, page, value: str, **headers):
        self.browser.headers |= OURS | headers
        return self.browser.post("/lti/launch/proof", hidden_fields(page.html) | {"value": value})


class TestALaunchThatTheLmsProves:
    def test_is_let_in_by_a_link_into_a_tab(self, world):
        unproven = Unproven(world)
        page = unproven.launch()
        form = page.soup.select_one("form#proof")
        assert form["data-key"] == unproven.bound["key"]
        assert form["data-origin"] == unproven.bound["origin"] == world.lms.settings.issuer
        assert unproven.bound["value"] not in page.html
        assert "Set-Cookie" not in page.response.headers
        proven = unproven.prove(page, unproven.bound["value"])
        assert "Set-Cookie" not in proven.response.headers
        arrived = presses(world.browser(), proven.soup.select_one("a[data-tab]")["href"])
        assert arrived.status == 200 and "Inès Lefèvre" in arrived.text

    def test_is_nobody_before_it_is_proven(self, world):
        Unproven(world).launch()
        with world.database() as session:
            assert session.scalars(select(Seat)).all() == []

    @pytest.mark.parametrize("value", ["", "another", "x" * 5000, "é"])
    def test_with_another_value_is_refused(self, world, value):
        unproven = Unproven(world)
        refused = unproven.prove(unproven.launch(), value)
        assert refused.status == 400
        assert last_refusal(world) == "state-other-browser"

    def test_is_proven_once(self, world):
        unproven = Unproven(world)
        page = unproven.launch()
        assert unproven.prove(page, unproven.bound["value"]).status == 200
        assert unproven.prove(page, unproven.bound["value"]).status == 400
        assert last_refusal(world) == "launch-replayed"

    def test_waits_a_minute_for_its_proof(self, world, time_machine):
        unproven = Unproven(world)
        page = unproven.launch()
        time_machine.move_to(clock.now() + timedelta(seconds=61), tick=True)
        assert unproven.prove(page, unproven.bound["value"]).status == 400
        assert last_refusal(world) == "state-expired"

    def test_is_not_proven_by_another_site(self, world):
        unproven = Unproven(world)
        refused = unproven.prove(unproven.launch(), unproven.bound["value"], Origin="https://evil.test")
        assert refused.status == 400
        assert last_refusal(world) == "state-other-browser"

    def test_is_no_choice_and_no_choice_is_a_proof(self, world):
        unproven = Unproven(world)
        parked = hidden_fields(unproven.launch().html)["launch"]
        secret = unproven.bound["value"]
        unproven.browser.tool.set_cookie("__Host-cv_login", secret, domain="tool.test", secure=True)
        refused = unproven.browser.post("/lti/launch/choice", {"launch": parked, "space": "new"})
        assert refused.status == 400
        assert last_refusal(world) == "state-unknown"

    def test_cannot_be_begun_for_an_unknown_lms(self, world):
        answer = world.browser().get("/lti/login/storage?iss=https://unknown.example&login_hint=1")
        assert (answer.status, json.loads(answer.html)) == (400, {"code": "login-unknown-issuer"})

    def test_takes_a_seat_that_no_other_cookie_gets(self, world):
        """The browser's own session, of whomever, is not touched by what the LMS's page proves."""
        unproven = Unproven(world)
        proven = unproven.prove(unproven.launch(), unproven.bound["value"])
        assert proven.status == 200
        assert unproven.browser.get("/communities/1/").status == 401
