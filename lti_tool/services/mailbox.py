"""The mailbox that INBOUND_MAIL_URL names, over IMAP (RFC 3501): what waits in it, and putting it away."""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from lti_tool.errors import MailboxUnavailable
from lti_tool.settings import is_loopback

# In seconds, for each step of the conversation.
PATIENCE = 20
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})")


@dataclass(frozen=True)
class Mailbox:
    """Where answers arrive."""

    host: str
    port: int
    encrypted: bool
    name: str
    password: str = field(repr=False)
    folder: str

    @classmethod
    def at(cls, url: str) -> "Mailbox":
        """Read an INBOUND_MAIL_URL; the usual ports are 993 (imaps) and 143, the usual folder INBOX."""
        parts = urlsplit(url)
        encrypted = parts.scheme == "imaps"
        return cls(
            host=parts.hostname or "",
            port=parts.port or (993 if encrypted else 143),
            encrypted=encrypted,
            name=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            folder=unquote(parts.path).strip("/") or "INBOX",
        )

    @contextmanager
    def conversation(self, tls: ssl.SSLContext) -> Iterator["Conversation"]:
        """Connect, encrypt, sign in, open the folder.

        Without encryption the password goes to this machine alone.

        :raises MailboxUnavailable: `tls`, `connection`, `no-encryption`, `sign-in`, `folder`, also what goes
            wrong in the block, as `answer`.
        """
        session = self._connected(tls)
        try:
            self._signed_in(session, tls)
            yield Conversation(session)
        except ssl.SSLError as problem:
            raise MailboxUnavailable("tls") from problem
        except (OSError, imaplib.IMAP4.abort) as problem:
            raise MailboxUnavailable("connection") from problem
        except imaplib.IMAP4.error as problem:
            raise MailboxUnavailable("answer") from problem
        finally:
            # Whatever a server answers to a goodbye.
            with suppress(OSError, imaplib.IMAP4.error):
                session.logout()
            with suppress(OSError):
                session.shutdown()

    def _connected(self, tls: ssl.SSLContext) -> imaplib.IMAP4:
        try:
            if self.encrypted:
                return imaplib.IMAP4_SSL(self.host, self.port, ssl_context=tls, timeout=PATIENCE)
            return imaplib.IMAP4(self.host, self.port, timeout=PATIENCE)
        except ssl.SSLError as problem:
            raise MailboxUnavailable("tls") from problem
        except (OSError, imaplib.IMAP4.error) as problem:
            raise MailboxUnavailable("connection") from problem

    def _signed_in(self, session: imaplib.IMAP4, tls: ssl.SSLContext) -> None:
        if not self.encrypted and "STARTTLS" in session.capabilities:
            session.starttls(tls)
        elif not self.encrypted and not is_loopback(self.host):
            raise MailboxUnavailable("no-encryption")
        try:
            session.login(self.name, self.password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as refusal:
            # What the server says may quote what it was told: it goes nowhere.
            raise MailboxUnavailable("sign-in") from refusal
        answer, _ = session.select(f'"{_quoted(self.folder)}"')
        if answer != "OK":
            raise MailboxUnavailable("folder")


class Conversation:
    """A folder that was opened. Every method raises OSError or imaplib.IMAP4.error as the server fails."""

    def __init__(self, session: imaplib.IMAP4) -> None:
        self._session = session

    def waiting(self, most: int) -> list[int]:
        """Return the UIDs of mails that nobody dealt with, those first that came first."""
        data = self._said("SEARCH", "UNDELETED", "UNFLAGGED")
        numbers = [int(one) for one in b" ".join(part for part in data if part).split() if one.isdigit()]
        return sorted(numbers)[:most]

    def size(self, uid: int) -> int | None:
        """Return how many bytes a mail has, None when it is not there any more."""
        for part in self._said("FETCH", str(uid), "(RFC822.SIZE)"):
            found = _SIZE.search(part[0] if isinstance(part, tuple) else part or b"")
            if found is not None:
                return int(found[1])
        return None

    def beginning(self, uid: int, most: int) -> bytes | None:
        """Return the first bytes of a mail, so many at most, and leave it unread."""
        for part in self._said("FETCH", str(uid), f"(BODY.PEEK[]<0.{most}>)"):
            if isinstance(part, tuple):
                return part[1]
        return None

    def put_away(self, uid: int) -> None:
        """Mark a mail as deleted: it goes for good with the next `tidy`, whoever does it."""
        self._said("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")

    def tidy(self) -> None:
        """Remove what is marked as deleted, and end (RFC 3501, 6.4.2)."""
        self._session.close()

    def leave(self, uid: int) -> None:
        """Mark a mail as one that a person may look at; it is not taken up again."""
        self._said("STORE", str(uid), "+FLAGS.SILENT", r"(\Flagged)")

    def _said(self, *command: str) -> list:
        answer, data = self._session.uid(*command)
        if answer != "OK":
            raise imaplib.IMAP4.error(f"{command[0]} was refused")
        return data


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
