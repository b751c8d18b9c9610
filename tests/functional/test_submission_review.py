"""Reviews that a gradebook opens: staff of that course see the learner, learners themselves, nobody else."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from demo_lms.people import LEARNER
from lti_tool.extensions import db
from lti_tool.models import BrowserSession, Enrolment, LaunchRecord, Membership, MembershipState, User
from lti_tool.transactions import transaction
from tests.functional.launches import CLAIM, assert_calmly_refused, claims_of
from tests.support.classroom import Classroom
from tests.support.content import Dialog, link_form, open_link, recorded, set_prompt
from tests.support.world import ENGLISH, FRENCH

pytestmark = pytest.mark.slow_on_postgresql

AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"


@pytest.fixture
def room(world):
    return Classroom(world).ready()


@pytest.fixture
def link(room):
    """A prompt with its own column, placed, opened once and bound."""
    number = set_prompt(room.trainer)
    (placed,) = Dialog(room.trainer.browser).place(
        f"prompt-{number}", **{f"column-prompt-{number}": "1", f"maximum-prompt-{number}": "10"}
    )
    open_link(room.world.browser("ines"), placed)
    room.make_columns()
    return placed


def path_of(page) -> str:
    return urlsplit(page.path).path


class TestStaff:
    def test_open_the_page_of_the_learner_for_that_column(self, room, link):
        page = open_link(room.world.browser("claire"), link, review="u-ines")

        assert page.status == 200
        assert path_of(page).endswith(f"/grading/learners/{room.number('ines')}")
        assert "A useful disagreement" in page.text

    def test_are_told_of_somebody_who_never_came(self, room, link):
        browser = room.world.browser("claire")
        page = browser.launch(link_form(browser, link, review="u-nobody"))

        assert_calmly_refused(room.world, page, "review-unknown-person")
        assert page.status == 404

    def test_are_told_of_somebody_who_is_not_graded(self, room, link):
        room.world.enter("bruno")

        page = open_link(room.world.browser("claire"), link, review="u-bruno")

        assert_calmly_refused(room.world, page, "review-not-graded")

    def test_are_told_of_somebody_who_left(self, room, link):
        room.learner("karim")
        room.world.lms.leave("karim", FRENCH)
        with room.world.app.app_context(), transaction():
            enrolment = select(Enrolment).join(User).where(User.sub == "u-karim")
            db.session.scalars(enrolment).one().active = False

        page = open_link(room.world.browser("claire"), link, review="u-karim")

        assert_calmly_refused(room.world, page, "review-not-graded")

    def test_who_do_not_grade_are_told_who_does(self, room, link):
        page = open_link(room.world.browser("bruno"), link, review="u-ines")

        assert page.status == 403

    def test_of_another_course_are_refused_the_column_of_this_one(self, room, link):
        world = room.world
        browser = world.browser("claire")
        form = link_form(browser, link)
        own = _line_item(form)
        world.enter("claire", ENGLISH)
        again = world.browser("claire")

        def elsewhere(claims):
            claims[CLAIM + "context"] |= {"id": ENGLISH, "title": "First-line leaders", "label": "FLL-26"}
            claims[AGS]["lineitem"] = own

        page = again.launch(link_form(again, link, review="u-claire", change=elsewhere))

        assert_calmly_refused(world, page, "review-other-course")


class TestLearners:
    def test_open_their_own_page(self, room, link):
        page = open_link(room.world.browser("ines"), link, review="u-ines")

        assert page.status == 200
        assert path_of(page).endswith("/participation")
        (shown,) = page.soup.select("nav a[aria-current=true]")
        assert shown.text == "A useful disagreement"
        assert "sur 10" in page.soup.select_one("section[aria-labelledby=score]").text

    def test_are_refused_the_page_of_another_and_it_is_logged(self, room, link):
        room.learner("karim")
        browser = room.world.browser("ines")

        page = browser.launch(link_form(browser, link, review="u-karim"), follow=False)

        assert page.status == 403
        assert_calmly_refused(room.world, page, "review-not-allowed")

    def test_are_not_let_in_by_what_is_refused(self, room, link):
        browser = room.world.browser("ines")
        with room.world.database() as session:
            before = session.scalar(select(func.count()).select_from(BrowserSession))

        browser.launch(link_form(browser, link, review="u-nobody"), follow=False)

        with room.world.database() as session:
            assert session.scalar(select(func.count()).select_from(BrowserSession)) == before

    def test_who_switched_from_trainer_to_student_see_no_one(self, room, link):
        browser = room.world.browser("claire")

        def as_student(claims):
            claims[CLAIM + "roles"] = [LEARNER]

        page = browser.launch(link_form(browser, link, review="u-ines", change=as_student), follow=False)

        assert_calmly_refused(room.world, page, "review-not-allowed")

    def test_in_the_student_view_see_no_one(self, room, link):
        browser = room.world.browser("testuser")

        page = browser.launch(link_form(browser, link, review="u-ines"), follow=False)

        assert_calmly_refused(room.world, page, "review-not-allowed")


def as_recorded(path, link_claims=()):
    """Return a change into a recorded message: what binds it to this login and this LMS's column stays."""
    said = recorded(path)
    kept = ("nonce", "iat", "exp", "iss", "aud", AGS, CLAIM + "deployment_id", CLAIM + "target_link_uri")

    def change(claims):
        bound = {name: claims[name] for name in kept}
        claims.clear()
        claims.update(said | bound)

    return change


class TestWhatMoodleSent:
    """The recorded teacher, student and column, in a course of the same numbers."""

    @pytest.fixture(autouse=True)
    def people(self, room):
        lms = room.world.lms
        for key, sub in (("claire", "3"), ("ines", "5"), ("karim", "6")):
            lms.add_person(replace(lms.people[key], sub=sub))

    def test_to_the_teacher_opens_the_student(self, room, link):
        browser = room.world.browser("ines")
        open_link(browser, link)
        teacher = room.world.browser("claire")
        change = as_recorded("moodle/submission_review_request.json")

        page = teacher.launch(link_form(teacher, link, review="5", change=change))

        assert page.status == 200
        assert "/grading/learners/" in page.path

    def test_to_a_student_about_another_is_refused(self, room, link):
        student = room.world.browser("karim")
        change = as_recorded("moodle/submission_review_request_by_student.json")

        page = student.launch(link_form(student, link, review="5", change=change), follow=False)

        assert page.status == 403
        with room.world.database() as session:
            row = session.scalars(select(LaunchRecord).order_by(LaunchRecord.id.desc()).limit(1)).one()
            assert (row.outcome, row.code) == ("refused", "review-not-allowed")


class TestTheMessage:
    @pytest.mark.parametrize(
        ("missing", "code"),
        [(CLAIM + "for_user", "for-user-missing"), (AGS, "line-item-missing")],
    )
    def test_says_whom_and_which_column(self, room, link, missing, code):
        browser = room.world.browser("claire")

        page = browser.launch(
            link_form(browser, link, review="u-ines", change=lambda claims: claims.pop(missing)), follow=False
        )

        assert_calmly_refused(room.world, page, code)

    def test_lets_nobody_in_who_was_removed(self, room, link):
        with room.world.app.app_context(), transaction():
            found = select(Membership).join(User, User.id == Membership.user_id).where(User.sub == "u-ines")
            db.session.scalars(found).one().state = MembershipState.REMOVED
        browser = room.world.browser("ines")

        page = browser.launch(link_form(browser, link, review="u-ines"), follow=False)

        assert page.status == 403


def _line_item(form):
    return claims_of(form)[AGS]["lineitem"]
