"""What the doctor says of the mailbox of answers. The servers are real."""

import ssl
from dataclasses import replace
from datetime import timedelta

import pytest

from lti_tool import clock
from lti_tool.cli.doctor import doctor  # noqa: F401 - the command has to be loadable with these checks
from lti_tool.services import diagnosis_inbox, inbox
from lti_tool.services.findings import Level
from lti_tool.transactions import transaction
from tests.browser.tls import throwaway_certificate
from tests.support.imap_server import URL_NAME, Box, imap_server
from tests.support.ports import free_ports


def settings_of(world, url: str | None):
    chosen = world.app.extensions["settings"]
    return replace(
        chosen, inbound_mail_url=url, reply_address="reply@tool.test", mail_url="smtp://127.0.0.1:1"
    )


def finding(world, url: str | None, tls=None):
    (found,) = diagnosis_inbox.inbox(settings_of(world, url), tls)
    return found


class TestTheMailbox:
    def test_none_is_a_note(self, world):
        assert finding(world, None).level is Level.NOTE

    def test_one_that_can_be_read_is_well_and_stays_as_it_is(self, world):
        box = Box()
        box.put(b"From: a@b.test\n\nx")
        with imap_server(box) as port:
            found = finding(world, f"imap://{URL_NAME}@127.0.0.1:{port}")
        assert (found.level, box.left()[0].flags) == (Level.WELL, set())

    @pytest.mark.parametrize(
        ("name", "folder", "said"),
        [
            ("reply%40tool.test:wr0ng", "", "refuses name or password"),
            (URL_NAME, "/Elsewhere", "no such folder"),
        ],
    )
    def test_what_it_refuses_is_said_without_the_password(self, world, name, folder, said):
        with imap_server(Box()) as port:
            found = finding(world, f"imap://{name}@127.0.0.1:{port}{folder}")
        assert (found.level, said in found.sentence) == (Level.WRONG, True)
        assert "wr0ng" not in found.sentence + found.remedy
        assert "s3cret" not in found.sentence + found.remedy

    def test_nobody_there_is_wrong(self, world):
        found = finding(world, f"imap://{URL_NAME}@127.0.0.1:{free_ports(1)[0]}")
        assert "LTI_TOOL_INBOUND_MAIL_URL" in found.remedy

    @pytest.mark.parametrize("implicit", [True, False])
    def test_encryption_is_used_and_certificates_are_looked_at(self, world, tmp_path, implicit):
        certificate = throwaway_certificate(tmp_path, "127.0.0.1")
        theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        theirs.load_cert_chain(certificate.file)
        ours = ssl.create_default_context(cafile=certificate.authority_file)
        scheme = "imaps" if implicit else "imap"
        with imap_server(Box(), tls=theirs, implicit=implicit) as port:
            url = f"{scheme}://{URL_NAME}@127.0.0.1:{port}"
            assert finding(world, url, ours).level is Level.WELL
            stranger = finding(world, url, ssl.create_default_context())
        assert (stranger.level, "certificate" in stranger.sentence) == (Level.WRONG, True)


class TestReadingIt:
    def said(self, world, after: timedelta) -> list:
        with world.app.app_context():
            return diagnosis_inbox.reading(settings_of(world, "imap://a:b@127.0.0.1:1"), clock.now() + after)

    def test_is_spoken_of_when_it_fails_for_long(self, world):
        assert [one.level for one in self.said(world, timedelta())] == [Level.WARNING]
        with world.app.app_context(), transaction():
            inbox._claimed("one", clock.now())
        with world.app.app_context(), transaction():
            inbox._give_back("one", "sign-in", clock.now())
        assert self.said(world, timedelta(minutes=10)) == []
        (found,) = self.said(world, timedelta(minutes=20))
        assert "refuses name or password" in found.sentence
