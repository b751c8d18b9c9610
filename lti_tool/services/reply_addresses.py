"""Addresses by which a member answers a mail: good for one place, one member, one mailbox of theirs, 30 days.

A token says the numbers of member, post and reply and its last day, and ends with a keyed hash over them and
over the address that the mail went to. Nothing is kept of it. It has no letter whose case matters, since mail
servers may write addresses in either, and fits before the @ (RFC 5321, 4.5.3.1.1: 64 characters).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from lti_tool import settings
from lti_tool.services.acting import ActingMember

GOOD_FOR = timedelta(days=30)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_FIRST_DAY = date(2020, 1, 1)
_MAC_BYTES = 12
_TOKEN = re.compile(
    r"([1-9a-z][0-9a-z]{0,5})-([1-9a-z][0-9a-z]{0,5})-(0|[1-9a-z][0-9a-z]{0,5})-([1-9a-z][0-9a-z]{0,2})"
    r"-([a-z2-7]{20})",
    re.ASCII,
)
_LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class ReplyTo:
    """Who answers, and what: a post, or a reply under it."""

    member_id: int
    post_id: int
    comment_id: int | None


def address_for(
    member: ActingMember, recipient: str, post_id: int, comment_id: int | None, now: datetime
) -> str:
    """Return the address that answers to a mail go to; there has to be a REPLY_ADDRESS.

    :param recipient: the address that the mail goes to, from which alone it can be answered.
    """
    last_day = ((now + GOOD_FOR).astimezone(UTC).date() - _FIRST_DAY).days
    said = "-".join(_in_digits(number) for number in (member.id, post_id, comment_id or 0, last_day))
    name, _, host = settings.current().reply_address.partition("@")
    return f"{name}+{said}-{_mac(said, recipient)}@{host}"


def tokens_in(addresses: Iterable[str]) -> list[str]:
    """Return what looks like a token in headers that say to whom a mail went, each once."""
    name, _, host = (settings.current().reply_address or "@").partition("@")
    ours = re.compile(rf"(?<![\w.+-]){re.escape(name)}\+([0-9a-z-]{{1,60}})@{re.escape(host)}(?![\w-])", re.I)
    found = (match[1].lower() for text in addresses for match in ours.finditer(text))
    return list(dict.fromkeys(found))


def opened(token: str, sender: str, now: datetime) -> ReplyTo | None:
    """Return what a token is good for when a mail from this address brings it; None for nothing."""
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        return None
    said = token.rpartition("-")[0]
    if not hmac.compare_digest(parts[5], _mac(said, sender)):
        return None
    member_id, post_id, comment_id, last_day = (int(part, 36) for part in parts.groups()[:4])
    if max(member_id, post_id, comment_id) > _LARGEST_NUMBER:
        return None
    if now.astimezone(UTC).date() > _FIRST_DAY + timedelta(days=last_day):
        return None
    return ReplyTo(member_id, post_id, comment_id or None)


def _in_digits(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits or "0"


def _mac(said: str, address: str) -> str:
    key = hashlib.sha256(b"reply-address:" + settings.current().secret_key.encode()).digest()
    whole = hmac.new(key, f"{said} {address.strip().lower()}".encode(), hashlib.sha256).digest()
    return base64.b32encode(whole[:_MAC_BYTES]).decode("ascii").rstrip("=").lower()
