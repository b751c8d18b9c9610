"""Data privacy launches: kinds and numbers for who administers the LMS, and nothing for anybody else."""

import dataclasses
import shutil

import pytest
from sqlalchemy import func, select, update

from demo_lms.people import INSTITUTION_ADMINISTRATOR, INSTRUCTOR, LEARNER, SYSTEM_ADMINISTRATOR
from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    AuditEntry,
    BrowserSession,
    Deployment,
    Enrolment,
    Membership,
    Organisation,
    Platform,
    Seat,
    User,
)
from lti_tool.services import accounts, erasure, person_export
from lti_tool.transactions import transaction
from tests.functional.launches import CLAIM, assert_calmly_refused, launch_with, records, setting
from tests.support.statements import counted

pytestmark = pytest.mark.slow_on_postgresql


def asking_about(sub, *, roles=(SYSTEM_ADMINISTRATOR,), kind="LtiDataPrivacyLaunchRequest", **changes):
    """Make a launch a data privacy launch about somebody, as the sample of the sheet is."""

    def change(claims):
        for name in ("context", "resource_link"):
            claims.pop(CLAIM + name, None)
        claims.update({CLAIM + "message_type": kind, CLAIM + "roles": list(roles)})
        claims[CLAIM + "launch_presentation"] = {"locale": "en"}
        claims[CLAIM + "for_user"] = {"user_id": sub, "name": "Inès Lefèvre"}
        claims.update(changes)

    return change


def shown(page) -> dict[str, int]:
    return {row.th.text: int(row.td.text) for row in page.soup.select("tbody tr")}


def count(world, table) -> int:
    with world.database() as session:
        return session.scalar(select(func.count()).select_from(table))


@pytest.fixture
def lived(space):
    """A community in which Inès has written."""
    thread = space.write("ines")
    space.reply("ines", thread)
    return space.world


class TestWhoAdministersTheLms:
    @pytest.mark.parametrize("kind", ["LtiDataPrivacyLaunchRequest", "DataPrivacyLaunchRequest"])
    @pytest.mark.parametrize("role", [SYSTEM_ADMINISTRATOR, INSTITUTION_ADMINISTRATOR])
    def test_is_told_kinds_and_numbers(self, lived, kind, role):
        page = launch_with(lived.browser("ruth"), asking_about("u-ines", roles=[role], kind=kind))
        assert page.status == 200
        numbers = shown(page)
        assert numbers["Contributions written"] == numbers["Replies written"] == 1
        assert numbers["Courses, present and past"] == 1
        assert numbers["Lines of the launch log"] >= 1
        assert numbers.keys() >= {"Facts about these contributions (written, edited, thanked …)"}
        assert "mail address" in page.text and "ines@example.org" not in page.text
        assert "How do you begin?" not in page.text

    def test_is_let_in_nowhere(self, lived):
        before = {table: count(lived, table) for table in (Seat, BrowserSession, Enrolment, Membership)}
        browser = lived.browser("ruth")
        page = launch_with(browser, asking_about("u-ines"))
        assert {table: count(lived, table) for table in before} == before
        assert not [one for one in page.response.headers.getlist("Set-Cookie") if "cv_session" in one]
        assert browser.get("/communities/1/").status == 401

    def test_is_in_the_audit_log_and_in_the_launch_log(self, lived):
        launch_with(lived.browser("ruth"), asking_about("u-ines"))
        with lived.database() as session:
            entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "privacy.looked")).one()
            people = dict(session.execute(select(User.sub, User.id)).all())
            assert (entry.actor_kind, entry.actor_id) == ("account", people["u-ruth"])
            assert entry.subject == f"user:{people['u-ines']}"
            assert entry.organisation_id is not None
        record = records(lived)[-1]
        assert (record.outcome, record.code) == ("admitted", "data-privacy")
        assert "Lefèvre" not in str(record.claims)

    def test_of_both_people_the_export_tells_it(self, lived):
        launch_with(lived.browser("ruth"), asking_about("u-ines"))
        with lived.app.app_context():
            for sub in ("u-ruth", "u-ines"):
                user = db.session.scalars(select(User).where(User.sub == sub)).one()
                told = person_export.of_person(user.id, clock.now())
                assert "privacy.looked" in {entry["act"] for entry in told["audit"]}, sub

    @pytest.mark.parametrize("sub", ["u-nobody", "u-thomas", "' OR 1=1 --", "x" * 255])
    def test_learns_nothing_of_somebody_who_never_was_here(self, lived, sub):
        page = launch_with(lived.browser("ruth"), asking_about(sub))
        assert page.status == 200
        assert "Nothing is held here about this person" in page.text
        assert shown(page) == {}
        with lived.database() as session:
            entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "privacy.looked")).one()
            assert entry.subject is None

    def test_learns_nothing_of_another_organisation_s_people(self, lived):
        """Blackboard: one registration for all schools, the deployment is the school."""
        lived.lms.settings.deployment_id = "school-2"
        with lived.app.app_context(), transaction():
            other = Organisation(name="Another school", created_at=clock.now())
            db.session.add(other)
            db.session.flush()
            db.session.execute(
                update(Platform).values(organisation_id=other.id, deployment_policy="automatic")
            )
        page = launch_with(lived.browser("ruth"), asking_about("u-ines"))
        assert "Nothing is held here about this person" in page.text
        with lived.database() as session:
            assert len(set(session.scalars(select(Deployment.organisation_id)))) == 2

    def test_learns_nothing_of_somebody_who_was_erased(self, lived, request):
        folder = lived.app.extensions["settings"].storage_dir
        request.addfinalizer(lambda: shutil.rmtree(folder, ignore_errors=True))  # outlives the database
        with lived.app.app_context():
            (account,) = accounts.found("Lefèvre")
            erasure.erase(account.id, clock.now(), transaction)
        page = launch_with(lived.browser("ruth"), asking_about("u-ines"))
        assert "Nothing is held here about this person" in page.text

    def test_costs_the_same_statements_however_much_there_is(self, lived, space):
        sent = []
        for _ in range(2):
            browser = lived.browser("ruth")
            with lived.app.app_context(), counted() as statements:
                page = launch_with(browser, asking_about("u-ines"))
            assert page.status == 200
            sent.append(len(statements))
            for number in range(5):
                space.write("ines", title=f"More {number}")
        assert sent[0] == sent[1]

    @pytest.mark.parametrize(
        ("contact", "href"),
        [
            (None, None),
            ("dpo@example.org", "mailto:dpo@example.org"),
            ("https://example.org/privacy", "https://example.org/privacy"),
            ("Madame <b>Martin</b>, bureau 12", None),
            ("javascript:alert(1)", None),
        ],
    )
    def test_is_told_whom_to_ask(self, lived, contact, href):
        extensions = lived.app.extensions
        before = extensions["settings"]
        extensions["settings"] = dataclasses.replace(before, contact=contact)
        try:
            page = launch_with(lived.browser("ruth"), asking_about("u-ines"))
        finally:
            extensions["settings"] = before
        section = page.soup.select_one("section[aria-labelledby=ask]")
        assert (contact or "Whoever operates this tool") in section.get_text(" ")
        assert [link["href"] for link in section.select("p a:not(.small a)")] == ([href] if href else [])

    def test_is_led_to_where_it_is_carried_out(self, lived):
        page = launch_with(lived.browser("ruth"), asking_about("u-ines"))
        with lived.database() as session:
            number = session.scalars(select(User.id).where(User.sub == "u-ines")).one()
        assert page.soup.select_one(f"a[href='/admin/people/{number}']")
        assert lived.browser("ruth").get(f"/admin/people/{number}").status in (302, 303, 401, 403)

    def test_is_led_nowhere_for_somebody_who_never_was_here(self, lived):
        page = launch_with(lived.browser("ruth"), asking_about("u-nobody"))
        assert not page.soup.select("a[href^='/admin/people/']")


class TestAnybodyElse:
    @pytest.mark.parametrize("roles", [(LEARNER,), (INSTRUCTOR,), (), ("Administrator",)])
    def test_is_refused_calmly_and_told_nothing(self, lived, roles):
        page = launch_with(lived.browser("claire"), asking_about("u-ines", roles=roles))
        record = assert_calmly_refused(lived, page, "privacy-not-administrator")
        assert record.platform_id == lived.platform_id
        assert page.status == 403
        assert "Posts" not in page.text
        with lived.database() as session:
            wanted = select(AuditEntry).where(AuditEntry.act == "privacy.looked")
            assert session.scalars(wanted).all() == []

    def test_a_launch_that_names_nobody_is_refused(self, lived):
        for nobody in (None, {}, {"user_id": ""}, {"user_id": 7}, "u-ines"):
            change = asking_about("u-ines", **{CLAIM + "for_user": nobody})
            page = launch_with(lived.browser("ruth"), change)
            assert_calmly_refused(lived, page, "for-user-missing")

    def test_from_a_deployment_that_waits_is_refused(self, lived):
        lived.lms.settings.deployment_id = "2"
        page = launch_with(lived.browser("ruth"), asking_about("u-ines"))
        assert_calmly_refused(lived, page, "deployment-waiting")

    def test_without_a_name_of_their_own_is_refused(self, lived):
        change = asking_about("u-ines")
        page = launch_with(lived.browser("ruth"), lambda claims: (change(claims), claims.update(sub="")))
        assert_calmly_refused(lived, page, "anonymous")

    def test_is_not_made_an_administrator_by_naming_somebody(self, lived):
        """A usual launch that carries `for_user` is a usual launch."""
        home = launch_with(lived.browser("ines"), setting(for_user={"user_id": "u-karim"}))
        assert home.path.startswith("/communities/")
