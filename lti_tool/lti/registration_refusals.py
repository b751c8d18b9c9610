"""Why a dynamic registration does not come about, in codes that the pages put into words.

The sentences stand in `templates/registration/_refusals.html`, one for each of `CODES`.
"""

import re

from lti_tool.errors import PlatformUnavailable, ServiceProblem, ServiceRefused
from lti_tool.lti.http import Answer
from lti_tool.lti.texts import clean

CODES = (
    # The invitation and the form.
    "invitation-unknown",
    "invitation-used",
    "invitation-expired",
    "under-way",
    "form-expired",
    "form-forged",
    # The configuration of the LMS.
    "configuration-address",
    "configuration-refused",
    "configuration-unreadable",
    "configuration-incomplete",
    "issuer-mismatch",
    "insecure-address",
    "method-unsupported",
    # Its answer to our registration.
    "token-used",
    "token-missing",
    "token-refused",
    "domain-mismatch",
    "request-refused",
    "registration-refused",
    "page-instead",
    "answer-unreadable",
    "client-id-missing",
    "registered-elsewhere",
    "not-stored",
    # The way there.
    "outbound-forbidden",
    "unreachable",
    "outcome-unknown",
)

# Moodle's plain-text codes (mod/lti/openid-registration.php); others may use the same words.
_TOLD = (
    (re.compile(r"token_already_used"), "token-used"),
    (re.compile(r"missing_registration_token"), "token-missing"),
    (re.compile(r"invalid_(?:authorization|token)\b"), "token-refused"),  # Sakai, and RFC 6750
    (re.compile(r"missing_domain|domain_targetlinkuri_mismatch"), "domain-mismatch"),
    (re.compile(r"invalid_[a-z_]+|missing required attribute"), "request-refused"),
)


class RegistrationRefused(ServiceProblem):
    """A registration that cannot go on. `words` are the LMS's own, or name what is missing."""

    status = 422
    code = "registration-refused"

    def __init__(self, code: str, words: str = "", *, status: int = 422, **facts: object) -> None:
        super().__init__(code, words, **facts)
        self.status = status


def of_call(problem: ServiceProblem, *, after_sending: bool) -> RegistrationRefused:
    """What it means that a call came to nothing.

    :param after_sending: our registration was under way: whether the LMS made it is then not known.
    """
    if isinstance(problem, ServiceRefused):
        code = "outbound-forbidden" if problem.code == "outbound-forbidden" else "registration-refused"
        return RegistrationRefused(code, problem.words)
    undecided = isinstance(problem, PlatformUnavailable) and after_sending
    words = ": ".join(filter(None, (problem.code, problem.words)))
    return RegistrationRefused("outcome-unknown" if undecided else "unreachable", words)


def of_configuration(answer: Answer) -> RegistrationRefused | None:
    """What an answer to our asking for the configuration is a problem of; None when it may be read."""
    words = _told(answer)
    if answer.status in (401, 403):
        return _named(words) or RegistrationRefused("token-refused", words)
    if answer.status != 200:
        return RegistrationRefused("configuration-refused", words)
    return RegistrationRefused("configuration-unreadable", words) if answer.is_html else None


def of_answer(answer: Answer) -> RegistrationRefused | None:
    """What an answer to our registration is a problem of; None when it was accepted."""
    words = _told(answer)
    if 200 <= answer.status < 300:
        return RegistrationRefused("page-instead", words) if answer.is_html else None
    if named := _named(words):
        return named
    return RegistrationRefused("token-refused" if answer.status in (401, 403) else _kind(answer), words)


def _kind(answer: Answer) -> str:
    return "page-instead" if answer.is_html else "registration-refused"


def _named(words: str) -> RegistrationRefused | None:
    code = next((code for pattern, code in _TOLD if pattern.search(words)), None)
    return RegistrationRefused(code, words) if code else None


def _told(answer: Answer) -> str:
    return clean(f"{answer.status} {answer.words}", 300) or ""
