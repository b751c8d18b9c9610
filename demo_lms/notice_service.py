"""Where tools say that they want notices (Platform Notification Service 1.0), as Canvas takes it."""

import json
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from demo_lms.names import NOTICE_SCOPE
from demo_lms.notices import HELLO_WORLD, NOTICE_TYPES
from demo_lms.registration import is_web_address
from demo_lms.services import ServiceRefused, fault, refusal_answer, require_scope, service_answer
from demo_lms.tools import Tool
from demo_lms.web import describe, the_lms

notice_service = Blueprint("notice_service", __name__, url_prefix="/lti/notice-handlers")
notice_service.before_request(fault)
notice_service.register_error_handler(ServiceRefused, refusal_answer)


@notice_service.put("")
def put_handler() -> Response:
    """Take an address for one kind of notice, and greet it there; an empty one takes it back.

    Like Canvas, only addresses on the tool's own host are taken.
    """
    tool = require_scope(NOTICE_SCOPE)
    said = request.get_json(force=True, silent=True)
    kind, handler = (said.get("notice_type"), said.get("handler")) if isinstance(said, dict) else (None, None)
    if kind not in NOTICE_TYPES or not isinstance(handler, str):
        raise ServiceRefused(400, "Unknown notice type or no handler")
    if handler and not (is_web_address(handler) and urlsplit(handler).netloc == tool.domain):
        raise ServiceRefused(400, "handler must be on the domain of the tool")
    lms = the_lms()
    lms.notice_handlers.put(tool, kind, handler)
    describe("notice handler set", kind)
    if handler and kind == HELLO_WORLD:
        lms.send_notice(tool, kind, {})
    return service_answer(json.dumps(_told(tool, kind)), "application/json")


@notice_service.get("")
def list_handlers() -> Response:
    """The kinds of notices, each with the tool's address for it."""
    tool = require_scope(NOTICE_SCOPE)
    told = {
        "client_id": tool.client_id,
        "deployment_id": tool.deployment_id,
        "notice_handlers": [_told(tool, kind) for kind in NOTICE_TYPES],
    }
    return service_answer(json.dumps(told), "application/json")


def _told(tool: Tool, kind: str) -> dict[str, str]:
    return {"notice_type": kind, "handler": the_lms().notice_handlers.of(tool, kind)}
