"""The load: browsers that log in, launch and look, without parsing more of a page than they need."""

import html
import http.client
import re
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks.platform import Lms
from benchmarks.servers import TOOL, Installation, Server

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Dest": "iframe"}
# What the proxy in front of a tool adds.
PROXIED = {"Host": urlsplit(TOOL).netloc, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
# gunicorn closes a connection that nobody has used for two seconds.
IDLE_SECONDS = 1.0
_TITLE = re.compile(r"<title>([^<]*)")
_AUTH_URL = re.compile(r'data-auth-url="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    """What a server sent back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Line:
    """One connection to a server, kept open as a proxy keeps it."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._used_at = time.monotonic()

    def ask(self, method: str, address: str, body: str | None, headers: dict[str, str]) -> Answer:
        """Send a request and read its whole answer."""
        if time.monotonic() - self._used_at > IDLE_SECONDS:
            self._connection.close()
        self._connection.request(method, address, body, headers)
        response = self._connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        self._used_at = time.monotonic()
        return answer


class InProcess:
    """Asks an application of this very process, whose statements can be counted."""

    def __init__(self, installation: Installation) -> None:
        self._client = installation.app.test_client(use_cookies=False)

    def ask(self, method: str, address: str, body: str | None, headers: dict[str, str]) -> Answer:
        answer = self._client.open(address, method=method, data=body, headers=headers)
        answer.headers.get_all = answer.headers.getlist
        return Answer(answer.status_code, answer.headers, answer.data)


@dataclass
class Browser:
    """One person's browser, with its cookies."""

    line: Line | InProcess
    lms: Lms
    person: str
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, address: str) -> Answer:
        return self._ask("GET", address, None, {"Accept-Language": "en"})

    def post(self, address: str, fields: dict[str, str]) -> Answer:
        return self._ask("POST", address, urlencode(fields), FORM)

    def login(self, address: str = "/lti/login") -> dict[str, str]:
        """Begin a login; return the state and the nonce that the LMS would be sent."""
        answer = self.post(address, self.lms.login(self.person))
        return self._state_and_nonce(answer)

    def login_finding_out_about_cookies(self) -> dict[str, str]:
        """Do what our login page does in a browser: ask whether the cookie came back, then go on."""
        asked = self.login()
        self.get("/lti/login/cookie")
        return asked

    def login_to_the_bare_tool_finding_out(self) -> dict[str, str]:
        """Do what PyLTI1p3's page does with `enable_check_cookies`: load itself again, then go on."""
        address = "/lti/login-with-cookie-check"
        self.post(address, self.lms.login(self.person))
        again = urlencode(self.lms.login(self.person) | {"lti1p3_new_window": "1"})
        return self._state_and_nonce(self.get(f"{address}?{again}"))

    def signed(self, asked: dict[str, str], course: str = "7") -> dict[str, str]:
        """Let the LMS sign; return the form that its page posts."""
        return {"state": asked["state"], "id_token": self.lms.token(self.person, asked["nonce"], course)}

    def launch(self, form: dict[str, str]) -> Answer:
        answer = self.post("/lti/launch", form)
        if answer.status != 303:
            title = _TITLE.search(answer.body.decode())
            raise AssertionError(f"launch of {self.person}: {answer.status}, {title and title[1]}")
        return answer

    def comes(self) -> Answer:
        """Log in and launch."""
        return self.launch(self.signed(self.login()))

    def _state_and_nonce(self, answer: Answer) -> dict[str, str]:
        if answer.status == 302:
            address = answer.headers["Location"]
        else:
            address = html.unescape(_AUTH_URL.search(answer.body.decode())[1])
        asked = parse_qs(urlsplit(address).query)
        return {"state": asked["state"][0], "nonce": asked["nonce"][0]}

    def _ask(self, method: str, address: str, body: str | None, headers: dict[str, str]) -> Answer:
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        more = {"Cookie": kept} if kept else {}
        answer = self.line.ask(method, address, body, {**PROXIED, **headers, **more})
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer
