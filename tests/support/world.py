"""A tool and an LMS side by side, and people in browsers who click from one to the other."""

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode, urlsplit

from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from demo_lms import Lms, LmsSettings, create_lms, serve
from lti_tool import clock, settings
from lti_tool.extensions import db
from lti_tool.models import BrowserSession, Seat
from lti_tool.services import platforms, sessions
from lti_tool.services.platforms import Registration
from lti_tool.transactions import read_only, reading, transaction

TOOL = "https://tool.test"
FRENCH, ENGLISH = "2", "3"
# The signing key takes a quarter of a second to make, and no test is about its being new.
KEPT_TABLES = frozenset({"tool_key", "alembic_version"})


def empty_tables(app: Flask) -> None:
    """Forget everything that a test wrote."""
    read_only(False)
    with app.app_context():
        tables = [table.name for table in db.metadata.sorted_tables if table.name not in KEPT_TABLES]
        tables.append("search_index")  # has no model
        with db.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # TRUNCATE makes a new file for every table and index: thirty milliseconds a test, this two.
                connection.execute(text("SET LOCAL session_replication_role = replica"))
                connection.execute(text("; ".join(f"DELETE FROM {name}" for name in tables)))
                begin_anew = (
                    "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relname = ANY(:names)"
                )
                connection.execute(text(begin_anew), {"names": [f"{name}_id_seq" for name in tables]})
                return
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            with _unlocked(connection):
                for name in reversed(tables):
                    connection.exec_driver_sql(f"DELETE FROM {name}")


@contextmanager
def _unlocked(connection):
    """Put the triggers aside that keep the audit log, of a SQLite database, when there is anything in it.

    Not each time: every connection would read the whole schema anew, which took half of all tests' time.
    """
    if connection.exec_driver_sql("SELECT 1 FROM audit_entry LIMIT 1").first() is None:
        yield
        return
    kept = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"
    ).all()
    for name, _ in kept:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _, written in kept:
        connection.exec_driver_sql(written)


class SpareApps:
    """The Flask applications of LMSs that were closed: to make one takes as long as a small test."""

    def __init__(self) -> None:
        self._spare: list[Flask] = []

    def open(self, settings: LmsSettings) -> Flask:
        """Return an application with an LMS behind it that remembers nothing."""
        if not self._spare:
            return create_lms(settings)
        app = self._spare.pop()
        app.lms = Lms(settings)
        app.config["SECRET_KEY"] = app.lms.cookie_secret
        return app

    def close(self, app: Flask) -> None:
        self._spare.append(app)


spare_apps = SpareApps()


class World:
    """One tool, one LMS on loopback. `lms` is the LMS itself: gradebook, people, quirks, log of calls."""

    def __init__(self, app: Flask, signing_key) -> None:
        self.app = app
        self.lms_app = None
        self._signing_key = signing_key

    def open_lms(self, **settings) -> None:
        """Start the LMS and register it with the tool."""
        ours = {"signing_key": self._signing_key, "fetch": self._fetch, "send": self._send}
        first = spare_apps.open(LmsSettings(tool_url=TOOL, **ours))
        self._server = serve(first, ("127.0.0.1",), 0)
        issuer = f"http://127.0.0.1:{self._server.port}"
        first.lms.settings.issuer = issuer
        self.lms_app, self.lms = first, first.lms
        with self.app.app_context(), transaction():
            self.platform_id = platforms.add(
                Registration(
                    name="Test LMS",
                    issuer=issuer,
                    client_id=self.lms.settings.client_id,
                    auth_url=f"{issuer}/lti/auth",
                    token_url=f"{issuer}/lti/token",
                    jwks_url=f"{issuer}/lti/certs",
                    **settings,
                ),
                None,
                TOOL,
                clock.now(),
            ).id

    def close(self) -> None:
        self._server.close()
        spare_apps.close(self.lms_app)

    def _fetch(self, address: str) -> bytes:
        """Let the LMS read the tool's key set, in process."""
        return self.app.test_client().get(urlsplit(address).path, base_url=TOOL).data

    def _send(self, address: str, body: bytes) -> int:
        """Let the LMS post a notice to the tool, in process."""
        client, path = self.app.test_client(), urlsplit(address).path
        return client.post(path, data=body, content_type="application/json", base_url=TOOL).status_code

    def browser(self, person: str | None = None) -> "Browser":
        """Open a new browser, signed in to the LMS as this person."""
        opened = Browser(self)
        if person:
            opened.be(person)
        return opened

    def enter(self, person: str, course: str = FRENCH) -> "Page":
        """Let a person with a new browser open the community from their course; return the home page."""
        return self.browser(person).open_community(course)

    @contextmanager
    def database(self):
        """Look into the tool's database, as a reader: it never waits for those who write."""
        with self.app.app_context(), reading():
            yield db.session


@dataclass
class Page:
    """An answer as somebody sees it.

    Where the answer to a form sent somebody on, the next page is opened when it is first looked at: most
    tests only pass by, and a page takes as long to make as all that they do. So it is with the home page of
    who enters: making it takes longer than the whole launch.
    """

    browser: "Browser"
    path: str
    _answer: TestResponse | None = field(default=None, repr=False)
    _soup: BeautifulSoup | None = field(default=None, repr=False)

    @property
    def leads_on(self) -> bool:
        """Whether somebody was sent here and has not looked yet."""
        return self._answer is None

    @property
    def response(self) -> TestResponse:
        self._answer = self._answer or self.browser.answer_of(self.path)
        return self._answer

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def html(self) -> str:
        return self.response.get_data(as_text=True)

    @property
    def soup(self) -> BeautifulSoup:
        self._soup = self._soup or BeautifulSoup(self.html, "html.parser")
        return self._soup

    @property
    def text(self) -> str:
        return " ".join(self.soup.get_text(" ").split())

    @property
    def seat_token(self) -> str:
        if self._answer is None:
            return self.browser.seat_token(int(self.seat))
        # Looked for as text: every form that a test sends needs it, and parsing takes longer than the page.
        return re.search(r'name="seat_token" value="([^"]+)"', self.html)[1]

    @property
    def community(self) -> str:
        """The address of the community that this page is of, with a slash at the end."""
        return re.match(r"/communities/\d+/", self.path)[0]

    @property
    def seat(self) -> str:
        return re.search(r"[?&]seat=(\d+)", self.path)[1]

    def get(self, below: str, **query) -> "Page":
        """Open an address below this community, for this page's seat."""
        query.setdefault("seat", self.seat)
        return self.browser.get(f"{self.community}{below}?{urlencode(query)}")

    def post(self, below: str, follow: bool = True, **fields) -> "Page":
        """Send a form to an address below this community, as this page's seat."""
        fields.setdefault("seat_token", self.seat_token)
        return self.browser.post(f"{self.community}{below}?seat={self.seat}", fields, follow=follow)


class Browser:
    """One browser: cookies of the tool and of the LMS."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tool = world.app.test_client()
        self.lms = world.lms_app.test_client()
        self.headers = {"Sec-Fetch-Dest": "iframe", "Accept-Language": "en"}

    def be(self, person: str) -> "Browser":
        """Choose who one is in the LMS."""
        self.lms.post("/person", data={"person": person}, base_url=self._lms_url)
        return self

    @property
    def _lms_url(self) -> str:
        return self.world.lms.settings.issuer

    def get(self, address: str, **kwargs) -> Page:
        return Page(self, address, self.answer_of(address, **kwargs))

    def answer_of(self, address: str, **kwargs) -> TestResponse:
        return self.tool.get(address, base_url=TOOL, headers=self.headers, **kwargs)

    def post(self, address: str, fields: dict, follow: bool = True) -> Page:
        response = self.tool.post(address, base_url=TOOL, headers=self.headers, data=fields)
        if follow and response.status_code in (302, 303):
            return Page(self, response.location.removeprefix(TOOL))
        return Page(self, address, response)

    def seat_token(self, seat: int) -> str:
        """Return what the forms of a seat's pages carry."""
        with self.world.database() as session:
            wanted = select(BrowserSession).join(Seat).where(Seat.id == seat)
            secret = settings.current().secret_key
            return sessions.seat_token(secret, session.scalars(wanted).one(), seat)

    def login_form(self, course: str = FRENCH) -> dict[str, str]:
        """Let the LMS make the login initiation; return what its page posts to the tool."""
        answer = self.lms.get(f"/courses/{course}/launch", base_url=self._lms_url)
        return hidden_fields(answer.get_data(as_text=True))

    def authentication_address(self, login: dict[str, str]) -> str:
        """Post a login initiation to the tool; return where its page goes next."""
        page = self.post("/lti/login", login)
        assert page.status == 200, page.text
        return unescape(re.search(r'data-auth-url="([^"]+)"', page.html)[1])

    def signed_answer(self, address: str) -> dict[str, str]:
        """Follow the authentication request; return what the LMS's page posts to the tool."""
        parts = urlsplit(address)
        answer = self.lms.get(f"{parts.path}?{parts.query}", base_url=self._lms_url)
        return hidden_fields(answer.get_data(as_text=True))

    def launch_form(self, course: str = FRENCH) -> dict[str, str]:
        """Walk from the course to the form that carries the signed launch."""
        return self.signed_answer(self.authentication_address(self.login_form(course)))

    def launch(self, form: dict[str, str], follow: bool = True) -> Page:
        return self.post("/lti/launch", form, follow=follow)

    def open_community(self, course: str = FRENCH) -> Page:
        """Open the community from the course, as the link in the LMS does."""
        page = self.launch(self.launch_form(course))
        assert page.leads_on or page.status == 200, (page.status, page.text)
        return page


def hidden_fields(html: str) -> dict[str, str]:
    """Return the hidden fields of the first form of a page."""
    form = BeautifulSoup(html, "html.parser").select_one("form")
    assert form is not None, html[:500]
    return {field["name"]: field.get("value", "") for field in form.select("input[name]")}
