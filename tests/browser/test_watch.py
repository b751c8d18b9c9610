"""The instruments of these tests notice what they are there to notice."""

import pytest

from tests.browser import BROWSER, axe
from tests.browser.watch import Watch

pytestmark = BROWSER

ADD_PICTURE = "address => { document.body.append(Object.assign(new Image(), {src: address})) }"


@pytest.fixture
def context(browser):
    opened = browser.new_context()
    yield opened
    opened.close()


@pytest.fixture
def watch(context, campus):
    return Watch(context, frozenset({"127.0.0.1"}))


class TestTheWatch:
    def test_notices_what_the_content_policy_forbids(self, context, watch, campus):
        page = context.new_page()
        page.goto(campus.addresses.tool)

        with context.expect_event("console"):
            page.evaluate(ADD_PICTURE, "http://elsewhere.test/picture.png")

        assert "Content Security Policy" in watch.troubles[0]

    def test_notices_a_request_to_another_place(self, context, watch):
        page = context.new_page()

        with context.expect_event("request"):
            page.evaluate(ADD_PICTURE, "http://elsewhere.test/picture.png")

        assert "request beyond this machine: http://elsewhere.test/picture.png" in watch.troubles

    def test_notices_a_script_that_fails(self, context, watch):
        page = context.new_page()

        with context.expect_event("weberror"):
            page.evaluate("() => { setTimeout(() => { throw new Error('broken') }) }")

        assert "broken" in watch.troubles[0]


class TestAxe:
    def test_finds_a_picture_without_words_and_a_target_too_small(self, context):
        page = context.new_page()
        small = "<button style='width:9px;height:9px;padding:0;float:left' aria-label='a'></button>"
        page.set_content(f"<html lang='en'><title>T</title><main><h1>H</h1><img src=''>{small}{small}</main>")

        found = " ".join(axe.violations(page))

        assert "image-alt" in found
        assert "target-size" in found
