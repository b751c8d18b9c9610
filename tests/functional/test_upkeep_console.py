"""The console's pages about what is connected: launches, deployments, frames, keys, a connection's life."""

import re

import pytest
from sqlalchemy import func, select

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    AccessTokenRow,
    AuditEntry,
    Community,
    Deployment,
    DeploymentState,
    LaunchRecord,
    Platform,
    PlatformOrigin,
    Post,
    Seat,
)
from lti_tool.services import launch_log, launch_records, platforms
from lti_tool.services.platforms import Registration
from lti_tool.transactions import transaction
from tests.functional.launches import CLAIM, assert_calmly_refused, launch_with, records, setting
from tests.functional.space import Space
from tests.support.administrators import administrator
from tests.support.statements import counted
from tests.support.world import TOOL

pytestmark = pytest.mark.slow_on_postgresql


@pytest.fixture
def who(world):
    """An administrator of the organisation that the world's platform belongs to."""
    return administrator(world, organisation=None)


def platform_of(world) -> Platform:
    with world.database() as session:
        found = session.get_one(Platform, world.platform_id)
        session.expunge(found)
        return found


def act_of(world, act) -> AuditEntry:
    with world.database() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.act == act)).all()[-1]
        session.expunge(found)
        return found


def below(world, address) -> str:
    return f"/admin/platforms/{world.platform_id}/{address}"


def add_deployment(world, deployment_id, organisation, state="accepted") -> int:
    """Let the world's platform have a deployment of another organisation; return the number of its row."""
    with world.app.app_context(), transaction():
        owner = platforms.organisation_named(organisation, TOOL, clock.now())
        row = Deployment(
            platform_id=world.platform_id,
            organisation_id=owner.id,
            deployment_id=deployment_id,
            state=state,
            created_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        return row.id


class TestTheLaunchLog:
    def test_shows_who_was_let_in_and_who_was_not_newest_first(self, world, who):
        world.enter("ines")
        launch_with(world.browser("karim"), setting(version="1.1"))
        rows = who.get("/admin/launches").soup.select("tbody tr")
        assert [("version-wrong" in row.text, "Test LMS" in row.text) for row in rows] == [
            (True, True),
            (False, True),
        ]

    def test_is_reached_from_the_page_of_a_refusal(self, world, who):
        refused = launch_with(world.browser("karim"), setting(version="1.1"))
        link = refused.soup.select_one("details a[target=_blank]")
        page = who.get(link["href"])
        assert (page.status, refused.soup.select_one("#reference")["value"] in page.text) == (200, True)
        # A login writes nothing, so that there is no entry to show.
        unknown = world.browser("karim").get("/lti/login?iss=https%3A%2F%2Fnobody.test&login_hint=1")
        assert not unknown.soup.select("details a")

    def test_finds_a_launch_by_its_reference_however_it_is_spelt(self, world, who):
        page = launch_with(world.browser("karim"), setting(version="1.1"))
        reference = page.soup.select_one("input#reference")["value"]
        bare = reference.removeprefix("CV-").replace("-", " ").lower()
        for spelt in (reference, reference.lower(), f"  {reference} ", bare):
            answer = who.get("/admin/launches", query_string={"reference": spelt})
            assert answer.response.location.endswith(f"/admin/launches/{reference}"), spelt
        for unknown in ("nonsense", "CV-2222-2222", "' OR 1=1"):
            page = who.get("/admin/launches", query_string={"reference": unknown})
            assert (page.status, "No launch in the log has this reference" in page.text) == (200, True)
        assert who.get("/admin/launches/CV-2222-2222").status == 404

    def test_shows_the_token_without_anything_about_the_person_and_what_to_do(self, world, who):
        world.enter("ines")
        of_the_lms = {"guid": "g", "contact_email": "ruth@school.test"}
        launch_with(world.browser("ines"), setting(deployment_id="", tool_platform=of_the_lms))
        for record, words in zip(records(world), ("Let in", "Why, and what to do"), strict=True):
            page = who.get(f"/admin/launches/{record.reference}")
            assert words in page.text
            assert CLAIM + "message_type" in page.text
            assert '"name": "(hidden)"' in page.text
            for personal in ("Ines", "Inès", "u-ines", "@"):
                assert personal not in page.soup.select_one("pre").text
            assert "days after the launch" in page.text

    def test_is_filtered_and_goes_on_page_by_page(self, world, who):
        world.enter("ines")
        with world.app.app_context(), transaction():
            first = db.session.scalars(select(LaunchRecord)).one()
            for number in range(launch_records.PER_PAGE + 5):
                db.session.add(
                    LaunchRecord(
                        reference=launch_log.new_reference(),
                        at=clock.now(),
                        outcome="refused",
                        code="expired" if number % 2 else "signature-wrong",
                        platform_id=first.platform_id,
                        deployment=first.deployment,
                    )
                )
        page = who.get("/admin/launches?outcome=refused")
        assert len(page.soup.select("tbody tr")) == launch_records.PER_PAGE
        rest = who.get(page.soup.select_one("a[rel=next]")["href"])
        assert len(rest.soup.select("tbody tr")) == 5
        assert not rest.soup.select("a[rel=next]")
        assert len(who.get("/admin/launches?outcome=admitted").soup.select("tbody tr")) == 1
        expired = who.get(f"/admin/launches?code=expired&platform={world.platform_id}")
        assert {row.select_one("a.small").text for row in expired.soup.select("tbody tr")} == {"expired"}
        assert not who.get("/admin/launches?platform=999").soup.select("tbody tr")

    def test_costs_one_statement_more_than_a_page_without_it(self, world, who):
        who.get("/admin/launches")
        for _ in range(2):
            with world.app.app_context(), counted() as sent:
                who.get("/admin/launches")
            assert len(sent) <= 4
            world.enter("ines")

    def test_tells_another_organisation_nothing_but_of_its_own_deployments(self, world, who):
        world.enter("ines")
        stranger = administrator(world, organisation="Another school")
        assert not stranger.get("/admin/launches").soup.select("tbody tr")
        assert stranger.get(f"/admin/launches/{records(world)[0].reference}").status == 404
        add_deployment(world, "2", "Another school")
        world.lms.settings.deployment_id = "2"
        world.enter("karim")
        ours, theirs = (record.reference for record in records(world))
        assert theirs in stranger.get("/admin/launches").text
        assert ours not in stranger.get("/admin/launches").text
        assert ours in who.get("/admin/launches").text
        assert theirs not in who.get("/admin/launches").text
        assert who.get(f"/admin/launches/{theirs}").status == 404
        operator = administrator(world, operator=True)
        assert {ours, theirs} <= set(re.findall(r"CV-\w{4}-\w{4}", operator.get("/admin/launches").text))


class TestDeployments:
    def launch_another(self, world):
        world.lms.settings.deployment_id = "2"
        return launch_with(world.browser("ines"), lambda claims: None)

    def test_that_wait_stand_on_top_and_are_accepted(self, world, who):
        world.enter("claire")
        assert_calmly_refused(world, self.launch_another(world), "deployment-waiting")
        page = who.get(below(world, "deployments"))
        assert [one.text for one in page.soup.select("article h3")] == ["2", "1"]
        accept = page.soup.select_one("form[action$='/accept']")["action"]
        page = who.post(accept)
        assert "Waits for you" not in page.text
        assert self.launch_another(world).status == 200
        assert act_of(world, "deployment.approved").actor_id == who.id

    def test_that_are_refused_or_withdrawn_launch_no_more(self, world, who):
        home = world.enter("claire")
        refuse = who.get(below(world, "deployments")).soup.select_one("form[action$='/refuse']")["action"]
        page = who.post(refuse)
        assert "Refused" in page.text
        refused = launch_with(home.browser, lambda claims: None)
        record = assert_calmly_refused(world, refused, "deployment-refused")
        assert "accept it when that was not meant" in who.get(f"/admin/launches/{record.reference}").text
        assert home.get("").status == 200  # whoever is inside stays
        with world.database() as session:
            assert session.scalars(select(Deployment.state)).one() is DeploymentState.WAITING
        who.post(refuse.replace("/refuse", "/accept"))
        assert launch_with(home.browser, lambda claims: None).status == 200

    def test_that_were_refused_are_let_in_again_by_the_command_line(self, world, who):
        home = world.enter("claire")
        who.post(who.get(below(world, "deployments")).soup.select_one("form[action$='/refuse']")["action"])
        with world.app.app_context(), transaction():
            platforms.approve(world.platform_id, "1", clock.now())
        assert launch_with(home.browser, lambda claims: None).status == 200
        assert "Refused" not in who.get(below(world, "deployments")).text

    @pytest.mark.parametrize(
        ("policy", "code"), [("strict", "deployment-unknown"), ("first", "deployment-waiting")]
    )
    def test_that_are_new_find_the_policy(self, world, who, policy, code):
        world.enter("claire")
        who.post(below(world, "deployments/policy"), {"policy": policy})
        assert_calmly_refused(world, self.launch_another(world), code)

    def test_that_are_new_are_let_in_when_all_are(self, world, who):
        world.enter("claire")
        who.post(below(world, "deployments/policy"), {"policy": "automatic"})
        assert self.launch_another(world).status == 200
        assert act_of(world, "platform.deployment-policy").detail == {"before": "first", "after": "automatic"}
        assert who.post(below(world, "deployments/policy"), {"policy": "none"}).status == 404

    def test_get_a_name_and_an_organisation_until_people_live_in_them(self, world):
        operator = administrator(world, operator=True)
        world.enter("claire")
        number = add_deployment(world, "2", "Another school")
        with world.database() as session:
            home_id = session.get_one(Platform, world.platform_id).organisation_id
            other_id = session.get_one(Deployment, number).organisation_id
        address = below(world, f"deployments/{number}/description")
        page = operator.post(address, {"note": "  The   evening school ", "organisation": str(home_id)})
        assert "The evening school" in [one.text for one in page.soup.select("article h3")]
        with world.database() as session:
            assert session.get_one(Deployment, number).organisation_id == home_id
        with world.database() as session:
            inhabited = session.scalars(select(Deployment.id).where(Deployment.deployment_id == "1")).one()
        other = administrator(world, organisation="Another school")
        address = below(world, f"deployments/{inhabited}/description")
        page = operator.post(address, {"note": "", "organisation": str(other_id)})
        assert (page.status, "has communities already" in page.text) == (409, True)
        assert other.post(address, {"note": "Mine", "organisation": str(other_id)}).status == 404

    def test_of_a_shared_platform_are_each_administrators_own(self, world, who):
        world.enter("claire")
        number = add_deployment(world, "2", "Another school")
        stranger = administrator(world, organisation="Another school")
        page = stranger.get(below(world, "deployments"))
        assert [one.text for one in page.soup.select("article h3")] == ["2"]
        assert "Other organisations have deployments" in page.text
        assert [one.text for one in who.get(below(world, "deployments")).soup.select("article h3")] == ["1"]
        # Neither decides about the platform as a whole any more, nor about a deployment of the other.
        for one in (who, stranger):
            for act, sent in (
                ("deployments/policy", {"policy": "automatic"}),
                ("suspension", {"paused": "true"}),
                ("removal", {"name": "Test LMS"}),
                ("origins", {"origin": "https://portal.test"}),
            ):
                assert one.post(below(world, act), sent).status == 403, act
        assert who.post(below(world, f"deployments/{number}/refuse")).status == 404
        assert stranger.post(below(world, f"deployments/{number}/refuse")).status == 200


class TestFrames:
    def ancestors(self, page) -> set[str]:
        policy = page.response.headers["Content-Security-Policy"]
        return set(policy.partition("frame-ancestors ")[2].split())

    def test_are_learned_from_launches_and_taken_away(self, world, who):
        returning = setting(launch_presentation={"return_url": "https://school.lms.test/course/5?x=1"})
        home = launch_with(world.browser("ines"), returning)
        assert "https://school.lms.test" in self.ancestors(home)
        page = who.get(below(world, "origins"))
        assert "learned from a launch" in page.text
        page = who.post(page.soup.select_one("form[action$='/withdraw']")["action"])
        assert "named by launches, and refused here" in page.text
        assert "https://school.lms.test" not in self.ancestors(launch_with(world.browser("ines"), returning))
        who.post(below(world, "origins"), {"origin": "https://school.lms.test"})
        assert "https://school.lms.test" in self.ancestors(world.enter("karim"))

    def test_are_added_by_hand_for_the_next_launch(self, world, who):
        page = who.post(below(world, "origins"), {"origin": "Portal.School.test:443/some/page"})
        assert "https://portal.school.test" in page.text
        assert act_of(world, "platform.origin-allowed").detail == {"origin": "https://portal.school.test"}
        assert "https://portal.school.test" in self.ancestors(world.enter("ines"))
        who.post(page.soup.select_one("form[action$='/withdraw']")["action"])
        assert "https://portal.school.test" not in self.ancestors(world.enter("ines"))
        with world.database() as session:
            assert session.scalar(select(func.count()).select_from(PlatformOrigin)) == 0

    @pytest.mark.parametrize(
        "typed",
        ["", "   ", "javascript:alert(1)", "https://a b", "https://x.test;", "'none'", "*", "ftp://x.test"],
    )
    def test_take_nothing_that_is_no_web_address(self, world, who, typed):
        page = who.post(below(world, "origins"), {"origin": typed})
        assert (page.status, bool(page.soup.select_one("#origin-error"))) == (422, True)
        with world.database() as session:
            assert session.scalar(select(func.count()).select_from(PlatformOrigin)) == 0

    def test_of_one_platform_are_not_those_of_another(self, world, who):
        with world.app.app_context(), transaction():
            other = platforms.add(
                Registration("Other", "https://o.test", "x", *["https://o.test/a"] * 3),
                None,
                TOOL,
                clock.now(),
            ).id
        who.post(f"/admin/platforms/{other}/origins", {"origin": "https://portal.school.test"})
        assert "https://portal.school.test" not in self.ancestors(world.enter("ines"))

    def test_cost_a_launch_a_statement_only_when_one_is_new(self, world):
        browser = world.enter("ines").browser

        def cost():
            form = browser.launch_form()
            with world.app.app_context(), counted() as sent:
                browser.launch(form, follow=False)
            return len(sent)

        usual = cost()
        launch_with(browser, setting(launch_presentation={"return_url": "https://school.lms.test/"}))
        assert cost() == usual


class TestKeys:
    def test_are_rotated_by_operators(self, world, who):
        operator = administrator(world, operator=True)
        before = operator.get("/admin/keys")
        page = operator.post("/admin/keys/rotation", {"grace_days": "14"})
        assert "A new key signs" in page.text
        assert len(page.soup.select("tbody tr")) == len(before.soup.select("tbody tr")) + 1
        entry = act_of(world, "keys.rotated")
        assert (entry.actor_id, entry.detail["grace_seconds"]) == (operator.id, 14 * 86400)
        assert page.soup.select_one("tbody th code").text in str(world.browser().get("/lti/jwks.json").html)
        assert who.get("/admin/keys").status == 403
        assert not who.get("/admin/").soup.select("nav a[href='/admin/keys']")


class TestAPause:
    def test_refuses_launches_and_ends(self, world, who):
        page = who.post(below(world, "suspension"), {"paused": "true"})
        assert "This connection is paused" in page.text
        assert world.browser("ines").post("/lti/login", world.browser("ines").login_form()).status == 400
        assert act_of(world, "platform.suspended").actor_id == who.id
        who.post(below(world, "suspension"), {"paused": "false"})
        assert world.enter("ines").status == 200


class TestARemoval:
    @pytest.fixture
    def paused(self, world, who):
        space = Space(world)
        space.home("claire")
        space.write("ines")
        who.post(below(world, "suspension"), {"paused": "true"})
        return space

    def test_says_before_what_becomes_of_the_data(self, world, who, paused):
        text = who.get(below(world, "connection")).text
        assert "1 course 1 community 2 people 0 gradebook columns 0 statements" in text

    def test_is_not_possible_before_a_pause_nor_without_the_name(self, world, who):
        world.enter("claire")
        assert who.post(below(world, "removal"), {"name": "Test LMS"}).status == 409
        who.post(below(world, "suspension"), {"paused": "true"})
        page = who.post(below(world, "removal"), {"name": "Other LMS"})
        assert (page.status, "Nothing was removed" in page.text) == (422, True)
        assert platform_of(world).removed_at is None

    def test_ends_access_deletes_secrets_and_keeps_what_people_wrote(self, world, who, paused):
        home = paused.home("ines")
        page = who.post(below(world, "removal"), {"name": " Test  LMS "})
        assert "The platform is removed" in page.text
        removed = platform_of(world)
        assert (removed.key_set, removed.registration, removed.state) == (None, None, "suspended")
        assert home.get("").status in (401, 404)
        assert who.get(below(world, "deployments")).status == 404
        with world.database() as session:
            number = session.scalars(select(Deployment.id)).one()
        assert who.post(below(world, f"deployments/{number}/refuse"), follow=False).status == 404
        assert who.get(f"/admin/platforms/{world.platform_id}").status == 404
        assert "Test LMS" not in who.get("/admin/platforms").text
        for table, count in ((Seat, 0), (AccessTokenRow, 0), (Post, 1), (Community, 1)):
            assert paused.count(table) == count, table
        entry = act_of(world, "platform.removed")
        assert (entry.actor_id, entry.detail["courses"], entry.detail["people"]) == (who.id, 1, 2)
        assert world.browser("ines").post("/lti/login", world.browser("ines").login_form()).status == 400
        with world.app.app_context(), transaction(), pytest.raises(Exception, match="platform-removed"):
            platforms.resume(world.platform_id, clock.now())

    def test_is_made_good_by_connecting_anew_and_a_succession(self, world, who, paused):
        old = world.platform_id
        who.post(below(world, "removal"), {"name": "Test LMS"})
        with world.app.app_context(), transaction():
            issuer = world.lms.settings.issuer
            addresses = (f"{issuer}/lti/auth", f"{issuer}/lti/token", f"{issuer}/lti/certs")
            registration = Registration("Anew", issuer, world.lms.settings.client_id, *addresses)
            new = platforms.add(registration, None, TOOL, clock.now()).id
            platforms.approve(new, "1", clock.now())
        page = who.get(f"/admin/platforms/{new}/succession?old={old}")
        assert "their communities will be found here" in page.text
        page = who.post(f"/admin/platforms/{new}/succession", {"old": str(old)})
        assert "has taken the place" in page.text
        assert act_of(world, "platform.succeeded").actor_id == who.id
        assert "How do you begin?" in world.enter("ines").text
        page = who.post(f"/admin/platforms/{new}/succession/undo", {"old": str(old)})
        assert "Everything is back" in page.text
        with world.database() as session:
            assert session.get_one(Platform, old).state == "suspended"

    def test_of_another_organisations_connection_is_not_even_found(self, world, who):
        stranger = administrator(world, organisation="Another school")
        with world.app.app_context(), transaction():
            mine = platforms.add(
                Registration("Mine", world.lms.settings.issuer, "mine", *["https://o.test/a"] * 3),
                "Another school",
                TOOL,
                clock.now(),
            ).id
        address = f"/admin/platforms/{mine}/succession"
        assert stranger.get(f"{address}?old={world.platform_id}").status == 404
        assert stranger.post(address, {"old": str(world.platform_id)}).status == 404
        assert stranger.get(f"{address}?old={mine}").status == 409
