"""The token end point, and what all services for tools share: faults, bearer tokens, media types, errors."""

import json
import time
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.http import HTTP_STATUS_CODES, parse_options_header

from demo_lms.keys import ToolKeysUnreadable
from demo_lms.settings import TOKEN_PATH
from demo_lms.tokens import AssertionRefused, check_claims, read_assertion, verify_signature
from demo_lms.tools import Tool
from demo_lms.web import describe, notice, the_lms

GRANT_TYPE = "client_credentials"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_REASON = 400
MISLEADING = "text/html"

tokens = Blueprint("tokens", __name__)


class ServiceRefused(Exception):
    """A service call that is answered with an error status and Moodle's JSON description of it."""

    def __init__(self, status: int, reason: str = ""):
        super().__init__(reason)
        self.status = status
        self.reason = reason or HTTP_STATUS_CODES.get(status, "Refused")


def fault() -> Response | None:
    """The answer of a service that is made to fail, None when it works; waits when it is made slow."""
    quirks = the_lms().quirks
    if quirks.slow_seconds:
        time.sleep(quirks.slow_seconds)
    if quirks.down:
        describe("fault switched on", "503")
        answer = notice("Service unavailable", "The LMS cannot answer at the moment.", 503)
        if quirks.retry_after is not None:
            answer.headers["Retry-After"] = str(quirks.retry_after)
        return answer
    if quirks.answer_html:
        describe("fault switched on", "HTML")
        return notice("Maintenance", "The LMS is being looked after.", 200)
    return None


tokens.before_request(fault)


@tokens.post(TOKEN_PATH)
def give_token() -> Response:
    """A bearer token for a signed assertion; refusals are 400 with an OAuth error (RFC 6749 5.2)."""
    lms = the_lms()
    try:
        tool = _proven_tool()
        scopes = _scopes_granted(tool)
    except AssertionRefused as refusal:
        describe("token refused", str(refusal))
        return _token_answer({"error": str(refusal)}, 400)
    except ToolKeysUnreadable as problem:
        describe("token refused", str(problem))
        return notice("Key set unreadable", "The public keys of the tool could not be read.", 404)
    seconds = lms.quirks.token_seconds
    with lms.lock:
        text = lms.tokens.give(tool.client_id, frozenset(scopes), lms.now(), seconds)
    describe("token given", ", ".join(scope.rsplit("/", 1)[1] for scope in scopes))
    return _token_answer(
        {"access_token": text, "token_type": "Bearer", "expires_in": seconds, "scope": " ".join(scopes)}, 200
    )


def _token_answer(content: dict[str, Any], status: int) -> Response:
    labelled = "text/html" if the_lms().quirks.token_labelled_html else "application/json"
    answer = Response(json.dumps(content, indent=2), status, content_type=f"{labelled}; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _proven_tool() -> Tool:
    """The tool that the assertion of this request proves to ask. Raises AssertionRefused."""
    lms, form = the_lms(), request.form
    if lms.quirks.refuse_tokens:
        raise AssertionRefused("invalid_client")
    if form.get("grant_type") != GRANT_TYPE or form.get("client_assertion_type") != ASSERTION_TYPE:
        raise AssertionRefused("unsupported_grant_type")
    if not form.get("client_assertion") or not form.get("scope"):
        raise AssertionRefused("invalid_request")
    assertion = form["client_assertion"]
    header, claims = read_assertion(assertion)
    tool = lms.tools.find(claims.get("sub"))
    if tool is None or not tool.active:
        raise AssertionRefused("invalid_client")
    verify_signature(assertion, header, lms.keys_of(tool))
    now = lms.now()
    wanted = lms.quirks.audience_wanted
    audiences = (wanted,) if wanted else (lms.settings.token_url, lms.settings.issuer)
    check_claims(claims, tool.client_id, audiences, now)
    with lms.lock:
        if not lms.tokens.first_use(claims["jti"], claims["exp"], now):
            raise AssertionRefused("jti was used before")
    return tool


def _scopes_granted(tool: Tool) -> list[str]:
    """The scopes asked for that the tool was granted, others silently dropped, as Moodle does."""
    asked = request.form["scope"].split()
    quirks = the_lms().quirks
    withheld = (*quirks.scopes_not_allowed, *quirks.scopes_not_granted)
    granted = [scope for scope in tool.scopes if scope in asked and scope.rpartition("/")[2] not in withheld]
    if not granted:
        raise AssertionRefused("invalid_scope")
    return granted


def require_scope(*any_of: str) -> Tool:
    """The tool whose bearer token permits one of these scopes.

    Raises ServiceRefused (401, as Moodle for every lack) for any other token, and for one of another tool
    than the address names.
    """
    lms = the_lms()
    token = lms.tokens.valid(bearer_token(), lms.now())
    tool = lms.tools.find(token.client_id) if token and token.scopes.intersection(any_of) else None
    addressed = tool and request.args.get("type_id", tool.deployment_id)
    if tool is None or not tool.active or addressed != tool.deployment_id:
        raise ServiceRefused(401)
    return tool


def bearer_token() -> str:
    """The bearer token of this request, empty without one."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else ""


def require_sent(media_type: str) -> None:
    """Raise ServiceRefused (400) unless the body is labelled with this type; parameters are tolerated."""
    if parse_options_header(request.headers.get("Content-Type", ""))[0] != media_type:
        raise no_handler()


def require_accepted(media_type: str, or_anything: bool = False) -> None:
    """Raise ServiceRefused (400) unless the caller names this type; in Moodle `*/*` is enough for some
    services only.
    """
    named = {parse_options_header(one.strip())[0] for one in request.headers.get("Accept", "").split(",")}
    if media_type not in named and not (or_anything and "*/*" in named):
        raise no_handler()


def no_handler() -> ServiceRefused:
    """Moodle's refusal of a call that fits no address, method and media type together."""
    path = request.path.removeprefix("/lti/services")
    media_type = request.headers.get("Accept" if request.method == "GET" else "Content-Type", "")
    return ServiceRefused(400, f"No handler found for {path} {media_type}".rstrip())


def refusal_answer(refusal: ServiceRefused) -> Response:
    """Moodle's JSON for a refused service call, with the reason in the status line too."""
    describe("service refused", refusal.reason)
    body = {
        "status": refusal.status,
        "reason": refusal.reason,
        "request": {
            "method": request.method,
            "url": request.full_path.rstrip("?"),
            "accept": request.headers.get("Accept", ""),
            "contentType": request.headers.get("Content-Type", ""),
        },
    }
    return service_answer(json.dumps(body, indent=4), "application/json", refusal.status, refusal.reason)


def service_answer(body: str, media_type: str, status: int = 200, reason: str = "") -> Response:
    """An answer of a service; `reason` goes into the status line, cut to what a status line can carry."""
    if the_lms().quirks.mislabelled:
        media_type = MISLEADING
    answer = Response(body, status, content_type=f"{media_type}; charset=utf-8")
    if reason:
        readable = "".join(letter if " " <= letter <= "~" else "?" for letter in reason)
        answer.status = f"{status} {readable[:LONGEST_REASON]}"
    return answer
