"""The mail server that MAIL_URL names: how it is reached, and handing a mail in."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from lti_tool.errors import MailDeferred, MailRefused, MailUnavailable

# In seconds, for each step of the conversation.
PATIENCE = 10

_RECIPIENT = "recipient"
# RFC 5321, 4.2.3: no such mailbox, not here, no such name; RFC 7504: a host that takes no mail. Others are
# about the mail or about us: spam, relaying.
_NO_SUCH_ADDRESS = (550, 551, 553, 556)
_CLOSING = 421


class PasswordInTheOpen(Exception):
    """The server asks for a password and offers no encryption: it would be readable on the way."""


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed in. `name` None: it asks for no password."""

    host: str
    port: int
    encrypted: bool
    name: str | None
    password: str

    @classmethod
    def at(cls, url: str) -> "MailServer":
        """Read a MAIL_URL; the usual ports are 465 (smtps), 587 (with a name) and 25."""
        parts = urlsplit(url)
        encrypted = parts.scheme == "smtps"
        name = unquote(parts.username) if parts.username else None
        usual = 465 if encrypted else (587 if name else 25)
        return cls(parts.hostname or "", parts.port or usual, encrypted, name, unquote(parts.password or ""))

    @contextmanager
    def conversation(self, tls: ssl.SSLContext) -> Iterator[tuple[smtplib.SMTP, bool]]:
        """Connect, encrypt where the server can, sign in where it asks; tells whether it is encrypted.

        :raises PasswordInTheOpen, OSError, smtplib.SMTPException: as each step goes wrong.
        """
        # Our name is given, for finding out the full one asks name servers that may not answer.
        calling = {"timeout": PATIENCE, "local_hostname": socket.gethostname()}
        opened = (
            smtplib.SMTP_SSL(self.host, self.port, context=tls, **calling)
            if self.encrypted
            else smtplib.SMTP(self.host, self.port, **calling)
        )
        try:
            yield opened, self._introduced(opened, tls)
        finally:
            # Whatever a server answers to a goodbye: a mail that it took is taken, and is not sent again.
            with suppress(OSError, smtplib.SMTPException):
                opened.quit()
            opened.close()

    def _introduced(self, session: smtplib.SMTP, tls: ssl.SSLContext) -> bool:
        session.ehlo()
        encrypted = self.encrypted
        if not encrypted and session.has_extn("starttls"):
            session.starttls(context=tls)
            session.ehlo()
            encrypted = True
        if self.name and not encrypted:
            raise PasswordInTheOpen()
        if self.name:
            session.login(self.name, self.password)
        return encrypted


def hand_in(server: MailServer, mail: EmailMessage, tls: ssl.SSLContext) -> None:
    """Hand one mail in.

    :raises MailUnavailable: worth another try; whether it was taken is not known.
    :raises MailDeferred: worth another try, of this mail alone.
    :raises MailRefused: the server will not take this mail, now or later.
    """
    try:
        with server.conversation(tls) as (session, _encrypted):
            session.send_message(mail)
    except smtplib.SMTPRecipientsRefused as refusal:
        codes = [code for code, _words in refusal.recipients.values()]
        _give_up_or_not(max(codes, default=550), _RECIPIENT)
    except smtplib.SMTPResponseException as refusal:
        _give_up_or_not(refusal.smtp_code, type(refusal).__name__)
    except PasswordInTheOpen:
        raise MailUnavailable("no-encryption") from None
    except (OSError, smtplib.SMTPException) as problem:
        raise MailUnavailable(type(problem).__name__) from problem


def _give_up_or_not(code: int, what: str) -> None:
    """RFC 5321, 4.2.1: 5yz is for good, 4yz for now. A refused sign-in is ours to mend: tried again."""
    if code >= 500 and what != "SMTPAuthenticationError":
        raise MailRefused(f"{code} {what}", address=what == _RECIPIENT and code in _NO_SUCH_ADDRESS)
    if what == _RECIPIENT and code != _CLOSING:
        raise MailDeferred(f"{code} {what}")
    raise MailUnavailable(f"{code} {what}")
