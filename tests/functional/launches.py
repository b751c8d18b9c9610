"""Launches changed on their way: taken out of the LMS's form, altered, signed again with its key."""

import base64
import json
from collections.abc import Callable

from joserfc import jws

from tests.support.world import FRENCH, Browser, Page, World

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"


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
