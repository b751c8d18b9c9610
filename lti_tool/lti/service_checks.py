"""Trying out a platform's services with what a course was offered: columns, the first page of its list."""

from collections.abc import Callable, Sequence
from datetime import datetime

from lti_tool.errors import ServiceProblem
from lti_tool.lti import check_causes, names
from lti_tool.lti.access_tokens import PlatformAccess, Transaction
from lti_tool.lti.checks import Outcome, short_name, words_with
from lti_tool.lti.rosters import RosterConnection, RosterMember
from lti_tool.lti.scores import GradebookConnection

Clock = Callable[[], datetime]
_READING_COLUMNS = (names.LINE_ITEM, names.LINE_ITEM_READ)
_SENDING = (names.SCORE, names.RESULT_READ)


def offered_grades(scopes: Sequence[str]) -> list[Outcome]:
    """What the launches of a course were offered of the gradebook: `columns-not-managed`, `grades-partly`.

    Both are a choice that an LMS lets its administrator make; neither is a fault.
    """
    found = []
    if names.LINE_ITEM not in scopes:
        found.append(Outcome("columns-not-managed", True))
    missing = [short_name(scope) for scope in _SENDING if scope not in scopes]
    if missing:
        found.append(Outcome("grades-partly", True, ", ".join(missing)))
    return found


def try_columns(
    access: PlatformAccess, scopes: Sequence[str], url: str, now: Clock, transaction: Transaction
) -> Outcome | None:
    """Read the columns of a course: `columns-read`, `columns-refused`; None when we may not read them."""
    if not set(_READING_COLUMNS) & set(scopes):
        return None
    with GradebookConnection(access, scopes, now, transaction) as gradebook:
        try:
            number = gradebook.count_line_items(url)
        except ServiceProblem as problem:
            return Outcome("columns-refused", False, words_with(problem), cause=_cause(problem))
        return Outcome("columns-read", True, str(number), gradebook.clock_offset)


def try_roster(access: PlatformAccess, url: str, now: Clock, transaction: Transaction) -> list[Outcome]:
    """Read the first page of a course's list: `roster-read` and perhaps `names-hidden`; `roster-refused`."""
    with RosterConnection(access, now, transaction) as roster:
        try:
            page = next(iter(roster.pages(url)), [])
        except ServiceProblem as problem:
            return [Outcome("roster-refused", False, words_with(problem), cause=_cause(problem))]
    found = [Outcome("roster-read", True, str(len(page)))]
    return [*found, Outcome("names-hidden", True)] if page and not any(map(_is_named, page)) else found


def _is_named(member: RosterMember) -> bool:
    return bool(member.name or member.given_name or member.family_name)


def _cause(problem: ServiceProblem) -> str | None:
    # An LMS that gave a token, and refuses the call with it: Moodle says 401 whatever is not allowed.
    return check_causes.NO_ACCESS if problem.code == "token-refused" else check_causes.of(problem)
