"""Calls to a platform's course groups: Course Groups Service 1.0 (requirements sheet, section 7).

All groups or none: half a list would look as if groups had been taken away. Who is in which group stands in
the roster (`lti.rosters`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from lti_tool.errors import ServiceRefused
from lti_tool.lti import names
from lti_tool.lti.access_tokens import PlatformAccess, Transaction
from lti_tool.lti.service_answers import content_of
from lti_tool.lti.service_calls import ServiceCalls, next_page
from lti_tool.lti.texts import clean, id_in

__all__ = ["CourseGroupSeen", "GroupConnection"]

_GROUPS = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
_SETS = "application/vnd.ims.lti-gs.v1.contextgroupsetcontainer+json"
_READ = frozenset((names.GROUPS_READ,))

MOST_PAGES, MOST_GROUPS = 500, 10_000  # of groups, and likewise of sets
_NAME, _MOST_SETS = 200, 100
_CODES = {
    "line-item-gone": "groups-gone",
    "token-refused": "access-refused",  # Moodle's way to say that the scope was not granted
    "answer-unreadable": "groups-incomplete",
}


@dataclass(frozen=True)
class CourseGroupSeen:
    """A group as the LMS lists it. `hidden`: learners are not to see it. `set_name`: of the set it is in."""

    group_id: str
    name: str | None
    set_name: str | None
    hidden: bool


class GroupConnection:
    """Calls to one platform's groups: a token of their own, so that no other service depends on this scope.

    :param now: our clock, aware UTC; :param transaction: makes the short transactions of the token cache.
    """

    def __init__(self, access: PlatformAccess, now: Callable[[], datetime], transaction: Transaction) -> None:
        self._calls = ServiceCalls(access, [names.GROUPS_READ], now, transaction)

    def __enter__(self) -> "GroupConnection":
        return self

    def __exit__(self, *failure: object) -> None:
        self._calls.close()

    def pages(self, groups_url: str, sets_url: str | None) -> Iterator[list[CourseGroupSeen]]:
        """The groups of a course, a page at a time. One may come twice; those without an id do not come.

        Sets that the LMS refuses to list leave the groups without their names.

        :raises PlatformUnavailable: nothing that was read may be used; worth another try.
        :raises ServiceRefused: likewise: `groups-gone`, `access-refused`, `token-refused`, `scope-missing`,
            `outbound-forbidden`, `service-refused`; `groups-incomplete` when a page is no list of groups, or
            names as its next one a page that was read, one on another host, or too many.
        """
        set_names = {} if sets_url is None else self._set_names(sets_url)
        for listed in self._lists(groups_url, "groups", _GROUPS):
            groups = (_group(said, set_names) for said in listed if isinstance(said, dict))
            yield [group for group in groups if group is not None]

    def _set_names(self, sets_url: str) -> dict[str, str]:
        known: dict[str, str] = {}
        try:
            for listed in self._lists(sets_url, "sets", _SETS):
                for said in listed:
                    set_id, name = _id_and_name(said) if isinstance(said, dict) else (None, None)
                    if set_id and name:
                        known[set_id] = name
        except ServiceRefused:
            return {}
        return known

    def _lists(self, url: str, name: str, accept: str) -> Iterator[list]:
        """What each page holds under this name, to the last page."""
        visited: set[str] = set()
        found = 0
        following: str | None = url
        while following is not None:
            if following in visited or len(visited) == MOST_PAGES:
                raise ServiceRefused("groups-incomplete", "the list does not end")
            visited.add(following)
            try:
                answer = self._calls.call("GET", following, _READ, accept=accept)
                content = content_of(answer)
                following = next_page(following, answer)
            except ServiceRefused as refused:
                code = _CODES.get(refused.code, refused.code)
                raise ServiceRefused(code, refused.words, **refused.facts) from refused
            listed = content.get(name) if isinstance(content, dict) else None
            if not isinstance(listed, list):
                raise ServiceRefused("groups-incomplete", answer.words)
            found += len(listed)
            if found > MOST_GROUPS:
                raise ServiceRefused("groups-incomplete", "the list does not end")
            yield listed


def _id_and_name(said: dict) -> tuple[str | None, str | None]:
    return id_in(said, "id"), clean(said.get("name"), _NAME)


def _group(said: dict, set_names: Mapping[str, str]) -> CourseGroupSeen | None:
    group_id, name = _id_and_name(said)
    if group_id is None:
        return None
    named = (set_names[one] for one in _sets_of(said) if one in set_names)
    hidden = said.get("hidden")
    return CourseGroupSeen(group_id, name, next(named, None), hidden is True or hidden == "true")


def _sets_of(said: dict) -> list[str]:
    """The sets that a group is in; before the final version there was one, `set_id`."""
    several = said.get("set_ids")
    listed = several[:_MOST_SETS] if isinstance(several, list) else [said.get("set_id")]
    ids = (id_in({"id": one}, "id") for one in listed)
    return [one for one in ids if one]
