"""A tool as the LMS sees it: it signs assertions, asks for tokens, calls the grade service. And a browser."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from joserfc import jwt
from joserfc.jwk import RSAKey

SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
ALL_SCOPES = " ".join(SCOPE + name for name in ("lineitem", "lineitem.readonly", "result.readonly", "score"))
ITEM = "application/vnd.ims.lis.v2.lineitem+json"
CONTAINER = "application/vnd.ims.lis.v2.lineitemcontainer+json"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
ROSTER_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCORE = "application/vnd.ims.lis.v1.score+json"


class Clock:
    """The LMS's clock, moved by hand."""

    def __init__(self):
        self.time = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)

    def __call__(self):
        return self.time

    def advance(self, seconds):
        self.time += timedelta(seconds=seconds)


class PretendTool:
    """Calls the LMS with correct requests, each of whose parts a test may replace."""

    def __init__(self, key, settings, clock):
        self.key = key
        self.settings = settings
        self.clock = clock
        self.client = None
        self.client_id = None
        self.fetched = []
        self._ids = count(1)
        self._token = None

    def fetch(self, url):
        """What the LMS reads at the tool's addresses: its key set."""
        self.fetched.append(url)
        return json.dumps({"keys": [self.key.as_dict(private=False)]}).encode()

    def assertion(self, header=None, key=None, without=(), **claims):
        now = int(self.clock().timestamp())
        usual = {
            "iss": self.client_id or self.settings.client_id,
            "sub": self.client_id or self.settings.client_id,
            "aud": self.settings.token_url,
            "iat": now - 5,
            "exp": now + 300,
            "jti": f"assertion-{next(self._ids)}",
        }
        told = {name: value for name, value in {**usual, **claims}.items() if name not in without}
        signed_with = key or self.key
        return jwt.encode(header or {"alg": "RS256", "kid": self.key.kid}, told, signed_with)

    def ask_for_token(self, scope=ALL_SCOPES, assertion=None, **fields):
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion or self.assertion(),
            "scope": scope,
            **fields,
        }
        return self.client.post("/lti/token", data=form)

    def token(self, scope=ALL_SCOPES):
        return json.loads(self.ask_for_token(scope).text)["access_token"]

    def call(self, method, address, token=None, accept="*/*", content_type=None, body=None):
        self._token = self._token or self.token()
        headers = {"Authorization": f"Bearer {token or self._token}", "Accept": accept}
        split = urlsplit(address)
        return self.client.open(
            f"{split.path}?{split.query}",
            method=method,
            headers=headers,
            content_type=content_type,
            data=body if isinstance(body, str | None) else json.dumps(body),
        )

    def columns(self, course_id="2", **filters):
        query = "&".join(["type_id=1", *(f"{name}={value}" for name, value in filters.items())])
        return self.call("GET", f"/lti/services/{course_id}/lineitems?{query}", accept=CONTAINER)

    def make_column(self, course_id="2", **column):
        body = {"label": "Participation", "scoreMaximum": 20, **column}
        return self.call(
            "POST", f"/lti/services/{course_id}/lineitems?type_id=1", content_type=ITEM, body=body
        )

    def send(self, item, without=(), **members):
        sent = {
            "userId": "u-ines",
            "timestamp": self.clock().isoformat(),
            "activityProgress": "InProgress",
            "gradingProgress": "FullyGraded",
            "scoreGiven": 10,
            "scoreMaximum": 20,
            **members,
        }
        body = {name: value for name, value in sent.items() if name not in without}
        return self.call("POST", scores_of(item), content_type=SCORE, body=body)

    def register(self, token, without=(), configuration=None, **changes):
        """Register this tool with what Moodle needs at least; parts may be replaced or left out."""
        said = {
            "application_type": "web",
            "response_types": ["id_token"],
            "grant_types": ["implicit", "client_credentials"],
            "initiate_login_uri": "https://tool.example/login",
            "redirect_uris": ["https://tool.example/launch", "https://tool.example/other"],
            "client_name": "Registered tool",
            "jwks_uri": "https://tool.example/jwks",
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": f"{SCOPE}score {ROSTER_SCOPE} https://example.org/scope/unknown",
            TOOL_CONFIGURATION: {
                "domain": "tool.example",
                "target_link_uri": "https://tool.example/launch",
                "claims": ["iss", "sub", "name"],
                **(configuration or {}),
            },
            **changes,
        }
        body = {name: value for name, value in said.items() if name not in without}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.client.post("/lti/register", json=body, headers=headers)

    def roster(self, query="", course_id="2", accept=MEMBERS):
        """The members of a course; `query` goes behind the one that the LMS gave."""
        self._token = self._token or self.token(f"{ALL_SCOPES} {ROSTER_SCOPE}")
        return self.call("GET", f"/lti/courses/{course_id}/memberships?type_id=1{query}", accept=accept)

    def follow(self, answer):
        """The page that a roster's answer names as its next one."""
        return self.call("GET", next_address(answer), accept=MEMBERS)

    def results(self, item, query=""):
        return self.call("GET", item.replace("/lineitem?", "/lineitem/results?") + query)


class Browser:
    """A person's browser on the LMS, in one session."""

    def __init__(self, app):
        self.client = app.test_client()

    def become(self, key):
        assert self.client.post("/person", data={"person": key}).status_code == 303
        return self

    def begin(self, course_id="2", window="iframe", **query):
        """The login initiation that the course page posts to the tool."""
        asked = {"window": window, **query}
        return form_of(self.client.get(f"/courses/{course_id}/launch", query_string=asked)).fields

    def request_for(self, initiation, settings, **fields):
        """The authentication request that a correct tool answers an initiation with."""
        return {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": initiation["client_id"],
            "redirect_uri": settings.launch_url,
            "login_hint": initiation["login_hint"],
            "lti_message_hint": initiation["lti_message_hint"],
            "state": "a-state",
            "nonce": "a-nonce",
            **fields,
        }


class Form:
    def __init__(self, action, fields):
        self.action = action
        self.fields = fields


def form_of(answer):
    """The form a self-posting page consists of."""
    form = BeautifulSoup(answer.text, "html.parser").find("form", id="post")
    assert form is not None, answer.text
    fields = {field["name"]: field["value"] for field in form.find_all("input")}
    return Form(form["action"], fields)


def claims_in(token, key):
    """Verified claims of a launch token."""
    return jwt.decode(token, key, algorithms=["RS256"]).claims


def subs_in(answer):
    """Whom a page of a roster lists, in its order."""
    assert answer.status_code == 200, answer.text
    return [member["user_id"] for member in answer.get_json(force=True)["members"]]


def next_address(answer):
    """The address in the Link header of a well-behaved LMS."""
    address, relation = answer.headers["Link"].split("; ")
    assert relation == 'rel="next"'
    return address.strip("<>")


def scores_of(item):
    return item.replace("/lineitem?", "/lineitem/scores?")


def rsa_key(kid):
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})
