"""Somebody with a browser who is signed in to the platform and opens the unit with our tool in it."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import requests
from bs4 import BeautifulSoup

from tests.independent.installations import SECONDS, Block, Tool


class Person:
    """One browser: the platform's cookie and the tool's in one jar, redirects followed by hand."""

    def __init__(self, block: Block, tool: Tool, username: str) -> None:
        self.block, self.tool, self.username = block, tool, username
        self.session = requests.Session()
        self.claims: dict = {}

    def begin(self) -> str:
        """Open the unit; return the address that it shows in its frame: our login."""
        answer = self.session.get(self.block.unit(self.username), timeout=SECONDS)
        # Their template leaves "&" bare. A browser does not take "&lti_…" in an attribute for "<i_…", as
        # Python's parser does: read as a browser reads it.
        return re.search(r'data-target="(http[^"]+)"', answer.text)[1]

    def authentication_request(self, login: str | None = None) -> str:
        """Come to our login; return the address of theirs that we send the browser to."""
        return self._get(login or self.begin()).select_one("[data-auth-url]")["data-auth-url"]

    def answer_of_the_platform(self, address: str) -> tuple[str, dict[str, str]]:
        """Come back to the platform; return where its form goes, and the form."""
        page = self._get(address)
        form = page.select_one("form#lti-launch")
        fields = {field["name"]: field["value"] for field in form.select("input[name]")}
        self.claims = jwt.decode(fields["id_token"], options={"verify_signature": False})
        return form["action"], fields

    def launch(self, login: str | None = None) -> requests.Response:
        """Walk all the way; the answer is our redirect into the community, or what stands in its place."""
        where, fields = self.answer_of_the_platform(self.authentication_request(login))
        return self.session.post(where, data=fields, allow_redirects=False, timeout=SECONDS)

    def enter(self, login: str | None = None) -> "Person":
        """Launch and remember where the community is."""
        answer = self.launch(login)
        assert answer.status_code == 303, (answer.status_code, answer.text[:3000])
        inside = urlsplit(answer.headers["Location"])
        self.home, self.seat = inside.path, parse_qs(inside.query)["seat"][0]
        return self

    @property
    def community(self) -> str:
        return re.match(r"/communities/\d+/", self.home)[0]

    def page(self, below: str = "") -> BeautifulSoup:
        """Open a page of the community."""
        return self._get(f"{self.tool.address}{self.community}{below}?{urlencode({'seat': self.seat})}")

    def post(self, below: str, **fields: str) -> requests.Response:
        """Send a form of the community; redirects are not followed."""
        token = self.page("posts/new").select_one("input[name=seat_token]")["value"]
        return self.session.post(
            f"{self.tool.address}{self.community}{below}",
            params={"seat": self.seat},
            data={"seat_token": token} | fields,
            allow_redirects=False,
            timeout=SECONDS,
        )

    def ask(self, about: str) -> None:
        """Write a question that counts."""
        body = " ".join(f"{about}word{number}" for number in range(20))
        answer = self.post("posts", kind="question", title=f"Question {about}", body=body)
        assert answer.status_code == 303, answer.text[:2000]

    def _get(self, address: str) -> BeautifulSoup:
        answer = self.session.get(address, timeout=SECONDS)
        assert answer.status_code == 200, (answer.status_code, address, answer.text[:3000])
        return BeautifulSoup(answer.text, "html.parser")
