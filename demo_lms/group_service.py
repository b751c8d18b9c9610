"""Course Groups Service 1.0: the groups of a course and their sets. Moodle has none of it."""

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request

from demo_lms.addresses import group_sets_address, groups_address
from demo_lms.groups import Group
from demo_lms.names import GROUPS_SCOPE
from demo_lms.people import Course
from demo_lms.services import (
    ServiceRefused,
    fault,
    refusal_answer,
    require_accepted,
    require_scope,
    service_answer,
)
from demo_lms.web import describe, notice, the_lms

GROUPS = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
SETS = "application/vnd.ims.lti-gs.v1.contextgroupsetcontainer+json"

group_service = Blueprint("group_service", __name__, url_prefix="/lti/courses")
group_service.before_request(fault)
group_service.register_error_handler(ServiceRefused, refusal_answer)


@group_service.get("/<course_id>/groups")
def read_groups(course_id: str) -> Response:
    """The groups of a course; `user_id` asks for those of one person."""
    lms, quirks = the_lms(), the_lms().quirks
    require_accepted(GROUPS)
    tool = require_scope(GROUPS_SCOPE)
    course = _course(course_id)
    if quirks.groups_answer is not None:
        describe("fault switched on", "groups")
        return service_answer(quirks.groups_answer.decode("utf-8", "replace"), GROUPS)
    start = max(request.args.get("from", 0, int), 0)
    size = quirks.groups_page_size
    if quirks.groups_fail_on_page == (start // size + 1 if size else 1):
        describe("fault switched on", "503")
        return notice("Service unavailable", "The LMS cannot answer at the moment.", 503)
    listed = _asked_for(list(lms.groups.get(course.id, ())))
    shown = listed[start : start + size] if size else listed
    describe("groups read", f"{course.label}: {len(shown)}/{len(listed)}")
    address = groups_address(lms.settings, course.id, tool.deployment_id)
    content = {"id": address, "groups": [_told(group) for group in shown]}
    answer = service_answer(json.dumps(content, ensure_ascii=False), GROUPS)
    if size and start + size < len(listed):
        answer.headers["Link"] = f'<{address}&from={start + size}>; rel="next"'
    return answer


@group_service.get("/<course_id>/groupsets")
def read_sets(course_id: str) -> Response:
    """The sets that groups of a course are in."""
    lms = the_lms()
    require_accepted(SETS)
    tool = require_scope(GROUPS_SCOPE)
    course = _course(course_id)
    sets = [{"id": one.id, "name": one.name} for one in lms.group_sets.get(course.id, ())]
    describe("groups read", course.label)
    content = {"id": group_sets_address(lms.settings, course.id, tool.deployment_id), "sets": sets}
    return service_answer(json.dumps(content, ensure_ascii=False), SETS)


def _course(course_id: str) -> Course:
    course = the_lms().courses.get(course_id)
    if course is None:
        raise ServiceRefused(404, f"Not Found: Course {course_id} doesn't exist")
    return course


def _asked_for(groups: Sequence[Group]) -> list[Group]:
    sub = request.args.get("user_id")
    return [group for group in groups if sub is None or sub in group.members]


def _told(group: Group) -> dict[str, Any]:
    told: dict[str, Any] = {"id": group.id, "name": group.name}
    if group.set_ids and the_lms().quirks.old_set_id:
        told["set_id"] = group.set_ids[0]
    elif group.set_ids:
        told["set_ids"] = list(group.set_ids)
    return told | ({"hidden": True} if group.hidden else {})
