"""A learner opens the unit in a real browser: the tool appears in the block's frame, or in a new window."""

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.watch import Watch
from tests.support.chromium import launch_chromium

pytestmark = pytest.mark.browser
A_WHILE = 20_000
HERE = frozenset({"127.0.0.1"})


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as driver:
        opened = launch_chromium(driver)
        yield opened
        opened.close()


@pytest.fixture
def context(chromium):
    """A browser without a past; afterwards it may not have seen any trouble."""
    opened = chromium.new_context(viewport={"width": 1100, "height": 900})
    watch = Watch(opened, HERE)
    yield opened
    opened.close()
    assert watch.troubles == []


def test_the_community_appears_in_the_frame_of_the_unit(connected, context):
    block = connected()
    page = context.new_page()
    page.goto(block.unit(block.learners[0]))
    inside = page.frame_locator("iframe.ltiLaunchFrame")
    expect(inside.locator("main")).to_contain_text("closed space of your course", timeout=A_WHILE)
    expect(inside.get_by_role("link", name="Home")).to_be_visible(timeout=A_WHILE)


@pytest.mark.parametrize(
    "target, button", [("new_window", ".btn-lti-new-window"), ("modal", ".btn-lti-modal")]
)
def test_the_community_opens_by_the_button_of_the_block(connected, context, target, button):
    block = connected(fields={"launch_target": target})
    page = context.new_page()
    page.goto(block.unit(block.learners[0]))
    if target == "new_window":
        with context.expect_page() as opened:
            page.click(button)
        inside = opened.value
    else:
        page.click(button)
        inside = page.frame_locator("iframe.ltiLaunchFrame")
    expect(inside.get_by_role("link", name="Home")).to_be_visible(timeout=A_WHILE)
