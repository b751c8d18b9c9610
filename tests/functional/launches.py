"""Launches changed on their way (out of the LMS's form, altered, signed again), and what became of them."""

import base64
import json
import re
from collections.abc import Callable
from datetime import timedelta

from joserfc import jws
from sqlalchemy import select

from lti_tool import clock
from lti_tool.models import LaunchRecord
from tests.support.world import FRENCH, Browser, Page, World

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
PERSONAL = ("name", "given_name", "family_name", "email")
# Three parts, the first two of which are objects: random letters do not come out so by chance.
SIGNED_TOKEN = re.compile(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*")
OF_OPENID = {"iss", "aud", "azp", "sub", "exp", "iat", "nonce", *PERSONAL}


def claims_of(form: dict[str, str]) -> dict:
    """Return what the token of a launch form says."""
    payload = form["id_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def signed(world: World, claims: dict, **header: object) -> str:
    """Sign claims with the LMS's key; a header member that is None is left out.

    Also claims that no careful library would write, such as half characters, as JSON can hold them.
    """
    usual = {"typ": "JWT", "alg": "RS256", "kid": world.lms.key.private.kid}
    kept = {name: value for name, value in {**usual, **header}.items() if value is not None}
    return jws.serialize_compact(kept, json.dumps(claims).encode(), world.lms.key.private, ["RS256"])


def altered(
    browser: Browser, change: Callable[[dict], None], course: str = FRENCH, **header
) -> dict[str, str]:
    """Walk to the launch form, change its claims, and sign them again."""
    form = browser.launch_form(course)
    claims = claims_of(form)
    change(claims)
    return form | {"id_token": signed(browser.world, claims, **header)}


def launch_with(browser: Browser, change: Callable[[dict], None], follow: bool = True, **header) -> Page:
    """Launch with changed claims."""
    return browser.launch(altered(browser, change, **header), follow=follow)


def setting(**values):
    """Return a change that sets claims; those of LTI without their prefix."""
    return lambda claims: claims.update({_name(name): value for name, value in values.items()})


def without(*names):
    """Return a change that takes claims away."""

    def change(claims):
        for name in names:
            claims.pop(_name(name), None)

    return change


def _name(name: str) -> str:
    return name if name in OF_OPENID else CLAIM + name


def seconds_from_now(seconds: float) -> int:
    return int((clock.now() + timedelta(seconds=seconds)).timestamp())


def records(world) -> list[LaunchRecord]:
    """Return the launch log, oldest first."""
    with world.database() as session:
        found = list(session.scalars(select(LaunchRecord).order_by(LaunchRecord.id)))
        session.expunge_all()
    return found


def assert_calm(page, code: str) -> None:
    """A page with a reference and no session, that shows nothing of a token."""
    assert 400 <= page.status < 500, (code, page.status)
    assert page.soup.select_one("h1").text.strip(), code
    assert not [cookie for cookie in page.response.headers.getlist("Set-Cookie") if "cv_session" in cookie]
    assert page.soup.select_one("input#reference")["value"].startswith("CV-")
    assert SIGNED_TOKEN.search(page.html) is None


def assert_calmly_refused(world, page, code: str) -> LaunchRecord:
    """A calm page, and the row in the launch log that its reference names."""
    assert_calm(page, code)
    record = records(world)[-1]
    assert (record.outcome, record.code) == ("refused", code)
    assert page.soup.select_one("input#reference")["value"] == record.reference
    return record


def assert_login_refused(world, page, code: str) -> None:
    """A calm page and no row: a login writes nothing, whoever sends it."""
    assert_calm(page, code)
    assert code in page.text
    assert records(world) == []


def role_of(home) -> str:
    """Tell from what a home page offers as whom somebody was let in."""
    if home.soup.select_one("nav.nav a[href*='/grading']"):
        return "trainer"
    if home.soup.select_one("nav.nav a[href*='/participation']"):
        return "learner"
    return "member" if home.soup.select_one("nav.nav") else "observer"
