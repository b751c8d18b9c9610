"""Calls to a platform's roster: Names and Role Provisioning Services 2.0 (sheet, section 4).

Page by page and never half: whoever reads on after the last page has read the whole course. No page is
asked for by a person's role or by a resource link, because LMSs drop such filters from the next address.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from lti_tool.errors import ServiceProblem, ServiceRefused
from lti_tool.lti import names, roles
from lti_tool.lti.access_tokens import PlatformAccess, Transaction, access_to
from lti_tool.lti.gradebook_values import with_query
from lti_tool.lti.http import Answer
from lti_tool.lti.service_answers import content_of, problem_with
from lti_tool.lti.service_calls import ServiceCalls, next_page
from lti_tool.lti.texts import clean, id_in
from lti_tool.models import Role

__all__ = ["PlatformAccess", "RosterConnection", "RosterMember", "access_to", "with_groups"]

# Older Canvas labels its answer otherwise; an answer is read by its content.
_CONTAINER = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_READ = frozenset((names.ROSTER_READ,))

# A hint only (Moodle without it sends everybody at once), and how much is taken for a roster at all.
PAGE_SIZE = 500
MOST_PAGES, MOST_PEOPLE = 2000, 100_000

_NAME, _LONGEST_ROLE, _MOST_ROLES = 200, 300, 100
_MOST_GROUPS = 500
_GROUPS = {"groups": "true"}
_GONE = frozenset(("inactive", "deleted"))


@dataclass(frozen=True)
class RosterMember:
    """One person as one page names them. `gone`: listed as Inactive or Deleted.

    `group_ids`: the groups of the course that they are in, None where the page does not say.
    """

    sub: str
    name: str | None
    given_name: str | None
    family_name: str | None
    roles: tuple[str, ...]
    role: Role
    gone: bool
    group_ids: tuple[str, ...] | None = None


class RosterConnection:
    """Calls to one platform's rosters: one token at a time, one connection kept; close it at the end.

    :param now: our clock, aware UTC; :param transaction: makes the short transactions of the token cache.
    """

    def __init__(self, access: PlatformAccess, now: Callable[[], datetime], transaction: Transaction) -> None:
        self._calls = ServiceCalls(access, [names.ROSTER_READ], now, transaction)

    def __enter__(self) -> "RosterConnection":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connections that were kept."""
        self._calls.close()

    def pages(self, url: str) -> Iterator[list[RosterMember]]:
        """The members of a course, a page at a time; a page is let go before the next one is asked for.

        Somebody may come twice, members without an id and test users do not come at all.

        :raises PlatformUnavailable: worth another try from the first page on.
        :raises ServiceRefused: `roster-gone`, `access-refused`, `roster-too-large`, `token-refused`,
            `scope-missing`, `outbound-forbidden`, `service-refused`; `roster-incomplete` when a page is no
            list of members, or names as its next one a page that was read, one on another host, too many.
        """
        visited: set[str] = set()
        people, groups_told = 0, False
        following: str | None = _with_limit(url)
        while following is not None:
            if following in visited:
                raise ServiceRefused("roster-incomplete", "a page names one as the next that was read before")
            visited.add(following)
            answer = self._answer(following) if len(visited) > 1 else self._first_answer(following)
            members = _members_in(answer)
            people += len(members)
            if len(visited) > MOST_PAGES or people > MOST_PEOPLE:
                raise ServiceRefused("roster-incomplete", "the list does not end")
            # Blackboard's line of somebody in no group says nothing of groups. So does every line of a page
            # for which the LMS forgot our question: there nobody knows.
            told_here = any(member.group_ids is not None for member in members)
            groups_told = told_here or (groups_told and _asks_for_groups(following))
            yield _in_no_group(members) if groups_told else members
            following = _following(following, answer)

    def _first_answer(self, url: str) -> Answer:
        """Begin the list; an LMS that does not understand our question for groups is asked without it."""
        try:
            return self._answer(url)
        except ServiceRefused as refused:
            plain = _without_groups(url)
            if refused.code != "service-refused" or plain == url:
                raise
            return self._answer(plain)

    def _answer(self, url: str) -> Answer:
        answer = self._calls.authorised("GET", url, _READ, accept=_CONTAINER)
        problem = problem_with(answer)
        if problem is not None:
            raise _of_a_roster(problem, answer)
        return answer


def with_groups(url: str) -> str:
    """The address that has every line say the person's groups, as the Course Groups Service extends rosters.

    Not part of NRPS: only for platforms that offer that service. Blackboard's own tool asks it so
    (github.com/blackboard/BBDN-LTI-Tool-Provider-Node, names-roles.js).
    """
    return with_query(url, **_GROUPS)


def _without_groups(url: str) -> str:
    parts = urlsplit(url)
    kept = (part for part in parts.query.split("&") if part != urlencode(_GROUPS))
    return parts._replace(query="&".join(kept)).geturl()


def _asks_for_groups(url: str) -> bool:
    return next(iter(_GROUPS.items())) in parse_qsl(urlsplit(url).query)


def _in_no_group(members: list[RosterMember]) -> list[RosterMember]:
    """The same people, those without a word of groups in none."""
    return [one if one.group_ids is not None else replace(one, group_ids=()) for one in members]


def _with_limit(url: str) -> str:
    """The address with our hint added, unless it says itself how much it wants at once."""
    asked = {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    return url if "limit" in asked else with_query(url, limit=str(PAGE_SIZE))


def _of_a_roster(problem: ServiceProblem, answer: Answer) -> ServiceProblem:
    """The problem by its name here. Moodle answers 401 to a token that lacks the scope, 404 to a course that
    the tool may not see; Open edX refuses large courses with a code of its own.
    """
    if not isinstance(problem, ServiceRefused):
        return problem
    codes = {401: "access-refused", 403: "access-refused", 404: "roster-gone", 410: "roster-gone"}
    code = codes.get(answer.status, problem.code)
    if b"above_response_limit" in answer.body:
        code = "roster-too-large"
    return ServiceRefused(code, problem.words, status=answer.status)


def _following(url: str, answer: Answer) -> str | None:
    """The next page as the LMS wrote it: nothing is added to its address again.

    :raises ServiceRefused: `roster-incomplete`, it is on another host, where our token must not go.
    """
    try:
        return next_page(url, answer)
    except ServiceRefused as elsewhere:
        raise ServiceRefused("roster-incomplete", elsewhere.words) from elsewhere


def _members_in(answer: Answer) -> list[RosterMember]:
    try:
        content = content_of(answer)
    except ServiceRefused as unreadable:
        raise ServiceRefused("roster-incomplete", unreadable.words) from unreadable
    listed = content.get("members") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise ServiceRefused("roster-incomplete", answer.words)
    members = (_member(said) for said in listed if isinstance(said, dict))
    return [member for member in members if member is not None]


def _member(said: dict) -> RosterMember | None:
    sub = id_in(said, "user_id")
    raw = _roles_in(said.get("roles"))
    if sub is None or roles.is_test_user(raw):
        return None
    status = said.get("status")
    return RosterMember(
        sub=sub,
        name=clean(said.get("name"), _NAME),
        given_name=clean(said.get("given_name"), _NAME),
        family_name=clean(said.get("family_name"), _NAME),
        roles=raw,
        role=roles.role_of(raw),
        gone=isinstance(status, str) and status.strip().lower() in _GONE,
        group_ids=_groups_in(said.get("group_enrollments")),
    )


def _roles_in(value: object) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(role for role in (clean(one, _LONGEST_ROLE) for one in listed[:_MOST_ROLES]) if role)


def _groups_in(value: object) -> tuple[str, ...] | None:
    """The ids of `group_enrollments`, a list of objects with a `group_id` each."""
    if not isinstance(value, list):
        return None
    ids = (id_in(one, "group_id") for one in value[:_MOST_GROUPS] if isinstance(one, dict))
    return tuple(dict.fromkeys(one for one in ids if one))
