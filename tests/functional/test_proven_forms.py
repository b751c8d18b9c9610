"""Forms that carry a launch where the frame keeps no cookie: the LMS's page proved it."""

from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from demo_lms.people import LEARNER
from lti_tool.models import Seat
from tests.functional.launches import CLAIM, claims_of, signed
from tests.functional.test_handovers import OURS, last_refusal, presses
from tests.functional.test_several_registrations import TwoRegistrations, choose
from tests.support.content import Answer, Dialog
from tests.support.world import FRENCH, TOOL, hidden_fields

pytestmark = pytest.mark.slow_on_postgresql


class ProvenDialog(Dialog):
    """A dialog of the LMS in whose frame no cookie of ours is kept."""

    def __init__(self, browser, roles: list[str] | None = None) -> None:
        self.browser, self.course = browser, FRENCH
        lms = browser.world.lms.settings.issuer
        login = hidden_fields(browser.lms.get(f"/courses/{FRENCH}/content/launch", base_url=lms).text)
        login |= {"cv_storage_frame": "_parent"}
        self.bound = browser.get("/lti/login/storage?" + urlencode(login)).response.json
        form = browser.signed_answer(self.bound["auth_url"])
        if roles is not None:
            form["id_token"] = signed(browser.world, claims_of(form) | {CLAIM + "roles": roles})
        self.page = browser.launch(form, follow=False)
        if self.page.status == 200:
            self.page = proven(browser, self.page, self.bound["value"])


def proven(browser, page, value: str):
    """Let the page post what the LMS's page had kept."""
    browser.headers |= OURS
    return browser.post("/lti/launch/proof", hidden_fields(page.html) | {"value": value}, follow=False)


class TestChoosingContent:
    def test_goes_on_in_the_dialog_and_sets_no_cookie(self, world):
        dialog = ProvenDialog(world.browser("claire"))
        assert "space" in dialog.choices()
        assert "Set-Cookie" not in dialog.page.response.headers
        answer = dialog.choose("space")
        assert isinstance(answer, Answer)
        assert "Set-Cookie" not in answer.page.response.headers
        assert dialog.give(answer) == 200

    def test_keeps_its_proof_when_something_is_to_be_corrected(self, world):
        dialog = ProvenDialog(world.browser("claire"))
        dialog.page = dialog.choose()
        assert dialog.page.status == 422
        assert isinstance(dialog.choose("space"), Answer)

    @pytest.mark.parametrize("proof", ["", "another"])
    def test_is_refused_without_the_proof(self, world, proof):
        dialog = ProvenDialog(world.browser("claire"))
        refused = dialog.choose("space", proof=proof)
        assert (refused.status, last_refusal(world)) == (400, "state-other-browser")

    def test_is_refused_when_another_site_sends_the_form(self, world):
        dialog = ProvenDialog(world.browser("claire"))
        dialog.browser.headers |= {"Origin": "https://evil.test"}
        refused = dialog.choose("space")
        assert (refused.status, last_refusal(world)) == (400, "state-other-browser")

    def test_is_for_staff_alone(self, world):
        dialog = ProvenDialog(world.browser("claire"), roles=[LEARNER])
        assert (dialog.page.status, last_refusal(world)) == (403, "deep-linking-not-staff")


class TestSayingWhereACourseBelongs:
    def test_leads_into_a_tab(self, world):
        world.enter("claire")
        two = TwoRegistrations(world)
        two.as_second("second-client")
        browser = world.browser("claire")
        login = browser.login_form() | {"cv_storage_frame": "_parent"}
        bound = browser.get("/lti/login/storage?" + urlencode(login)).response.json
        parked = browser.launch(browser.signed_answer(bound["auth_url"]), follow=False)
        asked = proven(browser, parked, bound["value"])
        assert asked.soup.select("form[action='/lti/launch/choice']"), asked.text
        decided = choose(asked, "new", follow=False)
        assert "Set-Cookie" not in decided.response.headers
        arrived = presses(world.browser(), decided.soup.select_one("a[data-tab]")["href"])
        assert arrived.status == 200 and "Claire" in arrived.text

    def test_signs_in_nobody_in_the_frame(self, world):
        dialog = ProvenDialog(world.browser("claire"))
        dialog.choose("space")
        with world.database() as session:
            (seat,) = session.scalars(select(Seat)).all()
            community = seat.community_id
        assert dialog.browser.tool.get(f"/communities/{community}/", base_url=TOOL).status_code == 401
