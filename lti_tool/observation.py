"""What is told of every request: its id, a log line, a count in the metrics; never who asked for what."""

import logging
import re
import time
import uuid

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from lti_tool import metrics

log = logging.getLogger("lti_tool.request")

REQUEST_ID = "X-Request-ID"
# Random hexadecimal, as proxies make it: neither a token nor a name can hide in it.
REQUEST_ID_SHAPE = re.compile(r"[0-9a-fA-F][0-9a-fA-F-]{14,62}[0-9a-fA-F]")
# Asked every few seconds by machines; a line each would bury what matters.
ASKED_BY_MACHINES = frozenset({"health.alive", "health.ready", "metrics.metrics", "static"})
NO_ROUTE = "(no such address)"
LAUNCH = "lti.launch"


def install(app: Flask) -> None:
    """Watch the requests of an application. Before everything else: what begins first ends last."""
    app.url_value_preprocessor(_begin)
    app.after_request(_end)
    app.teardown_request(lambda error: clear_contextvars())


def refused(code: str) -> None:
    """Note with which code this request is refused."""
    g.refusal_code = code


def _begin(endpoint, values) -> None:
    g.began = time.perf_counter()
    given = request.headers.get(REQUEST_ID, "")
    g.request_id = given if REQUEST_ID_SHAPE.fullmatch(given) else uuid.uuid4().hex
    clear_contextvars()
    bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.began
    route = request.url_rule.rule if request.url_rule else NO_ROUTE
    code = g.get("refusal_code")
    metrics.count_request(route, request.method, response.status_code, seconds)
    if code:
        metrics.count_refusal(code)
    if request.endpoint == LAUNCH:
        metrics.count_launch(_outcome(response), code or "")
    response.headers[REQUEST_ID] = g.request_id
    log.log(
        logging.DEBUG if request.endpoint in ASKED_BY_MACHINES else logging.INFO,
        "request",
        extra={
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "duration_ms": round(seconds * 1000, 1),
        }
        | ({"refusal": code} if code else {}),
    )
    return response


def _outcome(response: Response) -> str:
    """Admitted, refused, or asked again: the demo's second post, a launch without a course."""
    if response.status_code >= 400:
        return "refused"
    return "admitted" if response.status_code == 303 else "shown"
