"""The second factor of an administrator: set up, asked for, used once, lost, switched off; their account."""

import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.models import Administrator, AuditEntry
from lti_tool.services import administrators, second_factor, sign_in
from lti_tool.transactions import transaction
from tests.support.administrators import AdministratorBrowser, administrator
from tests.support.world import TOOL

pytestmark = pytest.mark.slow_on_postgresql


def code(secret: str, steps: int = 0) -> str:
    """Return what the app shows now, or some steps from now."""
    return pyotp.TOTP(secret).generate_otp(int(clock.now().timestamp()) // 30 + steps)


def link_for(world, email: str) -> str:
    with world.app.app_context(), transaction():
        account = administrators.add(email, None, True, TOOL, clock.now())
        return sign_in.link_for(account.id, TOOL, clock.now(), timedelta(hours=1))


class Protected:
    """An operator whose second factor is on: secret of the app, recovery codes."""

    def __init__(self, world, browser: AdministratorBrowser | None = None) -> None:
        self.world, self.browser = world, browser or administrator(world, operator=True)
        page = self.browser.post("/admin/account/factor")
        self.secret = page.soup.select_one("#secret")["value"]
        assert page.soup.select_one("img.qr")["src"].startswith("data:image/svg")
        page = self.browser.post("/admin/account/factor/on", {"code": code(self.secret)})
        self.codes = [one.text for one in page.soup.select("main code")]

    def half_signed_in(self) -> AdministratorBrowser:
        """Open a link in another browser and press its button."""
        browser = AdministratorBrowser(self.world, self.browser.id, self.browser.email)
        page = browser.sign_in_by(link_for(self.world, self.browser.email))
        assert page.soup.h1.text == "One more step"
        return browser

    def show(self, browser: AdministratorBrowser, typed: str):
        token = re.search(r'name="admin_token" value="(\w+)"', browser.get("/sign-in/code").html)[1]
        return browser.post("/sign-in/code", {"code": typed, "admin_token": token})


@pytest.fixture
def protected(world):
    return Protected(world)


class TestSettingItUp:
    def test_takes_the_code_that_the_app_shows(self, world):
        who = administrator(world, operator=True)
        page = who.post("/admin/account/factor")
        secret = page.soup.select_one("#secret")["value"]
        wrong = who.post("/admin/account/factor/on", {"code": "12"})
        assert (wrong.status, wrong.soup.select_one("#secret")["value"]) == (422, secret)
        assert "not the right one" in wrong.text

    def test_tells_eight_recovery_codes_once(self, protected):
        assert len(set(protected.codes)) == second_factor.RECOVERY_CODES
        page = protected.browser.get("/admin/account")
        assert "8 recovery codes are left" in page.text
        assert not any(one in page.text for one in protected.codes)

    def test_keeps_the_secret_encrypted(self, protected):
        with protected.world.database() as session:
            account = session.scalars(select(Administrator)).one()
            assert protected.secret not in account.totp_encrypted


class TestSigningIn:
    def test_asks_for_a_code_and_opens_nothing_before(self, protected):
        browser = protected.half_signed_in()
        assert browser.get("/admin/").status == 401
        # The step of the code that switched it on has been used.
        page = protected.show(browser, code(protected.secret, 1))
        assert (page.status, page.soup.h1.text) == (200, "Administration")

    def test_takes_each_code_once(self, protected):
        typed = code(protected.secret, 1)
        assert protected.show(protected.half_signed_in(), typed).soup.h1.text == "Administration"
        again = protected.show(protected.half_signed_in(), typed)
        assert again.soup.h1.text == "One more step"

    def test_takes_each_recovery_code_once_however_it_is_typed(self, protected):
        typed = protected.codes[0].upper().replace("-", " ")
        assert protected.show(protected.half_signed_in(), typed).soup.h1.text == "Administration"
        assert protected.show(protected.half_signed_in(), typed).soup.h1.text == "One more step"

    def test_is_over_after_five_wrong_codes(self, protected):
        browser = protected.half_signed_in()
        for _ in range(second_factor.MOST_TRIES - 1):
            assert protected.show(browser, "000000").soup.h1.text == "One more step"
        assert protected.show(browser, "000000").soup.h1.text == "Too many wrong codes"
        assert browser.get("/sign-in/code").status == 401

    def test_takes_no_code_of_the_app_for_a_day_after_many_wrong_ones(self, protected, time_machine):
        """Whoever has the first factor begins sessions at will: five tries in each are not few."""
        self.guess(protected)
        browser = protected.half_signed_in()
        page = protected.show(browser, code(protected.secret, 1))
        assert (page.soup.h1.text, "Use a recovery code" in page.text) == ("One more step", True)
        assert protected.show(browser, protected.codes[0]).soup.h1.text == "Administration"
        self.guess(protected)
        time_machine.move_to(clock.now() + second_factor.COUNTED_FOR + timedelta(seconds=1), tick=True)
        assert (
            protected.show(protected.half_signed_in(), code(protected.secret)).soup.h1.text
            == "Administration"
        )

    @staticmethod
    def guess(protected):
        for _ in range(second_factor.MOST_TRIES_IN_ALL // 4):
            browser = protected.half_signed_in()
            for _ in range(4):
                protected.show(browser, "000000")

    def test_is_not_kept_from_a_new_factor_by_wrong_codes_of_the_old_one(self, protected):
        self.guess(protected)
        with protected.world.app.app_context(), transaction():
            second_factor.reset(protected.browser.email, clock.now())
        browser = AdministratorBrowser(protected.world, protected.browser.id, protected.browser.email)
        browser.sign_in_by(link_for(protected.world, browser.email))
        anew = Protected(protected.world, browser)
        assert anew.show(anew.half_signed_in(), code(anew.secret, 1)).soup.h1.text == "Administration"

    def test_waits_ten_minutes(self, protected, time_machine):
        browser = protected.half_signed_in()
        time_machine.move_to(clock.now() + sign_in.HALF_SESSION + timedelta(seconds=1), tick=True)
        assert browser.get("/sign-in/code").status == 401

    def test_without_the_token_of_the_form_changes_nothing(self, protected):
        browser = protected.half_signed_in()
        answer = browser.tool.post(
            "/sign-in/code", base_url=TOOL, data={"code": protected.codes[0]}, headers=browser.headers
        )
        assert answer.status_code == 403
        assert protected.show(browser, protected.codes[0]).soup.h1.text == "Administration"


class TestSwitchingItOff:
    def test_takes_a_code(self, protected):
        assert protected.browser.post("/admin/account/factor/off", {"code": "1"}).status == 422
        protected.browser.post("/admin/account/factor/off", {"code": protected.codes[3]})
        browser = AdministratorBrowser(protected.world, 0, protected.browser.email)
        page = browser.sign_in_by(link_for(protected.world, protected.browser.email))
        assert page.soup.h1.text == "Administration"

    def test_ends_the_session_after_five_wrong_codes(self, protected):
        for _ in range(second_factor.MOST_TRIES):
            assert protected.browser.post("/admin/account/factor/off", {"code": "1"}).status == 422
        assert protected.browser.get("/admin/account").status == 401
        with protected.world.database() as session:
            acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
        assert acts[-1] == "administrator.factor-failed"

    def test_can_be_done_by_an_operator_where_everything_is_lost(self, protected):
        with protected.world.app.app_context(), transaction():
            second_factor.reset(protected.browser.email.upper(), clock.now())
        assert protected.browser.get("/admin/").status == 401
        browser = AdministratorBrowser(protected.world, 0, protected.browser.email)
        page = browser.sign_in_by(link_for(protected.world, protected.browser.email))
        assert page.soup.h1.text == "Administration"
        assert "recovery code" not in browser.get("/admin/account").text

    def test_forgets_wrong_codes_after_a_good_one(self, protected):
        browser = protected.half_signed_in()
        for _ in range(second_factor.MOST_TRIES - 1):
            protected.show(browser, "1")
        assert protected.show(browser, protected.codes[0]).soup.h1.text == "Administration"
        browser.post("/admin/account/factor/off", {"code": "1"})
        assert browser.get("/admin/account").status == 200


class TestWhatTheAuditLogSays:
    def test_nobody_is_signed_in_before_the_code(self, protected):
        def times():
            with protected.world.database() as session:
                acts = session.scalars(select(AuditEntry.act)).all()
            return acts.count("administrator.signed-in")

        before = times()
        browser = protected.half_signed_in()
        assert times() == before
        protected.show(browser, protected.codes[0])
        assert times() == before + 1


class TestTheAccount:
    def test_can_be_called_otherwise(self, world):
        who = administrator(world, operator=True)
        page = who.post("/admin/account", {"name": "  Ruth   Admin "})
        assert page.soup.select_one(".own-name").text == "Ruth Admin"
        assert who.post("/admin/account", {"name": "x" * 201}).status == 422
        assert who.post("/admin/account", {"name": ""}).soup.select_one(".own-name").text == who.email

    def test_can_sign_out_everywhere_else(self, world):
        who = administrator(world, operator=True)
        other = AdministratorBrowser(world, who.id, who.email)
        other.sign_in_by(link_for(world, who.email))
        who.post("/admin/account/sessions")
        assert (who.get("/admin/").status, other.get("/admin/").status) == (200, 401)


class TestTheListOfAdministrators:
    def test_lets_somebody_in_with_a_link_that_is_shown_once(self, world):
        who = administrator(world, operator=True)
        fields = {"email": "Nils@School.test", "organisation": "School of Nils"}
        page = who.post("/admin/administrators", fields)
        link = page.soup.select_one("#link")["value"]
        nils = AdministratorBrowser(world, 0, "nils@school.test")
        assert "School of Nils" in nils.sign_in_by(link).text
        assert link not in who.get("/admin/administrators").html

    def test_disables_an_account_but_not_ones_own(self, world):
        who, other = administrator(world, operator=True), administrator(world, organisation="A school")
        who.post(f"/admin/administrators/{other.id}/disable")
        assert other.get("/admin/").status == 401
        assert who.post(f"/admin/administrators/{who.id}/disable").status == 404

    def test_gives_no_organisation_away_by_guessing(self, world):
        """Where there are several, the one that is called after the host is somebody's as well."""
        who = administrator(world, operator=True)
        nils = {"email": "nils@school.test"}
        who.post("/admin/administrators", nils | {"organisation": "School of Nils"})
        page = who.post("/admin/administrators", {"email": "another@school.test"})
        assert page.status == 422
        assert "There are several organisations" in page.text
        assert page.soup.select_one("#organisation")["aria-invalid"] == "true"
        assert page.soup.select_one("#email")["value"] == "another@school.test"
        assert "another@school.test" not in who.get("/admin/administrators").text
        # An account that is there already gets another link and sees no more than before.
        assert who.post("/admin/administrators", nils).soup.select_one("#link")
        assert "tool.test" not in who.get("/admin/administrators").soup.select_one("ul.rows").text

    def test_takes_an_organisation_away_at_once(self, world):
        who, other = administrator(world, operator=True), administrator(world)
        who.post("/admin/administrators", {"email": other.email, "organisation": "A school"})
        assert other.get(f"/admin/platforms/{world.platform_id}").status == 200
        row = next(
            one for one in who.get("/admin/administrators").soup.select("li.row") if other.email in one.text
        )
        form = next(one for one in row.select("form.one-organisation") if "tool.test" in one.text)
        assert other.email in form.select_one("button")["aria-label"]
        who.post(form["action"])
        assert other.get(f"/admin/platforms/{world.platform_id}").status == 404
        assert "A school" in other.get("/admin/").text
        assert who.post(form["action"]).status == 404  # it is gone already
        with world.database() as session:
            told = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
            assert (told.act, told.subject) == (
                "administrator.organisation-withdrawn",
                f"administrator:{other.id}",
            )

    @pytest.mark.parametrize("email", ["", "nobody", "a@b"])
    def test_asks_for_an_address(self, world, email):
        page = administrator(world, operator=True).post(
            "/admin/administrators", {"email": email, "organisation": "Kept"}
        )
        assert page.status == 422
        assert page.soup.select_one("#organisation")["value"] == "Kept"
