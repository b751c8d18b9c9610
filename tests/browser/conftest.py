"""One Chromium for the whole run, a context of its own for every test, and a campus to visit."""

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.campus import Campus, loopback
from tests.browser.other_processes import LMS_HOST, TOOL_HOST
from tests.browser.people import Visitor
from tests.browser.tls import throwaway_certificate
from tests.browser.watch import Watch
from tests.support.chromium import chromium_path, launch_arguments
from tests.support.ports import free_ports

HOSTS = frozenset({"127.0.0.1", "localhost", TOOL_HOST, LMS_HOST})


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """The certificate of the two https sites."""
    return throwaway_certificate(tmp_path_factory.mktemp("tls"), TOOL_HOST, LMS_HOST)


@pytest.fixture(scope="session")
def chromium_arguments(certificate):
    """Two made-up sites on this machine, whose one key is trusted; no other certificate problem is."""
    return [
        *launch_arguments({TOOL_HOST: "127.0.0.1", LMS_HOST: "127.0.0.1"}),
        f"--ignore-certificate-errors-spki-list={certificate.fingerprint}",
    ]


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright, chromium_arguments):
    opened = playwright.chromium.launch(executable_path=chromium_path(), args=chromium_arguments)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def campus(tmp_path_factory):
    """Tool, LMS and worker over http loopback, both courses in their fourth week."""
    opened = Campus(loopback(*free_ports(2)), tmp_path_factory.mktemp("campus"))
    yield opened
    opened.close()


@pytest.fixture
def visitor(browser, request):
    """Open browsers, on the campus unless told otherwise; afterwards none of them may have seen trouble."""
    contexts, watches = [], []

    def open_one(addresses=None, **options) -> Visitor:
        addresses = addresses or request.getfixturevalue("campus").addresses
        context = browser.new_context(**{"viewport": {"width": 1100, "height": 900}} | options)
        contexts.append(context)
        watches.append(Watch(context, HOSTS))
        return Visitor(context, addresses, watches[-1])

    yield open_one
    for context in contexts:
        context.close()
    assert [trouble for watch in watches for trouble in watch.troubles] == []


@pytest.fixture
def signed_in(visitor, campus):
    """Open a tab in which an operator is signed in to the console."""

    from datetime import timedelta

    from lti_tool import clock
    from lti_tool.services import administrators, sign_in
    from lti_tool.transactions import transaction

    def open_one(**options):
        tool = campus.addresses.tool
        with campus.app.app_context(), transaction():
            account = administrators.add("ruth@school.test", None, True, tool, clock.now())
            link = sign_in.link_for(account.id, tool, clock.now(), timedelta(hours=1))
        page = visitor(**options).new_tab()
        page.goto(link)
        page.locator("form button[type=submit]").first.click()
        page.wait_for_url("**/admin/")
        return page

    return open_one
