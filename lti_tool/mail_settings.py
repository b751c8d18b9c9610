"""The settings about mail, out and in, checked; what is impossible is refused without quoting it."""

import re
from urllib.parse import unquote, urlsplit

from lti_tool.errors import UnsafeSettings

# RFC 5321, 4.5.3.1.1: what stands before the @ has at most 64 characters; a token and its plus take 46.
LONGEST_REPLY_NAME = 18
_ADDRESS = re.compile(r"[^\s@<>\"',;:()\[\]\\]+@[\w.-]+")


def checked(config: dict, base_url: str) -> dict[str, str | None]:
    """Return these settings by the names of their attributes.

    :raises UnsafeSettings: naming the one that cannot be worked with.
    """
    inbound, address = _inbound_url(config["INBOUND_MAIL_URL"]), _reply_address(config["REPLY_ADDRESS"])
    if inbound and not address:
        raise UnsafeSettings.of("REPLY_ADDRESS", "write the address that leads to INBOUND_MAIL_URL.")
    if address and not inbound:
        raise UnsafeSettings.of(
            "INBOUND_MAIL_URL", "write where mails to REPLY_ADDRESS come in, or empty both."
        )
    return {
        "mail_url": _mail_url(config["MAIL_URL"]),
        "mail_from": _mail_from(config["MAIL_FROM"], base_url),
        "inbound_mail_url": inbound,
        "reply_address": address,
    }


def _mail_url(value: str) -> str | None:
    if value.strip() and not _names_a_server(value.strip(), ("smtp", "smtps")):
        raise UnsafeSettings.of(
            "MAIL_URL", "write it like smtps://name:password@mail.example.org:465, in ASCII."
        )
    return value.strip() or None


def _inbound_url(value: str) -> str | None:
    url = value.strip()
    if url and not (_names_a_server(url, ("imap", "imaps")) and _names_a_mailbox(url)):
        raise UnsafeSettings.of(
            "INBOUND_MAIL_URL", "write it like imaps://name:password@mail.example.org/INBOX, in ASCII."
        )
    return url or None


def _names_a_server(url: str, schemes: tuple[str, str]) -> bool:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False
    # Python's smtplib and imaplib hand over no other name and password.
    return usable and unquote(parts.netloc).isascii()


def _names_a_mailbox(url: str) -> bool:
    """Tell whether name, password and folder are there and can be said on a line of the protocol."""
    parts = urlsplit(url)
    said = [unquote(part or "") for part in (parts.username, parts.password)]
    folder = unquote(parts.path).strip("/")
    plain = all(one.isascii() and one.isprintable() for one in (*said, folder))
    return all(said) and plain and not parts.query and not parts.fragment


def _mail_from(value: str, base_url: str) -> str:
    sender = value.strip() or f"community@{urlsplit(base_url).hostname}"
    if not sender.isascii() or not _ADDRESS.fullmatch(sender):
        raise UnsafeSettings.of(
            "MAIL_FROM", "write the address that mails come from, such as community@example.org."
        )
    return sender


def _reply_address(value: str) -> str | None:
    address = value.strip()
    if not address:
        return None
    name = address.partition("@")[0]
    if not address.isascii() or not _ADDRESS.fullmatch(address) or "+" in name:
        raise UnsafeSettings.of(
            "REPLY_ADDRESS", "write the address of the mailbox without a plus, such as reply@example.org."
        )
    if len(name) > LONGEST_REPLY_NAME:
        raise UnsafeSettings.of(
            "REPLY_ADDRESS",
            f"take a name of {LONGEST_REPLY_NAME} characters at most before the @: a token stands behind it.",
        )
    return address
