"""Invitations, and LMSs that a tool registers itself with over real HTTP."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from lti_tool import clock
from lti_tool.services import invitations
from lti_tool.transactions import transaction
from tests.support.world import TOOL, Browser, Page
from tests.unit.lti.simulator import Received, Reply

DATA = Path(__file__).resolve().parents[1] / "data"
TOOL_PART = "https://purl.imsglobal.org/spec/lti-tool-configuration"
CONFIGURATION, REGISTRATION = "/openid-configuration", "/registrations"
TOKEN = "HEADER.PAYLOAD.SIGNATURE"


def recorded(name: str) -> dict:
    """Return the body of a recorded exchange below tests/data."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))["body"]


def invite(app, name: str = "Our LMS", organisation: str | None = None, days: float = 7) -> str:
    """Return the path of a new invitation."""
    with app.app_context(), transaction():
        now = clock.now()
        address = invitations.invite(name, organisation, TOOL, now, timedelta(days=days)).address
    assert address.startswith(f"{TOOL}/lti/register/")
    return address.removeprefix(TOOL)


def looked_at(browser: Browser, invitation: str, configuration: str, token: str | None = TOKEN) -> Page:
    """Open an invitation as an LMS does."""
    query = {"openid_configuration": configuration}
    if token:
        query["registration_token"] = token
    return browser.get(f"{invitation}?{urlencode(query)}")


def confirmed(page: Page, invitation: str) -> Page:
    """Press the button of the confirm page."""
    assert page.status == 200, page.text
    assert page.soup.select_one("form")["action"] == invitation
    return page.browser.post(invitation, {"registration": sealed_in(page)})


def sealed_in(page: Page) -> str:
    return page.soup.select_one("input[name=registration]")["value"]


def opened_by(lms, browser: Browser, invitation: str, updates: str | None = None) -> Page:
    """Let the demo LMS open the invitation, for a new tool or to update one."""
    parts = urlsplit(lms.registration_address(TOOL + invitation, updates))
    return browser.get(f"{parts.path}?{parts.query}")


@dataclass
class StrictLms:
    """Answers as recorded, and refuses what Moodle 4.4 refuses, in its words; its tokens work once."""

    configuration: dict
    answer: Callable[[dict], dict]
    used: set[str] = field(default_factory=set)
    asked: list[dict] = field(default_factory=list)
    wants_token_to_read: bool = False

    def __call__(self, received: Received) -> Reply:
        token = received.headers.get("Authorization", "").removeprefix("Bearer ")
        if received.path.partition("?")[0] == CONFIGURATION:
            if self.wants_token_to_read and not token:
                return _said(401, "no token")
            return _json(self.configuration)
        if received.path.partition("?")[0] != REGISTRATION:
            return _said(404, "no such address")
        if not token or token in self.used:
            return _said(401, "token_already_used" if token else "missing_registration_token")
        body = json.loads(received.body)
        if problem := problem_with(body):
            return _said(400, problem)
        self.used.add(token)
        self.asked.append(body)
        return _json(self.answer(body))


def problem_with(body: dict) -> str | None:
    """What mod/lti's openid-registration.php would say of this request, None when it takes it."""
    needed = ("response_types", "initiate_login_uri", "redirect_uris", "client_name", "jwks_uri")
    for name in (*needed, "token_endpoint_auth_method", TOOL_PART):
        if not body.get(name):
            return f"missing required attribute {name}"
    part = body[TOOL_PART]
    if not part.get("domain"):
        return "missing_domain"
    if urlsplit(part.get("target_link_uri", "")).netloc.removeprefix("www.") != part["domain"]:
        return "domain_targetlinkuri_mismatch"
    if "id_token" not in body["response_types"]:
        return "invalid_response_types"
    if body["token_endpoint_auth_method"] != "private_key_jwt":
        return "invalid_token_endpoint_auth_method"
    return None if body["application_type"] == "web" else "invalid_application_type"


def at(server_url: str, configuration: dict, issuer: str | None = None) -> dict:
    """Return a recorded configuration whose addresses are those of a server on loopback."""
    ends = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    moved = {name: f"{server_url}/{name}" for name in ends}
    moved["registration_endpoint"] = server_url + REGISTRATION
    return configuration | moved | {"issuer": issuer or server_url}


def _json(content: dict) -> Reply:
    return Reply(200, json.dumps(content).encode(), {"Content-Type": "application/json; charset=utf-8"})


def _said(status: int, words: str) -> Reply:
    return Reply(status, words.encode(), {"Content-Type": "text/html; charset=utf-8"})
