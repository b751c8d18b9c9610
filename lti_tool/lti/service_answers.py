"""What an answer of the gradebook service means: which refusals are final, which are worth another try.

The table of the sheet's section 3.5, by status and by the words that each LMS uses.
"""

import json
import re
from decimal import Decimal

from lti_tool.errors import PlatformUnavailable, ServiceProblem, ServiceRefused
from lti_tool.lti.http import Answer, unavailable

_RATE_LIMIT = re.compile(r"rate.?limit|too many requests", re.IGNORECASE)
_NOBODY_TO_GRADE = re.compile(
    r"incorrect score received"  # Moodle: nobody with a role that can be graded
    r"|user could not be found"  # Blackboard
    r"|user in requested score"  # Brightspace: not enrolled, or does not exist
    r"|not (?:a student|enrol)|student|can be graded",  # Canvas, Brightspace
    re.IGNORECASE,
)
# Open edX ("already exists" of an equal one) and Canvas say with a 400 what Moodle says with a 409.
_TOO_OLD = re.compile(
    r"(?=.*time.?stamp)(?=.*\b(?:older|earlier|before|prior|newer|later|exists)\b)", re.IGNORECASE
)

_LARGEST_NUMBER = Decimal(10) ** 8
_SMALLEST_STEP = Decimal("0.00001")


class ScoreConflict(ServiceProblem):
    """The LMS has a score of the same moment or a later one: read what it has, stamp anew, send once more."""

    code = "score-conflict"


class ScoreNotStored(PlatformUnavailable):
    """The LMS met an error of its own over this score, and says so: Moodle does for a locked column (500).

    Worth another try: it may be unlocked, or the error may pass.
    """

    code = "score-not-stored"


def problem_with(answer: Answer) -> ServiceProblem | None:
    """What any service call's answer is a problem of; None when it was accepted."""
    if 200 <= answer.status < 300:
        return instead_of_data(answer) if answer.is_html else None
    if answer.status == 403 and _RATE_LIMIT.search(answer.words):
        return unavailable(answer)  # older Canvas
    codes = {401: "token-refused", 403: "access-refused", 404: "line-item-gone", 410: "line-item-gone"}
    code = codes.get(answer.status, "service-refused")
    return ServiceRefused(code, answer.words, status=answer.status)


def instead_of_data(answer: Answer) -> PlatformUnavailable:
    """A page that came with a status of success: maintenance, mostly, and over after a while."""
    return PlatformUnavailable("html-answer", answer.words, retry_after=None, status=answer.status)


def problem_with_score(answer: Answer) -> ServiceProblem | None:
    """The same for a score that was sent, where the LMS also judges the person and the time."""
    problem = problem_with(answer)
    if problem is None or not isinstance(problem, ServiceRefused):
        return problem
    said = f"{answer.words} {answer.reason}"
    if answer.status == 409 or (answer.status == 400 and _TOO_OLD.search(said)):
        return ScoreConflict(words=answer.words, status=answer.status)
    if answer.status in (400, 403, 404, 422) and _NOBODY_TO_GRADE.search(said):
        return ServiceRefused("not-in-course", answer.words, status=answer.status)
    if problem.code == "service-refused":
        return ServiceRefused("score-refused", answer.words, status=answer.status)
    return problem


def content_of(answer: Answer) -> object:
    """The JSON of an answer, its fractions exact.

    :raises ServiceRefused: `answer-unreadable`.
    """
    try:
        return json.loads(answer.body, parse_float=Decimal, parse_constant=_not_a_number)
    except (ValueError, RecursionError, ArithmeticError) as unreadable:
        raise ServiceRefused("answer-unreadable", answer.words, status=answer.status) from unreadable


def _not_a_number(word: str) -> None:
    raise ValueError(f"{word} is not a number")


def number(value: object) -> Decimal | None:
    """A finite number of a gradebook's size, to five exact decimals, from a JSON number or its text."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        found = Decimal(str(value)[:60])
        if not found.is_finite() or abs(found) >= _LARGEST_NUMBER:
            return None
        return found.quantize(_SMALLEST_STEP).normalize() + 0
    except ArithmeticError:
        return None
