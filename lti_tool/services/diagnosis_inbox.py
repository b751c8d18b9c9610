"""What can be said of the mailbox of answers: whether it can be read from here, and whether workers do."""

import ssl
from datetime import datetime, timedelta

from lti_tool.errors import MailboxUnavailable
from lti_tool.lti.connections import default_tls
from lti_tool.services import inbox as answers
from lti_tool.services.findings import Finding, note, warning, well, wrong
from lti_tool.services.mailbox import Mailbox
from lti_tool.settings import Settings

# Mail servers rest now and then; what lasts longer wants somebody.
PASSES_BY_ITSELF = timedelta(minutes=15)
_CHECK = "Check LTI_TOOL_INBOUND_MAIL_URL: "
_WHY = {
    "tls": ("its certificate is not good", _CHECK + "the host name has to be the one in the certificate."),
    "connection": ("it does not answer", _CHECK + "host, port, imap or imaps; and the firewall."),
    "no-encryption": (
        "it offers no encryption: the password would be readable on the way",
        "Use imaps://, or a server with STARTTLS.",
    ),
    "sign-in": (
        "it refuses name or password",
        _CHECK + "name and password, special characters as %XX. Some services want a password for programs.",
    ),
    "folder": ("there is no such folder", _CHECK + "what stands behind the host names the folder."),
    "answer": ("it answers something else than IMAP wants", _CHECK + "host, port, imap or imaps."),
    "storage": ("files cannot be kept", "See what is said of the storage."),
    "database": ("the database did not answer", "See what is said of the database."),
}


def inbox(settings: Settings, tls: ssl.SSLContext | None = None) -> list[Finding]:
    """Open the mailbox as a worker does, and leave it as it is."""
    if settings.inbound_mail_url is None:
        return [
            note(
                "inbox",
                "Mails cannot be answered by mail.",
                "Set LTI_TOOL_INBOUND_MAIL_URL and LTI_TOOL_REPLY_ADDRESS to let members do it.",
            )
        ]
    mailbox = Mailbox.at(settings.inbound_mail_url)
    where = f"{mailbox.host}:{mailbox.port}"
    try:
        with mailbox.conversation(tls or default_tls()) as conversation:
            conversation.waiting(1)
    except MailboxUnavailable as away:
        why, remedy = _WHY[away.code]
        return [wrong("inbox", f"The mailbox of answers at {where} cannot be read: {why}.", remedy)]
    if settings.mail_url is None:
        sentence = f"{where} can be read, but no mail is sent that could be answered."
        return [warning("inbox", sentence, "Set LTI_TOOL_MAIL_URL as well.")]
    return [well("inbox", f"{where} can be read; answers go to {settings.reply_address}.")]


def reading(settings: Settings, now: datetime) -> list[Finding]:
    """Say since when no worker could read it. One statement, none where there is no mailbox."""
    if settings.inbound_mail_url is None:
        return []
    state = answers.state()
    if state is None:
        sentence = "No worker has looked into the mailbox of answers yet."
        return [warning("inbox", sentence, "See that a worker runs; it looks each minute.")]
    if state.failing_since is not None and now - state.failing_since > PASSES_BY_ITSELF:
        why, remedy = _WHY.get(state.problem or "", (state.problem, _CHECK + "all of it."))
        minutes = (now - state.failing_since) // timedelta(minutes=1)
        sentence = f"For {minutes} minutes no worker could read the mailbox of answers: {why}."
        return [warning("inbox", sentence, f"{remedy} Nothing is lost: it is read when it is back.")]
    return []
