"""Connecting an LMS: invitation, confirm page, our registration, what is stored, what one is told."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import delete, func, select, update

from lti_tool import clock
from lti_tool.errors import DatabaseUnavailable
from lti_tool.extensions import db
from lti_tool.lti import host_slots
from lti_tool.lti.host_slots import HostPlace
from lti_tool.models import (
    AuditEntry,
    Deployment,
    DeploymentPolicy,
    DeploymentState,
    HostSlot,
    Organisation,
    Platform,
    RegistrationInvitation,
)
from lti_tool.services import deployments, invitations
from lti_tool.transactions import transaction
from tests.functional.registrations import confirmed, invite, opened_by, sealed_in
from tests.support.world import TOOL

pytestmark = pytest.mark.slow_on_postgresql

WORDS = {
    "missing_domain": "our address and our domain do not belong together",
    "domain_targetlinkuri_mismatch": "our address and our domain do not belong together",
    "token_already_used": "this one was sent already",
    "missing_registration_token": "wants a registration token",
    "invalid_authorization": "does not accept its own registration token",
    "invalid_token": "does not accept its own registration token",
    "invalid_token_endpoint_auth_method": "missing or unusual in our registration",
    "invalid_response_types": "missing or unusual in our registration",
    "missing required attribute jwks_uri": "missing or unusual in our registration",
    "No, thank you": "refused our registration",
}
ANSWERS = (
    (b"<html><title>Maintenance</title></html>", "with a page for people"),
    (b"not json", "its answer cannot be read"),
    (b"[" * 100_000, "its answer cannot be read"),
    (b"[1]", "its answer cannot be read"),
    (b"{}", "gave us no client id"),
    (b'{"client_id": ""}', "gave us no client id"),
    (b'{"client_id": "' + b"x" * 300 + b'"}', "gave us no client id"),
    (b'{"client_id": ["a"]}', "gave us no client id"),
    (b'"' + b"x" * 300_000 + b'"', "cannot know whether the LMS took it"),
)
FRAMES = re.compile(r"frame-ancestors (.*)$")


def frames(page) -> str:
    return FRAMES.search(page.response.headers["Content-Security-Policy"])[1]


@pytest.fixture
def newcomer(world):
    """The demo LMS registers the tool a second time; the browser of its administrator."""
    return world.browser()


def platforms(world) -> list[Platform]:
    with world.database() as session:
        found = list(session.scalars(select(Platform).order_by(Platform.id)))
        session.expunge_all()
        return found


class TestTheWholeWay:
    def test_an_lms_that_connected_itself_launches_the_tool(self, world, newcomer):
        invitation = invite(world.app, "New LMS")
        page = confirmed(opened_by(world.lms, newcomer, invitation), invitation)
        assert page.status == 200, page.text
        (tool,) = world.lms.registered_tools()
        world.lms.activate(tool.client_id)
        world.lms.launch_with(tool.client_id)
        home = world.enter("ines")
        assert home.path.startswith("/communities/")
        platform = platforms(world)[-1]
        assert (platform.client_id, platform.name) == (tool.client_id, "New LMS")

    def test_stores_what_the_lms_said_and_never_its_token(self, world, newcomer):
        invitation = invite(world.app)
        looked = opened_by(world.lms, newcomer, invitation)
        confirmed(looked, invitation)
        platform, issuer = platforms(world)[-1], world.lms.settings.issuer
        assert (platform.issuer, platform.product) == (issuer, world.lms.settings.product_family_code)
        assert platform.auth_url == world.lms.settings.authorization_url
        assert platform.deployment_policy is DeploymentPolicy.AUTOMATIC
        assert "lti-ags/scope/score" in platform.registration["scope"]
        assert platform.checked_at is not None
        with world.database() as session:
            deployment = session.scalars(select(Deployment).filter_by(platform_id=platform.id)).one()
            assert deployment.state is DeploymentState.ACCEPTED
            row = session.scalars(select(RegistrationInvitation)).one()
            assert (row.used_at is not None, row.platform_id) == (True, platform.id)
            acts = {entry.act: entry for entry in session.scalars(select(AuditEntry))}
            assert acts["platform.registered"].detail["client_id"] == platform.client_id
            told = [str(vars(one)) for one in (row, platform, *acts.values())]
        assert not [text for text in told if "eyJ" in text or invitation.rpartition("/")[2] in text]

    def test_says_what_is_left_to_do_and_how_the_connection_does(self, world, newcomer):
        invitation = invite(world.app)
        page = confirmed(opened_by(world.lms, newcomer, invitation), invitation)
        assert "What is left to do in the LMS" in page.text
        assert "The public keys of the LMS can be read." in page.text
        assert page.soup.select_one("script[src*='js/registered.js'][type=module]")
        assert page.soup.select_one("[data-close][hidden] button")

    def test_may_be_framed_by_the_lms_alone_once_it_carries_an_act(self, world, newcomer):
        invitation = invite(world.app)
        page = opened_by(world.lms, newcomer, invitation)
        assert frames(page) == world.lms.settings.issuer
        assert frames(confirmed(page, invitation)) == world.lms.settings.issuer
        assert frames(newcomer.get(invitation)) == "*"

    def test_tells_no_other_site_its_address(self, world, newcomer):
        invitation = invite(world.app)
        page = opened_by(world.lms, newcomer, invitation)
        for seen in (newcomer.get(invitation), page, confirmed(page, invitation), newcomer.get(invitation)):
            assert seen.response.headers["Referrer-Policy"] == "no-referrer"
            assert seen.response.headers["Cache-Control"] == "no-store"

    def test_needs_no_cookie(self, world, newcomer):
        invitation = invite(world.app)
        page = opened_by(world.lms, newcomer, invitation)
        assert "Set-Cookie" not in page.response.headers
        assert world.browser().post(invitation, {"registration": sealed_in(page)}).status == 200

    def test_logs_no_invitation(self, world, newcomer, caplog):
        invitation = invite(world.app)
        with caplog.at_level("DEBUG"):
            page = confirmed(opened_by(world.lms, newcomer, invitation), invitation)
        assert page.status == 200
        assert invitation.rpartition("/")[2] not in caplog.text


class TestTheConfirmPage:
    def test_writes_nothing(self, world, newcomer):
        invitation = invite(world.app)
        before = self.counted(world)
        assert opened_by(world.lms, newcomer, invitation).status == 200
        assert self.counted(world) == before
        assert world.lms.registered_tools() == []

    def counted(self, world):
        with world.database() as session:
            tables = (Platform, Deployment, AuditEntry, Organisation)
            return [session.scalar(select(func.count()).select_from(table)) for table in tables]

    def test_says_which_lms_for_whom_and_what_is_asked(self, world, newcomer):
        invitation = invite(world.app, "The big LMS", "Lycée A")
        page = opened_by(world.lms, newcomer, invitation)
        host = urlsplit(world.lms.settings.issuer).netloc
        for words in (host, "The big LMS", "Lycée A", "names of those who open it", "who is in the course"):
            assert words in page.text, words
        assert "Nothing else: no e-mail address" in page.text

    def test_shows_a_hostile_version_as_text(self, world, newcomer):
        world.lms.settings.product_version = "<script>alert(1)</script>"
        page = opened_by(world.lms, newcomer, invite(world.app))
        assert "<script>alert(1)" in page.text
        assert "<script>alert" not in page.html

    def test_names_connections_that_the_organisation_has_with_this_lms(self, world, newcomer):
        page = opened_by(world.lms, newcomer, invite(world.app))
        assert "has a connection with this LMS already" in page.text
        foreign = opened_by(world.lms, newcomer, invite(world.app, organisation="Lycée B"))
        assert "has a connection with this LMS already" not in foreign.text


class TestTheInvitation:
    def test_opened_in_a_browser_says_where_to_paste_it(self, world, newcomer):
        invitation = invite(world.app)
        page = newcomer.get(invitation)
        assert page.status == 200
        assert page.soup.select_one("input[readonly]")["value"] == TOOL + invitation
        assert "Add LTI Advantage" in page.text

    def test_that_nobody_made_is_not_found(self, world, newcomer):
        for secret in ["nobody", "x" * 5000, "%00", "é", "a%20b"]:
            assert newcomer.get(f"/lti/register/{secret}").status == 404
            assert newcomer.post(f"/lti/register/{secret}", {"registration": "x"}).status == 404

    def test_works_once(self, world, newcomer):
        invitation = invite(world.app)
        page = opened_by(world.lms, newcomer, invitation)
        confirmed(page, invitation)
        for answer in (
            newcomer.get(invitation),
            opened_by(world.lms, newcomer, invitation),
            newcomer.post(invitation, {"registration": sealed_in(page)}),
        ):
            assert answer.status == 410
            assert "Each invitation works once" in answer.text
        assert len(world.lms.registered_tools()) == 1

    def test_ends(self, world, newcomer):
        answer = newcomer.get(invite(world.app, days=-1))
        assert (answer.status, "lti-tool platforms invite" in answer.text) == (410, True)

    def test_is_taken_by_one_click_at_a_time_and_free_again_after_a_killed_process(self, world, newcomer):
        invitation = invite(world.app)
        page = opened_by(world.lms, newcomer, invitation)
        with world.app.app_context():
            with transaction():
                found = invitations.opened(invitation.rpartition("/")[2], clock.now())
                invitations.claim(found, clock.now())
            assert newcomer.post(invitation, {"registration": sealed_in(page)}).status == 409
            assert world.lms.registered_tools() == []
            with transaction():
                ended = clock.now() - timedelta(seconds=1)
                db.session.execute(update(RegistrationInvitation).values(lease_until=ended))
        assert confirmed(page, invitation).status == 200


class TestAHostThatIsBusy:
    def test_is_not_called_and_the_invitation_stays_usable(self, world, newcomer):
        invitation = invite(world.app)
        page = opened_by(world.lms, newcomer, invitation)
        issuer = world.lms.settings.issuer
        with world.app.app_context():
            others = HostPlace(host_slots.INTERACTIVE, 4, clock.now, transaction)
            others.hold(issuer)
            others.pause(issuer, 600)
        called = len(world.lms.calls_described("tool registered"))
        assert "host-busy" in confirmed(page, invitation).text
        assert len(world.lms.calls_described("tool registered")) == called
        with world.app.app_context(), transaction():
            db.session.execute(delete(HostSlot))
        assert confirmed(page, invitation).status == 200
        assert len(world.lms.calls_described("tool registered")) == called + 1


class TestAnAnswerThatWeCouldNotKeep:
    """The LMS has the tool, we do not have the LMS: nothing is half stored, and it can be mended."""

    @pytest.fixture
    def page(self, world, newcomer):
        return opened_by(world.lms, newcomer, invite(world.app))

    def again(self, world, newcomer, invitation: str):
        """Begin again in the LMS, with the tool that is there, as Moodle offers."""
        (tool,) = world.lms.registered_tools()
        page = confirmed(opened_by(world.lms, newcomer, invitation, updates=tool.client_id), invitation)
        assert page.status == 200, page.text
        assert [one.client_id for one in platforms(world)[1:]] == [tool.client_id]

    def test_because_the_process_died_is_made_up_for_once_the_lease_is_over(
        self, world, newcomer, page, monkeypatch
    ):
        invitation = page.soup.select_one("form")["action"]
        with monkeypatch.context() as patched, pytest.raises(SystemExit):
            patched.setattr(invitations, "use_up", _dies)
            confirmed(page, invitation)
        assert len(platforms(world)) == 1
        assert newcomer.post(invitation, {"registration": sealed_in(page)}).status == 409
        later = clock.now() + invitations.LEASE
        monkeypatch.setattr(clock, "now", lambda: later)
        self.again(world, newcomer, invitation)

    def test_because_the_database_failed_is_told_and_the_invitation_free_at_once(
        self, world, newcomer, page, monkeypatch
    ):
        invitation = page.soup.select_one("form")["action"]
        with monkeypatch.context() as patched:
            patched.setattr(invitations, "use_up", _finds_no_database)
            told = confirmed(page, invitation)
        (tool,) = world.lms.registered_tools()
        assert (told.status, "could not keep its answer" in told.text) == (503, True)
        assert tool.client_id in told.soup.select_one("details").get_text()
        assert len(platforms(world)) == 1
        self.again(world, newcomer, invitation)

    def test_because_the_database_is_gone_altogether_is_told_all_the_same(
        self, world, newcomer, page, monkeypatch
    ):
        invitation = page.soup.select_one("form")["action"]
        for name in ("use_up", "release"):
            monkeypatch.setattr(invitations, name, _finds_no_database)
        assert "could not keep its answer" in confirmed(page, invitation).text


def _dies(*_: object) -> None:
    raise SystemExit


def _finds_no_database(*_: object) -> None:
    raise DatabaseUnavailable


class TestTheForm:
    def test_forged_or_of_another_invitation_does_nothing(self, world, newcomer):
        invitation, other = invite(world.app), invite(world.app)
        sealed = sealed_in(opened_by(world.lms, newcomer, invitation))
        for address, text in (
            (invitation, ""),
            (invitation, "made-up"),
            (invitation, sealed[:-3] + "abc"),
            (invitation, "x" * 450_000),
            (other, sealed),
        ):
            answer = newcomer.post(address, {"registration": text})
            assert answer.status == 403
            assert "is not what we had shown" in answer.text
        assert world.lms.registered_tools() == []

    def test_is_good_for_a_quarter_of_an_hour(self, world, newcomer, monkeypatch):
        invitation = invite(world.app)
        page = opened_by(world.lms, newcomer, invitation)
        later = clock.now() + timedelta(minutes=16)
        monkeypatch.setattr(clock, "now", lambda: later)
        answer = newcomer.post(invitation, {"registration": sealed_in(page)})
        assert (answer.status, "more than 15 minutes" in answer.text) == (422, True)


class TestASecondRegistration:
    def connected(self, world, newcomer, **given) -> Platform:
        invitation = invite(world.app, **given)
        page = confirmed(opened_by(world.lms, newcomer, invitation), invitation)
        assert page.status == 200, page.text
        return platforms(world)[-1]

    def test_with_the_same_client_id_brings_the_connection_up_to_date(self, world, newcomer):
        first = self.connected(world, newcomer)
        world.lms.settings.product_version = "5.1"
        again = invite(world.app, "Another name")
        page = confirmed(opened_by(world.lms, newcomer, again, updates=first.client_id), again)
        assert "The connection is brought up to date" in page.text
        second = platforms(world)[-1]
        assert (second.id, second.name, second.product_version) == (first.id, first.name, "5.1")

    def test_does_not_undo_an_administrators_no_to_its_deployment(self, world, newcomer):
        first = self.connected(world, newcomer)
        with world.app.app_context(), transaction():
            there = db.session.scalars(select(Deployment).where(Deployment.platform_id == first.id)).one()
            deployments.refuse(there, clock.now(), by=1)
        again = invite(world.app, "Another name")
        confirmed(opened_by(world.lms, newcomer, again, updates=first.client_id), again)
        with world.database() as session:
            there = session.scalars(select(Deployment).where(Deployment.platform_id == first.id)).one()
            assert (there.state, there.refused_at is None) == (DeploymentState.WAITING, False)

    def test_of_another_organisation_touches_nothing(self, world, newcomer):
        first = self.connected(world, newcomer)
        world.lms.settings.product_version = "5.1"
        again = invite(world.app, organisation="Lycée B")
        page = confirmed(opened_by(world.lms, newcomer, again, updates=first.client_id), again)
        assert (page.status, "another organisation of this installation" in page.text) == (409, True)
        assert platforms(world)[-1].product_version == first.product_version
        assert newcomer.get(again).status == 200  # the invitation stays usable

    def test_with_a_new_client_id_is_a_second_connection_that_can_take_over(self, world, newcomer):
        first = self.connected(world, newcomer)
        invitation = invite(world.app)
        page = confirmed(opened_by(world.lms, newcomer, invitation), invitation)
        newest = platforms(world)[-1]
        assert newest.id != first.id
        assert f"lti-tool platforms succeed {first.id} {newest.id}" in page.text


class TestARefusalOfTheLms:
    def refused(self, world, newcomer):
        """Confirm and be refused; the invitation stays usable."""
        invitation = invite(world.app)
        page = confirmed(opened_by(world.lms, newcomer, invitation), invitation)
        assert (page.status, frames(page)) == (422, "*")
        assert newcomer.get(invitation).status == 200
        with world.database() as session:
            assert set(session.scalars(select(RegistrationInvitation.lease))) == {None}
        return page

    def test_is_told_in_words_with_its_own_folded_below(self, world, newcomer):
        for word, sentence in WORDS.items():
            world.lms.quirks.registration_refuses = word
            page = self.refused(world, newcomer)
            assert sentence in page.text
            assert word in page.soup.select_one("details").get_text()

    def test_by_an_answer_of_no_use_is_told_in_words(self, world, newcomer):
        for answer, sentence in ANSWERS:
            world.lms.quirks.registration_answers = answer
            assert sentence in self.refused(world, newcomer).text, answer[:40]

    def test_with_somebody_else_s_client_id_gives_nobody_their_connection(self, world, newcomer):
        taken = world.lms.settings.client_id
        world.lms.quirks.registration_answers = f'{{"client_id": "{taken}"}}'.encode()
        invitation = invite(world.app, organisation="Lycée B")
        page = confirmed(opened_by(world.lms, newcomer, invitation), invitation)
        assert page.status == 409
        (platform,) = platforms(world)
        assert platform.name == "Test LMS"


class TestTheAddressForCanvas:
    def test_is_public_and_may_be_cached(self, world, newcomer):
        answer = newcomer.get("/lti/canvas.json").response
        assert (answer.status_code, answer.mimetype) == (200, "application/json")
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert answer.get_json()["oidc_initiation_url"] == f"{TOOL}/lti/login"
