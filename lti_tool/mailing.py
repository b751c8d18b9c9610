"""Mails in words: made of a template in the reader's language, as text and as HTML, and handed in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from email import policy
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit

from flask import current_app, g
from flask_babel import force_locale, gettext

from lti_tool import clock, settings
from lti_tool.access import SPACE
from lti_tool.audit_words.sentences import day
from lti_tool.errors import MailRefused, MailUnavailable
from lti_tool.knowledge import mentions
from lti_tool.lti.connections import default_tls
from lti_tool.services import guests, letters
from lti_tool.services.letters import Letter
from lti_tool.services.mail_server import MailServer, hand_in
from lti_tool.services.messages import GUEST_LINK, INVITATION, NEWS, REPLY_ANSWER, SIGN_IN, Outgoing
from lti_tool.services.preferences import LANGUAGES
from lti_tool.transactions import reading

# Template by kind; each has a subject.txt, a body.txt and a body.html.
TEMPLATES = {
    SIGN_IN: "mails/sign_in",
    NEWS: "mails/news",
    REPLY_ANSWER: "mails/reply_answer",
    INVITATION: "mails/invitation",
    GUEST_LINK: "mails/guest_link",
}
_DAYS = ("last_day", "link_ends")  # in what a mail is about, as ISO
# A long address in a header stays one line: folded, it would be an encoded word, which no mail program opens.
_POLICY = policy.default.clone(max_line_length=998, cte_type="7bit")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,400}>", re.ASCII)
_BLANK_LINES = re.compile(r"\n{3,}")


def deliver(outgoing: Outgoing) -> None:
    """Put a claimed mail into words and hand it in.

    :raises MailUnavailable: no mail server, it does not answer, or the mail is of a later release.
    :raises MailRefused: never to be taken.
    """
    url = settings.current().mail_url
    if url is None:
        raise MailUnavailable("no-mail-server")
    hand_in(MailServer.at(url), composed(outgoing), default_tls())


def composed(outgoing: Outgoing) -> EmailMessage:
    """Make the mail.

    :raises MailRefused: an address that cannot stand in a header.
    :raises MailUnavailable: a kind unknown to this release: during an upgrade a later one asks for it.
    :raises MailNeedless, MailNotNow: as `letters.of_message`.
    """
    if outgoing.kind not in TEMPLATES:
        raise MailUnavailable("kind-unknown")
    mail, chosen = EmailMessage(policy=_POLICY), settings.current()
    mail["To"] = _address(outgoing.recipient)
    letter = _letter(outgoing) if outgoing.kind == NEWS else None
    sender = letter.community if letter else "Community Value"
    mail["From"] = Address(" ".join(sender.split()), addr_spec=chosen.mail_from)
    mail["Date"] = format_datetime(outgoing.created_at.astimezone(UTC))
    mail["Message-ID"] = f"<{outgoing.uuid}@{urlsplit(chosen.base_url).hostname}>"
    # RFC 3834: no holiday notice answers this.
    mail["Auto-Submitted"] = "auto-replied" if outgoing.kind == REPLY_ANSWER else "auto-generated"
    if outgoing.about.get("answers"):
        _put_below(mail, outgoing.about["answers"])
    if letter:
        _say_how_to_stop(mail, letter)
        if letter.reply_to:
            mail["Reply-To"] = _address(letter.reply_to)
    with in_words_of(outgoing.locale) as language:
        said = _said_about(outgoing.about) if letter is None else _said_by(letter)
        g.zone = letter.zone if letter else "UTC"
        _fill(mail, TEMPLATES[outgoing.kind], {**said, "language": language})
    return mail


def _letter(outgoing: Outgoing) -> Letter:
    with reading():
        return letters.of_message(outgoing.id, outgoing.member_id, outgoing.recipient, clock.now())


def _say_how_to_stop(mail: EmailMessage, letter: Letter) -> None:
    """Let the mail program offer a button: it posts there by itself (RFC 2369, 2919, 8058)."""
    host = urlsplit(settings.current().base_url).hostname
    mail["List-Id"] = f"<community-{letter.community_id}.{host}>"
    mail["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _put_below(mail: EmailMessage, message_id: str) -> None:
    """Let a mail program show the mail below the one that it answers (RFC 5322, 3.6.4)."""
    if _MESSAGE_ID.fullmatch(message_id):
        mail["In-Reply-To"] = message_id


@contextmanager
def in_words_of(locale: str | None) -> Iterator[str]:
    """Speak a language for the length of a block: that of the locale, else English."""
    asked = (locale or "").replace("_", "-").split("-")[0].lower()
    language = asked if asked in LANGUAGES else "en"
    with force_locale(language):
        g.pop("catalogue", None)
        yield language
    g.pop("catalogue", None)


def _said_about(about: dict) -> dict:
    said = about | {name: day(about[name]) for name in _DAYS if name in about}
    if "place" in about:
        said["place"] = f"{settings.current().base_url}{SPACE}/{about['place']}"
    return said


def _said_by(letter: Letter) -> dict:
    """Return what the templates show of a letter, with names in the place of mentions."""
    place = f"{settings.current().base_url}{SPACE}/{letter.community_id}/"
    names = {number: _name(person, number) for number, person in letter.mentioned.items()}
    items = [replace(item, words=mentions.read_aloud(item.words, names)) for item in letter.items]
    asking = f"{settings.current().base_url}{guests.ASKING}"
    return {"letter": replace(letter, items=items), "place": place, "asking": asking}


def _name(person, number: int) -> str:
    if person.former:
        return gettext("a former member")
    return person.name or gettext("Member %(number)s", number=number)


def _fill(mail: EmailMessage, folder: str, said: dict) -> None:
    mail["Subject"] = " ".join(_written(f"{folder}/subject.txt", said).split())
    mail.set_content(_BLANK_LINES.sub("\n\n", _written(f"{folder}/body.txt", said)))
    mail.add_alternative(_written(f"{folder}/body.html", said), subtype="html")


def _written(template: str, said: dict) -> str:
    """Render without what pages know of their request: a worker has none."""
    return current_app.jinja_env.get_template(template).render(**said)


def _address(text: str) -> Address:
    try:
        return Address(addr_spec=text)
    except (ValueError, IndexError, HeaderParseError) as unusable:
        raise MailRefused("address-unusable") from unusable
