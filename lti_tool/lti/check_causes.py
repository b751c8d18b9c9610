"""What lies behind a call that failed, in words that tell an administrator what to change.

From codes, status and the words by which each LMS refuses (requirements sheet 3.1 and 3.5, moodle.md).
"""

import re
import socket
from urllib.parse import urlsplit

from lti_tool.errors import ServiceProblem
from lti_tool.lti import products
from lti_tool.lti.access_tokens import PlatformAccess
from lti_tool.lti.http import Answer

# On the way there
NAME_UNKNOWN, NO_CONNECTION, TIMEOUT, TLS = "name-unknown", "no-connection", "timeout", "tls"
PRIVATE, PLAIN_HTTP, REDIRECTED, PROXY = "private-address", "plain-http", "redirected", "proxy"
DOWN, RATE_LIMIT, BUSY, PAGE, NOT_FOUND = "down", "rate-limit", "host-busy", "page", "not-found"
# A key set
NO_KEY_SET, EMPTY, SHORT, OTHER_KEYS = "no-key-set", "empty", "short", "other-keys"
# A token
CLIENT, INACTIVE, OUR_KEYS = "client", "inactive", "our-keys"
SCOPES, AUDIENCE, TIME = "scopes", "audience", "time"
# A service
NO_ACCESS, TOO_LARGE, UNREADABLE = "no-access", "too-large", "unreadable"

CAUSES = (
    *(NAME_UNKNOWN, NO_CONNECTION, TIMEOUT, TLS, PRIVATE, PLAIN_HTTP, REDIRECTED, PROXY),
    *(DOWN, RATE_LIMIT, BUSY, PAGE, NOT_FOUND, NO_KEY_SET, EMPTY, SHORT, OTHER_KEYS),
    *(CLIENT, INACTIVE, OUR_KEYS, SCOPES, AUDIENCE, TIME, NO_ACCESS, TOO_LARGE, UNREADABLE),
)

_OF_CODES = {
    "timeout": TIMEOUT,
    "tls": TLS,
    "proxy": PROXY,
    "redirects": REDIRECTED,
    "html-answer": PAGE,
    "http-429": RATE_LIMIT,
    "http-403": RATE_LIMIT,  # older Canvas, by its words
    "host-busy": BUSY,
    "answer-unreadable": UNREADABLE,
    "roster-incomplete": UNREADABLE,
    "line-item-gone": NOT_FOUND,
    "roster-gone": NOT_FOUND,
    "roster-too-large": TOO_LARGE,
    "access-refused": NO_ACCESS,
    "scope-missing": SCOPES,
}
_OF_WORDS = (
    (OUR_KEYS, r"\bkid\b|signature|jwks|key ?set|public keys?|lookup correct key"),
    (SCOPES, r"invalid_scope"),
    (AUDIENCE, r"\baud\b|audience"),
    (TIME, r"\biat\b|\bexp\b|\bnbf\b|expired|prior to|in the future|not yet valid"),
    (CLIENT, r"invalid_client|unauthorized_client|client"),
)


def of(problem: ServiceProblem) -> str | None:
    """What a call came to nothing by; None when nothing more than its words is known."""
    why = problem.facts.get("why")
    if why in (PRIVATE, PLAIN_HTTP, REDIRECTED):
        return why
    if problem.code == "connection":
        unknown = isinstance(problem.__cause__, socket.gaierror)
        return NAME_UNKNOWN if unknown else NO_CONNECTION
    if problem.code.startswith("http-5"):
        return DOWN
    return _OF_CODES.get(problem.code)


def of_status(answer: Answer) -> str | None:
    """What an answer other than 200 means where a key set should be."""
    return NOT_FOUND if answer.status in (404, 405, 410) else None


def of_token(problem: ServiceProblem, access: PlatformAccess) -> str | None:
    """Why an LMS refuses a token, by its own words and by what is particular to its product."""
    if products.lacks_audience(access.token_url, access.token_audience):
        return AUDIENCE
    said = problem.words or ""
    found = next((cause for cause, words in _OF_WORDS if re.search(words, said, re.IGNORECASE)), None)
    if found is None and problem.facts.get("status") in (404, 405, 410):
        # Moodle answers so, by a page, when it cannot read our key set.
        return OUR_KEYS if urlsplit(access.token_url).path.endswith("/mod/lti/token.php") else NOT_FOUND
    return found
