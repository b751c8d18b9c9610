"""Assignment and Grade Services 2.0: columns, scores and results, answered as Moodle 4.4 does."""

import json
import math
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request

from demo_lms import gradebook as book
from demo_lms.addresses import container_address, item_address
from demo_lms.gradebook import EarlierTimestamp, Grade, LineItem, Score
from demo_lms.names import GRADE_SCOPE
from demo_lms.people import Course
from demo_lms.services import (
    ServiceRefused,
    fault,
    no_handler,
    refusal_answer,
    require_accepted,
    require_scope,
    require_sent,
    service_answer,
)
from demo_lms.tools import Tool
from demo_lms.troubles import meet_trouble, spoil_answer
from demo_lms.web import describe, notice, the_lms

ITEM = "application/vnd.ims.lis.v2.lineitem+json"
CONTAINER = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"

CHANGE = GRADE_SCOPE + "lineitem"
READ = GRADE_SCOPE + "lineitem.readonly"

ags = Blueprint("ags", __name__, url_prefix="/lti/services")
ags.before_request(fault)
ags.before_request(meet_trouble)
ags.after_request(spoil_answer)
ags.register_error_handler(ServiceRefused, refusal_answer)

ITEM_PATH = "/<course_id>/lineitems/<int:item_id>/lineitem"


class IncorrectScore(Exception):
    """A score that Moodle answers with 400 "Incorrect score received"."""


@ags.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nothing_here(path: str) -> Response:
    """Every address or method that fits no service."""
    raise no_handler()


@ags.get("/<course_id>/lineitems")
def read_columns(course_id: str) -> Response:
    """The columns of a course, filtered by tag, resource_id and resource_link_id; `limit` pages as Moodle."""
    require_accepted(CONTAINER)
    tool = require_scope(CHANGE, READ)
    course = _course(course_id)
    with the_lms().lock:
        columns = the_lms().columns_for(tool, course.id)
        found = [_item_json(item, tool) for item in columns if _passes_filters(item)]
    page, links = _page_of(found, course, tool)
    describe("columns read", course.label)
    answer = service_answer(json.dumps(page), CONTAINER)
    if links:
        answer.headers["Link"] = links
    return answer


def _passes_filters(item: LineItem) -> bool:
    held = {"tag": item.tag, "resource_id": item.resource_id, "resource_link_id": item.resource_link_id}
    return all(held[name] == request.args[name] for name in held if name in request.args)


def _page_of(found: list[dict[str, Any]], course: Course, tool: Tool) -> tuple[list[dict[str, Any]], str]:
    """The page asked for, with Moodle's Link header: typographic quotes, escaped ampersands."""
    limit, start = request.args.get("limit", 0, int), request.args.get("from", 0, int)
    if limit <= 0:
        return found, ""
    following = start + limit
    if following >= len(found):
        return found[start:following], ""
    columns = container_address(the_lms().settings, course.id, tool.deployment_id)
    address = f"{columns}&amp;limit={limit}&amp;from={following}"
    # A WSGI header is read as Latin-1: this puts the UTF-8 bytes of the quotes on the wire.
    return found[start:following], f"<{address}>; rel=“next”".encode().decode("latin-1")


@ags.post("/<course_id>/lineitems")
def make_column(course_id: str) -> Response:
    """Make a column; echoes what was sent with the new address, as Moodle does (dates are not kept)."""
    require_sent(ITEM)
    tool = require_scope(CHANGE)
    course = _course(course_id)
    sent = _column_sent("No label or Score Maximum")
    link_id = sent.get("resourceLinkId")
    if link_id is not None and not _may_couple(tool, course, str(link_id)):
        raise ServiceRefused(403)
    lms = the_lms()
    with lms.changing():
        item = lms.gradebook.add(
            course.id,
            str(sent["label"]),
            float(sent["scoreMaximum"]),
            resource_id=str(sent.get("resourceId") or ""),
            tag=str(sent.get("tag") or ""),
            resource_link_id=None if link_id is None else str(link_id),
            made_by=tool.client_id,
        )
    describe("column made", item.label, request.get_data(as_text=True))
    return _echo({**sent, "id": _address(item, tool)}, 201)


def _may_couple(tool: Tool, course: Course, link_id: str) -> bool:
    """Whether a tool may make a column for this activity: for one of its own only."""
    link = the_lms().link(course, link_id, tool.client_id)
    return link is not None and link.client_id == tool.client_id


@ags.get(ITEM_PATH)
def read_column(course_id: str, item_id: int) -> Response:
    """One column."""
    require_accepted(ITEM)
    tool = require_scope(CHANGE, READ)
    item = _item(course_id, item_id, tool)
    describe("column read", item.label)
    return service_answer(json.dumps(_item_json(item, tool)), ITEM)


@ags.put(ITEM_PATH)
def change_column(course_id: str, item_id: int) -> Response:
    """Replace what a column says; a new maximum rescales its grades, an omitted tag is wiped."""
    require_sent(ITEM)
    tool = require_scope(CHANGE)
    item = _item(course_id, item_id, tool)
    sent = _column_sent()
    lms = the_lms()
    if lms.quirks.column_changes_refused is not None:
        raise ServiceRefused(lms.quirks.column_changes_refused)
    with lms.changing():
        item.label = str(sent["label"])
        item.resource_id = str(sent.get("resourceId") or "")
        item.tag = str(sent.get("tag") or "")
        book.rescale(item, float(sent["scoreMaximum"]), lms.now())
    describe("column changed", item.label, request.get_data(as_text=True))
    return _echo({**sent, "id": _address(item, tool)})


def _echo(column: dict[str, Any], status: int = 200) -> Response:
    """What was sent, with its address, as Moodle repeats it; nothing where the LMS says nothing."""
    body = "" if the_lms().quirks.empty_bodies else json.dumps(column)
    return service_answer(body, ITEM, status)


@ags.delete(ITEM_PATH)
def delete_column(course_id: str, item_id: int) -> Response:
    """Remove a column with its grades, also the activity's own one, as Moodle does."""
    item = _item(course_id, item_id, require_scope(CHANGE))
    lms = the_lms()
    if lms.quirks.column_deletion_refused is not None:
        raise ServiceRefused(lms.quirks.column_deletion_refused)
    with lms.changing():
        lms.gradebook.items.pop(item.id, None)
    describe("column deleted", item.label)
    return service_answer("", "text/html", 204)


@ags.post(ITEM_PATH + "/scores")
def take_score(course_id: str, item_id: int) -> Response:
    """Take a score: 200 with an empty body, 409 when it is not later than the last write, 400 when wrong."""
    require_sent(SCORE)
    item, lms = _item(course_id, item_id, require_scope(GRADE_SCOPE + "score")), the_lms()
    body = request.get_data(as_text=True)
    try:
        score = _score_sent(course_id)
        if lms.quirks.locked_items:
            raise ServiceRefused(500)
        stands = lms.record_score(item, score)
    except IncorrectScore:
        describe("score refused", "Incorrect score received", body)
        return service_answer("[]", SCORE, 400, f"Incorrect score received{body}")
    except EarlierTimestamp as refusal:
        describe("score refused", str(refusal), body)
        return service_answer("[]", SCORE, 409, str(refusal))
    describe(
        "score stored" if stands else "grade emptied", f"{lms.person(score.sub).name}, {item.label}", body
    )
    return service_answer("", SCORE)


def _score_sent(course_id: str) -> Score:
    """The score in the body. Raises IncorrectScore for what Moodle refuses."""
    sent = request.get_json(force=True, silent=True)
    if not isinstance(sent, dict) or not all(
        sent.get(name) for name in ("userId", "timestamp", "activityProgress", "gradingProgress")
    ):
        raise IncorrectScore
    given, maximum = _number_in(sent, "scoreGiven"), _number_in(sent, "scoreMaximum")
    if given is not None and maximum is None:
        raise IncorrectScore
    person = the_lms().person(str(sent["userId"]))
    if person is None or not person.is_graded_in(course_id):
        raise IncorrectScore
    return Score(
        sub=person.sub,
        timestamp=_moment(str(sent["timestamp"])),
        given=given,
        maximum=maximum,
        activity_progress=str(sent["activityProgress"]),
        grading_progress=str(sent["gradingProgress"]),
        comment=str(sent.get("comment") or ""),
    )


def _number_in(sent: dict[str, Any], name: str) -> float | None:
    if sent.get(name) is None:
        return None
    try:
        number = float(sent[name])
    except (TypeError, ValueError) as problem:
        raise IncorrectScore from problem
    if not math.isfinite(number):
        raise IncorrectScore
    return number


def _moment(text: str) -> datetime:
    """ISO 8601; without a zone Moodle reads its server's, which is UTC here."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as problem:
        raise IncorrectScore from problem


@ags.get(ITEM_PATH + "/results")
def read_results(course_id: str, item_id: int) -> Response:
    """Who has what in a column, filtered by user_id; `*/*` is accepted here, `limit` is Moodle's 404."""
    tool = require_scope(GRADE_SCOPE + "result.readonly")
    item = _item(course_id, item_id, tool)
    if "limit" in request.args and "type_id" in request.args:
        return notice("Not found", "There is no such page in this LMS.", 404)
    wanted = request.args.get("user_id")
    with the_lms().lock:
        held = [(sub, grade) for sub, grade in item.grades.items() if wanted in (None, sub)]
        rows = [_result_json(item, tool, sub, grade) for sub, grade in held]
    describe("results read", item.label)
    return service_answer(json.dumps(rows), RESULTS)


def _result_json(item: LineItem, tool: Tool, sub: str, grade: Grade) -> dict[str, Any]:
    """One result; an empty grade has only its address and person."""
    row = {"id": f"{_address(item, tool, '/results')}&user_id={sub}", "userId": sub}
    if grade.score is None:
        return row
    row |= {"resultScore": _plain(grade.score), "resultMaximum": _plain(item.maximum)}
    row |= {"comment": grade.comment} if grade.comment else {}
    return {
        **row,
        "scoreOf": _address(item, tool),
        "timestamp": grade.stamp.isoformat(timespec="seconds"),
    }


def _item_json(item: LineItem, tool: Tool) -> dict[str, Any]:
    shown = {
        "id": _address(item, tool),
        "label": item.label,
        "scoreMaximum": _plain(item.maximum),
        "resourceId": item.resource_id,
        "tag": item.tag,
    }
    if item.resource_link_id is not None:
        shown |= {"resourceLinkId": item.resource_link_id, "ltiLinkId": item.resource_link_id}
    return shown


def _column_sent(reason: str = "") -> dict[str, Any]:
    """The column in the body. Raises ServiceRefused without a label and a maximum that is a number."""
    sent = request.get_json(force=True, silent=True)
    maximum = sent.get("scoreMaximum") if isinstance(sent, dict) else None
    is_number = isinstance(maximum, int | float) and not isinstance(maximum, bool) and math.isfinite(maximum)
    if not is_number or not sent.get("label"):
        raise ServiceRefused(400, reason)
    return sent


def _course(course_id: str) -> Course:
    course = the_lms().courses.get(course_id)
    if course is None:
        raise ServiceRefused(404, f"Not Found: Course {course_id} doesn't exist")
    return course


def _address(item: LineItem, tool: Tool, ending: str = "") -> str:
    return item_address(the_lms().settings, item, ending, tool.deployment_id)


def _item(course_id: str, item_id: int, tool: Tool) -> LineItem:
    columns = the_lms().columns_for(tool, _course(course_id).id)
    item = next((column for column in columns if column.id == item_id), None)
    if item is None:
        raise ServiceRefused(404, f"Not Found: Grade item {item_id} doesn't exist")
    return item


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number
