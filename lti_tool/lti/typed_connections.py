"""What an administrator typed of an LMS, read kindly: a pasted page for a host, blanks around an id.

Codes of what cannot be: `required`, `too-long`, `not-an-address`, `https-needed`, `no-path`, `spaces`,
`address-for-id`, `not-ascii`. The sentences stand in `templates/admin/_connect_problems.html`.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from lti_tool.lti import addresses
from lti_tool.lti.outbound_addresses import AddressRule, plain_name
from lti_tool.lti.presets import Addresses, Ask, Preset
from lti_tool.lti.texts import identifier

LONGEST_NAME, LONGEST_ISSUER, LONGEST_ID, LONGEST_ADDRESS = 200, 500, 255, 1000
MOST_DEPLOYMENTS = 50
END_POINTS = ("auth_url", "token_url", "jwks_url")

# Pages that people copy the address of, when they are asked where their LMS is.
_PAGES = re.compile(
    r"/(?:login|course|courses|admin|my|mod|user|users|site|dashboard|d2l|ultra|webapps|portal|index\.php|ilias\.php"
    r"|goto\.php|user_portal\.php|accounts|home)(?:/|$|\?).*",
    re.IGNORECASE,
)
Problems = dict[str, list[str]]
MayBePlain = Callable[[str], bool]


@dataclass(frozen=True)
class Typed:
    """The fields of the form as they were sent."""

    name: str = ""
    host: str = ""
    client_id: str = ""
    number: str = ""
    deployment_ids: str = ""
    issuer: str = ""
    auth_url: str = ""
    token_url: str = ""
    jwks_url: str = ""
    token_audience: str = ""


@dataclass(frozen=True)
class Read:
    """What they come to: a connection, or what is to be corrected, codes by field."""

    name: str
    client_id: str
    addresses: Addresses | None
    deployment_ids: tuple[str, ...]
    problems: Problems


def read(typed: Typed, preset: Preset, may_be_plain: MayBePlain) -> Read:
    """Make a connection of what was typed.

    :param may_be_plain: whether this host may be called by http.
    """
    typed = Typed(**{name: value.strip() for name, value in vars(typed).items()})
    problems: Problems = {}
    client_id = _id(typed.client_id, "client_id", problems)
    host = _host(typed.host, preset, may_be_plain, problems)
    number = _number(typed.number, preset, problems)
    deployments = _deployments(typed.deployment_ids, preset, problems)
    found = _addresses(typed, preset, (host, client_id, number), may_be_plain, problems)
    if len(typed.name) > LONGEST_NAME:
        problems["name"] = ["too-long"]
    name = typed.name or _called(host, preset, found)
    return Read(name, client_id, None if problems else found, deployments, problems)


def _called(host: str, preset: Preset, found: Addresses) -> str:
    """The host where there is one; the product where all its customers share one."""
    shared = Ask.HOST not in preset.asks and Ask.ADDRESSES not in preset.asks
    return preset.name if shared else urlsplit(host or found.issuer).hostname or preset.name


def _id(text: str, field: str, problems: Problems) -> str:
    code = _problem_of_id(text)
    if code:
        problems[field] = [code]
    return text


def _problem_of_id(text: str) -> str | None:
    if not text:
        return "required"
    if addresses.split(text) is not None:
        return "address-for-id"
    if len(text) > LONGEST_ID:
        return "too-long"
    if any(letter.isspace() for letter in text):
        return "spaces"
    return None if identifier(text, LONGEST_ID) and text.isascii() else "not-ascii"


def _host(text: str, preset: Preset, may_be_plain: MayBePlain, problems: Problems) -> str:
    """Scheme, host, and path where the LMS may have one; nothing else of a page's address."""
    if Ask.HOST not in preset.asks:
        return ""
    if not text:
        problems["host"] = ["required"]
        return ""
    whole = text if "://" in text else f"https://{text}"
    origin, parts = addresses.origin(whole), addresses.split(whole)
    if origin is None or parts is None or not _looks_like_a_host(parts.hostname):
        problems["host"] = ["not-an-address"]
        return ""
    if origin.startswith("http:") and not may_be_plain(parts.hostname):
        problems["host"] = ["https-needed"]
    path = _PAGES.sub("", parts.path).rstrip("/") if preset.path else ""
    return origin + path


def _looks_like_a_host(host: str | None) -> bool:
    return bool(host) and ("." in host or ":" in host or host == "localhost")


def _number(text: str, preset: Preset, problems: Problems) -> str:
    """The end of an address, or that address itself, of which the last part is taken."""
    if Ask.NUMBER not in preset.asks:
        return ""
    last = text.rstrip("/").rpartition("/")[2] if "://" in text else text
    if not last:
        problems["number"] = ["required"]
    elif any(letter.isspace() for letter in last):
        problems["number"] = ["spaces"]
    elif len(last) > LONGEST_ID:
        problems["number"] = ["too-long"]
    return last


def _deployments(text: str, preset: Preset, problems: Problems) -> tuple[str, ...]:
    """Deployment ids, separated by blanks, commas or line ends."""
    ids = tuple(dict.fromkeys(re.split(r"[\s,;]+", text))) if text else ()
    if not ids and Ask.DEPLOYMENT in preset.asks:
        problems["deployment_ids"] = ["required"]
    codes = {code for code in map(_problem_of_id, ids) if code}
    if codes or len(ids) > MOST_DEPLOYMENTS:
        problems["deployment_ids"] = sorted(codes) or ["too-long"]
    return ids


def _addresses(
    typed: Typed,
    preset: Preset,
    given: tuple[str, str, str],
    may_be_plain: MayBePlain,
    problems: Problems,
) -> Addresses:
    """What follows from the host, and in its place what was typed."""
    derived = preset.addresses.of(*given) if preset.addresses else Addresses("", "", "", "")
    named = ("issuer", *END_POINTS, "token_audience")
    found = replace(derived, **{name: getattr(typed, name) for name in named if getattr(typed, name)})
    for name in ("issuer", *END_POINTS):
        if getattr(typed, name) or preset.addresses is None:
            code = _problem_of_address(getattr(found, name), name, may_be_plain)
            if code:
                problems[name] = [code]
    return found


def _problem_of_address(url: str, name: str, may_be_plain: MayBePlain) -> str | None:
    if not url:
        return "required"
    parts = addresses.split(url)
    if parts is None:
        return "not-an-address"
    if len(url) > (LONGEST_ISSUER if name == "issuer" else LONGEST_ADDRESS):
        return "too-long"
    if parts.scheme == "http" and not may_be_plain(parts.hostname or ""):
        return "https-needed"
    return "no-path" if name in END_POINTS and parts.path in ("", "/") else None


def plain_http_allowed(allow: Iterable[str]) -> MayBePlain:
    """Whether a host may be called by http: this machine, and what the operator named (no name is resolved).

    :param allow: the entries of OUTBOUND_ALLOW.
    """
    rule = AddressRule.allowing(allow)

    def may_be_plain(host: str) -> bool:
        if plain_name(host) in rule.names or plain_name(host) == "localhost":
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or rule.allows_plain_http(host, [host])

    return may_be_plain
