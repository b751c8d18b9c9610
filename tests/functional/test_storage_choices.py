"""What staff decide, place and review in a frame without cookies, proven by what the LMS's page keeps."""

from urllib.parse import urlencode, urlsplit

import pytest

from demo_lms.people import INSTRUCTOR
from lti_tool.models import BrowserSession, Community, Course, LineItem, LineItemState, Post, Seat
from lti_tool.services import enrolment
from tests.functional.launches import assert_calmly_refused, records, setting, signed
from tests.functional.test_connection_health import ADMINISTRATORS
from tests.functional.test_handovers import OURS, SESSION, presses
from tests.functional.test_several_registrations import TwoRegistrations, choose
from tests.support.classroom import Classroom
from tests.support.content import Dialog, claims_of, graded, open_link, rows, set_prompt
from tests.support.statements import counted
from tests.support.world import FRENCH, hidden_fields

pytestmark = pytest.mark.slow_on_postgresql


class Frame:
    """A frame that keeps no cookie, in a page of the LMS that keeps a value for it."""

    def __init__(self, world, person: str = "claire") -> None:
        self.browser = world.browser(person)
        self.browser.tool = world.app.test_client(use_cookies=False)
        self.browser.headers |= OURS
        self.value = ""

    def opens(self, path: str, change=None, **query):
        """Open what stands in the LMS at this path; return what is shown once the launch is proven."""
        browser = self.browser
        lms = browser.world.lms.settings.issuer
        opened = browser.lms.get(path, query_string=query, base_url=lms)
        login = hidden_fields(opened.get_data(as_text=True)) | {"cv_storage_frame": "_parent"}
        bound = browser.get("/lti/login/storage?" + urlencode(login)).response.json
        self.value = bound["value"]
        form = browser.signed_answer(bound["auth_url"])
        if change is not None:
            claims = claims_of(form)
            change(claims)
            form |= {"id_token": signed(browser.world, claims)}
        page = browser.launch(form, follow=False)
        return self.proves(page) if page.soup.select_one("form#proof") else page

    def proves(self, page):
        return self.browser.post("/lti/launch/proof", hidden_fields(page.html) | {"value": self.value})

    def dialog(self) -> Dialog:
        """Open the dialog of the LMS in which staff choose what to place."""
        dialog = Dialog.__new__(Dialog)
        dialog.browser, dialog.course = self.browser, FRENCH
        dialog.page = self.opens(f"/courses/{FRENCH}/content/launch")
        return dialog


def into_a_tab(world, page):
    """Go on in a tab of its own, by the one link of a page."""
    assert "Set-Cookie" not in page.response.headers
    return presses(world.browser(), page.soup.select_one("a[data-tab]")["href"])


class TestContent:
    @pytest.fixture
    def dialog(self, world):
        return Frame(world).dialog()

    def test_is_chosen_and_reaches_the_lms(self, world, dialog):
        assert dialog.choices() == ["space", "new"]
        assert "Set-Cookie" not in dialog.page.response.headers

        placed = dialog.place("space")

        assert len(placed) == 1
        assert rows(world, Seat)[0].launched_at is not None
        assert dialog.browser.get(f"/communities/{rows(world, Community)[0].id}/").status == 401

    def test_answers_without_a_cookie(self, dialog):
        assert "Set-Cookie" not in dialog.choose("space").page.response.headers

    def test_that_is_wrong_may_be_corrected(self, dialog):
        again = dialog.choose("new", **{"title-new": "", "body-new": "y"})
        assert again.status == 422
        assert "Set-Cookie" not in again.response.headers
        dialog.page = again

        assert dialog.choose("new", **{"title-new": "x", "body-new": "y"}).items

    def test_is_chosen_once(self, world, dialog):
        assert dialog.cancel().items == []

        assert_calmly_refused(world, dialog.choose("space"), "launch-replayed")

    @pytest.mark.parametrize("proof", ["", "another", "é", None])
    def test_needs_what_the_lms_kept(self, world, dialog, proof):
        fields = {name: value for name, value in dialog.fields().items() if name != "proof"}
        fields |= {} if proof is None else {"proof": proof}

        refused = dialog.browser.post("/lti/content", fields | {"what": "new"}, follow=False)

        assert_calmly_refused(world, refused, "state-other-browser")
        assert rows(world, Post) == []

    @pytest.mark.parametrize("origin", ["https://evil.test", "null", "", "https://tool.test.evil.test"])
    def test_is_not_chosen_by_another_site(self, world, dialog, origin):
        dialog.browser.headers["Origin"] = origin

        assert_calmly_refused(world, dialog.choose("space"), "state-other-browser")

        dialog.browser.headers |= OURS
        assert dialog.choose("space").items

    def test_is_for_staff_alone_and_refused_before_any_proof(self, world):
        learners = list(world.lms.people["ines"].roles[FRENCH])

        refused = Frame(world).opens(f"/courses/{FRENCH}/content/launch", setting(roles=learners))

        assert_calmly_refused(world, refused, "deep-linking-not-staff")
        assert rows(world, Seat) == []


class TestTheSpaceOfACourse:
    @pytest.fixture
    def known(self, world):
        """A course with a community under another registration of the same LMS."""
        two = TwoRegistrations(world)
        two.home = world.enter("ines")
        two.as_second()
        return two

    @pytest.fixture
    def frame(self, known):
        return Frame(known.world)

    def launch(self, frame):
        return frame.opens(f"/courses/{FRENCH}/launch")

    def test_is_decided_and_a_link_leads_there(self, known, frame):
        page = self.launch(frame)
        assert "Set-Cookie" not in page.response.headers

        home = into_a_tab(known.world, choose(page))

        assert (home.status, home.community) == (200, known.home.community)
        assert "Claire" in home.text

    def test_is_decided_once(self, known, frame):
        page = self.launch(frame)
        assert choose(page, "new").status == 200

        assert_calmly_refused(known.world, choose(page, "new"), "launch-replayed")
        assert known.count(Community) == 2

    def test_is_noted_as_decided(self, known, frame):
        choose(self.launch(frame), "new")

        assert records(known.world)[-1].code == "course-decided"

    def test_is_not_decided_by_another_site_or_without_the_proof(self, known, frame):
        page = self.launch(frame)

        assert_calmly_refused(known.world, choose(page, "new", proof="another"), "state-other-browser")
        frame.browser.headers["Origin"] = "https://evil.test"
        assert_calmly_refused(known.world, choose(page, "new"), "state-other-browser")
        assert known.count(Course, Course.community_id.is_(None)) == 1

    def test_that_nobody_offered_is_asked_for_again(self, known, frame):
        form = hidden_fields(self.launch(frame).html)
        again = frame.browser.post("/lti/launch/choice", form | {"space": "999"})

        assert into_a_tab(known.world, choose(again)).community == known.home.community

    def test_may_be_decided_again_when_the_database_gave_way(self, known, frame, monkeypatch):
        page = self.launch(frame)

        def gives_way(*args, **kwargs):
            raise OSError("the disk is gone")

        with monkeypatch.context() as broken:
            broken.setattr(enrolment, "admit", gives_way)
            assert choose(page).status == 500

        assert into_a_tab(known.world, choose(page)).status == 200

    def test_comes_before_content_and_then_the_choices_are_shown(self, known, frame):
        dialog = frame.dialog()
        assert dialog.choices() == []
        dialog.page = choose(dialog.page, "new", follow=False)

        assert dialog.choices() == ["space", "new"]
        assert dialog.choose("space").items
        assert SESSION not in str(dialog.page.response.headers)


class TestWhatTheTabIs:
    def test_a_review_opens_the_column_it_is_about(self, world):
        room = Classroom(world).ready()
        number = set_prompt(room.trainer)
        (link,) = Dialog(room.trainer.browser).place(f"prompt-{number}", **graded(number))
        open_link(world.browser("ines"), link)
        room.make_columns()
        bound = [item for item in rows(world, LineItem) if item.placed]
        assert [item.state for item in bound] == [LineItemState.BOUND]

        page = Frame(world).opens(f"/courses/{FRENCH}/launch", link=link.id, review="u-ines")
        address = page.soup.select_one("a[data-tab]")["href"]
        arrived = presses(world.browser(), address, follow=False)

        asked = urlsplit(arrived.response.location).query.split("&")
        assert f"column={bound[0].column_id}" in asked
        shown = arrived.browser.get(arrived.response.location)
        assert shown.status == 200 and "A useful disagreement" in shown.text

    def test_who_administers_the_lms_looks_at_the_connection_there_too(self, world):
        administrator = setting(roles=[INSTRUCTOR, ADMINISTRATORS[0]])

        home = into_a_tab(world, Frame(world).opens(f"/courses/{FRENCH}/launch", administrator))

        assert home.get("connection").status == 200

    def test_nobody_else_does(self, world):
        home = into_a_tab(world, Frame(world).opens(f"/courses/{FRENCH}/launch"))

        assert home.get("connection").status == 403

    def test_costs_no_more_for_many_than_for_one(self, world):
        with world.app.app_context(), counted() as first:
            Frame(world, "karim").opens(f"/courses/{FRENCH}/launch")
        for person in ("claire", "bruno"):
            Frame(world, person).opens(f"/courses/{FRENCH}/launch")
        with world.app.app_context(), counted() as again:
            Frame(world, "ines").opens(f"/courses/{FRENCH}/launch")

        assert len(again) <= len(first)
        assert len(rows(world, BrowserSession)) == 4
