"""The console's platforms over HTTP: the list with its health, connecting, checking, whose they are."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import AuditEntry, Deployment, DeploymentPolicy, Platform, PlatformCheck
from lti_tool.services import platforms, requested_checks
from lti_tool.services.platforms import Registration
from lti_tool.transactions import transaction
from tests.functional.test_plans import PREPARED, forget_earlier_tests, noted
from tests.rosters.course import RosterCourse
from tests.support.administrators import administrator
from tests.support.classroom import Classroom
from tests.support.statements import counted
from tests.support.world import TOOL

pytestmark = pytest.mark.slow_on_postgresql


@pytest.fixture
def admin(world):
    """An administrator of the organisation that the world's LMS belongs to."""
    return administrator(world)


@pytest.fixture
def operator(world):
    return administrator(world, operator=True)


def work(world) -> None:
    """Do what a worker does."""
    with world.app.app_context():
        requested_checks.do_due_checks(clock.now, transaction)


def add(world, number: int, organisation: str | None = None) -> int:
    with world.app.app_context(), transaction():
        host = f"https://lms{number:03}.example.org"
        registration = Registration(
            f"School {number:03}", host, f"client{number}", host + "/a", host + "/t", host + "/k"
        )
        return platforms.add(registration, organisation, TOOL, clock.now()).id


def connect(who, lms: str, follow: bool = True, **typed: str):
    return who.post("/admin/platforms/connect", {"lms": lms, **typed}, follow=follow)


def added(world) -> Platform:
    with world.database() as session:
        found = session.scalars(select(Platform).order_by(Platform.id.desc()).limit(1)).one()
        session.expunge(found)
        return found


def said_of(page) -> set[str]:
    """Which of two things a page says that tell of somebody's courses."""
    return {words for words in ("1 launch in seven days", "People on its first page") if words in page.text}


class TestTheList:
    def test_says_how_a_platform_does_in_words_and_when_it_was_used(self, world, admin):
        page = admin.get("/admin/platforms")
        assert "Test LMS" in page.text
        assert "Never used" in page.text
        world.enter("ines")
        page = admin.get("/admin/platforms")
        assert "Well" in page.soup.select_one(".badge.ok").text
        assert "Launch today" in page.text
        assert "1 launch in seven days" in page.text

    def test_says_what_is_broken_and_what_to_do(self, world, admin):
        world.lms.quirks.refuse_tokens = True
        admin.post(f"/admin/platforms/{world.platform_id}/check")
        work(world)
        page = admin.get("/admin/platforms")
        assert "Broken" in page.soup.select_one(".badge.bad").text
        assert "does not let us call its services" in page.text

    def test_pages_by_name_and_finds(self, world, admin):
        for number in range(60):
            add(world, number)
        first = admin.get("/admin/platforms")
        assert len(first.soup.select("article.platform")) == 25
        second = admin.get(first.soup.select_one(".actions a")["href"])
        third = admin.get(second.soup.select_one(".actions a")["href"])
        named = [
            one.text.strip() for page in (first, second, third) for one in page.soup.select("article h3")
        ]
        assert len(named) == len(set(named)) == 61
        assert named == sorted(named)
        assert not third.soup.select(".actions a")
        assert [one.text for one in admin.get("/admin/platforms?search=LMS007").soup.select("h3")] == [
            "School 007"
        ]
        assert "none has such an address" in admin.get("/admin/platforms?search=100%25").text

    def test_shows_nothing_of_another_organisation(self, world):
        stranger = administrator(world, organisation="Another school")
        assert "Test LMS" not in stranger.get("/admin/platforms").text
        assert stranger.get(f"/admin/platforms/{world.platform_id}").status == 404
        assert stranger.post(f"/admin/platforms/{world.platform_id}/check").status == 404

    def test_shows_a_shared_one_to_whoever_has_a_deployment_there(self, world):
        tenant = administrator(world, organisation="A tenant")
        with world.app.app_context(), transaction():
            platforms.approve(world.platform_id, "tenant", clock.now(), "A tenant", TOOL)
            platforms.approve(world.platform_id, "other", clock.now())
        page = tenant.get("/admin/platforms")
        assert "Test LMS" in page.text
        assert "1 deployment" in page.text

    def test_tells_a_tenant_of_a_shared_one_what_is_theirs_and_no_more(self, world):
        tenant = administrator(world, organisation="A tenant")
        world.enter("claire")
        with world.app.app_context(), transaction():
            platforms.approve(world.platform_id, "tenant", clock.now(), "A tenant", TOOL)
        address = f"/admin/platforms/{world.platform_id}"
        tenant.post(f"{address}/check")
        work(world)
        whole, theirs = administrator(world, operator=True).get(address), tenant.get(address)
        assert {"1 launch in seven days", "People on its first page"} <= said_of(whole)
        for page in (theirs, tenant.get("/admin/platforms"), tenant.get(f"{address}/check")):
            assert not {"1 launch in seven days", "People on its first page"} & said_of(page)
        assert "The public keys of the LMS can be read." in theirs.text
        assert [line.text for line in theirs.soup.select(".uses .grow")] == ["Launch", "Keys read"]
        assert "never" in theirs.soup.select_one(".uses li").text
        world.lms.settings.deployment_id = "tenant"
        world.enter("karim")
        assert "1 launch in seven days" in tenant.get(address).text

    def test_counts_of_a_shared_one_what_is_one_s_own(self, world, admin):
        """Another customer's launches, and when they were, are nobody else's business."""
        world.enter("ines")
        tenant = administrator(world, organisation="A tenant")
        with world.app.app_context(), transaction():
            platforms.approve(world.platform_id, "tenant", clock.now(), "A tenant", TOOL)
        assert "1 launch in seven days" in admin.get("/admin/platforms").text
        page = tenant.get("/admin/platforms")
        assert "0 launches in seven days" in page.text
        assert "Launch never" in page.text

    def test_costs_the_same_for_two_hundred(self, world, admin):
        admin.get("/admin/platforms")
        with world.app.app_context(), counted() as few:
            admin.get("/admin/platforms")
        for number in range(200):
            add(world, number)
        with world.app.app_context(), counted() as many:
            admin.get("/admin/platforms")
        assert len(many) == len(few) <= 9


class TestTheOverview:
    def test_begins_with_what_is_to_be_mended(self, world, admin):
        add(world, 1)
        world.lms.quirks.refuse_tokens = True
        admin.post(f"/admin/platforms/{world.platform_id}/check")
        work(world)
        first, second = admin.get("/admin/").soup.select("li.platform-line")
        assert ("Test LMS" in first.text, "Broken" in first.text) == (True, True)
        assert ("School 001" in second.text, "Never used" in second.text) == (True, True)
        assert first.select_one("a")["href"] == f"/admin/platforms/{world.platform_id}"

    def test_shows_nothing_of_another_organisation_and_how_to_begin(self, world):
        page = administrator(world, organisation="Another school").get("/admin/")
        assert "Test LMS" not in page.text
        assert page.soup.select_one("main a[href='/admin/platforms/connect']")

    def test_says_that_there_are_more(self, world, operator):
        for number in range(30):
            add(world, number)
        page = operator.get("/admin/")
        assert len(page.soup.select("li.platform-line")) == 25
        assert "More platforms" in page.text


class TestWhenServicesWereLastUsed:
    def uses(self, who) -> dict[str, str]:
        """What the list says of each service, by its name."""
        lines = who.get("/admin/platforms").soup.select(".uses li")
        return {line.select_one(".grow").text: " ".join(line.get_text(" ").split()) for line in lines}

    def test_a_score_that_arrived_and_one_that_did_not(self, world, admin):
        classroom = Classroom(world).ready()
        classroom.ask("ines")
        classroom.send("ines")
        classroom.deliver()
        assert self.uses(admin)["Score"].startswith("Well: Score today")
        world.lms.quirks.down = True
        classroom.ask("ines", about="2")
        classroom.send("ines")
        classroom.deliver()
        assert self.uses(admin)["Score"].startswith("Broken: Score failed today")
        assert "Broken" in admin.get("/admin/platforms").soup.select_one(".badge.bad").text

    def test_a_list_that_was_read_and_one_that_was_not(self, world, admin):
        course = RosterCourse(world)
        course.read()
        assert self.uses(admin)["Roster"].startswith("Well: Roster today")
        world.lms.quirks.roster_scope_refused = 401
        course.ask_and_read()
        assert self.uses(admin)["Roster"].startswith("Broken: Roster failed today")

    def test_a_launch_that_was_refused_after_one_that_was_not(self, world, admin):
        world.enter("ines")
        assert self.uses(admin)["Launch"].startswith("Well: Launch today")
        browser = world.browser("ines")
        form = browser.launch_form()
        browser.launch(form)
        browser.launch(form)
        assert self.uses(admin)["Launch"].startswith("To look at: Launch refused today")


class TestConnectingByHand:
    def test_needs_host_and_client_id_where_the_rest_follows(self, world, admin):
        page = connect(admin, "moodle", host="https://moodle.example.edu", client_id="AbCdEfGhIjKlMno")
        assert page.status == 200
        assert "It is being checked" in page.text
        platform = added(world)
        assert platform.issuer == "https://moodle.example.edu"
        assert platform.token_url == "https://moodle.example.edu/mod/lti/token.php"
        assert (platform.preset, platform.name) == ("moodle", "moodle.example.edu")
        assert platform.deployment_policy is DeploymentPolicy.FIRST
        with world.database() as session:
            entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "platform.added")).all()[-1]
            assert (entry.actor_kind, entry.actor_id) == ("administrator", admin.id)

    def test_reads_kindly_what_was_pasted(self, world, admin):
        connect(
            admin, "moodle", host=" https://lms.example.edu/moodle/course/view.php?id=3 ", client_id=" x1 "
        )
        assert added(world).issuer == "https://lms.example.edu/moodle"
        connect(admin, "brightspace", host="learn.example.edu/d2l/home", client_id="guid")
        platform = added(world)
        assert platform.issuer == "https://learn.example.edu"
        assert platform.token_audience == "https://api.brightspace.com/auth/token"
        token = "https://open.example.org/api/lti_consumer/v1/token/8e45ecbd-7cce"
        connect(admin, "open-edx", host="open.example.org", client_id="c", number=token)
        assert added(world).jwks_url.endswith("/public_keysets/8e45ecbd-7cce")

    def test_says_what_is_wrong_field_by_field_and_loses_nothing(self, world, admin):
        wrong = {
            "moodle": ({"host": "moodle", "client_id": "a b"}, {"host", "client_id"}),
            "canvas": ({"client_id": "https://canvas.example.org/x"}, {"client_id", "deployment_ids"}),
            "brightspace": ({"host": "http://learn.example.org", "client_id": "x"}, {"host"}),
            "sakai": ({"host": "sakai.example.org", "client_id": "x"}, {"number"}),
            "other": ({"client_id": "x", "issuer": "y"}, {"issuer", "auth_url", "token_url", "jwks_url"}),
        }
        for lms, (typed, fields) in wrong.items():
            page = connect(admin, lms, **typed)
            assert page.status == 422, lms
            invalid = {field["name"] for field in page.soup.select("[aria-invalid]")}
            assert invalid == fields, lms
            for name, text in typed.items():
                assert page.soup.select_one(f"[name={name}]")["value"] == text
            for field in page.soup.select("[aria-invalid]"):
                assert page.soup.select_one(f"#{field['aria-describedby'].split()[0]}").text.strip(), lms
        with world.database() as session:
            assert len(session.scalars(select(Platform.id)).all()) == 1

    def test_names_the_connection_that_is_there_already(self, world, admin):
        again = {"host": "https://moodle.example.edu", "client_id": "same"}
        connect(admin, "moodle", **again)
        page = connect(admin, "moodle", **again)
        assert page.status == 422
        assert "is connected already" in page.text
        assert page.soup.select_one(f"a[href='/admin/platforms/{added(world).id}']")
        stranger = administrator(world, organisation="Another school")
        page = connect(stranger, "moodle", **again)
        assert "is connected already" in page.text
        assert not page.soup.select_one(f"a[href='/admin/platforms/{added(world).id}']")

    def test_lets_in_only_the_deployments_named_where_an_issuer_is_shared(self, world, admin):
        connect(admin, "canvas", client_id="10000000000042", deployment_ids="106:aa, 106:bb")
        platform = added(world)
        assert platform.issuer == "https://canvas.instructure.com"
        assert platform.deployment_policy is DeploymentPolicy.STRICT
        with world.database() as session:
            ids = session.scalars(
                select(Deployment.deployment_id).where(Deployment.platform_id == platform.id)
            )
            assert set(ids) == {"106:aa", "106:bb"}

    def test_is_for_one_s_own_organisation_or_the_one_an_operator_names(self, world, admin, operator):
        typed = {"host": "https://a.example.org", "client_id": "a"}
        with world.database() as session:
            other = session.scalars(select(Platform.organisation_id)).one()
        assert connect(admin, "moodle", organisation=str(other + 1000), **typed).status == 422
        assert connect(admin, "moodle", organisation="new", new_organisation="Mine", **typed).status == 422
        page = connect(operator, "moodle", organisation="new", new_organisation="Lycée B", **typed)
        assert "Lycée B" in page.text
        assert admin.get(f"/admin/platforms/{added(world).id}").status == 404


class TestConnectingByAnAddress:
    def test_makes_an_invitation_that_is_shown_once(self, world, admin):
        sent = {"lms": "moodle", "name": "Our Moodle", "days": "1"}
        page = admin.post("/admin/platforms/invitations", sent)
        address = page.soup.select_one("#registration-address")["value"]
        assert address.startswith(f"{TOOL}/lti/register/")
        assert "Our Moodle" in world.browser().get(address.removeprefix(TOOL)).text
        assert address not in admin.get("/admin/platforms/connect?lms=moodle").html

    def test_can_be_taken_back_until_it_is_used(self, world, admin):
        sent = {"lms": "moodle", "name": "Our Moodle", "days": "7"}
        address = admin.post("/admin/platforms/invitations", sent).soup.select_one("#registration-address")
        path = address["value"].removeprefix(TOOL)
        stranger = administrator(world, organisation="Another school")
        assert "Our Moodle" not in stranger.get("/admin/platforms").text
        button = admin.get("/admin/platforms").soup.select_one("form[action$=withdraw]")["action"]
        assert stranger.post(button).status == 404
        assert world.browser().get(path).status == 200
        assert "connects nothing any more" in admin.post(button).text
        assert world.browser().get(path).status == 410
        assert admin.post(button).status == 404

    def test_says_what_is_missing(self, admin):
        page = admin.post("/admin/platforms/invitations", {"lms": "moodle", "name": " ", "days": "999"})
        assert page.status == 422
        assert {field["name"] for field in page.soup.select("[aria-invalid]")} == {"name"}

    def test_is_offered_where_the_lms_takes_one(self, admin):
        assert admin.get("/admin/platforms/connect?lms=moodle").soup.select_one("#by-address")
        assert not admin.get("/admin/platforms/connect?lms=schoology").soup.select_one("#by-address")


class TestCheckingNow:
    def test_is_asked_for_done_by_a_worker_and_shown_while_it_goes_on(self, world, admin):
        address = f"/admin/platforms/{world.platform_id}"
        page = admin.post(f"{address}/check")
        assert page.soup.select_one("#check[hx-get]")
        assert "0 of 7 steps" in page.text
        work(world)
        part = admin.get(f"{address}/check")
        assert not part.soup.select_one("[hx-get]")
        assert "Last checked today" in part.text
        assert "lets us call its services" in part.text

    def test_takes_the_rest_of_the_page_along_when_it_ends(self, world, admin):
        address = f"/admin/platforms/{world.platform_id}"
        world.enter("ines")
        world.lms.quirks.key_set_fails = True
        admin.post(f"{address}/check")
        work(world)
        page = admin.get(address)
        assert "Broken" in page.soup.select_one("#platform-state").text
        assert "Keys read failed" in page.text
        world.lms.quirks.key_set_fails = False
        admin.post(f"{address}/check")
        assert not admin.get(f"{address}/check").soup.select("[hx-swap-oob]")
        work(world)
        part = admin.get(f"{address}/check").soup.find_all("template")
        assert [one.find(attrs={"hx-swap-oob": True})["id"] for one in part] == [
            "platform-state",
            "platform-uses",
        ]
        assert "Well" in str(part[0])
        assert "failed" not in str(part[1])
        assert not admin.get(address).soup.select("[hx-swap-oob]")

    def test_shows_every_step_as_it_is_done(self, world, admin, monkeypatch):
        address, seen = f"/admin/platforms/{world.platform_id}", []
        admin.post(f"{address}/check")
        usual = requested_checks._note

        def note(claim, **values):
            usual(claim, **values)
            seen.append(requested_checks._steps_in(values["findings"]))

        monkeypatch.setattr(requested_checks, "_note", note)
        work(world)
        assert seen == [1, 2, 3, 4, 5, 6, 7, 7]

    def test_twice_asked_is_once_done(self, world, admin):
        for _ in range(2):
            admin.post(f"/admin/platforms/{world.platform_id}/check")
        before = len(world.lms.calls.all())
        work(world)
        calls = len(world.lms.calls.all()) - before
        work(world)
        assert len(world.lms.calls.all()) - before == calls == 2  # keys, token

    def test_says_when_no_worker_is_there_to_do_it(self, world, admin):
        address = f"/admin/platforms/{world.platform_id}"
        admin.post(f"{address}/check")
        with world.app.app_context(), transaction():
            db.session.scalars(select(PlatformCheck)).one().asked_at = clock.now() - timedelta(minutes=2)
        assert "No worker is running" in admin.get(f"{address}/check").text
        french = admin.tool.get(f"{address}/check", base_url=TOOL, headers={"Accept-Language": "fr"})
        assert "Aucun worker ne tourne" in french.get_data(as_text=True)

    def test_left_by_a_worker_that_died_is_begun_anew_and_given_up_in_the_end(self, world, admin):
        admin.post(f"/admin/platforms/{world.platform_id}/check")

        def died():
            with world.app.app_context():
                with transaction():
                    requested_checks._claimed(clock.now())
                with transaction():
                    row = db.session.scalars(select(PlatformCheck)).one()
                    row.lease_until = clock.now() - timedelta(seconds=1)

        for _ in range(3):
            died()
        work(world)
        assert "could not be finished" in admin.get(f"/admin/platforms/{world.platform_id}/check").text


class TestThePlans:
    # PostgreSQL weighs the courses of a platform against those of all: made-up numbers would decide for it.
    @pytest.mark.sqlite
    def test_scan_no_table_that_grows(self, world, operator):
        world.enter("ines")
        tenant = administrator(world)
        with world.app.app_context(), noted() as sent:
            for who in (operator, tenant):
                for page in ("", "?search=LMS", "?after=1", "/connect?lms=moodle", f"/{world.platform_id}"):
                    who.get(f"/admin/platforms{page}")
            operator.post(f"/admin/platforms/{world.platform_id}/check")
            work(world)
            operator.get(f"/admin/platforms/{world.platform_id}/check")
        scanned = {}
        with world.app.app_context():
            forget_earlier_tests()
            connection = db.session.connection()
            scans = PREPARED[connection.dialect.name](connection)
            for statement, parameters in sent.items():
                if found := scans(connection, statement, parameters):
                    scanned[" ".join(statement.split())] = found
            db.session.rollback()
        assert len(sent) > 20
        assert not scanned, "\n".join(f"{found}: {statement}" for statement, found in scanned.items())
