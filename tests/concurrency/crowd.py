"""A crowd of people who launch the tool and write at the same moment. Reads and answers JSON."""

import json
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup
from joserfc import jwt
from joserfc.jwk import RSAKey

from lti_tool import create_app

TOOL = "https://tool.test"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
THREADS = 10


class Somebody:
    """One person with a browser of their own."""

    def __init__(self, app, told: dict, number: int) -> None:
        self.client = app.test_client()
        self.told, self.number = told, number
        self.home, self.token = None, None

    def prepare(self) -> None:
        """Begin the login, so that only the launch itself is left for the common moment."""
        params = {
            "iss": self.told["issuer"],
            "client_id": self.told["client_id"],
            "login_hint": str(self.number),
            "target_link_uri": f"{TOOL}/lti/launch",
        }
        page = self.client.post("/lti/login", data=params, base_url=TOOL).get_data(as_text=True)
        address = BeautifulSoup(page, "html.parser").select_one("[data-auth-url]")["data-auth-url"]
        asked = parse_qs(urlsplit(address).query)
        self.form = {"state": asked["state"][0], "id_token": self._signed(asked["nonce"][0])}

    def _signed(self, nonce: str) -> str:
        key, now = RSAKey.import_key(self.told["key"]), int(time.time())
        claims = {
            "iss": self.told["issuer"],
            "aud": self.told["client_id"],
            "sub": f"crowd-{self.number}",
            "iat": now,
            "exp": now + 60,
            "nonce": nonce,
            "name": f"Person {self.number}",
            f"{LTI}message_type": "LtiResourceLinkRequest",
            f"{LTI}version": "1.3.0",
            f"{LTI}deployment_id": self.told["deployment_id"],
            f"{LTI}target_link_uri": f"{TOOL}/lti/launch",
            f"{LTI}resource_link": {"id": "crowd-link", "title": "Community"},
            f"{LTI}context": {"id": "crowd", "title": "A new course", "type": ["CourseSection"]},
            f"{LTI}roles": [LEARNER],
        }
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)

    def launch(self) -> str:
        """Post the launch; return what went wrong, or nothing."""
        answer = self.client.post("/lti/launch", data=self.form, base_url=TOOL)
        if answer.status_code != 303:
            return f"launch {self.number}: {answer.status_code}"
        self.home = answer.location
        return ""

    def look(self) -> str:
        """Open the page where one writes, as everybody must before they can."""
        compose = self.home.replace("/?", "/posts/new?")
        page = self.client.get(compose, base_url=TOOL)
        self.token = BeautifulSoup(page.data, "html.parser").select_one("input[name=seat_token]")["value"]
        return "" if page.status_code == 200 else f"compose {self.number}: {page.status_code}"

    def write(self, count: int) -> str:
        """Write that many questions; return what went wrong, or nothing."""
        community = re.match(r"/communities/\d+/", self.home)[0]
        for one in range(count):
            fields = {
                "seat_token": self.token,
                "kind": "question",
                "title": f"Question {one} of {self.number}",
                "body": "How do you go about it where you work, and what did you try before?",
            }
            answer = self.client.post(f"{community}posts", data=fields, base_url=TOOL)
            if answer.status_code != 303:
                return f"post {one} of {self.number}: {answer.status_code}"
        return ""


# What the crowd looks at: read once, before the processes part.
PAGES = ("lti/login.html", "posts/compose.html", "errors/page.html")


def made(told: dict):
    """Make the application and read its pages, which is the slow part; nothing is connected yet."""
    app = create_app("testing", {"DATABASE_URL": told["database_url"], "VAR_DIR": told["var_dir"]})
    for page in PAGES:
        app.jinja_env.get_template(page)
    return app


def share(app, told: dict, numbers: list[int], together, troubles) -> None:
    """Let one process's share of the crowd launch with all others, then write with all others."""
    crowd = [Somebody(app, told, number) for number in numbers]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(Somebody.prepare, crowd))
        together.wait()
        found = [trouble for trouble in pool.map(Somebody.launch, crowd) if trouble]
        if not found:
            found += pool.map(Somebody.look, crowd)
            found += pool.map(lambda one: one.write(told["posts_each"]), crowd)
    troubles.put([trouble for trouble in found if trouble])


def run(told: dict) -> list[str]:
    """Let the crowd loose from several processes; return what went wrong."""
    here, app = get_context("fork"), made(told)
    together, troubles = here.Barrier(told["processes"]), here.Queue()
    each = told["people_each"]
    shares = [list(range(first * each, (first + 1) * each)) for first in range(told["processes"])]
    started = [
        here.Process(target=share, args=(app, told, numbers, together, troubles)) for numbers in shares
    ]
    for process in started:
        process.start()
    found = [troubles.get() for _ in started]
    for process in started:
        process.join()
    return [trouble for one in found for trouble in one]


if __name__ == "__main__":
    json.dump(run(json.loads(sys.stdin.read())), sys.stdout)
