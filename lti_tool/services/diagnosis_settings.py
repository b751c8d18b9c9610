"""What can be said of an installation from its settings alone: typing mistakes, weak secrets, open doors."""

import difflib
import ipaddress
import math
from collections import Counter
from collections.abc import Iterable, Mapping

from lti_tool.services.findings import Finding, note, warning, well, wrong
from lti_tool.settings import Settings

PREFIX = "LTI_TOOL_"
# Chosen before settings are read.
ALSO_KNOWN = frozenset({"ENVIRONMENT"})
# A secret that stands in instructions, examples and our own tests is none.
TELL_TALES = (
    "change",
    "example",
    "replace",
    "your-",
    "your_",
    "secret-key",
    "secret_key",
    "12345",
    "protect",
)
KNOWN_ENCRYPTION_KEYS = frozenset({"mU3LQ0cSY1D0yFZJj0nB8C1Yq6gKQx8mBq4vJw0y3bM="})
LEAST_BITS = 128
# Wider than the largest private network.
WIDEST_NETWORK = {4: 8, 6: 7}
NEW_SECRETS = "`lti-tool secrets` prints new ones."


def unknown_variables(environment: Mapping[str, str], known: Iterable[str]) -> list[Finding]:
    """Name variables that no setting answers to: typing mistakes. :param known: the names of settings."""
    names = set(known) | ALSO_KNOWN
    given = sorted(name for name in environment if name.startswith(PREFIX))
    strangers = [name for name in given if name.removeprefix(PREFIX).partition("__")[0] not in names]
    return [_stranger(name, names) for name in strangers]


def _stranger(name: str, names: set[str]) -> Finding:
    near = difflib.get_close_matches(name.removeprefix(PREFIX), names, n=1, cutoff=0.6)
    meant = f"Did you mean {PREFIX}{near[0]}?" if near else "Take it away."
    return warning("settings", f"{name} is set, but there is no such setting.", meant)


def secrets(settings: Settings) -> list[Finding]:
    """Say whether the secrets can be guessed."""
    found = []
    if _is_weak(settings.secret_key):
        found.append(
            wrong(
                "secrets",
                "LTI_TOOL_SECRET_KEY can be guessed: it is a sample, or too regular.",
                NEW_SECRETS + " Everybody's session ends when it changes; nothing else is lost.",
            )
        )
    if KNOWN_ENCRYPTION_KEYS.intersection(settings.key_encryption_keys):
        found.append(
            wrong(
                "secrets",
                "LTI_TOOL_KEY_ENCRYPTION_KEY holds a key that everybody can read in the source code.",
                NEW_SECRETS + " Put the new key first and the old one behind it, run `lti-tool keys rotate`.",
            )
        )
    return found or [well("secrets", "The secrets are long and random enough.")]


def _is_weak(secret: str) -> bool:
    lowered = secret.lower()
    if any(words in lowered for words in TELL_TALES):
        return True
    shares = [count / len(secret) for count in Counter(secret).values()]
    return -sum(share * math.log2(share) for share in shares) * len(secret) < LEAST_BITS


def notice(settings: Settings) -> list[Finding]:
    """Say what the privacy notice cannot name, where people other than its operator come."""
    needed = {
        "OPERATOR": settings.operator,
        "CONTACT": settings.data_protection_contact or settings.contact,
        "HOSTED_BY": settings.hosted_by,
        "LEGAL_BASIS": settings.legal_basis,
    }
    lacking = [PREFIX + name for name, value in needed.items() if not value]
    if not lacking:
        return [well("notice", "The privacy notice names everybody it has to name.")]
    if settings.loopback_http:
        return []
    sentence = "The privacy notice at /privacy leaves out what the law wants people to be told."
    return [warning("notice", sentence, f"Set {', '.join(lacking)}.")]


def outbound(settings: Settings) -> list[Finding]:
    """Say whether the tool may call more than it should."""
    wide = [entry for entry in settings.outbound_allow if _is_wide(entry)]
    if wide:
        return [
            warning(
                "outbound",
                f"LTI_TOOL_OUTBOUND_ALLOW opens a very large network: {', '.join(wide)}.",
                "Name the hosts of your LMSs instead; whoever registers an LMS could make the tool call "
                "anything in it.",
            )
        ]
    allowed = ", ".join(settings.outbound_allow)
    return [well("outbound", f"Allowed beside public https addresses: {allowed or 'nothing'}.")]


def _is_wide(entry: str) -> bool:
    if entry == "*":
        return True
    try:
        network = ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
    return network.prefixlen < WIDEST_NETWORK[network.version]


def proxies(settings: Settings) -> list[Finding]:
    """Say whether the number of trusted proxies can be right."""
    if settings.base_url.startswith("https:") and settings.trusted_proxies == 0:
        return [
            warning(
                "proxies",
                "The address is https, so a proxy stands in front of the tool, and it is not trusted.",
                "Set LTI_TOOL_TRUSTED_PROXIES to the number of proxies, usually 1.",
            )
        ]
    if settings.loopback_http and settings.trusted_proxies:
        return [
            note(
                "proxies",
                "Proxies are trusted, though the address is plain http on this machine.",
                "Set LTI_TOOL_TRUSTED_PROXIES=0 unless a proxy is there.",
            )
        ]
    return [well("proxies", f"Trusted proxies in front of the tool: {settings.trusted_proxies}.")]
