"""A mailbox on loopback that speaks IMAP (RFC 3501) over a real socket.

It knows the commands that a reader of mailboxes needs, answers others with BAD, and can be made to fail as
servers do: refuse a password, be away, hang up in the middle. `sent` counts the bytes of mails that went over
the line.
"""

import re
import shlex
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.support.world import World

NAME, PASSWORD = "reply@tool.test", 's3cret p"ss'
URL_NAME = "reply%40tool.test:s3cret%20p%22ss"
REPLY_ADDRESS = "reply@tool.test"


@dataclass
class StoredMail:
    uid: int
    content: bytes
    flags: set[str] = field(default_factory=set)


class Box:
    """What lies in the mailbox; changed by connections and by tests, one at a time."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.mails: list[StoredMail] = []
        self.sent = 0
        self.commands: list[str] = []
        self.hang_up_at: str | None = None  # a command at which the connection ends without an answer
        self._next = 1

    def put(self, content: bytes, uid: int | None = None) -> int:
        """Let a mail arrive; return its UID."""
        with self.lock:
            self._next = uid or self._next
            self.mails.append(StoredMail(self._next, content))
            self._next += 1
            return self.mails[-1].uid

    def left(self) -> list[StoredMail]:
        with self.lock:
            return list(self.mails)


class _Session(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        self.selected = self.signed_in = self.encrypted = False
        self.encrypted = self.server.implicit
        self._send(f"* OK [CAPABILITY {self._capabilities()}] ready")
        while (line := self.rfile.readline(65_536)).strip():
            tag, _, rest = line.decode("utf-8").rstrip("\r\n").partition(" ")
            words = _words(rest)
            command = words[0].upper() if words else ""
            if command == "UID" and len(words) > 1:
                command = f"UID {words[1].upper()}"
            self.server.box.commands.append(command)
            if command == self.server.box.hang_up_at:
                return
            with self.server.box.lock:
                goes_on = self._answer(tag, command, words)
            if not goes_on:
                return

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.connection.close()

    def _capabilities(self) -> str:
        more = []
        if self.server.tls is not None and not self.encrypted:
            more += ["STARTTLS", "LOGINDISABLED"]
        return " ".join(["IMAP4rev1", *more])

    def _send(self, line: str | bytes) -> None:
        self.wfile.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
        self.wfile.flush()

    def _answer(self, tag: str, command: str, words: list[str]) -> bool:
        if command == "LOGOUT":
            self._send("* BYE see you")
            self._send(f"{tag} OK done")
            return False
        if command == "STARTTLS" and self.server.tls is not None:
            self._send(f"{tag} OK begin")
            self._encrypt()
            return True
        simple = {"CAPABILITY": self._capability, "LOGIN": self._login, "NOOP": lambda _: "OK done"}
        inside = {
            "SELECT": self._select,
            "UID SEARCH": self._search,
            "UID FETCH": self._fetch,
            "UID STORE": self._store,
            "CLOSE": self._close,
        }
        if command in simple:
            said = simple[command](words)
        elif command in inside and self.signed_in and (self.selected or command == "SELECT"):
            said = inside[command](words)
        else:
            said = "BAD not now"
        self._send(f"{tag} {said}")
        return True

    def _encrypt(self) -> None:
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
        self.encrypted = True

    def _capability(self, _words: list[str]) -> str:
        self._send(f"* CAPABILITY {self._capabilities()}")
        return "OK done"

    def _login(self, words: list[str]) -> str:
        if self.server.tls is not None and not self.encrypted:
            return "NO [PRIVACYREQUIRED] encrypt first"
        self.signed_in = words[1:] == [NAME, self.server.password]
        return "OK welcome" if self.signed_in else "NO [AUTHENTICATIONFAILED] no"

    def _select(self, words: list[str]) -> str:
        self.selected = words[1] == self.server.folder
        if not self.selected:
            return "NO [NONEXISTENT] no such folder"
        self._send(f"* {len(self.server.box.mails)} EXISTS")
        self._send(r"* FLAGS (\Seen \Flagged \Deleted)")
        self._send("* OK [UIDVALIDITY 1] ok")
        return "OK [READ-WRITE] done"

    def _search(self, words: list[str]) -> str:
        refused = {"UNDELETED": r"\Deleted", "UNFLAGGED": r"\Flagged", "UNSEEN": r"\Seen"}
        if any(word not in refused for word in words[2:]):
            return "BAD unknown key"
        without = {refused[word] for word in words[2:]}
        found = [str(mail.uid) for mail in self.server.box.mails if not mail.flags & without]
        self._send(" ".join(["* SEARCH", *found]))
        return "OK done"

    def _fetch(self, words: list[str]) -> str:
        wanted = " ".join(words[3:]).strip("()")
        for number, mail in enumerate(self.server.box.mails, start=1):
            if mail.uid != int(words[2]):
                continue
            if wanted == "RFC822.SIZE":
                self._send(f"* {number} FETCH (UID {mail.uid} RFC822.SIZE {len(mail.content)})")
                continue
            part = re.fullmatch(r"BODY\.PEEK\[\]<0\.(\d+)>", wanted)
            if part is None:
                return "BAD unknown item"
            some = mail.content[: int(part[1])]
            self.server.box.sent += len(some)
            self._send(f"* {number} FETCH (UID {mail.uid} BODY[]<0> {{{len(some)}}}")
            self._send(some + b")")
        return "OK done"

    def _store(self, words: list[str]) -> str:
        for mail in self.server.box.mails:
            if mail.uid == int(words[2]):
                mail.flags |= set(" ".join(words[4:]).strip("()").split())
        return "OK done"

    def _close(self, _words: list[str]) -> str:
        box = self.server.box
        box.mails = [one for one in box.mails if r"\Deleted" not in one.flags]
        self.selected = False
        return "OK done"


def _words(line: str) -> list[str]:
    """Part a command into its words; a backslash means something inside a quoted string alone."""
    return shlex.split(line if '"' in line else line.replace("\\", "\\\\"))


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(
        self, box: Box, tls: ssl.SSLContext | None, implicit: bool, password: str, folder: str
    ) -> None:
        self.box, self.tls, self.implicit = box, tls, implicit
        self.password, self.folder = password, folder
        super().__init__(("127.0.0.1", 0), _Session)

    def get_request(self):
        connection, address = super().get_request()
        if self.implicit:
            connection = self.tls.wrap_socket(connection, server_side=True)
        return connection, address

    def handle_error(self, request, client_address) -> None:
        """A connection that broke is what tests are about: nothing is printed of it."""


@contextmanager
def imap_server(
    box: Box,
    *,
    tls: ssl.SSLContext | None = None,
    implicit: bool = False,
    password: str = PASSWORD,
    folder: str = "INBOX",
) -> Iterator[int]:
    """Run one; gives its port.

    :param tls: it offers STARTTLS, or speaks TLS from the beginning (`implicit`).
    """
    server = _Server(box, tls, implicit, password, folder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def mailbox_of(world: World) -> Iterator[Box]:
    """Run one that the tool of this world reads answers from."""
    box = Box()
    chosen = world.app.extensions["settings"]
    with imap_server(box) as port:
        object.__setattr__(chosen, "inbound_mail_url", f"imap://{URL_NAME}@127.0.0.1:{port}")
        object.__setattr__(chosen, "reply_address", REPLY_ADDRESS)
        try:
            yield box
        finally:
            object.__setattr__(chosen, "inbound_mail_url", None)
            object.__setattr__(chosen, "reply_address", None)
