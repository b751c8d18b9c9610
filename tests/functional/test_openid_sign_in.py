"""Signing in to the console by an organisation's portal: a small OpenID provider on loopback plays it."""

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc.jwk import RSAKey

from lti_tool import clock
from lti_tool.services import administrators, openid_sign_in
from lti_tool.transactions import transaction
from tests.support.administrators import AdministratorBrowser
from tests.support.world import TOOL
from tests.unit.lti.simulator import LocalServer, Reply, json_reply, public, signed

pytestmark = pytest.mark.slow_on_postgresql

RUTH = "ruth@school.test"
CLIENT, SECRET = "community-value", "a secret of the portal"
KEY = RSAKey.generate_key(2048, {"kid": "portal", "use": "sig", "alg": "RS256"}, private=True)
STRANGE_KEY = RSAKey.generate_key(2048, {"kid": "portal", "use": "sig", "alg": "RS256"}, private=True)


class Portal:
    """Answers discovery, keys and the token end point; `claims` and `key` may be changed by a test."""

    def __init__(self) -> None:
        self.server = LocalServer(self._answer)
        self.claims: dict = {}
        self.key, self.down = KEY, False
        self.asked: dict = {}

    @property
    def issuer(self) -> str:
        return self.server.url

    def _answer(self, received):
        if self.down:
            return Reply(503)
        if received.path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
            return json_reply(
                {"issuer": self.issuer} | {name: f"{self.issuer}/{end}" for name, end in ends.items()}
            )
        if received.path == "/keys":
            return json_reply(public(KEY))
        return self._token(received)

    def _token(self, received):
        sent = {name: one[0] for name, one in parse_qs(received.body.decode()).items()}
        known = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '+')}".encode()).decode()
        plain = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        authorised = received.headers.get("Authorization", "") in (f"Basic {known}", f"Basic {plain}")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest())
        if not authorised or challenge.rstrip(b"=").decode() != self.asked["code_challenge"]:
            return json_reply({"error": "invalid_grant"}, 400)
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "1",
            "iat": now,
            "exp": now + 60,
            "nonce": self.asked["nonce"],
            "email": RUTH,
            "email_verified": True,
        } | self.claims
        token = signed({name: value for name, value in claims.items() if value is not None}, key=self.key)
        return json_reply({"access_token": "x", "token_type": "Bearer", "id_token": token})


@pytest.fixture
def portal(world):
    """A portal that the tool of this world is told of, and Ruth, an operator."""
    portal, chosen = Portal(), world.app.extensions["settings"]
    with world.app.app_context(), transaction():
        administrators.add(RUTH, None, True, TOOL, clock.now())
    with portal.server.running():
        told = {"oidc_issuer": portal.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
        for name, value in told.items():
            object.__setattr__(chosen, name, value)
        yield portal
        for name in told:
            object.__setattr__(chosen, name, "")


def go(world, portal, next_page: str = "") -> AdministratorBrowser:
    """Press the button of the sign-in page; the portal remembers what it was asked."""
    browser = AdministratorBrowser(world, 0, RUTH)
    answer = browser.get(f"/sign-in/openid?{urlencode({'next': next_page})}").response
    assert answer.status_code == 303
    portal.asked = {name: one[0] for name, one in parse_qs(urlsplit(answer.location).query).items()}
    return browser


def come_back(browser, state: str, **more: str):
    """Come back from the portal and let the page post itself."""
    query = urlencode({"state": state} | (more or {"code": "the-code"}))
    page = browser.get(f"{openid_sign_in.CALLBACK}?{query}")
    answered = page.soup.select_one("input[name=answered]")["value"]
    return browser.post(openid_sign_in.CALLBACK, {"answered": answered, "admin_token": ""}, follow=False)


class TestThePortal:
    def test_signs_in_an_administrator_whom_it_vouches_for(self, world, portal):
        browser = go(world, portal, "/admin/account")
        page = come_back(browser, portal.asked["state"])
        assert page.response.location == "/admin/account"
        assert browser.get("/admin/").soup.select_one(".own-name").text == RUTH

    def test_is_asked_as_the_standard_says(self, world, portal):
        go(world, portal)
        asked = portal.asked
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["redirect_uri"] == TOOL + openid_sign_in.CALLBACK
        assert (asked["code_challenge_method"], set(asked["scope"].split())) == ("S256", {"openid", "email"})
        assert len(asked["state"]) > 30
        assert len(asked["nonce"]) > 30

    @pytest.mark.parametrize(
        ("claims", "heading"),
        [
            ({"email": "stranger@elsewhere.test"}, "knows you; this installation does not"),
            ({"email_verified": False}, "does not vouch"),
            ({"email_verified": "true"}, "does not vouch"),
            ({"email_verified": None}, "does not vouch"),
            ({"email": None}, "does not vouch"),
            ({"nonce": "another"}, "begin again"),
            ({"aud": "somebody-else"}, "begin again"),
            ({"iss": "https://evil.test"}, "begin again"),
            ({"exp": 1}, "begin again"),
        ],
    )
    def test_is_not_believed_otherwise(self, world, portal, claims, heading):
        portal.claims = claims
        browser = go(world, portal)
        page = come_back(browser, portal.asked["state"])
        assert (page.status, heading in page.text) == (410, True)
        assert browser.get("/admin/").status == 401

    def test_signs_with_its_own_key(self, world, portal):
        portal.key = STRANGE_KEY
        browser = go(world, portal)
        assert come_back(browser, portal.asked["state"]).status == 410

    def test_answers_with_the_state_of_this_browser(self, world, portal):
        browser = go(world, portal)
        assert come_back(browser, "another").status == 410
        stranger = AdministratorBrowser(world, 0, RUTH)
        assert come_back(stranger, portal.asked["state"]).status == 410

    def test_says_no(self, world, portal):
        browser = go(world, portal)
        page = come_back(browser, portal.asked["state"], error="access_denied")
        assert page.status == 410

    def test_is_not_there(self, world, portal):
        portal.down = True
        page = AdministratorBrowser(world, 0, RUTH).get("/sign-in/openid")
        assert (page.status, "cannot be reached" in page.text) == (410, True)

    def test_lets_in_nobody_who_was_disabled(self, world, portal):
        with world.app.app_context(), transaction():
            administrators.disable(RUTH, clock.now())
        assert come_back(go(world, portal), portal.asked["state"]).status == 410

    def test_is_not_answered_by_another_sites_form(self, world, portal):
        browser = go(world, portal)
        query = urlencode({"code": "the-code", "state": portal.asked["state"]})
        browser.headers |= {"Origin": "https://evil.test"}
        page = browser.post(openid_sign_in.CALLBACK, {"answered": query, "admin_token": ""}, follow=False)
        assert page.status == 403

    def test_is_offered_where_it_is_configured(self, world, portal):
        assert "portal" in AdministratorBrowser(world, 0, RUTH).get("/sign-in").text

    def test_is_not_spoken_of_elsewhere(self, world):
        assert "portal" not in AdministratorBrowser(world, 0, RUTH).get("/sign-in").text


def test_nothing_of_the_first_half_is_readable_as_json_elsewhere(world, portal):
    """The cookie is signed: what somebody writes into it is not taken."""
    browser = go(world, portal)
    forged = json.dumps({"state": "s", "nonce": "n", "verifier": "v", "next_page": None})
    browser.tool.set_cookie("__Host-cv_portal", forged, domain="tool.test", secure=True)
    assert come_back(browser, "s").status == 410
