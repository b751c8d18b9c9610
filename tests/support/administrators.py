"""Administrators who are signed in to the console, for functional tests.

    who = administrator(world, operator=True)          # or organisation="A school"
    page = who.get("/admin/platforms")                 # a Page, as `tests.support.world` has them
    page = who.post("/admin/language", {"language": "fr"})    # with the form's token; redirects are followed

The platform of `world` belongs to the organisation that is called after the tool's host: `organisation=None`.
"""

import itertools
import re
from datetime import timedelta
from urllib.parse import urlsplit

from lti_tool import clock
from lti_tool.services import administrators, sign_in
from lti_tool.transactions import transaction
from tests.support.world import TOOL, Browser, Page, World

_NUMBERS = itertools.count(1)
HOST = urlsplit(TOOL).hostname


class AdministratorBrowser(Browser):
    """A browser in which an administrator is signed in; `email` and `id` are theirs."""

    def __init__(self, world: World, account_id: int, email: str) -> None:
        super().__init__(world)
        self.id, self.email = account_id, email
        self.headers = {"Sec-Fetch-Dest": "document", "Accept-Language": "en", "Origin": TOOL}
        self._token = ""

    @property
    def token(self) -> str:
        """What every form of the console carries in this session."""
        if not self._token:
            self._token = re.search(r'name="admin_token" value="(\w+)"', self.get("/admin/").html)[1]
        return self._token

    def post(self, address: str, fields: dict | None = None, follow: bool = True) -> Page:
        """Send a form of the console; its token is filled in unless it is given."""
        sent = dict(fields or {})
        if "admin_token" not in sent:
            sent["admin_token"] = self.token
        return super().post(address, sent, follow=follow)

    def sign_in_by(self, link: str) -> Page:
        """Open a one-use link and press its button."""
        path = link.removeprefix(TOOL)
        assert self.get(path).status == 200, link
        return super().post(path, {}, follow=True)


def administrator(
    world: World, *, operator: bool = False, organisation: str | None = None
) -> AdministratorBrowser:
    """Make an administrator, let them sign in by a link, and return their browser."""
    email = f"admin{next(_NUMBERS)}@school.test"
    with world.app.app_context(), transaction():
        now = clock.now()
        account = administrators.add(email, None if operator else organisation or HOST, operator, TOOL, now)
        link = sign_in.link_for(account.id, TOOL, now, timedelta(hours=1))
        account_id = account.id
    browser = AdministratorBrowser(world, account_id, email)
    page = browser.sign_in_by(link)
    assert page.status == 200, page.text
    return browser
