"""The token end point, and what all services for tools share: faults, bearer tokens, media types, errors."""

import json
import time
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.http import HTTP_STATUS_CODES, parse_options_header

from demo_lms.claims import GRADE_SCOPES
from demo_lms.keys import ToolKeysUnreadable
from demo_lms.settings import TOKEN_PATH
from demo_lms.tokens import AssertionRefused, check_claims, read_assertion, verify_signature
from demo_lms.web import describe, notice, the_lms

GRANT_TYPE = "client_credentials"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_REASON = 400

tokens = Blueprint("tokens", __name__)


class ServiceRefused(Exception):
    """A service call that is answered with an error status and Moodle's JSON description of it."""

    def __init__(self, status: int, reason: str = ""):
        super().__init__(reason)
        self.status = status
        self.reason = reason or HTTP_STATUS_CODES[status]


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
        _check_assertion()
        scopes = _scopes_granted()
    except AssertionRefused as refusal:
        describe("token refused", str(refusal))
        return _token_answer({"error": str(refusal)}, 400)
    except ToolKeysUnreadable as problem:
        describe("token refused", str(problem))
        return notice("Key set unreadable", "The public keys of the tool could not be read.", 404)
    seconds = lms.quirks.token_seconds
    with lms.lock:
        text = lms.tokens.give(frozenset(scopes), lms.now(), seconds)
    describe("token given", ", ".join(scope.rsplit("/", 1)[1] for scope in scopes))
    return _token_answer(
        {"access_token": text, "token_type": "Bearer", "expires_in": seconds, "scope": " ".join(scopes)}, 200
    )


def _token_answer(content: dict[str, Any], status: int) -> Response:
    labelled = "text/html" if the_lms().quirks.token_labelled_html else "application/json"
    answer = Response(json.dumps(content, indent=2), status, content_type=f"{labelled}; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _check_assertion() -> None:
    lms, form = the_lms(), request.form
    if lms.quirks.refuse_tokens:
        raise AssertionRefused("invalid_client")
    if form.get("grant_type") != GRANT_TYPE or form.get("client_assertion_type") != ASSERTION_TYPE:
        raise AssertionRefused("unsupported_grant_type")
    if not form.get("client_assertion") or not form.get("scope"):
        raise AssertionRefused("invalid_request")
    assertion = form["client_assertion"]
    header, claims = read_assertion(assertion)
    if claims.get("sub") != lms.settings.client_id:
        raise AssertionRefused("invalid_client")
    verify_signature(assertion, header, lms.tool_keys)
    now = lms.now()
    check_claims(claims, lms.settings.client_id, (lms.settings.token_url, lms.settings.issuer), now)
    with lms.lock:
        if not lms.tokens.first_use(claims["jti"], claims["exp"], now):
            raise AssertionRefused("jti was used before")


def _scopes_granted() -> list[str]:
    """The scopes asked for that this LMS knows, others silently dropped, as Moodle does."""
    asked = request.form["scope"].split()
    granted = [scope for scope in GRADE_SCOPES if scope in asked]
    if not granted:
        raise AssertionRefused("invalid_scope")
    return granted


def require_scope(*any_of: str) -> None:
    """Raise ServiceRefused (401, as Moodle for every lack) unless the bearer token permits one of these."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    lms = the_lms()
    permitted = lms.tokens.scopes_of(text.strip(), lms.now()) if kind.lower() == "bearer" else frozenset()
    type_id = request.args.get("type_id", lms.settings.deployment_id)
    if not permitted.intersection(any_of) or type_id != lms.settings.deployment_id:
        raise ServiceRefused(401)


def require_sent(media_type: str) -> None:
    """Raise ServiceRefused (400) unless the body is labelled with this type; parameters are tolerated."""
    if parse_options_header(request.headers.get("Content-Type", ""))[0] != media_type:
        raise no_handler()


def require_accepted(media_type: str) -> None:
    """Raise ServiceRefused (400) unless the caller names this type; `*/*` is not enough for Moodle."""
    named = request.headers.get("Accept", "").split(",")
    if media_type not in {parse_options_header(one.strip())[0] for one in named}:
        raise no_handler()


def no_handler() -> ServiceRefused:
    """Moodle's refusal of a call that fits no address, method and media type together."""
    path = request.path.removeprefix("/lti/services")
    return ServiceRefused(
        400, f"No handler found for {path} {request.headers.get('Content-Type', '')}".rstrip()
    )


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
    answer = Response(body, status, content_type=f"{media_type}; charset=utf-8")
    if reason:
        readable = "".join(letter if " " <= letter <= "~" else "?" for letter in reason)
        answer.status = f"{status} {readable[:LONGEST_REASON]}"
    return answer
