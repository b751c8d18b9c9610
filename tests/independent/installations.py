"""Two installations that only know each other over HTTP: Open edX's LTI consumer, and the tool."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from tests.support.ports import free_ports
from tests.support.tool_processes import ToolProcess, ToolProcesses
from tests.support.waiting import until
from tools.independent import PYTHON, REMEDY
from tools.running import running

SECONDS = 30
SERVER = Path(__file__).parent / "platform" / "server.py"


class Block:
    """An LTI consumer block in a course of the platform, and what Studio shows its author for the tool."""

    def __init__(self, address: str, number: int) -> None:
        self._address = address
        self.course = f"course-v1:Campus+C{number}+2026"
        self.key = f"block-v1:Campus+C{number}+2026+type@lti_consumer+block@space"

    def set(self, **fields: object) -> None:
        """Enter values in Studio, by the block's own names for them."""
        requests.post(self._held_at, json=fields, timeout=SECONDS).raise_for_status()

    def enrol(self, username: str, name: str) -> None:
        """Enrol one more learner, whom nobody has seen yet."""
        self._control("enrol", username=f"{username}-{self.course[-7:-5]}", name=name)

    def set_stamps(self, moment: str) -> None:
        """Have all scores of this block be of that moment, as if another program had sent them then."""
        self._control("stamps", moment=moment)

    def _control(self, what: str, **given: str) -> None:
        answer = requests.post(f"{self._address}/control/{what}/{self.key}", json=given, timeout=SECONDS)
        answer.raise_for_status()

    @property
    def held(self) -> dict:
        """What the platform holds: line items, scores, published grades, chosen content, ids of people."""
        answer = requests.get(self._held_at, timeout=SECONDS)
        answer.raise_for_status()
        return answer.json()

    @property
    def _held_at(self) -> str:
        return f"{self._address}/control/blocks/{self.key}"

    def unit(self, username: str) -> str:
        return f"{self._address}/unit/{username}/{self.key}"

    def studio(self, username: str) -> str:
        return f"{self._address}/studio/{username}/{self.key}"


class Platform:
    """The platform's process."""

    def __init__(self, port: int, log: Path) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._log, self._courses = log, 0

    def open_course(
        self, learners: int = 2, member_limit: int | None = None, role: str = "student", **fields: object
    ) -> Block:
        """Open a course with Claire as its instructor and learners l<course>-<n>; add a block.

        :param role: what edx-platform calls the role of the learners.
        """
        self._courses += 1
        number = self._courses
        people = {f"claire{number}": {"name": "Claire Martin", "role": "instructor"}}
        people |= {
            f"l{number}-{one}": {"name": f"Learner {number} {one}", "role": role} for one in range(learners)
        }
        block = Block(self.address, number)
        course = {"key": block.course, "name": f"Course {number}", "people": people, "share": True}
        answer = requests.post(
            f"{self.address}/control/courses", json=course | {"member_limit": member_limit}, timeout=SECONDS
        )
        assert answer.status_code == 200, self.said
        block.claire, block.learners = f"claire{number}", [name for name in people if name[0] == "l"]
        block.set(**fields)
        return block

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-4000:]


@contextmanager
def platform(folder: Path) -> Iterator[Platform]:
    """Run the platform in its own environment. :raises FileNotFoundError: it is not installed."""
    if not PYTHON.exists():
        raise FileNotFoundError(f"The independent platform is not installed: {REMEDY}")
    (port,) = free_ports(1)
    log = folder / "platform.log"
    with running([str(PYTHON), str(SERVER), str(port), str(folder)], [port], log, {"PYTHONPATH": ""}):
        yield Platform(port, log)


class Tool:
    """The tool as an operator sets it up: schema, web server, worker, platforms by the command line."""

    def __init__(self, folder: Path) -> None:
        (self._port,) = free_ports(1)
        self.address = f"http://127.0.0.1:{self._port}"
        self._processes = ToolProcesses(self._environment(folder), folder, folder / "clock")
        self.run("db", "upgrade")
        self._web = self._processes.start("serve", f"--port={self._port}", "--processes=1", "--threads=8")
        self._worker = self._processes.start("worker")
        until(self._answers, lambda: self._web.printed())

    def _environment(self, folder: Path) -> dict[str, str]:
        return {
            "LTI_TOOL_BASE_URL": self.address,
            "LTI_TOOL_VAR_DIR": str(folder),
            "LTI_TOOL_SECRET_KEY": secrets.token_urlsafe(40),
            "LTI_TOOL_KEY_ENCRYPTION_KEY": Fernet.generate_key().decode(),
            "LTI_TOOL_OUTBOUND_ALLOW": "127.0.0.0/8",
        }

    def _answers(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.address}/healthz", timeout=2).status_code == 200
        return False

    def close(self) -> None:
        self._processes.close()

    def run(self, *words: str) -> str:
        """Run a command to its end; return what it printed."""
        command: ToolProcess = self._processes.start(*words)
        command.wait(SECONDS)
        return command.printed()

    @property
    def for_studio(self) -> dict[str, object]:
        """What an author enters in the block for our tool."""
        launch = f"{self.address}/lti/launch"
        return {
            "lti_version": "lti_1p3",
            "lti_1p3_launch_url": launch,
            "lti_1p3_oidc_url": f"{self.address}/lti/login",
            "lti_1p3_tool_key_mode": "keyset_url",
            "lti_1p3_tool_keyset_url": f"{self.address}/lti/jwks.json",
            "lti_1p3_redirect_uris": [launch],
            "lti_1p3_enable_nrps": True,
            "ask_to_send_full_name": True,
            "has_score": True,
            "weight": 20,
            "display_name": "Our space",
        }

    def add(self, block: Block) -> str:
        """Register the block's connection with the values that Studio shows; return what was printed."""
        values = requests.get(block.studio(block.claire), timeout=SECONDS).json()
        issuer = block.studio("").partition("/studio/")[0]
        return self.run(
            *("platforms", "add", "--name=Open edX", f"--issuer={issuer}"),
            f"--client-id={values['client_id']}",
            f"--auth-url={values['oidc_callback']}",
            f"--token-url={values['token_url']}",
            f"--jwks-url={values['keyset_url']}",
            f"--deployment-id={values['deployment_id']}",
        )
