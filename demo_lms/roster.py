"""Names and Role Provisioning Services 2.0: the people of a course, answered as Moodle 4.4 does."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from demo_lms import people
from demo_lms.addresses import roster_address
from demo_lms.claims import shared_with
from demo_lms.names import CLAIM, ROSTER_SCOPE
from demo_lms.people import Course, Person
from demo_lms.quirks import Quirks
from demo_lms.services import (
    ServiceRefused,
    fault,
    refusal_answer,
    require_accepted,
    require_scope,
    service_answer,
)
from demo_lms.tools import Tool
from demo_lms.web import describe, notice, the_lms

CONTAINER = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
BOOKMARK = "bookmark:"

roster = Blueprint("roster", __name__, url_prefix="/lti/courses")
roster.before_request(fault)
roster.register_error_handler(ServiceRefused, refusal_answer)


@dataclass(frozen=True)
class Window:
    """Which part of a roster is asked for: `size` members from number `start` (0 is the first); None: all."""

    start: int
    size: int | None

    @property
    def page(self) -> int:
        """The number of this page, the first one is 1."""
        return self.start // self.size + 1 if self.size else 1

    def following(self) -> "Window":
        """The page after this one."""
        return Window(self.start + (self.size or 0), self.size)


@roster.get("/<course_id>/memberships")
def read_roster(course_id: str) -> Response:
    """The members of a course; `limit`, `role` and `rlid` are honoured as Moodle does."""
    quirks = the_lms().quirks
    require_accepted(CONTAINER, or_anything=True)
    tool = require_scope(ROSTER_SCOPE)
    if quirks.roster_scope_refused is not None:
        raise ServiceRefused(quirks.roster_scope_refused)
    if quirks.roster_too_large:
        body = {"error": "above_response_limit", "explanation": "The number of users is above the limit"}
        return service_answer(json.dumps(body), "application/json", 403)
    if quirks.groups_refuse_the_question and "groups" in request.args:
        raise ServiceRefused(400, "Unknown parameter groups")
    course = _course(course_id)
    window = _window_asked_for(quirks)
    if window.page == quirks.roster_fails_on_page:
        return _failed_page(quirks)
    listed = _listed(course, quirks)
    shown = listed[window.start : None if window.size is None else window.start + window.size]
    describe("roster read", f"{course.label}: {len(shown)}/{len(listed)}")
    container = _container(course, shown, tool)
    answer = service_answer(json.dumps(container, ensure_ascii=False), CONTAINER)
    following = _window_after(window, len(listed), quirks)
    if following is not None:
        answer.headers["Link"] = _link_to(following, container["id"])
    if quirks.roster_names_differences:
        answer.headers.add("Link", f'<{container["id"]}?since=1>; rel="differences"')
    return answer


def _course(course_id: str) -> Course:
    """The course, when it exists and the resource link asked for is its own; else Moodle's 404."""
    course = the_lms().courses.get(course_id)
    if course is None:
        raise ServiceRefused(404, f"Not Found: Course {course_id} doesn't exist")
    link_id = request.args.get("rlid", course.link_id)
    if link_id != course.link_id and the_lms().link(course, link_id) is None:
        raise ServiceRefused(404, f"Not Found: LTI link {link_id} doesn't exist")
    return course


def _failed_page(quirks: Quirks) -> Response:
    describe("fault switched on", "503")
    answer = notice("Service unavailable", "The LMS cannot answer at the moment.", 503)
    if quirks.retry_after is not None:
        answer.headers["Retry-After"] = str(quirks.retry_after)
    return answer


# Who is listed


def _listed(course: Course, quirks: Quirks) -> list[Person]:
    """Everybody who is listed, by family name; `role` filters by what the roster itself calls them."""
    wanted = request.args.get("role")
    found = [person for person in the_lms().people_in(course.id) if _is_member(person, course, quirks)]
    if wanted is not None:
        # A short name stands for the URI, whichever of them is asked for and shown.
        name = _short_name(wanted)
        found = [one for one in found if name in map(_short_name, _roles(one, course, quirks))]
    return sorted(found, key=lambda person: (person.family or "", person.given or "", person.sub))


def _is_member(person: Person, course: Course, quirks: Quirks) -> bool:
    """Whether somebody holds a role of the course itself: who is only an administrator is not listed."""
    roles = person.roles.get(course.id, ())
    if people.TEST_USER in roles and not quirks.test_user_in_roster:
        return False
    return any("/membership" in role for role in roles)


def _roles(person: Person, course: Course, quirks: Quirks) -> list[str]:
    roles = person.roles.get(course.id, ())
    if quirks.tutors_listed_as_learners and people.TEACHING_ASSISTANT in roles:
        roles = (people.LEARNER,)
    return [_short_name(role) if quirks.short_role_names else role for role in roles]


def _short_name(role: str) -> str:
    """The name that may stand for a role URI (LTI 1.3 A.2.3); sub-roles and system roles have none."""
    return role.removeprefix(f"{people.VOCABULARY}/membership#")


def _container(course: Course, shown: list[Person], tool: Tool) -> dict[str, Any]:
    return {
        "id": roster_address(the_lms().settings, course.id, tool.deployment_id),
        "context": {"id": course.id, "label": course.label, "title": course.title},
        "members": [_member(person, course, tool) for person in shown],
    }


def _member(person: Person, course: Course, tool: Tool) -> dict[str, Any]:
    quirks = the_lms().quirks
    member = {
        "status": quirks.inactive_members.get(person.sub, "Active"),
        "roles": _roles(person, course, quirks),
        "user_id": person.sub,
        "lis_person_sourcedid": "",
        **shared_with(tool, person, quirks),
    }
    if request.args.get("groups") == "true" and quirks.groups_in_roster:
        groups = the_lms().groups_of(person.sub, course.id)
        # As Blackboard: whoever is in no group says nothing of groups.
        member |= {"group_enrollments": [{"group_id": group.id} for group in groups]} if groups else {}
    if "rlid" in request.args:
        member["message"] = [{CLAIM + "message_type": "LtiResourceLinkRequest"}]
    return member


# Pages


def _window_asked_for(quirks: Quirks) -> Window:
    limit, start = request.args.get("limit", 0, int), request.args.get("from", 0, int)
    bookmark = request.args.get("page")
    if bookmark is not None:
        start = _start_in(bookmark)
    sizes = [size for size in (limit, quirks.roster_page_size) if size is not None and size > 0]
    return Window(max(start, 0), min(sizes) if sizes else None)


def _window_after(window: Window, listed: int, quirks: Quirks) -> Window | None:
    """The page that this one names as its next, by the rules switched on; None: the last one."""
    if window.size is None or quirks.roster_missing_link:
        return None
    if quirks.roster_repeats_link and window.start:
        return Window(0, window.size)
    following = window.following()
    more = following.start < listed
    full_last_one = following.start == listed and not quirks.roster_last_page_without_link
    return following if more or full_last_one else None


def _link_to(window: Window, roster_url: str) -> str:
    quirks = the_lms().quirks
    forgotten = {"role"} if quirks.roster_drops_filters else set()
    forgotten |= {"groups"} if quirks.groups_forgotten_on_next_page else set()
    kept = [name for name in ("role", "rlid", "groups") if name not in forgotten]
    query = {name: request.args[name] for name in kept if name in request.args}
    asked = {"limit": str(window.size)} if "limit" in request.args else {}
    place = {"page": _bookmark(window.start)} if quirks.mixed_case_cursor else {"from": str(window.start)}
    address = f"{roster_url}&{urlencode({**asked, **place, **query}, safe=':')}"
    if not quirks.typographic_links:
        return f'<{address}>; rel="next"'
    # A WSGI header is read as Latin-1: this puts the UTF-8 bytes of the quotes on the wire.
    return f"<{address.replace('&', '&amp;')}>; rel=“next”".encode().decode("latin-1")


def _bookmark(start: int) -> str:
    """An opaque name of a place, in Canvas's manner: `bookmark:WyJBYkMiLDJd`."""
    return BOOKMARK + base64.urlsafe_b64encode(json.dumps(["AbC", start]).encode()).decode().rstrip("=")


def _start_in(bookmark: str) -> int:
    """The place a bookmark names. Raises ServiceRefused when a letter of it was changed."""
    text = bookmark.removeprefix(BOOKMARK)
    try:
        name, start = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if name == "AbC" and isinstance(start, int):
            return start
    except (ValueError, TypeError):
        pass
    raise ServiceRefused(400, "Invalid page parameter")
