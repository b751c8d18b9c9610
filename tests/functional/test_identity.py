"""Who is who in a browser: sessions, seats, and the roles of a launch."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from demo_lms.people import INSTRUCTOR, LEARNER
from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    BrowserSession,
    LaunchRecord,
    Membership,
    MembershipState,
    Role,
    User,
)
from lti_tool.transactions import transaction
from tests.functional.space import id_of, named
from tests.support.world import ENGLISH, FRENCH

pytestmark = pytest.mark.slow_on_postgresql

COOKIE = "__Host-cv_session"


def secret_of(browser) -> str | None:
    cookie = browser.tool.get_cookie(COOKIE, domain="tool.test")
    return cookie.value if cookie else None


class TestTheCookie:
    def test_lives_in_a_frame_of_another_site_and_nowhere_else(self, world):
        browser = world.browser("ines")
        login = browser.post("/lti/login", browser.login_form())
        launch = browser.launch(browser.launch_form(), follow=False)
        refused = world.browser().get("/communities/1/")
        for page, name in ((login, "__Host-cv_login"), (launch, COOKIE), (refused, "__Host-cv_next")):
            (cookie,) = page.response.headers.getlist("Set-Cookie")
            first, *attributes = cookie.split("; ")
            assert first.startswith(f"{name}=")
            assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"} <= set(attributes)
            assert not any(attribute.startswith("Domain") for attribute in attributes)

    def test_is_the_same_for_everybody_who_launches_here(self, world):
        browser = world.enter("ines").browser
        before = secret_of(browser)
        browser.be("karim").open_community()
        browser.open_community(FRENCH)
        assert secret_of(browser) == before

    def test_is_stored_as_a_hash_only(self, world):
        secret = secret_of(world.enter("ines").browser)
        with world.database() as session:
            (found,) = session.scalars(select(BrowserSession))
            assert secret not in str(vars(found))

    def test_is_never_part_of_an_address(self, space):
        thread = space.write("ines")
        home = space.home("ines")
        for page in (home, thread, home.get("members"), home.get("posts/new")):
            addresses = " ".join(
                tag[name]
                for tag in page.soup.find_all(True)
                for name in ("href", "src", "action")
                if tag.get(name)
            )
            assert secret_of(home.browser) not in page.html
            assert page.seat_token not in addresses


class TestASession:
    def test_ends_after_four_idle_hours(self, world, time_machine):
        home = world.enter("ines")
        start = clock.now()
        time_machine.move_to(start + timedelta(hours=3, minutes=59), tick=True)
        assert home.get("").status == 200
        time_machine.move_to(start + timedelta(hours=4, minutes=1), tick=True)
        assert home.get("").status == 401
        assert home.browser.get("/communities/1/nothing").status == 401

    def test_goes_on_while_pages_say_that_they_are_looked_at(self, world, time_machine):
        home = world.enter("ines")
        start = clock.now()
        time_machine.move_to(start + timedelta(hours=3), tick=True)
        assert home.post("seen").status == 204
        time_machine.move_to(start + timedelta(hours=6, minutes=59), tick=True)
        assert home.get("").status == 200

    def test_goes_on_with_every_text_that_is_sent(self, space, time_machine):
        home = space.home("ines")
        start = clock.now()
        time_machine.move_to(start + timedelta(hours=3), tick=True)
        space.write("ines")
        time_machine.move_to(start + timedelta(hours=6), tick=True)
        assert home.get("").status == 200

    def test_ends_after_twelve_hours_in_any_case(self, world, time_machine):
        home = world.enter("ines")
        start = clock.now()
        for hours in (3, 6, 9, 11.9):
            time_machine.move_to(start + timedelta(hours=hours), tick=True)
            assert home.post("seen").status == 204
        time_machine.move_to(start + timedelta(hours=12, seconds=1), tick=True)
        assert home.get("").status == 401

    def test_begins_anew_with_the_next_launch(self, world, time_machine):
        home = world.enter("ines")
        before = secret_of(home.browser)
        time_machine.move_to(clock.now() + timedelta(hours=5), tick=True)
        assert home.browser.open_community().status == 200
        assert secret_of(home.browser) != before

    def test_is_over_once_signed_out_whatever_the_browser_still_has(self, world):
        home = world.enter("ines")
        other = home.browser.be("karim").open_community()
        before = secret_of(home.browser)
        assert home.post("sign-out").status == 200
        assert secret_of(home.browser) is None
        home.browser.tool.set_cookie(COOKIE, before, domain="tool.test", secure=True)
        assert home.get("").status == 401
        assert other.get("").status == 401


class TestTwoPeopleInOneBrowser:
    @pytest.fixture
    def pages(self, world):
        browser = world.browser("ines")
        return browser.open_community(), browser.be("karim").open_community()

    def test_each_page_names_its_own_person(self, pages):
        ines, karim = pages
        assert named(ines.get("")) == "Inès Lefèvre"
        assert named(karim.get("")) == "Karim Haddad"
        assert named(ines.get("members")) == "Inès Lefèvre"

    def test_links_stay_with_the_person(self, pages):
        ines, _ = pages
        inside = [link["href"] for link in ines.get("").soup.select("a[href^='/communities/']")]
        assert inside
        assert all(f"seat={ines.seat}" in link for link in inside)

    def test_the_token_decides_who_acts_not_the_address(self, pages):
        ines, karim = pages
        form = {"kind": "question", "title": "Mine", "body": "Words", "seat_token": ines.seat_token}
        page = ines.browser.post(f"{ines.community}posts?seat={karim.seat}", form)
        assert page.soup.select_one("article .byline b").text == "Inès Lefèvre"
        assert named(page) == "Inès Lefèvre"

    def test_neither_edits_what_the_other_wrote(self, pages):
        ines, karim = pages
        thread = ines.post("posts", kind="question", title="Mine", body="Words")
        assert karim.get(f"posts/{id_of(thread)}/edit").status == 403
        assert karim.post(f"posts/{id_of(thread)}/delete").status == 403
        assert ines.get(f"posts/{id_of(thread)}/edit").status == 200

    def test_an_address_without_a_seat_is_answered_for_the_one_launched_last(self, pages):
        ines, karim = pages
        assert named(ines.browser.get(ines.community)) == "Karim Haddad"
        ines.browser.be("ines").open_community()
        assert named(ines.browser.get(ines.community)) == "Inès Lefèvre"

    def test_so_is_one_whose_seat_this_browser_lacks(self, pages, world):
        ines, _ = pages
        foreign = world.enter("claire")
        for seat in (foreign.seat, "999", "0", "x"):
            assert named(ines.browser.get(f"{ines.community}?seat={seat}")) == "Karim Haddad"

    def test_choices_of_one_are_not_those_of_the_other(self, pages):
        ines, karim = pages
        ines.post("preferences/language", language="en")
        assert ines.get("").soup.html["lang"] == "en"
        assert karim.get("").soup.html["lang"] == "fr"


class TestTwoCoursesInOneBrowser:
    def test_never_mix(self, world):
        french = world.enter("claire")
        english = french.browser.open_community(ENGLISH)
        assert french.community != english.community
        thread = french.post("posts", kind="discussion", title="Bonjour", body="Bienvenue")
        assert thread.path.startswith(french.community)
        assert "Bonjour" not in english.get("").text
        assert english.get(f"posts/{id_of(thread)}").status == 404

    def test_the_seat_of_one_is_worth_nothing_in_the_other(self, world):
        french = world.enter("claire")
        english = french.browser.open_community(ENGLISH)
        page = french.browser.get(f"{french.community}?seat={english.seat}")
        assert page.status == 200
        assert page.soup.select_one("input[name=seat_token]")["value"] == french.seat_token
        refused = french.post("posts", kind="question", title="T", body="B", seat_token=english.seat_token)
        assert refused.status == 403

    def test_somebody_in_one_is_nobody_in_the_other(self, world):
        world.enter("claire", ENGLISH)
        french = world.enter("ines")
        english = [number for number in ("1", "2") if f"/{number}/" not in french.community]
        assert french.browser.get(f"/communities/{english[0]}/").status == 404


class TestTwoTabs:
    def test_of_the_same_launch_act_for_the_same_seat(self, world):
        first = world.enter("ines")
        second = first.browser.open_community()
        assert (first.seat, first.seat_token) == (second.seat, second.seat_token)
        assert first.post("posts", kind="question", title="T", body="B").status == 200


class TestTheRoleOfALaunch:
    def test_lowers_its_own_seat_alone(self, world):
        usual = world.enter("claire")
        world.lms.enrol("claire", FRENCH, LEARNER)
        switched = world.browser("claire").open_community()
        assert switched.get("grading").status == 403
        assert usual.get("grading").status == 200

    def test_switched_back_is_as_it_was(self, world):
        home = world.enter("claire")
        world.lms.enrol("claire", FRENCH, LEARNER)
        assert home.browser.open_community().get("grading").status == 403
        world.lms.enrol("claire", FRENCH, INSTRUCTOR)
        assert home.browser.open_community().get("grading").status == 200

    def test_that_says_less_is_shown_to_staff_and_changes_nothing_yet(self, space):
        self.switch_claire(space)
        members = space.home("bruno").get("members")
        assert self.row_of(members, "Claire Dubois").select_one(".role-trainer")
        assert members.soup.select_one(f"form[action*='/members/{space.number('claire')}/role']")
        assert not space.home("ines").get("members").soup.select_one("form[action*='/role']")

    def test_that_says_less_counts_after_thirty_days(self, space, time_machine):
        usual = space.home("claire")
        start = clock.now()
        time_machine.move_to(start + timedelta(days=40), tick=True)
        self.switch_claire(space)
        time_machine.move_to(start + timedelta(days=69), tick=True)
        assert space.world.enter("bruno").get("members").soup.select_one("tbody .role-trainer")
        self.switch_claire(space)
        time_machine.move_to(start + timedelta(days=71), tick=True)
        assert not space.world.enter("bruno").get("members").soup.select_one("tbody .role-trainer")
        assert usual.get("").status == 401

    def test_that_says_less_counts_when_staff_confirm_it(self, space):
        usual = space.home("claire")
        self.switch_claire(space)
        space.home("bruno").post(f"members/{space.number('claire')}/role")
        assert not space.home("bruno").get("members").soup.select_one("tbody .role-trainer")
        assert usual.get("grading").status == 403

    def test_a_trainer_who_looks_as_a_learner_is_not_graded(self, space):
        self.switch_claire(space)
        looking = space.world.browser("claire").open_community()
        thread = looking.post("posts", kind="question", title="T", body=" ".join("abcdefghijklmnopqrstuvw"))
        assert thread.status == 200
        assert looking.get("posts/new").soup.select_one("input[name=kind]")["data-minimum"] == ""

    def switch_claire(self, space):
        space.home("claire")
        space.world.lms.enrol("claire", FRENCH, LEARNER)
        space.world.enter("claire")

    def row_of(self, members, name):
        return next(row for row in members.soup.select("tbody tr") if name in row.text)


class TestWhoIsCounted:
    def test_a_test_user_is_let_in_and_not_listed(self, space):
        looking = space.home("testuser")
        assert looking.get("members").status == 200
        assert "Test Student" not in self.names(space.home("claire").get("members"))
        assert "Test Student" not in self.names(looking.get("members"))

    def test_somebody_without_a_name_is_a_number(self, space):
        nameless = named(space.home("anonymous"))
        assert nameless.startswith("Membre ")
        assert nameless in self.names(space.home("claire").get("members"))

    def test_an_observer_is_told_whose_space_it_is(self, space):
        space.home("claire")
        lobby = space.home("patrick")
        assert "Claire Dubois" in lobby.text
        space.write("ines", title="A secret of ours")
        assert "A secret of ours" not in lobby.get("").text

    def test_an_appointed_manager_keeps_their_row_and_may_not_appoint(self, space):
        manager = space.home_of(Role.COMMUNITY_MANAGER)
        assert manager.get("participation").status == 200
        assert manager.post(f"members/{space.number('karim')}/appointment", role="sponsor").status == 403

    def test_somebody_removed_is_nobody(self, space):
        home = space.home("ines")
        with space.world.app.app_context(), transaction():
            db.session.execute(update(Membership).values(state=MembershipState.REMOVED))
        assert home.get("").status == 404
        refused = home.browser.launch(home.browser.launch_form())
        assert refused.status == 403
        with space.world.database() as session:
            record = session.scalars(select(LaunchRecord).where(LaunchRecord.outcome == "refused")).one()
            assert (record.code, record.issuer) == ("removed-by-staff", space.world.lms.settings.issuer)
            assert record.claims

    def names(self, members) -> str:
        return " / ".join(cell.get_text(" ", strip=True) for cell in members.soup.select("tbody th"))


class TestProof:
    def test_without_the_browser_that_began_nobody_is_signed_in(self, world):
        form = world.browser("ines").launch_form()
        thief = world.browser()
        page = thief.launch(form)
        assert page.status == 400
        assert secret_of(thief) is None
        with world.database() as session:
            assert session.scalars(select(LaunchRecord.code)).all() == ["state-other-browser"]
            assert session.scalars(select(User)).all() == []
