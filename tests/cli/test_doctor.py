"""`lti-tool doctor`: what it finds, what it advises, and how it ends. The servers are real."""

import json
import ssl
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography.fernet import Fernet
from flask import Flask

from demo_lms.server import serve
from lti_tool import clock, create_app, settings
from lti_tool.cli import secrets
from lti_tool.extensions import db
from lti_tool.models import (
    Community,
    Course,
    DeploymentState,
    Platform,
    PlatformState,
    Roster,
    RosterState,
    Succession,
    ToolKey,
)
from lti_tool.release import release
from lti_tool.services import (
    diagnosis_reach,
    diagnosis_settings,
    diagnosis_state,
    heartbeats,
    platforms,
    signing,
    succession,
)
from lti_tool.services.findings import Level
from lti_tool.services.platforms import Registration
from lti_tool.transactions import reading, transaction
from tests.browser.tls import throwaway_certificate
from tests.support.ports import free_ports as free

ANY_PORT = 0


def diagnosed(run, **changes):
    """Run `lti-tool doctor --json`; return exit code and findings by subject, the last of a subject wins."""
    answer = run("doctor", "--json", **changes)
    report = json.loads(answer.stdout)
    assert report["ok"] is (answer.returncode == 0)
    return answer.returncode, report["findings"]


def about(findings, subject):
    return [finding for finding in findings if finding["subject"] == subject]


@pytest.fixture
def installation(run, environment):
    """Make the tool of this environment, its schema there, served on loopback by threads of this test."""

    @contextmanager
    def serving(**changes):
        (port,) = free(1)
        for name, value in {"BASE_URL": f"http://127.0.0.1:{port}", **changes}.items():
            environment[f"LTI_TOOL_{name}"] = value
        assert run("db", "upgrade").returncode == 0
        given = {name.removeprefix("LTI_TOOL_"): value for name, value in environment.items()}
        app = create_app("production", {k: v for k, v in given.items() if f"LTI_TOOL_{k}" in environment})
        server = serve(app, ("127.0.0.1",), port)
        try:
            yield app
        finally:
            server.close()
            with app.app_context():
                db.engine.dispose()

    return serving


@contextmanager
def mail_server(**how):
    """A mail server on loopback that knows one account."""

    class Mailbox:
        received: list = []

        async def handle_DATA(self, server, session, envelope):
            self.received.append(envelope)
            return "250 OK"

    def known(server, session, envelope, mechanism, data):
        good = (data.login, data.password) == (b"tool", b"p@ss word")
        return AuthResult(success=good, handled=good)

    controller = Controller(
        Mailbox(),
        hostname="127.0.0.1",
        port=free(1)[0],
        authenticator=known,
        auth_require_tls=False,
        server_hostname="mail.test",
        **how,
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
    assert Mailbox.received == []


def settings_of(tool, **changes):
    """Return the settings of the tests with some of them changed."""
    return replace(tool.extensions["settings"], **changes)


class TestAnInstallationThatIsWell:
    def test_nothing_is_wrong_and_the_exit_code_says_so(self, run, installation):
        with installation() as app:
            with app.app_context(), transaction():
                signing.make_first_key(clock.now())
                heartbeats.beat("w", release(), clock.now(), clock.now())
            code, findings = diagnosed(run)
            printed = run("doctor")
        assert [one for one in findings if one["level"] == "wrong"] == []
        assert code == printed.returncode == 0
        assert "✓ address:" in printed.stdout
        assert "leads to this installation" in printed.stdout
        subjects = {one["subject"] for one in findings}
        assert subjects >= {
            "database",
            "schema",
            "worker",
            "keys",
            "queue",
            "storage",
            "mail",
            "clock",
            "cookies",
        }


class TestSettings:
    def test_every_impossible_one_is_named_at_once_without_a_traceback(self, run):
        changes = {"BASE_URL": "http://community.example.org", "SECRET_KEY": "short", "TIME_ZONE": "Mars"}
        code, findings = diagnosed(run, **{f"LTI_TOOL_{name}": value for name, value in changes.items()})
        said = " ".join(one["sentence"] for one in findings if one["level"] == "wrong")
        assert code == 1
        for name in changes:
            assert f"LTI_TOOL_{name}" in said
        assert [one for one in findings if one["level"] == "well"] == []

    def test_a_typing_mistake_is_pointed_out(self, run):
        findings = diagnosed(run, LTI_TOOL_TRUSTED_PROXY="1", LTI_TOOL_TIME_ZONE="Mars")[1]
        mistake = next(one for one in findings if one["level"] == "warning")
        assert "LTI_TOOL_TRUSTED_PROXY " in mistake["sentence"]
        assert "LTI_TOOL_TRUSTED_PROXIES" in mistake["remedy"]

    @pytest.mark.parametrize("secret", ["change-me-change-me-change-me-change-me", "a" * 64, "ab" * 32])
    def test_a_secret_that_can_be_guessed_is_wrong(self, tool, secret):
        chosen = settings_of(tool, secret_key=secret, key_encryption_keys=())
        (finding,) = diagnosis_settings.secrets(chosen)
        assert finding.level is Level.WRONG
        assert "lti-tool secrets" in finding.remedy
        assert secret not in finding.sentence

    def test_secrets_as_we_print_them_are_well(self, tool):
        made = secrets.made()
        chosen = settings_of(
            tool, secret_key=made["SECRET_KEY"], key_encryption_keys=(made["KEY_ENCRYPTION_KEY"],)
        )
        (finding,) = diagnosis_settings.secrets(chosen)
        assert finding.level is Level.WELL

    def test_a_door_that_stands_wide_open_is_pointed_out(self, tool):
        chosen = settings_of(tool, outbound_allow=("lms.internal", "10.0.0.0/8", "0.0.0.0/0"))
        (finding,) = diagnosis_settings.outbound(chosen)
        assert finding.level is Level.WARNING
        assert "0.0.0.0/0" in finding.sentence
        assert "lms.internal" not in finding.sentence

    def test_https_without_a_trusted_proxy_is_pointed_out(self, tool):
        (finding,) = diagnosis_settings.proxies(settings_of(tool, trusted_proxies=0))
        assert finding.level is Level.WARNING
        (finding,) = diagnosis_settings.proxies(settings_of(tool, trusted_proxies=1))
        assert finding.level is Level.WELL

    def test_a_notice_that_names_nobody_is_pointed_out(self, tool):
        (finding,) = diagnosis_settings.notice(settings_of(tool, contact="dpo@example.org"))
        assert finding.level is Level.WARNING
        wanted = "Set LTI_TOOL_OPERATOR, LTI_TOOL_HOSTED_BY, LTI_TOOL_LEGAL_BASIS."
        assert finding.remedy == wanted
        said = {"operator": "A University", "hosted_by": "A host", "legal_basis": "contract"}
        (finding,) = diagnosis_settings.notice(settings_of(tool, contact="dpo@example.org", **said))
        assert finding.level is Level.WELL


class TestTheAddress:
    def test_nobody_answers(self, run):
        (port,) = free(1)
        code, findings = diagnosed(run, LTI_TOOL_BASE_URL=f"http://127.0.0.1:{port}")
        (finding,) = about(findings, "address")
        assert (code, finding["level"]) == (1, "wrong")
        assert "cannot be reached" in finding["sentence"]
        assert "lti-tool serve" in finding["remedy"]

    def test_something_else_answers(self, run):
        other = Flask("other")
        server = serve(other, ("127.0.0.1",), ANY_PORT)
        try:
            findings = diagnosed(run, LTI_TOOL_BASE_URL=f"http://127.0.0.1:{server.port}")[1]
        finally:
            server.close()
        assert "Something else answers" in about(findings, "address")[0]["sentence"]

    def test_another_installation_answers(self, run, installation):
        with installation():
            findings = diagnosed(
                run, LTI_TOOL_SECRET_KEY="another secret that is quite as long, and random 7y"
            )[1]
        assert "Another installation" in about(findings, "address")[0]["sentence"]


@pytest.fixture
def https(tmp_path):
    """Serve an application by https; return its settings' stand-in and who signed its certificate."""
    certificate = throwaway_certificate(tmp_path, "localhost")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate.file)
    trusted = ssl.create_default_context(cafile=certificate.authority_file)

    @contextmanager
    def serving(host="localhost", **changes):
        (port,) = free(1)
        overrides = {"VAR_DIR": str(tmp_path / "var"), "BASE_URL": f"https://{host}:{port}", **changes}
        app = create_app("testing", overrides)
        server = serve(app, ("127.0.0.1",), port, tls)
        try:
            yield app.extensions["settings"], trusted
        finally:
            server.close()

    return serving


class TestHttps:
    def levels(self, found):
        return {one.subject: one.level for one in found}

    def test_a_good_certificate_and_the_same_host_are_well(self, https):
        with https() as (chosen, trusted):
            found = diagnosis_reach.address(chosen, trusted)
        assert self.levels(found) == {"address": Level.WELL, "cookies": Level.WELL, "clock": Level.WELL}

    def test_a_certificate_that_nobody_signed_is_told_in_words(self, https):
        with https() as (chosen, _):
            (found,) = diagnosis_reach.address(chosen, ssl.create_default_context())
        assert found.level is Level.WRONG
        assert "certificate" in found.sentence

    def test_a_certificate_of_another_host_too(self, https):
        with https(host="127.0.0.1") as (chosen, trusted):
            (found,) = diagnosis_reach.address(chosen, trusted)
        assert "certificate" in found.sentence

    def test_a_proxy_that_is_not_trusted_is_noticed(self, https, tmp_path):
        # The same installation behind http: what it sees is not what browsers ask for.
        with https() as (chosen, trusted):
            (port,) = free(1)
            inner = create_app(
                "testing", {"VAR_DIR": str(tmp_path / "var"), "BASE_URL": f"http://127.0.0.1:{port}"}
            )
            server = serve(inner, ("127.0.0.1",), port)
            try:
                found = diagnosis_reach.address(inner.extensions["settings"], trusted)
            finally:
                server.close()
        assert self.levels(found)["cookies"] is Level.NOTE
        seen = {"scheme": "http", "host": "127.0.0.1:8000"}
        (finding,) = diagnosis_reach._cookies(chosen, seen)
        assert finding.level is Level.WARNING
        assert "TRUSTED_PROXIES" in finding.remedy


class TestTheDatabase:
    def test_one_that_was_never_made_is_not_made_by_looking(self, run, tmp_path):
        code, findings = diagnosed(run, LTI_TOOL_BASE_URL="http://127.0.0.1:9")
        (finding,) = about(findings, "database")
        assert code == 1
        assert "db upgrade" in finding["remedy"]
        assert not (tmp_path / "var" / "community-value.sqlite").exists()

    def test_one_that_does_not_answer_leaves_the_rest_to_be_told(self, run):
        (port,) = free(1)
        url = f"postgresql://tool:hunter2@127.0.0.1:{port}/tool"
        answer = run("doctor", LTI_TOOL_DATABASE_URL=url, LTI_TOOL_BASE_URL="http://127.0.0.1:9")
        assert answer.returncode == 1
        assert f"127.0.0.1:{port} does not answer" in answer.stdout
        assert "mail:" in answer.stdout
        assert "hunter2" not in answer.stdout + answer.stderr

    def test_keys_that_cannot_be_opened_are_told(self, tool):
        given = tool.extensions["settings"]
        other = settings_of(tool, key_encryption_keys=("6hVxaWvbXhlRd9EvPgmGYfZZ0RlQN8V8qFQ0n0l2r1k=",))
        assert levels_of(tool, other)["keys"] == Level.WRONG
        assert levels_of(tool, given)["keys"] == Level.WELL

    def test_keys_that_are_only_published_need_not_be_opened(self, tool):
        """After the encryption key was lost: a new key signs, the old one is in its grace time."""
        lost = ToolKey(
            kid="lost",
            private_pem_encrypted=Fernet(Fernet.generate_key()).encrypt(b"gone").decode(),
            public_jwk={},
            created_at=clock.now(),
            withdraw_at=clock.now() + timedelta(days=7),
        )
        with tool.app_context(), transaction():
            db.session.add(lost)
        try:
            assert levels_of(tool)["keys"] == Level.NOTE
        finally:
            with tool.app_context(), transaction():
                db.session.delete(db.session.get(ToolKey, lost.id))

    def test_a_worker_that_fell_silent_and_one_of_another_release(self, tool):
        assert levels_of(tool)["worker"] == Level.WRONG
        with tool.app_context(), transaction():
            heartbeats.beat("w", "0.0.9", clock.now(), clock.now())
        assert levels_of(tool)["worker"] == Level.WARNING
        assert levels_of(tool, at=clock.now() + timedelta(hours=3))["worker"] == Level.WRONG

    def test_platforms_that_ask_for_attention_are_named(self, tool):
        assert levels_of(tool)["platforms"] == Level.NOTE
        made = platform_of(tool)
        assert levels_of(tool)["platforms"] == Level.WELL
        with tool.app_context(), transaction():
            platform = db.session.get(Platform, made)
            platform.state, platform.clock_offset = PlatformState.SUSPENDED, -90.0
            platform.deployments[0].state = DeploymentState.WAITING
        said = " ".join(one.sentence for one in found_in(tool) if one.level is not Level.WELL)
        for words in (
            "Moodle (platform",
            "suspended",
            "90 seconds apart",
            "wait to be let in: 1",
            "nobody can",
        ):
            assert words in said

    def test_two_connections_of_one_lms_that_share_a_community_are_named(self, tool):
        old, new = platform_of(tool), platform_of(tool, "again")
        assert levels_of(tool)["platforms"] == Level.WELL
        with tool.app_context(), transaction():
            organisation = db.session.get(Platform, old).organisation_id
            here = {"organisation_id": organisation, "name": "Shared", "time_zone": "UTC"}
            shared = Community(**here, created_at=clock.now())
            db.session.add(shared)
            db.session.flush()
            for platform in (old, new):
                deployment = db.session.get(Platform, platform).deployments[0]
                at = {"deployment_id": deployment.id, "context_id": "c", "created_at": clock.now()}
                db.session.add(Course(community_id=shared.id, **at))
        (finding,) = [one for one in found_in(tool) if one.subject == "platforms"]
        assert finding.level is Level.WARNING
        assert "share communities: 1" in finding.sentence
        assert f"platforms succeed {old} {new}" in finding.remedy

    def test_one_that_was_replaced_is_no_pause_to_be_ended(self, tool):
        old = platform_of(tool)
        new = platform_of(tool, "again")
        with tool.app_context(), transaction():
            succession.succeed(old, new, None, clock.now())
        (finding,) = [one for one in found_in(tool) if one.subject == "platforms"]
        assert finding.level is Level.NOTE
        assert "replaced" in finding.sentence
        assert "--resume" not in finding.remedy

    def test_what_was_refused_to_one_that_was_replaced_is_no_work(self, tool):
        old, new = platform_of(tool), platform_of(tool, "again")
        with tool.app_context(), transaction():
            deployment = db.session.get(Platform, old).deployments[0]
            course = Course(deployment_id=deployment.id, context_id="c", created_at=clock.now())
            db.session.add(course)
            db.session.flush()
            db.session.add(Roster(course_id=course.id, state=RosterState.REFUSED))
        assert levels_of(tool)["work"] == Level.WARNING
        until = clock.now() + timedelta(days=30)
        with tool.app_context(), transaction():
            db.session.add(
                Succession(old_platform_id=old, new_platform_id=new, at=clock.now(), reversible_until=until)
            )
        assert levels_of(tool)["work"] == Level.WELL


def found_in(tool, chosen=None, at=None):
    with tool.app_context(), reading():
        return diagnosis_state.state(chosen or tool.extensions["settings"], at or clock.now())


def levels_of(tool, chosen=None, at=None):
    return {one.subject: one.level for one in found_in(tool, chosen, at)}


def platform_of(tool, client_id="c"):
    addresses = {name: f"https://moodle.example/{name}" for name in ("auth_url", "token_url", "jwks_url")}
    given = Registration(
        name="Moodle",
        issuer="https://moodle.example",
        client_id=client_id,
        deployment_ids=("1",),
        **addresses,
    )
    with tool.app_context(), transaction():
        return platforms.add(given, None, "https://tool.test", clock.now()).id


class TestMail:
    def finding(self, tool, url, tls=None):
        (found,) = diagnosis_reach.mail(settings_of(tool, mail_url=url), tls)
        return found

    def test_none_is_a_note(self, tool):
        assert self.finding(tool, None).level is Level.NOTE

    def test_one_that_answers_is_well_and_gets_nothing(self, tool, tmp_path):
        with mail_server() as port:
            found = self.finding(tool, f"smtp://127.0.0.1:{port}")
        assert (found.level, "not encrypted" in found.sentence) == (Level.WELL, True)

    def test_a_password_never_goes_out_in_the_clear(self, tool, tmp_path):
        with mail_server() as port:
            found = self.finding(tool, f"smtp://tool:p%40ss%20word@127.0.0.1:{port}")
        assert found.level is Level.WRONG
        assert "encryption" in found.sentence

    @pytest.mark.parametrize(("password", "level"), [("p%40ss%20word", Level.WELL), ("wrong", Level.WRONG)])
    def test_starttls_and_signing_in_are_tried(self, tool, tmp_path, password, level):
        certificate = throwaway_certificate(tmp_path, "127.0.0.1")
        theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        theirs.load_cert_chain(certificate.file)
        ours = ssl.create_default_context(cafile=certificate.authority_file)
        with mail_server(tls_context=theirs) as port:
            found = self.finding(tool, f"smtp://tool:{password}@127.0.0.1:{port}", ours)
        assert found.level is level, found

    def test_nobody_there_is_wrong(self, tool):
        found = self.finding(tool, f"smtp://127.0.0.1:{free(1)[0]}")
        assert found.level is Level.WRONG
        assert "LTI_TOOL_MAIL_URL" in found.remedy


class TestFiles:
    def test_storage_among_the_files_of_the_web_is_wrong(self, tool):
        inside = settings.directory("static") / "uploads"
        chosen = settings_of(tool, storage_dir=inside)
        found = {one.subject: one.level for one in diagnosis_reach.files(chosen)}
        assert found["storage"] == Level.WRONG
        assert found["files"] == Level.WELL
