"""The demo's parts put together by hand: tool, small LMS and worker on this machine, in threads."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy import select, update

from demo_lms import COURSES, PEOPLE, Course, LmsSettings, create_lms, serve
from demo_lms.claims import container_address
from demo_lms.people import INSTRUCTOR, LEARNER
from demo_lms.settings import AUTHORIZATION_PATH, KEY_SET_PATH, TOKEN_PATH
from lti_tool import clock, create_app, jobs, settings
from lti_tool.cli import application
from lti_tool.extensions import db
from lti_tool.models import GuestInvitation, Membership
from lti_tool.services import guests, invitations, platforms, sample_course, signing
from lti_tool.services.platforms import Registration
from lti_tool.transactions import transaction
from tests.browser.wire import Wire

HERE = ("127.0.0.1",)
CLIENT_ID, DEPLOYMENT_ID = "community-value-demo", "1"
SECRETS = {"SECRET_KEY": "nothing depends on this secret of a test", "KEY_ENCRYPTION_KEY": ""}


@dataclass(frozen=True)
class Addresses:
    """Where people find the two sites, and on which ports of this machine they are served."""

    tool: str
    lms: str
    tool_port: int
    lms_port: int


def loopback(tool_port: int, lms_port: int) -> Addresses:
    """The addresses of `make run`: two sites, because the two names of this machine are two sites."""
    return Addresses(f"http://127.0.0.1:{tool_port}", f"http://localhost:{lms_port}", tool_port, lms_port)


class Campus:
    """Tool, LMS and worker; both courses are filled with four weeks of life."""

    def __init__(self, addresses: Addresses, folder: Path, tls: ssl.SSLContext | None = None) -> None:
        """:param tls: speak https with this certificate, else http."""
        self.addresses = addresses
        self.app = self._tool(folder)
        lms = create_lms(
            LmsSettings(
                issuer=addresses.lms,
                tool_url=addresses.tool,
                client_id=CLIENT_ID,
                deployment_id=DEPLOYMENT_ID,
            )
        )
        self.lms = lms.lms
        self._connect()
        self._servers = [
            serve(Wire(self.app), HERE, addresses.tool_port, tls),
            serve(lms, HERE, addresses.lms_port, tls),
        ]
        self._worker = jobs.start_embedded(self.app)
        self._courses_opened = 100
        self._client_id_anew: str | None = None

    def close(self) -> None:
        """Stop the worker first: it talks to the LMS."""
        self._worker.stop(graceful=True)
        for server in self._servers:
            server.close()

    def open_course(self, *learners: str, trainer: str = "claire", locale: str = "en") -> str:
        """Open another course, whose community nobody has entered yet; return its id.

        :param learners: keys of people of the LMS who are enrolled to learn; `trainer` teaches.
        """
        self._courses_opened += 1
        number = str(self._courses_opened)
        title = f"Cours {number}" if locale == "fr" else f"Course {number}"
        link = f"Communauté {number}" if locale == "fr" else f"Community {number}"
        self.lms.add_course(Course(number, f"C-{number}", title, locale, f"9{number}", link))
        self.lms.enrol(trainer, number, INSTRUCTOR)
        for key in learners:
            self.lms.enrol(key, number, LEARNER)
        return number

    @contextmanager
    def launching_anew(self) -> Iterator[None]:
        """Let the LMS launch as a tool that was registered a second time, while the block lasts."""
        settings_of_lms = self.lms.settings
        if self._client_id_anew is None:
            self._client_id_anew = "registered-anew"
            with self.app.app_context(), transaction():
                platforms.add(
                    self._registration(self._client_id_anew), None, self.addresses.tool, clock.now()
                )
        usual, settings_of_lms.client_id = settings_of_lms.client_id, self._client_id_anew
        try:
            yield
        finally:
            settings_of_lms.client_id = usual

    def invitation(self) -> str:
        """Make an address by which an LMS may register the tool, once."""
        with self.app.app_context(), transaction():
            name, lifetime = "Connected by its address", timedelta(days=7)
            return invitations.invite(name, None, self.addresses.tool, clock.now(), lifetime).address

    def guest_link(self) -> str:
        """Make a link for whoever was invited last, as their mail has it."""
        with self.app.app_context(), transaction():
            latest = select(GuestInvitation).order_by(GuestInvitation.id.desc()).limit(1)
            invitation, now = db.session.scalars(latest).one(), clock.now()
            until = now + timedelta(hours=1)
            return guests.new_link(invitation, until, self.addresses.tool, now, asked_for=False)

    @contextmanager
    def sending_mails(self) -> Iterator[None]:
        """Let pages say that mails can be sent, while the block lasts; nothing takes any."""
        chosen = self.app.extensions["settings"]
        object.__setattr__(chosen, "mail_url", f"smtp://{HERE[0]}:1")
        try:
            yield
        finally:
            object.__setattr__(chosen, "mail_url", None)

    def forget_registered_tools(self) -> None:
        """Take away from the LMS what registered itself there: its pages are again those of one tool."""
        with self.lms.changing():
            for tool in self.lms.registered_tools():
                self.lms.tools.drop(tool.client_id)

    def let_everybody_read(self, language: str) -> None:
        """Make all who have entered so far choose this language."""
        with self.app.app_context(), transaction():
            db.session.execute(update(Membership).values(locale=language))

    def _tool(self, folder: Path):
        secrets = SECRETS | {"KEY_ENCRYPTION_KEY": Fernet.generate_key().decode()}
        app = create_app("demo", {"VAR_DIR": str(folder), "BASE_URL": self.addresses.tool, **secrets})
        application.upgraded(app)
        with app.app_context(), transaction():
            signing.make_first_key(clock.now())
        return app

    def _registration(self, client_id: str) -> Registration:
        lms = self.addresses.lms
        return Registration(
            name="Demo LMS",
            issuer=lms,
            client_id=client_id,
            auth_url=lms + AUTHORIZATION_PATH,
            token_url=lms + TOKEN_PATH,
            jwks_url=lms + KEY_SET_PATH,
            deployment_ids=(DEPLOYMENT_ID,),
        )

    def _connect(self) -> None:
        registration = self._registration(CLIENT_ID)
        with self.app.app_context(), transaction():
            now = clock.now()
            platform = platforms.add(registration, None, self.addresses.tool, now)
            zone = settings.current().time_zone
            columns = partial(container_address, self.lms.settings)
            sample_course.fill(platform, DEPLOYMENT_ID, COURSES, PEOPLE, zone, now, columns)
