"""Troubles that single calls of the grade services meet, in the order in which they were lined up.

`Quirks.troubles` holds their names; each call takes the first one. Whatever is answered here was not done,
except by `lost` and `cut`: there the call was carried out, and the tool does not learn of it.
"""

import select
import socket
from contextlib import suppress
from functools import partial

from flask import Response, g, request

from demo_lms.services import ServiceRefused, service_answer
from demo_lms.web import describe, the_lms

FINE, UNAUTHORISED, RATE_LIMITED, TOO_MANY = "fine", "unauthorised", "rate-limited", "too-many"
ERROR, HANG, CUT, LOST = "error", "hang", "cut", "lost"
TROUBLES = (FINE, UNAUTHORISED, RATE_LIMITED, TOO_MANY, ERROR, HANG, CUT, LOST)

RETRY_AFTER = 30
LONGEST_HANG = 30.0


def meet_trouble() -> Response | None:
    """Before a call: the answer of the trouble that is next in line, None when the call is carried out."""
    waiting = the_lms().quirks.troubles
    g.trouble = waiting.pop(0) if waiting else FINE
    answer = _BEFORE.get(g.trouble, _nothing)()
    if answer is not None:
        describe("fault switched on", g.trouble)
    return answer


def spoil_answer(answer: Response) -> Response:
    """After a call: break off in the middle of the answer, or before it, when that is the trouble."""
    trouble = g.get("trouble", FINE)
    if trouble == CUT:
        # More is announced than follows: the connection ends in the middle.
        whole = answer.get_data()
        answer.set_data(whole[: len(whole) // 2])
        answer.headers["Content-Length"] = str(len(whole) + 1)
    elif trouble in (LOST, HANG):
        answer.call_on_close(partial(_hang_up, _caller()))
    return answer


def _caller() -> socket.socket | None:
    """Who waits for this answer; nobody when there is no network between the two."""
    return request.environ.get("werkzeug.socket")


def _nothing() -> None:
    return None


def _unauthorised() -> Response:
    """Moodle: whatever was wrong with the token."""
    raise ServiceRefused(401)


def _rate_limited() -> Response:
    """Canvas, before it learned to say 429."""
    answer = Response("403 Forbidden (Rate Limit Exceeded)\n", 403, content_type="text/plain; charset=utf-8")
    answer.headers["X-Rate-Limit-Remaining"] = "0.0"
    return answer


def _too_many() -> Response:
    answer = service_answer('{"errors": [{"message": "Too Many Requests"}]}', "application/json", 429)
    answer.headers["Retry-After"] = str(the_lms().quirks.retry_after or RETRY_AFTER)
    return answer


def _error() -> Response:
    raise ServiceRefused(500)


def _hang() -> Response:
    """Answer nothing until the caller loses patience and hangs up."""
    caller = _caller()
    if caller is not None:
        select.select([caller], [], [], LONGEST_HANG)
    return Response(status=504)


def _hang_up(caller: socket.socket | None) -> None:
    """End the connection: what is written to it after this reaches nobody."""
    if caller is not None:
        with suppress(OSError):  # the caller may have been quicker
            caller.shutdown(socket.SHUT_RDWR)


_BEFORE = {
    UNAUTHORISED: _unauthorised,
    RATE_LIMITED: _rate_limited,
    TOO_MANY: _too_many,
    ERROR: _error,
    HANG: _hang,
}
