"""Mails in words: made of a template in the reader's language, as text and as HTML, and handed in."""

from datetime import UTC
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit

from flask import current_app, g
from flask_babel import force_locale

from lti_tool import settings
from lti_tool.errors import MailRefused, MailUnavailable
from lti_tool.lti.connections import default_tls
from lti_tool.services.mail_server import MailServer, hand_in
from lti_tool.services.messages import SIGN_IN, Outgoing
from lti_tool.services.preferences import LANGUAGES

# Template by kind; each has a subject.txt, a body.txt and a body.html.
TEMPLATES = {SIGN_IN: "mails/sign_in"}


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
    """
    if outgoing.kind not in TEMPLATES:
        raise MailUnavailable("kind-unknown")
    mail, chosen = EmailMessage(), settings.current()
    mail["To"] = _address(outgoing.recipient)
    mail["From"] = Address("Community Value", addr_spec=chosen.mail_from)
    mail["Date"] = format_datetime(outgoing.created_at.astimezone(UTC))
    mail["Message-ID"] = f"<{outgoing.uuid}@{urlsplit(chosen.base_url).hostname}>"
    # RFC 3834: no holiday notice answers this.
    mail["Auto-Submitted"] = "auto-generated"
    language = (outgoing.locale or "").replace("_", "-").split("-")[0].lower()
    with force_locale(language if language in LANGUAGES else "en"):
        g.pop("catalogue", None)
        folder, said = TEMPLATES[outgoing.kind], {**outgoing.about, "language": language or "en"}
        mail["Subject"] = " ".join(_written(f"{folder}/subject.txt", said).split())
        mail.set_content(_written(f"{folder}/body.txt", said))
        mail.add_alternative(_written(f"{folder}/body.html", said), subtype="html")
    g.pop("catalogue", None)
    return mail


def _written(template: str, said: dict) -> str:
    """Render without what pages know of their request: a worker has none."""
    return current_app.jinja_env.get_template(template).render(**said)


def _address(text: str) -> Address:
    try:
        return Address(addr_spec=text)
    except (ValueError, IndexError, HeaderParseError) as unusable:
        raise MailRefused("address-unusable") from unusable
