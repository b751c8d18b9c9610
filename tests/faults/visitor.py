"""Somebody with a browser of their own who meets the installation over HTTP."""

import re
from urllib.parse import parse_qs, urlsplit

import requests
from bs4 import BeautifulSoup

from tests.faults.site import Site

SECONDS = 20


class Visitor:
    """A person of the LMS. Each call goes to one of the two web servers, as behind a proxy."""

    def __init__(self, site: Site, key: str, course: str) -> None:
        self.site, self.key, self.course = site, key, course
        self.session = requests.Session()
        self.home = self.token = None
        self._lms = site.lms_app.test_client()
        self._issuer = site.lms.settings.issuer
        self._lms.post("/person", data={"person": key}, base_url=self._issuer)

    def url(self, path: str, web: int = 0) -> str:
        return f"http://127.0.0.1:{self.site.ports[web]}{path}"

    def launch_form(self, web: int = 0) -> dict[str, str]:
        """Walk from the course to the form that carries the signed launch."""
        begin = self._lms.get(f"/courses/{self.course}/launch", base_url=self._issuer)
        login = self.session.post(
            self.url("/lti/login", web), data=hidden_fields(begin.get_data(as_text=True)), timeout=SECONDS
        )
        login.raise_for_status()
        there = BeautifulSoup(login.text, "html.parser").select_one("[data-auth-url]")["data-auth-url"]
        parts = urlsplit(there)
        signed = self._lms.get(f"{parts.path}?{parts.query}", base_url=self._issuer)
        return hidden_fields(signed.get_data(as_text=True))

    def launch(self, web: int = 0) -> requests.Response:
        """Launch; the answer is the redirect into the community, or what stands in its place."""
        answer = self.session.post(
            self.url("/lti/launch", web),
            data=self.launch_form(web),
            allow_redirects=False,
            timeout=SECONDS,
        )
        if answer.status_code == 303:
            self.home = urlsplit(answer.headers["Location"]).path
            self.seat = parse_qs(urlsplit(answer.headers["Location"]).query)["seat"][0]
        return answer

    def enter(self, web: int = 0) -> "Visitor":
        """Launch and open the page on which one writes."""
        answer = self.launch(web)
        assert answer.status_code == 303, (answer.status_code, answer.text[:2000])
        self.token = self.page("posts/new", web).select_one("input[name=seat_token]")["value"]
        return self

    @property
    def community(self) -> int:
        return int(re.match(r"/communities/(\d+)/", self.home)[1])

    def page(self, below: str = "", web: int = 0) -> BeautifulSoup:
        """Open a page of the community."""
        address = self.url(f"{self.home}{below}", web)
        answer = self.session.get(address, params={"seat": self.seat}, timeout=SECONDS)
        assert answer.status_code == 200, (answer.status_code, answer.text[:500])
        return BeautifulSoup(answer.text, "html.parser")

    def post(self, below: str, web: int = 0, **fields: str) -> requests.Response:
        """Send a form; redirects are not followed."""
        return self.session.post(
            self.url(f"{self.home}{below}", web),
            params={"seat": self.seat},
            data={"seat_token": self.token} | fields,
            allow_redirects=False,
            timeout=SECONDS,
        )

    def ask(self, title: str, web: int = 0) -> requests.Response:
        """Write a question of twenty words of its own."""
        body = " ".join(f"{title.replace(' ', '')}word{number}" for number in range(20))
        return self.post("posts", web, kind="question", title=title, body=body)


def hidden_fields(html: str) -> dict[str, str]:
    form = BeautifulSoup(html, "html.parser").select_one("form")
    assert form is not None, html[:500]
    return {field["name"]: field.get("value", "") for field in form.select("input[name]")}
