"""Recorded registrations replayed over real HTTP: Moodle, Canvas, Blackboard, Brightspace; hostile LMSs."""

import dataclasses
import socket

import pytest
from sqlalchemy import select

from lti_tool.models import Deployment, DeploymentPolicy, Platform
from tests.functional.registrations import (
    CONFIGURATION,
    TOOL_PART,
    StrictLms,
    at,
    confirmed,
    invite,
    looked_at,
    recorded,
)
from tests.support.world import Browser
from tests.unit.lti.simulator import LocalServer, Reply

pytestmark = pytest.mark.slow_on_postgresql

GARBAGE = [
    Reply(200, b"<html>Down for maintenance</html>", {"Content-Type": "text/html"}),
    Reply(200, b"not json at all"),
    Reply(200, b"[" * 150_000),
    Reply(200, b'{"issuer": ' + b"9" * 100_000 + b"}"),
    Reply(200, b"null"),
    Reply(200, b"\xff\xfe\x00"),
    Reply(200, b""),
]


class Newcomer(Browser):
    """A browser whose LMS is a server of the test."""

    def __init__(self, app) -> None:
        self.tool = app.test_client()
        self.headers = {"Sec-Fetch-Dest": "iframe", "Accept-Language": "en"}


@pytest.fixture
def newcomer(tool):
    return Newcomer(tool)


@pytest.fixture
def strict():
    """Start an LMS that answers as recorded; return it, and the address of its configuration."""
    servers = []

    def start(configuration: dict, answer, **changes) -> tuple[StrictLms, str]:
        lms = StrictLms({}, answer, **changes)
        running = LocalServer(lms).running()
        server = running.__enter__()
        servers.append(running)
        lms.configuration = at(server.url, configuration)
        return lms, server.url + CONFIGURATION

    yield start
    for running in servers:
        running.__exit__(None, None, None)


@pytest.fixture
def stored(tool):
    """Return the one platform there is, and its deployments."""

    def look() -> tuple[Platform, list[str]]:
        from lti_tool.extensions import db
        from lti_tool.transactions import reading

        with tool.app_context(), reading():
            platform = db.session.scalars(select(Platform)).one()
            found = list(db.session.scalars(select(Deployment.deployment_id)))
            db.session.expunge(platform)
        return platform, found

    return look


class TestMoodle:
    def test_takes_our_request_and_its_recorded_answer_is_stored(self, newcomer, strict, stored):
        answer = recorded("moodle/registration-response.json")
        lms, address = strict(recorded("moodle/openid-configuration.json"), lambda body: answer)
        invitation = invite(newcomer.tool.application, "Moodle")
        page = confirmed(looked_at(newcomer, invitation, address), invitation)
        assert page.status == 200, page.text
        assert "press “Activate”" in page.text
        assert "Show in activity chooser" in page.text
        platform, deployments = stored()
        assert (platform.client_id, deployments) == ("CLIENTID0000001", ["1"])
        assert (platform.product, platform.product_version) == ("moodle", "4.4dev (Build: 20231124)")
        assert platform.token_audience is None
        assert platform.deployment_policy is DeploymentPolicy.AUTOMATIC
        assert platform.registration["scope"] == answer["scope"]
        (body,) = lms.asked
        assert body[TOOL_PART]["domain"] == "tool.test"
        announced = ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]
        assert [one["type"] for one in body[TOOL_PART]["messages"]] == announced
        assert body[TOOL_PART]["custom_parameters"] == {"user_group_ids": "$Moodle.Person.userGroupIds"}

    def test_says_when_its_token_was_used(self, newcomer, strict):
        lms, address = strict(
            recorded("lti/moodle-openid-configuration.json"), lambda body: {"client_id": "a"}
        )
        lms.used.add("HEADER.PAYLOAD.SIGNATURE")
        invitation = invite(newcomer.tool.application)
        page = confirmed(looked_at(newcomer, invitation, address), invitation)
        assert (page.status, "this one was sent already" in page.text) == (422, True)

    def test_says_when_it_gave_no_token(self, newcomer, strict):
        _, address = strict(recorded("lti/moodle-openid-configuration.json"), lambda body: {"client_id": "a"})
        invitation = invite(newcomer.tool.application)
        page = confirmed(looked_at(newcomer, invitation, address, token=None), invitation)
        assert (page.status, "wants a registration token" in page.text) == (422, True)


class TestATool:
    def test_that_can_send_mail_asks_for_addresses_and_says_so(self, newcomer, strict, monkeypatch):
        extensions = newcomer.tool.application.extensions
        with_mail = dataclasses.replace(extensions["settings"], mail_url="smtp://mail.example.org")
        monkeypatch.setitem(extensions, "settings", with_mail)
        answer = recorded("moodle/registration-response.json")
        lms, address = strict(recorded("moodle/openid-configuration.json"), lambda body: answer)
        invitation = invite(newcomer.tool.application)
        page = looked_at(newcomer, invitation, address)
        assert "Their e-mail addresses" in page.text
        assert "no e-mail address" not in page.text
        confirmed(page, invitation)
        assert "email" in lms.asked[0][TOOL_PART]["claims"]


class TestCanvas:
    CONFIGURATION = recorded("lti/canvas-openid-configuration.json")

    def test_tells_its_configuration_to_whoever_has_the_token(self, newcomer, strict):
        _, address = strict(self.CONFIGURATION, dict, wants_token_to_read=True)
        invitation = invite(newcomer.tool.application)
        refused = looked_at(newcomer, invitation, address, token=None)
        assert (refused.status, "own registration token" in refused.text) == (422, True)
        page = looked_at(newcomer, invitation, address)
        assert page.status == 200
        policy = page.response.headers["Content-Security-Policy"]
        assert policy.endswith("https://*.instructure.com")

    def test_names_no_deployment_and_its_first_launch_does(self, newcomer, strict, stored):
        answer = recorded("lti/canvas-registration-response.json")
        lms, address = strict(self.CONFIGURATION, lambda body: answer)
        invitation = invite(newcomer.tool.application)
        page = confirmed(looked_at(newcomer, invitation, address), invitation)
        assert "switch the developer key on" in page.text
        platform, deployments = stored()
        assert (platform.client_id, deployments) == ("10000000000042", [])
        assert lms.asked[0][TOOL_PART]["https://canvas.instructure.com/lti/tool_id"] == "community-value"


class TestBlackboardAndBrightspace:
    def test_blackboard_is_stored_without_rosters(self, newcomer, strict, stored):
        configuration = recorded("lti/blackboard-openid-configuration.json")
        _, address = strict(
            configuration, lambda body: body | {"client_id": "00000000-0000-4000-8000-000000000001"}
        )
        invitation = invite(newcomer.tool.application)
        looked = looked_at(newcomer, invitation, address)
        assert "who is in the course" not in looked.text
        page = confirmed(looked, invitation)
        assert "LTI Tool Providers" in page.text
        assert stored()[0].product == "blackboardlearn"

    def test_brightspace_is_stored_with_its_audience_and_deployment(self, newcomer, strict, stored):
        audience = "https://api.brightspace.com/auth/token"
        configuration = recorded("lti/moodle-openid-configuration.json") | {
            "authorization_server": audience,
            "https://purl.imsglobal.org/spec/lti-platform-configuration": {
                "product_family_code": "desire2learn"
            },
        }
        answer = {"client_id": "guid", TOOL_PART: {"deployment_id": "7f6a"}}
        _, address = strict(configuration, lambda body: body | answer)
        invitation = invite(newcomer.tool.application)
        page = confirmed(looked_at(newcomer, invitation, address), invitation)
        assert "Brightspace registers tools switched off" in page.text
        platform, deployments = stored()
        assert (platform.token_audience, deployments) == (audience, ["7f6a"])


class TestAHostileConfiguration:
    """Nothing is called that must not be, all is told on a calm page, and the invitation stays usable."""

    def refused(self, newcomer, address: str, token: str | None = None) -> str:
        invitation = invite(newcomer.tool.application)
        page = looked_at(newcomer, invitation, address, token)
        assert page.status == 422, page.text
        assert newcomer.get(invitation).status == 200
        return page.text

    @pytest.mark.parametrize(
        "address",
        [
            "https://10.0.0.1/c",
            "http://169.254.169.254/latest/meta-data/",
            "https://169.254.169.254/c",
            "https://[fd00:ec2::254]/c",
            "https://[::ffff:10.0.0.1]/c",
            "http://0.0.0.0/c",
        ],
    )
    def test_at_a_private_or_metadata_address_is_not_called(self, newcomer, address):
        assert "at a private address" in self.refused(newcomer, address)

    @pytest.mark.parametrize(
        "address",
        [
            *(
                "javascript:alert(1)",
                "file:///etc/passwd",
                "ftp://x.example/c",
                "//x.example/c",
                "x",
                "http://[",
            )
        ]
        + ["https://user:secret@127.0.0.1/c", "https://127.0.0.1/" + "x" * 3000],
    )
    def test_at_an_address_that_is_none_is_not_called(self, newcomer, address):
        assert "is none that can be called" in self.refused(newcomer, address)

    def test_that_sends_us_to_another_host_is_not_followed(self, newcomer):
        elsewhere = Reply(302, b"", {"Location": "http://127.0.0.2:9/c"})
        with LocalServer(lambda received: elsewhere).running() as server:
            assert "sends us on to another host" in self.refused(newcomer, server.url + "/c")

    @pytest.mark.parametrize("reply", GARBAGE, ids=range(len(GARBAGE)))
    def test_that_cannot_be_read_is_told(self, newcomer, reply):
        with LocalServer(lambda received: reply).running() as server:
            assert "cannot be read" in self.refused(newcomer, server.url + "/c")

    def test_of_ten_megabytes_is_not_read_to_its_end(self, newcomer):
        large = Reply(200, b"x" * 10_000_000)
        with LocalServer(lambda received: large).running() as server:
            assert "cannot reach the LMS" in self.refused(newcomer, server.url + "/c")

    @pytest.mark.parametrize("status", [500, 503, 429])
    def test_of_an_lms_in_trouble_may_be_asked_for_again(self, newcomer, status):
        with LocalServer(lambda received: Reply(status, b"busy")).running() as server:
            assert "Try again" in self.refused(newcomer, server.url + "/c")

    def test_where_nobody_listens_is_told(self, newcomer):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        assert "cannot reach the LMS" in self.refused(newcomer, f"http://127.0.0.1:{port}/c")

    def test_that_speaks_for_another_lms_is_refused(self, newcomer):
        lms = StrictLms({}, dict)
        with LocalServer(lms).running() as server:
            recording = recorded("lti/moodle-openid-configuration.json")
            lms.configuration = at(server.url, recording, "http://a.example")
            assert "speaks for another site" in self.refused(newcomer, server.url + CONFIGURATION)

    @pytest.mark.parametrize("token", ["x\r\nX-Evil: 1", "é", "x" * 6000])
    def test_with_a_token_that_no_lms_makes_is_not_called(self, newcomer, token):
        with LocalServer(lambda received: Reply(200)).running() as server:
            assert "registration token" in self.refused(newcomer, server.url + "/c", token)
            assert server.received == []

    def test_with_a_registration_address_in_our_network_is_not_registered_with(self, newcomer, strict):
        lms, address = strict(recorded("lti/moodle-openid-configuration.json"), dict)
        lms.configuration |= {"registration_endpoint": "http://169.254.169.254/r"}
        invitation = invite(newcomer.tool.application)
        page = confirmed(looked_at(newcomer, invitation, address), invitation)
        assert (page.status, "at a private address" in page.text) == (422, True)
