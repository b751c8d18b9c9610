"""The addresses of Dynamic Registration: how this LMS is configured, and where tools register themselves."""

import json
from typing import Any

from flask import Blueprint, Response, jsonify, request

from demo_lms.custom import VARIABLES
from demo_lms.names import PLATFORM_CONFIGURATION, SCOPES
from demo_lms.registration import RegistrationRefused, answer_about, tool_described
from demo_lms.services import bearer_token, fault
from demo_lms.settings import CONFIGURATION_PATH, REGISTRATION_PATH, LmsSettings
from demo_lms.tools import Tool
from demo_lms.web import describe, notice, the_lms

registering = Blueprint("registering", __name__)
registering.before_request(fault)


@registering.errorhandler(RegistrationRefused)
def refused(refusal: RegistrationRefused) -> Response:
    """Moodle's refusals: a word labelled text/html, or a page when the token cannot be read."""
    describe("registration refused", refusal.word or "registration_token")
    if refusal.status == 404:
        return notice("Not found", "There is no such page in this LMS.", 404)
    return Response(refusal.word, refusal.status, content_type="text/html; charset=utf-8")


@registering.get(CONFIGURATION_PATH)
@registering.get("/.well-known/openid-configuration")
def configuration() -> Response:
    """How this LMS is configured (OpenID Connect Discovery; LTI Dynamic Registration 1.0, section 3.2)."""
    lms = the_lms()
    if lms.quirks.configuration_needs_token:
        lms.invitation(bearer_token())
    describe("configuration read")
    changed = {**_configuration(lms.settings), **lms.settings.configuration_changes}
    return jsonify({name: value for name, value in changed.items() if value is not None})


def _configuration(settings: LmsSettings) -> dict[str, Any]:
    return {
        "issuer": settings.issuer,
        "authorization_endpoint": settings.authorization_url,
        "token_endpoint": settings.token_url,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": settings.key_set_url,
        "registration_endpoint": settings.registration_url,
        "scopes_supported": ["openid", *SCOPES],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        PLATFORM_CONFIGURATION: {
            "product_family_code": settings.product_family_code,
            "version": settings.product_version,
            "messages_supported": list(settings.messages_supported),
            "variables": list(VARIABLES),
        },
    }


@registering.post(REGISTRATION_PATH)
def register() -> Response:
    """Register the tool that asks, or update it; a token is used up by a registration that succeeds."""
    lms = the_lms()
    invitation = lms.invitation(bearer_token())
    if lms.quirks.registration_refuses is not None:
        raise RegistrationRefused(400, lms.quirks.registration_refuses)
    if lms.quirks.registration_answers is not None:
        describe("fault switched on", "registration")
        return Response(lms.quirks.registration_answers, content_type="application/json; charset=utf-8")
    tool = _registered()
    describe("tool updated" if invitation.updates else "tool registered", tool.name)
    told = answer_about(tool, lms.quirks.registration_tells_deployment)
    return Response(json.dumps(told, ensure_ascii=False), content_type="application/json; charset=utf-8")


def _registered() -> Tool:
    said, lms = request.get_json(force=True, silent=True), the_lms()
    with lms.changing():
        # Read again behind the lock: of two requests with one token, one registers.
        invitation = lms.invitation(bearer_token())
        number = lms.tools.next_deployment_id()
        tool = tool_described(said if isinstance(said, dict) else {}, invitation, number)
        lms.registration_tokens.use_up(invitation)
        return lms.tools.put(tool)


@registering.get(REGISTRATION_PATH)
def read_registration() -> Response:
    """What a tool registered, for the tool that holds a token to update it; this uses nothing up."""
    invitation = the_lms().invitation(bearer_token())
    if invitation.updates is None:
        raise RegistrationRefused(404, "")
    describe("registration read", invitation.updates.name)
    return jsonify(answer_about(invitation.updates, the_lms().quirks.registration_tells_deployment))
