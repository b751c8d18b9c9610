"""Example launches sent to the whole tool: over HTTP, through its own login, signed as their platform would.

The tool stands at the address that the examples name, so that they are sent as they are; times, nonce and
signature alone are of the moment.
"""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.lti.store import keep_key_set
from lti_tool.models import LaunchRecord, Platform
from lti_tool.services import platforms
from lti_tool.services.platforms import Registration
from lti_tool.transactions import reading, transaction
from tests.unit.lti.simulator import CLAIM, PLATFORM_KEY, TOOL, data, fresh, public, signed

Change = Callable[[dict], object]


def payload_of(kind: str, name: str) -> dict:
    """The claims of an example: of the sheet (`lti`) or recorded (`moodle`), led to where this tool stands."""
    content = data(kind, name)
    claims = content.get("jwt_payload") or content["claims"]
    if not claims.get(CLAIM + "target_link_uri", TOOL).startswith(TOOL):
        claims[CLAIM + "target_link_uri"] = f"{TOOL}/lti/launch"
    return claims


@dataclass
class Answer:
    """What came back, and where one stands."""

    response: object
    visitor: "Visitor"
    path: str

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def html(self) -> str:
        return self.response.get_data(as_text=True)

    @property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.html, "html.parser")

    @property
    def sets_session(self) -> bool:
        return any("cv_session=" in one for one in self.response.headers.getlist("Set-Cookie"))


class Replay:
    """One platform, registered and with its keys known, that sends one example launch."""

    def __init__(self, app: Flask, payload: dict, **registration) -> None:
        self.app, self.payload = app, payload
        audience = payload["aud"]
        self.issuer = payload["iss"]
        self.client_id = audience[0] if isinstance(audience, list) else audience
        registration.setdefault("accept_deployments", True)
        self.platform_id = self.register(self.client_id, **registration)

    def register(self, client_id: str, **registration) -> int:
        """Register a client of this platform; its keys are known."""
        with self.app.app_context(), transaction():
            platform = platforms.add(
                Registration(
                    name="Replayed",
                    issuer=self.issuer,
                    client_id=client_id,
                    auth_url=f"{self.issuer}/auth",
                    token_url=f"{self.issuer}/token",
                    jwks_url=f"{self.issuer}/jwks",
                    **registration,
                ),
                None,
                TOOL,
                clock.now(),
            )
            keep_key_set(platform.id, public(PLATFORM_KEY), clock.now())
            return platform.id

    def change_platform(self, **values) -> None:
        with self.app.app_context(), transaction():
            db.session.execute(update(Platform).values(**values))

    def visitor(self, **headers: str) -> "Visitor":
        return Visitor(self, headers)

    def codes(self) -> list[tuple[str, str | None]]:
        """Outcome and code of each line in the launch log."""
        with self.database() as session:
            lines = select(LaunchRecord.outcome, LaunchRecord.code).order_by(LaunchRecord.id)
            return [tuple(row) for row in session.execute(lines)]

    @contextmanager
    def database(self):
        with self.app.app_context(), reading():
            yield db.session


class Visitor:
    """A browser in the frame of the LMS, or in a tab of its own."""

    def __init__(self, replay: Replay, headers: dict[str, str]) -> None:
        self.replay = replay
        self.client = replay.app.test_client()
        self.headers = {"Sec-Fetch-Dest": "iframe", "Accept-Language": "en"} | headers

    def login_params(self, **changes) -> dict[str, str]:
        """What the LMS sends to begin; None leaves a parameter out."""
        said = {
            "iss": self.replay.issuer,
            "login_hint": "42",
            "target_link_uri": f"{TOOL}/lti/launch",
            "lti_message_hint": '{"cmid":17,"launchid":"ltilaunch9_1804289383"}',
            "client_id": self.replay.client_id,
            **changes,
        }
        return {name: value for name, value in said.items() if value is not None}

    def login(self, method: str = "POST", **changes) -> Answer:
        params = {"query_string" if method == "GET" else "data": self.login_params(**changes)}
        return self._answer(
            self.client.open("/lti/login", method=method, base_url=TOOL, headers=self.headers, **params),
            "/lti/login",
        )

    def begin(self, method: str = "POST", **changes) -> tuple[str, str]:
        """Begin a login; return state and nonce as the LMS gets them."""
        page = self.login(method, **changes)
        assert page.status == 200, page.html
        return state_and_nonce(page)

    def open(self, address: str) -> Answer:
        response = self.client.get(address, base_url=TOOL, headers=self.headers)
        return self._answer(response, address)

    def post(self, form: dict, follow: bool = True) -> Answer:
        response = self.client.post("/lti/launch", data=form, base_url=TOOL, headers=self.headers)
        if follow and response.status_code == 303:
            return self.open(response.location.removeprefix(TOOL))
        return self._answer(response, "/lti/launch")

    def form(self, state: str, nonce: str, change: Change = lambda claims: None, **how) -> dict:
        """The fields that the LMS's page posts: the example, fresh, changed, signed."""
        claims = fresh(self.replay.payload, clock.now().timestamp(), nonce)
        change(claims)
        return {"state": state, "id_token": signed(claims, **how)}

    def launch(self, method: str = "POST", change: Change = lambda claims: None, **how) -> Answer:
        """Log in and launch."""
        return self.post(self.form(*self.begin(method), change, **how))

    def _answer(self, response, path: str) -> Answer:
        return Answer(response, self, path)


def state_and_nonce(page: Answer) -> tuple[str, str]:
    """What a login page sends to the LMS."""
    address = page.soup.select_one("[data-auth-url]")["data-auth-url"]
    asked = parse_qs(urlsplit(address).query)
    return asked["state"][0], asked["nonce"][0]
