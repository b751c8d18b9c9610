"""What a mail says, whatever it is made of: from whom, to whom, its words, its files. Never fails.

Mails are read as they come: in any encoding or in a false one, torn, or made to hurt. The standard library's
parser is used in its older, lenient mode; what still goes wrong in it leaves a part of the mail out.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

from lti_tool.knowledge.mail_html import words_of

MOST_PARTS, _MOST_DEEP = 200, 20
# Below this a picture inside HTML is an ornament of a signature.
SMALLEST_PICTURE = 32_000
_RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "resent-to")
# RFC 3834, 2 and 5.2, and what was there before it; lists and bounces (RFC 2919, 3464).
_BULK = re.compile(r"\s*(bulk|junk|list|auto_reply)\b", re.IGNORECASE)
_SPEAKS_OF_A_MACHINE = (
    *("x-autoreply", "x-autorespond", "x-auto-reply-from", "list-id", "list-unsubscribe"),
    "x-failed-recipients",
)
_MACHINES = re.compile(
    r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|nepasrepondre)([+.@-]|$)", re.IGNORECASE
)
# Holiday notices of programs that say nothing of it in a header.
_NOTICES = re.compile(
    r"\s*(out of (the )?office|automatic reply|auto(matic)? ?reply|autoreply|réponse automatique"
    r"|absence du bureau|message d['’]absence|absent du bureau|undeliver(ed|able)|delivery status)\b",
    re.IGNORECASE,
)
_SIGNATURE_FILES = frozenset(
    ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
)
# Python has codecs that are no charset of any mail, or take the square of the time.
_CHARSET = re.compile(
    r"(utf-?(8|16|32)([-_]?(le|be))?|utf-7|us-ascii|ascii|latin-?\d+|iso[-_]?\w+([-_]\w+){0,3}|windows-\d+|cp\d+"
    r"|koi8[-_]?\w|mac\w+|big5\w*|gb\w+|euc[-_]\w+|shift[-_]?jis|sjis|tis-?620)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class SentFile:
    """A file that came along."""

    name: str
    content: bytes


@dataclass(frozen=True)
class ReadMail:
    """A mail. `sender` is the one address that it says it is from, "" for none or several, in small letters.

    `recipients` are headers as they stand; `automatic`: a program wrote it, a list passed it on, or it is
    about another mail that could not be brought. `text` still has what it quotes.
    """

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    automatic: bool
    text: str
    files: tuple[SentFile, ...]


def read(raw: bytes) -> ReadMail:
    """Read a mail as it came over the line; one that cannot be read at all says nothing."""
    mail = Message()
    with suppress(Exception):  # nobody has listed what the parser raises at nonsense
        mail = message_from_bytes(raw)
    parts = _Parts()
    with suppress(Exception):
        parts.take(mail)
    sender = _sender(mail)
    return ReadMail(
        message_id=_said(mail, "message-id").strip()[:1000],
        sender=sender,
        recipients=tuple(value for name in _RECIPIENTS for value in _all(mail, name)),
        subject=" ".join(_said(mail, "subject").split())[:200],
        automatic=_is_automatic(mail, sender),
        text=parts.text(),
        files=tuple(parts.files),
    )


def _sender(mail: Message) -> str:
    with suppress(Exception):
        found = {address.strip().lower() for _, address in getaddresses(_all(mail, "from")) if "@" in address}
        return found.pop() if len(found) == 1 else ""
    return ""


def _is_automatic(mail: Message, sender: str) -> bool:
    submitted = _said(mail, "auto-submitted").strip().lower()
    if submitted and not re.match(r"no\b", submitted):
        return True
    if _BULK.match(_said(mail, "precedence")) or any(name in mail for name in _SPEAKS_OF_A_MACHINE):
        return True
    if _MACHINES.match(sender) or _NOTICES.match(_said(mail, "subject")):
        return True
    if any(value.strip() in ("<>", "") for value in _all(mail, "return-path")):
        return True
    with suppress(Exception):
        return mail.get_content_type() in ("multipart/report", "message/delivery-status")
    return False


def _all(mail: Message, name: str) -> list[str]:
    with suppress(Exception):
        found = [value for header, value in mail.raw_items() if header.lower() == name]
        return [_decoded(value) for value in found[:50]]
    return []


def _said(mail: Message, name: str) -> str:
    return next(iter(_all(mail, name)), "")


def _decoded(value: object) -> str:
    text = str(value)[:20_000]
    if not text.isascii():  # letters as they are, which the parser keeps as half characters
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    with suppress(Exception):
        return str(make_header(decode_header(text)))
    return text


class _Parts:
    """Words and files of a mail, put together while its parts are walked through."""

    def __init__(self) -> None:
        self.files: list[SentFile] = []
        self._texts: list[str] = []
        self._seen = 0

    def text(self) -> str:
        return "\n\n".join(text.strip("\n") for text in self._texts if text.strip())

    def take(self, part: Message, inside: str = "", depth: int = 0) -> None:
        """Take in a part and what is in it. :param inside: the kind of what it is a part of."""
        self._seen += 1
        if depth > _MOST_DEEP or self._seen > MOST_PARTS:
            return
        kind = part.get_content_type()
        if kind == "multipart/alternative":
            self._take_alternatives(part, depth)
        elif kind.startswith("multipart/") and part.is_multipart():
            for child in part.get_payload():
                self.take(child, kind, depth + 1)
        elif kind in ("text/plain", "text/html") and not _is_file(part):
            words = _words(part)
            self._texts.append(words_of(words) if kind == "text/html" else words)
        elif kind not in _SIGNATURE_FILES:
            self._take_file(part, kind, inside)

    def _take_alternatives(self, part: Message, depth: int) -> None:
        """Take the words of the plain one of several wordings, unless it is empty, and the files of all."""
        wordings = []
        for child in _children(part):
            one = _Parts()
            one._seen = self._seen
            one.take(child, "multipart/alternative", depth + 1)
            self._seen = one._seen
            self.files += one.files
            if one.text().strip():
                wordings.append((child.get_content_type() == "text/plain", one.text()))
        if wordings:
            self._texts.append(next((text for plain, text in wordings if plain), wordings[-1][1]))

    def _take_file(self, part: Message, kind: str, inside: str) -> None:
        content = _content(part)
        is_ornament = inside == "multipart/related" and len(content) < SMALLEST_PICTURE
        if content and not (is_ornament and kind.startswith("image/")):
            self.files.append(SentFile(_name(part, kind), content))


def _children(part: Message) -> Iterator[Message]:
    if part.is_multipart():
        yield from part.get_payload()


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_file_name(part))


def _file_name(part: Message) -> str:
    with suppress(Exception):
        return _decoded(part.get_filename() or "")
    return ""


def _name(part: Message, kind: str) -> str:
    return _file_name(part) or (
        "mail.eml" if kind.startswith("message/") else f"file.{kind.rpartition('/')[2]}"
    )


def _content(part: Message) -> bytes:
    if part.get_content_maintype() == "message":
        with suppress(Exception):
            return part.as_bytes()
        return b"?"
    with suppress(Exception):
        found = part.get_payload(decode=True)
        return found if isinstance(found, bytes) else b""
    return b""


def _words(part: Message) -> str:
    """Return the words of a text part, its lines put together again where a program broke them (RFC 3676)."""
    content = _content(part)
    charset = "utf-8"
    with suppress(Exception):
        charset = part.get_content_charset() or "utf-8"
    text = _in_letters(content, charset).replace("\r\n", "\n").replace("\r", "\n")
    with suppress(Exception):
        if str(part.get_param("format", "")).lower() == "flowed" and part.get_content_subtype() == "plain":
            return _unbroken(text, str(part.get_param("delsp", "")).lower() == "yes")
    return text


def _in_letters(content: bytes, charset: str) -> str:
    for one in (charset if _CHARSET.fullmatch(charset) else "utf-8", "utf-8"):
        with suppress(LookupError, UnicodeError):
            return content.decode(one)
    return content.decode("cp1252", "replace")


def _unbroken(text: str, delete_space: bool) -> str:
    lines: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        is_signature = line == "-- "
        bare = line[1:] if line.startswith(" ") else line
        if goes_on and not is_signature and not line.startswith(">"):
            lines[-1] = (lines[-1][:-1] if delete_space else lines[-1]) + bare
        else:
            lines.append(bare)
        goes_on = line.endswith(" ") and not is_signature and not line.startswith(">")
    return "\n".join(lines)
